"""The door for other systems: `/api/v1`, described by the OpenAPI 3.1 document beside this file.

A caller proves itself by a token with scopes, never by a person's session, and a mistake is answered as problem details (RFC 9457). What a
call does is the business of other packages; this one reads, answers and remembers what was answered.

The calls stand in an application of their own, which is made when the first call comes: openapi-core would cost every process
14 MB, and most portals are never called.
"""

from pyramid.security import NO_PERMISSION_REQUIRED


def enter(request):
    """Hand a call to the API's own application, in the transaction of this request."""
    from .application import application_of, handed_on

    return handed_on(request).get_response(application_of(request.registry))


def includeme(config):
    config.registry.boi_api = None
    config.include(".idempotency")
    config.add_route("boi_api", "/api/*rest")
    # the token is the permission, and no cookie counts, so nobody's browser can be made to call
    config.add_view(enter, route_name="boi_api", permission=NO_PERMISSION_REQUIRED, require_csrf=False)
