"""Writing and sending letters.

A letter is a pair of templates in `templates/` (`name.txt`: first line the subject, then the text; `name.pt`: the HTML). `post`
leaves it for the worker in the current transaction; the worker renders and sends it. Params are words, never personal numbers.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from chameleon import PageTemplateFile, PageTextTemplateFile
from pyramid_mailer.interfaces import IMailer
from pyramid_mailer.message import Message

from ..office import tasks
from ..office.store import Office

TEMPLATES = Path(__file__).parent / "templates"
TASK = "mail"


class UnknownLetter(ValueError):
    """There is no such pair of templates."""


@dataclasses.dataclass(frozen=True)
class LetterSent:
    """The event that a letter has gone out, in the worker's transaction."""

    office: Office
    letter: str
    to: str
    params: Mapping[str, Any]
    at: datetime.datetime


def post(office: Office, letter: str, to: str, params: Mapping[str, Any]) -> None:
    """Leave a letter for the worker; without an address there is nobody to write to.

    :raises UnknownLetter: no such templates.
    """
    if letter not in known_letters():
        raise UnknownLetter(letter)
    if not to:
        return  # an account whose address is not confirmed yet
    tasks.put(office, TASK, {"letter": letter, "to": to, "params": dict(params)})


@cache
def known_letters() -> frozenset[str]:
    """The names of all letters."""
    return frozenset(path.stem for path in TEMPLATES.glob("*.txt"))


@cache
def _templates(letter: str) -> tuple[PageTextTemplateFile, PageTemplateFile]:
    return (
        PageTextTemplateFile(str(TEMPLATES / f"{letter}.txt"), encoding="utf-8"),
        PageTemplateFile(str(TEMPLATES / f"{letter}.pt"), encoding="utf-8"),
    )


def compose(letter: str, to: str, params: Mapping[str, Any], town: Mapping[str, Any], sender: str) -> Message:
    """The letter as a message with a text and an HTML part; `town` holds the site's fields."""
    text_template, html_template = _templates(letter)
    names = {**params, "town": town}
    rendered = text_template.render(**names)
    text = rendered.decode() if isinstance(rendered, bytes) else rendered
    subject, _, body = text.partition("\n")
    html = html_template.render(**names, subject=subject.strip(), frame=_frame())
    return Message(subject=subject.strip(), recipients=[to], sender=sender, body=body.strip() + "\n", html=html)


@cache
def _frame() -> PageTemplateFile:
    return PageTemplateFile(str(TEMPLATES / "frame" / "letter.pt"), encoding="utf-8")


def send(context: tasks.TaskContext, payload: Mapping[str, Any]) -> None:
    """Task handler: render and send a letter.

    :raises OSError: the mail server did not take it; the worker tries again later.
    """
    settings = context.registry.boi_settings
    message = compose(payload["letter"], payload["to"], payload["params"], context.site.fields, settings.mail_from)
    mailer = context.registry.getUtility(IMailer)
    if settings.mail_delivery == "maildir":
        mailer.send_to_queue(message)
    else:
        mailer.send_immediately(message, fail_silently=False)
    at = datetime.datetime.now(datetime.UTC)
    context.registry.notify(LetterSent(context.office, payload["letter"], payload["to"], payload["params"], at))


def includeme(config: Any) -> None:
    config.add_task_handler(TASK, send)
