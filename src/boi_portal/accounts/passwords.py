"""Passwords: how they are kept, checked and judged.

Owns the argon2id hashes and the policy: 12 to 256 characters, not a common password, not the person's own data; nothing is said of
kinds of characters (NIST SP 800-63B, 5.1.1.2). Knows nothing of accounts: it takes and returns plain text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from argon2.low_level import Type

MIN_LENGTH = 12
MAX_LENGTH = 256
COMMON_WORDS = Path(__file__).parent / "common-passwords.txt"

# OWASP Password Storage: 19 MiB, two passes, one lane; a dozen milliseconds on a small server
_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1, hash_len=32, salt_len=16, type=Type.ID)

_SHORTEST_OWN_DATA = 4  # a name such as "Ewa" stands in too many innocent words
_MOST_COMMON_WORDS = 2  # of which a password may not be made up
_ROWS = ("qwertyuiop", "qwertzuiop", "asdfghjkl", "zxcvbnm", "yxcvbnm", "1234567890", "abcdefghijklmnopqrstuvwxyz")
_SHORTEST_RUN = 4
_LOOKALIKES = str.maketrans("013457@$!|ł", "oieastasiil")

TOO_SHORT = f"Hasło jest za krótkie. Wpisz co najmniej {MIN_LENGTH} znaków, na przykład trzy lub cztery zwykłe słowa."
TOO_LONG = f"Hasło jest za długie. Wpisz najwyżej {MAX_LENGTH} znaków."
COMMON = "To hasło łatwo zgadnąć: jest na liście najczęściej używanych. Wymyśl inne, na przykład trzy lub cztery zwykłe słowa."
PATTERN = "To hasło łatwo zgadnąć: powtarza te same znaki albo idzie po kolei po klawiaturze. Wymyśl inne."
OWN_DATA = "Hasło zawiera Twoje dane, na przykład nazwisko, login lub datę urodzenia. Wymyśl hasło bez nich."


def hash_password(password: str) -> str:
    """The argon2id hash of a password, with its parameters and salt in it."""
    return _hasher.hash(_normal(password))


def check_password(stored: str, password: str) -> bool:
    """Whether `password` is the one that was hashed; a malformed or foreign hash is nobody's password."""
    if len(password) > MAX_LENGTH:
        return check_nothing()
    try:
        return _hasher.verify(stored, _normal(password))
    except VerifyMismatchError:
        return False
    except (InvalidHashError, VerificationError):
        return check_nothing()


def check_nothing() -> bool:
    """Take as long as a check that fails; for logins that nobody has, so that time does not tell. Always False."""
    try:
        _hasher.verify(_nobodys_hash(), "inne hasło")
    except VerifyMismatchError:
        return False
    raise AssertionError("a random password was guessed")


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("hasło, którego nikt nie ma")


def needs_rehash(stored: str) -> bool:
    """Whether a hash was made with other parameters than today's; the next sign-in makes it anew."""
    return _hasher.check_needs_rehash(stored)


def _normal(password: str) -> str:
    """One form of letters that keyboards and systems send in different ways (NIST SP 800-63B asks for NFKC)."""
    return unicodedata.normalize("NFKC", password)


def problem_with(password: str, own_data: Iterable[str] = ()) -> str | None:
    """What is wrong with a new password, in Polish, or None.

    `own_data` is what others know of the person: names, login, e-mail address, PESEL, date of birth (ISO).
    """
    password = _normal(password)
    if len(password) < MIN_LENGTH:
        return TOO_SHORT
    if len(password) > MAX_LENGTH:
        return TOO_LONG
    if _is_pattern(password):
        return PATTERN
    if _has_own_data(password, own_data):
        return OWN_DATA
    if _is_common(password):
        return COMMON
    return None


def _is_pattern(password: str) -> bool:
    """A short piece repeated, or runs along the keyboard, the alphabet or the digits from end to end."""
    text = password.casefold()
    period = next(size for size in range(1, len(text) + 1) if text == (text[:size] * len(text))[: len(text)])
    if period <= max(5, len(text) // 3) and period * 2 <= len(text):
        return True
    return len(_without_runs(text)) <= len(text) // 4


def _without_runs(text: str) -> str:
    """`text` without its runs of neighbours on a keyboard row or in the alphabet, either way."""
    rest, start = [], 0
    while start < len(text):
        length = _run_at(text, start)
        if length < _SHORTEST_RUN:
            rest.append(text[start])
            length = 1
        start += length
    return "".join(rest)


def _run_at(text: str, start: int) -> int:
    longest = 1
    for row in (*_ROWS, *(row[::-1] for row in _ROWS)):
        length = 1
        while start + length < len(text) and text[start + length - 1] + text[start + length] in row:
            length += 1
        longest = max(longest, length)
    return longest


def _is_common(password: str) -> bool:
    """On the list as it is, or made up of one or two words of the list and of signs around them."""
    bare = _letters(password)
    words = _common_words()
    if _fold(password) in words or bare in words:
        return True
    return bool(bare) and _made_of(bare, words, _MOST_COMMON_WORDS)


def _made_of(text: str, words: frozenset[str], most: int) -> bool:
    if text in words:
        return True
    if most == 1:
        return False
    return any(text[:cut] in words and _made_of(text[cut:], words, most - 1) for cut in range(3, len(text) - 2))


@cache
def _common_words() -> frozenset[str]:
    lines = COMMON_WORDS.read_text(encoding="utf-8").split("\n")
    words = (line.strip() for line in lines if line and not line.startswith("#"))
    return frozenset(form for word in words for form in (_fold(word), _letters(word)) if len(form) > 2)


def _fold(text: str) -> str:
    """`text` in small letters without diacritics."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("ł", "l"))
    return "".join(sign for sign in plain if not unicodedata.combining(sign))


def _letters(text: str) -> str:
    """The letters alone, digits and signs at the ends dropped and those inside read as the letters they look like."""
    trimmed = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", _fold(text))
    return re.sub(r"[\W\d_]", "", trimmed.translate(_LOOKALIKES))


def _has_own_data(password: str, own_data: Iterable[str]) -> bool:
    folded = re.sub(r"[\W_]", "", _fold(password))
    return any(piece in folded for text in own_data for piece in _pieces(text))


def _pieces(text: str) -> Iterable[str]:
    """What of a person's data must not stand in a password: whole words, and a date in the ways people write it."""
    if date := re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", text):
        year, month, day = date.groups()
        return (year + month + day, day + month + year, day + month + year[2:])
    local_part = text.partition("@")[0]
    words = [word for word in re.split(r"[\W_]+", _fold(local_part)) if len(word) >= _SHORTEST_OWN_DATA]
    whole = re.sub(r"[\W_]", "", _fold(local_part))
    return (*words, whole) if len(whole) >= _SHORTEST_OWN_DATA else words
