"""The page cache without a portal: its room, its order, its revision."""

import threading

from boi_portal.web.pagecache import KeptPage, PageCache, RevisionWatch


def page(size: int = 1000, revision: int = 1) -> KeptPage:
    return KeptPage([("ETag", '"x"')], b"a" * size, '"x"', revision)


def key(name: str) -> tuple[str, str, str, str]:
    return ("http", "localhost", f"/{name}", "")


def test_longest_unused_pages_are_let_go_when_the_room_is_full() -> None:
    cache = PageCache(25_000, lambda: 1)
    for number in range(10):
        cache.put(key(str(number)), page())
    assert len(cache) == 10
    assert cache.get(key("0"))
    cache.put(key("10"), page())
    assert cache.get(key("0")) and cache.get(key("1")) is None
    assert cache.size <= 25_000


def test_replacing_a_page_does_not_grow_the_count() -> None:
    cache = PageCache(100_000, lambda: 1)
    for _ in range(5):
        cache.put(key("a"), page())
    assert cache.size == page().size


def test_page_too_large_for_the_room_is_not_kept() -> None:
    cache = PageCache(10_000, lambda: 1)
    cache.put(key("a"), page(5000))
    assert len(cache) == 0 and cache.size == 0


def test_page_of_another_revision_is_let_go() -> None:
    cache = PageCache(100_000, lambda: 2)
    cache.put(key("a"), page(revision=1))
    assert cache.get(key("a")) is None
    assert cache.size == 0


def test_cache_without_room_keeps_nothing() -> None:
    cache = PageCache(0, lambda: 1)
    cache.put(key("a"), page())
    assert cache.get(key("a")) is None


def test_many_threads_leave_the_count_right() -> None:
    cache = PageCache(40_000, lambda: 1)

    def work(seed: int) -> None:
        for step in range(400):
            cache.put(key(str((seed * 7 + step) % 40)), page())
            cache.get(key(str(step % 40)))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert cache.size == sum(kept.size for kept in cache._pages.values()) <= 40_000


class Signal:
    stale = True


def test_revision_is_asked_for_when_told_and_not_before_the_interval() -> None:
    signal, asked = Signal(), []
    watch = RevisionWatch(None, signal, interval=3600)
    watch._look = lambda: asked.append(1) or len(asked)  # type: ignore[method-assign, func-returns-value]
    assert [watch.current(), watch.current()] == [1, 1]
    signal.stale = True
    assert watch.current() == 2
    assert signal.stale is False
