"""`/konto` and the data of the account: the overview, `/konto/dane`, names, addresses and phone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import colander
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.view import view_config

from .. import permissions
from ..accounts.consents import has_changed
from ..accounts.notifications import KINDS as NOTIFICATIONS
from ..accounts.notifications import wants
from ..accounts.persons import applicant_here, person_of
from ..accounts.resources import KINDS, PERSON, Applicant
from ..accounts.rooms import AccountRoom
from ..accounts.schemas import AddressesSchema, name_node, org_name_node
from ..accounts.sheets import departments
from ..cases import people
from ..office.audit import Origin, record
from ..publishing.content import now
from ..web.forms import Button, FormView
from . import email_change, number_changes
from .news import tell
from .words import NUMBERS, address_text, letters_text, masked, number_rows, phone_words, verified_text

FORM = "boi_portal.accounts:templates/settings_form.pt"


# the overview


@view_config(context=AccountRoom, request_method="GET", permission=permissions.VIEW, renderer="templates/overview.pt")
def show_overview(context: AccountRoom, request: Any) -> dict[str, Any]:
    """`/konto`: what there is on the account, and where it is changed."""
    person = person_of(request)
    if not isinstance(person, Applicant):
        return {"title": context.title, "rows": staff_rows(request, person), "sections": [STAFF_SECTION], "notices": ()}
    sections = _open_sections(_sections(person), {page.name for page in request.account_menu.pages})
    return {"title": context.title, "rows": (), "sections": sections, "notices": _notices(request, person)}


# heading, then the pages under it: name, title, what is set now
Section = tuple[str, list[tuple[str, str, str]]]
STAFF_SECTION: Section = (
    "Logowanie i bezpieczeństwo",
    [
        ("haslo", "Hasło", "Zmień je od razu, jeśli ktoś mógł je poznać."),
        ("bezpieczenstwo", "Bezpieczeństwo", "Drugi składnik logowania, klucze dostępu i kody zapasowe."),
        ("sesje", "Sesje i urządzenia", "Na jakich urządzeniach konto jest otwarte. Możesz wylogować się wszędzie."),
    ],
)


def _sections(person: Applicant) -> list[Section]:
    off = sum(not wants(person, kind) for kind in NOTIFICATIONS)
    letters = "Wysyłamy wszystkie rodzaje listów." if not off else "Część listów jest wyłączona."
    numbers = f"PESEL {masked(person.pesel)}" if person.pesel else ""
    who = "\n".join(filter(None, (person.org_name, person.name, numbers)))
    where = "\n".join(filter(None, (address_text(person.residence), f"Telefon: {phone_words(person)}")))
    login, security = ("login", "Login", person.login), ("e-mail", "E-mail", person.email)
    eid = ("profil-zaufany", "Profil zaufany", "Logowanie bez hasła i dane, które potwierdza państwo.")
    return [
        ("Twoje dane", [("dane", "Dane", who), ("adresy", "Adresy i telefon", where)]),
        (STAFF_SECTION[0], [login, security, *STAFF_SECTION[1], eid]),
        (
            "Działanie w imieniu innych",
            [
                ("osoby", "Osoby w firmie", "Kto korzysta z konta firmy lub instytucji i co mu wolno."),
                ("pelnomocnictwa", "Pełnomocnictwa", "Kto działa w Twoim imieniu i w czyim imieniu działasz Ty."),
            ],
        ),
        (
            "Listy i zgody",
            [
                ("powiadomienia", "Powiadomienia", letters),
                ("zgody", "Zgody", "Na co się zgadzasz, w jakiej wersji i od kiedy."),
            ],
        ),
        (
            "Twoje konto",
            [
                ("moje-dane", "Moje dane", "Kopia wszystkiego, co portal przechowuje o Tobie."),
                ("polacz-konta", "Połączenie kont", "Gdy masz w portalu dwa konta."),
                ("usun", "Usunięcie konta", "Co usuniemy, co zostaje i jak długo."),
            ],
        ),
    ]


def _open_sections(sections: list[Section], names: set[str]) -> list[Section]:
    """The sections with those pages alone that are in the menu."""
    shown = [(heading, [page for page in pages if page[0] in names]) for heading, pages in sections]
    return [section for section in shown if section[1]]


def _notices(request: Any, person: Applicant) -> list[tuple[str, str]]:
    """What waits for the person: words, and the page where it is dealt with."""
    found = []
    if change := email_change.waiting(person, now()):
        found.append((f"Zmiana adresu e-mail na {change.email} czeka na potwierdzenie.", "e-mail"))
    if has_changed(request.root, person):
        found.append(("Zmieniła się informacja o przetwarzaniu danych. Zapoznaj się z nową treścią.", "zgody"))
    if any(one.state == number_changes.WAITING for one in number_changes.changes_of(request.office, person)):
        found.append(("Zgłoszenie zmiany numeru czeka na decyzję urzędu.", "dane"))
    return found


def staff_rows(request: Any, person: Any) -> list[tuple[str, str]]:
    """What is known of an employee; an administrator changes it."""
    department = departments(request.root).get(person.department, person.department)
    rows = [
        ("Imię i nazwisko", person.full_name),
        ("Login", person.__name__),
        ("E-mail", person.email),
        ("Wydział", department),
        ("Role", ", ".join(permissions.ROLES[name] for name in person.roles)),
    ]
    return [(label, value) for label, value in rows if value]


# the data


@view_config(
    context=AccountRoom,
    name="dane",
    request_method="GET",
    permission=permissions.ACCOUNT,
    renderer="templates/data.pt",
)
def show_data(context: AccountRoom, request: Any) -> dict[str, Any]:
    """`/konto/dane`: names and numbers, and what was asked of the office."""
    person = applicant_here(request)
    rows = [
        ("Rodzaj konta", KINDS[person.kind], ""),
        ("Nazwa", person.org_name, verified_text(person, "org_name")),
        ("Imię", person.first_name, verified_text(person, "first_name")),
        ("Nazwisko", person.last_name, verified_text(person, "last_name")),
        *number_rows(person),
    ]
    return {
        "title": "Dane",
        "rows": [row for row in rows if row[1]],
        "names": bool(changeable_names(person)),
        "numbers": bool(number_changes.changeable(person)),
        "changes": number_changes.changes_of(request.office, person),
        "number_names": NUMBERS,
        "states": number_changes.STATES,
    }


# names


def changeable_names(person: Applicant) -> list[str]:
    """The names that the person may correct: those that no identity provider vouches for."""
    names = ["first_name", "last_name"] if person.kind == PERSON else ["org_name", "first_name", "last_name"]
    return [name for name in names if name not in person.verified]


@view_config(context=AccountRoom, name="imie-i-nazwisko", permission=permissions.ACCOUNT, renderer=FORM)
class NamesView(FormView):
    """`/konto/imie-i-nazwisko`: correcting what was typed at registration, or a new surname.

    The portal never checked these names against a register, so the person may change them; the owner's mailbox is told.
    """

    buttons = (Button("zapisz", "Zapisz"),)

    def __init__(self, context: Any, request: Any) -> None:
        super().__init__(context, request)
        self.person = applicant_here(request)
        self.title = "Popraw imię i nazwisko" if self.person.kind == PERSON else "Popraw nazwę, imię i nazwisko"
        self.lead = "Pisma, które już są w urzędzie, zachowają dotychczasowe dane."

    def __call__(self) -> Any:
        if not changeable_names(self.person):
            return HTTPSeeOther(self.request.layout.path("konto", "dane"))
        return super().__call__()

    def make_schema(self) -> Any:
        node = colander.Schema()
        for name in changeable_names(self.person):
            node.add(self._node(name))
        return node.bind(request=self.request, context=self.context)

    def _node(self, name: str) -> Any:
        if name == "org_name":
            return org_name_node(self.person.kind)
        title, autocomplete = ("Imię", "given-name") if name == "first_name" else ("Nazwisko", "family-name")
        node = name_node(title, autocomplete)
        node.name = name
        return node

    def initial(self) -> Any:
        return {name: getattr(self.person, name) for name in changeable_names(self.person)}

    def success(self, values: Any, button: str) -> Any:
        request, person = self.request, self.person
        changed = [name for name, value in values.items() if getattr(person, name) != value]
        if not changed:
            request.session.flash("Dane są takie same jak dotąd, więc nic nie zmieniliśmy.", "info")
            return HTTPSeeOther(request.layout.path("konto", "dane"))
        for name in changed:
            setattr(person, name, values[name])
        people.index_later(request.office, person.userid)
        record(request.office, "name-change", person.userid, person.userid, Origin.of(request), " ".join(changed))
        tell(request, person, "Zmieniono imię, nazwisko lub nazwę na koncie.")
        request.session.flash(f"Zapisaliśmy nowe dane: {person.display_name}.", "success")
        return HTTPSeeOther(request.layout.path("konto", "dane"))


# addresses and phone


@view_config(context=AccountRoom, name="adresy", permission=permissions.ACCOUNT, renderer=FORM)
class AddressesView(FormView):
    """`/konto/adresy`"""

    title = "Adresy i telefon"
    schema = AddressesSchema

    @property
    def person(self) -> Applicant:
        """Who is signed in."""
        return applicant_here(self.request)

    def initial(self) -> Any:
        person = self.person
        letters: dict[str, Any] = {"where": "other" if person.correspondence else "same"}
        if person.correspondence:
            letters["address"] = dict(person.correspondence)
        return {"residence": dict(person.residence or {}), "letters": letters, "phone": person.phone}

    def success(self, values: Any, button: str) -> Any:
        person, request = self.person, self.request
        saved = _saved(person, _contact_of(values))
        if not saved:
            request.session.flash("Dane są takie same jak dotąd, więc nic nie zmieniliśmy.", "info")
            return HTTPSeeOther(request.layout.path("konto"))
        record(request.office, "account-change", person.userid, person.userid, Origin.of(request), " ".join(saved))
        tell(request, person, "Zmieniono adres lub numer telefonu na koncie.")
        request.session.flash(_saved_words(saved, person), "success")
        return HTTPSeeOther(request.layout.path("konto"))


def _contact_of(values: Mapping[str, Any]) -> dict[str, Any]:
    letters = values["letters"]
    return {
        "residence": dict(values["residence"]),
        "correspondence": dict(letters["address"]) if letters["where"] == "other" else None,
        "phone": values["phone"],
    }


def _saved(person: Applicant, given: Mapping[str, Any]) -> list[str]:
    """Set what differs; the names of it."""
    changed = [name for name, value in given.items() if getattr(person, name) != value]
    for name in changed:
        setattr(person, name, given[name])
    return changed


def _saved_words(saved: list[str], person: Applicant) -> str:
    words = {
        "residence": "nowy adres",
        "correspondence": f"nowy adres do korespondencji ({'inny' if person.correspondence else letters_text(person)})",
        "phone": "nowy numer telefonu" if person.phone else "że nie podajesz numeru telefonu",
    }
    return f"Zapisaliśmy {', '.join(words[name] for name in saved)}."
