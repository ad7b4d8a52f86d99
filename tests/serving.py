"""WSGI applications served over real HTTP on this machine, in a thread of the test."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import waitress
from waitress import wasyncore


@contextmanager
def served(app: Any, host: str = "127.0.0.1") -> Iterator[str]:
    """Serve `app` on a free port; gives its address without a slash at the end.

    The loop is turned here, step by step, so that the thread that reads the sockets is the one that closes them.
    """
    server = waitress.create_server(app, host=host, port=0, threads=2)
    ended = threading.Event()

    def run() -> None:
        while not ended.is_set():
            wasyncore.loop(timeout=0.05, map=server._map, count=1)
        server.task_dispatcher.shutdown()
        wasyncore.close_all(server._map)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.effective_port}"
    finally:
        ended.set()
        thread.join(timeout=10)
    assert not thread.is_alive()
