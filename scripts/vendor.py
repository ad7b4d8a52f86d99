"""Fetches what the pages need from npm packages into the package's static folder, and records where it came from.

Run by hand when a version is raised: ``bin/py scripts/vendor.py``; the result is committed, so neither a build nor a running
portal ever asks the network. Only the standard library and the ``npm`` command are used.
"""

import hashlib
import json
import re
import subprocess
import tarfile
import tempfile
from pathlib import Path

STATIC = Path(__file__).resolve().parent.parent / "src" / "boi_portal" / "web" / "static"
VENDOR = STATIC / "vendor"
AXE = Path(__file__).resolve().parent.parent / "tests" / "vendor"

SANS = "@fontsource-variable/source-sans-3"
SERIF = "@fontsource/source-serif-4"
ICONS = "lucide-static"
EDITOR = "squire-rte"
VERSIONS = {SANS: "5.3.0", SERIF: "5.3.1", ICONS: "1.62.0", EDITOR: "2.4.8", "axe-core": "4.14.1"}

# Polish needs latin-ext, Ukrainian cyrillic; the browser loads only the subsets that a page's letters fall into.
SUBSETS = ("latin", "latin-ext", "cyrillic")

# symbol in icons.svg -> icon of the set
SYMBOLS = {
    "id-card": "id-card",
    "rings": "heart-handshake",
    "coins": "coins",
    "briefcase": "briefcase-business",
    "building": "building-2",
    "map": "map",
    "leaf": "leaf",
    "road": "route",
    "school": "graduation-cap",
    "search": "search",
    "user": "user",
    "sign-out": "log-out",
    "check": "circle-check",
    "alert": "triangle-alert",
    "info": "info",
    "file": "file-text",
    "download": "download",
    "pen": "pen-line",
    "clock": "clock",
    "arrow-right": "arrow-right",
    "phone": "phone",
    "mail": "mail",
    "pin": "map-pin",
    "chevron": "chevron-right",
    "plus": "plus",
    "trash": "trash-2",
    "up": "arrow-up",
    "down": "arrow-down",
    "calendar": "calendar",
    "bell": "bell",
    "inbox": "inbox",
    "home": "house",
    "globe": "globe",
    "sign-in": "log-in",
    "close": "x",
    "external": "external-link",
    "folder": "folder",
    "history": "history",
    "lock": "lock",
    "upload": "upload",
    "eye": "eye",
    "desk": "layout-dashboard",
    "settings": "settings",
    "help": "circle-question-mark",
    "list": "list",
    "signature": "signature",
    "print": "printer",
}


def fetch(package: str, into: Path) -> dict[str, str]:
    """Fetch and unpack one package under ``into``; returns its record. :raises subprocess.CalledProcessError: npm failed."""
    version = VERSIONS[package]
    done = subprocess.run(
        ["npm", "pack", "--silent", f"{package}@{version}"], cwd=into, check=True, capture_output=True, text=True
    )
    archive = into / done.stdout.strip().splitlines()[-1]
    with tarfile.open(archive) as tar:
        tar.extractall(into / folder(package), filter="data")
    described = json.loads((into / folder(package) / "package" / "package.json").read_text("utf-8"))
    return {
        "package": package,
        "version": version,
        "license": described["license"],
        "sha256": hashlib.sha256(archive.read_bytes()).hexdigest(),
    }


def folder(package: str) -> str:
    """The folder a package is unpacked in."""
    return package.replace("/", "+")


def copy_fonts(root: Path) -> list[str]:
    """Copy the fonts' files and licences; returns their names."""
    made = []
    for subset in SUBSETS:
        for package, name in (
            (SANS, f"source-sans-3-{subset}-wght-normal.woff2"),
            (SANS, f"source-sans-3-{subset}-wght-italic.woff2"),
            (SERIF, f"source-serif-4-{subset}-600-normal.woff2"),
        ):
            (VENDOR / name).write_bytes((root / folder(package) / "package" / "files" / name).read_bytes())
            made.append(name)
    for package, name in ((SANS, "LICENSE-source-sans-3.txt"), (SERIF, "LICENSE-source-serif-4.txt")):
        (VENDOR / name).write_bytes((root / folder(package) / "package" / "LICENSE").read_bytes())
    return made


def make_sprite(root: Path) -> None:
    """Put the icons into one file of symbols that inherit the text's colour."""
    symbols = []
    for name, source in SYMBOLS.items():
        text = (root / ICONS / "package" / "icons" / f"{source}.svg").read_text("utf-8")
        inner = re.search(r"<svg[^>]*>(.*)</svg>", text, re.DOTALL)
        if inner is None:
            raise SystemExit(f"{source}.svg is not the SVG that was expected")
        drawing = re.sub(r"\s+", " ", inner.group(1)).strip()
        symbols.append(
            f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" '
            f'stroke-linecap="round" stroke-linejoin="round">{drawing}</symbol>'
        )
    sprite = '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"
    (STATIC / "icons.svg").write_text(sprite, "utf-8")
    (VENDOR / "LICENSE-lucide.txt").write_bytes((root / ICONS / "package" / "LICENSE").read_bytes())


def copy_editor(root: Path) -> None:
    """Copy the rich text editor's module, as it was built, and its licence."""
    package = root / EDITOR / "package"
    (VENDOR / "squire.js").write_bytes((package / "dist" / "squire.mjs").read_bytes())
    (VENDOR / "LICENSE-squire.txt").write_bytes((package / "LICENSE").read_bytes())


def main() -> None:
    """Fetch everything and write ``vendor.json``."""
    VENDOR.mkdir(parents=True, exist_ok=True)
    AXE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        records = [fetch(package, root) for package in VERSIONS]
        copy_fonts(root)
        make_sprite(root)
        copy_editor(root)
        for part in ("axe.min.js", "LICENSE"):
            (AXE / part.replace("LICENSE", "LICENSE-axe-core.txt")).write_bytes(
                (root / "axe-core" / "package" / part).read_bytes()
            )
    (VENDOR / "vendor.json").write_text(json.dumps(records, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
