"""E-forms as content: the folder of forms and the form, whose data is a definition."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from substanced.content import content
from zope.interface import implementer

from ..interfaces import IEForm, IForms
from ..publishing.content import Content, FolderContent
from ..publishing.schema import BodySchema
from ..web.assurance import DEMANDS, Assurance
from .definition import Definition
from .schemas import EFormSchema, first_pages


@content("Forms", icon="glyphicon glyphicon-list-alt")
@implementer(IForms)
class Forms(FolderContent):
    """The folder of e-forms."""

    schema = BodySchema
    type_name = "forms"
    label = "Formularze"
    addable = ("eform",)


@content("EForm", icon="glyphicon glyphicon-edit")
@implementer(IEForm)
class EForm(Content):
    """An e-form. Its data is a definition; what people file is filed with one of its versions."""

    schema = EFormSchema
    type_name = "eform"
    label = "Formularz elektroniczny"
    versioned = True

    @property
    def definition(self) -> Definition:
        """The published definition. :raises DefinitionError: the data is broken."""
        return Definition.from_fields(with_pages(self.fields))

    @property
    def assurance(self) -> Assurance:
        """What is demanded of whoever fills it in, without reading the whole definition."""
        return DEMANDS.get(self.value("assurance", "") or "password", Assurance.PASSWORD)

    def rich_texts(self) -> Iterator[str]:
        yield self.value("intro", "")
        for page in self.value("pages", ()):
            yield page.get("title") or ""
            yield page.get("intro") or ""


def with_pages(fields: Any) -> dict[str, Any]:
    """The fields of a form, with its first page where it has none yet."""
    found = dict(fields)
    found.setdefault("pages", first_pages())
    return found
