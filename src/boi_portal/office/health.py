"""What features tell about their own health; the page that shows it is `worker.health`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any


@dataclasses.dataclass(frozen=True)
class Trouble:
    """Something to see to: where (a word), what (English), and whether the portal cannot do its work meanwhile."""

    where: str
    what: str
    grave: bool = False


Check = Callable[[Any], Iterable[Trouble]]


def add_health_check(config: Any, name: str, check: Check) -> None:
    """Directive: `check(request)` tells what is wrong."""
    check = config.maybe_dotted(check)

    def register() -> None:
        config.registry.boi_health_checks[name] = check

    config.action(("boi health check", name), register)


def includeme(config: Any) -> None:
    config.registry.boi_health_checks = {}
    config.add_directive("add_health_check", add_health_check)
