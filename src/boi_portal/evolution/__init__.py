"""Upgrade steps, one module each, in their order. Run by `boi upgrade`; a new portal begins with all of them done.

A step is `evolve(site, registry)`; it is remembered by its dotted name, so it never moves. Owns what must happen to a database before
this code may serve it; does not decide when.
"""

from __future__ import annotations

from typing import Any

STEPS: tuple[Any, ...] = (
    "boi_portal.evolution.sealing.evolve",
    "boi_portal.evolution.owners.evolve",
)  # functions or dotted names, oldest first


def includeme(config: Any) -> None:
    for step in STEPS:
        config.add_evolution_step(config.maybe_dotted(step))
