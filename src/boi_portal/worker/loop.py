"""The worker's loop over the queues of both databases.

Each round does a bounded batch of every kind of work, each piece in a transaction of its own, so a crash leaves every piece
either done or waiting. A lease in the office database keeps a second worker idle while the first one lives.
"""

from __future__ import annotations

import datetime
import logging
import os
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any

import transaction
from pyramid.request import Request
from pyramid.threadlocal import RequestContext
from ZODB.POSException import ConflictError

from ..office import auditing, store, tasks
from ..publishing import indexing
from ..publishing.catalog import sync_synonyms
from ..publishing.site import ROOT_KEY
from ..web.sessions import drop_expired

logger = logging.getLogger(__name__)

BATCH = 200
LEASE = 30.0  # seconds without a sign of life after which another worker takes over
CLEANUP_EVERY = 60.0  # seconds


class Worker:
    """Empties the queues of one portal. `run` loops until `stop` is set; `drain` works until nothing is left."""

    def __init__(self, registry: Any) -> None:
        self.registry = registry
        self.settings = registry.boi_settings
        self.name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self.stop = threading.Event()
        self._cleaned = 0.0
        self._leased = 0.0
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Work in a thread of this process until `end`."""
        self._thread = threading.Thread(target=self.run, name="boi-worker", daemon=True)
        self._thread.start()

    def end(self, seconds: float = 30.0) -> None:
        """Ask the thread to stop and wait for the piece of work at hand; the databases may be closed then."""
        self.stop.set()
        if self._thread is not None:
            self._thread.join(seconds)

    def run(self) -> None:
        """Work until `stop` is set."""
        with self._registry():
            self._loop()

    def _registry(self) -> RequestContext:
        """Substance D's indexes look the registry up in the thread."""
        request = Request.blank("/")
        request.registry = self.registry
        return RequestContext(request)

    def _loop(self) -> None:
        logger.info("worker started")
        while not self.stop.is_set():
            try:
                done = self.round() if self.hold_lease() else 0
            except ConflictError:
                done = 1  # somebody else wrote the same: look again at once
            except Exception:
                logger.exception("worker round failed")
                done = 0
            if not done:
                self.stop.wait(self.settings.worker_interval)
        self.release_lease()
        logger.info("worker stopped")

    def drain(self, seconds: float = 60.0, tell: Callable[[int], Any] | None = None) -> int:
        """Work until the queues are empty or `seconds` have passed; tasks that wait for a later try are left. Returns how much was done.

        `tell` is told after each round how much it did.
        """
        total, until = 0, time.monotonic() + seconds
        with self._registry():
            while time.monotonic() < until:
                try:
                    done = self.round()
                except ConflictError:
                    continue
                if not done:
                    break
                total += done
                if tell is not None:
                    tell(done)
        return total

    def round(self) -> int:
        """One look at every queue. Returns how many pieces of work were done."""
        done = self._index() + self._in_transaction(self._chain)
        for task_id in self._in_transaction(self._due_tasks):
            if not self._renew_lease():
                break
            done += self._do(task_id)
        if time.monotonic() - self._cleaned > CLEANUP_EVERY:
            self._cleaned = time.monotonic()
            self._in_transaction(self._clean_up)
        return done

    # the lease

    def hold_lease(self) -> bool:
        """Whether this worker is the one; renews its lease when a third of it is gone."""
        if time.time() - self._leased < LEASE / 3:
            return True
        at = time.time()
        held = bool(self._in_transaction(lambda office, site: self._take_lease(office, at)))
        self._leased = at if held else 0.0  # only now: a commit that met another worker's has raised
        return held

    def _take_lease(self, office: store.Office, at: float) -> bool:
        lease = office.worker_lease
        if lease is not None and lease[0] != self.name and lease[1] > at:
            return False
        office.worker_lease = (self.name, at + LEASE)
        return True

    def _renew_lease(self) -> bool:
        """Between two pieces of work: keep the lease where there is one (`drain` works without)."""
        return self._leased == 0.0 or self.hold_lease()

    def release_lease(self) -> None:
        """Let the next worker begin at once."""

        def release(office: store.Office, site: Any) -> None:
            if office.worker_lease is not None and office.worker_lease[0] == self.name:
                office.worker_lease = None

        self._leased = 0.0
        self._in_transaction(release)

    # the work

    def _index(self) -> int:
        """Index a batch. Where it fails, one wish at a time, until the one that cannot be served is found and let go."""
        for limit in (BATCH, 1):
            try:
                return int(self._in_transaction(lambda office, site, limit=limit: self._index_content(site, limit)))
            except ConflictError:
                raise
            except Exception:
                logger.exception("a batch of %d cannot be indexed", limit)
        dropped = self._in_transaction(lambda office, site: indexing.drop_first(site))
        logger.error("object and index %s: taken out of the queue", dropped)
        return 1

    def _index_content(self, site: Any, limit: int) -> int:
        done = indexing.drain(site, limit, self.registry.boi_revision_signal)
        if done:
            sync_synonyms(site)
        return done

    def _chain(self, office: store.Office, site: Any) -> int:
        """Bind what requests have written into the audit trail to its chain."""
        return auditing.link_up(office, self.registry.boi_keyring, BATCH)

    def _due_tasks(self, office: store.Office, site: Any) -> list[str]:
        at = datetime.datetime.now(datetime.UTC)
        due = [(task.created_at, task.id) for task in office.tasks.values() if task.not_before <= at]
        return [task_id for _, task_id in sorted(due)[:BATCH]]

    def _do(self, task_id: str) -> int:
        try:
            self._in_transaction(lambda office, site: self._handle(office, site, task_id))
        except ConflictError:
            raise
        except Exception as error:
            logger.exception("task failed", extra={"task": task_id})
            note = f"{type(error).__name__}: {error}"
            self._in_transaction(lambda office, site: self._put_off(office, task_id, note))
        return 1

    def _handle(self, office: store.Office, site: Any, task_id: str) -> None:
        task = office.tasks.pop(task_id, None)
        if task is None:
            return
        handler = self.registry.boi_task_handlers[task.kind]
        handler(tasks.TaskContext(self.registry, office, site), task.payload)

    def _put_off(self, office: store.Office, task_id: str, error: str) -> None:
        task = office.tasks.get(task_id)
        if task is None:
            return
        task.last_error = error
        task.tries += 1
        if task.tries > len(tasks.RETRY_AFTER):
            del office.tasks[task_id]
            office.failed[task_id] = task
            return
        wait = datetime.timedelta(seconds=tasks.RETRY_AFTER[task.tries - 1])
        task.not_before = datetime.datetime.now(datetime.UTC) + wait

    def _clean_up(self, office: store.Office, site: Any) -> None:
        drop_expired(office, self.settings.session_idle, self.settings.session_absolute)
        tasks.put_daily(office, self.registry.boi_daily, datetime.datetime.now(datetime.UTC).date())

    def _in_transaction(self, work: Any) -> Any:
        """Call `work(office, site)` in a transaction of its own and return what it returns."""
        manager = transaction.manager
        manager.begin()
        connection = self.registry._zodb_databases[""].open(transaction_manager=manager)
        try:
            result = work(store.office_of(connection), connection.root()[ROOT_KEY])
            manager.commit()
            return result
        except BaseException:
            manager.abort()
            raise
        finally:
            connection.close()


def start_thread(registry: Any) -> Worker:
    """Start a worker in a daemon thread of this process."""
    worker = Worker(registry)
    worker.start()
    return worker
