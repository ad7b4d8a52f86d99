"""Proving a second time: the way from a right password into a session, and checks of codes that are slowed down as passwords are.

Between the password and the second factor nobody is signed in. The session holds only who has given a right password and when; that is
over after ten minutes, with a new password, and with the sign-in.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther

from ..office.audit import Origin, record
from ..publishing.content import now
from ..web.assurance import Assurance
from ..web.errors import safe_path
from ..web.security import USER_KEY
from . import compulsory, notices, passkeys, passwords
from .credentials import credentials_of, own_credentials
from .entry import PENDING_KEY, account_of, enter
from .factors import Factors, Passkey
from .passkeys import PasskeyRefused
from .signin import stored_hash
from .throttling import ACCOUNT, ADDRESS, FIRST_WAIT, Limit, network_of, throttles_of

PENDING_FOR = 10 * 60.0  # seconds
FACTOR = Limit("factor", 5)

APPLICATION = "totp"
RECOVERY = "recovery"
PASSWORD = "password"  # noqa: S105 - the name of a way
PASSKEY = "passkey"

SECOND_FACTOR = ("logowanie", "drugi-skladnik")
SET_UP = ("logowanie", "ustaw-drugi-skladnik")


@dataclasses.dataclass(frozen=True)
class Pending:
    """Somebody who has given a right password, or proved himself by `how`. `setting_up`: he must set up a second factor now."""

    userid: Any
    account: Any
    back: str
    setting_up: bool
    how: str = PASSWORD


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What came of a try; `wait` in seconds, where there were too many."""

    right: bool = False
    wait: float = 0.0


# the way in


def proceed(request: Any, userid: Any, back: str, how: str = PASSWORD) -> HTTPSeeOther:
    """Where to after a right password: in, or to the second factor, or to setting one up. `back` is an own address.

    `how` names another way that is worth a password.
    """
    factors = factors_of(request, userid)
    if factors:
        _wait_for(request, userid, back, how, setting_up=False)
        return HTTPSeeOther(request.layout.path(*SECOND_FACTOR))
    compulsory.note_sign_in(request, userid)
    if compulsory.is_overdue(request, userid):
        _wait_for(request, userid, back, how, setting_up=True)
        return HTTPSeeOther(request.layout.path(*SET_UP))
    enter(request, userid, Assurance.PASSWORD, how)
    return HTTPSeeOther(back)


def _wait_for(request: Any, userid: Any, back: str, how: str, *, setting_up: bool) -> None:
    """The session gets a new id here already: who had planted the old one would be spared the password.

    Whoever was signed in in it is so no more: a new id would give a session that was ended by its account's owner a second life.
    """
    if USER_KEY in request.session:
        request.session.invalidate()
    request.session.renew()
    waiting = {"userid": userid, "at": time.time(), "back": back, "setting_up": setting_up, "how": how}
    request.session[PENDING_KEY] = waiting


def pending_of(request: Any) -> Pending | None:
    """Who has given a right password in this session and is not in yet; None where that is over."""
    waiting = request.session.get(PENDING_KEY)
    if waiting is None or time.time() - waiting["at"] > PENDING_FOR:
        return None
    account = account_of(request, waiting["userid"])
    if account is None or account.sessions_since > waiting["at"]:
        return None
    if waiting["setting_up"] and factors_of(request, waiting["userid"]):
        return None  # somebody has set one up meanwhile, and it is the one to be asked for
    back = safe_path(waiting["back"], request.layout.path())
    return Pending(waiting["userid"], account, back, waiting["setting_up"], waiting.get("how", PASSWORD))


# what an account has


def factors_of(request: Any, userid: Any) -> Factors | None:
    """The factors of an account, None where nothing was kept of it yet."""
    found = credentials_of(request.office, userid)
    return found.factors if found is not None else None


def own_factors(request: Any, userid: Any) -> Factors:
    """The factors of an account, made where there are none. Writes: not for a GET."""
    return own_credentials(request.office, userid).factors


# checks


def check_code(request: Any, userid: Any, account: Any, code: str) -> Verdict:
    """Try a code of the application; a right one is used up."""

    def matches() -> bool:
        factors = factors_of(request, userid)
        application = factors.application if factors is not None else None
        return application is not None and application.take(request.registry.boi_keyring, userid, code, now())

    return _tried(request, userid, account, APPLICATION, matches)


def check_recovery(request: Any, userid: Any, account: Any, code: str) -> Verdict:
    """Try a recovery code; a right one is used up, and the owner is told by letter."""

    def matches() -> bool:
        factors = factors_of(request, userid)
        recovery = factors.recovery if factors is not None else None
        return recovery is not None and recovery.take(userid, code)

    verdict = _tried(request, userid, account, RECOVERY, matches)
    if verdict.right:
        left = own_factors(request, userid).codes_left
        _tell(request, account, f"Użyto kodu zapasowego. Zostało kodów: {left}.")
    return verdict


def check_password(request: Any, userid: Any, account: Any, password: str) -> Verdict:
    """Try the password of somebody who is signed in; counted together with the page that changes it."""
    throttles, name = throttles_of(request), f"password {userid}"
    if wait := throttles.wait(ACCOUNT, name):
        return Verdict(wait=wait)
    if not passwords.check_password(stored_hash(account), password):
        throttles.failed(ACCOUNT, name)
        return Verdict()
    throttles.succeeded(ACCOUNT, name)
    return Verdict(right=True)


def _tried(request: Any, userid: Any, account: Any, how: str, matches: Callable[[], bool]) -> Verdict:
    """A try of a code, counted for the account and the network. Whoever gets so far knows the password, so its owner is told."""
    throttles, origin = throttles_of(request), Origin.of(request)
    network = network_of(origin.address)
    if wait := max(throttles.wait(FACTOR, str(userid)), throttles.wait(ADDRESS, network)):
        return Verdict(wait=wait)
    if matches():
        throttles.succeeded(FACTOR, str(userid))
        return Verdict(right=True)
    throttles.failed(FACTOR, str(userid))
    throttles.failed(ADDRESS, network)
    record(request.office, "second-factor-failed", "", userid, origin, how)
    if 0 < throttles.wait(FACTOR, str(userid)) <= FIRST_WAIT:  # the first wait of many: one letter is enough
        notices.factor_guessed(request.office, account, notices.address_maker(notices.base_of(request)))
    return Verdict()


def check_passkey(request: Any, purpose: str, userid: Any, answer: str) -> tuple[Any, Passkey | None]:
    """Whose passkey has answered, and which; (None, None) where the answer is refused, which is written down.

    With `SIGN_IN` the answer itself names its user; else it must be `userid`'s.
    """
    throttles, network = throttles_of(request), network_of(request.remote_addr or "")
    asked, owner = ("", None) if purpose == passkeys.SIGN_IN else (userid, userid)
    try:
        owner = passkeys.owner_of(answer) if owner is None else owner
        passkey = passkeys.prove(request, purpose, asked, _usable(request, owner), answer)
    except PasskeyRefused as refusal:
        # a signature cannot be guessed, so the owner need not wait; but nobody fills the database with failures
        if not throttles.wait(ADDRESS, network):
            throttles.failed(ADDRESS, network)
            note_refusal(request, owner, refusal)
        return None, None
    return owner, passkey


def note_refusal(request: Any, userid: Any, refusal: PasskeyRefused) -> None:
    """Write down that a passkey's answer was refused, and why."""
    record(request.office, "passkey-refused", "", userid, Origin.of(request), refusal.code)


def _usable(request: Any, userid: Any) -> Factors | None:
    """The factors of an account that may sign in."""
    if userid is None or account_of(request, userid) is None:
        return None
    return factors_of(request, userid)


def changed(request: Any, userid: Any, account: Any, what: str, words: str) -> None:
    """Write a change of the factors down and tell the owner by letter; `what` is the event's word, `words` a Polish sentence."""
    record(request.office, what, request.authenticated_userid or userid, userid, Origin.of(request))
    _tell(request, account, words)


def _tell(request: Any, account: Any, words: str) -> None:
    notices.factors_changed(request.office, account, words, notices.address_maker(notices.base_of(request)))
