"""The environment is what versions.cfg says, and setup.py asks for nothing that is not pinned there."""

import configparser
import importlib.metadata
import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
EXTRAS = ("", "postgresql", "test")

# The Pythons of Debian 12, Ubuntu 24.04 and Debian 13.
SUPPORTED_PYTHONS = ("3.11.2", "3.12.3", "3.13.5")


def pinned_versions() -> dict[str, str]:
    """Return version by canonical project name."""
    parser = configparser.ConfigParser(interpolation=None, delimiters=("=",))
    parser.read(ROOT / "versions.cfg", encoding="utf-8")
    return {canonicalize_name(name): version for name, version in parser["versions"].items()}


def installed_distributions() -> list[importlib.metadata.Distribution]:
    """Return what is on the path, without the copies that setuptools carries for itself and may add to the path."""
    return [
        distribution
        for distribution in importlib.metadata.distributions()
        if "_vendor" not in Path(str(distribution.locate_file(""))).parts
    ]


def requirements_of(distribution: importlib.metadata.Distribution) -> list[Requirement]:
    return [Requirement(text) for text in distribution.requires or []]


def needed_elsewhere_only() -> set[str]:
    """Return names that are required by what is installed, but on other versions of Python than this one."""
    return {
        canonicalize_name(requirement.name)
        for distribution in installed_distributions()
        for requirement in requirements_of(distribution)
        if requirement.marker
        and "python_version" in str(requirement.marker)
        and not any(requirement.marker.evaluate({"extra": extra}) for extra in EXTRAS)
    }


def recipes() -> set[str]:
    """Return the projects that Buildout alone uses, while it makes the environment."""
    parser = configparser.ConfigParser(interpolation=None, delimiters=("=",))
    parser.read(ROOT / "buildout.cfg", encoding="utf-8")
    return {canonicalize_name(section["recipe"]) for section in parser.values() if "recipe" in section}


def own_requirements() -> list[str]:
    return sorted(
        canonicalize_name(requirement.name)
        for requirement in requirements_of(importlib.metadata.distribution("boi_portal"))
    )


@pytest.mark.parametrize(("name", "version"), sorted(pinned_versions().items()))
def test_pinned_version_is_the_installed_one(name: str, version: str) -> None:
    try:
        installed = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        assert name in needed_elsewhere_only() | recipes(), f"{name} is pinned, but nothing needs it"
    else:
        assert Version(installed) == Version(version)


@pytest.mark.parametrize("name", own_requirements())
def test_requirement_of_setup_is_pinned(name: str) -> None:
    assert name in pinned_versions()


def test_installed_distributions_are_all_pinned() -> None:
    installed = {canonicalize_name(d.metadata["Name"]) for d in installed_distributions()}
    assert installed - set(pinned_versions()) == {"boi-portal"}


@pytest.mark.parametrize("python", SUPPORTED_PYTHONS)
def test_installed_distributions_allow_the_python_of_a_distribution(python: str) -> None:
    refusing = [
        f"{distribution.metadata['Name']} needs {wanted}"
        for distribution in installed_distributions()
        if (wanted := distribution.metadata["Requires-Python"]) and python not in SpecifierSet(wanted)
    ]
    assert refusing == []


def test_versions_are_exact_and_named_once() -> None:
    lines = (ROOT / "versions.cfg").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith(("#", "["))]
    assert [line for line in pins if not re.fullmatch(r"[A-Za-z0-9._-]+ = [0-9][A-Za-z0-9.]*", line)] == []
    names = [canonicalize_name(line.split(" = ")[0]) for line in pins]
    assert len(names) == len(set(names))
