"""A SAML 2.0 identity provider: what it is called, its addresses and keys, the questions it has open, the people signed in.

Owns the state of one provider, in memory behind a lock, and the files that a portal configures it by. Knows nothing of HTTP but
to fetch the service provider's metadata and to send it a logout.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import secrets
import threading
from pathlib import Path
from typing import Any

import requests

from boi_portal.sandbox.authority import replace_file
from boi_portal.sandbox.identity import answers, metadata, mischief, signatures
from boi_portal.sandbox.identity.answers import PLAIN_NAMES, SAML2, WEZEL, Answer
from boi_portal.sandbox.identity.asking import Asked
from boi_portal.sandbox.identity.documents import (
    MessageError,
    find,
    in_envelope,
    instant,
    now,
    out_of_envelope,
    parse,
    tag,
    text_of,
    written,
)
from boi_portal.sandbox.identity.keys import DAY, KeyRing, SigningKey
from boi_portal.sandbox.identity.metadata import POST, REDIRECT, SOAP, Service, ServiceProvider
from boi_portal.sandbox.people import Citizen

TIMEOUT = 30  # seconds, for requests to the service provider
KEPT = 1000  # open questions, artifacts and sessions, each


@dataclasses.dataclass(frozen=True)
class Profile:
    """What makes one provider differ from another."""

    name: str  # of its files and routes
    title: str
    kind: str  # `wezel-krajowy` | `saml2`
    entity_id: str
    path: str  # before each of its addresses
    level: str
    services: tuple[tuple[str, str, str], ...]  # kind, binding, path

    @property
    def key_kind(self) -> str:
        """`ec` or `rsa`."""
        return "ec" if self.kind == WEZEL else "rsa"


NATIONAL = Profile(
    name="wezel",
    title="Profil zaufany (piaskownica)",
    kind=WEZEL,
    entity_id="wezel.piaskownica.example",
    path="",
    level="substantial",
    services=(
        ("ArtifactResolutionService", SOAP, "/login-services/idpArtifactResolutionService"),
        ("SingleLogoutService", SOAP, "/login-services/singleLogoutService"),
        ("SingleSignOnService", POST, "/login/SingleSignOnService"),
    ),
)
STANDARD = Profile(
    name="samorzad",
    title="Logowanie samorządowe (piaskownica)",
    kind=SAML2,
    entity_id="https://samorzad.piaskownica.example/saml",
    path="/krajowy-inny",
    level="substantial",
    services=(
        ("SingleLogoutService", REDIRECT, "/wylogowanie"),
        ("SingleLogoutService", POST, "/wylogowanie"),
        ("SingleSignOnService", REDIRECT, "/logowanie"),
    ),
)
PROFILES = (NATIONAL, STANDARD)


@dataclasses.dataclass(frozen=True)
class SignedIn:
    """Somebody who is signed in at the provider for a service."""

    index: str  # SessionIndex
    citizen: Citizen
    service: ServiceProvider
    level: str
    since: str


class Switches:
    """The ways to misbehave that are on now, for every provider of the process."""

    def __init__(self, known: set[str], slowness: float) -> None:
        """`known` are the names there are, `slowness` is how many seconds an answer takes that never comes."""
        self._known = known
        self._slowness = slowness
        self._on: set[str] = set()
        self._changed = threading.Condition()

    @property
    def on(self) -> set[str]:
        """Names that are on."""
        with self._changed:
            return set(self._on)

    def set(self, names: set[str]) -> None:
        """Turn these on and all others off; whoever waits for nothing goes on."""
        with self._changed:
            self._on = names & self._known
            self._changed.notify_all()

    def dawdle(self) -> None:
        """Wait as long as a slow answer takes, or until the switches change."""
        with self._changed:
            self._changed.wait(self._slowness)


class Provider:
    """One SAML 2.0 identity provider."""

    def __init__(
        self, profile: Profile, folder: Path, private: Path, address: str, portal: str, switches: Switches
    ) -> None:
        """`folder` is where its YAML and metadata are published, `address` and `portal` carry no slash at the end."""
        self.profile, self.switches = profile, switches
        self.base = address + profile.path
        self._folder, self._portal = folder, portal
        self.ring = KeyRing(private, profile.name, profile.title, profile.key_kind)
        self._lock = threading.Lock()
        self._asked: dict[str, Asked] = {}
        self._artifacts: dict[str, tuple[Answer, bytes]] = {}
        self._sessions: dict[str, SignedIn] = {}
        self._logouts: dict[str, ServiceProvider] = {}
        self._last = ("", b"")

    # its files

    def metadata(self) -> bytes:
        """The metadata as they are published now."""
        on = self.switches.on
        until = now() + (-DAY if "expired-metadata" in on else metadata.LIFETIME)
        keys, signer = self.ring.published, self.ring.signing
        if "expired-certificate" in on:
            keys, signer = [key.renewed(expired=True) for key in keys], signer.renewed(expired=True)
        services = [Service(kind, binding, self.base + path) for kind, binding, path in self.profile.services]
        return metadata.described(self.profile.entity_id, keys, services, signer, until)

    def publish(self) -> None:
        """Write the files by which a portal knows the provider."""
        self._folder.mkdir(parents=True, exist_ok=True)
        name = f"{self.profile.name}-metadata.xml"
        settings = {
            "title": self.profile.title,
            "profile": self.profile.kind,
            "metadata": name,
            "loa": self.profile.level,
            "provider_name": "Biuro Obsługi Interesanta",
        }
        if self.profile.kind == SAML2:
            names = zip(("pesel", "first_name", "last_name", "birth_date"), PLAIN_NAMES.values(), strict=True)
            settings["attributes"] = "{" + ", ".join(f"{key}: {value}" for key, value in names) + "}"
        lines = "".join(f"{key}: {value}\n" for key, value in settings.items())
        replace_file(self._folder / name, self.metadata())
        replace_file(self._folder / f"{self.profile.name}.yaml", lines.encode())

    def location(self, kind: str, binding: str) -> str:
        """The address of one of its services."""
        path = next(path for found, bound, path in self.profile.services if (found, bound) == (kind, binding))
        return self.base + path

    # signing in

    def service(self) -> ServiceProvider:
        """The portal, by its metadata of this moment.

        :raises MessageError: they cannot be fetched, or are not in order.
        """
        try:
            answer = requests.get(f"{self._portal}/saml/metadata", timeout=TIMEOUT)
            answer.raise_for_status()
        except requests.RequestException as error:
            raise MessageError("Nie udało się pobrać metadanych portalu.") from error
        return ServiceProvider.read(answer.content)

    def remember(self, asked: Asked) -> str:
        """Keep a question until somebody answers it; returns the secret to find it by."""
        with self._lock:
            return kept(self._asked, asked)

    def asked(self, token: str) -> Asked | None:
        """The open question of a secret."""
        with self._lock:
            return self._asked.get(token)

    def answered(self, token: str, citizen: Citizen, level: str, chosen: set[str]) -> tuple[Answer, bytes] | None:
        """Answer an open question: somebody signs in. Gives the answer and the Response; None where the question is gone."""
        asked = self._taken(token)
        if asked is None:
            return None
        answer = self._answer(asked, citizen, level)
        ways = (chosen | self.switches.on) & mischief.BY_NAME.keys()
        mischief.spoil(answer, ways)
        made = answers.response(answer)
        with self._lock:
            index = answer.assertion_id
            if not ways:  # what a service has accepted can be sent again
                self._last = (answer.assertion_id, made)
            self._sessions[index] = SignedIn(index, citizen, asked.service, answer.level, instant(now()))
            keep_few(self._sessions)
        return answer, made

    def refused(self, token: str, citizen: Citizen) -> tuple[Answer, bytes] | None:
        """Answer an open question: nobody signs in."""
        asked = self._taken(token)
        if asked is None:
            return None
        answer = self._answer(asked, citizen, asked.level)
        answer.status = answers.AUTHN_FAILED
        return answer, answers.response(answer)

    def _taken(self, token: str) -> Asked | None:
        with self._lock:
            return self._asked.pop(token, None)

    def _answer(self, asked: Asked, citizen: Citizen, level: str) -> Answer:
        last_id, last_response = self._last
        signer = self.ring.signing
        if "expired-certificate" in self.switches.on:
            signer = signer.renewed(expired=True)
        return Answer(
            profile=self.profile.kind,
            issuer=self.profile.entity_id,
            audience=asked.service.entity_id,
            consumer=asked.consumer,
            recipient=asked.consumer,
            destination=None if self.profile.kind == WEZEL else asked.consumer,
            request_id=asked.id,
            confirmed_request_id=asked.id,
            citizen=citizen,
            level=level,
            signer=signer,
            strangers_key=self.ring.stranger(),
            encrypt_to=asked.service.encryption_key(self.profile.key_kind),
            relay_state=asked.relay_state,
            last_assertion_id=last_id,
            last_response=last_response,
        )

    # artifacts

    def artifact_for(self, answer: Answer, response: bytes) -> str:
        """A SAML 2.0 artifact (type 4) that stands for a Response until it is asked for once."""
        source = hashlib.sha1(self.profile.entity_id.encode(), usedforsecurity=False).digest()
        artifact = base64.b64encode(b"\x00\x04\x00\x00" + source + secrets.token_bytes(20)).decode()
        with self._lock:
            self._artifacts[artifact] = (answer, response)
            keep_few(self._artifacts)
        return artifact

    def resolved(self, artifact: str) -> tuple[Answer, bytes] | None:
        """What an artifact stands for, the first time."""
        with self._lock:
            return self._artifacts.pop(artifact, None)

    # sessions

    @property
    def sessions(self) -> list[SignedIn]:
        """Who is signed in, latest last."""
        with self._lock:
            return list(self._sessions.values())

    def end(self, name_id: str, indexes: list[str]) -> bool:
        """End the sessions of a person, all of them where none is named; whether there was one."""
        with self._lock:
            ended = [
                s.index
                for s in self._sessions.values()
                if s.citizen.name_id == name_id and (not indexes or s.index in indexes)
            ]
            for index in ended:
                del self._sessions[index]
        return bool(ended)

    def session(self, index: str) -> SignedIn | None:
        """The session of an index."""
        with self._lock:
            return self._sessions.get(index)

    def expect_logout(self, request_id: str, service: ServiceProvider) -> None:
        """Keep in mind that a service was asked, with the browser, to log somebody out."""
        with self._lock:
            self._logouts[request_id] = service
            keep_few(self._logouts)

    def expected_logout(self, request_id: str) -> ServiceProvider | None:
        """The service that was asked so, the first time."""
        with self._lock:
            return self._logouts.pop(request_id, None)

    def logout_signer(self, kind: str) -> SigningKey | None:
        """Whose key signs a logout message; `kind` is `request` or `response`; None where it is to be sent unsigned."""
        on = self.switches.on
        if f"unsigned-logout-{kind}" in on:
            return None
        return self.ring.stranger() if f"foreign-logout-{kind}" in on else self.ring.signing

    def sign_logout(self, message: Any, kind: str) -> Any:
        """Sign a logout message in itself, as `logout_signer` says."""
        signer = self.logout_signer(kind)
        if signer is not None:
            signatures.sign(message, signer)
        return message

    def logout_request(self, session: SignedIn, location: str) -> Any:
        """An unsigned LogoutRequest to the service; the session here is over."""
        form = answers.name_format(self.profile.kind)
        message = answers.logout_request(self.profile.entity_id, location, session.citizen.name_id, form, session.index)
        self.end(session.citizen.name_id, [session.index])
        return message

    def log_out_everywhere(self, session: SignedIn) -> str:
        """End a session here and, by SOAP, at the service. Returns the status that the service answered with.

        :raises MessageError: the service has no such address, did not answer, or not so that it can be believed.
        """
        location = session.service.at("SingleLogoutService", SOAP)
        if not location:
            raise MessageError("Metadane serwisu nie mają adresu wylogowania (SOAP).")
        message = self.logout_request(session, location)
        body = written(in_envelope(self.sign_logout(message, "request")))
        headers = {"Content-Type": "text/xml; charset=utf-8"}
        try:
            answer = requests.post(location, data=body, headers=headers, timeout=TIMEOUT)
        except requests.RequestException as error:
            raise MessageError("Serwis nie odpowiedział na żądanie wylogowania.") from error
        if answer.status_code != 200:
            raise MessageError(f"Serwis odpowiedział na żądanie wylogowania błędem {answer.status_code}.")
        return logout_status(out_of_envelope(parse(answer.content)), session.service, message.get("ID"))


def logout_status(response: Any, service: ServiceProvider, request_id: str, signed: bool = True) -> str:
    """The status in a service's LogoutResponse; `signed` is False where the signature was not in it and was checked.

    :raises MessageError: it cannot be believed.
    """
    if signed:
        signatures.verify(response, service.signing_pems)
    if response.tag != tag("saml2p:LogoutResponse") or text_of(response, "saml2:Issuer") != service.entity_id:
        raise MessageError("To nie jest odpowiedź tego serwisu na wylogowanie.")
    if response.get("InResponseTo") != request_id:
        raise MessageError("Serwis odpowiedział na inne żądanie wylogowania.")
    code = find(response, "saml2p:Status/saml2p:StatusCode")
    return "" if code is None else code.get("Value", "")


def kept(store: dict[str, Any], value: Any) -> str:
    """Keep a value under a new secret, which is returned."""
    token = secrets.token_urlsafe(24)
    store[token] = value
    keep_few(store)
    return token


def keep_few(store: dict[str, Any]) -> None:
    """Forget the oldest, so that a process that runs for long does not grow."""
    while len(store) > KEPT:
        del store[next(iter(store))]
