"""Changes of official numbers: `/konto/zmiana-numeru` of the applicant, `/urzad/zmiany-danych` of the office.

An employee who opens what somebody has asked for leaves a line in the audit trail: the one thing that these pages write when read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import colander
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from .. import permissions
from ..accounts.persons import applicant_here
from ..accounts.resources import KINDS, Applicant, applicant_of
from ..accounts.rooms import AccountRoom
from ..accounts.schemas import number_checks
from ..office.audit import Origin, record
from ..publishing.content import now
from ..publishing.schema import choice, long_text, text
from ..submissions.downloads import stored_attachment
from ..submissions.drafts import StoredFile, read_at_most
from ..web.filefields import file_node
from ..web.formfields import posted_text
from ..web.forms import Button, FormView, PortalForm, Rejected
from ..web.polish import file_size
from ..web.uploads import FROM_CITIZENS, UploadRefused, clean_name, media_type_of
from . import number_changes
from .news import tell, tell_decision
from .number_changes import NumberChange, NumberChangeError
from .rooms import NumberChangeResource, NumberChangesRoom
from .words import NUMBERS

KINDS_OF_FILE = FROM_CITIZENS & {"pdf", "jpg", "jpeg", "png"}
CHOOSE_AGAIN = "Plik wybierz jeszcze raz: przeglądarka nie przechowuje go po błędzie."
EVENT_READ, EVENT_FILE = "number-change-read", "number-change-file"


# the applicant


def number_schema(person: Applicant, max_size: int) -> colander.Schema:
    """The form: which number, the right one, the document, own words."""
    names = number_changes.changeable(person)
    node = colander.Schema(validator=_fits)
    node.add(choice("Który numer się zmienia", [(name, NUMBERS[name]) for name in names], name="which"))
    if len(names) == 1:
        node["which"].default = names[0]
    about = "Same cyfry. Spacje i myślniki pominiemy."
    number = text("Nowy numer", name="number", max_length=20, description=about, inputmode="numeric")
    number.preparer = [_digits]
    node.add(number)
    about = f"Na przykład decyzja, zaświadczenie albo wydruk z rejestru. PDF, JPG lub PNG, do {file_size(max_size)}."
    document = file_node("Dokument, z którego wynika numer", about, name="document")
    document.missing_msg = "Wybierz plik z dokumentem."
    node.add(document)
    about = "Nieobowiązkowe. Napisz, jeśli urząd powinien wiedzieć coś więcej."
    node.add(long_text("Wyjaśnienie", name="note", max_length=1000, description=about))
    return node


def _digits(value: Any) -> Any:
    return "".join(value.split()).replace("-", "") if isinstance(value, str) else value


def _fits(node: Any, values: Mapping[str, Any]) -> None:
    """The number is one of its kind."""
    try:
        number_checks()[values["which"]](node["number"], values["number"])
    except colander.Invalid as wrong:
        error = colander.Invalid(node)
        error.add(wrong, node.children.index(node["number"]))
        raise error from None


@view_config(
    context=AccountRoom,
    name="zmiana-numeru",
    permission=permissions.ACCOUNT,
    renderer="boi_portal.accounts:templates/settings_form.pt",
)
class NumberChangeView(FormView):
    """`/konto/zmiana-numeru`"""

    title = "Zgłoś zmianę numeru"
    lead = "Zgłoszenie z dokumentem sprawdzi urząd. O decyzji napiszemy na Twój adres e-mail."
    buttons = (Button("wyslij", "Wyślij zgłoszenie"),)

    def __call__(self) -> Any:
        if not number_changes.changeable(self.person):
            return HTTPSeeOther(self.request.layout.path("konto", "dane"))
        return super().__call__()

    @property
    def person(self) -> Applicant:
        """Who is signed in."""
        return applicant_here(self.request)

    @property
    def max_size(self) -> int:
        """Of the document, in bytes."""
        return int(self.request.registry.boi_settings.upload_max_mb) * 1_000_000

    def make_schema(self) -> Any:
        return number_schema(self.person, self.max_size).bind(request=self.request, context=self.context)

    def failure(self, form: PortalForm) -> dict[str, Any]:
        document = form["document"]
        if document.error is None and getattr(self.request.POST.get("upload"), "filename", None):
            document.error = colander.Invalid(document.schema, CHOOSE_AGAIN)
        return super().failure(form)

    def success(self, values: Any, button: str) -> Any:
        request, person = self.request, self.person
        try:
            document = self._document(values["document"])
            change = number_changes.ask(
                request.office, person, values["which"], values["number"], values["note"], document, now()
            )
        except UploadRefused as refusal:
            raise Rejected(str(refusal), "document") from None
        except NumberChangeError as error:
            raise Rejected(str(error), error.field) from None
        record(request.office, "number-change-asked", person.userid, person.userid, Origin.of(request), change.which)
        tell(request, person, f"Wysłano do urzędu zgłoszenie zmiany numeru {NUMBERS[change.which]}.")
        request.session.flash(f"Wysłaliśmy do urzędu zgłoszenie zmiany numeru {NUMBERS[change.which]}.", "success")
        return HTTPSeeOther(request.layout.path("konto", "dane"))

    def _document(self, given: Mapping[str, Any]) -> StoredFile:
        name = clean_name(str(given.get("filename") or ""))
        data = read_at_most(given["fp"], self.max_size)
        if data is None:
            raise UploadRefused(f"Plik „{name}” jest za duży. Dołącz plik do {file_size(self.max_size)}.")
        return StoredFile(name, media_type_of(name, data, KINDS_OF_FILE), data, now())


@view_config(context=AccountRoom, name="wycofaj-zmiane-numeru", request_method="POST", permission=permissions.ACCOUNT)
def withdraw_number_change(context: AccountRoom, request: Any) -> Any:
    """`POST /konto/wycofaj-zmiane-numeru`"""
    person = applicant_here(request)
    try:
        change = number_changes.withdraw(request.office, person, posted_text(request, "zgloszenie"))
    except NumberChangeError as error:
        request.session.flash(str(error), "warning")
    else:
        record(
            request.office, "number-change-withdrawn", person.userid, person.userid, Origin.of(request), change.which
        )
        words = f"Zgłoszenie zmiany numeru {NUMBERS[change.which]} jest wycofane, a dokument usunięty."
        request.session.flash(words, "success")
    return HTTPSeeOther(request.layout.path("konto", "dane"))


# the office


@view_config(
    context=NumberChangesRoom,
    request_method="GET",
    permission=permissions.PERSONAL_DATA,
    renderer="templates/number_changes.pt",
)
def list_number_changes(context: NumberChangesRoom, request: Any) -> dict[str, Any]:
    """`/urzad/zmiany-danych`"""
    decided = request.GET.get("pokaz") == "rozpatrzone"
    found = number_changes.listed(request.office, decided)
    return {
        "title": context.title,
        "decided": decided,
        "changes": [(change, applicant_of(request.office, change.owner)) for change in found],
        "number_names": NUMBERS,
        "states": number_changes.STATES,
    }


class DecisionSchema(colander.Schema):
    """The office's decision."""

    decision = choice(
        "Decyzja", [(number_changes.ACCEPTED, "Przyjmij: zapisz nowy numer"), (number_changes.REFUSED, "Odrzuć")]
    )
    reason = long_text(
        "Wyjaśnienie dla interesanta",
        max_length=1000,
        description="Obowiązkowe przy odrzuceniu. Interesant zobaczy je po zalogowaniu.",
    )


@view_defaults(
    context=NumberChangeResource, renderer="templates/number_change.pt", permission=permissions.PERSONAL_DATA
)
class DecisionView(FormView):
    """`/urzad/zmiany-danych/{id}`: what is asked, the document, and the decision."""

    title = NumberChangeResource.title
    schema = DecisionSchema
    buttons = (Button("zapisz", "Zapisz decyzję"),)
    formid = "decyzja"

    def __init__(self, context: NumberChangeResource, request: Any) -> None:
        super().__init__(context, request)
        self.change: NumberChange = context.record

    @view_config(request_method="GET")
    def read(self) -> Any:
        """What is asked. Reading it is written down."""
        note_reading(self.context, self.request, EVENT_READ)
        return self()

    @view_config(request_method="POST")
    def decide(self) -> Any:
        """Accept or refuse."""
        return self()

    def page(self) -> Mapping[str, Any]:
        applicant = applicant_of(self.request.office, self.change.owner)
        now_set = applicant.numbers.get(self.change.which, "") if applicant is not None else ""
        return {
            "change": self.change,
            "applicant": applicant,
            "kind": KINDS[applicant.kind] if applicant is not None else "",
            "now_set": now_set,
            "which": NUMBERS[self.change.which],
            "state": number_changes.STATES[self.change.state],
            "open": self.change.state == number_changes.WAITING,
        }

    def success(self, values: Any, button: str) -> Any:
        request, change, who = self.request, self.change, self.request.authenticated_userid
        accepted, reason = values["decision"] == number_changes.ACCEPTED, values["reason"].strip()
        try:
            if accepted:
                secret = request.registry.boi_settings.secret
                number_changes.accept(request.office, secret, change, who, now(), reason)
            else:
                number_changes.refuse(request.office, change, reason, who, now())
        except NumberChangeError as error:
            raise Rejected(str(error), error.field) from None
        event = "number-change-accepted" if accepted else "number-change-refused"
        record(request.office, event, who, change.owner, Origin.of(request), change.which)
        applicant = applicant_of(request.office, change.owner)
        if applicant is not None:
            tell_decision(request, applicant, NUMBERS[change.which], accepted)
        words = "Nowy numer jest na koncie." if accepted else "Zgłoszenie jest odrzucone."
        request.session.flash(f"{words} Interesant dostanie wiadomość.", "success")
        return HTTPSeeOther(request.layout.path(self.context.__parent__))


@view_config(context=NumberChangeResource, name="dokument", request_method="GET", permission=permissions.PERSONAL_DATA)
def download_document(context: NumberChangeResource, request: Any) -> Response:
    """`/urzad/zmiany-danych/{id}/dokument`"""
    document = context.record.document
    if document is None or request.subpath:
        raise HTTPNotFound()
    note_reading(context, request, EVENT_FILE)
    return stored_attachment(document)


def note_reading(context: NumberChangeResource, request: Any, what: str) -> None:
    """Write down which employee saw whose data."""
    record(
        request.office,
        what,
        request.authenticated_userid,
        context.record.owner,
        Origin.of(request),
        context.record.which,
    )
