"""A little service provider for the tests of the sandbox's identity providers: its keys, its metadata, its messages, its decryption."""

from __future__ import annotations

import base64
import datetime as dt
import uuid
from typing import Any

import requests
import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

NS = {
    "a": "urn:oasis:names:tc:SAML:2.0:assertion",
    "p": "urn:oasis:names:tc:SAML:2.0:protocol",
    "md": "urn:oasis:names:tc:SAML:2.0:metadata",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
    "xenc": "http://www.w3.org/2001/04/xmlenc#",
    "xenc11": "http://www.w3.org/2009/xmlenc11#",
    "dsig11": "http://www.w3.org/2009/xmldsig11#",
    "soap": "http://schemas.xmlsoap.org/soap/envelope/",
}
BINDING = "urn:oasis:names:tc:SAML:2.0:bindings:"
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
ENTITY_ID = "https://portal.przyklad.test/saml"


class Key:
    """A private key with a certificate of its own."""

    def __init__(self, kind: str) -> None:
        self.private: Any = (
            ec.generate_private_key(ec.SECP256R1()) if kind == "ec" else rsa.generate_private_key(65537, 2048)
        )
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Serwis")])
        today = dt.datetime.now(dt.UTC)
        builder = x509.CertificateBuilder(name, name, self.private.public_key(), x509.random_serial_number())
        builder = builder.not_valid_before(today - dt.timedelta(days=1)).not_valid_after(today + dt.timedelta(days=9))
        self.certificate = builder.sign(self.private, hashes.SHA256())

    @property
    def pem(self) -> bytes:
        return self.private.private_bytes(Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())

    @property
    def text(self) -> str:
        return base64.b64encode(self.certificate.public_bytes(Encoding.DER)).decode()

    def sign(self, root: Any, digest: Any = xmlsec.constants.TransformSha256) -> Any:
        """Put an enveloped signature after the Issuer; the root in a document of its own."""
        curve = isinstance(self.private, ec.EllipticCurvePrivateKey)
        method = xmlsec.constants.TransformEcdsaSha256 if curve else xmlsec.constants.TransformRsaSha256
        signature = xmlsec.template.create(root, xmlsec.constants.TransformExclC14N, method, ns="ds")
        reference = xmlsec.template.add_reference(signature, digest, uri="#" + root.get("ID"))
        xmlsec.template.add_transform(reference, xmlsec.constants.TransformEnveloped)
        xmlsec.template.add_transform(reference, xmlsec.constants.TransformExclC14N)
        root.insert(1, signature)
        context = xmlsec.SignatureContext()
        context.key = xmlsec.Key.from_memory(self.pem, xmlsec.constants.KeyDataFormatPem)
        context.register_id(root, "ID")
        context.sign(signature)
        return root


class ServiceProvider:
    """A service that speaks to the sandbox as the portal does; a WSGI application for what comes from there."""

    def __init__(self) -> None:
        self.keys = {kind: Key(kind) for kind in ("ec", "rsa")}
        self.address = ""
        self.got: list[etree._Element] = []  # messages that came by SOAP
        self.logout_status = 200

    def __call__(self, environ: Any, start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] == "/saml/metadata":
            start_response("200 OK", [("Content-Type", "application/samlmetadata+xml")])
            return [self.metadata().encode()]
        if environ["PATH_INFO"] == "/saml/slo" and self.logout_status == 200:
            body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
            self.got.append(out_of_envelope(body))
            start_response("200 OK", [("Content-Type", "text/xml")])
            return [envelope(self.logout_response(self.got[-1].get("ID")))]
        start_response("500 Internal Server Error", [("Content-Type", "text/plain")])
        return [b""]

    def metadata(self) -> str:
        """Both kinds of keys for both uses."""
        descriptors = "".join(
            f'<md:KeyDescriptor use="{use}"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{key.text}</ds:X509Certificate>'
            f"</ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
            for use in ("signing", "encryption")
            for key in self.keys.values()
        )
        services = (
            ("SingleLogoutService", "SOAP", "slo", ""),
            ("SingleLogoutService", "HTTP-Redirect", "slo", ""),
            ("SingleLogoutService", "HTTP-POST", "slo", ""),
            ("AssertionConsumerService", "HTTP-Artifact", "acs", 'index="0"'),
            ("AssertionConsumerService", "HTTP-POST", "acs", 'index="1"'),
        )
        elements = "".join(
            f'<md:{kind} Binding="{BINDING}{binding}" Location="{self.address}/saml/{path}" {more}/>'
            for kind, binding, path, more in services
        )
        return (
            f'<md:EntityDescriptor xmlns:md="{NS["md"]}" xmlns:ds="{NS["ds"]}" entityID="{ENTITY_ID}">'
            f'<md:SPSSODescriptor protocolSupportEnumeration="{NS["p"]}">{descriptors}{elements}</md:SPSSODescriptor>'
            "</md:EntityDescriptor>"
        )

    def message(self, kind: str, inside: str, **attributes: str) -> Any:
        """A message with its head; not signed."""
        values = {"ID": f"ID-{uuid.uuid4()}", "Version": "2.0", "IssueInstant": instant()} | attributes
        head = " ".join(f'{name}="{value}"' for name, value in values.items() if value)
        return etree.fromstring(
            f'<p:{kind} xmlns:p="{NS["p"]}" xmlns:a="{NS["a"]}" {head}><a:Issuer>{ENTITY_ID}</a:Issuer>{inside}</p:{kind}>'
        )

    def authn_request(self, destination: str, inside: str = "", **attributes: str) -> Any:
        """The question to Węzeł Krajowy; not signed."""
        asked = "http://eidas.europa.eu/attributes/naturalperson/PersonIdentifier"
        inside = inside or (
            '<p:Extensions xmlns:eidas="http://eidas.europa.eu/saml-extensions"><eidas:SPType>public</eidas:SPType>'
            f'<eidas:RequestedAttributes><eidas:RequestedAttribute Name="{asked}" isRequired="true" '
            'NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri"/></eidas:RequestedAttributes></p:Extensions>'
            '<p:NameIDPolicy Format="urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified" AllowCreate="true"/>'
            '<p:RequestedAuthnContext Comparison="minimum"><a:AuthnContextClassRef>'
            "http://eidas.europa.eu/LoA/substantial</a:AuthnContextClassRef></p:RequestedAuthnContext>"
        )
        values = {
            "Destination": destination,
            "ForceAuthn": "true",
            "ProtocolBinding": f"{BINDING}HTTP-Artifact",
            "AssertionConsumerServiceURL": f"{self.address}/saml/acs",
            "ProviderName": "Portal „próbny”",
        }
        return self.message("AuthnRequest", inside, **(values | attributes))

    def logout_request(self, destination: str, name_id: str, index: str) -> Any:
        """Signed."""
        inside = f"<a:NameID>{name_id}</a:NameID><p:SessionIndex>{index}</p:SessionIndex>"
        return self.keys["ec"].sign(self.message("LogoutRequest", inside, Destination=destination))

    def logout_response(self, request_id: str) -> Any:
        """Signed."""
        inside = f'<p:Status><p:StatusCode Value="{SUCCESS}"/></p:Status>'
        return self.keys["ec"].sign(self.message("LogoutResponse", inside, InResponseTo=request_id))

    def artifact_resolve(self, artifact: str) -> Any:
        """Signed."""
        return self.keys["ec"].sign(self.message("ArtifactResolve", f"<p:Artifact>{artifact}</p:Artifact>"))

    def resolve(self, address: str, artifact: str) -> requests.Response:
        """Ask for what an artifact stands for."""
        return post_soap(f"{address}/login-services/idpArtifactResolutionService", self.artifact_resolve(artifact))

    def decrypt(self, data: etree._Element) -> etree._Element:
        """The element in an xenc:EncryptedData."""
        key = data.find("ds:KeyInfo/xenc:EncryptedKey", NS)
        wrapped, body = cipher_value(key), cipher_value(data)
        agreement = key.find("ds:KeyInfo/xenc:AgreementMethod", NS)
        content_key = self._transported(wrapped) if agreement is None else self._agreed(agreement, wrapped)
        return etree.fromstring(AESGCM(content_key).decrypt(body[:12], body[12:], None))

    def _transported(self, wrapped: bytes) -> bytes:
        oaep = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)
        return self.keys["rsa"].private.decrypt(wrapped, oaep)

    def _agreed(self, agreement: etree._Element, wrapped: bytes) -> bytes:
        parameters = agreement.find("xenc11:KeyDerivationMethod/xenc11:ConcatKDFParams", NS)
        info = bytes.fromhex("".join(parameters.get(n) for n in ("AlgorithmID", "PartyUInfo", "PartyVInfo")))
        point = base64.b64decode(agreement.findtext("xenc:OriginatorKeyInfo/ds:KeyValue/*/dsig11:PublicKey", None, NS))
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        shared = self.keys["ec"].private.exchange(ec.ECDH(), public)
        return aes_key_unwrap(ConcatKDFHash(hashes.SHA256(), 32, info).derive(shared), wrapped)


def cipher_value(element: etree._Element) -> bytes:
    return base64.b64decode(element.findtext("xenc:CipherData/xenc:CipherValue", None, NS))


def envelope(message: Any) -> bytes:
    inside = etree.tostring(message)
    return b'<s:Envelope xmlns:s="%s"><s:Body>%s</s:Body></s:Envelope>' % (NS["soap"].encode(), inside)


def out_of_envelope(body: bytes) -> Any:
    """The message in a document of its own."""
    return etree.fromstring(etree.tostring(etree.fromstring(body).find("soap:Body", NS)[0]))


def post_soap(address: str, message: Any) -> requests.Response:
    return requests.post(address, data=envelope(message), headers={"Content-Type": "text/xml"}, timeout=60)


def instant(shift: float = 0) -> str:
    return (dt.datetime.now(dt.UTC) + dt.timedelta(seconds=shift)).isoformat().replace("+00:00", "Z")


def signed_by(element: Any, metadata: bytes) -> bool:
    """Whether a signature in the element is right, by the first key of the metadata; the naive check."""
    found = element.find("ds:Signature", NS)
    certificates = etree.fromstring(metadata).findall(".//md:IDPSSODescriptor//ds:X509Certificate", NS)
    for certificate in certificates:
        pem = f"-----BEGIN CERTIFICATE-----\n{certificate.text}\n-----END CERTIFICATE-----\n".encode()
        context = xmlsec.SignatureContext()
        context.key = xmlsec.Key.from_memory(pem, xmlsec.constants.KeyDataFormatCertPem)
        try:
            for each in element.getroottree().getroot().iter(etree.Element):
                if each.get("ID"):
                    context.register_id(each, "ID")
            context.verify(found)
            return True
        except (xmlsec.Error, TypeError):
            continue
    return False
