"""Drafts: a form that a person is filling in, as it is stored, and what follows from it.

A draft keeps what was typed, word for word, and nothing that could be derived from it: values, errors and what is
asked are read
anew by `eforms.answers` each time, with the definition of the form's version that the draft was made with. A draft is
an object
of its own, each file is one, and each file's data is a blob: two requests that write different drafts never meet.
"""

from __future__ import annotations

import copy
import dataclasses
import datetime
import functools
import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from persistent import Persistent
from ZODB.blob import Blob

from ..eforms.answers import Path, Review, review
from ..eforms.definition import Definition, Page
from ..eforms.fields import Field
from ..eforms.fields.composite import Address
from ..eforms.forms import accepted_extensions
from ..eforms.prefill import ApplicantData, prefilled
from ..eforms.resources import with_pages
from ..office.store import random_id
from ..publishing.content import now
from ..web.polish import file_size, today
from ..web.uploads import FROM_CITIZENS, UploadRefused, clean_name, media_type_of

MAX_DRAFTS = 50  # of one applicant
MAX_FILES = 60  # of one draft
CHUNK = 1 << 16  # bytes


class DraftError(ValueError):
    """It cannot be done; the message is for the applicant, in Polish."""


class StoredFile(Persistent):
    """A file of a draft. Never changed after it is made."""

    def __init__(self, name: str, media_type: str, data: bytes, at: datetime.datetime) -> None:
        self.name = name
        self.media_type = media_type
        self.size = len(data)  # bytes
        self.sha256 = hashlib.sha256(data).hexdigest()
        self.at = at
        self.blob = Blob()
        with self.blob.open("w") as target:
            target.write(data)


class Draft(Persistent):
    """A form being filled in. `typed` and `files` are replaced as a whole and never changed in place."""

    consented = False  # to the form's own consent, where it has one
    title = ""  # of the form, for lists that do not read the version
    prepared: Any = None  # the document as it was made for signing; see `preparing`
    filed_as = ""  # the case number, once it was filed
    filled_by: tuple[str, ...] = ()  # user ids of who filled it in, each once; who did it last stands last

    def __init__(self, owner: str, form_uid: str, version: Any, at: datetime.datetime) -> None:
        self.id = random_id()
        self.owner = owner  # user id
        self.form_uid = form_uid
        self.form_version: int = version.number
        self.form_sha256: str = version.sha256
        self.title = version.fields.get("title", "")
        self.typed: Mapping[str, Mapping[str, Any]] = {}  # page id -> field id -> what was typed
        self.done: tuple[str, ...] = ()  # ids of pages that were gone through
        self.files: Mapping[str, StoredFile] = {}  # file id -> file
        self.created_at = at
        self.updated_at = at


@dataclasses.dataclass(frozen=True)
class Problem:
    """What stops a draft from being filed, and on which page it is mended (empty: on the last, the check page)."""

    text: str
    page_id: str = ""
    path: Path = ()


@dataclasses.dataclass(frozen=True)
class Entry:
    """An answer as documents have it. `display` are (label, text) lines; a group has `entries`, a repeat `rows`."""

    id: str
    type: str
    label: str
    value: Any
    display: tuple[tuple[str, str], ...] = ()
    entries: tuple[Entry, ...] = ()
    rows: tuple[tuple[Entry, ...], ...] = ()
    row_label: str = ""


@dataclasses.dataclass(frozen=True)
class FilledPage:
    """A page that was asked, with what was asked on it."""

    id: str
    title: str
    entries: tuple[Entry, ...]


@dataclasses.dataclass(frozen=True)
class Attachment:
    """A file that goes with the form. `field_id` is the field that asked for it."""

    id: str
    field_id: str
    label: str
    name: str
    media_type: str
    size: int  # bytes
    sha256: str


@dataclasses.dataclass(frozen=True)
class FilledForm:
    """A filled form as the document is made of it. What a condition hides is not in it."""

    uid: str
    symbol: str
    title: str
    version: int
    sha256: str
    addressee: str
    department: str
    jrwa: str
    consent: str  # rich text that was agreed to; empty: the form has none of its own
    pages: tuple[FilledPage, ...]
    attachments: tuple[Attachment, ...]


# making and dropping


def start(office: Any, applicant: Any, form_uid: str, version: Any, data: ApplicantData | None = None) -> Draft:
    """Make a draft of a form's version for `applicant`, with `data` filled in; by default what the account knows.

    :raises DraftError: there are too many drafts.
    """
    if len(applicant.drafts) >= MAX_DRAFTS:
        raise DraftError(f"Masz już {MAX_DRAFTS} rozpoczętych formularzy. Usuń te, których nie potrzebujesz.")
    draft = Draft(applicant.userid, form_uid, version, now())
    draft.typed = prefilled(definition_of_version(version), data or applicant.data())
    office.drafts[draft.id] = draft
    applicant.drafts.add(draft.id)
    return draft


def remove(office: Any, applicant: Any, draft: Draft) -> None:
    """Forget a draft and its files."""
    office.drafts.pop(draft.id, None)
    if draft.id in applicant.drafts:
        applicant.drafts.remove(draft.id)


def drafts_of(office: Any, applicant: Any) -> list[Draft]:
    """The applicant's drafts, the last changed first."""
    found = (office.drafts.get(draft_id) for draft_id in applicant.drafts)
    return sorted((draft for draft in found if draft is not None), key=lambda draft: draft.updated_at, reverse=True)


def carry_over(office: Any, applicant: Any, draft: Draft, version: Any, data: ApplicantData | None = None) -> Draft:
    """A fresh draft of a newer version, with what was typed where page and field are still there. The old draft stays.

    :raises DraftError: there are too many drafts.
    """
    fresh = start(office, applicant, draft.form_uid, version, data)
    fresh.filled_by = draft.filled_by
    definition = definition_of_version(version)
    old = {name: raw for page in draft.typed.values() for name, raw in page.items()}
    typed: dict[str, dict[str, Any]] = {}
    for page in definition.pages:
        found = dict(fresh.typed.get(page.id, {}))
        found.update(
            (field.id, copy.deepcopy(old[field.id])) for field in page.walk() if _fits(field, old.get(field.id))
        )
        if found:
            typed[page.id] = found
    fresh.typed = typed
    fresh.files = dict(draft.files)
    _drop_unused_files(fresh)
    return fresh


def _fits(field: Field, raw: Any) -> bool:
    """Whether what was typed has the shape that this field's control sends; its type may have changed."""
    if raw is None or not field.kind.answers:
        return False
    if isinstance(field.kind, Address):
        return isinstance(raw, Mapping)
    if field.kind.rows:
        return isinstance(raw, list) and all(isinstance(row, Mapping) for row in raw)
    if field.kind.files or field.type == "choices":
        return isinstance(raw, list) and all(isinstance(item, str) for item in raw)
    return isinstance(raw, str)


# reading


@functools.lru_cache(maxsize=64)
def _parsed(sha256: str, text: str) -> Definition:
    return Definition.from_fields(with_pages(json.loads(text)))


def definition_of_version(version: Any) -> Definition:
    """The definition in a version; versions never change, so what was read once is kept."""
    return _parsed(version.sha256, version.text)


def version_of(draft: Draft, site: Any) -> Any:
    """The form's version that the draft was made with.

    :raises boi_portal.publishing.versions.VersionNotFound: it is gone, which must not happen.
    """
    return site.versions.get(draft.form_uid, draft.form_version)


def definition_of(draft: Draft, site: Any) -> Definition:
    """The definition that the draft is filled in with, whatever editors did since."""
    return definition_of_version(version_of(draft, site))


def newer_version(draft: Draft, site: Any) -> Any:
    """The newest version of the form where it is newer than the draft's, or None."""
    newest = next(iter(site.versions.all(draft.form_uid)), None)
    return newest if newest is not None and newest.number > draft.form_version else None


def form_of(draft: Draft, site: Any) -> Any:
    """The form itself as it is today, or None where it was deleted."""
    forms = site.get("formularze")
    return next((form for form in forms.values() if form.uid == draft.form_uid), None) if forms is not None else None


def review_draft(draft: Draft, definition: Definition) -> Review:
    """Values, errors and what is asked, as of today."""
    return review(definition, draft.typed, today())


def draft_complete(draft: Draft, definition: Definition) -> list[Problem]:
    """What still stops the draft from being filed; empty: nothing."""
    found = []
    for page in review_draft(draft, definition).pages:
        if page.errors:
            found += [Problem(text, page.page.id, path) for path, text in page.errors.items()]
        elif page.page.id not in draft.done:
            found.append(Problem(f"Przejdź przez stronę „{page.page.title}”.", page.page.id))
        found += [
            Problem(f"Pliku w polu „{field.label}” już nie ma. Dołącz go jeszcze raz.", page.page.id, (field.id,))
            for field, stored_id in _file_ids(page.page, page.values)
            if stored_id not in draft.files
        ]
    if definition.consent and not draft.consented:
        found.append(Problem("Zaznacz zgodę, która jest potrzebna przy tym formularzu."))
    return found


def collect(draft: Draft, site: Any) -> FilledForm:
    """The filled form, for the document that is signed. Ask `draft_complete` first."""
    definition = definition_of(draft, site)
    found = review_draft(draft, definition)
    return FilledForm(
        uid=draft.form_uid,
        symbol=definition.symbol,
        title=definition.title,
        version=draft.form_version,
        sha256=draft.form_sha256,
        addressee=definition.addressee,
        department=definition.department,
        jrwa=definition.jrwa,
        consent=definition.consent,
        pages=tuple(filled_page(draft, found, page.page) for page in found.pages),
        attachments=tuple(_attachments(draft, found)),
    )


def filled_page(draft: Draft, found: Review, page: Page) -> FilledPage:
    """The answers of one page, in reading order."""
    read = found.page(page.id)
    return FilledPage(page.id, page.title, tuple(_entries(draft, page.fields, read.values, read.active, ())))


def _entries(
    draft: Draft, fields: tuple[Field, ...], values: Mapping[str, Any], active: frozenset[Path], path: Path
) -> Iterator[Entry]:
    for field in fields:
        here = (*path, field.id)
        if here not in active or field.type == "textblock":
            continue
        value = values.get(field.id)
        if field.kind.transparent:
            inner = tuple(_entries(draft, field.fields, values, active, path))
            if inner:
                yield Entry(field.id, field.type, field.label, None, entries=inner)
        elif field.kind.rows:
            yield _repeat_entry(draft, field, value or [], active, here)
        else:
            yield Entry(field.id, field.type, field.label, value, _display(draft, field, value))


def _repeat_entry(
    draft: Draft, field: Field, rows: list[Mapping[str, Any]], active: frozenset[Path], path: Path
) -> Entry:
    # blank rows were left out of the values, so a row's place is looked up among the active paths
    places = sorted({one[len(path)] for one in active if len(one) > len(path) and one[: len(path)] == path})
    return Entry(
        field.id,
        field.type,
        field.label,
        rows,
        rows=tuple(
            tuple(_entries(draft, field.fields, row, active, (*path, place)))
            for place, row in zip(places, rows, strict=True)
        ),
        row_label=field.options["item_label"],
    )


def _display(draft: Draft, field: Field, value: Any) -> tuple[tuple[str, str], ...]:
    if field.kind.files:
        stored = (draft.files.get(file_id) for file_id in value or ())
        return tuple(("", f"{one.name} ({file_size(one.size)})") for one in stored if one is not None)
    return tuple(field.kind.display(field, value))


def _file_ids(page: Page, values: Mapping[str, Any]) -> Iterator[tuple[Field, str]]:
    yield from _file_ids_in(page.fields, values)


def _file_ids_in(fields: tuple[Field, ...], values: Mapping[str, Any]) -> Iterator[tuple[Field, str]]:
    for field in fields:
        if field.kind.transparent:
            yield from _file_ids_in(field.fields, values)
        elif field.kind.rows:
            for row in values.get(field.id) or ():
                yield from _file_ids_in(field.fields, row)
        elif field.kind.files:
            for file_id in values.get(field.id) or ():
                yield field, file_id


def _attachments(draft: Draft, found: Review) -> Iterator[Attachment]:
    for page in found.pages:
        for field, file_id in _file_ids(page.page, page.values):
            stored = draft.files.get(file_id)
            if stored is not None:
                yield Attachment(
                    file_id, field.id, field.label, stored.name, stored.media_type, stored.size, stored.sha256
                )


# writing


def save_page(draft: Draft, page_id: str, typed: Mapping[str, Any]) -> None:
    """Keep what was typed on a page; fields that the page did not show keep what they have."""
    merged = {**draft.typed.get(page_id, {}), **typed}
    if merged != draft.typed.get(page_id):
        draft.typed = {**draft.typed, page_id: merged}
        draft.consented = False  # one agrees to what one sees
        draft.updated_at = now()
    _drop_unused_files(draft)


def mark_done(draft: Draft, page_id: str) -> None:
    """Note that a page was gone through without errors."""
    if page_id not in draft.done:
        draft.done = (*draft.done, page_id)


def filled_in_by(draft: Draft, userid: str) -> None:
    """Note who filled it in last."""
    if draft.filled_by[-1:] != (userid,):
        draft.filled_by = (*(one for one in draft.filled_by if one != userid), userid)


def consent(draft: Draft, given: bool) -> None:
    """Note whether the form's own consent was given."""
    if draft.consented is not given:
        draft.consented = given
        draft.updated_at = now()


class Intake:
    """Takes the files that one request posts: stores the good ones, and notes what is wrong with the others.

    Its `take` is what `eforms.forms.PageForm.posted` asks for. Sizes are in bytes.
    """

    def __init__(self, draft: Draft, file_max: int, form_max: int, dropped: str = "") -> None:
        self.draft = draft
        self.file_max = file_max
        self.form_max = form_max
        self.dropped = dropped
        self.errors: dict[Path, str] = {}
        self.taken = 0

    def take(self, field: Field, kept: list[str], posted: list[Any], path: Path) -> list[str]:
        """Ids of the field's files: those kept, without the one to drop, and the new ones."""
        ids = [file_id for file_id in dict.fromkeys(kept) if file_id in self.draft.files and file_id != self.dropped]
        for upload in posted:
            if not upload.filename:
                continue
            try:
                ids.append(self._store(field, upload, len(ids)))
            except UploadRefused as refusal:
                self.errors[path] = str(refusal)
        return ids

    def _store(self, field: Field, upload: Any, already: int) -> str:
        name = clean_name(upload.filename)
        if already >= field.options["max_files"] or len(self.draft.files) >= MAX_FILES:
            raise UploadRefused(f"Plik „{name}” się nie zmieścił: usuń najpierw któryś z dołączonych plików.")
        limit = min(self.file_max, field.options["max_mb"] * 1_000_000)
        data = read_at_most(upload.file, limit)
        if data is None:
            raise UploadRefused(f"Plik „{name}” jest za duży. Dołącz plik do {file_size(limit)}.")
        if sum(stored.size for stored in self.draft.files.values()) + len(data) > self.form_max:
            raise UploadRefused(f"Wszystkie pliki formularza mogą mieć razem {file_size(self.form_max)}. Usuń któryś.")
        media_type = media_type_of(name, data, frozenset(accepted_extensions(field)) & FROM_CITIZENS)
        file_id = random_id()
        self.draft.files = {**self.draft.files, file_id: StoredFile(name, media_type, data, now())}
        return file_id


def read_at_most(source: BinaryIO, limit: int) -> bytes | None:
    """All bytes of `source`, or None where there are more than `limit`."""
    source.seek(0)
    data = source.read(limit + 1)
    return data if len(data) <= limit else None


def _drop_unused_files(draft: Draft) -> None:
    used = set(_mentioned(draft.typed))
    if not used.issuperset(draft.files):
        draft.files = {file_id: stored for file_id, stored in draft.files.items() if file_id in used}


def _mentioned(typed: Any) -> Iterator[str]:
    """Every text in what was typed; ids of files are among them."""
    if isinstance(typed, str):
        yield typed
    elif isinstance(typed, Mapping):
        for item in typed.values():
            yield from _mentioned(item)
    elif isinstance(typed, list | tuple):
        for item in typed:
            yield from _mentioned(item)
