"""Węzeł Krajowy as services speak to it: AuthnRequest by form, ArtifactResolve and LogoutRequest by SOAP.

Owns the views that only the national provider has.
"""

from __future__ import annotations

from typing import Any

from lxml import etree
from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response

from boi_portal.sandbox.identity import answers, asking, picking, site
from boi_portal.sandbox.identity.documents import (
    MessageError,
    find_all,
    in_envelope,
    make,
    out_of_envelope,
    parse,
    text_of,
    written,
)
from boi_portal.sandbox.identity.metadata import POST, SOAP
from boi_portal.sandbox.identity.provider import NATIONAL


def includeme(config: Configurator) -> None:
    """Add its routes and views."""
    paths = {kind: path for kind, _, path in NATIONAL.services}
    routes = {
        "metadata": "/metadata",
        "sso": paths["SingleSignOnService"],
        "pick": "/login/wybor",
        "artifact": paths["ArtifactResolutionService"],
        "logout": paths["SingleLogoutService"],
    }
    for name, path in routes.items():
        config.add_route(f"wezel.{name}", path)
    config.add_view(site.published_metadata, route_name="wezel.metadata", request_method="GET")
    refused = f"{site.TEMPLATES}refused.pt"
    config.add_view(asked_by_post, route_name="wezel.sso", request_method="POST", renderer=refused)
    picking.add_picking(config, "wezel.pick")
    config.add_view(resolve_artifact, route_name="wezel.artifact", request_method="POST")
    config.add_view(log_out_by_soap, route_name="wezel.logout", request_method="POST")


def asked_by_post(request: Request) -> Response | dict[str, Any]:
    """A signed AuthnRequest (`SAMLRequest`, `RelayState`): on to the page where one picks a person, or why not (400)."""
    provider = site.provider_up(request)
    try:
        message = parse(site.decoded(site.text_field(request, "SAMLRequest")))
        destination = provider.location("SingleSignOnService", POST)
        asked = asking.asked_of_wezel(message, site.text_field(request, "RelayState"), destination, provider.service())
        asked.service.encryption_key(provider.profile.key_kind)
    except MessageError as error:
        return site.refusal(request, error)
    return site.to_pick(request, provider.remember(asked))


def resolve_artifact(request: Request) -> Response:
    """A signed ArtifactResolve in SOAP: the ArtifactResponse."""
    provider = site.provider_up(request)
    issuer, signer = provider.profile.entity_id, provider.ring.signing
    try:
        service = provider.service()
        asked = out_of_envelope(parse(request.body_file.read(site.MAX_BODY)))
        location = provider.location("ArtifactResolutionService", SOAP)
        asking.checked(asked, "ArtifactResolve", location, service)
    except MessageError as error:
        return _fault(error)
    request_id = asked.get("ID", "")
    found = provider.resolved(text_of(asked, "saml2p:Artifact"))
    if found is None:
        return _soap(answers.artifact_response(None, issuer, b"", request_id, signer))
    answer, response = found
    site.link(request, answer.link)
    return _soap(answers.artifact_response(answer, issuer, response, request_id, signer))


def log_out_by_soap(request: Request) -> Response:
    """A signed LogoutRequest in SOAP: the LogoutResponse."""
    provider = site.provider_up(request)
    try:
        service = provider.service()
        asked = out_of_envelope(parse(request.body_file.read(site.MAX_BODY)))
        asking.checked(asked, "LogoutRequest", provider.location("SingleLogoutService", SOAP), service)
    except MessageError as error:
        return _fault(error)
    indexes = [(element.text or "").strip() for element in find_all(asked, "saml2p:SessionIndex")]
    ended = provider.end(text_of(asked, "saml2:NameID"), indexes)
    status = answers.SUCCESS if ended else answers.UNKNOWN_PRINCIPAL
    message = answers.logout_response(provider.profile.entity_id, None, asked.get("ID", ""), status)
    return _soap(written(in_envelope(provider.sign_logout(message, "response"))))


def _soap(body: bytes) -> Response:
    return Response(body=body, content_type="text/xml", charset="utf-8")


def _fault(error: MessageError) -> Response:
    """A SOAP fault, which SOAP 1.1 sends with status 500."""
    fault = make("soap:Fault")
    for name, text in (("faultcode", "soap:Client"), ("faultstring", str(error))):
        etree.SubElement(fault, name).text = text
    return Response(body=written(in_envelope(fault)), content_type="text/xml", charset="utf-8", status=500)
