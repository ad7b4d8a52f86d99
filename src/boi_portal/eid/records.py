"""What is remembered between asking a provider and being let in, and which account a proven person has.

A question waits under the hash of its RelayState. The answer waits under the hash of a ticket, with the person sealed, until the
browser that asked comes to fetch it: the provider's answer arrives from a foreign site, without the session's cookie. Each is taken out
as it is used.
"""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from typing import Any

from persistent import Persistent

from ..identity import LoA, PendingQuestion, Person, RemoteSession
from ..office import tasks
from ..office.store import Office
from ..office.vault import Keyring
from ..publishing.content import now

SIGN_IN, LINK, STEP_UP, LOGOUT = "sign-in", "link", "step-up", "logout"
QUESTION_LASTS = datetime.timedelta(hours=1)
ANSWER_LASTS = datetime.timedelta(minutes=30)
FORGET = "forget-eid-challenge"
FORGET_SEEN = "forget-eid-assertion"
FORGET_REMOTE = "forget-eid-session"
REMOTE_LASTS = datetime.timedelta(days=2)  # longer than any session of ours


class Challenge(Persistent):
    """A question to a provider, or the answer to one. `mark` is the asking session's own secret; `userid` who was signed in."""

    person: bytes = b""  # sealed; the answer

    def __init__(
        self, purpose: str, pending: Mapping[str, Any], back: str, mark: str, userid: Any, expires: datetime.datetime
    ) -> None:
        self.purpose = purpose
        self.pending = dict(pending)
        self.back = back
        self.mark = mark
        self.userid = userid
        self.expires = expires


class Seen(Persistent):
    """An assertion that was used."""

    def __init__(self, until: datetime.datetime) -> None:
        self.until = until


class Identity(Persistent):
    """A person as a provider knows him, and the accounts that he has linked; the first is entered where nothing else is chosen."""

    def __init__(self, provider: str, userid: str, at: datetime.datetime) -> None:
        self.provider = provider
        self.userids: tuple[str, ...] = (userid,)
        self.linked_at = at


class RemoteNote(Persistent):
    """Whose the session is that a provider calls by a NameID."""

    def __init__(self, userid: str, at: datetime.datetime) -> None:
        self.userid = userid
        self.at = at


# questions and answers


def keep_question(office: Office, relay_state: str, challenge: Challenge) -> None:
    """Keep a question until its answer comes."""
    _keep(office, relay_state, challenge)


def take_question(office: Office, relay_state: str, at: datetime.datetime) -> Challenge | None:
    """Take out the question that was sent with this RelayState; None: unknown, answered already, or too old."""
    challenge = office.challenges.pop(_key(relay_state), None)
    return challenge if challenge is not None and not challenge.person and at < challenge.expires else None


def keep_answer(office: Office, keyring: Keyring, asked: Challenge, person: Person, at: datetime.datetime) -> str:
    """Keep who has signed in at the provider. Returns the ticket by which the browser that asked fetches it."""
    ticket = secrets.token_urlsafe(32)
    answer = Challenge(asked.purpose, {}, asked.back, asked.mark, asked.userid, at + ANSWER_LASTS)
    answer.person = keyring.seal(_dumped(person), _key(ticket))
    _keep(office, ticket, answer)
    return ticket


def look_at_answer(
    office: Office, keyring: Keyring, ticket: str, at: datetime.datetime
) -> tuple[Challenge, Person] | None:
    """The answer of a ticket, left where it is; None: unknown, used, or too old."""
    answer = office.challenges.get(_key(ticket))
    if answer is None or not answer.person or at >= answer.expires:
        return None
    return answer, _loaded(keyring.open(answer.person, _key(ticket)))


def drop_answer(office: Office, ticket: str) -> None:
    """Use the ticket up."""
    office.challenges.pop(_key(ticket), None)


def _keep(office: Office, text: str, challenge: Challenge) -> None:
    office.challenges[_key(text)] = challenge
    tasks.put(office, FORGET, {"key": _key(text)}).not_before = challenge.expires


def _key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _dumped(person: Person) -> bytes:
    data = dataclasses.asdict(person)
    data["loa"] = int(person.loa)
    data["birth_date"] = person.birth_date.isoformat() if person.birth_date else ""
    data["not_on_or_after"] = person.not_on_or_after.isoformat()
    return json.dumps(data).encode()


def _loaded(data: bytes) -> Person:
    values = json.loads(data)
    born = values["birth_date"]
    return Person(
        **{
            **values,
            "loa": LoA(values["loa"]),
            "birth_date": datetime.date.fromisoformat(born) if born else None,
            "not_on_or_after": datetime.datetime.fromisoformat(values["not_on_or_after"]),
            "session": RemoteSession(**values["session"]),
        }
    )


def pending_of(challenge: Challenge) -> PendingQuestion:
    """The question as `identity` made it."""
    return PendingQuestion.from_dict(challenge.pending)


class SeenAssertions:
    """The memory of used assertions, in this transaction: `identity.Seen`."""

    def __init__(self, office: Office) -> None:
        self.office = office

    def first_time(self, id: str, until: datetime.datetime) -> bool:
        """Remember an id; False where it is remembered already."""
        key = _key(id)
        if key in self.office.assertions:
            return False
        self.office.assertions[key] = Seen(until)
        tasks.put(self.office, FORGET_SEEN, {"key": key}).not_before = until
        return True


# identities


def identity_key(secret: str, provider: str, person_id: str) -> str:
    """Where a person lies as a provider knows him: a keyed hash, so that the index tells nobody who has an account."""
    return _hashed(secret, f"eid {provider} {person_id}")


def name_key(secret: str, provider: str, name_id: str) -> str:
    """Where the owner of a provider's session lies."""
    return _hashed(secret, f"name {provider} {name_id}")


def _hashed(secret: str, text: str) -> str:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def note_remote_session(office: Office, key: str, userid: str, at: datetime.datetime) -> None:
    """Remember under a `name_key` whose the provider's session is, for the day when the provider ends it."""
    office.identities[key] = RemoteNote(userid, at)
    tasks.put(office, FORGET_REMOTE, {"key": key}).not_before = at + REMOTE_LASTS


def forget_remote(context: tasks.TaskContext, payload: Mapping[str, Any]) -> None:
    """Task handler: forget a provider's session that nobody here can have any more; one that was begun since stays."""
    note = context.office.identities.get(payload["key"])
    if isinstance(note, RemoteNote) and now() >= note.at + REMOTE_LASTS:
        del context.office.identities[payload["key"]]


def forget(context: tasks.TaskContext, payload: Mapping[str, Any]) -> None:
    """Task handler: forget a question or an answer whose time is over."""
    found = context.office.challenges.get(payload["key"])
    if found is not None and now() >= found.expires:
        del context.office.challenges[payload["key"]]


def forget_seen(context: tasks.TaskContext, payload: Mapping[str, Any]) -> None:
    """Task handler: forget an assertion that could not come again anyway."""
    context.office.assertions.pop(payload["key"], None)


def includeme(config: Any) -> None:
    config.add_task_handler(FORGET, forget)
    config.add_task_handler(FORGET_SEEN, forget_seen)
    config.add_task_handler(FORGET_REMOTE, forget_remote)
