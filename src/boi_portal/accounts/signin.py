"""Signing in: whose login and password these are, and how often one may try.

Owns the rule that neither words nor time tell whether an account exists: every try costs one check of a password, and every refusal
but one says the same. The exception is an account that waits for activation, and it is told only to whoever knows its password.
"""

from __future__ import annotations

import dataclasses
import enum
import time
from typing import Any

from pyramid.security import remember
from substanced.util import get_oid

from ..office.audit import Origin, record
from ..office.store import Office
from . import logins, notices, passwords
from .arrivals import note_session
from .resources import PENDING, Applicant
from .throttling import ACCOUNT, ADDRESS, Throttles, network_of


class Refusal(enum.Enum):
    """Why nobody was signed in."""

    WRONG = "wrong"
    PENDING = "pending"
    TOO_MANY = "too many"


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What came of a try: the user id, or why there is none; `wait` in seconds."""

    userid: Any = None
    refusal: Refusal | None = None
    wait: float = 0.0


def sign_in(site: Any, office: Office, throttles: Throttles, name: str, password: str, origin: Origin) -> Outcome:
    """Check a login (or e-mail address) and password, and write down a failure; whoever may come in does so by `entry.enter`."""
    network = network_of(origin.address)
    wait = max(throttles.wait(ACCOUNT, name), throttles.wait(ADDRESS, network))
    if wait > 0:
        return Outcome(refusal=Refusal.TOO_MANY, wait=wait)
    account = account_by(site, office, name)
    if not _is_right(account, password):
        throttles.failed(ACCOUNT, name)
        throttles.failed(ADDRESS, network)
        record(office, "sign-in-failed", "", userid_of(account), origin)
        return Outcome(refusal=Refusal.WRONG)
    if isinstance(account, Applicant) and account.state == PENDING:
        return Outcome(refusal=Refusal.PENDING)
    throttles.succeeded(ACCOUNT, name)
    return Outcome(userid=userid_of(account))


def account_by(site: Any, office: Office, name: str) -> Any:
    """The account with this login or address: an applicant, an employee who may sign in, or None."""
    applicant, employee = logins.applicant_by(office, name), logins.staff_by(site, name)
    if applicant is not None:
        return applicant
    return employee if employee is not None and employee.enabled else None


def _is_right(account: Any, password: str) -> bool:
    if account is None:
        return passwords.check_nothing()
    stored = stored_hash(account)
    if not passwords.check_password(stored, password):
        return False
    if passwords.needs_rehash(stored):
        set_password(account, password)
    return True


def userid_of(account: Any) -> Any:
    """The user id of an applicant or an employee; empty for nobody."""
    if account is None:
        return ""
    return account.userid if isinstance(account, Applicant) else get_oid(account)


def stored_hash(account: Any) -> str:
    """The password hash of an applicant or an employee."""
    return (account.password_hash if isinstance(account, Applicant) else account.password) or ""


def set_password(account: Any, password: str) -> None:
    """Give an applicant or an employee a new password; whoever calls has judged it."""
    if isinstance(account, Applicant):
        account.password_hash = passwords.hash_password(password)
    else:
        account.set_password(password)


def change_password(request: Any, userid: Any, account: Any, password: str) -> None:
    """Give an account a new password, tell its owner by letter and end its sessions; the one that asks goes on."""
    set_password(account, password)
    end_sessions(request, userid, account)
    notices.password_changed(request.office, account, notices.address_maker(notices.base_of(request)))


def end_sessions(request: Any, userid: Any, account: Any) -> None:
    """End all sessions of an account; the one that asks goes on under a new id if it is the account's own."""
    own = request.authenticated_userid == userid  # asked first: in a moment this session is over, too
    account.sessions_since = time.time()
    if own:
        remember(request, userid)
        note_session(request, userid)
