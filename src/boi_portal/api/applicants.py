"""`POST /api/v1/applicants`: the records system makes an account for an applicant, who is then asked by letter to set a password."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import colander
from pyramid.response import Response

from ..accounts import invitation
from ..accounts.invitation import AccountExists
from ..accounts.registration import LoginTaken
from ..accounts.resources import BUSINESS, ORGANISATION, PERSON
from ..accounts.schemas import AddressSchema, ContactSchema, PersonSchema, firm_schema, login_node
from ..accounts.views import desk_of
from ..office.audit import Origin, record
from ..publishing.content import now
from ..web.messages import polish
from .application import PREFIX
from .calls import add_call, token_of
from .idempotency import Reply, once
from .problems import Problem
from .tokens import APPLICANTS_WRITE, ApiToken

KINDS = {"person": PERSON, "business": BUSINESS, "organisation": ORGANISATION}


def make_applicant(request: Any) -> Response:
    """Make the account, or answer what was answered to the same call before."""
    token = token_of(request)
    assert token is not None  # noqa: S101 - the guard has seen it
    key = request.headers.get("Idempotency-Key", "")
    (status, body), again = once(request.office, token, key, request.body, now(), lambda: _make(request, token))
    response = Response(json=body, status=status)
    response.headers["Cache-Control"] = "no-store"
    if again:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def _make(request: Any, token: ApiToken) -> Reply:
    asked = request.json_body
    values, desk = _values(asked), desk_of(request)
    login = values.pop("login") or invitation.free_login(desk, values)
    try:
        applicant = invitation.invite_applicant(desk, KINDS[asked["kind"]], values, login)
    except AccountExists as error:
        detail = "An account with this e-mail address or PESEL exists already."
        raise Problem(409, detail, "account-exists", more={"applicant": error.userid}) from None
    except LoginTaken:
        detail = "The login belongs to somebody else. Send another one, or none."
        raise Problem(409, detail, "login-taken") from None
    applicant.external_id = asked.get("external_id", "")
    record(request.office, "account-made", token.id, applicant.userid, Origin.of(request), "api")
    return 201, {"id": applicant.userid, "login": applicant.login, "state": "invited"}


def _values(asked: Mapping[str, Any]) -> dict[str, Any]:
    """What was sent, checked by the portal's own forms, in the shape of `schemas.RegistrationSchema`'s values.

    :raises Problem: with every fault at its field.
    """
    is_firm = asked["kind"] != "person"
    person = dict(asked["person"])
    person["identity"] = "pesel" if person.get("pesel") else "document"
    errors: dict[str, str] = {}
    other = asked.get("correspondence")
    values: dict[str, Any] = {
        "person": _checked(PersonSchema(), person, "person", errors),
        "residence": _checked(AddressSchema(), asked["residence"], "residence", errors),
        "letters": {"where": "other" if other else "same"},
        "contact": _checked(ContactSchema(), {"email": asked["email"], "phone": asked.get("phone", "")}, "", errors),
        "login": _checked(login_node(), asked["login"], "login", errors) if asked.get("login") else "",
    }
    if other:
        values["letters"]["address"] = _checked(AddressSchema(), other, "correspondence", errors)
    if is_firm:
        schema = firm_schema(KINDS[asked["kind"]])
        values["firm"] = _checked(schema, asked.get("firm", {}), "firm", errors)
    elif asked.get("firm"):
        errors["firm"] = "Osoba fizyczna nie podaje danych firmy."
    if errors:
        raise Problem(422, "Some fields cannot be accepted.", errors=errors)
    return values


def _checked(schema: Any, value: Any, path: str, errors: dict[str, str]) -> Any:
    try:
        return schema.deserialize(value)
    except colander.Invalid as error:
        for field, message in error.asdict(translate=polish).items():
            name = field if field.split(".")[0] != schema.name or not schema.name else field.partition(".")[2]
            errors[".".join(part for part in (path, name) if part)] = message
        return None


def includeme(config: Any) -> None:
    config.add_route("boi_api_applicants", f"{PREFIX}/applicants")
    add_call(config, "boi_api_applicants", make_applicant, "POST", APPLICANTS_WRITE)
