"""Kill -9 at any moment: every filing is there whole or not at all, and nothing that was acknowledged is lost.

A process files with several threads and a worker on FileStorage; it is killed at random moments, and what it left is read again.
"""

import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from boi_portal.office.store import office_of
from boi_portal.scripts.application import close, opened, prepare
from boi_portal.submissions import filing
from boi_portal.worker.loop import Worker
from tests import citizens
from tests.integration.durable_writer import ATTACHMENT, Filed, open_app
from tests.integration.filing_writer import reopened
from tests.integration.test_filing import Town

ROOT = Path(__file__).resolve().parents[2]
KILLS = 3
DRAFTS = 1500
THREADS = 3


def run_and_kill(seconds: float, module: str, *words: str) -> set[str]:
    """Let a process file for so many seconds after its first filing, kill it, and tell which filings it had acknowledged."""
    command = [sys.executable, "-W", "ignore", "-m", f"tests.integration.{module}", *words]
    with subprocess.Popen(command, cwd=ROOT, env=_environment(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        first = process.stdout.readline()
        time.sleep(seconds)
        process.kill()
        lines = (first + process.stdout.read()).split("\n")
    return set(lines[:-1])  # the last line may have been cut off


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}


def check(office: Any, acknowledged: set[str]) -> set[str]:
    """Every filing is whole or absent. Returns those that are there."""
    filed = set(office.submissions)
    assert set(office.cases) == filed
    assert filed.isdisjoint(office.drafts)
    assert len(filed) + len(office.drafts) == DRAFTS
    assert acknowledged <= filed, "a commit that had returned was lost"
    waiting = {task.payload["of"] for task in office.tasks.values()}
    delivered = set(office.exports)
    assert waiting | delivered == filed, "each has a letter that waits or was sent"
    assert waiting.isdisjoint(delivered)
    for number in filed:
        for record in (office.submissions[number], office.cases[number]):
            with record.attachment.open("r") as stream:
                assert stream.read() == number.encode() + ATTACHMENT
    return filed


def test_a_killed_process_leaves_whole_filings_or_none(tmp_path: Path) -> None:
    chooser = random.Random()
    prepare(str(tmp_path))
    app = open_app(tmp_path)
    with opened(app) as portal:
        for number in range(DRAFTS):
            portal.office.drafts[f"{number:05}"] = Filed.__new__(Filed)
    close(app)
    acknowledged: set[str] = set()
    before: set[str] = set()
    for _ in range(KILLS):
        acknowledged |= run_and_kill(chooser.uniform(0, 0.5), "durable_writer", str(tmp_path), str(THREADS))
        app = open_app(tmp_path)
        try:
            with app.registry._zodb_databases[""].transaction() as connection:
                now = check(office_of(connection), acknowledged)
            assert now >= before
            before = now
        finally:
            close(app)
    assert acknowledged, "it was killed in the middle of its work"
    app = open_app(tmp_path)
    try:
        Worker(app.registry).drain()
        with app.registry._zodb_databases[""].transaction() as connection:
            office = office_of(connection)
            check(office, acknowledged)
            assert set(office.exports) == before
            assert len(office.tasks) == len(office.failed) == 0
    finally:
        close(app)


PAPERS = 40


def letters(folder: Path) -> str:
    """Everything that lies in the mailbox."""
    return "".join(path.read_text(encoding="utf-8") for path in (folder / "mail" / "new").glob("*"))


def check_filings(town: Any, papers: dict[str, str], acknowledged: set[str]) -> set[str]:
    """Each signed draft is either filed with all that belongs to it, or still a draft. Returns those that are filed."""
    sent = letters(town.var)
    with town.opened(commit=False) as portal:
        office = portal.office
        filed = {submission.draft_id: submission for submission in office.submissions.values()}
        assert acknowledged <= set(filed), "a filing that was confirmed is lost"
        assert set(office.cases) == {submission.number for submission in filed.values()}
        waiting = {task.payload["params"]["number"] for task in office.tasks.values() if task.kind == "mail"}
        for draft_id, applicant_id in papers.items():
            applicant = office.applicants[applicant_id]
            submission = filed.get(draft_id)
            if submission is None:
                assert draft_id in applicant.drafts and not filing.number_of(office.drafts[draft_id])
                assert not applicant.cases
                continue
            left = office.drafts.get(draft_id)
            assert draft_id not in applicant.drafts
            assert left is None or filing.number_of(left) == submission.number
            assert list(applicant.cases) == [submission.number]
            assert submission.document.data and b"Signature" in submission.receipt.data
            for stored in submission.attachments.values():
                with stored.blob.open("r") as stream:
                    assert stream.read() == citizens.PDF
            assert submission.number in waiting or submission.number in sent
    return set(filed)


def test_kill_in_the_middle_of_filings_leaves_each_whole_or_still_a_draft(tmp_path: Path) -> None:
    prepare(str(tmp_path))
    (tmp_path / "signed").mkdir()
    town: Any = Town(tmp_path)
    papers: dict[str, str] = {}
    with town.opened() as portal:
        for _ in range(PAPERS):
            applicant = citizens.add_applicant(portal.office, citizens.JAN)
            draft_id, signed = town.ready(portal, applicant)
            papers[draft_id] = applicant.id
            (tmp_path / "signed" / f"{applicant.id}-{draft_id}.xml").write_bytes(signed)
    close(town.app)
    acknowledged: set[str] = set()
    for seconds in (random.uniform(0, 0.2), random.uniform(0, 0.2)):
        acknowledged |= run_and_kill(seconds, "filing_writer", str(tmp_path))
        town = reopened(tmp_path)
        try:
            filed = check_filings(town, papers, acknowledged)
        finally:
            close(town.app)
    assert filed, "it was killed in the middle of its work"
    town = reopened(tmp_path)
    try:
        Worker(town.registry).drain()
        check_filings(town, papers, acknowledged)
        with town.opened(commit=False) as portal:
            assert len(portal.office.tasks) == len(portal.office.failed) == 0
    finally:
        close(town.app)
