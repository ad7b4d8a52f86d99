"""What every call passes before its view: the token and its scope, the body's size and depth.

A view is registered by `add_call`; behind it stands `pyramid_openapi3`, which holds request and answer against the description.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from pyramid.response import Response

from ..accounts.throttling import Limit, Throttles, network_of
from ..office.audit import Origin, record
from ..publishing.content import now
from .problems import Problem, problem_response
from .tokens import ApiToken, find_token

MAX_BODY = 64 * 1024  # bytes
MAX_DEPTH = 8
FAILURES = Limit("api", 20)  # tokens that open nothing, by network

_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"')


def add_call(config: Any, route_name: str, view: Any, method: str, scope: str) -> None:
    """Register `view(request)` for a call that needs a token with `scope`."""
    config.add_view(
        view,
        route_name=route_name,
        request_method=method,
        openapi=True,
        decorator=_guarded(scope),
    )
    config.add_view(_no_method, route_name=route_name)


def _no_method(request: Any) -> Response:
    return problem_response(Problem(405, "See the description at /api/v1/openapi.yaml."))


def _guarded(scope: str) -> Callable[[Any], Any]:
    def decorate(view: Any) -> Any:
        def run(context: Any, request: Any) -> Any:
            refusal = _refusal(request, scope)
            return problem_response(refusal) if refusal is not None else view(context, request)

        return run

    return decorate


def _refusal(request: Any, scope: str) -> Problem | None:
    """Why the call is refused. It is returned and not raised, so that what is counted and written down stays."""
    throttles = Throttles(request.office, request.registry.boi_settings.secret, now().timestamp())
    network = network_of(request.remote_addr or "")
    if wait := throttles.wait(FAILURES, network):
        return Problem(429, f"Try again in {int(wait) + 1} seconds.")
    token = token_of(request)
    if token is None:
        throttles.failed(FAILURES, network)
        record(request.office, "api-refused", "", "", Origin.of(request), "token")
        return Problem(401, "Send the header: Authorization: Bearer boi_…")
    if scope not in token.scopes:
        record(request.office, "api-refused", token.id, "", Origin.of(request), scope)
        return Problem(403, f"The token has no scope {scope}.")
    return _unreadable(request)


def token_of(request: Any) -> ApiToken | None:
    """The caller's token, if it is a good one."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    return find_token(request.office, text.strip(), now()) if scheme.lower() == "bearer" else None


def _unreadable(request: Any) -> Problem | None:
    """Why the body cannot be read; looked at before anything parses it."""
    if request.content_type != "application/json":
        return Problem(415, "Send the body as application/json in UTF-8.")
    if (request.content_length or 0) > MAX_BODY:
        return Problem(413, f"At most {MAX_BODY // 1024} kB.")
    body = request.body
    if _depth(body) > MAX_DEPTH:
        return Problem(400, f"At most {MAX_DEPTH} levels of objects and lists.")
    try:
        json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return Problem(400, "The body is not JSON in UTF-8.")
    return None


def _depth(body: bytes) -> int:
    """How deep objects and lists stand in each other, counted without parsing."""
    depth = deepest = 0
    for sign in _STRINGS.sub(b"", body):
        if sign in b"{[":
            depth += 1
            deepest = max(deepest, depth)
        elif sign in b"}]":
            depth -= 1
    return deepest
