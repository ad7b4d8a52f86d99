"""The consent at the end of a form: the full clause, to be read in place, and below it the box to tick."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import deform.widget
from chameleon import PageTemplateFile

from ..web.formfields import FieldMarkup

_template = PageTemplateFile(str(Path(__file__).parent / "templates" / "clause.pt"))


class ClauseWidget(deform.widget.MappingWidget):
    """A group of fields below a clause. `clause` is markup that was cleaned."""

    def __init__(self, clause: Any) -> None:
        super().__init__()
        self.clause = clause

    def serialize(self, field: Any, cstruct: Any, **kw: Any) -> str:
        html: str = _template(field=field, own=FieldMarkup(field), clause=self.clause)
        return html
