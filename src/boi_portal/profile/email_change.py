"""Changing the e-mail address of an account: asked for by one who knows the password, confirmed from the new mailbox.

Owns the rules. The new address is nobody's until the link that went there is used. The old mailbox is told at once, and its link puts
a stop to the change, or undoes it, for a day; until then there is no other change, which would make that link worthless. A new password
and „Wyloguj wszędzie” put a stop to a change, too: whoever asked for it may be the one against whom they are meant. Whether somebody
else has the new address is told to nobody but its owner.
"""

from __future__ import annotations

import dataclasses
import datetime
import time
from collections.abc import Mapping
from typing import Any

from ..accounts import logins
from ..accounts.registration import Desk
from ..accounts.resources import ACTIVE, Applicant, applicant_of
from ..accounts.tokens import EMAIL_CANCEL, EMAIL_CONFIRM, find_token, make_token, token_key
from ..mail.letters import post
from ..office import tasks
from ..office.store import Office
from ..publishing.content import now
from ..web.polish import datetime_text

LASTS = datetime.timedelta(hours=24)
FORGET = "forget-email-change"


class EmailChangeFailed(Exception):
    """The link does nothing: never given out, used, too old, followed by another, or somebody else has the address by now."""


@dataclasses.dataclass(frozen=True)
class EmailChange:
    """A change as the account keeps it. `confirm` and `cancel` are keys of tokens."""

    email: str
    former: str
    confirm: str
    cancel: str
    expires: datetime.datetime
    confirmed: bool = False


def waiting(applicant: Applicant, at: datetime.datetime) -> EmailChange | None:
    """The change that waits for its confirmation, or None."""
    change = _running(applicant, at)
    return change if change is not None and not change.confirmed and not _is_cut_off(applicant, change) else None


def undoable(applicant: Applicant, at: datetime.datetime) -> EmailChange | None:
    """The confirmed change that the old mailbox can still undo, or None."""
    change = _running(applicant, at)
    return change if change is not None and change.confirmed else None


def _running(applicant: Applicant, at: datetime.datetime) -> EmailChange | None:
    change: EmailChange | None = applicant.email_change
    return change if change is not None and at <= change.expires else None


def _is_cut_off(applicant: Applicant, change: EmailChange) -> bool:
    """Whether the account's sessions were ended after the change was asked for."""
    return applicant.sessions_since > (change.expires - LASTS).timestamp()


def ask(desk: Desk, applicant: Applicant, email: str, *, letter_to_new: bool = True) -> None:
    """Leave the letters of a change; one that was asked for before is forgotten.

    `letter_to_new` False: the new mailbox had letters enough today.
    """
    drop(desk.office, applicant)
    expires = datetime.datetime.now(datetime.UTC) + LASTS  # to the microsecond: `_is_cut_off` asks what came before it
    confirm = make_token(desk.office, EMAIL_CONFIRM, applicant.userid, expires)
    cancel = make_token(desk.office, EMAIL_CANCEL, applicant.userid, expires)
    applicant.email_change = EmailChange(email, applicant.email, token_key(confirm), token_key(cancel), expires)
    until = datetime_text(expires)
    if letter_to_new and _is_free(desk, applicant, email):
        params = {"login": applicant.login, "link": desk.address("zmiana-e-mail", confirm), "until": until}
        post(desk.office, "email-confirm", email, params)
    elif letter_to_new:
        post(desk.office, "email-taken", email, {"link": desk.address("logowanie")})
    stop = {"login": applicant.login, "link": desk.address("zmiana-e-mail", cancel), "until": until}
    post(desk.office, "email-changing", applicant.email, stop)
    payload = {"applicant": applicant.id, "confirm": token_key(confirm), "cancel": token_key(cancel)}
    tasks.put(desk.office, FORGET, payload).not_before = expires


def _is_free(desk: Desk, applicant: Applicant, email: str) -> bool:
    """Whether the address can become the account's. One that only waits for its activation holds nothing."""
    holder = logins.applicant_by(desk.office, email)
    if holder is not None and holder is not applicant and holder.state == ACTIVE:
        return False
    return logins.staff_by(desk.site, email) is None


def drop(office: Office, applicant: Applicant) -> None:
    """Forget a change with its links, whatever became of it."""
    change: EmailChange | None = applicant.email_change
    if change is not None:
        office.tokens.pop(change.confirm, None)
        office.tokens.pop(change.cancel, None)
        applicant.email_change = None


def change_of(desk: Desk, text: str) -> tuple[Applicant, EmailChange, bool]:
    """What a letter's link is about: the account, the change, and whether the link is the one that stops it.

    :raises EmailChangeFailed: it does nothing any more.
    """
    token = find_token(desk.office, EMAIL_CONFIRM, text) or find_token(desk.office, EMAIL_CANCEL, text)
    applicant = applicant_of(desk.office, token.userid) if token is not None else None
    if token is None or applicant is None or applicant.email_change is None or not applicant.active:
        raise EmailChangeFailed
    change: EmailChange = applicant.email_change
    stops = token.purpose == EMAIL_CANCEL
    if desk.at > change.expires or token_key(text) != (change.cancel if stops else change.confirm):
        raise EmailChangeFailed
    if not stops and (change.confirmed or _is_cut_off(applicant, change)):
        raise EmailChangeFailed
    return applicant, change, stops


def confirm(desk: Desk, text: str) -> Applicant:
    """Make the new address the account's.

    :raises EmailChangeFailed: the link does not, or somebody else has the address by now.
    """
    applicant, change, stops = change_of(desk, text)
    if stops:
        raise EmailChangeFailed
    _take(desk, applicant, change.email, change.former)
    applicant.email_change = dataclasses.replace(change, confirmed=True)
    del desk.office.tokens[change.confirm]
    return applicant


def cancel(desk: Desk, text: str) -> Applicant:
    """Put a stop to a change, or undo it where it was confirmed already, and end all sessions of the account.

    Whoever had asked for it knew the password, so only a new one helps; the page says so.

    :raises EmailChangeFailed: the link does not, or somebody else has the old address by now.
    """
    applicant, change, stops = change_of(desk, text)
    if not stops:
        raise EmailChangeFailed
    if change.confirmed:
        _take(desk, applicant, change.former, change.email)
    drop(desk.office, applicant)
    applicant.sessions_since = time.time()
    return applicant


def _take(desk: Desk, applicant: Applicant, email: str, former: str) -> None:
    if not _is_free(desk, applicant, email):
        raise EmailChangeFailed
    if logins.folded(former) != logins.folded(email):
        logins.release(desk.office, applicant.userid, [former])
    desk.office.logins[logins.folded(email)] = applicant.userid
    applicant.email = email


def forget(context: tasks.TaskContext, payload: Mapping[str, Any]) -> None:
    """Task handler: delete the links of a change, and the change itself unless another one came after it."""
    office = context.office
    office.tokens.pop(payload["confirm"], None)
    office.tokens.pop(payload["cancel"], None)
    applicant = office.applicants.get(payload["applicant"])
    change = applicant.email_change if applicant is not None else None
    if change is not None and change.confirm == payload["confirm"] and now() >= change.expires:
        applicant.email_change = None


def includeme(config: Any) -> None:
    config.add_task_handler(FORGET, forget)
