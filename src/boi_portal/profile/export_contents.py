"""What stands in the copy of one's own data: a ZIP with JSON files, the documents themselves, and words that explain both.

Only reads. Every value is written as soon as it was read, and files are copied piece by piece, so that the largest account needs no more
memory than one case. Employees are named by what they are (roles and department) and not by who they are: the person has a right to know
what was done with the data and by which part of the office, and the office answers for its people. Network addresses are told of the
person's own acts, and of tries to sign in, never of other people's.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import re
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from ..accounts import consents
from ..accounts.credentials import credentials_of
from ..accounts.notifications import KINDS as NOTIFICATIONS
from ..accounts.notifications import wants
from ..accounts.resources import KINDS, Applicant, applicant_of
from ..accounts.sheets import departments
from ..cases.records import Case
from ..cases.trail import WORDS
from ..office import auditing
from ..office.auditing import Query
from ..office.tasks import TaskContext
from ..permissions import ROLES
from ..publishing.content import now
from ..publishing.versions import VersionNotFound
from ..representation.records import Representation, given_by, held_by
from ..submissions import drafts
from ..submissions.drafts import Draft
from ..submissions.records import Submission
from ..web.polish import in_zone
from ..web.security import APPLICANT_PREFIX
from . import number_changes
from .export_letters import letters_to
from .export_words import readme

AT_ONCE = 500  # events read at a time
CHUNK = 1 << 16  # bytes
OFFICE, NOBODY, OTHER, AGENT, SELF = (
    "pracownik urzędu", "portal albo osoba niezalogowana", "inna osoba", "osoba działająca w Twoim imieniu", "Ty",
)  # fmt: skip
_EMPLOYEE = re.compile(r"-?[0-9]{1,19}\Z")


def write(target: BinaryIO, context: TaskContext, applicant: Applicant) -> None:
    """Write the whole copy of an account to an open file."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        _Writer(packed, context, applicant).write()


class _Writer:
    """Writes one copy."""

    def __init__(self, packed: zipfile.ZipFile, context: TaskContext, applicant: Applicant) -> None:
        self.packed = packed
        self.context = context
        self.office = context.office
        self.site = context.site
        self.applicant = applicant
        self.ids = (applicant.userid, *applicant.merged)
        self.agents = {one.agent for one in given_by(self.office, applicant.userid) if one.agent}

    def write(self) -> None:
        """Every part, one after another."""
        self.put_bytes("CZYTAJ-TO.txt", readme(now()).encode())
        self.put("konto.json", self.account())
        self.put("zgody.json", self.consents())
        self.put("logowanie.json", self.sign_in())
        self.put("listy.json", [self.letter(one) for one in letters_to(self.office, self.applicant.userid)])
        self.put_representations()
        self.put_number_changes()
        for draft in drafts.drafts_of(self.office, self.applicant):
            self.put_draft(draft)
        numbers = [number for number in self.applicant.cases if number in self.office.cases]
        for number in numbers:
            self.put_case(self.office.cases[number], self.office.submissions.get(number))
            self.rest()
        self.put_events(numbers)

    # files

    def put(self, name: str, value: Any) -> None:
        """A JSON file."""
        self.put_bytes(name, (json.dumps(value, ensure_ascii=False, indent=2, default=_plain) + "\n").encode())

    def put_bytes(self, name: str, data: bytes) -> None:
        """A file of these bytes."""
        with self.packed.open(self.entry(name), "w") as target:
            target.write(data)

    def put_stored(self, name: str, stored: Any) -> None:
        """A file whose data is a blob."""
        with stored.blob.open("r") as source, self.packed.open(self.entry(name), "w", force_zip64=True) as target:
            shutil.copyfileobj(source, target, CHUNK)

    def entry(self, name: str) -> zipfile.ZipInfo:
        """The entry of a new file."""
        made = zipfile.ZipInfo(name, in_zone(now()).timetuple()[:6])
        made.compress_type = zipfile.ZIP_DEFLATED
        return made

    def rest(self) -> None:
        """Let go of what was read; it can be read again."""
        self.applicant._p_jar.cacheGC()

    # the account

    def account(self) -> dict[str, Any]:
        """Everything that the account says of its owner."""
        one = self.applicant
        return {
            "id": one.id,
            "kind": one.kind,
            "kind_title": KINDS[one.kind],
            "login": one.login,
            "email": one.email,
            "phone": one.phone,
            "first_name": one.first_name,
            "last_name": one.last_name,
            "org_name": one.org_name,
            "birth_date": one.birth_date,
            "numbers": one.numbers,
            "residence": _dict_or_none(one.residence),
            "correspondence": _dict_or_none(one.correspondence),
            "verified_by": dict(one.verified),
            "notifications": {name: wants(one, name) for name in NOTIFICATIONS},
            "email_change": self.email_change(),
            "records_system_id": one.external_id,
            "made_by_office": one.invited,
            "merged_accounts": [userid.removeprefix(APPLICANT_PREFIX) for userid in one.merged],
            "created_at": one.created_at,
            "activated_at": one.activated_at,
            "idle_warned_at": one.idle_warned_at,
        }

    def email_change(self) -> dict[str, Any] | None:
        """A change of the address that waits or can still be undone."""
        change = self.applicant.email_change
        if change is None:
            return None
        return {"new": change.email, "former": change.former, "until": change.expires, "confirmed": change.confirmed}

    def consents(self) -> list[dict[str, Any]]:
        """What was agreed to, with the text as it was."""
        return [
            {"title": one.title, "version": one.version, "at": one.at, "text_html": str(one.text)}
            for one in consents.consents_of(self.site, self.applicant)
        ]

    def sign_in(self) -> dict[str, Any]:
        """With what, from where and by which eID one signs in; no secrets."""
        known = credentials_of(self.office, self.applicant.userid)
        factors = known.factors if known is not None else None
        application = factors.application if factors is not None else None
        return {
            "has_password": bool(self.applicant.password_hash),
            "code_application": None
            if application is None
            else {"added_at": application.added_at, "used_at": application.used_at},
            "passkeys": [
                {"name": one.name, "added_at": one.added_at, "used_at": one.used_at}
                for one in (factors.passkeys if factors is not None else ())
            ],
            "recovery_codes_left": factors.codes_left if factors is not None else 0,
            "devices": [
                {"browser": one.browser, "first_seen": one.first_seen, "last_seen": one.last_seen}
                for one in (known.devices.all() if known is not None else ())
            ],
            "sessions": [
                {"begun": note.begun, "browser": note.browser, "address": note.address}
                for _, note in (known.sessions.items() if known is not None else ())
                if note.key in self.office.sessions
            ],
            "identities": list(self.identities()),
        }

    def identities(self) -> Iterator[dict[str, Any]]:
        """The eIDs that the account is linked with."""
        for provider, key in self.applicant.identities.items():
            identity = self.office.identities.get(key)
            yield {"provider": provider, "linked_at": identity.linked_at if identity is not None else None}

    def letter(self, one: Any) -> dict[str, Any]:
        """A letter that was sent."""
        return {"kind": one.kind, "title": one.title, "at": one.at, "to": one.to}

    # who acts for whom

    def put_representations(self) -> None:
        """Representations given and held, with the documents of those that were given."""
        given = given_by(self.office, self.applicant.userid)
        held = held_by(self.office, self.applicant.userid)
        for one in given:
            if one.document is not None:
                self.put_stored(self.mandate_path(one), one.document)
        self.put(
            "reprezentacje.json",
            {
                "given": [self.representation(one, one.agent) for one in given],
                "held": [self.representation(one, one.principal) for one in held],
            },
        )

    def representation(self, one: Representation, other: str) -> dict[str, Any]:
        """A representation as its one side knows it; `other` is the user id of the other side."""
        person, is_given = applicant_of(self.office, other), one.principal == self.applicant.userid
        return {
            "kind": one.kind,
            "other_side": person.display_name if person is not None else "",
            "invited": one.invited if is_given else "",
            "allows": one.level_name,
            "scope": dataclasses.asdict(one.scope) if one.scope is not None else None,
            "valid_from": one.valid_from,
            "valid_until": one.valid_until,
            "state": str(one.state),
            "offered_at": one.offered_at,
            "answered_at": one.answered_at,
            "ended_at": one.ended_at,
            "document": self.mandate_path(one) if is_given and one.document is not None else "",
        }

    def mandate_path(self, one: Representation) -> str:
        """Where the document of a mandate lies in the copy."""
        return f"pelnomocnictwa/{one.id}/{_safe(one.document.name)}" if one.document is not None else ""

    def put_number_changes(self) -> None:
        """What the office was asked to change."""
        found = []
        for one in number_changes.changes_of(self.office, self.applicant):
            path = f"zmiany-numerow/{one.id}/{_safe(one.document.name)}" if one.document is not None else ""
            if one.document is not None:
                self.put_stored(path, one.document)
            told = {"which": one.which, "number": one.number, "note": one.note, "asked_at": one.asked_at}
            decided = {"state": one.state, "decided_at": one.decided_at, "reason": one.reason, "document": path}
            found.append({**told, **decided})
        self.put("zmiany-numerow.json", found)

    # drafts and cases

    def put_draft(self, draft: Draft) -> None:
        """A form that is being filled in."""
        folder = f"robocze/{draft.id}"
        files = _file_rows(f"{folder}/pliki", draft.files)
        for row, stored in zip(files, draft.files.values(), strict=True):
            self.put_stored(row["path"], stored)
        self.put(
            f"{folder}/formularz.json",
            {
                "title": draft.title,
                "version": draft.form_version,
                "created_at": draft.created_at,
                "updated_at": draft.updated_at,
                "filled_by": [self.who(userid) for userid in draft.filled_by],
                "consented": draft.consented,
                "answers": self.answers(draft),
                "files": files,
            },
        )

    def answers(self, draft: Draft) -> list[dict[str, Any]]:
        """What was typed, word for word, with the questions where the form's version is still there."""
        questions = self.questions(draft)
        return [
            {"page": page, "field": name, "question": questions.get(name, ""), "answer": answer}
            for page, typed in draft.typed.items()
            for name, answer in typed.items()
        ]

    def questions(self, draft: Draft) -> dict[str, str]:
        """Labels by the ids of fields."""
        try:
            definition = drafts.definition_of(draft, self.site)
        except VersionNotFound:
            return {}
        return {field.id: field.label for page in definition.pages for field in page.walk()}

    def put_case(self, case: Case, submission: Submission | None) -> None:
        """A case with all its stages, and what was filed."""
        folder = f"sprawy/{case.number}"
        told: dict[str, Any] = {
            "number": case.number,
            "rpw_number": case.rpw_number,
            "case_sign": case.case_sign,
            "title": case.title,
            "department": case.department_title,
            "jrwa": case.jrwa,
            "filed_at": case.filed_at,
            "deadline": case.deadline,
            "stages": [self.stage(event) for event in case.events],
        }
        if submission is not None:
            told["submission"] = self.put_submission(folder, submission)
        self.put(f"{folder}/sprawa.json", told)

    def stage(self, event: Any) -> dict[str, Any]:
        """A stage of a case."""
        told = {"stage": event.stage, "at": event.at, "by": self.who(event.by) if event.by else "", "note": event.note}
        return {**told, "outcome": event.outcome, "reply_by": event.reply_by}

    def put_submission(self, folder: str, one: Submission) -> dict[str, Any]:
        """The documents of a case; returns what there is to say of them."""
        self.put_bytes(f"{folder}/pismo.xml", one.document.data)
        self.put_stored(f"{folder}/pismo-podpisane.xml", one.signed)
        self.put_bytes(f"{folder}/upp.xml", one.receipt.data)
        attachments = _file_rows(f"{folder}/zalaczniki", one.attachments)
        for row, stored in zip(attachments, one.attachments.values(), strict=True):
            self.put_stored(row["path"], stored)
        signature = dataclasses.asdict(one.signature)
        self.put_bytes(f"{folder}/certyfikat.der", signature.pop("certificate"))
        return {
            "form": dataclasses.asdict(one.form),
            "filed_at": one.filed_at,
            "signature": signature,
            "acted": self.put_acted(folder, one),
            "attachments": attachments,
        }

    def put_acted(self, folder: str, one: Submission) -> dict[str, Any] | None:
        """Who has filed in the owner's name."""
        acted = one.acted
        if acted is None:
            return None
        path = f"{folder}/pelnomocnictwo/{_safe(acted.document.name)}" if acted.document is not None else ""
        if acted.document is not None:
            self.put_stored(path, acted.document)
        told = {"name": acted.name, "by_mandate": acted.by_mandate, "document": path}
        return {**told, "valid_from": acted.valid_from, "valid_until": acted.valid_until}

    # who looked at it, and when

    def put_events(self, numbers: list[str]) -> None:
        """Every event about the account and its cases, and what its owner has done, one after another."""
        with self.packed.open(self.entry("zdarzenia.json"), "w", force_zip64=True) as target:
            before = b"["
            for line in self.events(numbers):
                text = json.dumps(self.event(line), ensure_ascii=False, default=_plain)
                target.write(before + b"\n  " + text.encode())
                before = b","
            target.write(b"[]\n" if before == b"[" else b"\n]\n")

    def events(self, numbers: list[str]) -> Iterator[Any]:
        """Lines of the trail and events that wait for it."""
        wanted = {*self.ids, *numbers}
        for id_ in (*self.ids, *numbers):
            yield from self.lines(Query(about=id_))
        for id_ in self.ids:
            yield from (line for line in self.lines(Query(who=id_)) if line.about not in wanted)
        for event in self.office.events.values():
            if event.about in wanted or event.who in self.ids:
                yield event

    def lines(self, query: Query) -> Iterator[Any]:
        """Linked events that a query is about, the newest first."""
        before = 0
        while found := auditing.find(self.office, query, AT_ONCE, before):
            yield from found
            before = found[-1].number
            self.rest()
            if before <= 1:
                return

    def event(self, line: Any) -> dict[str, Any]:
        """An event as the person may read it."""
        own = line.who in self.ids
        told = {"at": line.at, "what": line.what, "title": WORDS.get(line.what, line.what), "who": self.who(line.who)}
        if own or (not line.who and line.about in self.ids):
            told |= {"address": line.address, "agent": line.agent}
        is_ours = line.about in self.ids or line.about in self.applicant.cases
        return {**told, "about": self.about(line.about) if is_ours else OTHER if line.about else "", "how": line.how}

    def about(self, id_: str) -> str:
        """What an event was about: the account, or a case by its number."""
        return "konto" if id_ in self.ids else id_

    def who(self, userid: Any) -> str:
        """Who did something: employees by what they are, other people not by name."""
        text = str(userid)
        if not text:
            return NOBODY
        if text in self.ids:
            return SELF
        if text in self.agents:
            return AGENT
        return self.employee(int(text)) if _EMPLOYEE.match(text) else OTHER

    def employee(self, oid: int) -> str:
        """An employee's roles and department, as they are today."""
        found = self.site.__objectmap__.object_for(oid)
        if found is None or not hasattr(found, "roles"):
            return OFFICE
        department = departments(self.site).get(found.department, "")
        roles = ", ".join(ROLES[name].lower() for name in found.roles)
        return f"{OFFICE}: " + ", ".join(filter(None, (roles, department))) if roles or department else OFFICE


def _file_rows(folder: str, files: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What there is to say of files, and where each lies in the copy."""
    return [
        {"path": f"{folder}/{place:02}-{_safe(one.name)}", "name": one.name, "size": one.size, "sha256": one.sha256}
        for place, one in enumerate(files.values(), 1)
    ]


def _safe(name: str) -> str:
    """A file's name that leads nowhere else when it is unpacked."""
    return re.sub(r'[\x00-\x1f\x7f/\\:*?"<>|]', "_", name).strip(" .") or "plik"


def _dict_or_none(value: Mapping[str, str] | None) -> dict[str, str] | None:
    return dict(value) if value is not None else None


def _plain(value: Any) -> Any:
    """What JSON has no word for."""
    if isinstance(value, datetime.datetime | datetime.date):
        return value.isoformat()
    if isinstance(value, tuple | set | frozenset):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no form in the copy")
