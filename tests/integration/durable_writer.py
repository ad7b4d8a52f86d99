"""A process for test_durability: threads that file and a worker beside them, until it is killed.

Usage: python -m tests.integration.durable_writer FOLDER COUNT. Prints `ready`, then the number of each filing whose commit has returned.
"""

import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import transaction
from persistent import Persistent
from ZODB.blob import Blob
from ZODB.POSException import ConflictError

from boi_portal.office import tasks
from boi_portal.office.store import office_of
from boi_portal.worker.loop import start_thread
from tests.core import make_app

ATTACHMENT = b"attachment " * 3000


class Filed(Persistent):
    """What a filing leaves: a record with a blob."""

    def __init__(self, number: str) -> None:
        self.number = number
        self.attachment = Blob()
        with self.attachment.open("w") as out:
            out.write(number.encode() + ATTACHMENT)


def deliver(context: tasks.TaskContext, payload: Mapping[str, Any]) -> None:
    """The worker's part: a letter, counted under the filing's number."""
    context.office.exports[payload["of"]] = Filed(payload["of"])


def open_app(folder: Path) -> Any:
    """The core, with a handler for this test's tasks."""
    app = make_app(folder)
    app.registry.boi_task_handlers["test"] = deliver
    return app


def file(office: Any, number: str) -> None:
    """One filing: draft away; submission, case, sequence and task there."""
    del office.drafts[number]
    office.submissions[number] = Filed(number)
    office.cases[number] = Filed(number)
    tasks.put(office, "test", {"of": number})


def work(app: Any, numbers: list[str]) -> None:
    """File each, in a transaction of its own, run again on a conflict."""
    manager = transaction.TransactionManager()
    connection = app.registry._zodb_databases[""].open(transaction_manager=manager)
    for number in numbers:
        while True:
            manager.begin()
            try:
                file(office_of(connection), number)
                manager.commit()
                break
            except ConflictError:
                manager.abort()
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


def main(folder: Path, threads: int) -> None:
    """File every draft there is, then wait for the end."""
    app = open_app(folder)
    start_thread(app.registry)
    with app.registry._zodb_databases[""].transaction() as connection:
        waiting = sorted(office_of(connection).drafts)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for place in range(threads):
        threading.Thread(target=work, args=(app, waiting[place::threads]), daemon=True).start()
    time.sleep(3600)


if __name__ == "__main__":
    from tests.integration.durable_writer import main  # the name under which its classes are pickled

    main(Path(sys.argv[1]), int(sys.argv[2]))
