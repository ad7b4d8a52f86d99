"""The identity providers that the portal trusts: their files, their metadata, and whether these still hold.

Owns the folder `boi.identity_providers`: `NAME.yaml` says what the office has settled with a provider, the metadata file beside it is the
provider's own. Metadata are looked at again whenever they are used, so that a file put in its place needs no restart (roll-over of
keys), and what has ended is not believed a minute longer.
"""

from __future__ import annotations

import dataclasses
import enum
import logging
import re
import threading
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from boi_portal.identity.idp import IdentityProvider, read_metadata
from boi_portal.identity.keys import KeyKind, Keys
from boi_portal.identity.messages import Binding, LoA
from boi_portal.identity.refusals import ConfigurationError, Refused

log = logging.getLogger(__name__)

WARN_DAYS = 30
MAX_SKEW = 60  # seconds
NATURAL_PERSON = "http://eidas.europa.eu/attributes/naturalperson/"

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?\Z")
_REQUIRED_ATTRIBUTES = ("pesel", "first_name", "last_name")


class Profile(enum.StrEnum):
    """Which kind of conversation: the national node's, or the standard one."""

    WEZEL_KRAJOWY = "wezel-krajowy"
    SAML2 = "saml2"


@dataclasses.dataclass(frozen=True)
class Attributes:
    """Under which names the provider tells who the person is; no `birth_date` where it does not tell."""

    pesel: str = NATURAL_PERSON + "PersonIdentifier"
    first_name: str = NATURAL_PERSON + "CurrentGivenName"
    last_name: str = NATURAL_PERSON + "CurrentFamilyName"
    birth_date: str | None = NATURAL_PERSON + "DateOfBirth"


class MetadataFile:
    """Metadata on disk; read again when the file changes. A new file that is wrong leaves the old one in force, and is told by `broken`."""

    def __init__(self, path: Path, entity_id: str = "", pinned: x509.Certificate | None = None) -> None:
        self.path = path
        self._entity_id = entity_id
        self._pinned = pinned
        self._lock = threading.Lock()
        self._stamp: tuple[int, ...] = ()
        self.broken = ""  # why the file as it is now cannot be used
        self._stamp, self._current = self._read()

    def current(self) -> IdentityProvider:
        """What the metadata say now."""
        with self._lock:
            try:
                if self._look() != self._stamp:
                    self._stamp, self._current = self._read()
                    log.info("identity provider metadata read again", extra={"file": self.path.name})
                self.broken = ""
            except ConfigurationError as error:
                if not self.broken:
                    log.error("identity provider metadata broken", extra={"file": self.path.name, "reason": str(error)})
                self.broken = str(error)
            return self._current

    def _look(self) -> tuple[int, ...]:
        try:
            stat = self.path.stat()
        except OSError as error:
            raise ConfigurationError(f"{self.path}: {error.strerror}") from error
        return (stat.st_mtime_ns, stat.st_size, stat.st_ino)

    def _read(self) -> tuple[tuple[int, ...], IdentityProvider]:
        stamp = self._look()
        try:
            return stamp, read_metadata(self.path.read_bytes(), self._entity_id, self._pinned)
        except OSError as error:
            raise ConfigurationError(f"{self.path}: {error.strerror}") from error
        except ConfigurationError as error:
            raise ConfigurationError(f"{self.path}: {error}") from error


@dataclasses.dataclass(frozen=True)
class Provider:
    """An identity provider and what the office has settled with it."""

    name: str  # of its file; what the database knows it by
    title: str  # what people read, e.g. „profil zaufany”
    profile: Profile
    source: MetadataFile = dataclasses.field(repr=False, compare=False)
    loa: LoA = LoA.SUBSTANTIAL  # the least that is asked for
    provider_name: str = ""  # the portal's name, as registered with the provider
    skew: int = MAX_SKEW  # seconds by which the clocks may differ
    max_age: int = 120  # seconds since an answer was issued, at most
    answer: Binding = Binding.POST  # how the answer comes: POST or ARTIFACT
    sign_with: tuple[KeyKind, ...] = (KeyKind.RSA, KeyKind.EC)  # kinds of key, the preferred one first
    attributes: Attributes = Attributes()
    levels: Mapping[str, LoA] = dataclasses.field(default_factory=lambda: {level.uri: level for level in LoA})
    tls_ca: Path | None = None  # PEM with the issuer of the provider's TLS certificate, where it is no public one

    def idp(self, at: datetime) -> IdentityProvider:
        """The provider's metadata, if they hold.

        :raises Refused: `METADATA_EXPIRED` or `CERTIFICATE_EXPIRED`.
        """
        found = self.source.current()
        try:
            found.check(at)
        except Refused as refused:
            log.warning("identity provider not usable", extra={"provider": self.name, "reason": refused.reason.value})
            raise
        return found


class Providers:
    """The providers of a folder, by name."""

    def __init__(self, providers: tuple[Provider, ...] = ()) -> None:
        self._providers = {provider.name: provider for provider in providers}

    @classmethod
    def from_folder(cls, folder: Path) -> Providers:
        """Read every `NAME.yaml`.

        :raises ConfigurationError: the folder or a file in it cannot be used.
        """
        if not folder.is_dir():
            raise ConfigurationError(f"{folder}: no such folder")
        providers = tuple(read_provider(file) for file in sorted(folder.glob("*.yaml")))
        entities = [provider.source.current().entity_id for provider in providers]
        for entity_id in entities:
            if entities.count(entity_id) > 1:
                raise ConfigurationError(f"{folder}: two files are about {entity_id}")
        return cls(providers)

    def __iter__(self) -> Iterator[Provider]:
        return iter(self._providers.values())

    def __len__(self) -> int:
        return len(self._providers)

    def get(self, name: str) -> Provider | None:
        """The provider of that name."""
        return self._providers.get(name)

    def by_entity_id(self, entity_id: str) -> Provider | None:
        """The provider that calls itself so."""
        return next((provider for provider in self if provider.source.current().entity_id == entity_id), None)


class Trouble(enum.StrEnum):
    """What can go wrong with files while the portal runs."""

    METADATA_BROKEN = "metadata-broken"
    METADATA_ENDS = "metadata-ends"
    CERTIFICATE_ENDS = "certificate-ends"
    KEY_ENDS = "key-ends"
    NO_KEY = "no-key"  # the portal has none now that the provider understands


@dataclasses.dataclass(frozen=True)
class Finding:
    """Something that an admin must see to: what, of which provider (or which key's file), until when, and whether it is too late."""

    trouble: Trouble
    name: str
    ends: datetime | None
    ended: bool
    detail: str = ""


def health(providers: Providers, keys: Keys, at: datetime, days: int = WARN_DAYS) -> list[Finding]:
    """What has ended, or ends within so many days: metadata, the last certificate of a provider, the last key of a kind.

    Also what is wrong now: metadata that cannot be read, a provider for which the portal has no key.
    """
    findings = [finding for provider in providers for finding in _provider_findings(provider, keys, at)]
    for kind in KeyKind:
        of_kind = [key for key in keys.all if key.kind is kind]
        if of_kind:
            last = max(of_kind, key=lambda key: key.not_after)
            findings.append(Finding(Trouble.KEY_ENDS, last.name, last.not_after, last.not_after < at))
    soon = at + timedelta(days=days)
    return [finding for finding in findings if finding.ends is None or finding.ends < soon]


def _provider_findings(provider: Provider, keys: Keys, at: datetime) -> Iterator[Finding]:
    idp = provider.source.current()
    if provider.source.broken:
        yield Finding(Trouble.METADATA_BROKEN, provider.name, None, False, provider.source.broken)
    if idp.valid_until is not None:
        yield Finding(Trouble.METADATA_ENDS, provider.name, idp.valid_until, idp.valid_until <= at)
    if not any(key.kind in provider.sign_with and key.valid(at) for key in keys.all):
        yield Finding(Trouble.NO_KEY, provider.name, None, True)
    yield Finding(Trouble.CERTIFICATE_ENDS, provider.name, idp.not_after, idp.not_after < at)


# --- one file


def read_provider(file: Path) -> Provider:
    """The provider that a YAML file describes.

    :raises ConfigurationError: the file, or one that it names, cannot be used; the message says which and why.
    """
    try:
        return _Reader(file).provider()
    except ConfigurationError as error:
        raise ConfigurationError(f"{file}: {error}") from error


class _Reader:
    """Takes keys out of a YAML mapping, so that what is left over is unknown."""

    def __init__(self, file: Path) -> None:
        self._file = file
        try:
            data = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, YAMLError) as error:
            raise ConfigurationError(str(error)) from error
        if not isinstance(data, dict):
            raise ConfigurationError("a mapping of keys is expected")
        self._data: dict[Any, Any] = dict(data)

    def provider(self) -> Provider:
        name = self._file.stem
        if not _NAME.match(name):
            raise ConfigurationError("the file's name may have small letters, digits and hyphens, at most 40")
        profile = Profile(self._choice("profile", [profile.value for profile in Profile]))
        settled = self._settled(profile)
        made = Provider(name=name, title=self._text("title"), profile=profile, source=self._source(), **settled)
        if self._data:
            raise ConfigurationError(f"unknown keys: {', '.join(map(str, self._data))}")
        return made

    def _settled(self, profile: Profile) -> dict[str, Any]:
        settled: dict[str, Any] = {
            "loa": LoA[self._choice("loa", [level.name.lower() for level in LoA], "substantial").upper()],
            "provider_name": self._text("provider_name", ""),
            "skew": self._number("skew", MAX_SKEW, range(0, MAX_SKEW + 1)),
            "max_age": self._number("max_age", 120, range(30, 601)),
            "tls_ca": self._path("tls_ca"),
        }
        if profile is Profile.WEZEL_KRAJOWY:
            return {**settled, "answer": Binding.ARTIFACT, "sign_with": (KeyKind.EC,)}
        return {
            **settled,
            "answer": Binding[self._choice("answer", ["post", "artifact"], "post").upper()],
            "attributes": self._attributes(),
            "levels": self._levels(),
        }

    def _source(self) -> MetadataFile:
        path, pinned = self._path("metadata"), self._path("metadata_certificate")
        entity_id = self._text("entity_id", "")
        if path is None:
            raise ConfigurationError("metadata: the name of the provider's metadata file is expected")
        try:
            certificate = x509.load_pem_x509_certificate(pinned.read_bytes()) if pinned else None
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"metadata_certificate: {error}") from error
        return MetadataFile(path, entity_id, certificate)

    def _attributes(self) -> Attributes:
        given = self._data.pop("attributes", None)
        names = [field.name for field in dataclasses.fields(Attributes)]
        if (
            not isinstance(given, dict)
            or set(given) - set(names)
            or set(_REQUIRED_ATTRIBUTES) - set(given)
            or not all(isinstance(value, str) and value.strip() for value in given.values())
        ):
            raise ConfigurationError(
                f"attributes: the provider's names of {', '.join(names)} are expected (birth_date may be left out)"
            )
        return Attributes(**{"birth_date": None, **{name: value.strip() for name, value in given.items()}})

    def _levels(self) -> dict[str, LoA]:
        given = self._data.pop("levels", None)
        known = {level.name.lower(): level for level in LoA}
        if given is None:
            return {level.uri: level for level in LoA}
        if not isinstance(given, dict) or not given or not set(map(str, given.values())) <= set(known):
            raise ConfigurationError(
                "levels: for each of the provider's authentication contexts one of low, substantial, high"
            )
        return {str(uri): known[str(level)] for uri, level in given.items()}

    def _text(self, key: str, default: str | None = None) -> str:
        value = self._data.pop(key, default)
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise ConfigurationError(f"{key}: a text is expected")
        return value.strip()

    def _choice(self, key: str, known: list[str], default: str | None = None) -> str:
        value = self._text(key, default)
        if value not in known:
            raise ConfigurationError(f"{key}: one of {', '.join(known)} is expected, not {value!r}")
        return value

    def _number(self, key: str, default: int, allowed: range) -> int:
        value = self._data.pop(key, default)
        if type(value) is not int or value not in allowed:
            raise ConfigurationError(f"{key}: a number from {allowed.start} to {allowed.stop - 1} is expected")
        return value

    def _path(self, key: str) -> Path | None:
        value = self._text(key, "")
        return self._file.parent / value if value else None
