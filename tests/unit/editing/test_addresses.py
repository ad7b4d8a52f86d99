"""Addresses from titles."""

import pytest

from boi_portal.editing.addresses import LONGEST, address_from, file_address
from boi_portal.publishing.schema import NAME


@pytest.mark.parametrize(
    ("title", "address"),
    [
        ("Zgłoszenie żłobka", "zgloszenie-zlobka"),
        ("Zażółć GĘŚLĄ jaźń!", "zazolc-gesla-jazn"),
        ("  § 5 ust. 2 – „wpis”  ", "5-ust-2-wpis"),
        ("…", ""),
        ("Ελλάδα", ""),
        ("../../etc/passwd", "etc-passwd"),
    ],
)
def test_title_gives_its_address(title: str, address: str) -> None:
    assert address_from(title) == address


def test_long_title_is_cut_between_words() -> None:
    address = address_from("bardzo długie słowa " * 20)
    assert len(address) <= LONGEST and NAME.match(address)


@pytest.mark.parametrize(("name", "address"), [("Mój Wzór.PDF", "moj-wzor.pdf"), ("…​.png", "plik.png"), ("a.tar.gz", "a-tar.gz")])
def test_file_name_gives_its_address(name: str, address: str) -> None:
    assert file_address(name) == address
    assert NAME.match(address)
