"""The document of a draft that is about to be signed: made at a moment, kept until an answer changes.

Owns when a prepared document holds. Whoever signs it signs these very bytes, so they are kept and never made again while what they
say is still true.
"""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

from persistent import Persistent

from ..accounts.resources import PERSON
from . import document, drafts
from .drafts import Draft, FilledForm, Problem


class Prepared(Persistent):
    """A document made for signing. Never changed."""

    def __init__(self, data: bytes, fingerprint: str, at: datetime.datetime) -> None:
        self.data = data
        self.fingerprint = fingerprint
        self.at = at


class Incomplete(ValueError):
    """Something is still missing in the draft; `problems` say what."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = problems


@dataclasses.dataclass(frozen=True)
class Filling:
    """A complete draft with the answers collected, for the applicant whose it is."""

    draft: Draft
    filled: FilledForm
    sender: document.Sender
    agent: document.Agent | None = None  # who acts for the applicant

    @property
    def fingerprint(self) -> str:
        """Changes when an answer, a file, the account's data or who acts for it change."""
        return document.fingerprint(self.filled, self.draft.id, self.sender, self.agent)

    @property
    def prepared(self) -> Prepared | None:
        """The document for signing, if one was made and still says what the draft says."""
        held: Prepared | None = self.draft.prepared
        return held if held is not None and held.fingerprint == self.fingerprint else None


def filling_of(draft: Draft, applicant: Any, site: Any, acting: Any = None) -> Filling:
    """A draft's answers; `acting` (`representation.acting.Acting`) tells who acts for the applicant.

    :raises Incomplete: something is missing or wrong.
    """
    problems = drafts.draft_complete(draft, drafts.definition_of(draft, site))
    if problems:
        raise Incomplete(problems)
    sender, agent = document.Sender.of(applicant), document.Agent.of(acting)
    if agent is not None and applicant.kind != PERSON:
        sender = sender.without_numbers()
    return Filling(draft, drafts.collect(draft, site), sender, agent)


def prepare(filling: Filling, site: Any, at: datetime.datetime) -> Prepared:
    """The document for signing: the one that was made before while it holds, else a new one in its place."""
    held = filling.prepared
    if held is not None:
        return held
    addressee = addressee_of(filling.filled, site)
    data = document.make(filling.filled, filling.draft.id, filling.sender, addressee, at, filling.agent)
    filling.draft.prepared = made = Prepared(data, filling.fingerprint, at)
    return made


def addressee_of(filled: FilledForm, site: Any) -> document.Addressee:
    """To whom the form goes."""
    office = site.value("office", "") or site.title
    name = filled.addressee or site.value("authority", "") or office
    return document.Addressee(name, office, site.value("nip", ""))
