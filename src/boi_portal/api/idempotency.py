"""The same call sent twice does its work once: what was answered is remembered under the caller's `Idempotency-Key`.

The answer is written in the transaction of the work itself, so either both exist or neither. Two calls with one key at the same
moment write the same record; one of them fails to commit, is run again and finds the answer.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Callable
from typing import Any

from persistent import Persistent

from ..office import tasks
from ..office.store import Office
from .problems import Problem
from .tokens import ApiToken

KEEP = datetime.timedelta(days=7)
FORGET = "forget-api-reply"
LONGEST_KEY = 100  # characters

Reply = tuple[int, dict[str, Any]]  # status, body


class ApiReply(Persistent):
    """What was answered to a call, and the digest of what was asked."""

    def __init__(self, asked: str, status: int, body: str, at: datetime.datetime) -> None:
        self.asked = asked
        self.status = status
        self.body = body
        self.at = at


def once(
    office: Office, token: ApiToken, key: str, asked: bytes, at: datetime.datetime, work: Callable[[], Reply]
) -> tuple[Reply, bool]:
    """Do `work` unless it was done for this key; returns the answer and whether it is an old one.

    :raises Problem: no usable key, or the key came with another request before.
    """
    if not 8 <= len(key) <= LONGEST_KEY or not (key.isascii() and key.isprintable()):
        detail = f"Idempotency-Key must have 8 to {LONGEST_KEY} printable ASCII characters, e.g. a UUID."
        raise Problem(400, detail, "idempotency-key")
    place = hashlib.sha256(f"{token.id}\n{key}".encode()).hexdigest()
    digest = hashlib.sha256(asked).hexdigest()
    known: ApiReply | None = office.api_replies.get(place)
    if known is not None:
        if known.asked != digest:
            raise Problem(422, "This Idempotency-Key was used for another request.", "idempotency-key-reused")
        return (known.status, json.loads(known.body)), True
    status, body = work()
    office.api_replies[place] = ApiReply(digest, status, json.dumps(body), at)
    tasks.put(office, FORGET, {"place": place}).not_before = at + KEEP
    return (status, body), False


def forget(context: tasks.TaskContext, payload: Any) -> None:
    """Task handler: forget an answer that nobody will ask for again."""
    context.office.api_replies.pop(payload["place"], None)


def includeme(config: Any) -> None:
    config.add_task_handler(FORGET, forget)
