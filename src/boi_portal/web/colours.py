"""The town's two accent colours turned into custom properties whose contrast is enough.

WCAG 2.2: text needs 4.5 : 1, controls and focus 3 : 1. A colour that is too pale (or in the dark too deep) is moved towards
black (white) until it passes, so that no setting can make a page unreadable.
"""

from __future__ import annotations

import re

RGB = tuple[float, float, float]

DEFAULT = "#17548f"
DEFAULT_DARK = "#7ab5ee"
PAPER = "#ffffff"
PAPER_TINTED = "#f3f5f8"  # the palest surface that accent text stands on in light mode; see portal.css
NIGHT_RAISED = "#1d2430"  # the lightest surface in dark mode
TEXT_CONTRAST = 4.5


def theme(accent: str | None, accent_dark: str | None) -> str:
    """The style sheet that sets the accent's custom properties for light and dark."""
    light = readable(_known(accent, DEFAULT), PAPER_TINTED, towards="#000000")
    dark = readable(_known(accent_dark, DEFAULT_DARK), NIGHT_RAISED, towards="#ffffff")
    return (
        f":root{{{_properties(light, PAPER, '#000000')}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{_properties(dark, NIGHT_RAISED, '#ffffff')}}}}}\n"
    )


def _properties(accent: str, paper: str, stronger: str) -> str:
    values = {
        "--accent": accent,
        "--accent-strong": mix(accent, stronger, 0.25),
        "--accent-soft": mix(accent, paper, 0.9),
        "--accent-line": mix(accent, paper, 0.65),
        "--on-accent": text_on(accent),
    }
    return "".join(f"{name}:{value};" for name, value in values.items())


def _known(colour: str | None, default: str) -> str:
    return colour.lower() if colour and re.match(r"#[0-9a-fA-F]{6}\Z", colour) else default


def readable(colour: str, paper: str, towards: str, ratio: float = TEXT_CONTRAST) -> str:
    """`colour`, moved `towards` black or white as far as its contrast with `paper` needs."""
    moved, step = colour, 0
    while contrast(moved, paper) < ratio and step < 20:
        step += 1
        moved = mix(colour, towards, step / 20)
    return moved


def text_on(colour: str) -> str:
    """White or near-black, whichever is read better on `colour`."""
    return max(("#ffffff", "#10151d"), key=lambda text: contrast(text, colour))


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def mix(one: str, other: str, share: float) -> str:
    """`one` with `share` (0 to 1) of `other` in it."""
    pairs = zip(_rgb(one), _rgb(other), strict=True)
    return "#" + "".join(f"{round(first + (second - first) * share):02x}" for first, second in pairs)


def _rgb(colour: str) -> RGB:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    def linear(value: float) -> float:
        part = value / 255
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(value) for value in _rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
