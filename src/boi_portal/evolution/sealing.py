"""Personal numbers that lie in clear, of a portal from before there were keys, are encrypted where they lie."""

from __future__ import annotations

from typing import Any

import transaction

from ..accounts import numbers
from ..office.store import office_of

BATCH = 500  # accounts after which memory is given back


def evolve(site: Any, registry: Any) -> None:
    """Seal the numbers of every account. Run again, it finds nothing to do."""
    office = office_of(site._p_jar)
    for place, id_ in enumerate(list(numbers.behind(office)), 1):
        numbers.reseal(office, [id_])
        if place % BATCH == 0:
            transaction.savepoint(optimistic=True)
