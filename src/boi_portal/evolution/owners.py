"""Applicants who had cases before clerks could search for them are put into the index."""

from __future__ import annotations

from typing import Any

from ..cases import people
from ..office.store import office_of


def evolve(site: Any, registry: Any) -> None:
    """Index the owner of every case. Run again, it changes nothing."""
    office = office_of(site._p_jar)
    for case in office.cases.values():
        people.index_owner(office, case, registry.boi_settings.secret)
