"""`/konto`: what one sees and changes of the own account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from .. import permissions
from ..office.audit import Origin, record
from ..web.forms import Button, FormView, Rejected
from ..web.polish import phone_text
from ..web.security import staff_user
from . import passwords
from .consents import consents_of
from .resources import DOCUMENT_KINDS, KINDS, Applicant, applicant_of
from .rooms import AccountRoom
from .schemas import AddressesSchema, PasswordSchema
from .sheets import departments
from .signin import change_password, stored_hash
from .throttling import ACCOUNT
from .views import throttles_of, waiting_text


def person_of(request: Any) -> Any:
    """The applicant or employee who is signed in."""
    return applicant_of(request.office, request.authenticated_userid) or staff_user(
        request, request.authenticated_userid
    )


def masked(number: str) -> str:
    """A personal number of which only the last four characters are shown."""
    return "•" * max(0, len(number) - 4) + number[-4:] if len(number) > 4 else "•" * len(number)


def address_text(address: Mapping[str, str] | None) -> str:
    """An address in two lines."""
    if not address:
        return ""
    house = address["house_number"] + (f" m. {address['flat']}" if address["flat"] else "")
    first = f"{address['street']} {house}" if address["street"] else f"{address['town']} {house}"
    return f"{first}\n{address['postal_code']} {address['town']}"


def shown_numbers(person: Applicant) -> list[tuple[str, str]]:
    """Personal numbers as the own account page shows them: those that tell of a person masked, those of firms in full."""
    rows = []
    if person.pesel:
        rows.append(("PESEL", masked(person.pesel)))
    if document := person.document:
        kind = DOCUMENT_KINDS.get(document["kind"], document["kind"])
        rows.append(("Dokument", f"{kind}, {document['country']}, {masked(document['number'])}"))
    rows += [
        (label, value) for label, value in (("NIP", person.nip), ("REGON", person.regon), ("KRS", person.krs)) if value
    ]
    return rows


@view_config(context=AccountRoom, request_method="GET", permission=permissions.VIEW, renderer="templates/account.pt")
def show_account(context: AccountRoom, request: Any) -> dict[str, Any]:
    """`/konto`: an applicant's data and consents, or an employee's roles."""
    person = person_of(request)
    if not isinstance(person, Applicant):
        return {"title": context.title, "rows": _staff_rows(request, person), "applicant": False, "consents": ()}
    return {
        "title": context.title,
        "rows": _applicant_rows(person),
        "applicant": True,
        "consents": consents_of(request.root, person),
    }


def _applicant_rows(person: Applicant) -> list[tuple[str, str]]:
    rows = [
        ("Rodzaj konta", KINDS[person.kind]),
        ("Nazwa", person.org_name),
        ("Imię i nazwisko", person.name),
        *shown_numbers(person),
        ("Login", person.login),
        ("E-mail", person.email),
        ("Telefon", phone_text(person.phone)),
        ("Adres", address_text(person.residence)),
        ("Adres do korespondencji", address_text(person.correspondence) or "taki sam"),
    ]
    return [(label, value) for label, value in rows if value]


def _staff_rows(request: Any, person: Any) -> list[tuple[str, str]]:
    department = departments(request.root).get(person.department, person.department)
    rows = [
        ("Imię i nazwisko", person.full_name),
        ("Login", person.__name__),
        ("E-mail", person.email),
        ("Wydział", department),
        ("Role", ", ".join(permissions.ROLES[name] for name in person.roles)),
    ]
    return [(label, value) for label, value in rows if value]


@view_config(context=AccountRoom, name="adresy", permission=permissions.ACCOUNT, renderer="templates/addresses.pt")
class AddressesView(FormView):
    """`/konto/adresy`: addresses and phone."""

    title = "Zmień adresy i telefon"
    schema = AddressesSchema

    def _person(self) -> Applicant:
        person = person_of(self.request)
        if not isinstance(person, Applicant):
            raise HTTPNotFound()
        return person

    def initial(self) -> Any:
        person = self._person()
        letters: dict[str, Any] = {"where": "other" if person.correspondence else "same"}
        if person.correspondence:
            letters["address"] = dict(person.correspondence)
        return {"residence": dict(person.residence or {}), "letters": letters, "phone": person.phone}

    def success(self, values: Any, button: str) -> Any:
        person, letters = self._person(), values["letters"]
        person.residence = dict(values["residence"])
        person.correspondence = dict(letters["address"]) if letters["where"] == "other" else None
        person.phone = values["phone"]
        record(self.request.office, "account-change", person.userid, person.userid, Origin.of(self.request))
        self.request.session.flash("Zapisaliśmy zmiany.", "success")
        return HTTPSeeOther(self.request.layout.path("konto"))


@view_config(
    context=AccountRoom, name="haslo", permission=permissions.VIEW, renderer="boi_portal.web:templates/form.pt"
)
class PasswordView(FormView):
    """`/konto/haslo`: a new password; the old one is asked for, and guessing it is slowed down as at sign-in."""

    title = "Zmień hasło"
    schema = PasswordSchema
    buttons = (Button("zmien", "Zmień hasło"),)

    def success(self, values: Any, button: str) -> Any:
        request, person = self.request, person_of(self.request)
        userid, throttles = request.authenticated_userid, throttles_of(request)
        wait = throttles.wait(ACCOUNT, f"password {userid}")
        if wait:
            raise Rejected(f"Za dużo nieudanych prób. Spróbuj ponownie za {waiting_text(wait)}.", "old")
        if not passwords.check_password(stored_hash(person), values["old"]):
            throttles.failed(ACCOUNT, f"password {userid}")
            return self._refused("To nie jest Twoje obecne hasło. Wpisz je jeszcze raz.", "old")
        if values["new"] == values["old"]:
            raise Rejected("Nowe hasło jest takie samo jak obecne. Wymyśl inne.", "new")
        if problem := passwords.problem_with(values["new"], person.own_data()):
            raise Rejected(problem, "new")
        change_password(request, userid, person, values["new"])
        throttles.succeeded(ACCOUNT, f"password {userid}")
        record(request.office, "password-change", userid, userid, Origin.of(request))
        request.session.flash("Hasło zostało zmienione. Na innych urządzeniach wylogowaliśmy Cię.", "success")
        return HTTPSeeOther(request.layout.path("konto"))

    def _refused(self, message: str, field: str) -> Any:
        """Not `Rejected`, which would roll back the count of failures."""
        form = self.make_form()
        form.reject(message, field)
        return self.failure(form)
