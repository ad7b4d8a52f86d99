"""Who the request's user is, and whether a POST comes from our own page.

A signed-in user id is either a staff user's Substance D object id (int) or `applicant:<id>` (str). Principals are strings from
`permissions`; ACLs never hold object ids.
"""

from __future__ import annotations

import hmac
from typing import Any
from urllib.parse import urlsplit

from pyramid.authentication import CallbackAuthenticationPolicy
from pyramid.authorization import ACLAuthorizationPolicy
from pyramid.interfaces import IAuthenticationPolicy, ICSRFStoragePolicy
from pyramid_zodbconn import get_connection
from substanced.interfaces import IUserLocator
from zope.interface import implementer

from .. import permissions
from ..publishing.site import ROOT_KEY
from .polish import today

USER_KEY = "userid"
APPLICANT_PREFIX = "applicant:"


def applicant_userid(applicant_id: str) -> str:
    """The user id of an applicant's account."""
    return APPLICANT_PREFIX + applicant_id


def principals_of(userid: Any, request: Any) -> list[str] | None:
    """The principals of a signed-in user; None where the account is gone or closed."""
    if isinstance(userid, str) and userid.startswith(APPLICANT_PREFIX):
        applicant = request.office.applicants.get(userid[len(APPLICANT_PREFIX) :])
        if applicant is None or not applicant.active or _is_cut_off(applicant, request):
            return None
        return [permissions.APPLICANT]
    user = staff_user(request, userid)
    return None if user is None or _is_cut_off(user, request) else staff_principals(user)


def _is_cut_off(account: Any, request: Any) -> bool:
    """Whether the session was begun before the account's password was changed: such sessions are over."""
    since: float = getattr(account, "sessions_since", 0.0)
    return bool(request.session.started < since)


def staff_principals(user: Any) -> list[str]:
    """Roles of an employee, and the departments whose cases are his today: as of one who deals with cases, not of an editor there."""
    held = [group.__name__ for group in user.groups]
    found = [permissions.STAFF, *map(permissions.role, held)]
    # a user of Substance D's own, as there is without the feature `accounts`, has no departments
    if {permissions.CLERK, permissions.HEAD} & set(held) and hasattr(user, "departments"):
        found += [permissions.department(name) for name in sorted(user.departments(today()))]
    return found


def staff_user(request: Any, userid: Any) -> Any:
    """The employee with this user id, or None."""
    if not isinstance(userid, int):
        return None
    user = _site(request).__objectmap__.object_for(userid)
    return user if user is not None and getattr(user, "enabled", True) else None


def _site(request: Any) -> Any:
    return get_connection(request).root()[ROOT_KEY]


@implementer(IAuthenticationPolicy)
class SessionPolicy(CallbackAuthenticationPolicy):
    """The user id is kept in the server-side session; asking for it makes no session."""

    callback = staticmethod(principals_of)

    def unauthenticated_userid(self, request: Any) -> Any:
        return request.session.get(USER_KEY)

    def remember(self, request: Any, userid: Any, **kw: Any) -> list[tuple[str, str]]:
        request.session.renew()
        request.session[USER_KEY] = userid
        request.session.new_csrf_token()
        return []

    def forget(self, request: Any) -> list[tuple[str, str]]:
        request.session.invalidate()
        return []


@implementer(IUserLocator)
class StaffLocator:
    """Substance D's way to its users: staff only; an applicant is no user of the management interface."""

    def __init__(self, context: Any, request: Any) -> None:
        self.request = request

    def get_user_by_login(self, login: str) -> Any:
        return _site(self.request)["principals"]["users"].get(login)

    def get_user_by_userid(self, userid: Any) -> Any:
        return staff_user(self.request, userid)

    def get_user_by_email(self, email: str) -> Any:
        folded = email.casefold()
        users = _site(self.request)["principals"]["users"].values()
        return next((user for user in users if (user.email or "").casefold() == folded), None)

    def get_groupids(self, userid: Any) -> list[str] | None:
        return principals_of(userid, self.request)


@implementer(ICSRFStoragePolicy)
class ForgeryPolicy:
    """A POST needs its session's token; before there is a session, proof that it was sent from our own page.

    Pages of visitors are cached and shared, so they cannot carry a token. For them the browser's own word counts: the `Origin`
    or `Sec-Fetch-Site` header, which a foreign page cannot set. Without either the POST is refused.
    """

    def new_csrf_token(self, request: Any) -> str:
        token: str = request.session.new_csrf_token()
        return token

    def get_csrf_token(self, request: Any) -> str:
        token: str = request.session.get_csrf_token()
        return token

    def check_csrf_token(self, request: Any, supplied_token: Any) -> bool:
        same = same_origin(request)
        if same is False:
            return False
        if not request.session.exists:
            return same is True
        # forms of the management interface carry the token under a name of their own
        if supplied_token == "":
            supplied_token = request.POST.get("_csrf_token_", "")
        if not isinstance(supplied_token, str):
            return False  # a file was sent in its place
        return hmac.compare_digest(self.get_csrf_token(request).encode(), supplied_token.encode())


def same_origin(request: Any) -> bool | None:
    """Whether the browser says that the request comes from our own page; None where it says nothing."""
    origin = request.headers.get("Origin")
    if origin is not None:
        return _origin_of(origin) == _origin_of(request.host_url)
    site = request.headers.get("Sec-Fetch-Site")
    return None if site is None else site == "same-origin"


def _origin_of(address: str) -> tuple[str, str] | None:
    try:
        parts = urlsplit(address)
    except ValueError:  # brackets that are no IPv6 address
        return None
    return parts.scheme, parts.netloc


def csrf_token(request: Any) -> str:
    """The token for a form on this page; empty for a visitor without a session, whose POST is checked by its origin."""
    return request.session.get_csrf_token() if request.session.exists else ""


def protect(config: Any) -> None:
    """Set who is who and what a POST needs. A view keeps what is set when it is committed, so this comes before any commit."""
    config.set_authentication_policy(SessionPolicy())
    config.set_authorization_policy(ACLAuthorizationPolicy())
    config.set_csrf_storage_policy(ForgeryPolicy())
    config.set_default_csrf_options(require_csrf=True, token="csrf_token", header="X-CSRF-Token")  # noqa: S106 - a field name


def includeme(config: Any) -> None:
    protect(config)
    config.set_user_locator(StaffLocator)
    config.add_request_method(csrf_token, "form_token", reify=False, property=True)
