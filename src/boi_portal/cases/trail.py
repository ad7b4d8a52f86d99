"""`/urzad/dziennik`: the audit trail for administrators: who did what, when, about whom.

Only reads, and leaves one line: that it was read. Names are looked up when a line is shown; the trail itself holds ids.
"""

from __future__ import annotations

import datetime
import re
from typing import Any
from urllib.parse import urlencode

from pyramid.view import view_config
from substanced.interfaces import IUser

from .. import permissions
from ..accounts import logins
from ..accounts.resources import Applicant, applicant_of
from ..office import auditing
from ..office.audit import Origin, record
from ..office.auditing import Line, Query
from ..office.store import is_case_number
from ..web.polish import ZONE
from ..web.security import APPLICANT_PREFIX
from ..web.traversal import Room

PAGE = 50  # lines on a page
_STAFF_ID = re.compile(r"-?[0-9]{1,19}\Z")
YEARS = range(2000, 2200)
LONGEST = 120  # characters of a filter
READ = "trail-read"

WORDS = {
    "absence-added": "Wpisanie nieobecności pracownika",
    "absence-removed": "Usunięcie nieobecności pracownika",
    "account-change": "Zmiana danych konta",
    "account-closed": "Zamknięcie konta",
    "account-idle": "Ostrzeżenie o zamknięciu nieużywanego konta",
    "account-made": "Założenie konta przez urząd",
    "accounts-merged": "Połączenie dwóch kont jednej osoby",
    "acting-choice": "Wybór, w czyim imieniu się działa",
    "activation": "Aktywacja konta",
    "api-refused": "Odmowa dla systemu zewnętrznego",
    "case-file": "Pobranie pliku sprawy przez urząd",
    "case-read": "Obejrzenie sprawy przez urząd",
    "case-registered": "Rejestracja sprawy",
    "case-stage": "Zmiana etapu sprawy",
    "consent": "Zgoda na przetwarzanie danych",
    "draft-delete": "Usunięcie wersji roboczej w cudzym imieniu",
    "draft-start": "Rozpoczęcie formularza w cudzym imieniu",
    "eid-linked": "Połączenie konta z tożsamością elektroniczną",
    "eid-logout-failed": "Nieudane wylogowanie u dostawcy tożsamości",
    "eid-logout-refused": "Odrzucenie wylogowania przysłanego przez dostawcę tożsamości",
    "eid-refused": "Odrzucenie odpowiedzi dostawcy tożsamości",
    "eid-unlinked": "Odłączenie tożsamości elektronicznej od konta",
    "email-change": "Zmiana adresu e-mail",
    "email-change-asked": "Prośba o zmianę adresu e-mail",
    "email-change-cancelled": "Wycofanie zmiany adresu e-mail",
    "export-asked": "Prośba o kopię własnych danych",
    "export-fetched": "Pobranie kopii własnych danych",
    "factors-forgotten": "Usunięcie drugiego składnika pracownika",
    "filing": "Złożenie pisma w cudzym imieniu",
    "login-change": "Zmiana loginu",
    "name-change": "Zmiana imienia lub nazwiska",
    "notifications-change": "Zmiana powiadomień",
    "number-change-accepted": "Przyjęcie zmiany numeru osoby lub firmy",
    "number-change-asked": "Prośba o zmianę numeru osoby lub firmy",
    "number-change-file": "Pobranie załącznika do prośby o zmianę numeru",
    "number-change-read": "Obejrzenie prośby o zmianę numeru",
    "number-change-refused": "Odmowa zmiany numeru osoby lub firmy",
    "number-change-withdrawn": "Wycofanie prośby o zmianę numeru",
    "oidc-logout-failed": "Nieudane wylogowanie z konta urzędowego",
    "oidc-refused": "Odrzucenie odpowiedzi dostawcy kont urzędowych",
    "passkey-added": "Dodanie klucza dostępu",
    "passkey-refused": "Odrzucenie klucza dostępu",
    "passkey-removed": "Usunięcie klucza dostępu",
    "password-change": "Zmiana hasła",
    "password-reset": "Ustawienie nowego hasła z listu",
    "password-reset-asked": "Prośba o nowe hasło",
    "password-set": "Ustawienie hasła pracownika przez administratora",
    "pesel-given-up": "Oddanie numeru PESEL innemu kontu",
    "people-search": "Szukanie interesantów",
    "person-found": "Pokazanie interesanta w wynikach szukania",
    "recovery-made": "Wydanie kodów zapasowych",
    "registration": "Rejestracja konta",
    "representation-accept": "Przyjęcie reprezentacji",
    "representation-change": "Zmiana uprawnień reprezentanta",
    "representation-decline": "Odmowa przyjęcia reprezentacji",
    "representation-end": "Zakończenie reprezentacji",
    "representation-offer": "Zaproszenie reprezentanta",
    "second-factor-failed": "Nieudany drugi składnik logowania",
    "session-end": "Zakończenie sesji na innym urządzeniu",
    "session-end-all": "Wylogowanie ze wszystkich urządzeń",
    "sign-in": "Logowanie",
    "sign-in-failed": "Nieudane logowanie",
    "sign-out": "Wylogowanie",
    "staff-added": "Dodanie pracownika",
    "staff-changed": "Zmiana danych lub ról pracownika",
    "staff-disabled": "Wyłączenie konta pracownika",
    "staff-enabled": "Włączenie konta pracownika",
    "staff-invited": "Zaproszenie pracownika",
    "step-up": "Potwierdzenie tożsamości w trakcie sesji",
    "totp-added": "Dodanie aplikacji z kodami",
    "totp-removed": "Usunięcie aplikacji z kodami",
    READ: "Przeglądanie dziennika zdarzeń",
}

# words that say by what or how; what is not here is an id or a code and is shown as it is
HOWS = {
    "account": "po loginie lub adresie e-mail",
    "all": "wszystkie sesje",
    "api": "przez system zewnętrzny",
    "artifact-malformed": "zły artefakt",
    "artifact-unknown": "artefakt zużyty albo nieznany",
    "bad-attribute": "błędne dane osoby",
    "bad-signature": "zły podpis",
    "cannot-decrypt": "nie da się odszyfrować",
    "case": "po numerze sprawy",
    "certificate-expired": "certyfikat dostawcy wygasł",
    "comment": "komentarz w dokumencie",
    "declined": "przerwane u dostawcy",
    "dtd": "DTD w dokumencie",
    "duplicate-id": "powtórzony identyfikator",
    "eid": "tożsamość elektroniczna",
    "expired": "ważność minęła",
    "invitation": "z zaproszenia",
    "issued-long-ago": "wystawiono dawno",
    "library": "odrzucone przez bibliotekę",
    "link": "linkiem z listu",
    "loa-too-low": "za niski poziom pewności",
    "metadata-broken": "uszkodzone metadane dostawcy",
    "metadata-expired": "metadane dostawcy wygasły",
    "mfa": "drugi składnik u dostawcy",
    "missing-attribute": "brak danych osoby",
    "name": "po nazwisku lub nazwie",
    "nip": "NIP",
    "no-conditions": "brak warunków",
    "no-key": "brak ważnego klucza portalu",
    "no-question": "odpowiedź bez pytania albo drugi raz",
    "not-supported": "dostawca tego nie obsługuje",
    "not-xml": "to nie jest XML",
    "not-yet-valid": "jeszcze nieważne",
    "oidc": "konto urzędowe",
    "other-person": "inny numer PESEL",
    "other-session": "odpowiedź w innej przeglądarce",
    "merged": "połączone z innym kontem",
    "idle": "nikt się nie logował",
    "others": "pozostałe sesje",
    "own": "na życzenie właściciela",
    "passkey": "klucz dostępu",
    "password": "hasło",
    "pesel": "PESEL",
    "provider-error": "błąd dostawcy",
    "question-expired": "pytanie sprzed ponad godziny",
    "recovery": "kod zapasowy",
    "replayed": "poświadczenie użyte drugi raz",
    "several-assertions": "kilka poświadczeń",
    "structure": "zła budowa dokumentu",
    "token": "nieznany albo nieważny token",
    "too-large": "za duży dokument",
    "totp": "kod z aplikacji",
    "unreachable": "dostawca nie odpowiada",
    "unsigned": "brak podpisu",
    "unverified-email": "niepotwierdzony adres e-mail",
    "weak-algorithm": "słaby algorytm",
    "wrong-at-hash": "token nie pasuje do odpowiedzi",
    "wrong-audience": "inny odbiorca",
    "wrong-binding": "zły sposób przesłania",
    "wrong-destination": "zły adres przeznaczenia",
    "wrong-issuer": "nieznany wystawca",
    "wrong-nonce": "odpowiedź na inne pytanie",
    "wrong-recipient": "zły adres odbiorcy",
    "wrong-relay-state": "zły RelayState",
    "wrong-request": "odpowiedź na inne pytanie",
    "wrong-subject": "dwie różne osoby w odpowiedzi",
}


class TrailRoom(Room):
    """`/urzad/dziennik`"""

    title = "Dziennik zdarzeń"

    def __acl__(self) -> list[Any]:
        return permissions.trail_acl()


@view_config(context=TrailRoom, request_method="GET", permission=permissions.TRAIL, renderer="templates/trail.pt")
def show_trail(context: TrailRoom, request: Any) -> dict[str, Any]:
    """The lines that the filters ask for, the newest first."""
    asked = {name: request.GET.get(name, "")[:LONGEST].strip() for name in ("kto", "kogo", "co", "od", "do")}
    query, problem = _query(request, asked)
    before = request.GET.get("przed", "")
    number = int(before) if before.isascii() and before.isdecimal() and len(before) < 16 else 0
    lines = auditing.find(request.office, query, PAGE + 1, number) if not problem else []
    used = " ".join(name for name, value in asked.items() if value)
    about = (
        query.about if _is_known(request, query.about) else ""
    )  # what was typed may be anything, also somebody's number
    record(request.office, READ, request.authenticated_userid, about, Origin.of(request), used)
    return {
        "title": context.title,
        "asked": asked,
        "problem": problem,
        "kinds": sorted(WORDS.items(), key=lambda pair: pair[1]),
        "lines": [_shown(request, line) for line in lines[:PAGE]],
        "older": _older(asked, lines[PAGE - 1]) if len(lines) > PAGE else "",
        "first_page": not number,
    }


def _older(asked: dict[str, str], last: Line) -> str:
    return "?" + urlencode({**{name: value for name, value in asked.items() if value}, "przed": last.number})


def _query(request: Any, asked: dict[str, str]) -> tuple[Query, str]:
    """The query, and what is wrong with the filters (Polish; empty: nothing)."""
    since, until = _day(asked["od"]), _day(asked["do"])
    if (asked["od"] and since is None) or (asked["do"] and until is None):
        return Query(), "Podaj dzień jako rok-miesiąc-dzień, na przykład 2026-03-05."
    if until is not None:
        until += datetime.timedelta(days=1)
    return Query(
        about=_id_of(request, asked["kogo"]),
        who=_id_of(request, asked["kto"]),
        what=asked["co"],
        since=since,
        until=until,
    ), ""


def _day(text: str) -> datetime.datetime | None:
    """The beginning of a day in the office's zone."""
    try:
        day = datetime.date.fromisoformat(text)
    except ValueError:
        return None
    return datetime.datetime.combine(day, datetime.time(), ZONE) if day.year in YEARS else None


def _id_of(request: Any, text: str) -> str:
    """The id of whoever has this login; anything else is taken for an id or a case number."""
    if not logins.folded(text):
        return ""
    applicant = logins.applicant_by(request.office, text)
    if applicant is not None:
        return applicant.userid
    employee = logins.staff_by(request.root, text)
    return str(employee.__oid__) if employee is not None else text


def _shown(request: Any, line: Line) -> dict[str, Any]:
    return {
        "line": line,
        "what": WORDS.get(line.what, line.what),
        "who": _named(request, line.who),
        "about": _named(request, line.about) if line.about != line.who else "",
        "how": _how(line.how),
    }


def _how(how: str) -> str:
    """What stands beside a kind, in Polish: `password+totp`, or a provider's name and the reason why its answer was refused."""
    ways = (" ".join(HOWS.get(word, word) for word in way.split()) for way in how.split("+"))
    return " + ".join(ways)


def _named(request: Any, id_: str) -> str:
    """Name and login where the account is still there; ids of other things as they are."""
    if id_.startswith(APPLICANT_PREFIX):
        applicant = _applicant(request, id_)
        return f"{applicant.display_name} ({applicant.login})" if applicant is not None else f"konto usunięte ({id_})"
    if _is_staff_id(id_):
        employee = _employee(request, id_)
        return f"{employee.display_name} ({employee.__name__})" if employee is not None else f"konto usunięte ({id_})"
    return id_


def _applicant(request: Any, id_: str) -> Applicant | None:
    return applicant_of(request.office, id_) if id_ != APPLICANT_PREFIX else None


def _is_staff_id(id_: str) -> bool:
    return _STAFF_ID.match(id_) is not None and -(2**63) <= int(id_) < 2**63


def _employee(request: Any, id_: str) -> Any:
    found = request.root.__objectmap__.object_for(int(id_))
    return found if IUser.providedBy(found) else None


def _is_known(request: Any, id_: str) -> bool:
    """Whether this is the id of an account, or a case's number."""
    if _is_staff_id(id_):
        return _employee(request, id_) is not None
    return is_case_number(id_) or _applicant(request, id_) is not None


def includeme(config: Any) -> None:
    config.add_room("urzad/dziennik", TrailRoom)
