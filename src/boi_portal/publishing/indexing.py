"""Text indexing outside the request: what a commit wants indexed waits in a queue that the worker drains.

Replaces Substance D's own queue, which is one object that every commit rewrites. Here each wish is an entry of its own under
the object's and the index's ids in one of many BTrees.
"""

from __future__ import annotations

import logging
from typing import Any

from BTrees.OOBTree import OOBTree
from hypatia.interfaces import IIndex
from persistent import Persistent
from substanced.interfaces import IIndexingActionProcessor
from zope.component import adapter
from zope.interface import implementer

from . import revision

logger = logging.getLogger(__name__)
ROOT_KEY = "boi_index_queue"
SHARDS = 16


class IndexQueue(Persistent):
    """Wishes that wait: (object id, index id) -> (what to do,)."""

    def __init__(self) -> None:
        self.shards = tuple(OOBTree() for _ in range(SHARDS))

    def extend(self, actions: list[Any]) -> None:
        """Called by Substance D with the deferred actions of a transaction."""
        for action in actions:
            # a fresh tuple is written even where an equal wish waits: the worker that is just serving it must notice
            self.shards[action.oid % SHARDS][(action.oid, action.index_oid)] = (type(action).__name__,)

    def __len__(self) -> int:
        return sum(len(shard) for shard in self.shards)


@implementer(IIndexingActionProcessor)
@adapter(IIndex)
class QueueingProcessor:
    """Puts deferred indexing actions into the queue."""

    def __init__(self, index: Any) -> None:
        self.index = index

    def get_queue(self) -> IndexQueue | None:
        jar = self.index._p_jar
        if jar is None:
            return None
        root = jar.root()
        if ROOT_KEY not in root:
            root[ROOT_KEY] = IndexQueue()
        queue: IndexQueue = root[ROOT_KEY]
        return queue

    def active(self) -> bool:
        return self.get_queue() is not None

    def add(self, actions: list[Any]) -> None:
        queue = self.get_queue()
        if queue is None:
            raise RuntimeError("the index is not stored yet: nothing can be queued for it")
        queue.extend(actions)


def drain(site: Any, limit: int = 200, signal: revision.RevisionSignal | None = None) -> int:
    """Index up to `limit` waiting objects in the current transaction; the caller commits. Returns how many."""
    queue = site._p_jar.root().get(ROOT_KEY)
    if queue is None:
        return 0
    objectmap = site.__objectmap__
    done = 0
    for shard in queue.shards:
        for key in list(shard.keys())[: limit - done]:
            _execute(objectmap, key, shard.pop(key))
            done += 1
        if done >= limit:
            break
    if done:
        revision.bump(site, signal)
    return done


def waiting(site: Any) -> int:
    """How many wishes wait."""
    queue = site._p_jar.root().get(ROOT_KEY)
    return 0 if queue is None else len(queue)


def drop_first(site: Any) -> tuple[int, int] | None:
    """Take the wish that `drain` would serve first out of the queue, for it cannot be served. Returns its ids."""
    for shard in site._p_jar.root()[ROOT_KEY].shards:
        if shard:
            key: tuple[int, int] = shard.minKey()
            del shard[key]
            return key
    return None


def _execute(objectmap: Any, key: tuple[int, int], wish: tuple[str]) -> None:
    oid, index_oid = key
    index = objectmap.object_for(index_oid)
    if index is None:
        logger.info("index is gone", extra={"index": index_oid})
        return
    resource = objectmap.object_for(oid)
    if wish == ("UnindexAction",) or resource is None:
        index.unindex_doc(oid)
    else:
        index.reindex_doc(oid, resource)


__all__ = ["IndexQueue", "QueueingProcessor", "drain", "drop_first"]


def includeme(config: Any) -> None:
    config.registry.registerAdapter(QueueingProcessor)
