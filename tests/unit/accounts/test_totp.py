"""Time-based codes: the vectors of the standard, the tolerance, and what is drawn."""

from __future__ import annotations

import base64
import re

import pytest

from boi_portal.accounts import totp

# RFC 6238, appendix B: the secret "12345678901234567890", SHA-1; the last six of the eight digits
SECRET = base64.b32encode(b"12345678901234567890").decode()
VECTORS = [
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
]


@pytest.mark.parametrize(("at", "digits"), VECTORS)
def test_the_codes_of_the_standard_are_right(at: int, digits: str) -> None:
    assert totp.matching_step(SECRET, digits[-6:], at) == at // 30


@pytest.mark.parametrize(("late", "right"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_code_is_right_one_step_before_and_after(late: int, right: bool) -> None:
    step = totp.matching_step(SECRET, "050471", 1111111111 + late)
    assert step == (37037037 if right else None)


@pytest.mark.parametrize(
    "code", ["", "28708", "2870820", "28708a", "\u0662\u0668\u0667\u0660\u0668\u0662", "287082\n0", "-87082"]
)
def test_what_is_no_code_is_refused(code: str) -> None:
    assert totp.matching_step(SECRET, code, 59) is None


def test_spaces_in_a_code_make_no_difference() -> None:
    assert totp.matching_step(SECRET, " 287 082\u00a0", 59) == 1


def test_secrets_are_long_and_differ() -> None:
    made = {totp.new_secret() for _ in range(20)}
    assert len(made) == 20
    assert all(totp.is_secret(secret) and len(base64.b32decode(secret)) == 20 for secret in made)


@pytest.mark.parametrize("text", ["", "A" * 31, "A" * 33, "a" * 32, "1" * 32, "A" * 32 + "\n"])
def test_other_texts_are_no_secrets(text: str) -> None:
    assert not totp.is_secret(text)


def test_the_address_for_the_application_names_account_and_portal() -> None:
    uri = totp.key_uri(SECRET, "jan.testowy", "Biuro Obsługi: Interesanta")
    assert uri.startswith("otpauth://totp/Biuro%20Obs%C5%82ugi%3A%20Interesanta:jan.testowy?secret=" + SECRET)


def test_the_drawing_holds_no_style_and_is_black_on_white() -> None:
    drawn = totp.qr_code(totp.key_uri(SECRET, "jan.testowy", "Portal"))
    assert drawn.startswith('<svg role="img" aria-label="')
    assert "style" not in drawn and "<script" not in drawn
    assert re.findall(r'(?:fill|stroke)="(#\w+)"', drawn) == ["#fff", "#000"]
