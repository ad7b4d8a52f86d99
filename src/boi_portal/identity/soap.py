"""SOAP 1.1 envelopes, and sending them.

Owns the limits of a conversation from server to server: time, size, no redirects, TLS checked. Must not look into messages.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from lxml import etree

from boi_portal.identity import parsing
from boi_portal.identity.parsing import SOAP, children
from boi_portal.identity.refusals import Reason, Refused, Unreachable

CONNECT_SECONDS = 5
READ_SECONDS = 10  # between two pieces
TOTAL_SECONDS = 20
CONTENT_TYPE = "text/xml; charset=utf-8"
# What each of our two requests is called; SAML Bindings, section 3.2.2.
ACTION = '"http://www.oasis-open.org/committees/security"'

_PIECE = 16 * 1024


def wrap(message: bytes) -> bytes:
    """An envelope with one message, which is well-formed and has no XML declaration."""
    beginning = f'<soap:Envelope xmlns:soap="{SOAP}"><soap:Body>'.encode()
    return b'<?xml version="1.0" encoding="UTF-8"?>' + beginning + message + b"</soap:Body></soap:Envelope>"


def unwrap(envelope: bytes) -> etree._Element:
    """The one message in an envelope, as the root of a document of its own.

    :raises Refused: `PROVIDER_ERROR` for a SOAP fault, `STRUCTURE` for no envelope with one message, and as `parsing.parse`.
    """
    root = parsing.parse(envelope)
    if root.tag != f"{{{SOAP}}}Envelope":
        raise Refused(Reason.STRUCTURE, "no SOAP envelope")
    inside = children(parsing.only(root, f"{{{SOAP}}}Body"))
    if len(inside) != 1:
        raise Refused(Reason.STRUCTURE, f"{len(inside)} messages in one SOAP body")
    if inside[0].tag == f"{{{SOAP}}}Fault":
        raise Refused(Reason.PROVIDER_ERROR, "a SOAP fault")
    return parsing.cut_out(inside[0])


class HttpFetch:
    """Sends envelopes by HTTP POST."""

    def __init__(self, ca: Path | None = None, total: float = TOTAL_SECONDS) -> None:
        self._ca = ca
        self._total = total  # seconds

    def __call__(self, url: str, body: bytes) -> bytes:
        """The body of the answer.

        :raises Unreachable: no answer, not in time, larger than `parsing.MAX_BYTES`, or another status than success or a SOAP fault.
        """
        import requests
        from urllib3.exceptions import HTTPError

        deadline = time.monotonic() + self._total
        try:
            with requests.post(
                url,
                data=body,
                headers={"Content-Type": CONTENT_TYPE, "SOAPAction": ACTION},
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
                stream=True,
                verify=str(self._ca) if self._ca else True,
            ) as response:
                # 500 with XML is how SOAP tells a fault; any other 500 is a server in trouble.
                fault = response.status_code == 500 and "xml" in response.headers.get("Content-Type", "")
                if response.status_code != 200 and not fault:
                    raise Unreachable(f"status {response.status_code}")
                return _bounded(response.raw, deadline)
        except (requests.RequestException, HTTPError, OSError) as error:
            raise Unreachable(type(error).__name__) from error


def _bounded(raw: Any, deadline: float) -> bytes:
    """What comes, until it ends; a piece at a time, so that one who sends a byte a second does not hold us for ever."""
    pieces, size = [], 0
    while piece := raw.read1(_PIECE, decode_content=True):
        size += len(piece)
        if size > parsing.MAX_BYTES:
            raise Unreachable(f"more than {parsing.MAX_BYTES} bytes")
        if time.monotonic() > deadline:
            raise Unreachable("not in time")
        pieces.append(piece)
    return b"".join(pieces)
