"""Registering and activating an applicant's account.

Owns the rule that nobody learns from the portal whether an address or a PESEL has an account. A registration is therefore always
done alike: it makes a pending account that holds its login and nothing else for sure. Only the letter differs, and the letter goes
to the owner of the address. The address and the PESEL become the account's at activation; an account that is not activated is
forgotten, as the letter says.

The one thing that is told is that a login is taken, because one has to choose another; a taken login is no person. So that this
does not tell of addresses in turn, the login is held in either case.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from typing import Any

from ..mail.letters import post
from ..office import tasks
from ..office.store import Office, random_id
from ..publishing.content import now
from . import logins
from .consents import consent_given
from .passwords import hash_password
from .resources import ACTIVE, PENDING, PERSON, Applicant, applicant_of, birth_date_of
from .throttling import MAILBOX, Throttles
from .tokens import ACTIVATION, INVITATION, find_token, make_token, token_key

FORGET = "forget-pending"
FORGET_AFTER = datetime.timedelta(days=7)  # counted from the end of the last link
INVITATION_LASTS = datetime.timedelta(days=14)


class LoginTaken(ValueError):
    """Somebody else signs in with this login name."""


class ActivationFailed(Exception):
    """The link does not activate an account: it was never given out, is too old, or its account is gone."""


@dataclasses.dataclass(frozen=True)
class Desk:
    """What registering needs of its surroundings. `address` makes the portal's address of a path, for letters."""

    site: Any
    office: Office
    settings: Any
    address: Any
    at: datetime.datetime


def register(desk: Desk, kind: str, values: Mapping[str, Any], back: str = "") -> Applicant:
    """Make a pending account of a checked registration form and leave its letter.

    `values` are those of `schemas.RegistrationSchema`; `back` is the own address to go on to when all is done.

    :raises LoginTaken: choose another login.
    """
    password_hash = hash_password(values["account"]["password"])  # first, so that it costs the same in every case
    login = logins.folded(values["account"]["login"])
    if login in desk.office.logins or logins.staff_by(desk.site, login) is not None:
        raise LoginTaken(login)
    applicant = filled_in(Applicant(random_id(), kind), values)
    applicant.login, applicant.password_hash = login, password_hash
    applicant.created_at = desk.at
    applicant.consents = (consent_given(desk.site, desk.at),)
    desk.office.applicants[applicant.id] = applicant
    logins.claim(desk.office, applicant.userid, [login])
    send_letter(desk, applicant, back)
    return applicant


def filled_in(applicant: Applicant, values: Mapping[str, Any]) -> Applicant:
    """The account with what a checked form says of the person, the firm and how to reach them."""
    person, firm, contact = values["person"], values.get("firm", {}), values["contact"]
    applicant.first_name, applicant.last_name = person["first_name"], person["last_name"]
    if person["identity"] == "pesel":
        numbers: dict[str, Any] = {"pesel": person["pesel"]}
        applicant.birth_date = birth_date_of(person["pesel"])
    else:
        document = dict(person["document"])
        applicant.birth_date = document.pop("birth_date")
        numbers = {"document": document}
    applicant.org_name = firm.get("org_name", "")
    applicant.numbers = numbers | {name: firm.get(name, "") for name in ("nip", "regon", "krs")}
    applicant.residence = dict(values["residence"])
    letters = dict(values["letters"])
    applicant.correspondence = letters["address"] if letters["where"] == "other" else None
    applicant.email, applicant.phone = contact["email"], contact["phone"]
    return applicant


def send_letter(desk: Desk, applicant: Applicant, back: str = "") -> None:
    """Leave the letter that follows a registration: with a link for a new person, with a word for one who has an account.

    A mailbox that has had its number of letters today gets none; nobody is told.
    """
    if applicant.invited:
        send_invitation(desk, applicant.userid, applicant.email, applicant.login, "invitation")
        return
    holder = holder_email(desk, applicant)
    if holder:
        if _may_write_to(desk, holder):
            params = {"link": desk.address("logowanie"), "reset": desk.address("haslo")}
            post(desk.office, "account-exists", holder, params)
        _forget_later(desk, applicant, None, desk.at)
        return
    hold_softly(desk, applicant)
    if not _may_write_to(desk, applicant.email):
        _forget_later(desk, applicant, None, desk.at)
        return
    expires = desk.at + datetime.timedelta(hours=desk.settings.activation_hours)
    token = make_token(desk.office, ACTIVATION, applicant.userid, expires, back)
    link = desk.address("aktywacja", token)
    params = {"login": applicant.login, "link": link, "hours": desk.settings.activation_hours}
    post(desk.office, "activation", applicant.email, params)
    _forget_later(desk, applicant, token, expires)


def send_invitation(desk: Desk, userid: Any, email: str, login: str, letter: str) -> None:
    """Leave the letter with a new link that sets the first password of an account that the office has made."""
    token = make_token(desk.office, INVITATION, userid, desk.at + INVITATION_LASTS, sent_to=email)
    params = {"login": login, "link": desk.address("zaproszenie", token), "days": INVITATION_LASTS.days}
    post(desk.office, letter, email, params)


def _may_write_to(desk: Desk, address: str) -> bool:
    """Whether a mailbox may get one more letter today, so that nobody can be flooded through the portal."""
    return Throttles(desk.office, desk.settings.secret, desk.at.timestamp()).spend(MAILBOX, address)


def own_names(desk: Desk, applicant: Applicant) -> list[str]:
    """What only one active account may have beside its login. One person may act for several firms, each with its account."""
    names = [applicant.email]
    if applicant.kind == PERSON and applicant.pesel:
        names.append(logins.pesel_key(desk.settings.secret, applicant.pesel))
    return names


def holder_email(desk: Desk, applicant: Applicant) -> str:
    """The address of whoever has an active account with this address or PESEL; empty: nobody has."""
    for name in own_names(desk, applicant):
        holder = logins.applicant_by(desk.office, name)
        if holder is not None and holder is not applicant and holder.state == ACTIVE:
            return holder.email
    employee = logins.staff_by(desk.site, applicant.email)
    return employee.email if employee is not None else ""


def hold_softly(desk: Desk, applicant: Applicant) -> None:
    """Let the newest pending account be found by its address; whoever activates first has it for good."""
    for name in own_names(desk, applicant):
        desk.office.logins[logins.folded(name)] = applicant.userid


def send_again(desk: Desk, name: str, back: str = "") -> None:
    """Leave the letter again for the pending account with this login or address; for any other nothing happens."""
    applicant = logins.applicant_by(desk.office, name)
    if applicant is None or applicant.state != PENDING:
        return
    if not applicant.invited or _may_write_to(
        desk, applicant.email
    ):  # other letters are counted where they are written
        send_letter(desk, applicant, back)


def way_back(desk: Desk, text: str) -> str:
    """The own address that a letter's link leads on to, also if it is late; empty: none."""
    token = find_token(desk.office, ACTIVATION, text)
    return token.back if token is not None else ""


def activate(desk: Desk, text: str) -> tuple[Applicant, bool]:
    """Activate the account that a letter's token is for. Returns it, and whether it was this call that did it.

    A mail scanner may have opened the link before the person did, so an account that is active already is no failure.

    :raises ActivationFailed: unknown or late token, or somebody else has the address by now.
    """
    token = find_token(desk.office, ACTIVATION, text)
    applicant = applicant_of(desk.office, token.userid) if token is not None else None
    if token is None or applicant is None or desk.at > token.expires:
        raise ActivationFailed
    if applicant.state == ACTIVE:
        return applicant, False
    if applicant.state != PENDING or holder_email(desk, applicant):
        raise ActivationFailed
    hold_softly(desk, applicant)
    applicant.state, applicant.activated_at = ACTIVE, desk.at
    token.used_at = desk.at
    return applicant, True


def _forget_later(desk: Desk, applicant: Applicant, token: str | None, expires: datetime.datetime) -> None:
    applicant.pending_until = expires + FORGET_AFTER
    payload = {"applicant": applicant.id, "token": token_key(token) if token else ""}
    tasks.put(desk.office, FORGET, payload).not_before = applicant.pending_until


def forget(context: tasks.TaskContext, payload: Mapping[str, Any]) -> None:
    """Task handler: delete a token that nobody needs any more, and its account where that was never activated."""
    office = context.office
    office.tokens.pop(payload["token"], None)
    applicant = office.applicants.get(payload["applicant"])
    if applicant is None or applicant.state != PENDING or now() < applicant.pending_until:
        return  # in the last case the letter was asked for again, and its own task comes later
    drop_pending(office, applicant, context.registry.boi_settings.secret)


def drop_pending(office: Office, applicant: Applicant, secret: str) -> None:
    """Delete an account that was never active, with the names that it held."""
    names = [applicant.login, applicant.email]
    if applicant.pesel:
        names.append(logins.pesel_key(secret, applicant.pesel))
    logins.release(office, applicant.userid, names)
    del office.applicants[applicant.id]
