"""PDFs of the portal's own pages, made by a process of their own (`typesetting`).

Making one takes a second or two: whoever offers a PDF to the world keeps the result.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).with_name("typesetting.py")
TIMEOUT = 60  # seconds


class PrintError(RuntimeError):
    """The PDF could not be made; where our own HTML asked for something foreign, it says for what."""


def pdf(html: str) -> bytes:
    """The PDF/UA of a whole HTML page, with the portal's print style; the page has a `lang` and a `title`.

    :raises PrintError: the page asks for anything but the portal's fonts, or the typesetting fails.
    """
    command = [sys.executable, "-P", str(PROGRAM)]
    try:
        done = subprocess.run(command, input=html.encode(), capture_output=True, timeout=TIMEOUT, check=False)  # noqa: S603 - our own program
    except subprocess.TimeoutExpired as error:
        raise PrintError(f"typesetting took longer than {TIMEOUT} s") from error
    if done.returncode:
        raise PrintError(done.stderr.decode(errors="replace")[-1000:])
    return done.stdout
