"""The door for other systems: `/api/v1`, described by the OpenAPI 3.1 document beside this file.

A caller proves itself by a token with scopes, never by a person's session, and a mistake is answered as problem details (RFC 9457). What a
call does is the business of other packages; this one reads, answers and remembers what was answered.
"""

import json

DESCRIPTION = "boi_portal.api:openapi.yaml"
PREFIX = "/api/v1"


def includeme(config):
    # imported here, for it is heavy: openapi-core is the portal's largest library but one
    from pyramid.path import AssetResolver
    from pyramid_openapi3.exceptions import RequestValidationError

    from .problems import MEDIA_TYPE, invalid

    config.include("pyramid_openapi3")
    config.pyramid_openapi3_add_deserializer(MEDIA_TYPE, json.loads)
    config.pyramid_openapi3_spec(
        AssetResolver().resolve(DESCRIPTION).abspath(),
        route=f"{PREFIX}/openapi.yaml",
        route_name="boi_api_description",
    )
    config.add_exception_view(invalid, context=RequestValidationError)  # in place of the library's own
    config.include(".applicants")
    config.include(".idempotency")
    config.include(".problems")  # last: it answers every other address below /api
