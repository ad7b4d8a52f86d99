"""Resolving an artifact: asking the provider, from server to server, for the answer that the browser brought a reference to.

Owns reading the artifact and the ArtifactResponse around the answer. The answer itself is the gate's business.
Source: SAML 2.0 Bindings, section 3.6; Core, section 3.5.
"""

from __future__ import annotations

from datetime import datetime

from lxml import etree

from boi_portal.identity import gate, parsing, signatures, soap
from boi_portal.identity.idp import IdentityProvider
from boi_portal.identity.messages import Fetch
from boi_portal.identity.parsing import SAMLP
from boi_portal.identity.providers import Provider
from boi_portal.identity.refusals import Reason, Refused

_LENGTH = 44  # bytes: type, index, the provider's id (20), handle (20)
_TYPE = b"\x00\x04"


def resolution_service(artifact: str, idp: IdentityProvider) -> str:
    """Where to ask for the answer.

    The id of the provider inside is not compared: the question tells which provider was asked, and nobody else's answer would be believed.

    :raises Refused: `ARTIFACT_MALFORMED`, or `NOT_SUPPORTED` where the metadata name no service.
    """
    try:
        raw = signatures.decoded(artifact)
    except Refused:
        raw = b""
    if len(raw) != _LENGTH or raw[:2] != _TYPE:
        raise Refused(Reason.ARTIFACT_MALFORMED, "no artifact of type 4")
    index = int.from_bytes(raw[2:4], "big")
    address = idp.artifacts.get(index) or idp.artifacts.get(-1)
    if address is None:
        raise Refused(Reason.NOT_SUPPORTED, "the provider's metadata name no artifact resolution service")
    return address


def resolve(
    address: str,
    resolve_id: str,
    message: bytes,
    provider: Provider,
    idp: IdentityProvider,
    at: datetime,
    fetch: Fetch,
) -> bytes:
    """The Response that the provider keeps under an artifact, not judged yet.

    :param message: the signed ArtifactResolve, whose ID is `resolve_id`.
    :raises Refused: the ArtifactResponse is not to be believed, or holds nothing (`ARTIFACT_UNKNOWN`).
    :raises Unreachable: no answer.
    """
    root = soap.unwrap(fetch(address, soap.wrap(message)))
    if root.tag != f"{{{SAMLP}}}ArtifactResponse":
        raise Refused(Reason.STRUCTURE, f"{etree.QName(root).localname} instead of ArtifactResponse")
    outer = signatures.verify(root, idp.certificates, at)
    gate.check_head(outer, idp, at, provider)
    if outer.get("InResponseTo") != resolve_id:
        raise Refused(Reason.WRONG_REQUEST, "an ArtifactResponse to another request")
    if not parsing.children(outer, f"{{{SAMLP}}}Response"):
        gate.check_status(outer)
        raise Refused(Reason.ARTIFACT_UNKNOWN, "the provider keeps nothing under this artifact")
    # Its status is not looked at: the national node repeats the answer's there, and the answer tells more.
    # It is cut out of what came, not of the canonical form, which may lack namespaces that its own signature counts on.
    inside = parsing.only(root, f"{{{SAMLP}}}Response")
    return etree.tostring(parsing.cut_out(inside))
