"""The queue of text indexing: editors at once, the worker beside them, and what cannot be indexed."""

from typing import Any

import pytest
from ZODB.POSException import ConflictError

from boi_portal.publishing import indexing, lifecycle
from boi_portal.publishing.catalog import boi_index
from boi_portal.worker.loop import Worker
from tests.core import CARD, Core


def card_of(portal: Any) -> Any:
    return portal.site["katalog"]["obywatelskie"]["dowod"]


def waiting(core: Core) -> int:
    with core.opened(commit=False) as portal:
        return len(portal.connection.root()[indexing.ROOT_KEY])


def hits(core: Core, query: str) -> int:
    with core.opened(commit=False) as portal:
        return len(boi_index(portal.site, "text").index.search(query).hits)


def retitle(core: Core, portal: Any, content: Any, title: str) -> None:
    lifecycle.edit(core.registry, content, {**content.fields, "title": title}, "redaktorka")
    lifecycle.publish(core.registry, content, "redaktorka")


def test_an_edit_waits_for_the_worker_and_is_then_found(filled: Core) -> None:
    with filled.opened() as portal:
        retitle(filled, portal, card_of(portal), "Paszport tymczasowy")
    assert waiting(filled) > 0
    assert hits(filled, "paszport") == 0
    assert filled.work() > 0
    assert waiting(filled) == 0
    assert hits(filled, "paszport") == 1


def test_two_editors_do_not_conflict_on_the_queue(filled: Core) -> None:
    """Same shard, an empty tree: the hardest place to meet at."""
    with filled.opened(commit=False) as portal:
        action = type("IndexAction", (), {})
        first, second = action(), action()
        for number, wish in enumerate((first, second)):
            wish.oid, wish.index_oid = 16 * (number + 1), 5
        assert len(portal.connection.root()[indexing.ROOT_KEY].shards[0]) == 0
    with filled.beside() as (manager, other):
        manager.begin()
        other.connection.root()[indexing.ROOT_KEY].extend([first])
        with filled.opened() as portal:
            portal.connection.root()[indexing.ROOT_KEY].extend([second])
        manager.commit()
    assert waiting(filled) == 2


def test_an_edit_while_the_worker_indexes_the_same_object_is_not_lost(filled: Core) -> None:
    with filled.beside() as (manager, other):
        with filled.opened() as portal:
            retitle(filled, portal, card_of(portal), "Pierwszy")
        manager.begin()
        assert indexing.drain(other.site) > 0  # the worker has read the old text …
        with filled.opened() as portal:
            retitle(filled, portal, card_of(portal), "Drugi")  # … while the new one is committed
        with pytest.raises(ConflictError):
            manager.commit()
    filled.work()
    assert hits(filled, "Drugi") == 1
    assert hits(filled, "Pierwszy") == 0


def test_what_is_deleted_is_unindexed(filled: Core) -> None:
    assert hits(filled, "podpisać") == 1
    with filled.opened() as portal:
        portal.site["pomoc"].remove("podpis", registry=filled.registry)
    filled.work()
    assert hits(filled, "podpisać") == 0


def test_one_broken_object_holds_up_neither_the_others_nor_the_letters(
    filled: Core, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from boi_portal.office import tasks

    done = []
    monkeypatch.setitem(filled.registry.boi_task_handlers, "test", lambda context, payload: done.append(payload))
    with filled.opened() as portal:
        category = portal.site["katalog"]["obywatelskie"]
        for number in range(3):
            filled.make(portal, "Case Type", category, f"k{number}", {**CARD, "title": f"Legitymacja {number}"})
        category["k1"].fields = {**category["k1"].fields, "fees": [{"no": "label"}]}
        tasks.put(portal.office, "test", {"n": 1})
    filled.work()
    assert hits(filled, "legitymacja") == 2
    assert waiting(filled) == 0
    assert done == [{"n": 1}]
    assert "cannot be indexed" in caplog.text


def test_a_batch_is_bounded(filled: Core) -> None:
    with filled.opened() as portal:
        category = portal.site["katalog"]["obywatelskie"]
        for number in range(7):
            filled.make(portal, "Case Type", category, f"k{number}", CARD)
        count = len(portal.connection.root()[indexing.ROOT_KEY])
    before = waiting(filled)
    assert before >= 7 > count
    with filled.opened() as portal:
        assert indexing.drain(portal.site, 3) == 3
    assert waiting(filled) == before - 3


def test_editors_synonyms_are_found_after_the_worker_has_come_by(filled: Core) -> None:
    assert hits(filled, "plastik") == 0
    with filled.opened() as portal:
        site = portal.site
        lifecycle.edit(filled.registry, site, {**site.fields, "title": "BOI", "synonyms": "plastik, dowód"}, "r")
        lifecycle.publish(filled.registry, site, "r")
    Worker(filled.registry).drain()
    assert hits(filled, "plastik") == 1
