"""The layers of docs/architecture.md: imports point one way."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "boi_portal"

# what stands in a layer may import from its own layer and from those before it
LAYERS = (
    {"interfaces", "permissions", "settings"},
    {"signing", "identity", "search", "office", "mail", "publishing"},
    {"web"},
    {"pages", "casetypes", "eforms", "accounts", "representation"},
    {"submissions"},
    {"cases"},
    {"profile", "eid", "staffing", "api", "transfer", "editing", "worker", "sdi", "evolution"},
    {"scripts", "__init__"},
)
# nothing of the portal: plain dataclasses and bytes
CLOSED = {"signing": {"signing"}, "identity": {"identity"}, "sandbox": {"sandbox"}}


def layer_of(feature: str) -> int:
    return next(place for place, layer in enumerate(LAYERS) if feature in layer)


def imported_features(path: Path) -> Iterator[tuple[int, str]]:
    """(line, feature) of each import of the portal in a module."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    package = parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[tuple[str, ...]] = []
        if isinstance(node, ast.Import):
            names = [tuple(alias.name.split(".")) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = (*base, *(node.module.split(".") if node.module else ()))
            names = [(*module, alias.name) for alias in node.names]
        for name in names:
            if name[:1] == ("boi_portal",) and len(name) > 1:
                yield node.lineno, name[1]


MODULES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_one_way(path: Path) -> None:
    feature = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    for line, imported in imported_features(path):
        if feature in CLOSED:
            assert imported in CLOSED[feature], f"{path}:{line} imports {imported}"
            continue
        assert imported != "sandbox", f"{path}:{line} imports the sandbox"
        assert layer_of(imported) <= layer_of(feature), f"{path}:{line}: {feature} may not import {imported}"


def test_every_package_has_a_layer() -> None:
    found = {path.name for path in PACKAGE.iterdir() if path.is_dir() and any(path.glob("*.py"))}
    assert found - {"sandbox"} <= set().union(*LAYERS)
