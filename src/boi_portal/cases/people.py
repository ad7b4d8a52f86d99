"""Which applicants have a case in which department, and by what a clerk finds them. Written by the one worker, read by the clerks' search.

Keys of the index are (department, term, applicant's id). A term is a name as it is compared, or the keyed hash of a number: the index
tells nobody a PESEL. E-mail addresses and logins are found where signing in finds them. Whoever is found is shown only after a look whether
there is a case in the clerk's department now.
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from BTrees.OOBTree import OOBTree, OOTreeSet

from ..accounts import logins
from ..accounts.resources import Applicant, applicant_of
from ..office import tasks
from ..office.store import Office, is_case_number
from ..office.tasks import TaskContext
from ..search.analysis import fold, normalise
from ..web.security import APPLICANT_PREFIX
from .records import Case

TASK = "index-person"
INDEX = "index"  # in `office.people`: OOTreeSet of (department, term, id)
HELD = "held"  # in `office.people`: id -> (departments, terms) that stand in the index
MOST = 20  # applicants that one search shows
MIN_NAME = 2  # letters
_PARTS = re.compile(r"[\s-]+")
_BETWEEN_DIGITS = re.compile(r"[\s-]")


# writing


def index_later(office: Office, userid: str) -> None:
    """Leave a task after a change of names or numbers of an account."""
    tasks.put(office, TASK, {"userid": userid})


def index_person(context: TaskContext, payload: Mapping[str, Any]) -> None:
    """Task handler: bring what is known of an account up to date. Doing it again changes nothing."""
    _bring_up(context.office, payload["userid"], (), context.registry.boi_settings.secret)


def index_owner(office: Office, case: Case, secret: str) -> None:
    """Let the owner of a case be found in its department."""
    _bring_up(office, case.owner, (case.department,), secret)


def index_again(office: Office, secret: str) -> int:
    """Make all terms anew under another secret. Returns how many accounts stand in the index."""
    _, held = _room(office)
    for id_ in list(held):
        _bring_up(office, APPLICANT_PREFIX + id_, (), secret)
    return len(held)


def _bring_up(office: Office, userid: str, more: Iterable[str], secret: str) -> None:
    index, held = _room(office)
    id_, applicant = userid.removeprefix(APPLICANT_PREFIX), applicant_of(office, userid)
    before: tuple[tuple[str, ...], tuple[str, ...]] = held.get(id_, ((), ()))
    departments = tuple(sorted({*before[0], *more}))
    now = (departments, terms_of(applicant, secret)) if applicant is not None and departments else ((), ())
    if now == before:
        return
    old, new = set(_keys(before, id_)), set(_keys(now, id_))
    for key in old - new:
        index.remove(key)
    index.update(new - old)
    if new:
        held[id_] = now
    else:
        held.pop(id_, None)


def _room(office: Office) -> tuple[Any, Any]:
    for name, make in ((INDEX, OOTreeSet), (HELD, OOBTree)):
        if name not in office.people:
            office.people[name] = make()
    return office.people[INDEX], office.people[HELD]


def _keys(held: tuple[tuple[str, ...], tuple[str, ...]], id_: str) -> Iterator[tuple[str, str, str]]:
    return ((department, term, id_) for department in held[0] for term in held[1])


def terms_of(applicant: Applicant, secret: str) -> tuple[str, ...]:
    """Everything under which an account stands in the index."""
    numbers = applicant.numbers
    names = [*_surnames(applicant), compared(applicant.org_name)]
    terms = {f"name:{name}" for name in names if name}
    if pesel := numbers.get("pesel"):
        terms.add(logins.pesel_key(secret, pesel))
    if nip := numbers.get("nip"):
        terms.add(nip_term(secret, nip))
    return tuple(sorted(terms))


def _surnames(applicant: Applicant) -> Iterator[str]:
    """The surname with the first name after it, beginning with each of its parts."""
    parts = _PARTS.split(applicant.last_name)
    for place in range(len(parts)):
        yield compared(" ".join([*parts[place:], applicant.first_name]))


def compared(name: str) -> str:
    """A name as it is compared: without diacritics, in lower case, its parts with one space between."""
    return " ".join(_PARTS.split(fold(normalise(name)).strip())) if name.strip() else ""


def nip_term(secret: str, nip: str) -> str:
    """Under what a NIP stands in the index."""
    return "nip:" + hmac.new(secret.encode(), f"nip {nip}".encode(), hashlib.sha256).hexdigest()


# finding


@dataclasses.dataclass(frozen=True)
class Found:
    """What a search has found: applicants with their cases in the departments, by what, and whether there are more."""

    by: str  # `case`, `pesel`, `nip`, `account` or `name`
    people: tuple[tuple[Applicant, tuple[Case, ...]], ...] = ()
    more: bool = False


def find(office: Office, departments: Iterable[str], text: str, secret: str) -> Found:
    """Applicants who have a case in one of the departments, by what a clerk has typed."""
    departments = tuple(departments)
    by, ids = _asked(office, departments, text.strip(), secret)
    people: list[tuple[Applicant, tuple[Case, ...]]] = []
    for id_ in ids:
        applicant = office.applicants.get(id_)
        cases = _cases(office, applicant, departments) if applicant is not None else ()
        if cases and len(people) == MOST:
            return Found(by, tuple(people), True)
        if cases:
            people.append((applicant, cases))
    return Found(by, tuple(people))


def _asked(office: Office, departments: tuple[str, ...], text: str, secret: str) -> tuple[str, Iterable[str]]:
    """By what is searched, and the ids that may be meant."""
    number, digits = text.upper(), _BETWEEN_DIGITS.sub("", text)
    if is_case_number(number):
        case = office.cases.get(number)
        own = case is not None and case.department in departments
        return "case", [case.owner.removeprefix(APPLICANT_PREFIX)] if own else []
    if digits.isascii() and digits.isdecimal() and len(digits) in (10, 11):
        by, term = (
            ("pesel", logins.pesel_key(secret, digits)) if len(digits) == 11 else ("nip", nip_term(secret, digits))
        )
        return by, _exactly(office, departments, term)
    account = logins.applicant_by(office, text) if logins.folded(text) else None
    if account is not None and _cases(office, account, departments):
        return "account", [account.id]
    return "name", _beginning(office, departments, compared(text)) if "@" not in text else []


def _exactly(office: Office, departments: tuple[str, ...], term: str) -> list[str]:
    return _ids(office, departments, term, term + "\0")


def _beginning(office: Office, departments: tuple[str, ...], name: str) -> list[str]:
    if len(name) < MIN_NAME:
        return []
    return _ids(office, departments, f"name:{name}", f"name:{name}\U0010ffff")


def _ids(office: Office, departments: tuple[str, ...], first: str, end: str) -> list[str]:
    """Ids in the order of their terms, each once; a few more than are shown, for those that do not count any more."""
    index = office.people.get(INDEX)
    if index is None:
        return []
    rows = [
        (term, id_)
        for department in departments
        for _, term, id_ in islice(index.keys((department, first), (department, end)), MOST * 4)
    ]
    return list(dict.fromkeys(id_ for _, id_ in sorted(rows)))


def _cases(office: Office, applicant: Applicant, departments: tuple[str, ...]) -> tuple[Case, ...]:
    """The applicant's cases in the departments, the newest first."""
    found: list[Case] = [case for number in applicant.cases if (case := office.cases.get(number)) is not None]
    own = [case for case in found if case.department in departments]
    return tuple(sorted(own, key=lambda case: (case.filed_at, case.number), reverse=True))


def includeme(config: Any) -> None:
    config.add_task_handler(TASK, index_person)
