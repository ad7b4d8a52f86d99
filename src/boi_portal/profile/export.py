"""A copy of one's own data: asked for, made by the worker, kept for a week, fetched by its owner alone.

Owns the record and its rules; what stands in the copy is `export_contents`' business. An account has one copy at most, and it lies under
the account's own user id: there is no address at which somebody could look for another's.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from persistent import Persistent
from ZODB.blob import Blob

from ..accounts.notices import address_maker
from ..accounts.resources import Applicant, applicant_of
from ..accounts.throttling import Limit, Throttles
from ..mail.letters import post
from ..office import tasks
from ..office.store import Office
from ..publishing.content import now
from ..web.polish import datetime_text
from . import export_contents

MAKE, FORGET = "make-export", "forget-export"
KEPT_DAYS = 7
PER_DAY = Limit("exports", 3)  # copies of one account in a day
GIVEN_UP_AFTER = datetime.timedelta(hours=24)  # a copy that is not ready by then may be asked for again
ZIP = "application/zip"


class ExportRefused(ValueError):
    """It cannot be asked for now; the message is for the person, in Polish."""


class Export(Persistent):
    """A copy. While it is being made it has no `blob`. `size` in bytes."""

    blob: Blob | None = None
    size = 0
    ready_at: datetime.datetime | None = None
    expires: datetime.datetime | None = None
    media_type = ZIP

    def __init__(self, at: datetime.datetime) -> None:
        self.asked_at = at
        self.name = f"moje-dane-{at.date().isoformat()}.zip"

    def is_ready(self, at: datetime.datetime) -> bool:
        """Whether it can be fetched."""
        return self.blob is not None and self.expires is not None and at < self.expires

    def is_waiting(self, at: datetime.datetime) -> bool:
        """Whether the worker is still to make it."""
        return self.blob is None and at < self.asked_at + GIVEN_UP_AFTER


def export_of(office: Office, userid: str) -> Export | None:
    """The copy of an account, made or being made, or None."""
    found: Export | None = office.exports.get(userid)
    return found


def ask(office: Office, applicant: Applicant, throttles: Throttles, base: str, at: datetime.datetime) -> Export:
    """Leave it to the worker to make a copy in place of the one before. `base` is the portal's address for the letter.

    :raises ExportRefused: one is being made, or there were enough today.
    """
    before = export_of(office, applicant.userid)
    if before is not None and before.is_waiting(at):
        raise ExportRefused("Kopia danych jest już przygotowywana. Poczekaj na list.")
    if not throttles.spend(PER_DAY, applicant.userid):
        raise ExportRefused(f"Dziś można przygotować najwyżej {PER_DAY.free} kopie danych. Spróbuj jutro.")
    made = office.exports[applicant.userid] = Export(at)
    tasks.put(office, MAKE, {"userid": applicant.userid, "asked_at": at.isoformat(), "base": base})
    return made


def make(context: tasks.TaskContext, payload: Mapping[str, Any]) -> None:
    """Task handler: make the copy and tell its owner. One that was made, replaced or given up is left alone."""
    office, applicant = context.office, applicant_of(context.office, payload["userid"])
    export = export_of(office, payload["userid"])
    if applicant is None or not applicant.active or export is None or export.blob is not None:
        return
    if export.asked_at.isoformat() != payload["asked_at"]:
        return
    blob = Blob()
    with blob.open("w") as target:
        export_contents.write(target, context, applicant)
        export.size = target.tell()
    at = now()
    export.blob, export.ready_at, export.expires = blob, at, at + datetime.timedelta(days=KEPT_DAYS)
    forgetting = {"userid": applicant.userid, "asked_at": payload["asked_at"]}
    tasks.put(office, FORGET, forgetting).not_before = export.expires
    link = address_maker(payload["base"])("konto", "moje-dane")
    params = {"login": applicant.login, "until": datetime_text(export.expires), "link": link}
    post(office, "export-ready", applicant.email, params)


def forget(context: tasks.TaskContext, payload: Mapping[str, Any]) -> None:
    """Task handler: delete a copy whose time is over, unless another one has taken its place."""
    export = export_of(context.office, payload["userid"])
    if export is None or export.asked_at.isoformat() != payload["asked_at"]:
        return
    if export.expires is not None and now() >= export.expires:
        del context.office.exports[payload["userid"]]


def includeme(config: Any) -> None:
    config.add_task_handler(MAKE, make)
    config.add_task_handler(FORGET, forget)
