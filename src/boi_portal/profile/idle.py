"""Accounts that nobody uses: warned by letter, and closed some time later.

Owns what idle means. The worker looks once a day, a few hundred accounts at a time. Nobody is closed without a letter before, with a
case that the office has not settled, or while somebody else acts for the account.
"""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Mapping
from itertools import islice
from typing import Any

from ..accounts.credentials import credentials_of
from ..accounts.notices import address_maker
from ..accounts.registration import Desk
from ..accounts.resources import Applicant
from ..mail.letters import post
from ..office import tasks
from ..office.audit import Origin, record
from ..office.store import Office
from ..publishing.content import now
from ..representation.records import given_by
from ..submissions import drafts
from ..web.polish import date_text, in_zone
from . import deletion

DAILY, LOOK = "idle-accounts", "idle-accounts-look"
AT_ONCE = 200  # accounts in one transaction
NOBODY = Origin("", "")


def last_used(office: Office, applicant: Applicant) -> datetime.datetime | None:
    """When somebody last signed in, changed a draft or filed a form; None for an account that was never active."""
    known = credentials_of(office, applicant.userid)
    moments = [device.last_seen for device in known.devices.all()] if known is not None else []
    moments += [draft.updated_at for draft in drafts.drafts_of(office, applicant)]
    moments += [office.cases[number].filed_at for number in applicant.cases if number in office.cases]
    moments += [moment for moment in (applicant.activated_at, applicant.created_at) if moment is not None]
    return max(moments, default=None)


def is_idle(office: Office, applicant: Applicant, since: datetime.datetime, today: datetime.date) -> bool:
    """Whether an active account was not used since then, has no open case, and nobody acts for it."""
    used = last_used(office, applicant) if applicant.active else None
    if used is None or used >= since:
        return False
    if any(one.holds(today) for one in given_by(office, applicant.userid)):
        return False
    return not any(office.cases[number].is_open for number in applicant.cases if number in office.cases)


def months_before(at: datetime.datetime, months: int) -> datetime.datetime:
    """The same day some months earlier, or the last one of that month."""
    place = at.year * 12 + at.month - 1 - months
    year, month = divmod(place, 12)
    return at.replace(year=year, month=month + 1, day=min(at.day, calendar.monthrange(year, month + 1)[1]))


def judge(desk: Desk, applicant: Applicant) -> None:
    """Warn the owner of an idle account, or close it when the warning is old enough."""
    since = months_before(desk.at, desk.settings.idle_warn_months)
    if not is_idle(desk.office, applicant, since, in_zone(desk.at).date()):
        if applicant.idle_warned_at is not None:
            applicant.idle_warned_at = None
        return
    if applicant.idle_warned_at is None:
        _warn(desk, applicant)
    elif desk.at >= applicant.idle_warned_at + datetime.timedelta(days=desk.settings.idle_close_days):
        deletion.close(desk, applicant, deletion.IDLE, NOBODY)


def _warn(desk: Desk, applicant: Applicant) -> None:
    if not applicant.email:
        return  # nobody would read the warning
    applicant.idle_warned_at = desk.at
    until = in_zone(desk.at).date() + datetime.timedelta(days=desk.settings.idle_close_days)
    params = {
        "login": applicant.login,
        "last": date_text(last_used(desk.office, applicant)),
        "until": date_text(until),
        "link": desk.address("logowanie"),
        "cases": len(applicant.cases),
    }
    post(desk.office, "account-idle", applicant.email, params)
    record(desk.office, "account-idle", "", applicant.userid, NOBODY)


def leave_looks(context: tasks.TaskContext, payload: Mapping[str, Any]) -> None:
    """Task handler, daily: share the accounts out among tasks."""
    waiting = iter(context.office.applicants)
    while ids := list(islice(waiting, AT_ONCE)):
        tasks.put(context.office, LOOK, {"ids": ids})


def look(context: tasks.TaskContext, payload: Mapping[str, Any]) -> None:
    """Task handler: judge some accounts. Doing it again changes nothing."""
    settings = context.registry.boi_settings
    desk = Desk(context.site, context.office, settings, address_maker(settings.public_url.rstrip("/")), now())
    for id_ in payload["ids"]:
        applicant = context.office.applicants.get(id_)
        if applicant is None:
            continue
        deletion.forget_evidence(applicant, desk.at)
        if settings.idle_warn_months:
            judge(desk, applicant)


def includeme(config: Any) -> None:
    config.add_task_handler(DAILY, leave_looks)
    config.add_task_handler(LOOK, look)
    config.add_daily(DAILY)
