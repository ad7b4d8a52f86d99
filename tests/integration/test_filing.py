"""Filing as one transaction over the office database, on FileStorage: whole or not there, and many at once."""

from __future__ import annotations

import dataclasses
import datetime
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import transaction
from ZODB.POSException import ConflictError

import boi_portal
from boi_portal.cases import stages
from boi_portal.cases.handling import open_case
from boi_portal.cases.signs import SignError, proposed, take
from boi_portal.sandbox.authority import Authorities
from boi_portal.scripts.application import Portal, opened
from boi_portal.signing import SealKey
from boi_portal.submissions import filing, preparing
from boi_portal.submissions.filing import FilingMeans, FilingRefused
from boi_portal.worker.loop import Worker
from tests import citizens
from tests.citizens import JAN
from tests.core import FEATURES, raw_settings

WRITERS, EACH = 8, 8


class Town:
    """A portal on files, with the sandbox's certificates and a form."""

    def __init__(self, var: Path) -> None:
        self.var = var
        authorities = Authorities(var / "sandbox")
        features = (*FEATURES[:-3], "accounts", "submissions", "cases", *FEATURES[-3:])
        settings = raw_settings(
            var,
            **{
                "boi.trust_dirs": str(authorities.trust),
                "boi.seal_key": str(authorities.seal),
                "boi.seal_password": "piaskownica",
            },
        )
        self.app = boi_portal.configure(settings, features).make_wsgi_app()
        self.registry = self.app.registry
        with self.opened() as portal:
            forms = self.registry.content.create("Forms", {"title": "Formularze"})
            portal.site.add("formularze", forms, registry=self.registry)
            citizens.add_form(portal, self.registry)

    def opened(self, commit: bool = True) -> Any:
        return opened(self.app, commit)

    def means(self, portal: Any) -> FilingMeans:
        seal = self.registry.boi_seal.key
        return FilingMeans(portal.office, portal.site, self.registry.boi_trust, seal, open_case, "https://boi.example")

    def ready(self, portal: Any, applicant: Any) -> tuple[str, bytes]:
        """A complete draft's id and its signed document."""
        draft = citizens.complete_draft(portal, applicant, portal.site["formularze"][citizens.FORM_NAME])
        filling = preparing.filling_of(draft, applicant, portal.site)
        prepared = preparing.prepare(filling, portal.site, now())
        return draft.id, citizens.sign(self.var, prepared.data)


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC).replace(microsecond=0)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    made = Town(tmp_path_factory.mktemp("town"))
    yield made
    for database in made.registry._zodb_databases.values():
        database.close()


@pytest.fixture
def jan(town: Town) -> tuple[str, str, bytes]:
    """An applicant's id, with a draft of theirs and its signed document."""
    with town.opened() as portal:
        applicant = citizens.add_applicant(portal.office, JAN)
        return (applicant.id, *town.ready(portal, applicant))


def test_filing_writes_the_office_database_alone(town: Town, jan: tuple[str, str, bytes]) -> None:
    applicant_id, draft_id, signed = jan
    with town.opened(commit=False) as portal:
        office = portal.connection.get_connection("office")
        filing.file(
            town.means(portal), portal.office.drafts[draft_id], portal.office.applicants[applicant_id], signed, now()
        )
        assert not portal.connection._registered_objects
        assert not portal.connection._added
        assert office._registered_objects
        shared = (portal.office, portal.office.desk, portal.office.desk_keys, portal.office.sequences)
        assert not any(one in office._registered_objects for one in shared)


def test_filing_that_is_given_up_leaves_the_draft_and_nothing_else(town: Town, jan: tuple[str, str, bytes]) -> None:
    applicant_id, draft_id, signed = jan
    with town.opened(commit=False) as portal:
        before = len(portal.office.submissions), len(portal.office.cases), len(portal.office.tasks)
        filing.file(
            town.means(portal), portal.office.drafts[draft_id], portal.office.applicants[applicant_id], signed, now()
        )
    with town.opened(commit=False) as portal:
        office = portal.office
        assert draft_id in office.drafts and draft_id in office.applicants[applicant_id].drafts
        assert not office.applicants[applicant_id].cases
        assert (len(office.submissions), len(office.cases), len(office.tasks)) == before


def test_failure_after_the_checks_registers_no_object(town: Town, jan: tuple[str, str, bytes]) -> None:
    applicant_id, draft_id, signed = jan
    with town.opened(commit=False) as portal:
        office = portal.connection.get_connection("office")
        means = town.means(portal)
        late = means.seal.not_after + datetime.timedelta(days=1)
        draft, applicant = portal.office.drafts[draft_id], portal.office.applicants[applicant_id]
        with pytest.raises(FilingRefused):
            filing.file(means, draft, applicant, signed, late)
        with pytest.raises(FilingRefused):
            filing.file(means, draft, applicant, signed[:-40], now())
        assert not office._registered_objects


def test_document_for_another_account_is_refused(town: Town, jan: tuple[str, str, bytes]) -> None:
    _, draft_id, signed = jan
    with town.opened(commit=False) as portal:
        stranger = citizens.add_applicant(portal.office, citizens.ANNA)
        with pytest.raises(FilingRefused) as refused:
            filing.file(town.means(portal), portal.office.drafts[draft_id], stranger, signed, now())
        assert refused.value.code == "changed"


def test_filed_papers_can_be_read_back(town: Town, jan: tuple[str, str, bytes]) -> None:
    applicant_id, draft_id, signed = jan
    with town.opened() as portal:
        draft, applicant = portal.office.drafts[draft_id], portal.office.applicants[applicant_id]
        document = draft.prepared.data
        number = filing.file(town.means(portal), draft, applicant, signed, now()).number
    with town.opened(commit=False) as portal:
        submission, case = portal.office.submissions[number], portal.office.cases[number]
        with submission.signed.blob.open("r") as kept:
            assert kept.read() == signed
        with submission.attachments[citizens.FILE_ID].blob.open("r") as kept:
            assert kept.read() == citizens.PDF
        assert submission.document.data == document
        assert case.last.stage == stages.FILED and case.owner == submission.owner
        draft = portal.office.drafts[draft_id]
        assert filing.number_of(draft) == number and not draft.typed and not draft.files


@dataclasses.dataclass
class Tally:
    """What one writer did."""

    numbers: list[str] = dataclasses.field(default_factory=list)
    conflicts: int = 0
    errors: list[BaseException] = dataclasses.field(default_factory=list)


def test_eight_file_at_once_without_conflicts_and_nothing_is_lost(town: Town) -> None:
    with town.opened() as portal:
        people = [citizens.add_applicant(portal.office, JAN) for _ in range(WRITERS)]
        work = [(one.id, [town.ready(portal, one) for _ in range(EACH)]) for one in people]
    tallies = [Tally() for _ in work]
    gate = threading.Barrier(WRITERS)
    threads = [
        threading.Thread(target=_file_all, args=(town, *piece, tally, gate))
        for piece, tally in zip(work, tallies, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert [error for tally in tallies for error in tally.errors] == []
    numbers = [number for tally in tallies for number in tally.numbers]
    assert len(set(numbers)) == WRITERS * EACH
    assert sum(tally.conflicts for tally in tallies) <= WRITERS * EACH * 0.01
    with town.opened(commit=False) as portal:
        for (applicant_id, drafts), tally in zip(work, tallies, strict=True):
            applicant = portal.office.applicants[applicant_id]
            assert set(applicant.cases) == set(tally.numbers) and not applicant.drafts
            filed = [filing.number_of(portal.office.drafts[draft_id]) for draft_id, _ in drafts]
            assert filed == tally.numbers
            assert all(portal.office.submissions[number].receipt.data for number in tally.numbers)
    Worker(town.registry).drain()
    with town.opened(commit=False) as portal:
        indexed = {key[3] for key in portal.office.desk}
        assert indexed >= set(numbers)


def _file_all(town: Town, applicant_id: str, drafts: list[tuple[str, bytes]], tally: Tally, gate: Any) -> None:
    manager = transaction.TransactionManager()
    try:
        gate.wait(30)
        for draft_id, signed in drafts:
            while (number := _file_once(town, manager, applicant_id, draft_id, signed)) is None:
                tally.conflicts += 1
            tally.numbers.append(number)
    except BaseException as error:
        tally.errors.append(error)


def _file_once(town: Town, manager: Any, applicant_id: str, draft_id: str, signed: bytes) -> str | None:
    manager.begin()
    connection = town.registry._zodb_databases[""].open(transaction_manager=manager)
    try:
        portal = Portal(town.app, connection)
        office = portal.office
        done = filing.file(
            town.means(portal), office.drafts[draft_id], office.applicants[applicant_id], signed, now()
        ).number
        manager.commit()
        return done
    except ConflictError:
        return None
    finally:
        manager.abort()
        connection.close()


def test_signs_are_given_once_and_upwards(town: Town) -> None:
    with town.opened(commit=False) as portal:
        office = portal.office
        assert proposed(office, "SO", "5343", 2026) == "SO.5343.1.2026"
        assert take(office, "SO.5343.7.2026.JK", 2026) == "SO.5343.7.2026.JK"
        assert proposed(office, "SO", "5343", 2026) == "SO.5343.8.2026"
        for text in ("SO.5343.7.2026", "SO.5343.3.2026", "SO.5343.9.2025"):
            with pytest.raises(SignError):
                take(office, text, 2026)
        assert take(office, "ABC-A.123.77.3.2026.JW", 2026) == "ABC-A.123.77.3.2026.JW"
        assert take(office, "ABC-A.123.1.2026", 2026) == "ABC-A.123.1.2026"


def test_seal_key_is_the_one_of_the_settings(town: Town) -> None:
    assert isinstance(town.registry.boi_seal.key, SealKey)
    assert town.registry.boi_seal.key is town.registry.boi_seal.key
