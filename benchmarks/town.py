"""Towns of many invented applicants: accounts made straight in the database, each with a case, and what people do with them over WSGI.

All have one password, hashed once. Everything asked is asked of the whole application, as a browser would, but without a network between.
"""

from __future__ import annotations

import datetime
import time
from pathlib import Path
from typing import Any

from webtest import TestApp

from boi_portal.accounts import logins, passwords
from boi_portal.accounts.demo import PASSWORD, add_demo_people
from boi_portal.accounts.resources import ACTIVE, Applicant, birth_date_of
from boi_portal.cases import people
from boi_portal.cases.records import Case
from boi_portal.office.store import case_number
from boi_portal.publishing.content import now
from boi_portal.sandbox.people import make_pesel
from boi_portal.scripts.application import close, load_app, opened, variables

from . import portals
from .processes import BenchmarkError

BATCH = 1000  # accounts in a transaction
DEPARTMENT = "so"
ORIGIN = "http://localhost"
SYLLABLES = ("ba", "ce", "do", "fi", "gu", "ha", "ko", "le", "mi", "no", "pa", "ru", "sa", "te", "wy", "zo")


class Town:
    """An opened portal with `count` accounts."""

    def __init__(self, folder: Path, count: int) -> None:
        self.count = count
        self.app = load_app(str(folder / portals.INI), variables(str(folder)))
        self.secret = self.app.registry.boi_settings.secret
        with opened(self.app) as portal:
            add_demo_people(portal.site, portal.office, portal.registry)
        password_hash = passwords.hash_password(PASSWORD)
        for first in range(0, count, BATCH):
            with opened(self.app) as portal:
                for place in range(first, min(first + BATCH, count)):
                    self._add(portal.office, place, password_hash)

    def _add(self, office: Any, place: int, password_hash: str) -> None:
        one = Applicant(f"{place:032x}")
        one.first_name, one.last_name = "Jan", surname(place)
        one.numbers = {"pesel": pesel(place)}
        one.birth_date = birth_date_of(pesel(place))
        one.login, one.email = login(place), f"{login(place)}@poczta.example"
        one.password_hash, one.state = password_hash, ACTIVE
        one.created_at = one.activated_at = now()
        office.applicants[one.id] = one
        logins.claim(office, one.userid, (one.login, one.email, logins.pesel_key(self.secret, pesel(place))))
        number = case_number(2026)
        case = Case(number, one.userid, "Zgłoszenie", "", DEPARTMENT, "SO", "5343", now(), now().date())
        office.cases[number] = case
        one.cases.add(number)
        people.index_owner(office, case, self.secret)

    def close(self) -> None:
        """Close its databases."""
        close(self.app)

    def browser(self, address: str = "127.0.0.1") -> TestApp:
        """A visitor from a network address."""
        return TestApp(
            self.app, extra_environ={"HTTP_ORIGIN": ORIGIN, "HTTP_HOST": "localhost", "REMOTE_ADDR": address}
        )

    def sign_in(self, name: str, password: str, address: str, status: int) -> float:
        """Seconds that an answer to a sign-in takes.

        :raises BenchmarkError: it is another answer.
        """
        browser = self.browser(address)
        started = time.perf_counter()
        answer = browser.post("/logowanie", {"login": name, "password": password}, status="*")
        return _checked(started, answer, status, "sign-in")

    def clerk(self) -> TestApp:
        """A signed-in clerk of the department."""
        browser = self.browser()
        browser.post("/logowanie", {"login": "urzednik", "password": PASSWORD}, status=303)
        return browser

    def search(self, clerk: TestApp, place: int) -> float:
        """Seconds that finding an applicant by surname takes.

        :raises BenchmarkError: it is not found.
        """
        form = clerk.get("/urzad/interesanci").forms["formularz"]
        form["szukane"] = f"{surname(place)} Jan"
        started = time.perf_counter()
        answer = form.submit("szukaj", status="*")
        spent = _checked(started, answer, 200, "search")
        if f"Jan {surname(place)}" not in answer.text:
            raise BenchmarkError(f"{surname(place)} was not found among {self.count} accounts")
        return spent

    def register(self, place: int, address: str) -> float:
        """Seconds that a registration takes.

        :raises BenchmarkError: it is refused.
        """
        form = self.browser(address).get("/rejestracja/osoba-fizyczna").forms["formularz"]
        new = self.count + place
        given = {
            "first_name": "Jan", "last_name": "Nowszy", "pole-person-identity": "pesel", "pesel": pesel(new),
            "house_number": "7", "postal_code": "99-998", "town": "Zdroje", "pole-letters-where": "same",
            "email": f"{login(new)}@poczta.example", "login": login(new), "password": PASSWORD, "agreed": True,
        }  # fmt: skip
        for name, value in given.items():
            form.set(name, value, index=0 if name in ("house_number", "postal_code", "town") else None)
        started = time.perf_counter()
        answer = form.submit("zaloz", status="*")
        return _checked(started, answer, 303, "registration")


def _checked(started: float, answer: Any, status: int, what: str) -> float:
    spent = time.perf_counter() - started
    if answer.status_int != status:
        raise BenchmarkError(f"{what} answers {answer.status_int}, not {status}")
    return spent


def surname(place: int) -> str:
    """A made-up surname of its own for each place."""
    return "".join(SYLLABLES[(place >> shift) % 16] for shift in range(0, 20, 4)).capitalize() + "ski"


def login(place: int) -> str:
    """The login of the account at a place."""
    return f"osoba{place}"


def pesel(place: int) -> str:
    """A PESEL of its own for each place."""
    return make_pesel(datetime.date(1950, 1, 1) + datetime.timedelta(days=place // 5000), place % 5000)


def network(place: int) -> str:
    """A network address of its own for each place, so that nothing is slowed down."""
    return f"10.{place >> 16 & 255}.{place >> 8 & 255}.{place & 255}"
