"""Makes the environment of this checkout: ``.venv/``, ``eggs/`` and ``bin/``. Runs on a bare Python.

Buildout does the work, from the versions pinned in ``versions.cfg``; this script gives it a Python to run in, and adds
what Buildout's egg layout lacks: an ordinary interpreter that sees the eggs (``bin/py``), and the tools that are
compiled programs (``bin/ruff``), which an egg would lose. It does nothing, in milliseconds, when nothing has changed.

It must not import anything but the standard library, and must not install anything outside the checkout.
"""

import argparse
import configparser
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "made-for"
SOURCES = ("setup.py", "buildout.cfg", "versions.cfg", "scripts/make_environment.py")
MINIMUM = (3, 11)

# What Buildout itself needs, and programs whose wheels hold an executable instead of Python code.
BOOTSTRAP = ("pip", "setuptools", "wheel", "zc.buildout")
PROGRAMS = ("ruff",)


def pinned_versions() -> dict[str, str]:
    """Return version by project name, as ``versions.cfg`` pins them."""
    parser = configparser.ConfigParser(interpolation=None, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(ROOT / "versions.cfg", encoding="utf-8")
    return dict(parser["versions"])


def fingerprint() -> str:
    """Return what the environment depends on: the sources, this Python and the place of the checkout."""
    digest = hashlib.sha256(base_python().encode())
    for name in SOURCES:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def is_current() -> bool:
    """Tell whether the environment was made, to its end, for the present fingerprint."""
    return STAMP.is_file() and STAMP.read_text(encoding="ascii") == fingerprint() and (ROOT / "bin" / "py").is_file()


def run(*command: str | Path) -> None:
    """Run a command in the checkout. :raises SystemExit: when it fails."""
    # A Python library path of the caller's would leak into the environment that is being made.
    surroundings = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    # Buildout loads its recipe from an egg beside itself, in the same namespace package; its warning is of no use.
    surroundings["PYTHONWARNINGS"] = "ignore:Module zc was already imported:UserWarning"
    status = subprocess.run([str(part) for part in command], cwd=ROOT, env=surroundings, check=False).returncode
    if status:
        sys.exit(f"make_environment: failed with status {status}: {' '.join(str(part) for part in command)}")


def base_python() -> str:
    """Return which Python, at which place of the checkout, ``.venv`` must be made with."""
    return f"{sys.version}\n{sys.base_prefix}\n{ROOT}\n"


def make_venv() -> None:
    """Make ``.venv`` where it is missing or of another Python; put the pinned Buildout and programs into it."""
    made_with = VENV / "made-with"
    if not made_with.is_file() or made_with.read_text(encoding="utf-8") != base_python():
        print("Making .venv …", flush=True)
        if VENV.exists():
            shutil.rmtree(VENV)
        venv.create(VENV, with_pip=True)
        made_with.write_text(base_python(), encoding="utf-8")
    # Buildout must see the environment without the eggs of its last run.
    eggs_link().unlink(missing_ok=True)
    pins = pinned_versions()
    constraints = VENV / "constraints.txt"
    constraints.write_text("".join(f"{name}=={pins[name]}\n" for name in sorted(pins)), encoding="utf-8")
    run(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--constraint", constraints,
        *BOOTSTRAP, *PROGRAMS)  # fmt: skip


def run_buildout() -> None:
    """Let Buildout fill ``eggs/`` and ``bin/``."""
    print("Running buildout (some minutes the first time) …", flush=True)
    # -U: a user's own Buildout defaults must not change what is made.
    run(VENV / "bin" / "buildout", "-U", "-q")


def egg_paths() -> list[str]:
    """Return the paths of all eggs, in Buildout's order, as its own interpreter has them."""
    command = [str(ROOT / "bin" / "eggs-python"), "-c", "import sys; print('\\n'.join(sys.path))"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    wanted = (str(ROOT / "src"), str(ROOT / "eggs"))
    return [line for line in lines if line.startswith(wanted)]


def eggs_link() -> Path:
    """Return the path of the file that adds the eggs to ``.venv``'s import path."""
    return VENV / "lib" / f"python3.{sys.version_info.minor}" / "site-packages" / "eggs.pth"


def link_eggs() -> None:
    """Let ``.venv``'s Python see the eggs, so that subprocesses, mypy and the reloader see what ``bin/boi`` sees."""
    eggs_link().write_text("\n".join(egg_paths()) + "\n", encoding="utf-8")
    write_launcher("py", PYTHON)
    for program in PROGRAMS:
        write_launcher(program, VENV / "bin" / program)


def write_launcher(name: str, target: Path) -> None:
    """Write ``bin/<name>``, which becomes the target program."""
    launcher = ROOT / "bin" / name
    launcher.write_text(f'#!/bin/sh\nexec "{target}" "$@"\n', encoding="utf-8")
    launcher.chmod(0o755)


def main() -> None:
    """Make the environment, unless it is there."""
    parser = argparse.ArgumentParser(description="Make the environment of this checkout: .venv/, eggs/ and bin/.")
    parser.add_argument("--force", action="store_true", help="make it anew even if nothing has changed")
    options = parser.parse_args()
    if sys.version_info < MINIMUM:
        sys.exit(f"Python {'.'.join(map(str, MINIMUM))} or newer is needed; this is {sys.version.split()[0]}.")
    if is_current() and not options.force:
        return
    make_venv()
    run_buildout()
    link_eggs()
    STAMP.write_text(fingerprint(), encoding="ascii")
    print("The environment is ready: bin/boi, bin/py, bin/pytest, bin/mypy, bin/ruff, bin/djlint.")


if __name__ == "__main__":
    main()
