"""Case numbers: their form, and the mistakes that their check character notices."""

import random
import re

import pytest

from boi_portal.office.store import NUMBER_ALPHABET, case_number, is_case_number


def some_numbers(count: int = 40) -> list[str]:
    return [case_number(year) for year in (2026, 2031) for _ in range(count // 2)]


def test_a_number_is_easy_to_read_aloud() -> None:
    for number in some_numbers():
        assert re.fullmatch(r"BOI-20\d\d-[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}", number)
        assert is_case_number(number)


def test_numbers_do_not_repeat() -> None:
    assert len({case_number(2026) for _ in range(20_000)}) == 20_000


def test_every_single_wrong_character_is_noticed() -> None:
    for number in some_numbers():
        for place, sign in enumerate(number[9:], 9):
            if sign == "-":
                continue
            for other in NUMBER_ALPHABET:
                if other != sign:
                    assert not is_case_number(number[:place] + other + number[place + 1 :]), (number, place, other)


def test_every_single_wrong_digit_of_the_year_is_noticed() -> None:
    for number in some_numbers():
        for place in range(4, 8):
            for other in "0123456789":
                if other != number[place]:
                    assert not is_case_number(number[:place] + other + number[place + 1 :])


def test_nearly_every_swap_of_neighbours_is_noticed() -> None:
    """Only a 2 beside a Z, the ends of the alphabet, can change places unnoticed."""
    chooser = random.Random(7)
    for _ in range(2000):
        number = case_number(2026)
        place = chooser.choice([9, 10, 11, 14, 15, 16])
        left, right = number[place], number[place + 1]
        if left == right or {left, right} == {"2", "Z"}:
            continue
        assert not is_case_number(number[:place] + right + left + number[place + 2 :]), number


@pytest.mark.parametrize(
    "text",
    [
        "", "BOI", "BOI-2026-7F3K", "boi-2026-7f3k-92qd", "BOI-2026-7F3K-92Q", "BOI-2026-7F3K-92QD-1", "BOI-20x6-7F3K-92QD",
        "BOI-²⁰²⁶-7F3K-92QD", "BOI-٢٠٢٦-7F3K-92QD", "BOI-2026-7F3K-92QŻ", "BOI-2026-IO01-92QD", "BOI-2026-7F3K-92QD\n", "../../etc",
        "BOI-2026-\x00\x00\x00\x00-92QD",
    ],
)  # fmt: skip
def test_what_is_no_case_number(text: str) -> None:
    assert not is_case_number(text)
