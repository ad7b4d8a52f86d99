"""The base of every content object: fields as JSON-like data checked by a schema, and the state of its life.

Owns how fields are kept and named. It does not decide who may change them (`permissions`) nor when (`lifecycle`).
"""

from __future__ import annotations

import copy
import datetime
import json
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import colander
from persistent import Persistent
from substanced.folder import Folder
from zope.interface import implementer

from ..interfaces import IContent, IFolderish
from .richtext import plain_text

WORKFLOW_TYPE = "publishing"


class WorkingCopy(Persistent):
    """Fields of a published object that wait for publication; the live object does not show them."""

    def __init__(self, fields: Mapping[str, Any], by: str, at: datetime.datetime) -> None:
        self.fields = copy.deepcopy(dict(fields))
        self.by = by
        self.at = at


@implementer(IContent)
class Content(Persistent):
    """A content object. `fields` is replaced as a whole and never changed in place."""

    __name__: str
    __parent__: Any

    schema: ClassVar[type[colander.Schema]]
    type_name: ClassVar[str]  # the word in content files, e.g. `case-type`
    label: ClassVar[str]  # Polish, for editors: "Karta sprawy"
    versioned: ClassVar[bool] = False  # whether each publication makes a numbered version
    addable: ClassVar[tuple[str, ...]] = ()  # type names that may be added inside

    fields: Mapping[str, Any] = {}
    version: int = 0  # number of the published version; 0: never published
    working_copy: WorkingCopy | None = None
    created_at: datetime.datetime | None = None
    updated_at: datetime.datetime | None = None  # of what the world sees
    updated_by: str = ""
    published_at: datetime.datetime | None = None  # first publication
    deleted_from: str | None = None  # path it had before it went to the bin

    @classmethod
    def parse(cls, cstruct: Mapping[str, Any]) -> dict[str, Any]:
        """Check what came from a form or a file and give it the JSON-like form of `fields`.

        :raises colander.Invalid: something is wrong; one message a field.
        """
        appstruct = cls.schema().deserialize(cstruct)
        fields: dict[str, Any] = json.loads(json.dumps(appstruct, ensure_ascii=False))
        return fields

    def __init__(self, fields: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        self.uid = uuid.uuid4().hex
        self.fields = copy.deepcopy(dict(fields or {}))

    @property
    def state(self) -> str:
        """`draft`, `pending`, `published` or `withdrawn`."""
        return getattr(self, "__workflow_state__", {}).get(WORKFLOW_TYPE, "draft")

    @property
    def title(self) -> str:
        return self.fields.get("title") or ""

    @property
    def summary(self) -> str:
        return self.fields.get("summary") or ""

    def value(self, name: str, default: Any = None) -> Any:
        """A field's value, or `default` where it is missing or empty."""
        found = self.fields.get(name)
        return default if found is None else found

    def edited_fields(self) -> dict[str, Any]:
        """A copy of the fields as an editor sees them: the working copy where there is one."""
        source = self.working_copy.fields if self.working_copy is not None else self.fields
        return copy.deepcopy(dict(source))

    def connect_references(self) -> None:
        """Tell the object map what this object refers to; called after every change. Nothing by default."""

    def searchable(self) -> dict[str, str]:
        """Text to be found by, by weight: `title`, `keywords`, `symbol`, `summary`, `body` (plain text)."""
        return {
            "title": self.title,
            "summary": self.summary,
            "keywords": " ".join(self.fields.get("keywords") or ()),
            "symbol": self.fields.get("symbol") or "",
            "body": plain_text(" ".join(self.rich_texts())),
        }

    def rich_texts(self) -> Iterator[str]:
        """The object's rich texts (HTML), in reading order."""
        yield self.fields.get("body") or ""


@implementer(IFolderish)
class FolderContent(Content, Folder):
    """Content that holds content, in an order that editors set."""

    def __init__(self, fields: Mapping[str, Any] | None = None) -> None:
        Folder.__init__(self)
        self.uid = uuid.uuid4().hex
        self.fields = copy.deepcopy(dict(fields or {}))


def now() -> datetime.datetime:
    """The present, aware, in UTC, to the second."""
    return datetime.datetime.now(datetime.UTC).replace(microsecond=0)
