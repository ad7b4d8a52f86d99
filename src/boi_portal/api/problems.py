"""What went wrong with a call, as problem details (RFC 9457, `application/problem+json`).

`type` is a URN that stays; `title` and `detail` are English sentences for the caller's developer; the messages about single fields
are those that a person would read in the portal's own form, in Polish.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pyramid.response import Response

if TYPE_CHECKING:  # not loaded before the first call
    from pyramid_openapi3.exceptions import RequestValidationError

MEDIA_TYPE = "application/problem+json"
URN = "urn:boi:problem:"

# status -> (the last part of `type`, title) where nothing more special is known
COMMON = {
    400: ("bad-request", "The request cannot be read"),
    401: ("unauthorized", "A valid token is needed"),
    403: ("forbidden", "The token does not allow this"),
    404: ("not-found", "There is nothing at this address"),
    405: ("method-not-allowed", "This address does not know that method"),
    409: ("conflict", "This contradicts what is there"),
    413: ("too-large", "The body is too large"),
    415: ("unsupported-media-type", "The body must be JSON"),
    422: ("invalid", "The data cannot be accepted"),
    429: ("too-many", "Too many calls"),
}


class Problem(Exception):
    """A call that is refused. `errors` tells of single fields: path with dots -> message."""

    def __init__(
        self,
        status: int,
        detail: str,
        kind: str = "",
        errors: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.kind = status, detail, kind
        self.errors, self.more = dict(errors or {}), dict(more or {})


def problem_response(problem: Problem) -> Response:
    """The answer to a refused call."""
    kind, title = COMMON[problem.status]
    body: dict[str, Any] = {
        "type": URN + (problem.kind or kind),
        "title": title,
        "status": problem.status,
        "detail": problem.detail,
        **problem.more,
    }
    if problem.errors:
        body["errors"] = [{"field": field, "message": message} for field, message in problem.errors.items()]
    response = Response(json.dumps(body, ensure_ascii=False).encode(), status=problem.status, content_type=MEDIA_TYPE)
    response.headers["Cache-Control"] = "no-store"
    if problem.status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="boi"'
    return response


def refused(problem: Problem, request: Any) -> Response:
    """View of a `Problem`; whatever the call has written is rolled back."""
    request.tm.doom()
    return problem_response(problem)


def invalid(error: RequestValidationError, request: Any) -> Response:
    """View of a call that the description does not allow."""
    errors = dict(_schema_errors(error.errors))
    return problem_response(Problem(422 if errors else 400, "The request does not fit the description.", errors=errors))


def _schema_errors(errors: Any) -> Iterator[tuple[str, str]]:
    for error in errors:
        for found in getattr(error.__cause__, "schema_errors", ()):
            yield ".".join(str(step) for step in found.path) or "body", found.message


def unknown(request: Any) -> Response:
    """Any other address below `/api`."""
    return problem_response(Problem(404, "See the description at /api/v1/openapi.yaml."))


def includeme(config: Any) -> None:
    config.add_exception_view(refused, context=Problem)
    # the description's own route comes into being after this one
    config.add_route("boi_api_unknown", r"/api/{rest:(?!v1/openapi\.yaml$).*}")
    config.add_view(unknown, route_name="boi_api_unknown")
