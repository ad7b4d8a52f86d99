"""Passwords: the policy, the hashes, and that a check of nobody costs what a check costs."""

import time
from collections.abc import Callable

import pytest
from argon2 import PasswordHasher

from boi_portal.accounts import passwords

JAN = ["Jan", "Testowy", "jan.testowy", "jasiek77@poczta.example", "68031499952", "1968-03-14"]


@pytest.mark.parametrize(
    "password",
    [
        "kwiatek-rower-burza-zamek",
        "zielony most nad rzeką",
        "Zażółć gęślą jaźń",
        "x9#Kq-41vvTzLm",
        "ż" * 3 + "ółty parasol" + "ć" * 3,
        "d" + "ługie zdanie o niczym szczególnym " * 7,
    ],
)
def test_problem_with_is_none_when_password_is_good(password: str) -> None:
    assert passwords.problem_with(password, JAN) is None


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("", passwords.TOO_SHORT),
        ("zielonymost", passwords.TOO_SHORT),
        ("zielony most " * 20, passwords.TOO_LONG),
        ("aaaaaaaaaaaa", passwords.PATTERN),
        ("abcabcabcabc", passwords.PATTERN),
        ("12345678901234", passwords.PATTERN),
        ("qwertyuiop1234", passwords.PATTERN),
        ("poiuytrewq987654", passwords.PATTERN),
        ("Password2024!", passwords.COMMON),
        ("p@ssw0rd1234", passwords.COMMON),
        ("1qaz2wsx3edc", passwords.COMMON),
        ("Hasło-Warszawa1", passwords.COMMON),
        ("mojehaslo123!", passwords.COMMON),
        ("KochamCie2026", passwords.COMMON),
        ("correct horse battery staple", passwords.COMMON),
        ("testowy lubi kajaki", passwords.OWN_DATA),
        ("rower-JASIEK77-las", passwords.OWN_DATA),
        ("rower 68031499952", passwords.OWN_DATA),
        ("rower-14.03.1968", passwords.OWN_DATA),
        ("parasol140368żaba", passwords.OWN_DATA),
    ],
)
def test_problem_with_says_why_when_password_is_bad(password: str, problem: str) -> None:
    assert passwords.problem_with(password, JAN) == problem


def test_short_own_data_forbids_nothing() -> None:
    assert passwords.problem_with("rewanż na boisku", ["Ewa", "x@y.example"]) is None


def test_hash_is_argon2id_and_salted() -> None:
    first, second = passwords.hash_password("zielony most"), passwords.hash_password("zielony most")
    assert first.startswith("$argon2id$")
    assert first != second


def test_check_password_when_right_and_wrong() -> None:
    stored = passwords.hash_password("zielony most nad rzeką")
    assert passwords.check_password(stored, "zielony most nad rzeką")
    assert not passwords.check_password(stored, "zielony most nad rzeka")


def test_check_password_when_letters_are_composed_otherwise() -> None:
    stored = passwords.hash_password("most nad rzeka\u0328")
    assert passwords.check_password(stored, "most nad rzek\u0105")


@pytest.mark.parametrize("stored", ["", "kot", "$2b$12$abcdefghijklmnopqrstuv", "$argon2id$v=19$broken"])
def test_check_password_when_hash_is_malformed(stored: str) -> None:
    assert not passwords.check_password(stored, "zielony most")


def test_check_password_when_overlong() -> None:
    assert not passwords.check_password(passwords.hash_password("zielony most"), "z" * 1_000_000)


def test_needs_rehash_when_parameters_have_changed() -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash("zielony most")
    assert passwords.check_password(weak, "zielony most")
    assert passwords.needs_rehash(weak)
    assert not passwords.needs_rehash(passwords.hash_password("zielony most"))


def test_check_of_nobody_costs_as_much_as_a_wrong_password() -> None:
    stored = passwords.hash_password("zielony most")
    passwords.check_nothing()
    wrong = min(_seconds(lambda: passwords.check_password(stored, "inny most")) for _ in range(7))
    nobody = min(_seconds(passwords.check_nothing) for _ in range(7))
    assert 0.5 < nobody / wrong < 2


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def test_common_words_are_many_and_clean() -> None:
    lines = passwords.COMMON_WORDS.read_text(encoding="utf-8").splitlines()
    words = [line for line in lines if not line.startswith("#")]
    assert len(words) > 1000
    assert len(words) == len(set(words))
    assert all(word == word.strip().lower() for word in words)
