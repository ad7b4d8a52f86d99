"""What identity providers send: Response, ArtifactResponse, LogoutRequest, LogoutResponse, made from an `Answer`.

An `Answer` holds every decision about one answer; in order when it is made, and then spoilt by `mischief`. Here it becomes XML, and nothing
here asks whether that is right.
"""

from __future__ import annotations

import dataclasses
import datetime as dt

from cryptography import x509
from lxml import etree

from boi_portal.sandbox.identity import encryption, signatures, wrapping
from boi_portal.sandbox.identity.documents import (
    LEVELS,
    MESSAGE_PREFIXES,
    PERSISTENT,
    UNSPECIFIED,
    copied,
    in_envelope,
    instant,
    make,
    new_id,
    now,
    tag,
    written,
)
from boi_portal.sandbox.identity.keys import SigningKey
from boi_portal.sandbox.people import Citizen, Person

SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
RESPONDER = "urn:oasis:names:tc:SAML:2.0:status:Responder"
REQUESTER = "urn:oasis:names:tc:SAML:2.0:status:Requester"
AUTHN_FAILED = "urn:oasis:names:tc:SAML:2.0:status:AuthnFailed"
UNKNOWN_PRINCIPAL = "urn:oasis:names:tc:SAML:2.0:status:UnknownPrincipal"
WEZEL, SAML2 = "wezel-krajowy", "saml2"
LARGE = 2 * 1024 * 1024  # bytes of a document that is too large
_ATTRIBUTES = "http://eidas.europa.eu/attributes/naturalperson/"
_NAME_FORMAT = "urn:oasis:names:tc:SAML:2.0:attrname-format:"
# what the provider of standard SAML calls them
PLAIN_NAMES = {
    "PersonIdentifier": "pesel",
    "CurrentGivenName": "imie",
    "CurrentFamilyName": "nazwisko",
    "DateOfBirth": "dataUrodzenia",
}
_MINUTE = dt.timedelta(minutes=1)
_FORGED = Person.computed("Fałszywa", "Podstawiona", dt.date(1990, 1, 1), 9990)


@dataclasses.dataclass
class Answer:
    """Everything that decides what one answer looks like."""

    profile: str
    issuer: str
    audience: str
    consumer: str  # where the answer goes
    recipient: str  # where it says that it goes
    request_id: str | None
    citizen: Citizen
    level: str
    signer: SigningKey
    strangers_key: SigningKey  # of nobody whom the service knows
    encrypt_to: x509.Certificate
    relay_state: str | None
    last_assertion_id: str  # of the answer before
    last_response: bytes  # the same
    destination: str | None = None
    confirmed_request_id: str | None = None  # in SubjectConfirmationData
    artifact_request_id: str | None = None  # None: the ArtifactResolve's own
    status: str = SUCCESS
    response_id: str = dataclasses.field(default_factory=new_id)
    assertion_id: str = dataclasses.field(default_factory=lambda: f"_{new_id()}")
    clock: dt.timedelta = dt.timedelta(0)  # how far the provider's clock is ahead
    issued: dt.datetime = dataclasses.field(default_factory=now)
    valid_from: dt.datetime = dataclasses.field(default_factory=now)
    valid_until: dt.datetime = dataclasses.field(default_factory=lambda: now() + 50 * _MINUTE)
    conditions: bool = True
    audience_restriction: bool = True
    attributes: bool = True
    comment_in: str = ""  # `NameID` or `PersonIdentifier`
    sign_assertion: bool = False
    sign_response: bool = True
    sign_artifact: bool = True
    digest: str = "sha256"
    mac: bool = False  # sign by HMAC with the public key
    key_bytes: int = 32
    altered: bool = False
    wrapped: str = ""  # a name of `wrapping.WAYS`
    artifact_wrapped: str = ""
    replay: bool = False
    link: str = ""  # `down` | `slow`: what becomes of the question for the artifact
    document: str = ""  # `dtd` | `entities` | `external-entity` | `large`

    @property
    def succeeded(self) -> bool:
        """Whether somebody is named."""
        return self.status == SUCCESS

    def time(self, moment: dt.datetime) -> str:
        """A moment by the provider's clock."""
        return instant(moment + self.clock)


def response(answer: Answer) -> bytes:
    """The signed saml2p:Response, spoilt as the answer says."""
    if answer.replay and answer.last_response:
        return answer.last_response
    root = _signed_response(answer)
    if answer.altered and answer.succeeded:
        forged = dataclasses.replace(answer, citizen=_forged_citizen(answer.citizen))
        root.replace(root[-1], _statement(forged))
    if answer.wrapped and answer.succeeded:
        root = _wrapped_response(answer, root)
    return written(root)


def artifact_response(
    answer: Answer | None, issuer: str, inner: bytes, request_id: str, signer: SigningKey, status: str = ""
) -> bytes:
    """A SOAP envelope with the signed ArtifactResponse; `answer` is None, and `inner` empty, where nothing waits."""
    if answer is None:
        root = _artifact_response(issuer, instant(now()), request_id, status or SUCCESS, b"")
        signatures.sign(root, signer)
        return written(in_envelope(root))
    asked = answer.artifact_request_id or request_id
    root = _artifact_response(answer.issuer, answer.time(now()), asked, answer.status, inner)
    if answer.wrapped and answer.profile == WEZEL and answer.succeeded:
        _wrap_inside(answer, root)
    if answer.sign_artifact:
        _sign(root, answer)
    envelope = in_envelope(root)
    if answer.artifact_wrapped and answer.succeeded:
        forged_inner = written(_unsigned_response(_forged(answer)))
        forged = _artifact_response(answer.issuer, answer.time(now()), asked, answer.status, forged_inner)
        _put_in_place(root, wrapping.wrapped(answer.artifact_wrapped, root, forged))
    return as_sent(written(envelope), answer)


def as_sent(document: bytes, answer: Answer) -> bytes:
    """The document with what is to be wrong with it as a whole."""
    name = etree.fromstring(document).tag
    root = f"{etree.fromstring(document).prefix}:{etree.QName(name).localname}"
    before, ending = document.rsplit(b"</", 1)
    if answer.document == "dtd":
        return f"<!DOCTYPE {root} [<!ELEMENT {root} ANY>]>".encode() + document
    if answer.document == "entities":
        levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
        return f'<!DOCTYPE {root} [<!ENTITY e0 "ha">{levels}]>'.encode() + before + b"&e9;</" + ending
    if answer.document == "external-entity":
        return (
            f'<!DOCTYPE {root} [<!ENTITY plik SYSTEM "file:///etc/hostname">]>'.encode() + before + b"&plik;</" + ending
        )
    if answer.document == "large":
        return document + b"<!--" + b"x" * LARGE + b"-->"
    return document


def logout_request(issuer: str, destination: str, name_id: str, name_format: str, session_index: str) -> etree._Element:
    """An unsigned saml2p:LogoutRequest."""
    return make(
        "saml2p:LogoutRequest",
        make("saml2:Issuer", issuer),
        make("saml2:NameID", name_id, Format=name_format),
        make("saml2p:SessionIndex", session_index),
        declare=MESSAGE_PREFIXES,
        **_head(new_id(), instant(now())),
        Destination=destination,
        NotOnOrAfter=instant(now() + 5 * _MINUTE),
    )


def logout_response(issuer: str, destination: str | None, request_id: str, status: str) -> etree._Element:
    """An unsigned saml2p:LogoutResponse."""
    return make(
        "saml2p:LogoutResponse",
        make("saml2:Issuer", issuer),
        _status(status),
        declare=MESSAGE_PREFIXES,
        **_head(new_id(), instant(now())),
        Destination=destination,
        InResponseTo=request_id,
    )


def name_format(profile: str) -> str:
    """The format of NameID."""
    return UNSPECIFIED if profile == WEZEL else PERSISTENT


def _head(identifier: str, issued: str) -> dict[str, str]:
    return {"ID": identifier, "IssueInstant": issued, "Version": "2.0"}


def _status(code: str) -> etree._Element:
    """A status. Węzeł Krajowy puts AuthnFailed on the first level, where the standard wants one of its four codes."""
    if code == UNKNOWN_PRINCIPAL:
        return make("saml2p:Status", make("saml2p:StatusCode", make("saml2p:StatusCode", Value=code), Value=REQUESTER))
    return make("saml2p:Status", make("saml2p:StatusCode", Value=code))


def _signed_response(answer: Answer) -> etree._Element:
    root = _unsigned_response(answer)
    if answer.sign_response:
        _sign(root, answer)
    return root


def _unsigned_response(answer: Answer) -> etree._Element:
    status = _status(answer.status)
    if answer.profile == SAML2 and answer.status == AUTHN_FAILED:
        status = make(
            "saml2p:Status", make("saml2p:StatusCode", make("saml2p:StatusCode", Value=AUTHN_FAILED), Value=RESPONDER)
        )
    return make(
        "saml2p:Response",
        make("saml2:Issuer", answer.issuer),
        status,
        _statement(answer) if answer.succeeded else None,
        declare=MESSAGE_PREFIXES,
        **_head(answer.response_id, answer.time(answer.issued)),
        Destination=answer.destination,
        InResponseTo=answer.request_id,
    )


def _sign(element: etree._Element, answer: Answer) -> None:
    if answer.mac:
        signatures.sign_by_mac(element, answer.signer)
    else:
        signatures.sign(element, answer.signer, answer.digest)


def _statement(answer: Answer) -> etree._Element:
    """The assertion as it stands in the Response: encrypted, but in the clear where one is to be wrapped."""
    assertion = _assertion(answer)
    if answer.sign_assertion:
        signatures.sign(assertion, answer.signer, answer.digest)
        assertion = copied(assertion)
    if answer.wrapped in wrapping.NEED_PARENT and answer.profile == SAML2:
        return assertion
    if answer.profile == WEZEL:
        data = encryption.for_curve(assertion, answer.encrypt_to, (answer.issuer, answer.audience), answer.key_bytes)
    else:
        data = encryption.for_rsa(assertion, answer.encrypt_to)
    return make("saml2:EncryptedAssertion", data)


def _assertion(answer: Answer) -> etree._Element:
    confirmation = make(
        "saml2:SubjectConfirmationData",
        InResponseTo=answer.confirmed_request_id,
        NotOnOrAfter=answer.time(answer.valid_until),
        Recipient=answer.recipient,
    )
    name_id = make("saml2:NameID", answer.citizen.name_id, Format=name_format(answer.profile))
    if answer.comment_in == "NameID":
        _break_by_comment(name_id)
    restriction = make("saml2:AudienceRestriction", make("saml2:Audience", answer.audience))
    conditions = make(
        "saml2:Conditions",
        restriction if answer.audience_restriction else None,
        NotBefore=answer.time(answer.valid_from),
        NotOnOrAfter=answer.time(answer.valid_until),
    )
    context = make(
        "saml2:AuthnContext",
        make("saml2:AuthnContextClassRef", LEVELS[answer.level]),
        make("saml2:AuthenticatingAuthority", "pz.piaskownica.example"),
    )
    return make(
        "saml2:Assertion",
        make("saml2:Issuer", answer.issuer),
        make(
            "saml2:Subject",
            name_id,
            make("saml2:SubjectConfirmation", confirmation, Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"),
        ),
        conditions if answer.conditions else None,
        make(
            "saml2:AuthnStatement", context, AuthnInstant=answer.time(answer.issued), SessionIndex=answer.assertion_id
        ),
        _attribute_statement(answer) if answer.attributes else None,
        declare=MESSAGE_PREFIXES,
        **_head(answer.assertion_id, answer.time(answer.issued)),
    )


def _attribute_statement(answer: Answer) -> etree._Element:
    return make("saml2:AttributeStatement", *(_attribute(answer, *each) for each in _values(answer)))


def _values(answer: Answer) -> list[tuple[str, str, str]]:
    """Friendly name, name in eIDAS and text of what is said about the person."""
    person = answer.citizen.person
    return [
        ("FamilyName", "CurrentFamilyName", person.last_name),
        ("DateOfBirth", "DateOfBirth", f"{person.born.isoformat()}Z"),
        ("FirstName", "CurrentGivenName", person.first_name),
        ("PersonIdentifier", "PersonIdentifier", person.pesel),
    ]


def _attribute(answer: Answer, friendly: str, name: str, text: str) -> etree._Element:
    value = make("saml2:AttributeValue", text, declare=("xsi", "naturalperson"))
    if answer.comment_in == name:
        _break_by_comment(value)
    if answer.profile == SAML2:
        return make("saml2:Attribute", value, Name=PLAIN_NAMES[name], NameFormat=f"{_NAME_FORMAT}basic")
    value.set(tag("xsi:type"), f"naturalperson:{name}Type")
    return make(
        "saml2:Attribute", value, FriendlyName=friendly, Name=_ATTRIBUTES + name, NameFormat=f"{_NAME_FORMAT}uri"
    )


def _break_by_comment(element: etree._Element) -> None:
    text = element.text or ""
    comment = etree.Comment("")
    element.text, comment.tail = text[:4], text[4:]
    element.append(comment)


def _forged_citizen(citizen: Citizen) -> Citizen:
    return dataclasses.replace(citizen, person=_FORGED)


def _forged(answer: Answer) -> Answer:
    """What an attacker would have the service read: another person, all else in order."""
    return dataclasses.replace(
        answer,
        citizen=_forged_citizen(answer.citizen),
        response_id=new_id(),
        assertion_id=f"_{new_id()}",
        sign_assertion=False,
    )


def _wrapped_response(answer: Answer, root: etree._Element) -> etree._Element:
    """The Response as a root of its own with a forged one, or (standard SAML) its signed assertion with a forged one."""
    if answer.profile == WEZEL:
        return root  # wrapped inside its ArtifactResponse
    if answer.wrapped in wrapping.NEED_PARENT:
        original = root[-1]
        _put_in_place(original, wrapping.wrapped(answer.wrapped, original, _assertion(_forged(answer))))
        return root
    return wrapping.wrapped(answer.wrapped, root, _unsigned_response(_forged(answer)))[0]


def _wrap_inside(answer: Answer, artifact: etree._Element) -> None:
    original = artifact[-1]
    _put_in_place(original, wrapping.wrapped(answer.wrapped, original, _unsigned_response(_forged(answer))))


def _put_in_place(original: etree._Element, replacements: list[etree._Element]) -> None:
    parent = original.getparent()
    place = parent.index(original)
    parent.remove(original)
    for offset, element in enumerate(replacements):
        parent.insert(place + offset, element)


def _artifact_response(issuer: str, issued: str, request_id: str, status: str, inner: bytes) -> etree._Element:
    return make(
        "saml2p:ArtifactResponse",
        make("saml2:Issuer", issuer),
        _status(status),
        etree.fromstring(inner) if inner else None,
        declare=MESSAGE_PREFIXES,
        **_head(new_id(), issued),
        InResponseTo=request_id,
    )
