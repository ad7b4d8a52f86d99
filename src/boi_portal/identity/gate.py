"""The gate that every answer of an identity provider passes: what `security.md` of the project demands, whatever the library says.

Owns the judgement. It reads nothing but what a key of the provider has signed, and whatever is not exactly what was asked for is
refused. Must not fetch or remember anything.
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from datetime import date, datetime, timedelta

from lxml import etree
from stdnum.pl import pesel

from boi_portal.identity import encryption, idp, parsing, signatures
from boi_portal.identity.idp import IdentityProvider
from boi_portal.identity.keys import Keys
from boi_portal.identity.messages import LoA, PendingQuestion, Person, RemoteSession
from boi_portal.identity.parsing import DS, SAML, SAMLP, children, only, text
from boi_portal.identity.providers import Provider
from boi_portal.identity.refusals import Reason, Refused

ENTITY = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
_STATUS = "urn:oasis:names:tc:SAML:2.0:status:"
SUCCESS = _STATUS + "Success"
# The person gave up or failed; the national node says so at the top, others below `Responder`.
_DECLINED = {
    _STATUS + name for name in ("AuthnFailed", "RequestDenied", "UnknownPrincipal", "NoAuthnContext", "NoPassive")
}

MAX_NAME = 200  # characters
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:Z|[+-][0-9]{2}:[0-9]{2})?")
_PESEL = re.compile(r"[0-9]{11}")


@dataclasses.dataclass(frozen=True)
class Expected:
    """What an answer is held against."""

    provider: Provider
    idp: IdentityProvider
    pending: PendingQuestion
    entity_id: str  # the portal's
    acs_url: str
    at: datetime
    must_have_destination: (
        bool  # an answer that came with the browser says where it was to go; one by artifact need not
    )

    @property
    def skew(self) -> timedelta:
        """By how much clocks may differ."""
        return timedelta(seconds=self.provider.skew)


def _saml(name: str) -> str:
    return f"{{{SAML}}}{name}"


def _samlp(name: str) -> str:
    return f"{{{SAMLP}}}{name}"


@dataclasses.dataclass(frozen=True)
class Verified:
    """A Response signed by the provider: as it came, and what of it is signed, which is all that may be read."""

    root: etree._Element
    content: etree._Element


def verified(response: bytes, expected: Expected) -> Verified:
    """The Response, if a key of the provider has signed all of it.

    :raises Refused: it is not one signed Response with at most one assertion.
    """
    root = parsing.parse(response)
    if root.tag != _samlp("Response"):
        raise Refused(Reason.STRUCTURE, f"{etree.QName(root).localname} instead of Response")
    if len(_assertions(root)) > 1:
        raise Refused(Reason.SEVERAL_ASSERTIONS, "more than one assertion")
    return Verified(root, signatures.verify(root, expected.idp.certificates, expected.at))


def judge(answer: Verified, expected: Expected, keys: Keys) -> Person:
    """Who has signed in.

    :raises Refused: for the first thing that is wrong.
    """
    response = answer.content
    check_head(response, expected.idp, expected.at, expected.provider)
    if response.get("InResponseTo") != expected.pending.id:
        raise Refused(Reason.WRONG_REQUEST, "the answer is to another question, or to none")
    _not_before_question(response, expected)
    destination = response.get("Destination")
    if destination != expected.acs_url and (expected.must_have_destination or destination is not None):
        raise Refused(Reason.WRONG_DESTINATION, "the answer was to go elsewhere")
    check_status(response)
    assertion = _assertion(answer, expected, keys)
    return _person(assertion, expected)


def check_head(message: etree._Element, provider_idp: IdentityProvider, at: datetime, provider: Provider) -> None:
    """Version, issuer and age, which all messages have.

    :raises Refused: `STRUCTURE`, `WRONG_ISSUER`, `ISSUED_LONG_AGO` or `NOT_YET_VALID`.
    """
    if message.get("Version") != "2.0" or not message.get("ID"):
        raise Refused(Reason.STRUCTURE, "no SAML 2.0 message with an ID")
    issuer = only(message, _saml("Issuer"))
    if text(issuer) != provider_idp.entity_id or issuer.get("Format", ENTITY) != ENTITY:
        raise Refused(Reason.WRONG_ISSUER, "issued by somebody else")
    issued = idp.time(message.get("IssueInstant", ""))
    skew = timedelta(seconds=provider.skew)
    if issued > at + skew:
        raise Refused(Reason.NOT_YET_VALID, "issued in the future")
    if issued < at - skew - timedelta(seconds=provider.max_age):
        raise Refused(Reason.ISSUED_LONG_AGO, f"issued {int((at - issued).total_seconds())} seconds ago")


def check_status(message: etree._Element) -> None:
    """The provider says that all went well.

    :raises Refused: `DECLINED` or `PROVIDER_ERROR`.
    """
    outer = only(only(message, _samlp("Status")), _samlp("StatusCode"))
    codes = [code.get("Value", "") for code in outer.iter(_samlp("StatusCode"))]
    if codes[0] == SUCCESS:
        return
    if _DECLINED & set(codes):
        raise Refused(Reason.DECLINED, codes[-1].rpartition(":")[2][:40])
    raise Refused(Reason.PROVIDER_ERROR, codes[-1].rpartition(":")[2][:40])


def _assertions(root: etree._Element) -> list[etree._Element]:
    return [*root.iter(_saml("Assertion")), *root.iter(_saml("EncryptedAssertion"))]


def _not_before_question(element: etree._Element, expected: Expected) -> None:
    if idp.time(element.get("IssueInstant", "")) < expected.pending.issued_at - expected.skew:
        raise Refused(Reason.ISSUED_LONG_AGO, "issued before it was asked for")


def _assertion(answer: Verified, expected: Expected, keys: Keys) -> etree._Element:
    """The one assertion, decrypted; its own signature, which it need not have, holds too.

    It is cut out of what came: the canonical form may lack namespaces that its own signature counts on. The whole of what came is
    signed, so nothing is read that is not.
    """
    found = _assertions(answer.root)
    if len(found) != 1 or found[0].getparent() is not answer.root:
        raise Refused(Reason.SEVERAL_ASSERTIONS if found else Reason.STRUCTURE, f"{len(found)} assertions")
    if found[0].tag == _saml("EncryptedAssertion"):
        assertion = parsing.parse(encryption.decrypt(found[0], keys))
    else:
        assertion = parsing.cut_out(found[0])
    if assertion.tag != _saml("Assertion"):
        raise Refused(Reason.STRUCTURE, "no assertion was encrypted")
    if len(_assertions(assertion)) != 1:
        raise Refused(Reason.SEVERAL_ASSERTIONS, "an assertion within another")
    if next(assertion.iter(f"{{{DS}}}Signature"), None) is not None:
        assertion = signatures.verify(assertion, expected.idp.certificates, expected.at)
    if next(assertion.iter(f"{{{DS}}}Signature"), None) is not None:
        raise Refused(Reason.STRUCTURE, "a signature within the assertion")
    check_head(assertion, expected.idp, expected.at, expected.provider)
    _not_before_question(assertion, expected)
    return assertion


def _person(assertion: etree._Element, expected: Expected) -> Person:
    subject = only(assertion, _saml("Subject"))
    _check_confirmation(subject, expected)
    until = _check_conditions(assertion, expected)
    statement = only(assertion, _saml("AuthnStatement"))
    loa = _level(statement, expected)
    values = _attributes(assertion)
    names = expected.provider.attributes
    return Person(
        provider=expected.provider.name,
        person_id=_person_id(_value(values, names.pesel)),
        first_name=_name(_value(values, names.first_name)),
        last_name=_name(_value(values, names.last_name)),
        birth_date=_birth_date(_value(values, names.birth_date)) if names.birth_date else None,
        loa=loa,
        session=_session(subject, statement, expected),
        assertion_id=assertion.get("ID", ""),
        not_on_or_after=until,
    )


def _check_confirmation(subject: etree._Element, expected: Expected) -> None:
    confirmations = children(subject, _saml("SubjectConfirmation"))
    bearers = [confirmation for confirmation in confirmations if confirmation.get("Method") == BEARER]
    if len(bearers) != 1:
        raise Refused(Reason.WRONG_RECIPIENT, f"{len(bearers)} confirmations for the one who brings it")
    data = only(bearers[0], _saml("SubjectConfirmationData"))
    if data.get("InResponseTo") != expected.pending.id:
        raise Refused(Reason.WRONG_REQUEST, "the assertion is for another question, or for none")
    if data.get("Recipient") != expected.acs_url:
        raise Refused(Reason.WRONG_RECIPIENT, "the assertion is for somebody else")
    _check_window(data, expected)


def _check_conditions(assertion: etree._Element, expected: Expected) -> datetime:
    """Conditions hold, and name the portal; returns until when."""
    found = children(assertion, _saml("Conditions"))
    if len(found) != 1:
        raise Refused(Reason.NO_CONDITIONS, f"{len(found)} Conditions")
    conditions = found[0]
    until = _check_window(conditions, expected)
    known = {_saml("AudienceRestriction"), _saml("OneTimeUse"), _saml("ProxyRestriction")}
    if {child.tag for child in children(conditions)} - known:
        raise Refused(Reason.NOT_SUPPORTED, "an unknown condition")
    restrictions = children(conditions, _saml("AudienceRestriction"))
    for restriction in restrictions:
        if expected.entity_id not in [text(audience) for audience in children(restriction, _saml("Audience"))]:
            raise Refused(Reason.WRONG_AUDIENCE, "meant for another service")
    if not restrictions:
        raise Refused(Reason.WRONG_AUDIENCE, "meant for any service")
    return until


def _check_window(element: etree._Element, expected: Expected) -> datetime:
    """The time now lies in the element's; it must have an end, which is returned."""
    if not element.get("NotOnOrAfter"):
        raise Refused(Reason.EXPIRED, f"{etree.QName(element).localname} without an end")
    until = idp.time(element.get("NotOnOrAfter", ""))
    if expected.at >= until + expected.skew:
        raise Refused(Reason.EXPIRED, f"{etree.QName(element).localname} has ended")
    if element.get("NotBefore") and idp.time(element.get("NotBefore", "")) > expected.at + expected.skew:
        raise Refused(Reason.NOT_YET_VALID, f"{etree.QName(element).localname} has not begun")
    return until


def _level(statement: etree._Element, expected: Expected) -> LoA:
    ends = statement.get("SessionNotOnOrAfter")
    if ends and expected.at >= idp.time(ends) + expected.skew:
        raise Refused(Reason.EXPIRED, "the provider's session has ended")
    proved = idp.time(statement.get("AuthnInstant", ""))
    if proved > expected.at + expected.skew:
        raise Refused(Reason.NOT_YET_VALID, "signed in in the future")
    if expected.pending.fresh and proved < expected.pending.issued_at - expected.skew:
        raise Refused(Reason.ISSUED_LONG_AGO, "signed in before it was asked for")
    context = text(only(only(statement, _saml("AuthnContext")), _saml("AuthnContextClassRef")))
    level = expected.provider.levels.get(context)
    if level is None or level < expected.pending.loa:
        raise Refused(
            Reason.LOA_TOO_LOW, f"{context.rpartition('/')[2][:40]} where {expected.pending.loa.name} was asked for"
        )
    return level


def _session(subject: etree._Element, statement: etree._Element, expected: Expected) -> RemoteSession:
    if children(subject, _saml("EncryptedID")):
        raise Refused(Reason.NOT_SUPPORTED, "an encrypted NameID")
    name_id = only(subject, _saml("NameID"))
    if not text(name_id):
        raise Refused(Reason.MISSING_ATTRIBUTE, "an empty NameID")
    return RemoteSession(
        provider=expected.provider.name,
        name_id=text(name_id),
        name_id_format=name_id.get("Format", ""),
        name_qualifier=name_id.get("NameQualifier", ""),
        sp_name_qualifier=name_id.get("SPNameQualifier", ""),
        session_index=statement.get("SessionIndex", ""),
    )


def _attributes(assertion: etree._Element) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for statement in children(assertion, _saml("AttributeStatement")):
        for attribute in children(statement):
            if attribute.tag != _saml("Attribute"):
                raise Refused(Reason.NOT_SUPPORTED, "an encrypted attribute")
            name = attribute.get("Name", "")
            if name in found:
                raise Refused(Reason.BAD_ATTRIBUTE, "an attribute given twice")
            found[name] = [_text_or_nothing(value) for value in children(attribute, _saml("AttributeValue"))]
    return found


def _text_or_nothing(value: etree._Element) -> str:
    """Other attributes than those that are read may hold elements."""
    return "" if len(value) else text(value)


def _value(values: dict[str, list[str]], name: str) -> str:
    found = values.get(name, [])
    if len(found) > 1:
        raise Refused(Reason.BAD_ATTRIBUTE, f"several values of {name.rpartition('/')[2]}")
    if not found or not found[0]:
        raise Refused(Reason.MISSING_ATTRIBUTE, f"no {name.rpartition('/')[2]}")
    return found[0]


def _person_id(value: str) -> str:
    if not _PESEL.fullmatch(value) or not pesel.is_valid(value):
        raise Refused(Reason.BAD_ATTRIBUTE, "the person's number is no PESEL")
    return value


def _name(value: str) -> str:
    if len(value) > MAX_NAME or any(unicodedata.category(character).startswith("C") for character in value):
        raise Refused(Reason.BAD_ATTRIBUTE, "a name that is none")
    return unicodedata.normalize("NFC", value)


def _birth_date(value: str) -> date:
    """An xs:date, with or without a time zone: `1987-02-22Z`."""
    match = _DATE.fullmatch(value)
    try:
        if match:
            return date.fromisoformat(match.group(1))
    except ValueError:
        pass
    raise Refused(Reason.BAD_ATTRIBUTE, "a date of birth that is none")
