"""`/konto/osoby`: a firm's or institution's people, their roles, inviting and removing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.view import view_config, view_defaults

from .. import permissions
from ..accounts.resources import Applicant, applicant_of
from ..accounts.throttling import Limit
from ..accounts.views import desk_of, throttles_of
from ..office.audit import Origin, record
from ..web.forms import Button, FormView, Rejected
from . import granting
from .granting import OPEN, Refused
from .records import MEMBER, Representation, Standing, State, Terms, given_by, rights_of
from .rooms import PeopleRoom, PersonResource
from .schemas import InviteSchema, RoleSchema

OFFERS = Limit("representation-offers", 30)  # letters of one account in a day
OFFERS_TO = Limit("representation-offers-to", 8)  # letters to one name in a day, whoever sends them
TOO_MANY_LETTERS = "Wysłano dziś z tego konta bardzo dużo zaproszeń. Spróbuj ponownie jutro."
TOO_MANY_TO_ONE = "Tę osobę zapraszano dziś już wiele razy. Spróbuj ponownie jutro."
MORE_THAN_OWN = "Nie możesz dać komuś większych uprawnień, niż masz w tym imieniu."
OWN_ROLE = "Własnej roli nie zmienisz. Może to zrobić inna osoba, która zarządza listą, albo konto firmy."


def row_of(request: Any, representation: Representation) -> dict[str, Any]:
    """A line of a list: the representation, how it stands, and the person who accepted it (None: nobody has)."""
    return {
        "representation": representation,
        "standing": granting.standing_of(desk_of(request), representation),
        "agent": applicant_of(request.office, representation.agent),
    }


def count_letter(request: Any, principal: Applicant, invited: str) -> None:
    """:raises Rejected: this account has sent, or this name was sent, too many letters today; whether it is anybody's is not asked."""
    throttles = throttles_of(request)
    if not throttles.spend(OFFERS, principal.id):
        raise Rejected(TOO_MANY_LETTERS)
    if not throttles.spend(OFFERS_TO, invited):
        raise Rejected(TOO_MANY_TO_ONE, "invited")


def check_rights(request: Any, rights: Collection[str]) -> None:
    """:raises Rejected: these are more than the person has who gives them; the account's owner has all."""
    if not set(rights) <= set(request.acting.rights):
        raise Rejected(MORE_THAN_OWN, "level")


def write_down(request: Any, what: str, representation: Representation) -> None:
    """An event about whom is represented; `how` is the representation."""
    origin = Origin.of(request)
    record(request.office, what, request.authenticated_userid, representation.principal, origin, representation.id)


@view_config(context=PeopleRoom, request_method="GET", permission=permissions.PEOPLE, renderer="templates/people.pt")
def list_people(context: PeopleRoom, request: Any) -> dict[str, Any]:
    """`/konto/osoby`"""
    given = [one for one in given_by(request.office, request.applicant.userid) if one.kind == MEMBER]
    rows = [row_of(request, one) for one in given]
    return {
        "title": context.title,
        "firm": request.applicant,
        "rows": [row for row in rows if row["standing"] in OPEN],
        "former": [row for row in rows if row["standing"] not in OPEN],
        "waiting": (Standing.WAITING, Standing.UNANSWERED),
    }


@view_config(
    context=PeopleRoom,
    name="zapros",
    permission=permissions.PEOPLE,
    renderer="boi_portal.accounts:templates/settings_form.pt",
)
class InviteView(FormView):
    """`/konto/osoby/zapros`"""

    title = "Zaproś osobę"
    lead = "Osoba będzie działać w imieniu Twojej firmy albo instytucji ze swojego własnego konta, własnym hasłem i podpisem."
    schema = InviteSchema
    buttons = (Button("zapros", "Wyślij zaproszenie"),)

    def initial(self) -> Any:
        return {"level": permissions.FILL_RIGHT}

    def success(self, values: Mapping[str, Any], button: str) -> Any:
        request = self.request
        terms = Terms(MEMBER, values["invited"], rights_of(values["level"], values["manages"]))
        check_rights(request, terms.rights)
        count_letter(request, request.applicant, terms.invited)
        try:
            made = granting.offer(desk_of(request), request.applicant, terms)
        except Refused as refusal:
            raise Rejected(str(refusal), "invited") from None
        write_down(request, "representation-offer", made)
        request.session.flash(f"Wysłaliśmy zaproszenie na adres {made.invited}. Jest ważne 7 dni.", "success")
        return HTTPSeeOther(request.layout.path("konto/osoby"))


@view_config(context=PersonResource, permission=permissions.PEOPLE, renderer="templates/person.pt")
class PersonView(FormView):
    """`/konto/osoby/{id}`: the role of one of them."""

    schema = RoleSchema
    buttons = (Button("zapisz", "Zmień rolę"),)

    def __init__(self, context: PersonResource, request: Any) -> None:
        super().__init__(context, request)
        self.member: Representation = context.record
        self.row = row_of(request, self.member)
        agent = self.row["agent"]
        self.title = agent.name if agent is not None else self.member.invited

    def initial(self) -> Any:
        return {"level": self.member.level, "manages": self.member.manages}

    def success(self, values: Mapping[str, Any], button: str) -> Any:
        request = self.request
        if self._is_own:
            raise Rejected(OWN_ROLE)
        rights = rights_of(values["level"], values["manages"])
        check_rights(request, rights)
        try:
            granting.change_rights(desk_of(request), self.member, rights)
        except Refused as refusal:
            raise Rejected(str(refusal)) from None
        write_down(request, "representation-change", self.member)
        request.session.flash("Zmieniliśmy rolę. Nowa obowiązuje od razu.", "success")
        return HTTPSeeOther(request.layout.path("konto/osoby"))

    @property
    def _is_own(self) -> bool:
        return bool(self.member.agent == self.request.authenticated_userid)

    def page(self) -> Mapping[str, Any]:
        standing = self.row["standing"]
        return {
            **self.row,
            "open": standing in OPEN,
            "changeable": standing in OPEN and not self._is_own,
            "own": self._is_own,
            "waiting": standing in (Standing.WAITING, Standing.UNANSWERED),
            "path": lambda *below: self.request.layout.path(self.context, *below),
        }


@view_defaults(context=PersonResource, permission=permissions.PEOPLE)
class PersonActs:
    """Removing, and sending the letter again."""

    def __init__(self, context: PersonResource, request: Any) -> None:
        self.member: Representation = context.record
        self.context = context
        self.request = request

    @view_config(name="usun", request_method="GET", renderer="templates/end.pt")
    def ask(self) -> dict[str, Any]:
        """Ask before removing."""
        agent = applicant_of(self.request.office, self.member.agent)
        name = agent.name if agent is not None else self.member.invited
        return {
            "title": "Usunąć tę osobę z listy?",
            "text": f"{name} straci dostęp od razu. To, co już wysłano, zostanie bez zmian.",
            "button": "Usuń osobę",
            "back": self.request.layout.path(self.context),
        }

    @view_config(name="usun", request_method="POST")
    def remove(self) -> Any:
        """Remove the person, or take the invitation back."""
        said = "Usunęliśmy tę osobę z listy. Nie ma już dostępu do konta firmy."
        return end(self.request, self.member, "konto/osoby", said)

    @view_config(name="wyslij-ponownie", request_method="POST")
    def send_again(self) -> Any:
        """The letter again, with a new link."""
        return send_again(self.request, self.member, "konto/osoby")


def end(request: Any, representation: Representation, back: str, said: str) -> Any:
    """End a representation and go back to the list."""
    taken_back = representation.state == State.OFFERED
    try:
        granting.end(desk_of(request), representation, request.authenticated_userid)
    except Refused as refusal:
        request.session.flash(str(refusal), "warning")
    else:
        write_down(request, "representation-end", representation)
        request.session.flash("Wycofaliśmy zaproszenie." if taken_back else said, "success")
    return HTTPSeeOther(request.layout.path(back))


def send_again(request: Any, representation: Representation, back: str) -> Any:
    """Send the letter of an offer again."""
    try:
        count_letter(request, request.applicant, representation.invited)
        granting.send_offer(desk_of(request), request.applicant, representation)
    except (Refused, Rejected) as refusal:
        request.session.flash(str(refusal), "warning")
    else:
        write_down(request, "representation-offer", representation)
        request.session.flash("Wysłaliśmy zaproszenie jeszcze raz. Poprzedni link już nie działa.", "success")
    return HTTPSeeOther(request.layout.path(back))
