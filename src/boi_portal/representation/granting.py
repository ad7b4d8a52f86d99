"""Offering, accepting, changing and ending representations.

Owns the rules. Whoever offers never learns whether a login or an address has an account: an offer is always recorded alike, and only
the letter's addressee is looked up. The link of the letter proves that it has arrived; its token is kept as a hash, lasts for seven days
and is spent by the answer. Who may do what is checked by the caller, from `permissions`.
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
import re
import secrets

from ..accounts import logins
from ..accounts.registration import Desk
from ..accounts.resources import PERSON, Applicant, applicant_of
from ..mail.letters import post
from ..office.store import Office
from ..web.polish import date_text, in_zone
from .records import MANDATE, MEMBER, Representation, Standing, State, Terms, given_by, representation_by, ties_of

LASTS = datetime.timedelta(days=7)
MAX_GIVEN = 100  # that are not over, of one account
ROOM = "upowaznienie"
INVITES = {
    MEMBER: "zaprasza Cię do działania w imieniu tej firmy albo instytucji",
    MANDATE: "chce udzielić Ci pełnomocnictwa",
}
_LINK = re.compile(r"([0-9a-f]{32})([A-Za-z0-9_-]{43})\Z")
OPEN = (Standing.WAITING, Standing.UNANSWERED, Standing.COMING, Standing.HOLDS)


class Refused(ValueError):
    """It cannot be done; the message is for the person, in Polish."""


# the giving side


def offer(desk: Desk, principal: Applicant, terms: Terms) -> Representation:
    """Record an offer and leave its letter.

    :raises Refused: there is one for this name already, or there are too many.
    """
    still_open = [one for one in given_by(desk.office, principal.userid) if standing_of(desk, one) in OPEN]
    if len(still_open) >= MAX_GIVEN:
        raise Refused(f"Masz już {MAX_GIVEN} upoważnień. Zakończ najpierw te, których nie potrzebujesz.")
    same = [
        one for one in still_open if one.kind == MEMBER and logins.folded(one.invited) == logins.folded(terms.invited)
    ]
    if terms.kind == MEMBER and same:
        raise Refused("Ta osoba jest już na liście. Zmień jej rolę albo wyślij zaproszenie ponownie.")
    made = Representation(principal.userid, terms, desk.at)
    desk.office.representations[made.id] = made
    ties_of(desk.office, principal.userid).given.add(made.id)
    send_offer(desk, principal, made)
    return made


def send_offer(desk: Desk, principal: Applicant, representation: Representation) -> None:
    """Leave the letter with a new link; the link of an earlier letter is dead from then on.

    :raises Refused: the offer was answered or taken back.
    """
    if representation.state != State.OFFERED:
        raise Refused("Na to zaproszenie już odpowiedziano.")
    token = secrets.token_urlsafe(32)
    representation.token_sha256 = _hashed(token)
    representation.token_until = desk.at + LASTS
    address = _address_of(desk.office, representation.invited)
    if not address:
        return
    words = {
        "who": principal.display_name,
        "what": INVITES[representation.kind],
        "rights": representation.level_name,
        "link": desk.address(ROOM, representation.id + token),
        "days": LASTS.days,
    }
    post(desk.office, "representation-offer", address, words)


def _address_of(office: Office, invited: str) -> str:
    """Where the letter goes: the address that was named, or that of the account with the login; empty: nowhere."""
    if "@" in invited:
        return invited
    holder = logins.applicant_by(office, invited)
    return holder.email if holder is not None and holder.active else ""


def change_rights(desk: Desk, representation: Representation, rights: tuple[str, ...]) -> None:
    """Give a firm's person another role; it counts from the next request on.

    :raises Refused: it is over.
    """
    if standing_of(desk, representation) not in OPEN:
        raise Refused("Tej osoby nie ma już na liście.")
    if representation.rights == rights:
        return
    representation.rights = rights
    _tell_agent(desk, representation, f"Zmieniono Twoją rolę. Możesz teraz: {representation.level_name}.")


def end(desk: Desk, representation: Representation, by: str) -> None:
    """End a representation or take an offer back, from the next request on; `by` is the user id of whoever does it.

    :raises Refused: it is over already.
    """
    if representation.state not in (State.OFFERED, State.ACCEPTED):
        raise Refused("To upoważnienie jest już zakończone.")
    was_accepted = representation.state == State.ACCEPTED
    _close(representation, State.ENDED, by, desk.at)
    if not was_accepted:
        return
    if by == representation.agent:
        _tell_principal(desk, representation, "rezygnacja z upoważnienia")
    else:
        _tell_agent(desk, representation, "Nie możesz już działać w tym imieniu.")


def end_all(office: Office, userid: str, at: datetime.datetime) -> list[Representation]:
    """End all that an account has given and holds, as when it is closed. Returns what was ended; no letters are left."""
    ties = office.representations.get(userid)
    ids = set(ties.given) | set(ties.held) if ties is not None else set()
    ended = [office.representations[one] for one in sorted(ids)]
    ended = [one for one in ended if one.state in (State.OFFERED, State.ACCEPTED)]
    for one in ended:
        _close(one, State.ENDED, userid, at)
    return ended


# the other side


def offer_by_link(office: Office, text: str) -> Representation | None:
    """The representation that a letter's link is for, late as it may be; None for a link that is none or is spent."""
    match = _LINK.match(text)
    found = representation_by(office, match[1]) if match else None
    if match is None or found is None or not found.token_sha256:
        return None
    return found if hmac.compare_digest(found.token_sha256, _hashed(match[2])) else None


def accept(desk: Desk, representation: Representation, person: Applicant) -> None:
    """Let a person act for whoever offered it.

    :raises Refused: it is late or taken back, or this account is not the one.
    """
    _check_answer(desk, representation, person)
    representation.state, representation.agent = State.ACCEPTED, person.userid
    representation.answered_at = desk.at
    representation.token_sha256, representation.token_until = "", None
    ties_of(desk.office, person.userid).held.add(representation.id)
    _tell_principal(desk, representation, "zaproszenie przyjęte")


def decline(desk: Desk, representation: Representation, person: Applicant) -> None:
    """Decline an offer.

    :raises Refused: it is late or taken back, or this account is not the one.
    """
    _check_answer(desk, representation, person)
    representation.answered_at = desk.at
    _close(representation, State.DECLINED, person.userid, desk.at)
    _tell_principal(desk, representation, "zaproszenie odrzucone", person)


def _check_answer(desk: Desk, representation: Representation, person: Applicant) -> None:
    if standing_of(desk, representation) != Standing.WAITING:
        raise Refused("To zaproszenie nie jest już ważne. Poproś o nowe.")
    principal = applicant_of(desk.office, representation.principal)
    if principal is None or not principal.active:
        raise Refused("Konto, z którego wysłano zaproszenie, jest zamknięte.")
    if refusal := unfit(desk.office, representation, person):
        raise Refused(refusal)


def unfit(office: Office, representation: Representation, person: Applicant) -> str:
    """Why this account cannot answer the offer, in words; empty: it can."""
    if person.kind != PERSON:
        return "W imieniu innych działa się z konta osoby fizycznej. Zaloguj się na swoje własne konto albo je załóż."
    if person.userid == representation.principal:
        return "To zaproszenie wysłano z Twojego konta. Przyjąć może je ktoś inny."
    if "@" not in representation.invited and logins.folded(person.login) != logins.folded(representation.invited):
        return "To zaproszenie jest dla innego konta. Zaloguj się na konto, na które je wysłano."
    others = given_by(office, representation.principal)
    held = [one for one in others if one.agent == person.userid and one.state == State.ACCEPTED]
    if representation.kind == MEMBER and any(one.kind == MEMBER for one in held):
        return "To konto jest już na liście osób tej firmy. Osoba, która zarządza listą, może zmienić jego rolę."
    return ""


def standing_of(desk: Desk, representation: Representation) -> Standing:
    """How a representation stands at the desk's moment."""
    return representation.standing(desk.at, in_zone(desk.at).date())


def _close(representation: Representation, state: State, by: str, at: datetime.datetime) -> None:
    representation.state = state
    representation.ended_at, representation.ended_by = at, by
    representation.token_sha256, representation.token_until = "", None


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


# letters


def _tell_principal(desk: Desk, representation: Representation, what: str, person: Applicant | None = None) -> None:
    principal = applicant_of(desk.office, representation.principal)
    agent = person or applicant_of(desk.office, representation.agent)
    if principal is None or agent is None or not principal.email:
        return
    page = "osoby" if representation.kind == MEMBER else "pelnomocnictwa"
    words = {"who": agent.name, "what": what, "link": desk.address("konto", page), "at": date_text(desk.at)}
    post(desk.office, "representation-answer", principal.email, words)


def _tell_agent(desk: Desk, representation: Representation, what: str) -> None:
    principal, agent = (
        applicant_of(desk.office, representation.principal),
        applicant_of(desk.office, representation.agent),
    )
    if principal is None or agent is None or not agent.email:
        return
    words = {
        "who": principal.display_name,
        "what": what,
        "link": desk.address("konto", "dzialam-jako"),
        "at": date_text(desk.at),
    }
    post(desk.office, "representation-change", agent.email, words)
