"""A view predicate: what may stand in the address after a view's name."""

from __future__ import annotations

import re
from typing import Any


class BelowPredicate:
    """`below=r"\\d+/strona"`: the segments after the view's name, joined by slashes, match the whole pattern."""

    def __init__(self, pattern: str, config: Any) -> None:
        self.pattern = pattern
        self._matches = re.compile(pattern).fullmatch

    def text(self) -> str:
        """Part of Pyramid's contract."""
        return f"below = {self.pattern}"

    phash = text

    def __call__(self, context: Any, request: Any) -> bool:
        return self._matches("/".join(request.subpath)) is not None


def includeme(config: Any) -> None:
    config.add_view_predicate("below", BelowPredicate)
