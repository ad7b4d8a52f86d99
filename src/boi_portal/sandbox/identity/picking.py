"""The page where one picks who signs in, for the SAML providers, and the way back to the service.

Owns what can be filled in there and what is wrong with it.
"""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPNotFound
from pyramid.request import Request
from pyramid.response import Response

from boi_portal.sandbox.identity import answers, mischief, site
from boi_portal.sandbox.identity.answers import SAML2, Answer
from boi_portal.sandbox.identity.documents import LEVELS
from boi_portal.sandbox.identity.provider import Provider
from boi_portal.sandbox.people import CITIZENS, Citizen, Person, PersonError

OTHER_PERSON = "inna"


def add_picking(config: Configurator, route: str) -> None:
    """The page where one picks who signs in."""
    config.add_view(pick_form, route_name=route, request_method="GET", renderer=f"{site.TEMPLATES}pick.pt")
    config.add_view(picked, route_name=route, request_method="POST", renderer=f"{site.TEMPLATES}pick.pt")


def pick_form(request: Request) -> dict[str, Any]:
    """Who signs in, at which level, with which mischief."""
    return _pick_page(request, {}, {})


def picked(request: Request) -> Response | dict[str, Any]:
    """The way back to the service, with an answer; or the form with what is wrong (422).

    Fields: `zadanie`, `osoba` (id of a citizen, or `inna` with `imie`, `nazwisko`, `pesel`), `poziom`, `psota` (repeated), `rezygnuje`.
    """
    provider = site.provider_up(request)
    names = ("osoba", "imie", "nazwisko", "pesel", "poziom", "psota")
    values = {name: site.text_field(request, name) for name in names}
    errors: dict[str, str] = {}
    if request.POST.get("rezygnuje"):
        return _sent_back(request, provider, provider.refused(site.text_field(request, "zadanie"), CITIZENS[0]))
    citizen = _chosen_citizen(values, errors)
    if values["poziom"] not in LEVELS:
        errors["poziom"] = "Wybierz poziom bezpieczeństwa z listy."
    chosen = {name for name in request.POST.getall("psota") if name}
    if not chosen <= mischief.BY_NAME.keys():
        errors["psota"] = "Wybierz psotę z listy."
    if errors or citizen is None:
        request.response.status_int = 422
        return _pick_page(request, values, errors)
    return _sent_back(
        request, provider, provider.answered(site.text_field(request, "zadanie"), citizen, values["poziom"], chosen)
    )


def _sent_back(request: Request, provider: Provider, answered: tuple[Answer, bytes] | None) -> Response:
    """The page that takes an artifact, or the whole Response, to the service."""
    if answered is None:
        raise HTTPNotFound()
    answer, response = answered
    if provider.profile.kind == SAML2:
        site.link(request, answer.link)
        field, value = "SAMLResponse", site.encoded(answers.as_sent(response, answer))
    else:
        field, value = "SAMLart", provider.artifact_for(answer, response)
    return site.form_page(request, answer.consumer, {field: value, "RelayState": answer.relay_state})


def _pick_page(request: Request, values: dict[str, str], errors: dict[str, str]) -> dict[str, Any]:
    provider = site.provider_of(request)
    token = request.params.get("zadanie", "")
    asked = provider.asked(token)
    if asked is None:
        raise HTTPNotFound()
    offered = [each for each in mischief.MISCHIEFS if each.for_one_sign_in and provider.profile.kind in each.profiles]
    return {
        "provider": provider,
        "asked": asked,
        "token": token,
        "citizens": CITIZENS,
        "other_person": OTHER_PERSON,
        "fields": (
            ("imie", "Imię", ""),
            ("nazwisko", "Nazwisko", ""),
            ("pesel", "PESEL", "11 cyfr. Podaj numer zmyślony, nigdy prawdziwy."),
        ),
        "levels": site.LEVEL_LABELS,
        "groups": site.grouped(offered),
        "values": {"osoba": CITIZENS[0].id, "poziom": provider.profile.level, "psota": ""} | values,
        "errors": errors,
    }


def _chosen_citizen(values: dict[str, str], errors: dict[str, str]) -> Citizen | None:
    known = next((citizen for citizen in CITIZENS if citizen.id == values["osoba"]), None)
    if known:
        return known
    if values["osoba"] != OTHER_PERSON:
        errors["osoba"] = "Wybierz osobę z listy."
        return None
    try:
        return Citizen(OTHER_PERSON, Person.entered(values["imie"], values["nazwisko"], values["pesel"]))
    except PersonError as error:
        errors[error.field] = str(error)
        return None
