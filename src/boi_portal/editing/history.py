"""`/…/historia`: the versions of an object – who, when, what for; one of them, two compared, one brought back."""

from __future__ import annotations

from typing import Any

import colander
from pyramid.httpexceptions import HTTPForbidden, HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from .. import permissions
from ..interfaces import IContent
from ..publishing import lifecycle
from ..publishing.lifecycle import site_of
from ..publishing.versions import Version, VersionNotFound
from .differences import differences
from .openings import mark_of
from .people import actor, shown_name
from .places import live_content
from .preview import fields_table, page_with

COMPARE, SHOW, COPY = "porownaj", "strona", "robocza"
MARK = "stan_otwarcia"


def version_of(content: Any, number: str) -> Version:
    """A version by what stands in the address.

    :raises HTTPNotFound: there is none.
    """
    if not number.isdecimal() or len(number) > 9:
        raise HTTPNotFound()
    try:
        return site_of(content).versions.get(content.uid, int(number))
    except VersionNotFound:
        raise HTTPNotFound() from None


@view_config(
    context=IContent, name="historia", permission=permissions.EDIT, request_method="GET", renderer="templates/history.pt",
    below="",
)  # fmt: skip
def history(context: Any, request: Any) -> dict[str, Any]:
    """All versions, newest first."""
    content = live_content(context)
    site, copy = site_of(content), content.working_copy
    versions = [_summary(version, content, request) for version in site.versions.all(content.uid)]
    return {
        "title": f"Historia: {content.title or content.label}",
        "versions": versions,
        "versioned": content.versioned,
        "copy": copy and {"by": shown_name(site, copy.by), "at": copy.at},
        "created_at": content.created_at,
        "updated_at": content.updated_at,
        "updated_by": shown_name(site, content.updated_by),
        "compare_url": request.layout.path(content, "historia", COMPARE),
        "may_compare": len(versions) + bool(copy) > 1,
    }


def _summary(version: Version, content: Any, request: Any) -> dict[str, Any]:
    return {
        "number": version.number,
        "at": version.at,
        "by": shown_name(site_of(content), version.by),
        "note": version.note,
        "sha256": version.sha256,
        "intact": version.intact,
        "current": version.number == content.version and content.state == "published",
        "url": request.layout.path(content, "historia", str(version.number)),
    }


@view_config(
    context=IContent, name="historia", permission=permissions.EDIT, request_method="GET", renderer="templates/version.pt",
    below=r"\d+",
)  # fmt: skip
def version(context: Any, request: Any) -> dict[str, Any]:
    """One version: its data, and a way to bring it back."""
    content = live_content(context)
    found = version_of(content, request.subpath[0])
    edited = content.edited_fields()
    return {
        "title": f"Wersja {found.number}: {found.fields.get('title') or content.title}",
        "version": _summary(found, content, request),
        "rows": fields_table(content, found.fields),
        "page_url": request.layout.path(content, "historia", str(found.number), SHOW),
        "back": request.layout.path(content, "historia"),
        "differs": found.fields != edited,
        "replaces_copy": content.working_copy is not None,
        "published": content.state == "published",
        "may_publish": request.has_permission(permissions.PUBLISH, content),
        "mark": mark_of(edited),
    }


@view_config(
    context=IContent, name="historia", permission=permissions.EDIT, request_method="GET", renderer="templates/fields.pt",
    below=r"\d+/" + SHOW,
)  # fmt: skip
def version_page(context: Any, request: Any) -> Any:
    """The object's page as it was with a version."""
    content = live_content(context)
    found = version_of(content, request.subpath[0])
    page = page_with(content, found.fields, request)
    return page or {"title": content.title, "rows": fields_table(content, found.fields), "label": content.label}


@view_config(
    context=IContent, name="historia", permission=permissions.EDIT, request_method="GET", renderer="templates/compare.pt",
    below=COMPARE,
)  # fmt: skip
def compare(context: Any, request: Any) -> dict[str, Any]:
    """Two versions (`?a=`, `?b=`; `robocza` is the working copy), field by field."""
    content = live_content(context)
    old, old_title = _side(content, request.GET.get("a", ""))
    new, new_title = _side(content, request.GET.get("b", ""))
    return {
        "title": f"Porównanie: {content.title}",
        "old": old_title,
        "new": new_title,
        "differences": differences(content.schema(), old, new),
        "back": request.layout.path(content, "historia"),
    }


def _side(content: Any, name: str) -> tuple[dict[str, Any], str]:
    if name == COPY and content.working_copy is not None:
        return dict(content.working_copy.fields), "kopia robocza"
    found = version_of(content, name)
    return found.fields, f"wersja {found.number}"


@view_config(
    context=IContent, name="historia", permission=permissions.EDIT, request_method="POST", renderer="templates/version.pt",
    below=r"\d+",
)  # fmt: skip
def bring_back(context: Any, request: Any) -> Any:
    """Make a version the edited fields again, and publish them where that was asked for."""
    content = live_content(context)
    found = version_of(content, request.subpath[0])
    publishing = "opublikuj" in request.POST
    if publishing and not request.has_permission(permissions.PUBLISH, content):
        raise HTTPForbidden()
    problem = _problem(content, found, request.POST.get(MARK, ""))
    if problem:
        request.response.status_int = 422
        return {**version(context, request), "error": problem}
    lifecycle.bring_back(request.registry, content, found.number, actor(request))
    if publishing:
        lifecycle.publish(request.registry, content, actor(request), f"Przywrócona wersja {found.number}")
        request.session.flash(f"Treść z wersji {found.number} jest znów opublikowana.", "success")
    else:
        request.session.flash(f"Treść z wersji {found.number} czeka w edycji na publikację.", "success")
    return HTTPSeeOther(request.layout.path(content, "historia"))


def _problem(content: Any, found: Version, mark: str) -> str:
    """Why a version cannot be brought back now; empty where it can."""
    if not found.intact:
        return "Dane tej wersji nie zgadzają się z jej skrótem SHA-256. Nie można jej przywrócić."
    if mark != mark_of(content.edited_fields()):
        return "Ktoś zmienił ten obiekt, odkąd otwarto tę stronę. Sprawdź zmiany i spróbuj ponownie."
    try:
        content.parse(found.fields)
    except colander.Invalid as error:
        reasons = " ".join(error.asdict(translate=str).values())
        return f"Ta wersja nie spełnia dzisiejszych wymagań: {reasons}"
    return ""


@view_config(context=IContent, name="historia", permission=permissions.EDIT)
def no_such_history(context: Any, request: Any) -> Any:
    """An address below the history that leads nowhere.

    :raises HTTPNotFound: always.
    """
    raise HTTPNotFound()
