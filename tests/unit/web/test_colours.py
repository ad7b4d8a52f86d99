"""No setting of the town's colours makes a page unreadable."""

import re

import pytest

from boi_portal.web import colours

PALE_TO_DEEP = ["#ffffff", "#ffff00", "#7fd1ff", "#17548f", "#ff0000", "#00ff00", "#808080", "#000000"]


def test_contrast_of_known_pairs() -> None:
    assert colours.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert colours.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("accent", PALE_TO_DEEP)
def test_any_accent_can_be_read_on_its_papers_and_under_its_text(accent: str) -> None:
    light, dark = colours.theme(accent, accent).split("@media")
    for css, paper in ((light, colours.PAPER_TINTED), (dark, colours.NIGHT_RAISED)):
        found = dict(re.findall(r"(--[a-z-]+):(#[0-9a-f]{6})", css))
        assert colours.contrast(found["--accent"], paper) >= 4.5
        assert colours.contrast(found["--accent-strong"], paper) >= 4.5
        assert colours.contrast(found["--on-accent"], found["--accent"]) >= 4.5
        assert colours.contrast(found["--on-accent"], found["--accent-strong"]) >= 4.5
        assert colours.contrast(found["--accent"], found["--accent-soft"]) >= 3


@pytest.mark.parametrize("value", [None, "", "red", "#12345", "#17548f;}body{display:none", "#17548f\n"])
def test_what_is_no_colour_is_replaced(value: str | None) -> None:
    assert colours.theme(value, value) == colours.theme(None, None)


def test_good_colour_is_kept() -> None:
    assert "--accent:#17548f;" in colours.theme("#17548f", "#7ab5ee")
    assert "--accent:#7ab5ee;" in colours.theme("#17548f", "#7ab5ee")
