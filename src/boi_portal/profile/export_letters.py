"""Which letters were sent to whom: what the letter was, when, and the address. Written by the worker when a letter has gone out.

Owns the list. A letter is put on the list of the account that it names by its login, or else of the account with its address; letters to
employees and to addresses without an account are on nobody's. Nothing of what stood in a letter is kept.
"""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

from persistent import Persistent

from ..accounts import logins
from ..accounts.resources import Applicant
from ..mail.letters import LetterSent
from ..office.store import Office

MOST = 500  # of one account; the oldest make room

KINDS = {
    "account-changed": "zmiana danych konta",
    "account-closed": "usunięcie konta",
    "account-exists": "informacja, że adres ma już konto",
    "account-idle": "ostrzeżenie o nieużywanym koncie",
    "accounts-merged": "połączenie kont",
    "activation": "aktywacja konta",
    "eid-unlinked": "odłączenie tożsamości elektronicznej",
    "email-changing": "zapowiedź zmiany adresu e-mail",
    "email-confirm": "potwierdzenie nowego adresu e-mail",
    "email-taken": "informacja, że adres ma już konto",
    "export-ready": "gotowa kopia danych",
    "factor-guessed": "nieudane próby podania kodu",
    "factors-changed": "zmiana zabezpieczeń konta",
    "filed": "przyjęcie pisma",
    "invitation": "zaproszenie do konta założonego przez urząd",
    "new-device": "logowanie z nowego urządzenia",
    "number-decided": "decyzja o zmianie numeru",
    "password-changed": "zmiana hasła",
    "password-reset": "ustawienie nowego hasła",
    "pesel-given-up": "oddanie numeru PESEL innemu kontu",
    "representation-answer": "odpowiedź na zaproszenie do działania w czyimś imieniu",
    "representation-change": "zmiana uprawnień do działania w czyimś imieniu",
    "representation-offer": "zaproszenie do działania w czyimś imieniu",
    "stage": "zmiana etapu sprawy lub wiadomość od urzędu",
}


@dataclasses.dataclass(frozen=True)
class SentLetter:
    """A letter that went out. `kind` is the name of its templates."""

    kind: str
    at: datetime.datetime
    to: str

    @property
    def title(self) -> str:
        """What it was about, in Polish."""
        return KINDS.get(self.kind, self.kind)


class SentLetters(Persistent):
    """The letters of one account, the oldest first. Written by the worker alone."""

    def __init__(self) -> None:
        self.letters: tuple[SentLetter, ...] = ()

    def add(self, letter: SentLetter) -> None:
        """Put a letter on the list."""
        self.letters = (*self.letters, letter)[-MOST:]


def letters_to(office: Office, userid: str) -> tuple[SentLetter, ...]:
    """The letters that were sent to a person, the oldest first."""
    found: SentLetters | None = office.letters.get(userid)
    return found.letters if found is not None else ()


def join(office: Office, stays: str, other: str) -> None:
    """Put the letters of one account on the list of another, as when two accounts become one."""
    theirs = letters_to(office, other)
    if not theirs:
        return
    if stays not in office.letters:
        office.letters[stays] = SentLetters()
    found: SentLetters = office.letters[stays]
    found.letters = tuple(sorted((*found.letters, *theirs), key=lambda letter: letter.at))[-MOST:]


def note(event: LetterSent) -> None:
    """Subscriber: put a letter on its account's list."""
    receiver = _receiver(event)
    if receiver is None:
        return
    found = event.office.letters.get(receiver.userid)
    if found is None:
        found = event.office.letters[receiver.userid] = SentLetters()
    found.add(SentLetter(event.letter, event.at, event.to))


def _receiver(event: LetterSent) -> Applicant | None:
    """Whose letter it is. One that names a login goes to that account, also where the address is not its own any more, or not yet."""
    names = (str(event.params.get("login") or ""), event.to)
    return next((one for name in names if name and (one := logins.applicant_by(event.office, name))), None)


def includeme(config: Any) -> None:
    config.add_subscriber(note, LetterSent)
