"""The body of a request is let go of with its answer.

A long body, and each file in it, is a temporary file with what people send the office. Left alone, it stays open, on disk, until
the garbage collector comes by. Nothing here reads a body.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyramid.interfaces import IExecutionPolicy

_PARSED = "webob._parsed_post_vars"


def closing(policy: Callable[..., Any]) -> Callable[..., Any]:
    """An execution policy that closes what `policy`, through all its attempts, has made of the request's body."""

    def run(environ: dict[str, Any], router: Any) -> Any:
        given = environ["wsgi.input"]
        try:
            return policy(environ, router)
        finally:
            _close(environ, given)

    return run


def _close(environ: dict[str, Any], given: Any) -> None:
    controls, _source = environ.get(_PARSED, ({}, None))
    for control in controls.values():
        if getattr(control, "file", None) is not None:
            control.file.close()
    if environ["wsgi.input"] is not given:  # the server's own is the server's to close
        environ["wsgi.input"].close()


def includeme(config: Any) -> None:
    # pyramid_retry's policy, which is committed before the portal's features are included
    config.set_execution_policy(closing(config.registry.getUtility(IExecutionPolicy)))
