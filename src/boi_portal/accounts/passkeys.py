"""Passkeys (WebAuthn level 3): what is asked of a browser, and whether its answer is right.

Owns the questions, their place in the session and the checks. A question is asked once, of one session, for one purpose and one user; it
is taken out of the session before the answer is read. Whose session it becomes is not decided here.
"""

from __future__ import annotations

import dataclasses
import json
import re
import struct
import time
from typing import Any
from urllib.parse import urlsplit

from ..publishing.content import now
from .entry import CHALLENGE_KEY
from .factors import Factors, Passkey

REGISTER = "register"  # a new passkey
SIGN_IN = "sign-in"  # a visitor's only factor
PROVE = "prove"  # somebody known: the second factor, or proving again

ANSWERED_WITHIN = 5 * 60.0  # seconds
MAX_ANSWER = 20_000  # characters
_APPLICANT = re.compile(r"applicant:[0-9a-f]{32}\Z")


class PasskeyRefused(Exception):
    """An answer is not accepted; `code` is for tests and the audit trail."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclasses.dataclass(frozen=True)
class Party:
    """The portal as authenticators know it: `id` is its host, `origin` its address with the scheme."""

    id: str
    origin: str
    name: str


def party_of(request: Any) -> Party:
    """The portal's public address; where none is set, the request's own, whose host is one of the allowed."""
    public = request.registry.boi_settings.public_url or request.host_url
    parts = urlsplit(public)
    return Party(parts.hostname or "", f"{parts.scheme}://{parts.netloc}", request.layout.site.title or "Portal BOI")


# questions


def ask_register(request: Any, userid: Any, login: str, factors: Factors | None) -> dict[str, Any]:
    """What `navigator.credentials.create` is given to make a passkey of this account."""
    import webauthn
    from webauthn.helpers import structs

    party = party_of(request)
    options = webauthn.generate_registration_options(
        rp_id=party.id,
        rp_name=party.name,
        user_id=str(userid).encode(),  # random by itself, and tells nothing of the person
        user_name=login,
        user_display_name=login,
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=_descriptors(factors),
    )
    return _asked(request, REGISTER, userid, options)


def ask_sign_in(request: Any) -> dict[str, Any]:
    """What `navigator.credentials.get` is given where nobody is known yet: any passkey of this portal."""
    return _ask(request, SIGN_IN, "", None)


def ask_prove(request: Any, userid: Any, factors: Factors | None) -> dict[str, Any]:
    """What `navigator.credentials.get` is given to prove that this user is there: one of his passkeys."""
    return _ask(request, PROVE, userid, factors)


def _ask(request: Any, purpose: str, userid: Any, factors: Factors | None) -> dict[str, Any]:
    import webauthn
    from webauthn.helpers import structs

    options = webauthn.generate_authentication_options(
        rp_id=party_of(request).id,
        allow_credentials=_descriptors(factors),
        user_verification=structs.UserVerificationRequirement.REQUIRED,
    )
    return _asked(request, purpose, userid, options)


def _descriptors(factors: Factors | None) -> list[Any]:
    from webauthn.helpers import structs

    known = factors.passkeys if factors is not None else []
    return [structs.PublicKeyCredentialDescriptor(id=passkey.credential_id) for passkey in known]


def _asked(request: Any, purpose: str, userid: Any, options: Any) -> dict[str, Any]:
    import webauthn

    request.session[CHALLENGE_KEY] = {
        "challenge": options.challenge, "purpose": purpose, "userid": userid, "at": time.time(),
    }  # fmt: skip
    made: dict[str, Any] = json.loads(webauthn.options_to_json(options))
    return made


def _taken(request: Any, purpose: str, userid: Any) -> bytes:
    """The challenge that waits in this session, taken out of it.

    :raises PasskeyRefused: there is none, it is too old, or it was for another purpose or user.
    """
    waiting = request.session.pop(CHALLENGE_KEY, None)
    if waiting is None:
        raise PasskeyRefused("no-question")
    if time.time() - waiting["at"] > ANSWERED_WITHIN:
        raise PasskeyRefused("late")
    if (waiting["purpose"], waiting["userid"]) != (purpose, userid):
        raise PasskeyRefused("other-question")
    challenge: bytes = waiting["challenge"]
    return challenge


# answers


def registered(request: Any, userid: Any, answer: str, name: str) -> Passkey:
    """The passkey that a browser has made.

    :raises PasskeyRefused: the answer is not right.
    """
    import webauthn

    challenge, party = _taken(request, REGISTER, userid), party_of(request)

    def verify() -> Any:
        return webauthn.verify_registration_response(
            credential=_read(answer),
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
        )

    found = _checked(verify)
    return Passkey(found.credential_id, found.credential_public_key, found.sign_count, name, now())


def owner_of(answer: str) -> Any:
    """The user id that an answer names, None where it names none. Nothing is proved by it."""
    from webauthn.helpers import base64url_to_bytes

    try:
        handle = base64url_to_bytes(_read(answer)["response"]["userHandle"]).decode("ascii")
    except (KeyError, TypeError, ValueError):
        return None
    if _APPLICANT.match(handle):
        return handle
    return int(handle) if re.fullmatch(r"[0-9]{1,19}", handle) else None


def prove(request: Any, purpose: str, userid: Any, factors: Factors | None, answer: str) -> Passkey:
    """The passkey of this account with which the answer was signed; `userid` is empty in a question to a visitor (`SIGN_IN`).

    :raises PasskeyRefused: the answer is not right, or of a passkey that is not this account's.
    """
    import webauthn

    challenge, party = _taken(request, purpose, userid), party_of(request)
    credential = _read(answer)
    passkey = factors.passkey_by(_credential_id(credential)) if factors is not None else None
    if passkey is None:
        raise PasskeyRefused("unknown")

    def verify() -> Any:
        return webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=0,  # compared below, so that a copied passkey is told from a wrong answer
            require_user_verification=True,
        )

    found = _checked(verify)
    if (found.new_sign_count or passkey.sign_count) and found.new_sign_count <= passkey.sign_count:
        raise PasskeyRefused("counter")
    passkey.sign_count, passkey.used_at = found.new_sign_count, now()
    return passkey


def _read(answer: str) -> Any:
    """The answer as a structure.

    :raises PasskeyRefused: it is none.
    """
    if len(answer) > MAX_ANSWER:
        raise PasskeyRefused("malformed")
    try:
        read = json.loads(answer)
    except (ValueError, RecursionError) as error:
        raise PasskeyRefused("malformed") from error
    if not isinstance(read, dict):
        raise PasskeyRefused("malformed")
    return read


def _credential_id(credential: dict[str, Any]) -> bytes:
    from webauthn.helpers import base64url_to_bytes

    try:
        return base64url_to_bytes(credential["id"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise PasskeyRefused("malformed") from error


def _checked(verify: Any) -> Any:
    """What the library found.

    :raises PasskeyRefused: it refused the answer, or stumbled over bytes that no authenticator sends.
    """
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from webauthn.helpers.exceptions import WebAuthnException

    malformed = (
        ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError, struct.error,
        UnsupportedAlgorithm, InvalidSignature,
    )  # fmt: skip
    try:
        return verify()
    except WebAuthnException as error:
        raise PasskeyRefused("wrong") from error
    except malformed as error:
        raise PasskeyRefused("malformed") from error
