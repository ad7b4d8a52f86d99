"""The keys that lie outside the database, and what they are for: sealing personal numbers, and chaining the audit trail.

A key file has a line `chain BASE64` and one or more lines `key BASE64` of 32 bytes each. The first `key` seals, the others still open what
they have sealed; `chain` never changes. The file is read again when it has changed, so that a running portal follows a rotation.

What is sealed is AES-256-GCM with a random nonce and the record's id as associated data: a sealed value that is copied to another
record does not open there. Owns the file and the form of a sealed value; knows nothing of what is sealed.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import hashlib
import os
import secrets
import weakref
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ..settings import SettingsError
from .store import DATABASE

KEY_FILE = "personal.keys"  # in `boi.var` of a development portal
KEY_BYTES = 32
ID_BYTES = 8
NONCE_BYTES = 12
FORM = b"\x01"  # of a sealed value: FORM, id of the key, nonce, ciphertext with its tag
HEAD = len(FORM) + ID_BYTES
REMARK = """\
# Keys of the portal's personal data; the first `key` encrypts. Without this file the numbers are lost:
# keep a copy of it, apart from the database.
"""
MAKE = "Make one with: boi keys make"


class KeysError(SettingsError):
    """The key file is missing, open to others or not of its form; the message says what to do."""


class SealedError(RuntimeError):
    """A sealed value cannot be opened with the keys at hand, or was altered or moved."""


@dataclasses.dataclass(frozen=True)
class Keys:
    """What a key file holds; `sealing` has the newest key first."""

    chain: bytes
    sealing: tuple[bytes, ...]

    @classmethod
    def make(cls) -> Keys:
        """New keys."""
        return cls(secrets.token_bytes(KEY_BYTES), (secrets.token_bytes(KEY_BYTES),))

    @classmethod
    def read(cls, path: Path, private: bool) -> Keys:
        """The keys of a file. With `private` it is refused when others than its owner may read it.

        :raises KeysError: there is none, or it cannot be used.
        """
        try:
            mode, text = path.stat().st_mode, path.read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise KeysError(f"boi.personal_keys: {path} cannot be read ({type(error).__name__}). {MAKE}") from None
        if private and mode & 0o077:
            raise KeysError(f"boi.personal_keys: {path} can be read by others. Run: chmod 600 {path}")
        named = [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")]
        chain = [_decoded(path, words[1:]) for words in named if words[0] == "chain"]
        sealing = [_decoded(path, words[1:]) for words in named if words[0] == "key"]
        if len(chain) != 1 or not sealing or len(chain) + len(sealing) != len(named):
            raise KeysError(f"boi.personal_keys: {path} must have one line `chain` and at least one line `key`.")
        return cls(chain[0], tuple(sealing))

    def rotated(self) -> Keys:
        """With a new key before the others."""
        return Keys(self.chain, (secrets.token_bytes(KEY_BYTES), *self.sealing))

    def newest_only(self) -> Keys:
        """Without the keys that only open."""
        return Keys(self.chain, self.sealing[:1])

    def write(self, path: Path) -> None:
        """Put the file in its place as a whole, readable by its owner alone."""
        lines = [f"chain {_encoded(self.chain)}\n", *(f"key {_encoded(key)}\n" for key in self.sealing)]
        beside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
            out.write(REMARK + "".join(lines))
            out.flush()
            os.fsync(out.fileno())
        if path.exists() and os.geteuid() == 0:  # an admin's command must not take the file from the portal's user
            os.chown(beside, path.stat().st_uid, path.stat().st_gid)
        beside.replace(path)


def _encoded(key: bytes) -> str:
    return base64.b64encode(key).decode("ascii")


def _decoded(path: Path, words: list[str]) -> bytes:
    try:
        key = base64.b64decode("".join(words), validate=True)
    except binascii.Error:
        key = b""
    if len(key) != KEY_BYTES:
        raise KeysError(f"boi.personal_keys: a key in {path} is not {KEY_BYTES} bytes in Base64.")
    return key


def key_id(key: bytes) -> bytes:
    """By what a key is known without being told."""
    return hashlib.sha256(b"boi key id\0" + key).digest()[:ID_BYTES]


class Keyring:
    """The keys of one portal, as its file has them now. With `private`, production's rules hold for the file."""

    def __init__(self, path: Path, private: bool = False) -> None:
        self.path = path
        self.private = private
        self._stamp: tuple[int, ...] = ()
        self._keys: Keys
        self._ciphers: dict[bytes, AESGCM] = {}
        self.keys()

    def keys(self) -> Keys:
        """The keys; the file is read again where it has changed.

        :raises KeysError: it cannot be used.
        """
        try:
            facts = self.path.stat()
        except OSError:
            raise KeysError(f"boi.personal_keys: there is no file {self.path}. {MAKE}") from None
        stamp = (facts.st_ino, facts.st_mtime_ns, facts.st_size, facts.st_mode)
        if stamp != self._stamp:
            keys = Keys.read(self.path, self.private)
            self._ciphers = {key_id(key): AESGCM(key) for key in keys.sealing}
            self._keys, self._stamp = keys, stamp
        return self._keys

    @property
    def newest(self) -> bytes:
        """The id of the key that seals now."""
        return key_id(self.keys().sealing[0])

    def seal(self, clear: bytes, about: str) -> bytes:
        """Seal a value for the record with the id `about`."""
        newest, nonce = self.newest, secrets.token_bytes(NONCE_BYTES)
        return FORM + newest + nonce + self._ciphers[newest].encrypt(nonce, clear, about.encode())

    def open(self, sealed: bytes, about: str) -> bytes:
        """The value that was sealed for the record `about`.

        :raises SealedError: its key is not in the file, or it is not what was sealed for this record.
        """
        self.keys()
        cipher = self._ciphers.get(sealed_with(sealed))
        if cipher is None:
            raise SealedError(
                f"The key {sealed_with(sealed).hex()}, with which record {about} was sealed, is not in {self.path}. "
                "Put the right key file back, or add the missing `key` line from its copy."
            )
        try:
            return cipher.decrypt(sealed[HEAD : HEAD + NONCE_BYTES], sealed[HEAD + NONCE_BYTES :], about.encode())
        except InvalidTag:
            raise SealedError(f"What was sealed for record {about} has been altered, or belongs to another.") from None


def sealed_with(sealed: bytes) -> bytes:
    """The id of the key with which a value was sealed.

    :raises SealedError: it is no sealed value.
    """
    if not sealed.startswith(FORM) or len(sealed) < HEAD + NONCE_BYTES:
        raise SealedError("This is no sealed value.")
    return sealed[len(FORM) : HEAD]


# Records find their keys by the database in which they lie, so that no record and no caller has to know of requests or settings.
_keyrings: weakref.WeakKeyDictionary[Any, Keyring] = weakref.WeakKeyDictionary()


def give_keys(database: Any, keyring: Keyring) -> None:
    """Let the records of an opened database use these keys."""
    _keyrings[database] = keyring


def keyring_of(record: Any) -> Keyring:
    """The keys for a record that lies in a database, or is being written to one.

    :raises SealedError: it is in none, or its database was given no keys.
    """
    jar = record._p_jar
    keyring = _keyrings.get(jar.db()) if jar is not None else None
    if keyring is None:
        raise SealedError(
            "There are no keys at hand: personal numbers can be read and written in the office database only."
        )
    return keyring


def key_path(settings: Any) -> Path:
    """Where the key file of a portal lies."""
    path: Path = settings.personal_keys or settings.var / KEY_FILE
    return path


def includeme(config: Any) -> None:
    registry = config.registry
    try:
        registry.boi_keyring = Keyring(key_path(registry.boi_settings), registry.boi_settings.production)
    except KeysError:
        for opened in registry._zodb_databases.values():
            opened.close()
        raise
    database = registry._zodb_databases.get(DATABASE)
    if database is not None:
        give_keys(database, registry.boi_keyring)
