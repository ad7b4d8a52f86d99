"""A process for test_durability: files real, signed drafts in two threads with the worker beside them, until it is killed.

Usage: python -m tests.integration.filing_writer FOLDER. The folder holds `signed/{applicant}-{draft}.xml`.
Prints `ready`, then the id of each draft whose filing has been committed.
"""

import sys
import threading
import time
from pathlib import Path
from typing import Any

import transaction
from ZODB.POSException import ConflictError

import boi_portal
from boi_portal.sandbox.authority import Authorities
from boi_portal.scripts.application import Portal
from boi_portal.submissions import filing
from boi_portal.worker.loop import start_thread
from tests.core import FEATURES, raw_settings
from tests.integration.test_filing import Town, now


def reopened(folder: Path) -> Town:
    """The town whose files lie in `folder`, as it was left."""
    town, authorities = Town.__new__(Town), Authorities(folder / "sandbox")
    more = {
        "boi.trust_dirs": str(authorities.trust),
        "boi.seal_key": str(authorities.seal),
        "boi.seal_password": "piaskownica",
    }
    features = (*FEATURES[:-3], "accounts", "submissions", "cases", *FEATURES[-3:])
    town.var = folder
    town.app = boi_portal.configure(raw_settings(folder, **more), features).make_wsgi_app()
    town.registry = town.app.registry
    return town


def file_all(town: Town, papers: list[Path]) -> None:
    """File each paper whose draft is still there."""
    manager = transaction.TransactionManager()
    manager.begin()
    portal = Portal(town.app, town.registry._zodb_databases[""].open(transaction_manager=manager))
    for paper in papers:
        applicant_id, draft_id = paper.stem.split("-")
        while file_one(town, portal, manager, applicant_id, draft_id, paper.read_bytes()):
            pass
        sys.stdout.write(f"{draft_id}\n")
        sys.stdout.flush()


def file_one(town: Town, portal: Any, manager: Any, applicant_id: str, draft_id: str, signed: bytes) -> bool:
    """File one draft, if it is there. Returns whether it must be tried again."""
    manager.begin()
    draft = portal.office.drafts.get(draft_id)
    if draft is None or filing.number_of(draft):
        return False
    try:
        filing.file(town.means(portal), draft, portal.office.applicants[applicant_id], signed, now())
        manager.commit()
    except ConflictError:
        manager.abort()
        return True
    return False


def main(folder: Path) -> None:
    """File what there is, then wait for the end."""
    town = reopened(folder)
    start_thread(town.registry)
    papers = sorted((folder / "signed").iterdir())
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for place in range(2):
        threading.Thread(target=file_all, args=(town, papers[place::2]), daemon=True).start()
    time.sleep(3600)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
