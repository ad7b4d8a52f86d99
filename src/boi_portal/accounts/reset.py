"""A new password by mail, for applicants and employees.

Owns the rule that asking tells nobody anything: a request looks nobody up and leaves one task whoever it names, so neither words nor
time differ; only the worker sees whether there is such an account, and only the owner of its address reads the letter.

A link works once, for a short time, and only while the account is as it was when the letter was written: another e-mail address, a
changed password or „Wyloguj wszędzie” make it worthless. Second factors stay in force: a mailbox does not replace them.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Mapping
from typing import Any

from ..mail.letters import post
from ..office import tasks
from ..office.audit import Origin, record
from ..office.store import Office
from ..publishing.content import now
from ..web.polish import counted
from . import notices, registration
from .registration import Desk
from .resources import PENDING, Applicant, applicant_of
from .signin import account_by, set_password, userid_of
from .throttling import ACCOUNT, MAILBOX_RESETS, Throttles
from .tokens import RESET, Token, address_mark, find_token, make_token, token_key

ASKED = "password-reset"
FORGET = "forget-token"
HOURS = 2
LASTS = datetime.timedelta(hours=HOURS)


class ResetFailed(Exception):
    """The link sets no password: never given out, used, too old, or its account has changed since."""


def ask(office: Office, name: str, base: str, origin: Origin, back: str = "") -> None:
    """Leave it to the worker to write to whoever has this login or e-mail address.

    `base` is the portal's address for letters; `back` an own address to go on to after all.
    """
    payload = {"name": name, "base": base, "address": origin.address, "agent": origin.agent, "back": back}
    tasks.put(office, ASKED, payload)


def answer(context: tasks.TaskContext, payload: Mapping[str, Any]) -> None:
    """Task handler: leave the letter with a link; for an account that waits for activation, that of activation again."""
    account = account_by(context.site, context.office, payload["name"])
    if account is None:
        return
    origin = Origin(payload["address"], payload["agent"])
    record(context.office, "password-reset-asked", "", userid_of(account), origin)
    address = notices.address_maker(payload["base"])
    desk = Desk(context.site, context.office, context.registry.boi_settings, address, now())
    if isinstance(account, Applicant) and account.state == PENDING:
        registration.send_again(desk, payload["name"], payload["back"])
    else:
        send_link(desk, account, payload["back"])


def send_link(desk: Desk, account: Any, back: str = "") -> None:
    """Leave the letter with a link to a new password, if its mailbox has not had too many today."""
    throttles = Throttles(desk.office, desk.settings.secret, desk.at.timestamp())
    if not account.email or not throttles.spend(MAILBOX_RESETS, account.email):
        return
    expires = datetime.datetime.now(datetime.UTC) + LASTS  # to the microsecond: `follow` asks what came before it
    token = make_token(desk.office, RESET, userid_of(account), expires, back, account.email)
    tasks.put(desk.office, FORGET, {"token": token_key(token)}).not_before = expires
    params = {
        "login": notices.login_of(account),
        "link": desk.address("haslo", token),
        "hours": counted(HOURS, "godzinę", "godziny", "godzin"),
    }
    post(desk.office, "password-reset", account.email, params)


def follow(desk: Desk, text: str) -> tuple[Token, Any]:
    """The token of a letter's link, and the account whose password it may set.

    :raises ResetFailed: it sets none.
    """
    token = find_token(desk.office, RESET, text)
    if token is None or token.used_at is not None or desk.at > token.expires:
        raise ResetFailed
    account = _account_of(desk, token.userid)
    if account is None or token.sent_to != address_mark(account.email or ""):
        raise ResetFailed
    if account.sessions_since > (token.expires - LASTS).timestamp():
        raise ResetFailed
    return token, account


def way_back(desk: Desk, text: str) -> str:
    """The own address that a letter's link leads on to, also if it is late; empty: none."""
    token = find_token(desk.office, RESET, text)
    return token.back if token is not None else ""


def _account_of(desk: Desk, userid: Any) -> Any:
    """The account with this user id, if it may be used."""
    if isinstance(userid, int):
        employee = desk.site.__objectmap__.object_for(userid)
        return employee if employee is not None and employee.enabled else None
    applicant = applicant_of(desk.office, userid)
    return applicant if applicant is not None and applicant.active else None


def set_new(desk: Desk, text: str, password: str, origin: Origin) -> str:
    """Set the password that was judged, end all sessions, and lift the slow-down of the owner's own sign-in.

    Returns the own address to go on to, or nothing.

    :raises ResetFailed: the link sets none.
    """
    token, account = follow(desk, text)
    userid = userid_of(account)
    set_password(account, password)
    account.sessions_since = time.time()
    token.used_at = desk.at
    _lift(Throttles(desk.office, desk.settings.secret, desk.at.timestamp()), account, userid)
    notices.password_changed(desk.office, account, desk.address)
    record(desk.office, "password-reset", userid, userid, origin)
    return token.back


def _lift(throttles: Throttles, account: Any, userid: Any) -> None:
    """Whoever guessed has to guess another password now; the owner of the mailbox need not wait for him. Networks stay slow."""
    for name in (notices.login_of(account), account.email, f"password {userid}"):
        throttles.succeeded(ACCOUNT, name)


def forget(context: tasks.TaskContext, payload: Mapping[str, Any]) -> None:
    """Task handler: delete a token that is late."""
    context.office.tokens.pop(payload["token"], None)


def includeme(config: Any) -> None:
    config.add_task_handler(ASKED, answer)
    config.add_task_handler(FORGET, forget)
