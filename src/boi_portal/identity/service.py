"""The portal as a SAML 2.0 service provider: the one interface of this package to the rest of the portal.

Owns the order in which things are asked and checked. Must not keep state: what is pending, and what was seen, the caller keeps.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from lxml import etree

from boi_portal.identity import artifact, gate, signatures, soap
from boi_portal.identity.keys import Key, KeyKind, Keys
from boi_portal.identity.logout import Parcel, deflated, posted, read_request, read_response
from boi_portal.identity.messages import (
    Binding,
    Fetch,
    Incoming,
    LoA,
    LogoutRequest,
    Outgoing,
    PendingQuestion,
    Person,
    Question,
    RemoteSession,
    Seen,
)
from boi_portal.identity.providers import Profile, Provider, Providers
from boi_portal.identity.refusals import Reason, Refused

if TYPE_CHECKING:
    from boi_portal.identity.library import Head

MAX_RELAY_STATE = 80  # bytes; SAML Bindings, 3.5.3
ANSWER_WITHIN = timedelta(hours=1)


@dataclasses.dataclass(frozen=True)
class ServiceProvider:
    """Asks identity providers who somebody is, and judges what they say. Every `at` has a time zone."""

    entity_id: str
    acs_url: str  # where answers come (POST or artifact); one address for both
    slo_url: str  # logout messages with the browser (POST and redirect)
    slo_soap_url: str  # logout messages from server to server
    keys: Keys

    def metadata(self, at: datetime, provider: Provider | None = None) -> bytes:
        """The portal's own metadata, signed; for one provider: with the keys that it understands alone.

        :raises Refused: `NO_KEY`.
        """
        from boi_portal.identity import library

        kinds = provider.sign_with if provider else tuple(KeyKind)
        published = self.keys.published(kinds, at)
        signing = self.keys.signing(kinds, at)
        root = library.metadata(_new_id(), self.entity_id, self.acs_url, self.slo_url, self.slo_soap_url, published)
        return b'<?xml version="1.0" encoding="UTF-8"?>\n' + signatures.sign(root, signing)

    def authn_request(
        self, provider: Provider, at: datetime, relay_state: str, loa: LoA | None = None, fresh: bool | None = None
    ) -> Question:
        """A question to send with the browser.

        :param relay_state: at most 80 bytes, not to be guessed: by it the caller finds the question again.
        :param loa: None: what is settled with the provider; a lower one is raised to it.
        :param fresh: whether the person must prove anew who they are; None: as the profile has it (the national node: always).
        :raises Refused: `METADATA_EXPIRED`, `CERTIFICATE_EXPIRED`, `NO_KEY`, `NOT_SUPPORTED`.
        """
        from boi_portal.identity import library

        idp = provider.idp(at)
        binding = _first(idp.sign_on, (Binding.POST, Binding.REDIRECT), "sign-on")
        level = max(loa or provider.loa, provider.loa)
        national = provider.profile is Profile.WEZEL_KRAJOWY
        pending = PendingQuestion(
            id=_new_id(),
            provider=provider.name,
            loa=level,
            relay_state=relay_state,
            issued_at=at,
            fresh=national if fresh is None else fresh,
        )
        names = dataclasses.astuple(provider.attributes) if national else ()
        message = library.authn_request(
            self._head(pending.id, at, idp.sign_on[binding].location),
            acs_url=self.acs_url,
            answer=provider.answer,
            contexts=_contexts(provider, level),
            comparison="minimum" if national else "exact",
            fresh=pending.fresh,
            provider_name=provider.provider_name,
            attributes=[name for name in names if name],
        )
        return Question(self._sent(provider, binding, "SAMLRequest", message, at, relay_state), pending)

    def answer(
        self,
        provider: Provider,
        pending: PendingQuestion,
        form: Mapping[str, str],
        at: datetime,
        seen: Seen,
        fetch: Fetch,
    ) -> Person:
        """Who the person is that `form` (`SAMLResponse` or `SAMLart`, and `RelayState`) is about.

        :param pending: taken out of the caller's memory before.
        :raises Refused: for any reason; nothing of the answer may be used then.
        :raises Unreachable: the provider's artifact service is down.
        """
        if pending.provider != provider.name:
            raise Refused(Reason.WRONG_REQUEST, "another provider was asked")
        if not _same(pending.relay_state, form.get("RelayState", "")):
            raise Refused(Reason.WRONG_RELAY_STATE, "the answer belongs to another session")
        if at > pending.issued_at + ANSWER_WITHIN:
            raise Refused(Reason.QUESTION_EXPIRED, "asked too long ago")
        idp = provider.idp(at)
        expected = gate.Expected(
            provider=provider,
            idp=idp,
            pending=pending,
            entity_id=self.entity_id,
            acs_url=self.acs_url,
            at=at,
            must_have_destination=provider.answer is Binding.POST,
        )
        person = self._judged(self._response(expected, form, fetch), expected)
        until = person.not_on_or_after + 2 * expected.skew
        if not seen.first_time(f"{provider.name} {person.assertion_id}", until):
            raise Refused(Reason.REPLAYED, "the assertion was used before")
        return person

    def logout_request(
        self, provider: Provider, session: RemoteSession, at: datetime, relay_state: str = ""
    ) -> Outgoing:
        """A request to end the person's session at the provider.

        By SOAP where it offers that (then `log_out` sends it), else with the browser.

        :raises Refused: `NOT_SUPPORTED` where the provider has no logout, and as `authn_request`.
        """
        from boi_portal.identity import library

        idp = provider.idp(at)
        binding = _first(idp.logout, (Binding.SOAP, Binding.REDIRECT, Binding.POST), "logout")
        head = self._head(_new_id(), at, idp.logout[binding].location)
        return self._sent(provider, binding, "SAMLRequest", library.logout_request(head, session), at, relay_state)

    def log_out(self, provider: Provider, request: Outgoing, at: datetime, fetch: Fetch) -> None:
        """Send a SOAP request for logout and read the answer.

        :raises Refused: the answer is not to be believed, or says no (`PROVIDER_ERROR`).
        :raises Unreachable: no answer.
        """
        if request.binding is not Binding.SOAP:
            raise ValueError("only a SOAP request is sent from here")
        answer = Incoming.soap(fetch(request.destination, request.body))
        read_response(Parcel.open(answer, "SAMLResponse"), provider, self.slo_soap_url, request.id, at)

    def read_logout_request(self, providers: Providers, message: Incoming, at: datetime, seen: Seen) -> LogoutRequest:
        """A provider's request to end sessions here.

        :raises Refused: for any reason; nothing may be ended then.
        """
        parcel = Parcel.open(message, "SAMLRequest")
        provider = providers.by_entity_id(parcel.issuer())
        if provider is None:
            raise Refused(Reason.WRONG_ISSUER, "a logout request from nobody we know")
        return read_request(parcel, provider, self._own(parcel.binding), at, seen)

    def logout_response(
        self, provider: Provider, request: LogoutRequest, at: datetime, success: bool = True
    ) -> Outgoing:
        """The answer to a provider's request, by the way it came (for SOAP: `body` of our HTTP response)."""
        from boi_portal.identity import library

        idp = provider.idp(at)
        binding = request.binding
        if binding is not Binding.SOAP:
            binding = _first(idp.logout, (request.binding, Binding.REDIRECT, Binding.POST), "logout")
        destination = idp.logout[binding].response_location if binding in idp.logout else ""
        message = library.logout_response(self._head(_new_id(), at, destination), request.id, success)
        return self._sent(provider, binding, "SAMLResponse", message, at, request.relay_state)

    def read_logout_response(self, provider: Provider, message: Incoming, request_id: str, at: datetime) -> None:
        """A provider's answer to our request that went with the browser.

        :raises Refused: the answer is not to be believed, or says no (`PROVIDER_ERROR`).
        """
        if message.binding is Binding.SOAP:
            raise Refused(Reason.WRONG_BINDING, "an answer that nobody waits for")
        read_response(Parcel.open(message, "SAMLResponse"), provider, self.slo_url, request_id, at)

    # --- parts

    def _own(self, binding: Binding) -> str:
        return self.slo_soap_url if binding is Binding.SOAP else self.slo_url

    def _head(self, id: str, at: datetime, destination: str) -> Head:
        from boi_portal.identity import library

        return library.Head(id, self.entity_id, at.astimezone(UTC), destination)

    def _key(self, provider: Provider, at: datetime) -> Key:
        return self.keys.signing(provider.sign_with, at)

    def _sent(
        self, provider: Provider, binding: Binding, name: str, message: etree._Element, at: datetime, relay_state: str
    ) -> Outgoing:
        """The message, signed as its binding wants it. Its root has `ID` and `Destination`."""
        if len(relay_state.encode()) > MAX_RELAY_STATE:
            raise ValueError(f"a RelayState of more than {MAX_RELAY_STATE} bytes")
        key, id, destination = self._key(provider, at), message.get("ID", ""), message.get("Destination", "")
        if binding is Binding.REDIRECT:
            value = base64.b64encode(deflated(etree.tostring(message))).decode()
            state = [("RelayState", relay_state)] if relay_state else []
            query = signatures.signed_query([(name, value), *state], key)
            joint = "&" if "?" in destination else "?"
            return Outgoing(id, binding, destination, url=f"{destination}{joint}{query}")
        signed = signatures.sign(message, key)
        if binding is Binding.SOAP:
            return Outgoing(id, binding, destination, body=soap.wrap(signed))
        fields = {name: base64.b64encode(signed).decode()}
        return Outgoing(
            id, binding, destination, fields={**fields, **({"RelayState": relay_state} if relay_state else {})}
        )

    def _response(self, expected: gate.Expected, form: Mapping[str, str], fetch: Fetch) -> bytes:
        """The Response that the form holds or refers to.

        The id of an ArtifactResolve follows from question and artifact: a caller who must begin again after a conflict may give what the
        provider answered the first time, which it answers once.
        """
        provider, at = expected.provider, expected.at
        given = {name for name in ("SAMLResponse", "SAMLart") if form.get(name)}
        wanted = "SAMLart" if provider.answer is Binding.ARTIFACT else "SAMLResponse"
        if given != {wanted}:
            raise Refused(Reason.WRONG_BINDING, f"{wanted} and nothing else is expected")
        if wanted == "SAMLResponse":
            return posted(form[wanted])
        from boi_portal.identity import library

        given_artifact = form[wanted].strip()
        address = artifact.resolution_service(given_artifact, expected.idp)
        resolve_id = f"_{hashlib.sha256(f'{expected.pending.id} {given_artifact}'.encode()).hexdigest()[:40]}"
        message = library.artifact_resolve(self._head(resolve_id, at, address), given_artifact)
        signed = signatures.sign(message, self._key(provider, at))
        return artifact.resolve(address, resolve_id, signed, provider, expected.idp, at, fetch)

    def _judged(self, response: bytes, expected: gate.Expected) -> Person:
        """Two judges hear the answer, pysaml2 and then the gate; both must accept it, and see the same person.

        The gate is heard even when pysaml2 objects, because it tells the reason.
        """
        from boi_portal.identity import library

        signed = gate.verified(response, expected)
        objection, opinion = "", None
        try:
            opinion = library.second_opinion(
                response,
                expected.idp,
                self.keys,
                expected.at,
                entity_id=self.entity_id,
                acs_url=self.acs_url,
                request_id=expected.pending.id,
                skew=expected.provider.skew,
            )
        except library.Objection as found:
            objection = str(found)
        person = gate.judge(signed, expected, self.keys)
        if opinion is None:
            raise Refused(Reason.LIBRARY, objection)
        if opinion.name_id != person.session.name_id or person.person_id not in opinion.values:
            raise Refused(Reason.LIBRARY, "two readings of one answer")
        return person


def fetch(provider: Provider) -> Fetch:
    """The way to a provider's SOAP services: with time-outs and a limit of size, TLS checked."""
    return soap.HttpFetch(provider.tls_ca)


def _same(ours: str, theirs: str) -> bool:
    """Compare in a time that tells nothing; a form may hold what is no text at all."""
    return hmac.compare_digest(ours.encode(), theirs.encode(errors="surrogatepass"))


def _new_id() -> str:
    """An identifier that nobody guesses, and that begins as XML wants it."""
    return f"_{secrets.token_hex(20)}"


def _first(offered: Mapping[Binding, object], wanted: tuple[Binding, ...], what: str) -> Binding:
    for binding in wanted:
        if binding in offered:
            return binding
    raise Refused(Reason.NOT_SUPPORTED, f"the provider's metadata offer no {what} that we know")


def _contexts(provider: Provider, level: LoA) -> list[str]:
    """What to ask for: at the national node the level and better ones, elsewhere one of all that are good enough."""
    if provider.profile is Profile.WEZEL_KRAJOWY:
        return [level.uri]
    return [uri for uri, known in provider.levels.items() if known >= level]
