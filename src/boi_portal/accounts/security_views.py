"""`/konto/bezpieczenstwo`: what protects the own account, and changing it. Below it removing, renaming and new recovery codes.

Every page that changes something asks for a fresh proof first, and its owner gets a letter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import colander
from pyramid.httpexceptions import HTTPBadRequest, HTTPNotFound, HTTPSeeOther
from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from .. import permissions
from ..publishing.schema import text
from ..web.assurance import require_recent
from ..web.downloads import attachment
from ..web.errors import RETURN_KEY, safe_path
from ..web.forms import Button, FormView
from . import compulsory, proving
from .entry import account_of
from .factors import MOST_PASSKEYS, RECOVERY_CODES, Factors, Passkey
from .rooms import AccountRoom
from .set_up_views import MAX_NAME, show_recovery

LAST_OF_STAFF = "Pracownik urzędu musi mieć drugi składnik logowania. Najpierw dodaj inny, potem usuń ten."
CODES = "kody"  # the field that brings shown codes back for downloading


@view_config(
    context=AccountRoom,
    name="bezpieczenstwo",
    request_method="GET",
    permission=permissions.VIEW,
    renderer="templates/security.pt",
)
def security(context: AccountRoom, request: Any) -> dict[str, Any]:
    """`/konto/bezpieczenstwo`. With `powrot` its ways of setting up lead back there."""
    userid = request.authenticated_userid
    factors = proving.factors_of(request, userid)
    back = safe_path(request.GET.get(RETURN_KEY), "")
    return {
        "title": "Bezpieczeństwo",
        "factors": factors,
        "application": factors.application if factors is not None else None,
        "passkeys": factors.passkeys if factors is not None else [],
        "more_passkeys": factors is None or len(factors.passkeys) < MOST_PASSKEYS,
        "codes_left": factors.codes_left if factors is not None else 0,
        "needed_from": None if factors else compulsory.needed_from(request, userid),
        "query": f"?{RETURN_KEY}={quote(back, safe='/')}" if back else "",
    }


def _home(request: Any) -> HTTPSeeOther:
    return HTTPSeeOther(request.layout.path("konto", "bezpieczenstwo"))


class FactorPage:
    """What the pages of changing share: the person, who has proved it lately, and the factors."""

    def __init__(self, context: AccountRoom, request: Any) -> None:
        require_recent(request)
        self.context = context
        self.request = request
        self.userid = request.authenticated_userid
        self.account = account_of(request, self.userid)

    @property
    def factors(self) -> Factors:
        """:raises HTTPNotFound: this account has none."""
        found = proving.factors_of(self.request, self.userid)
        if not found:
            raise HTTPNotFound()
        return found

    def may_remove(self) -> bool:
        """Whether one factor fewer is allowed; says so where it is not."""
        if not (compulsory.is_for(self.userid) and self.factors.is_last):
            return True
        self.request.session.flash(LAST_OF_STAFF, "warning")
        return False

    def changed(self, what: str, words: str, flash: str) -> HTTPSeeOther:
        """Write the change down, tell the owner, and go back to the list."""
        proving.changed(self.request, self.userid, self.account, what, words)
        self.request.session.flash(flash, "success")
        return _home(self.request)


@view_defaults(context=AccountRoom, name="aplikacja-usun", permission=permissions.VIEW)
class RemoveApplication(FactorPage):
    """`/konto/aplikacja-usun`"""

    @view_config(request_method="GET", renderer="templates/remove_application.pt")
    def ask(self) -> dict[str, Any]:
        """Ask before removing."""
        if self.factors.application is None:
            raise HTTPNotFound()
        return {"title": "Wyłączyć kod z aplikacji?", "last": self.factors.is_last}

    @view_config(request_method="POST")
    def remove(self) -> Any:
        """Remove it."""
        factors = self.factors
        if factors.application is None:
            raise HTTPNotFound()
        if not self.may_remove():
            return _home(self.request)
        factors.remove_application()
        return self.changed("totp-removed", "Wyłączono logowanie kodem z aplikacji.", "Kod z aplikacji jest wyłączony.")


class PasskeySchema(colander.Schema):
    """A passkey's name."""

    nazwa = text("Nazwa klucza", max_length=MAX_NAME, description="Po niej poznasz klucz na liście.")


@view_config(context=AccountRoom, name="klucz", permission=permissions.VIEW, renderer="templates/passkey.pt")
class PasskeyView(FactorPage, FormView):
    """`/konto/klucz/{id}`: renaming and removing. Somebody else's key is no more there than one that never was."""

    schema = PasskeySchema
    buttons = (Button("zapisz", "Zapisz nazwę", "secondary"),)

    @property
    def passkey(self) -> Passkey:
        """:raises HTTPNotFound: this account has no such key."""
        found = self.factors.passkey(self.request.subpath[0]) if len(self.request.subpath) == 1 else None
        if found is None:
            raise HTTPNotFound()
        return found

    def __call__(self) -> Any:
        passkey = self.passkey
        if self.request.method == "POST" and "usun" in self.request.POST:
            return self._remove(passkey)
        return super().__call__()

    def initial(self) -> Any:
        return {"nazwa": self.passkey.name}

    def page(self) -> Mapping[str, Any]:
        return {
            "title": f"Klucz „{self.passkey.name}”",
            "passkey": self.passkey,
            "last": self.factors.is_last,
            "here": self.request.path_qs,
        }

    def success(self, values: Any, button: str) -> Any:
        self.passkey.name = values["nazwa"]
        self.request.session.flash("Zapisaliśmy nazwę klucza.", "success")
        return _home(self.request)

    def _remove(self, passkey: Passkey) -> Any:
        if not self.may_remove():
            return _home(self.request)
        self.factors.remove_passkey(passkey)
        words = f"Usunięto klucz dostępu „{passkey.name}”."
        return self.changed("passkey-removed", words, words)


@view_defaults(context=AccountRoom, name="kody-zapasowe", permission=permissions.VIEW)
class RecoveryCodesViews(FactorPage):
    """`/konto/kody-zapasowe`"""

    @view_config(request_method="GET", renderer="templates/recovery.pt")
    def ask(self) -> dict[str, Any]:
        """What they are for, and making new ones."""
        return {"title": "Kody zapasowe", "left": self.factors.codes_left, "made": RECOVERY_CODES}

    @view_config(request_method="POST")
    def make(self) -> Any:
        """Make new ones in place of the old, and show them this once."""
        factors = self.factors
        words = "Wygenerowano nowe kody zapasowe. Poprzednie już nie działają."
        proving.changed(self.request, self.userid, self.account, "recovery-made", words)
        return show_recovery(self.request, self.userid, factors, self.request.layout.path("konto", "bezpieczenstwo"))


@view_config(context=AccountRoom, name="kody-zapasowe.txt", request_method="POST", permission=permissions.VIEW)
def download_codes(context: AccountRoom, request: Any) -> Response:
    """The codes of the page just shown as a file. They come with the request and are checked: no other text is given back."""
    factors, given = proving.factors_of(request, request.authenticated_userid), request.POST.get(CODES)
    codes = given.split() if isinstance(given, str) else []
    recovery = factors.recovery if factors is not None else None
    if recovery is None or not codes or len(codes) > RECOVERY_CODES:
        raise HTTPBadRequest()
    if not all(recovery.knows(request.authenticated_userid, code) for code in codes):
        raise HTTPBadRequest()
    site = request.layout.site
    head = f"Kody zapasowe do konta w portalu „{site.title}”. Każdy działa raz.\r\n\r\n"
    return attachment((head + "\r\n".join(codes) + "\r\n").encode(), "kody-zapasowe.txt", "text/plain; charset=utf-8")
