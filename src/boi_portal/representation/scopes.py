"""What a mandate is limited to, against the catalog as it is today.

A category stands for the e-forms that its cards offer now: a form that is added to the category later is covered, one that is taken
out of it is not.
"""

from __future__ import annotations

from typing import Any

from ..casetypes.resources import FORMS
from .records import Scope

CATALOG = "katalog"


def covered_forms(scope: Scope, site: Any) -> frozenset[str]:
    """The uids of the e-forms that a scope covers."""
    covered = set(scope.forms)
    for category in _categories(site):
        if category.uid in scope.categories:
            offered = (card.eform_object() for card in category.values())
            covered.update(form.uid for form in offered if form is not None)
    return frozenset(covered)


def scope_titles(scope: Scope | None, site: Any) -> list[str]:
    """What a scope covers, in words; what is no longer in the catalog is said to be gone."""
    if scope is None:
        return ["wszystkie sprawy"]
    categories = {one.uid: f"kategoria „{one.title}”" for one in _categories(site)}
    forms = {one.uid: f"formularz „{one.title}”" for one in _forms(site)}
    return [categories.get(uid, "kategoria, której już nie ma") for uid in scope.categories] + [
        forms.get(uid, "formularz, którego już nie ma") for uid in scope.forms
    ]


def offered_categories(site: Any) -> list[tuple[str, str]]:
    """Categories to choose from: (uid, title)."""
    return [(one.uid, one.title) for one in _categories(site) if one.state == "published"]


def offered_forms(site: Any) -> list[tuple[str, str]]:
    """E-forms to choose from: (uid, title)."""
    return sorted(
        ((one.uid, one.title) for one in _forms(site) if one.state == "published"), key=lambda pair: pair[1].casefold()
    )


def _categories(site: Any) -> list[Any]:
    return list(site[CATALOG].values()) if CATALOG in site else []


def _forms(site: Any) -> list[Any]:
    return list(site[FORMS].values()) if FORMS in site else []
