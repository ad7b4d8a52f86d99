"""A small portal with forms: published ones, a draft, the shipped ones; two applicants and an editor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import transaction
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.security import remember
from pyramid.threadlocal import manager as threadlocals
from ruamel.yaml import YAML
from webtest import TestApp

from boi_portal import permissions
from boi_portal.accounts.resources import ACTIVE, Applicant
from boi_portal.accounts.staff import StaffUser, seat
from boi_portal.eforms.resources import EForm, Forms
from boi_portal.interfaces import ISite
from boi_portal.office.store import make_office, office_of
from boi_portal.publishing import lifecycle
from boi_portal.publishing.site import make_site
from boi_portal.web.security import applicant_userid
from tests import webapp

CONTENT = Path(__file__).resolve().parents[1] / "content" / "formularze"

FORM = {
    "title": "Zgłoszenie psa", "summary": "Zgłoś psa.", "symbol": "F-1", "department": "so", "addressee": "Burmistrz",
    "minutes": 5, "intro": "<p>Przygotuj książeczkę psa.</p>", "keywords": [], "jrwa": "", "consent": "",
    "pages": [
        {
            "id": "osoba", "title": "Kto zgłasza",
            "fields": [
                {"id": "imie", "type": "text", "label": "Imię", "required": True, "prefill": "applicant.first_name"},
                {"id": "pesel", "type": "pesel", "label": "PESEL", "required": True},
                {"id": "firma", "type": "yesno", "label": "Czy zgłasza firma?", "required": True},
                {"id": "nip", "type": "nip", "label": "NIP", "required": True, "condition": {"field": "firma", "is": True}},
            ],
        },
        {
            "id": "psy", "title": "Psy",
            "fields": [
                {
                    "id": "lista", "type": "repeat", "label": "Psy", "item_label": "Pies", "min": 1, "max": 3,
                    "fields": [
                        {"id": "wabi", "type": "text", "label": "Jak się wabi", "required": True},
                        {"id": "cena", "type": "money", "label": "Cena"},
                    ],
                },
                {"id": "razem", "type": "computed", "label": "Razem", "formula": "sum(lista.cena)", "format": "money"},
                {"id": "zdjecia", "type": "file", "label": "Książeczka", "accept": ["pdf", "jpg"], "max_files": 2, "max_mb": 1},
            ],
        },
        {
            "id": "tylko_firma", "title": "Dane firmy", "condition": {"field": "firma", "is": True},
            "fields": [{"id": "nazwa", "type": "text", "label": "Nazwa firmy", "required": True}],
        },
        {
            "id": "koniec", "title": "Oświadczenia",
            "fields": [{"id": "prawda", "type": "statement", "label": "Prawda", "text": "<p>Podaję prawdę.</p>", "required": True}],
        },
    ],
}  # fmt: skip


def sign_in_as(request: Any) -> Any:
    """Sign in the applicant or employee named `kto`."""
    who = request.params["kto"]
    users = request.root["principals"]["users"]
    remember(request, users[who].__oid__ if who in users else applicant_userid(who))
    return HTTPSeeOther("/")


def made_app(var: Path) -> Any:
    """The WSGI application of the portal, filled."""
    config = webapp.configure(var, **{"boi.upload_max_mb": "2", "boi.form_max_mb": "1", "boi.body_max_mb": "25"})
    for name in ("eforms", "representation.acting", "submissions.draft_views"):
        module = config.maybe_dotted(f"boi_portal.{name}")
        config.include(module)
        config.scan(module)
    config.add_view(sign_in_as, context=ISite, name="jako", request_method="POST")
    app = config.make_wsgi_app()
    with changed(app) as (site, office):
        for login in ("ala", "ola"):
            person = office.applicants[login] = Applicant(login)
            person.state, person.login, person.first_name, person.last_name = ACTIVE, login, login.title(), "Testowa"
        for login, role in (("ewa", permissions.EDITOR), ("jan", permissions.CLERK)):
            seat(site, StaffUser(email=f"{login}@zdroje.example"), login, [role], app.registry)
        forms = lifecycle.add(app.registry, site, "formularze", Forms({"title": "Formularze"}), "test", "published")
        lifecycle.add(app.registry, forms, "pies", EForm(FORM), "test", "published")
        lifecycle.add(app.registry, forms, "szkic", EForm(FORM), "test", "draft")
        for path in sorted(CONTENT.glob("*.yaml")):
            raw = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
            fields = EForm.schema().deserialize({k: v for k, v in raw.items() if k not in ("type", "state")})
            lifecycle.add(app.registry, forms, path.stem, EForm(fields), "test", "published")
    return app


class changed:
    """The site and the office in a transaction of their own."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def __enter__(self) -> tuple[Any, Any]:
        threadlocals.push({"registry": self.app.registry, "request": None})
        transaction.manager.begin()
        self.connection = self.app.registry._zodb_databases[""].open()
        site = make_site(self.connection, self.app.registry)
        make_office(self.connection)
        return site, office_of(self.connection)

    def __exit__(self, kind: Any, *rest: Any) -> None:
        if kind is None:
            transaction.manager.commit()
        transaction.manager.abort()
        self.connection.close()
        threadlocals.pop()


def signed_in(app: Any, login: str) -> TestApp:
    """A browser of somebody who has signed in."""
    browser = webapp.browser(app)
    browser.post("/jako", {"kto": login}, status=303)
    return browser
