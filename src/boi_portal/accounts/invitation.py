"""Accounts that the office makes: the person gets a letter whose link sets the password, and with that the account is active.

An applicant comes from the records system, an employee from an administrator. Unlike at registration, whoever invites is trusted and
is told that an account exists.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from substanced.util import get_oid

from ..office import tasks
from ..office.store import random_id
from ..publishing.content import now
from . import logins, passwords, registration
from .registration import Desk, LoginTaken
from .resources import ACTIVE, PENDING, Applicant, applicant_of
from .signin import set_password
from .tokens import INVITATION, Token, address_mark, find_token

FORGET = "forget-invited"
FORGET_AFTER = datetime.timedelta(days=90)  # counted from the end of the link; the office may invite again until then


class AccountExists(ValueError):
    """Somebody has an account with this e-mail address or PESEL; `userid` is whose."""

    def __init__(self, userid: str) -> None:
        super().__init__("exists")
        self.userid = userid


class InvitationFailed(Exception):
    """The link opens nothing: never given out, used, too old, or its account is gone or somebody else's by now."""


def invite_applicant(desk: Desk, kind: str, values: Mapping[str, Any], login: str) -> Applicant:
    """Make an account that waits for its person, and leave the letter.

    `values` are those of `schemas.RegistrationSchema` without login, password and consent.

    :raises AccountExists: an active account, or one invited before, has this address or PESEL.
    :raises LoginTaken: choose another login.
    """
    applicant = registration.filled_in(Applicant(random_id(), kind), values)
    for name in registration.own_names(desk, applicant):
        holder = logins.applicant_by(desk.office, name)
        if holder is not None and (holder.state == ACTIVE or holder.invited):
            raise AccountExists(holder.userid)
    if (employee := logins.staff_by(desk.site, applicant.email)) is not None:
        raise AccountExists(str(get_oid(employee)))
    applicant.login = logins.folded(login)
    if applicant.login in desk.office.logins or logins.staff_by(desk.site, applicant.login) is not None:
        raise LoginTaken(applicant.login)
    applicant.invited, applicant.created_at = True, desk.at
    desk.office.applicants[applicant.id] = applicant
    logins.claim(desk.office, applicant.userid, [applicant.login])
    registration.hold_softly(desk, applicant)
    registration.send_letter(desk, applicant)
    applicant.pending_until = desk.at + registration.INVITATION_LASTS + FORGET_AFTER
    tasks.put(desk.office, FORGET, {"applicant": applicant.id}).not_before = applicant.pending_until
    return applicant


def free_login(desk: Desk, values: Mapping[str, Any]) -> str:
    """A login made of the e-mail address's first part, which is nobody's yet."""
    local = values["contact"]["email"].partition("@")[0]
    stem = "".join(sign for sign in logins.folded(local) if sign.isascii() and (sign.isalnum() or sign in "._-"))
    stem = stem.strip("._-")[:30] or "interesant"
    stem = stem if len(stem) > 2 else f"{stem}-konto"
    for number in range(1, 1000):
        login = stem if number == 1 else f"{stem}{number}"
        if login not in desk.office.logins and logins.staff_by(desk.site, login) is None:
            return login
    return f"{stem}-{random_id()[:8]}"


def invited_by(desk: Desk, text: str) -> Any:
    """The applicant or employee whom a letter's link is for.

    :raises InvitationFailed: it opens nothing.
    """
    account = _account(desk, _good_token(desk, text))
    if account is None:
        raise InvitationFailed
    return account


def accept(desk: Desk, text: str, password: str) -> Any:
    """Set the password that the person has chosen; the account is active from now on. Returns it.

    :raises InvitationFailed: it opens nothing.
    """
    token = _good_token(desk, text)
    account = _account(desk, token)
    if account is None:
        raise InvitationFailed
    if isinstance(account, Applicant):
        if registration.holder_email(desk, account):
            raise InvitationFailed
        registration.hold_softly(desk, account)
        account.state, account.activated_at = ACTIVE, desk.at
    set_password(account, password)
    token.used_at = desk.at
    return account


def _good_token(desk: Desk, text: str) -> Token:
    token = find_token(desk.office, INVITATION, text)
    if token is None or token.used_at is not None or desk.at > token.expires:
        raise InvitationFailed
    return token


def _account(desk: Desk, token: Token) -> Any:
    """The account, if it still waits for its person, and has the address still that the letter went to."""
    account = _waiting(desk, token.userid)
    wrong = account is None or token.sent_to != address_mark(account.email or "")
    return None if wrong else account


def _waiting(desk: Desk, userid: Any) -> Any:
    if isinstance(userid, int):
        employee = desk.site.__objectmap__.object_for(userid)
        return employee if employee is not None and employee.enabled and not employee.password else None
    applicant = applicant_of(desk.office, userid)
    return applicant if applicant is not None and applicant.invited and applicant.state == PENDING else None


def problem_with(account: Any, password: str) -> str | None:
    """Why this cannot be the account's password, in Polish; None: it can."""
    return passwords.problem_with(password, account.own_data())


def forget(context: tasks.TaskContext, payload: Mapping[str, Any]) -> None:
    """Task handler: delete an account that nobody has taken up."""
    applicant = context.office.applicants.get(payload["applicant"])
    if applicant is None or applicant.state != PENDING or now() < applicant.pending_until:
        return
    registration.drop_pending(context.office, applicant, context.registry.boi_settings.secret)
