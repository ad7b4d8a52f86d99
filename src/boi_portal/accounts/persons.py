"""Who is signed in, as the object that is kept of the person: an applicant's account or an employee."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPNotFound

from ..web.security import staff_user
from .resources import Applicant, applicant_of


def person_of(request: Any) -> Any:
    """The applicant or employee who is signed in."""
    return applicant_of(request.office, request.authenticated_userid) or staff_user(
        request, request.authenticated_userid
    )


def applicant_here(request: Any) -> Applicant:
    """The applicant who is signed in, on a page that employees do not have.

    :raises HTTPNotFound: it is an employee.
    """
    applicant = applicant_of(request.office, request.authenticated_userid)
    if applicant is None:
        raise HTTPNotFound()
    return applicant
