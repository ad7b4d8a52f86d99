"""Codes of an application on a phone: time-based one-time passwords (RFC 6238; HMAC-SHA-1, 6 digits, 30 seconds), and their QR code.

Pure functions of secrets and times: nothing here is stored.
"""

from __future__ import annotations

import hmac
import re

STEP = 30  # seconds
DIGITS = 6
TOLERANCE = 1  # steps before and after, for clocks that differ (RFC 6238, 5.2)
_SECRET = re.compile(r"[A-Z2-7]{32}\Z")


def new_secret() -> str:
    """160 random bits in Base32 (RFC 4226, 4: R6)."""
    import pyotp

    secret: str = pyotp.random_base32(32)
    return secret


def is_secret(text: str) -> bool:
    """Whether a text has the form of a secret."""
    return bool(_SECRET.match(text))


def matching_step(secret: str, code: str, at: float) -> int | None:
    """The number of the time step whose code this is, or None; `at` in seconds since the epoch.

    Of two steps with one code the newer is told, so that the code is used up with it.
    """
    import pyotp

    plain = re.sub(r"[\s\u00a0-]", "", code)
    if not re.fullmatch(rf"[0-9]{{{DIGITS}}}", plain):
        return None
    generator, now = pyotp.TOTP(secret, digits=DIGITS, interval=STEP), int(at // STEP)
    steps = range(now + TOLERANCE, now - TOLERANCE - 1, -1)
    right = [step for step in steps if hmac.compare_digest(generator.generate_otp(step), plain)]
    return right[0] if right else None


def key_uri(secret: str, account: str, issuer: str) -> str:
    """The address that a QR code carries to the application (the `otpauth` key URI format)."""
    import pyotp

    uri: str = pyotp.TOTP(secret, digits=DIGITS, interval=STEP).provisioning_uri(name=account, issuer_name=issuer)
    return uri


def qr_code(text: str) -> str:
    """A QR code as an `<svg>` element without styles, black on white in dark mode, too: readers expect it so."""
    import segno

    drawn: str = segno.make(text, error="m", micro=False).svg_inline(
        scale=4, border=4, dark="#000", light="#fff", svgclass="qr-code", lineclass=None
    )
    return drawn.replace("<svg ", '<svg role="img" aria-label="Kod QR dla aplikacji" ', 1)


def spaced(secret: str) -> str:
    """A secret in groups of four, for copying by hand."""
    return " ".join(secret[place : place + 4] for place in range(0, len(secret), 4))
