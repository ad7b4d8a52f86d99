"""Certificates, keys and metadata that end: told on the health page, and to administrators by letter in time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..identity import Finding, Trouble, health
from ..mail.letters import post
from ..office import tasks
from ..office.health import Trouble as HealthTrouble
from ..publishing.content import now
from ..web.polish import datetime_text
from .gateway import Gateway, gateway_of

CHECK = "watch-identity-providers"

WORDS = {
    Trouble.METADATA_BROKEN: "plik metadanych dostawcy „{name}” jest uszkodzony, działa poprzedni",
    Trouble.METADATA_ENDS: "metadane dostawcy „{name}” tracą ważność",
    Trouble.CERTIFICATE_ENDS: "certyfikat dostawcy „{name}” traci ważność",
    Trouble.KEY_ENDS: "klucz portalu „{name}” traci ważność",
    Trouble.NO_KEY: "portal nie ma ważnego klucza, którego wymaga dostawca „{name}”",
}


def findings(gateway: Gateway | None) -> list[Finding]:
    """What an administrator must see to."""
    return [] if gateway is None else health(gateway.providers, gateway.keys, now())


def words_of(finding: Finding) -> str:
    """A finding as a sentence in Polish."""
    text = WORDS[finding.trouble].format(name=finding.name)
    if finding.ends is None:
        return f"{text}."
    return f"{text}: {datetime_text(finding.ends)}{' (już po terminie)' if finding.ended else ''}."


def check(context: tasks.TaskContext, payload: Any) -> None:
    """Task handler, once a day: write to the administrators while there is something to see to."""
    found = findings(context.registry.boi_eid)
    if found:
        lines = [words_of(finding) for finding in found]
        for address in _administrators(context.site):
            post(context.office, "identity-watch", address, {"lines": lines})


def health_check(request: Any) -> Iterator[HealthTrouble]:
    """What ends, for the health page. Signing in by password goes on, so nothing of it is grave."""
    for finding in findings(gateway_of(request)):
        ends = f" {finding.ends:%Y-%m-%d %H:%M} UTC" if finding.ends else ""
        state = "ended" if finding.ended else "ends"
        yield HealthTrouble("eid", f"{finding.name}: {finding.trouble.value}, {state}{ends}")


def _administrators(site: Any) -> list[str]:
    users = site["principals"]["users"].values()
    return sorted({user.email for user in users if user.enabled and user.email and "administrator" in user.roles})


def includeme(config: Any) -> None:
    config.add_task_handler(CHECK, check)
    config.add_daily(CHECK)
    config.add_health_check("eid", health_check)
