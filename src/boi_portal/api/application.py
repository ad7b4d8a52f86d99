"""The API's own application: pyramid_openapi3 around the calls, with the portal's databases and transaction."""

from __future__ import annotations

import json
import threading
from typing import Any

from pyramid.config import Configurator
from pyramid.path import AssetResolver
from pyramid.request import Request
from pyramid_openapi3.exceptions import RequestValidationError

from .problems import MEDIA_TYPE, invalid

DESCRIPTION = "boi_portal.api:openapi.yaml"
PREFIX = "/api/v1"
PARENT = "boi.api.parent"  # in the environ: the portal's own request
# what belongs to the portal's request and would be mistaken for the call's
_PORTALS_OWN = ("webob.adhoc_attrs", "bfg.routes.route", "bfg.routes.matchdict", "bfg.root", "tm.active")

_making = threading.Lock()


def application_of(registry: Any) -> Any:
    """The application, made at the first call of this process."""
    with _making:
        if registry.boi_api is None:
            registry.boi_api = make_application(registry)
        return registry.boi_api


def make_application(registry: Any) -> Any:
    """The WSGI application of every address below `/api`."""
    config = Configurator(root_factory=lambda request: request.portal.root)
    config.registry.boi_settings = registry.boi_settings
    config.add_request_method(lambda request: request.environ[PARENT], "portal", property=True)
    for name in ("office", "layout", "tm"):
        config.add_request_method(_of_portal(name), name, property=True)
    config.include("pyramid_openapi3")
    config.pyramid_openapi3_add_deserializer(MEDIA_TYPE, json.loads)
    config.pyramid_openapi3_spec(
        AssetResolver().resolve(DESCRIPTION).abspath(),
        route=f"{PREFIX}/openapi.yaml",
        route_name="boi_api_description",
    )
    config.add_exception_view(invalid, context=RequestValidationError)  # in place of the library's own
    config.include(".applicants")
    config.include(".problems")  # last: it answers every other address below /api
    return config.make_wsgi_app()


def _of_portal(name: str) -> Any:
    return lambda request: getattr(request.portal, name)


def handed_on(request: Any) -> Request:
    """The call as the application gets it: the same body and headers, nothing that the portal has noted."""
    environ = {key: value for key, value in request.environ.items() if key not in _PORTALS_OWN}
    environ[PARENT] = request
    return Request(environ)
