"""The yardstick: a bare Pyramid view under waitress, in a process of its own.

It holds what any Pyramid application must do for an answer (routing by traversal, a view, a response) and nothing else.
"""

from __future__ import annotations

import argparse
from typing import Any

from pyramid.config import Configurator
from pyramid.response import Response
from waitress.server import create_server

from .processes import LOOPBACK


def hello(request: Any) -> Response:
    """Answer with one word."""
    return Response("Hello", content_type="text/html")


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    options = parser.parse_args()
    config = Configurator()
    config.add_view(hello)
    server = create_server(
        config.make_wsgi_app(), host=LOOPBACK, port=options.port, threads=options.threads, ident=None
    )
    server.run()


if __name__ == "__main__":
    main()
