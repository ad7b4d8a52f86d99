"""What a form can take from the applicant's account, so that nobody types twice what the portal knows."""

from __future__ import annotations

import dataclasses
from typing import Any

from .definition import Definition


@dataclasses.dataclass(frozen=True)
class AddressData:
    """An address of an account."""

    street: str = ""
    house_number: str = ""
    flat: str = ""
    postal_code: str = ""
    town: str = ""


@dataclasses.dataclass(frozen=True)
class ApplicantData:
    """Data of an account; what it does not have is empty. `birth_date` is ISO."""

    first_name: str = ""
    last_name: str = ""
    pesel: str = ""
    email: str = ""
    phone: str = ""
    birth_date: str = ""
    address: AddressData | None = None
    org_name: str = ""
    nip: str = ""
    regon: str = ""


def prefilled(definition: Definition, data: Any) -> dict[str, dict[str, Any]]:
    """What to type for the applicant: page id -> field id -> what was typed. `data` has the attributes of
    ApplicantData."""
    pages: dict[str, dict[str, Any]] = {}
    for page in definition.pages:
        for field in page.walk():
            if not field.prefill:
                continue
            typed = field.kind.prefilled(field, getattr(data, field.prefill.removeprefix("applicant."), None))
            if typed:
                pages.setdefault(page.id, {})[field.id] = typed
    return pages
