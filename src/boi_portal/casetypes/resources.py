"""The case catalog, its categories and its cards (karty spraw)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from substanced.content import content
from zope.interface import implementer

from ..interfaces import (
    CaseTypeToDepartment,
    CaseTypeToEForm,
    CaseTypeToFile,
    ICaseType,
    ICatalogOfCases,
    ICategory,
    IFile,
    IFolderish,
)
from ..publishing.content import Content, FolderContent
from ..publishing.lifecycle import site_of
from ..publishing.richtext import plain_text
from ..publishing.schema import BodySchema
from .schemas import SECTIONS, CaseTypeSchema, CategorySchema

DEPARTMENTS = "wydzialy"
FORMS = "formularze"


@content("Case Catalog", icon="glyphicon glyphicon-book")
@implementer(ICatalogOfCases)
class CaseCatalog(FolderContent):
    """The case catalog."""

    schema = BodySchema
    type_name = "catalog"
    label = "Katalog spraw"
    addable = ("category",)


@content("Category", icon="glyphicon glyphicon-th-large")
@implementer(ICategory)
class Category(FolderContent):
    """A category of the case catalog."""

    schema = CategorySchema
    type_name = "category"
    label = "Kategoria"
    addable = ("case-type",)


@content("Case Type", icon="glyphicon glyphicon-list-alt")
@implementer(ICaseType)
class CaseType(Content):
    """A card of the case catalog."""

    schema = CaseTypeSchema
    type_name = "case-type"
    label = "Karta sprawy"
    versioned = True

    def rich_texts(self) -> Iterator[str]:
        for name in SECTIONS:
            yield self.fields.get(name) or ""

    def searchable(self) -> dict[str, str]:
        fees = " ".join(fee["label"] for fee in self.fields.get("fees") or ())
        acts = " ".join(basis["act"] for basis in self.fields.get("legal_basis") or ())
        found = super().searchable()
        return {**found, "body": f"{found['body']} {plain_text(fees)} {plain_text(acts)}"}

    def department_object(self) -> Any:
        """The department that handles it, or None."""
        return child(site_of(self), DEPARTMENTS, self.fields.get("department"))

    def eform_object(self) -> Any:
        """The e-form it offers, or None."""
        return child(site_of(self), FORMS, self.fields.get("eform"))

    def connect_references(self) -> None:
        site = site_of(self)
        if site is None:
            return
        for reftype, targets in (
            (CaseTypeToDepartment, [self.department_object()]),
            (CaseTypeToEForm, [self.eform_object()]),
            (CaseTypeToFile, files_of(site, self.fields)),
        ):
            _point(site.__objectmap__, self, [target for target in targets if target is not None], reftype)


def child(site: Any, folder: str, name: str | None) -> Any:
    """The object `name` of a top folder, or None."""
    if not name or folder not in site:
        return None
    return site[folder].get(name)


def files_of(site: Any, fields: Mapping[str, Any]) -> list[Any]:
    """The files that a card's fields offer to download; a path that leads nowhere is passed over."""
    found = (find_file(site, path) for path in fields.get("downloads") or ())
    return [file for file in found if file is not None]


def find_file(site: Any, path: str) -> Any:
    """The file at an own path, or None."""
    *folders, name = path.strip("/").split("/")
    place = site
    for folder in folders:
        place = place.get(folder) if IFolderish.providedBy(place) else None
    found = place.get(name) if IFolderish.providedBy(place) else None
    return found if IFile.providedBy(found) else None


def _point(objectmap: Any, source: Any, targets: list[Any], reftype: Any) -> None:
    """Make `targets` all that `source` refers to by `reftype`; writes nothing where it is so already."""
    old = set(objectmap.targetids(source, reftype))
    new = {target.__oid__ for target in targets}
    for oid in old - new:
        objectmap.disconnect(source, oid, reftype)
    for oid in new - old:
        objectmap.connect(source, oid, reftype)
