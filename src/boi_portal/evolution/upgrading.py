"""Bringing a database up to this code: kinds of records, evolution steps, then the indexes of every catalog."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import transaction
from substanced.evolution import FINISHED_KEY, EvolutionManager
from substanced.interfaces import ICatalogFactory, IEvolutionSteps

from ..office.store import office_of
from ..publishing.site import ROOT_KEY

Tell = Callable[[str], Any]


class NotUpgraded(RuntimeError):
    """The database was made by older code; the message says what to do."""


class _Steps(EvolutionManager):
    """Substance D's manager, which prints."""

    def __init__(self, site: Any, registry: Any, tell: Tell) -> None:
        super().__init__(site, registry)
        self.tell = tell

    def out(self, msg: str) -> None:
        self.tell(msg.replace("Executing evolution step", "Step"))


def waiting(root: Any, registry: Any) -> list[str]:
    """What `upgrade` would do to the database with this root, in words; empty where it is up to date or holds no portal."""
    site = root.get(ROOT_KEY)
    if site is None:
        return []
    return [*_unfinished(root, registry), *_missing_records(site), *_stale_indexes(site, registry)]


def _unfinished(root: Any, registry: Any) -> Iterator[str]:
    finished = root.get(FINISHED_KEY, ())
    for _, (name, _step) in registry.getUtility(IEvolutionSteps).sorted():
        if name not in finished:
            yield f"step {name}"


def _missing_records(site: Any) -> Iterator[str]:
    for kind in office_of(site._p_jar).missing_kinds():
        yield f"records {kind}"


def _stale_indexes(site: Any, registry: Any) -> Iterator[str]:
    for catalog, factory in _catalogs(site, registry):
        for name, make in factory.index_factories.items():
            if name not in catalog or make.is_stale(catalog[name]):
                yield f"index {catalog.__name__}/{name}"
        for name in catalog:
            if name not in factory.index_factories:
                yield f"index {catalog.__name__}/{name} that is not used any more"


def _catalogs(site: Any, registry: Any) -> Iterator[tuple[Any, Any]]:
    for name, catalog in site["catalogs"].items():
        factory = registry.queryUtility(ICatalogFactory, name=name)
        if factory is not None:
            yield catalog, factory


def upgrade(site: Any, registry: Any, tell: Tell) -> int:
    """Do what is waiting, each step in a transaction of its own, and tell each. Returns how much was done."""
    done = 0
    for what in _missing_records(site):
        tell(what[0].upper() + what[1:])
        done += 1
    office_of(site._p_jar).add_missing_kinds()
    done += len(_Steps(site, registry, tell).evolve())
    for what in list(_stale_indexes(site, registry)):
        tell(what[0].upper() + what[1:])
        done += 1
    for catalog, _ in _catalogs(site, registry):
        catalog.update_indexes(registry=registry, output=False, reindex=True)
    transaction.commit()
    return done


def require_current(registry: Any) -> None:
    """Refuse to go on with a database that waits for an upgrade.

    :raises NotUpgraded: with a sentence for the admin.
    """
    connection = registry._zodb_databases[""].open()
    try:
        todo = waiting(connection.root(), registry)
    finally:
        connection.close()
    if todo:
        raise NotUpgraded(
            f"The database was made by an older version of the portal. Make a copy of it, then run: boi upgrade ({', '.join(todo)})"
        )
