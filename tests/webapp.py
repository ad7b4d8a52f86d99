"""A small portal of `publishing`, `office` and `web` alone, with pages that try out what every page shares."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import colander
import deform.widget
import transaction
from persistent import Persistent
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.security import remember
from pyramid.threadlocal import manager as threadlocals
from substanced.content import content
from substanced.util import get_oid
from webtest import TestApp
from ZODB.POSException import ConflictError
from zope.interface import implementer

import boi_portal
from boi_portal import permissions
from boi_portal.interfaces import IContent, IPage, ISite
from boi_portal.office.store import make_office
from boi_portal.publishing import lifecycle, revision, schema
from boi_portal.publishing.content import Content
from boi_portal.publishing.site import make_site
from boi_portal.scripts.application import prepare
from boi_portal.settings import Settings
from boi_portal.web.forms import Button, FormView, Rejected
from boi_portal.web.security import applicant_userid
from boi_portal.web.traversal import PrivateResource, Room

ORIGIN = "http://localhost"
TOWN = {
    "title": "Biuro Obsługi Interesanta",
    "summary": "Załatwisz tu sprawy urzędu przez internet.",
    "office": "Urząd Miejski w Zdrojach",
    "address": {"street": "ul. Źródlana 1", "postal_code": "99-998", "town": "Zdroje"},
    "phone": "+48 99 999 90 00",
    "email": "urzad@zdroje.example",
    "bip": "https://bip.zdroje.example",
    "site": "https://www.zdroje.example",
    "accent": "#17548f",
    "accent_dark": "#7ab5ee",
}


@content("Test Page")
@implementer(IPage)
class TestPage(Content):
    """A page."""

    __test__ = False
    schema = schema.BodySchema
    type_name = "page"
    label = "Strona"


class Stored(Persistent):
    """What pages know of an applicant."""

    active = True

    def __init__(self, login: str, display_name: str) -> None:
        self.login = login
        self.display_name = display_name


class MyRoom(Room):
    """A room of signed-in applicants, with one record that is somebody else's and one that is hers."""

    title = "Moje sprawy"

    def __getitem__(self, name: str) -> Any:
        if name in ("cudza", "wlasna"):
            return Record(name, self, name)
        raise KeyError(name)


class Record(PrivateResource):
    title = "Sprawa"

    def __acl__(self) -> list[Any]:
        owner = applicant_userid("ala" if self.record == "wlasna" else "ola")
        return permissions.own_record_acl(owner)


class Row(colander.Schema):
    key = schema.text("Klucz", max_length=10)
    amount = schema.amount("Kwota")


class TrySchema(colander.Schema):
    """Every kind of field."""

    name = schema.text("Imię i nazwisko", autocomplete="name", max_length=60)
    email = colander.SchemaNode(
        colander.String(),
        title="E-mail",
        description="Na ten adres wyślemy potwierdzenie.",
        validator=colander.Email(),
        widget=deform.widget.TextInputWidget(type="email", attributes={"autocomplete": "email", "inputmode": "email"}),
    )
    birth = schema.iso_date("Data urodzenia", required=False)
    since = schema.iso_date("Od kiedy", required=False, description="Pierwszy dzień. Na przykład 1.09.2025")
    about = schema.long_text("Uwagi")
    body = schema.rich_text("Treść")
    kind = schema.choice("Rodzaj sprawy", [("a", "Odbiór osobisty"), ("b", "Wysyłka pocztą")])
    place = schema.choice("Miejscowość", [(str(n), f"Miejscowość {n}") for n in range(7)], required=False)
    ways = colander.SchemaNode(
        colander.Set(),
        title="Jak się kontaktować",
        validator=colander.ContainsOnly(["mail", "tel"]),
        widget=deform.widget.CheckboxChoiceWidget(values=(("mail", "E-mail"), ("tel", "Telefon"))),
        missing=(),
    )
    consent = colander.SchemaNode(
        colander.Boolean(), title="Zapoznałam się z klauzulą", widget=deform.widget.CheckboxWidget(), missing=False
    )
    password = colander.SchemaNode(
        colander.String(), title="Hasło", widget=deform.widget.CheckedPasswordWidget(), missing=""
    )
    address = schema.AddressSchema(title="Adres", missing=colander.drop)
    words = schema.words("Słowa kluczowe")
    accounts = schema.rows("Rachunki", Row(name="account", title="Rachunek"))
    secret = colander.SchemaNode(colander.String(), widget=deform.widget.HiddenWidget(), missing="")

    def validator(self, node: colander.SchemaNode, values: dict[str, Any]) -> None:
        if values["name"] == values["email"]:
            raise colander.Invalid(node, "Imię i e-mail nie mogą być takie same.")


class TryForm(FormView):
    schema = TrySchema
    title = "Próba formularza"
    buttons = (Button("wyslij", "Wyślij wniosek"), Button("zapisz", "Zapisz wersję roboczą", "secondary"))

    def success(self, values: Any, button: str) -> Any:
        if values["name"] == "Zajęty":
            self.request.root.fields = {**self.request.root.fields, "title": "nie wolno"}
            raise Rejected("To imię jest już zajęte.", field="name")
        return {"title": "Przyjęte", "form": f"{button}: {values!r}", "lead": ""}


def home(request: Any) -> dict[str, Any]:
    request.registry.calls += 1
    return {"title": request.context.title, "number": request.registry.calls}


def sign_in(request: Any) -> Any:
    """Sign in as the applicant, or as the employee of that login."""
    login = request.params.get("login")
    users = request.root["principals"]["users"]
    remember(request, get_oid(users[login]) if login else applicant_userid("ala"))
    request.session.flash("Witaj w portalu.", "success")
    return HTTPSeeOther("/")


def broken(request: Any) -> Any:
    raise RuntimeError("boom")


def conflicting(request: Any) -> Any:
    """Conflicts as often as `?times=` says, counted over the attempts of one request."""
    request.environ["tries"] = request.environ.get("tries", 0) + 1
    request.root.fields = {**request.root.fields, "epuap": f"try {request.environ['tries']}"}
    if request.environ["tries"] <= int(request.params["times"]):
        raise ConflictError
    return HTTPSeeOther("/")


def setting(request: Any) -> Any:
    request.session["seen"] = True
    return {"title": "Z sesją", "number": 0}


def configure(var: Path, **more: str) -> Configurator:
    """The configuration of the small portal."""
    prepare(str(var))
    raw = {
        "boi.secret": "0123456789abcdef0123456789abcdef",
        "boi.var": str(var),
        "boi.body_max_mb": "1",
        "zodbconn.uri": f"zconfig://{var}/databases.conf#content",
        "zodbconn.uri.office": f"zconfig://{var}/databases.conf#office",
        **more,
    }
    settings = Settings.from_ini({key: value for key, value in raw.items() if key.startswith("boi.")})
    config = Configurator(
        package=boi_portal,
        settings={
            **raw,
            "retry.attempts": "3",
            "pyramid.default_locale_name": "pl",
            "tm.annotate_user": "false",
            "tm.manager_hook": "boi_portal.web.transactions.manager_hook",
            "substanced.secret": settings.secret,
            "substanced.uploads_tempdir": str(var),
            "substanced.autosync_catalogs": "false",
            "substanced.autoevolve": "false",
        },
    )
    config.registry.boi_settings = settings
    for package in ("pyramid_tm", "pyramid_retry", "substanced"):
        config.include(package)
    config.commit()
    for feature in ("search", "office", "publishing", "web"):
        package = config.maybe_dotted(f"boi_portal.{feature}")
        if hasattr(package, "includeme"):
            config.include(package)
        config.scan(f"boi_portal.{feature}")
    config.scan(__name__)
    config.registry.calls = 0
    config.add_toolbar(lambda context, request: f'<div class="toolbar"><div class="wrap">{context.title}</div></div>')
    config.set_root_factory("boi_portal.publishing.site.root_factory")
    config.add_room("sprawy", MyRoom)
    templates = Path(__file__).parent / "templates"
    page = str(templates / "page.pt")
    config.add_view(home, context=ISite, renderer=page, public_page=True)
    config.add_view(home, context=IContent, permission=permissions.VIEW, renderer=page, public_page=True)
    config.add_view(home, context=IContent, name="edycja", permission=permissions.EDIT, renderer=page)
    config.add_view(home, context=MyRoom, permission=permissions.VIEW, renderer=page)
    config.add_view(home, context=Record, permission=permissions.OWN, renderer=page)
    config.add_view(TryForm, context=ISite, name="formularz", renderer="boi_portal.web:templates/form.pt")
    config.add_view(sign_in, context=ISite, name="wejdz", request_method="POST")
    config.add_view(broken, context=ISite, name="awaria")
    config.add_view(conflicting, context=ISite, name="konflikt", request_method="POST")
    config.add_view(setting, context=ISite, name="sesyjna", renderer=page, public_page=True)
    config.commit()
    return config


def fill(app: Any) -> None:
    """Make the site, a published page, a draft and an applicant."""
    registry = app.registry
    manager = transaction.manager
    threadlocals.push({"registry": registry, "request": None})
    manager.begin()
    connection = registry._zodb_databases[""].open()
    try:
        site = make_site(connection, registry)
        site.fields = dict(TOWN)
        office = make_office(connection)
        office.applicants["ala"] = Stored("ala", "Alicja Testowa")
        lifecycle.add(registry, site, "strona", TestPage({"title": "Strona"}), "test", "published")
        lifecycle.add(registry, site, "szkic", TestPage({"title": "Szkic"}), "test")
        for login, role in (("ewa", permissions.EDITOR), ("adam", permissions.ADMIN), ("ula", permissions.CLERK)):
            user = site["principals"].add_user(
                login, password="x" * 12, email=f"{login}@zdroje.example", registry=registry
            )
            user.groups.connect([site["principals"]["groups"][role]])
        revision.bump(site, None)
        manager.commit()
    finally:
        manager.abort()
        connection.close()
        threadlocals.pop()


def change(app: Any, work: Any) -> None:
    """Run `work(site, registry)` in a transaction of its own, as another request would."""
    registry = app.registry
    threadlocals.push({"registry": registry, "request": None})
    transaction.begin()
    connection = registry._zodb_databases[""].open()
    try:
        work(connection.root()["app_root"], registry)
        transaction.commit()
    finally:
        transaction.abort()
        connection.close()
        threadlocals.pop()


def browser(app: Any) -> TestApp:
    """A visitor with cookies of his own."""
    return TestApp(app, extra_environ={"HTTP_ORIGIN": ORIGIN, "HTTP_HOST": "localhost"})


def close(app: Any) -> None:
    """Close the databases."""
    for database in app.registry._zodb_databases.values():
        database.close()
