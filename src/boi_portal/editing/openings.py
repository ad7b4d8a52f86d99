"""Whether a form was opened on what is there now; where not, whose change is whose.

The form carries a digest of each field as it was when it was opened. That is enough to tell, field by field, what somebody else
has changed since, what this editor has changed, and where both did: nobody's work is overwritten unseen.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from typing import Any

LONGEST = 20_000  # characters of a mark that are read


def mark_of(fields: Mapping[str, Any]) -> str:
    """What a form carries about the fields it was opened on: JSON, field name → digest."""
    return json.dumps({name: _digest(value) for name, value in fields.items()}, sort_keys=True)


def _digest(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclasses.dataclass(frozen=True)
class Collision:
    """What stands between a form and saving it: fields that others have changed, and what to go on with."""

    theirs: frozenset[str]  # changed by others since the form was opened
    both: frozenset[str]  # of these, changed in the form too, and differently
    merged: dict[str, Any]  # the present fields with this editor's own changes


def collision(mark: str, now: Mapping[str, Any], mine: Mapping[str, Any]) -> Collision | None:
    """What has changed since `mark` was made; None where nothing has. A mark that cannot be read counts as an old one."""
    opened = _read(mark)
    theirs = {name for name, value in now.items() if _digest(value) != opened.get(name)}
    theirs |= {name for name in opened if name not in now}
    if not theirs:
        return None
    own = {name for name, value in mine.items() if _digest(value) != opened.get(name)}
    both = {name for name in theirs & own if mine.get(name) != now.get(name)}
    merged = {**now, **{name: mine[name] for name in own}}
    return Collision(frozenset(theirs), frozenset(both), merged)


def _read(mark: str) -> dict[str, str]:
    if len(mark) > LONGEST:
        return {}
    try:
        found = json.loads(mark)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
