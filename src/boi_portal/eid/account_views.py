"""`/konto/profil-zaufany`: with which providers the account is linked, linking and unlinking."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from .. import permissions
from ..accounts.resources import Applicant, applicant_of
from ..accounts.views import desk_of
from ..mail.letters import post
from ..office.audit import Origin, record
from ..web.assurance import require_recent
from . import linking
from .gateway import ROOM
from .rooms import IdentitiesRoom
from .views import gateway_here

NO_WAY_IN = "To jedyny sposób, w jaki możesz się zalogować na to konto. Najpierw ustaw hasło albo dodaj klucz dostępu, potem odłącz."


def _owner(request: Any) -> Applicant:
    """:raises HTTPNotFound: an employee, who has no eID here."""
    applicant = applicant_of(request.office, request.authenticated_userid)
    if applicant is None:
        raise HTTPNotFound()
    return applicant


@view_config(
    context=IdentitiesRoom, request_method="GET", permission=permissions.ACCOUNT, renderer="templates/identities.pt"
)
def show(context: IdentitiesRoom, request: Any) -> dict[str, Any]:
    """`/konto/profil-zaufany`"""
    applicant, gateway = _owner(request), gateway_here(request)
    here = request.layout.path("konto", "profil-zaufany")
    return {
        "title": context.title,
        "here": here,
        "has_password": bool(applicant.password_hash),
        "providers": [
            {
                "name": provider.name,
                "title": provider.title,
                "linked": provider.name in applicant.identities,
                "entrance": f"{request.layout.path(ROOM, 'wejscie', provider.name)}?po=link",
            }
            for provider in gateway.offered
        ],
    }


@view_config(context=IdentitiesRoom, name="odlacz", request_method="POST", permission=permissions.ACCOUNT)
def take_away(context: IdentitiesRoom, request: Any) -> Any:
    """`POST /konto/profil-zaufany/odlacz`: the provider's name in `dostawca`."""
    applicant, gateway = _owner(request), gateway_here(request)
    name = request.POST.get("dostawca")
    if not isinstance(name, str) or name not in applicant.identities:
        raise HTTPNotFound()
    here = request.layout.path("konto", "profil-zaufany")
    require_recent(request, here)
    try:
        linking.unlink(desk_of(request), applicant, name)
    except linking.NoWayIn:
        request.session.flash(NO_WAY_IN, "warning")
        return HTTPSeeOther(here)
    provider = gateway.providers.get(name)
    title = provider.title if provider is not None else name
    record(request.office, "eid-unlinked", applicant.userid, applicant.userid, Origin.of(request), name)
    post(request.office, "eid-unlinked", applicant.email, {"login": applicant.login, "provider": title})
    request.session.flash(f"Odłączono: {title}.", "success")
    return HTTPSeeOther(here)
