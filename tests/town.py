"""A portal with everybody and everything in it, and an address of every view that it has, found by introspection.

A new kind of context needs a row in `BASES` (in `MANAGED` below /manage), a new route one in `ROUTES`.
"""

from __future__ import annotations

import datetime
import hashlib
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest
from pyramid.events import ContextFound
from substanced.util import get_oid
from webtest import TestApp

from boi_portal.accounts.absences import Absence, add_absence
from boi_portal.accounts.resources import ORGANISATION
from boi_portal.api.application import application_of
from boi_portal.eforms import printing
from boi_portal.publishing.content import now
from boi_portal.representation.acting import CHOSEN_KEY
from boi_portal.representation.records import (
    LEVELS,
    MANDATE,
    MEMBER,
    MandateDocument,
    Representation,
    State,
    Terms,
    rights_of,
    ties_of,
)
from boi_portal.web import errors
from boi_portal.web.assurance import PROVED_KEY
from boi_portal.web.polish import today
from boi_portal.web.security import USER_KEY
from boi_portal.web.sessions import SessionRecord, cookie_name, session_key
from tests import citizens
from tests.citizens import FILE_ID
from tests.functional.test_cases import file, make_draft
from tests.portals import TestPortal

CARD = "/katalog/sprawy-obywatelskie/wydanie-dowodu-osobistego"
FORM = "/formularze/zgloszenie-psa"
TOKEN_OF_NOBODY = "A" * 43

# context of a view -> an address of such a context; {names} are filled in by `Town`
BASES = {
    "AbsencesRoom": "/nieobecnosci",
    "AccountRoom": "/konto",
    "ActivationLink": f"/aktywacja/{TOKEN_OF_NOBODY}",
    "ActivationRoom": "/aktywacja",
    "ApplicantsRoom": "/urzad/interesanci",
    "Bin": "/kosz",
    "CaseResource": "/sprawy/{case}",
    "CasesRoom": "/sprawy",
    "ChoiceRoom": "/konto/dzialam-jako",
    "DeskCaseResource": "/urzad/sprawy/{case}",
    "DeskRoom": "/urzad",
    "DraftResource": "/robocze/{draft}",
    "DraftsRoom": "/robocze",
    "Entrance": "/saml/wejscie/wezel",
    "EmployeeRoom": "/pracownicy/redaktorka",
    "EmailLink": f"/zmiana-e-mail/{TOKEN_OF_NOBODY}",
    "FiledDraft": "/robocze/{filed}",
    "ICaseType": CARD,
    "ICatalogOfCases": "/katalog",
    "ICategory": "/katalog/sprawy-obywatelskie",
    "IContent": "/kontakt",
    "IDepartment": "/wydzialy/so",
    "IDepartments": "/wydzialy",
    "IEForm": FORM,
    "IFile": "/pliki/herb.svg",
    "IFolderish": "/pomoc",
    "IForms": "/formularze",
    "INews": "/aktualnosci/{news}",
    "INewsFolder": "/aktualnosci",
    "IPage": "/kontakt",
    "ISite": "",
    "IdentitiesRoom": "/konto/profil-zaufany",
    "InvitationLink": f"/zaproszenie/{TOKEN_OF_NOBODY}",
    "InvitationRoom": "/zaproszenie",
    "LinkTicket": f"/saml/polacz/{TOKEN_OF_NOBODY}",
    "KindRoom": "/rejestracja/osoba-fizyczna",
    "MandateResource": "/konto/pelnomocnictwa/{mandate}",
    "MandatesRoom": "/konto/pelnomocnictwa",
    "Newsroom": "/redakcja",
    "OfferLink": "/upowaznienie/{offer}",
    "OfferRoom": "/upowaznienie",
    "OidcRoom": "/oidc",
    "PeopleRoom": "/konto/osoby",
    "PersonAbsencesRoom": "/nieobecnosci/urzednik",
    "NumberChangeResource": "/urzad/zmiany-danych/{change}",
    "NumberChangesRoom": "/urzad/zmiany-danych",
    "PersonResource": "/konto/osoby/{person}",
    "ReceiptRoom": "/poswiadczenie",
    "RegistrationTicket": f"/saml/nowe-konto/{TOKEN_OF_NOBODY}",
    "Return": f"/saml/powrot/{TOKEN_OF_NOBODY}",
    "SamlRoom": "/saml",
    "RegistrationRoom": "/rejestracja",
    "ResetLink": f"/haslo/{TOKEN_OF_NOBODY}",
    "ResetRoom": "/haslo",
    "SignInRoom": "/logowanie",
    "StaffRoom": "/pracownicy",
    "TrailRoom": "/urzad/dziennik",
}
# the same below /manage, where Substance D's own contexts are
MANAGED = {
    "": "/manage",
    "ICatalog": "/manage/catalogs/boi",
    "IContent": "/manage/kontakt",
    "IFile": "/manage/pliki/herb.svg",
    "IFolder": "/manage/principals",
    "IFolderish": "/manage/katalog",
    "IGroups": "/manage/principals/groups",
    "IIndex": "/manage/catalogs/boi/text",
    "ILockService": "/manage/locks",
    "IPasswordReset": "/manage/principals/resets/x",
    "IUser": "/manage/principals/users/redaktor",
    "IUsers": "/manage/principals/users",
}
# views that say nothing without more address below their name
BELOW = {
    "dodaj": ("", "/help-page", "/nic"),
    "edytuj-pytania": ("", "/osoba", "/osoba/imie", "/nowa-strona", "/osoba/nowe-pole?rodzaj=text", "/a/b/c/d"),
    "historia": ("", "/1", "/1/strona", "/porownaj?a=1&b=robocza", "/999999999", "/%C2%B2"),
    "klucz": ("", f"/{FILE_ID}", "/%C2%B2"),
    "plik": (f"/{FILE_ID}", ""),
    "strona": ("/osoba", "/psy", "/nie-ma"),
    "zalacznik": ("/{attachment}", ""),
    "zgody": ("", "/1", "/999", "/x/y"),
}
UNENDING = ("auditstream-sse", "wyloguj", "logout")  # a stream, and the end of the session that the next request needs
# route -> an address of it
ROUTES = {
    "__deformstatic/": "/deformstatic/css/form.css",
    "__fcstatic/": "/fcstatic/x",
    "__sdistatic/": "/sdistatic/css/sdi_bootstrap.css",
    "boi_api_applicants": "/api/v1/applicants",
    "boi_api_description": "/api/v1/openapi.yaml",
    "boi_api_unknown": "/api/v1/nie-ma",
    "boi_static": "/static/x/portal.css",
}
KEPT = "tests.kept"  # for what commits as it goes: see `nothing_kept`
API_ROUTE = "boi_api"
MANAGE_ROUTE = "substanced_manage"

# what a person is called here -> the login of a demo person or the kind of applicant that is made; None: nobody
PEOPLE = {
    "visitor": None,
    "jan": "jan.testowy",  # whose draft, case and mandates they are
    "late": "jan.testowy",  # Jan, who has not proved for long who he is
    "anna": "anna",
    "firm": "firm",
    "sees": "see",  # three who act for Jan, each with one right more
    "fills": "fill",
    "signs": "sign",
    "invited": "invited",  # an account made by the office: no consent yet
    "clerk": "urzednik",  # of the department that has the case
    "other clerk": "urzednik.os",
    "deputy": "urzednik.or",  # of another department, stands in for a colleague of the clerk's
    "head": "kierownik",
    "editor": "redaktorka",
    "chief": "redaktor",
    "admin": "administrator",
}


LONG_AGO = 3600.0  # seconds


class View(NamedTuple):
    """A view that answers an address: the name of its context's class, its name, its methods (none: every one), the parameter without
    which it does not answer, and its route ("" for the portal's own tree).
    """

    context: str
    name: str
    methods: tuple[str, ...]
    param: str
    route: str

    @property
    def managed(self) -> bool:
        """Whether it is one of the management interface."""
        return self.route == MANAGE_ROUTE


class Town:
    """A portal with a draft, a filed case and content in every state; `people` are browsers, `path` fills in addresses."""

    def __init__(self, portal: TestPortal) -> None:
        self.portal = portal
        jan = portal.signed_in("jan.testowy")
        self.names = {"case": file(portal, jan), "draft": make_draft(portal).rpartition("/")[2]}
        self._chosen: dict[Any, str] = {}  # user id -> the representation by which that person acts
        with portal.opened() as opened:
            office, site = opened.office, opened.site
            office.worker_lease = ("worker", time.time() + 3600)  # it works, says the health page
            self.names["filed"] = next(
                draft.id for draft in office.drafts.values() if draft.filed_as == self.names["case"]
            )
            self.names["attachment"] = next(iter(office.submissions[self.names["case"]].attachments))
            self.names["news"] = next(iter(site["aktualnosci"]))
            users = site["principals"]["users"]
            userids: dict[str, Any] = {login: user.__oid__ for login, user in users.items()}
            self._stand_in(users["kierownik"], users["urzednik.or"])
            userids["jan.testowy"] = citizens.account_of(office, "jan.testowy").userid
            anna = citizens.add_applicant(office)
            userids["anna"] = anna.userid
            self.names["change"] = citizens.ask_number(office, anna).id
            userids["firm"] = citizens.add_applicant(office, kind=ORGANISATION, org_name="Zakład Próbny").userid
            userids["invited"] = citizens.add_applicant(office, invited=True, consents=()).userid
            self._represent(office, userids)
        portal.work()
        self.people = {
            name: self.browser(login and userids[login], time.time() - LONG_AGO * (name == "late"))
            for name, login in PEOPLE.items()
        }

    def _stand_in(self, absent: Any, deputy: Any) -> None:
        """An absence that lasts today and some days more."""
        days = today(), today() + datetime.timedelta(days=9)
        add_absence(absent, deputy, Absence("a" * 32, *days, get_oid(deputy)), today())

    def _represent(self, office: Any, userids: dict[str, Any]) -> None:
        """Mandates of Jan's, by three of which he is acted for, and two of the firm's people: Jan, who so has a choice, and somebody
        who has not answered.
        """
        jan, firm = userids["jan.testowy"], userids["firm"]
        mandate = self._mandate(jan, "sign")
        person, offer = (
            Representation(firm, Terms(MEMBER, "k@poczta.example", rights_of("sign")), now()) for _ in "ab"
        )
        mandate.agent, person.agent = citizens.add_applicant(office).userid, jan
        mandate.state = person.state = State.ACCEPTED
        offer.token_sha256 = hashlib.sha256(TOKEN_OF_NOBODY.encode()).hexdigest()
        offer.token_until = now() + datetime.timedelta(days=1)
        acted = []
        for level in LEVELS:
            one = self._mandate(jan, level)
            one.agent, one.state = citizens.add_applicant(office).userid, State.ACCEPTED
            userids[level] = one.agent
            self._chosen[one.agent] = one.id
            acted.append(one)
        for one in (mandate, person, offer, *acted):
            office.representations[one.id] = one
            ties_of(office, one.principal).given.add(one.id)
            if one.agent:
                ties_of(office, one.agent).held.add(one.id)
        self.names.update(mandate=mandate.id, person=person.id, offer=offer.id + TOKEN_OF_NOBODY)

    def _mandate(self, principal: str, level: str) -> Representation:
        day = datetime.date(2026, 1, 2)
        paper = MandateDocument("p.pdf", "application/pdf", citizens.PDF, now())
        terms = Terms(MANDATE, "ktos", rights_of(level), None, day, day.replace(year=2126), paper)
        return Representation(principal, terms, now())

    def browser(self, userid: Any, proved_at: float) -> TestApp:
        """A browser with a session of its own; without one for a visitor. When the person last proved who he is, in seconds
        since the epoch.
        """
        browser = self.portal.browser()
        if userid is None:
            return browser
        cookie = secrets.token_urlsafe(32)
        with self.portal.opened() as opened:
            record = SessionRecord(time.time())
            record.data = {USER_KEY: userid, "_csrft_": f"token{userid}", PROVED_KEY: proved_at}
            if userid in self._chosen:
                record.data[CHOSEN_KEY] = self._chosen[userid]
            opened.office.sessions[session_key(cookie)] = record
        browser.token = f"token{userid}"
        browser.cookie = cookie
        self.stay(browser)
        return browser

    def stay(self, browser: TestApp) -> None:
        """Give a browser the cookie that it began with: what an answer says of cookies is not kept, either."""
        browser.reset()
        if hasattr(browser, "cookie"):
            browser.set_cookie(cookie_name(self.portal.registry.boi_settings), browser.cookie)

    def path(self, pattern: str) -> str:
        """An address with its names."""
        return pattern.format(**self.names) or "/"

    def views(self) -> Iterator[View]:
        """Every view that answers an address, also in the API's own application; those of errors do not."""
        registries = (self.portal.registry, application_of(self.portal.registry).registry)
        found = [item for registry in registries for item in registry.introspector.get_category("views")]
        for view in (item["introspectable"] for item in found):
            if view["route_name"] == API_ROUTE:
                continue  # hands on to that application
            context, methods = view["context"], view["request_methods"] or ()
            name = getattr(context, "__name__", "") if context is not None else ""
            if name == "IExceptionResponse" or (isinstance(context, type) and issubclass(context, BaseException)):
                continue
            methods = (methods,) if isinstance(methods, str) else tuple(methods)
            yield View(name, view["name"], methods, view["request_param"] or "", view["route_name"] or "")

    def base(self, view: View) -> str | None:
        """The address of a view's context; None: it is in no table here."""
        tables = {"": BASES, MANAGE_ROUTE: MANAGED}
        return tables[view.route].get(view.context) if view.route in tables else ROUTES.get(view.route)

    def addresses_of(self, view: View) -> list[str]:
        """A view's addresses; the first is the one where it has most to say.

        :raises KeyError: its context is in no table.
        """
        base = self.base(view)
        if base is None:
            raise KeyError(view)
        if view.route not in ("", MANAGE_ROUTE) or not view.name:
            return [self.path(base)]
        return [self.path(f"{base}/{view.name}{below}") for below in BELOW.get(view.name, ("",))]

    def addresses(self) -> list[str]:
        """Every view's addresses, without those of other systems."""
        views = [view for view in self.views() if view.name not in UNENDING and not view.route.startswith("boi_api")]
        return list(dict.fromkeys(address for view in views for address in self.addresses_of(view)))


@contextmanager
def nothing_kept(portal: TestPortal) -> Iterator[None]:
    """Let requests be answered and roll back what they write, unless `KEPT` is in their environment."""

    def undo(event: ContextFound) -> None:
        if KEPT not in event.request.environ:
            event.request.tm.doom()

    portal.registry.registerHandler(undo, [ContextFound])
    yield
    portal.registry.unregisterHandler(undo, [ContextFound])


@contextmanager
def undrawn() -> Iterator[None]:
    """Draw neither PDFs nor the frame around errors: it takes most of the time of who asks for everything."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(printing, "pdf", lambda html: html.encode())
        patch.setattr(errors, "render", lambda template, values, request: repr(values))
        yield
