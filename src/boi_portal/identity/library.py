"""The one place where pysaml2 is used: building messages and metadata, and a second opinion on answers.

Owns everything that imports `saml2`, which costs 20 MB and a second: import this module inside functions only. Its way with
signatures and decryption is not used: `OwnSecurity` and `OwnCrypto` stand in for it. It writes documents to its log, so its log is closed.
"""

from __future__ import annotations

import base64
import dataclasses
import logging
from collections.abc import Iterable, Sequence
from datetime import datetime

import saml2
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from saml2 import md, saml, samlp, sigver, xmldsig
from saml2.extension import requested_attributes, sp_type
from saml2.response import AuthnResponse
from saml2.xml import schema

from boi_portal.identity import encryption, parsing, signatures
from boi_portal.identity.idp import IdentityProvider
from boi_portal.identity.keys import Key, Keys
from boi_portal.identity.messages import Binding, RemoteSession
from boi_portal.identity.parsing import DS, MD, SAML, SAMLP
from boi_portal.identity.refusals import Refused

logging.getLogger("saml2").setLevel(logging.CRITICAL + 1)

EIDAS = "http://eidas.europa.eu/saml-extensions"
URI_FORMAT = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"
UNSPECIFIED = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
RESPONDER = "urn:oasis:names:tc:SAML:2.0:status:Responder"

_PREFIXES = {"saml2p": SAMLP, "saml2": SAML, "md": MD, "ds": DS, "eidas": EIDAS}
_VERSION = "2.0"


# --- messages; each is XML without a signature


def stamp(at: datetime) -> str:
    """A time as SAML writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _tree(message: saml2.SamlBase) -> etree._Element:
    return parsing.parse(message.to_string(_PREFIXES))


@dataclasses.dataclass(frozen=True)
class Head:
    """What every message begins with. `at` is in UTC."""

    id: str
    issuer: str
    at: datetime
    destination: str

    def arguments(self) -> dict[str, object]:
        """The same, as pysaml2's message classes take it."""
        return {
            "id": self.id,
            "version": _VERSION,
            "issue_instant": stamp(self.at),
            "destination": self.destination or None,
            "issuer": saml.Issuer(text=self.issuer),
        }


def authn_request(
    head: Head,
    *,
    acs_url: str,
    answer: Binding,
    contexts: Sequence[str],
    comparison: str,
    fresh: bool,
    provider_name: str,
    attributes: Iterable[str],
) -> etree._Element:
    """An AuthnRequest.

    :param contexts: authentication contexts to ask for; `comparison` says whether these or better ones will do.
    :param attributes: names to ask for in the manner of eIDAS; none: without its extensions.
    """
    extensions = _eidas_extensions(attributes)
    return _tree(
        samlp.AuthnRequest(
            **head.arguments(),
            protocol_binding=answer.value,
            assertion_consumer_service_url=acs_url,
            force_authn="true" if fresh else "false",
            provider_name=provider_name or None,
            extensions=extensions,
            name_id_policy=samlp.NameIDPolicy(allow_create="true", format=UNSPECIFIED),
            requested_authn_context=samlp.RequestedAuthnContext(
                authn_context_class_ref=[saml.AuthnContextClassRef(text=context) for context in contexts],
                comparison=comparison,
            ),
        )
    )


def _eidas_extensions(attributes: Iterable[str]) -> samlp.Extensions | None:
    wanted = [
        requested_attributes.RequestedAttribute(name=name, name_format=URI_FORMAT, is_required="true")
        for name in attributes
    ]
    if not wanted:
        return None
    extensions = samlp.Extensions()
    extensions.add_extension_element(sp_type.SPType(text="public"))
    extensions.add_extension_element(requested_attributes.RequestedAttributes(requested_attribute=wanted))
    return extensions


def artifact_resolve(head: Head, artifact: str) -> etree._Element:
    """An ArtifactResolve."""
    return _tree(samlp.ArtifactResolve(**head.arguments(), artifact=samlp.Artifact(text=artifact)))


def logout_request(head: Head, session: RemoteSession) -> etree._Element:
    """A LogoutRequest for one session of a person."""
    indexes = [samlp.SessionIndex(text=session.session_index)] if session.session_index else []
    name_id = saml.NameID(
        text=session.name_id,
        format=session.name_id_format or None,
        name_qualifier=session.name_qualifier or None,
        sp_name_qualifier=session.sp_name_qualifier or None,
    )
    return _tree(samlp.LogoutRequest(**head.arguments(), name_id=name_id, session_index=indexes))


def logout_response(head: Head, in_response_to: str, success: bool) -> etree._Element:
    """A LogoutResponse."""
    status = samlp.Status(status_code=samlp.StatusCode(value=SUCCESS if success else RESPONDER))
    return _tree(samlp.LogoutResponse(**head.arguments(), in_response_to=in_response_to, status=status))


def metadata(
    id: str, entity_id: str, acs_url: str, slo_url: str, slo_soap_url: str, keys: Iterable[Key]
) -> etree._Element:
    """An EntityDescriptor of the portal as a service provider."""
    logout = [(Binding.SOAP, slo_soap_url), (Binding.REDIRECT, slo_url), (Binding.POST, slo_url)]
    answers = enumerate((Binding.POST, Binding.ARTIFACT))
    descriptor = md.SPSSODescriptor(
        protocol_support_enumeration=SAMLP,
        authn_requests_signed="true",
        want_assertions_signed="false",  # the answer around it is
        key_descriptor=[_key_descriptor(use, key) for key in keys for use in ("signing", "encryption")],
        single_logout_service=[md.SingleLogoutService(binding=b.value, location=location) for b, location in logout],
        assertion_consumer_service=[
            md.AssertionConsumerService(
                binding=binding.value, location=acs_url, index=str(index), is_default="false" if index else "true"
            )
            for index, binding in answers
        ],
    )
    return _tree(md.EntityDescriptor(id=id, entity_id=entity_id, spsso_descriptor=descriptor))


def _key_descriptor(use: str, key: Key) -> md.KeyDescriptor:
    value = base64.b64encode(key.certificate.public_bytes(Encoding.DER)).decode()
    data = xmldsig.X509Data(x509_certificate=[xmldsig.X509Certificate(text=value)])
    return md.KeyDescriptor(use=use, key_info=xmldsig.KeyInfo(x509_data=[data]))


# --- a second opinion


class Objection(Exception):
    """pysaml2 does not accept an answer; the message names its reason, without anything of the document."""


@dataclasses.dataclass(frozen=True)
class Opinion:
    """Whom pysaml2 reads in an answer, to be compared with our own reading."""

    name_id: str
    values: frozenset[str]  # of all attributes


def second_opinion(
    response: bytes,
    idp: IdentityProvider,
    keys: Keys,
    at: datetime,
    *,
    entity_id: str,
    acs_url: str,
    request_id: str,
    skew: int,
) -> Opinion:
    """What pysaml2 makes of an answer. It looks at the machine's clock itself.

    :param skew: seconds by which the clocks may differ.
    :raises Objection: it refuses, or returns an object that it could not fill.
    """
    context = OwnSecurity(idp, keys, at)
    answer = AuthnResponse(
        context,
        attribute_converters=[],
        entity_id=entity_id,
        return_addrs=[acs_url],
        outstanding_queries={request_id: "asked"},
        timeslack=skew,
        asynchop=True,
        allow_unsolicited=False,
        allow_unknown_attributes=True,
        want_response_signed=True,
        conv_info={"entity_id": entity_id},
    )
    try:
        answer.loads(response.decode(), False, origxml=response.decode())
        verified = answer.verify()
    except Exception as error:
        # Whatever it raises is a refusal; its messages hold the document.
        raise Objection(type(error).__name__) from None
    if verified is None or not answer.assertion or answer.name_id is None or not answer.ava:
        raise Objection("an answer that it could not read")
    values = frozenset(str(value).strip() for found in answer.ava.values() for value in found)
    return Opinion((answer.name_id.text or "").strip(), values)


class OwnSecurity(sigver.SecurityContext):
    """What pysaml2 asks about signatures, answered by `signatures`: no program `xmlsec1`, no temporary files, no SHA-1."""

    def __init__(self, idp: IdentityProvider, keys: Keys, at: datetime) -> None:
        super().__init__(OwnCrypto(keys), enc_key_files=["own"])
        self._idp = idp
        self._at = at

    def _check_signature(
        self,
        decoded_xml: str | bytes,
        item: saml2.SamlBase,
        node_name: str = sigver.NODE_NAME,
        origdoc: str | bytes | None = None,
        must: bool = False,
        only_valid_cert: bool = False,
        issuer: saml.Issuer | None = None,
    ) -> saml2.SamlBase:
        """`item`, which pysaml2 has read in `decoded_xml`, if its element there fits the schema and is signed by the provider.

        pysaml2's own way ends here, with signatures and with the schema: it validates what it writes itself, where types such as
        eIDAS's have lost their prefix.
        """
        try:
            root = parsing.parse(_octets(decoded_xml))
            found = [element for element in root.iter(_clark(node_name)) if element.get("ID") == item.id]
            if len(found) != 1 or _text_of(item.issuer or issuer) != self._idp.entity_id:
                raise sigver.SignatureError("another element, or another issuer")
            alone = parsing.cut_out(found[0])
            schema.validate(etree.tostring(alone, encoding="unicode"))
            signatures.verify(alone, self._idp.certificates, self._at)
        except schema.XMLSchemaError:
            raise sigver.SignatureError("does not fit the schema") from None
        except Refused as refused:
            raise sigver.SignatureError(refused.reason.value) from None
        return item


class OwnCrypto(sigver.CryptoBackend):
    """pysaml2's crypto backend, as much of it as is asked for: decryption by `encryption`."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def decrypt(self, enctext: str | bytes, key_file: str) -> str:
        """The document with its EncryptedAssertion opened."""
        try:
            root = parsing.parse(_octets(enctext))
            opened: dict[str, str] = {}
            for number, holder in enumerate(list(root.iter(f"{{{SAML}}}EncryptedAssertion"))):
                content = parsing.parse(encryption.decrypt(holder, self._keys))
                holder[:] = [etree.Element(f"opened-{number}")]
                opened[f"<opened-{number}/>"] = etree.tostring(content, encoding="unicode")
        except Refused as refused:
            raise sigver.DecryptError(refused.reason.value) from None
        document = etree.tostring(root, encoding="unicode")
        # Put in as text: moved as a tree it would take over the prefixes around it, and its own signature would not hold any more.
        for place, content in opened.items():
            document = document.replace(place, content)
        return document


def _octets(document: str | bytes) -> bytes:
    return document.encode() if isinstance(document, str) else document


def _text_of(issuer: saml.Issuer | None) -> str:
    return (issuer.text or "").strip() if issuer is not None else ""


def _clark(node_name: str) -> str:
    """`urn:…:protocol:Response`, as pysaml2 names a class, as lxml names its element."""
    namespace, _, name = node_name.rpartition(":")
    return f"{{{namespace}}}{name}"
