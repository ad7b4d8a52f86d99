"""The registration form: each error of each field, all of them at once, and what a right answer becomes."""

from __future__ import annotations

import copy
from typing import Any

import colander
import pytest

from boi_portal.accounts import passwords, schemas
from boi_portal.accounts.resources import BUSINESS, ORGANISATION, PERSON

ADDRESS = {"street": "ul. Lipowa", "house_number": "4", "flat": "", "postal_code": "99-998", "town": "Zdroje"}
FIRM = {"org_name": "Piekarnia Próbna", "nip": "999-000-00-08", "regon": ""}


def answers(kind: str = PERSON) -> dict[str, Any]:
    """A form that is filled in rightly."""
    given: dict[str, Any] = {
        "person": {"first_name": "Jan", "last_name": "Testowy-Próbny", "identity": "pesel", "pesel": "68031499952"},
        "residence": dict(ADDRESS),
        "letters": {"where": "same"},
        "contact": {"email": "Jan.Testowy@Poczta.Example", "phone": ""},
        "account": {"login": "jan.testowy", "password": "zielony most nad rzeką"},
        "consent": {"agreed": "true"},
    }
    if kind != PERSON:
        given["firm"] = dict(FIRM)
    return given


DOCUMENT = {"kind": "passport", "number": "FA 123456", "country": "Ukraina", "birth_date": "1986-03-05"}


def with_document(**changed: str) -> dict[str, Any]:
    given = answers()
    given["person"] |= {"identity": "document", "pesel": "", "document": {**DOCUMENT, **changed}}
    return given


def changed(given: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The same answers but one; None leaves it empty."""
    result = copy.deepcopy(given)
    *steps, last = path.split(".")
    part = result
    for step in steps:
        part = part.setdefault(step, {})
    part[last] = colander.null if value is None else value
    return result


def errors_of(given: dict[str, Any], kind: str = PERSON) -> dict[str, str]:
    """What is wrong: dotted name of a field -> message."""
    with pytest.raises(colander.Invalid) as caught:
        schemas.registration_schema(kind, "").deserialize(given)
    return {name: str(message) for name, message in caught.value.asdict(translate=lambda text: text).items()}


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("person.first_name", None, "Required"),
        ("person.first_name", "J4n", schemas.NAME_RULE),
        ("person.first_name", "J" * 61, "60 znaków"),
        ("person.last_name", None, "Required"),
        ("person.last_name", "<b>", schemas.NAME_RULE),
        ("person.identity", "oba", "is not one of"),
        ("person.pesel", None, "Required"),
        ("person.pesel", "68031499953", schemas.PESEL_RULE),
        ("person.pesel", "6803149995", schemas.PESEL_RULE),
        ("person.pesel", "68031499952\n68031499952", schemas.PESEL_RULE),
        ("person.pesel", "\u0666\u0668031499952", schemas.PESEL_RULE),
        ("person.pesel", "99322999999", schemas.PESEL_RULE),
        ("residence.house_number", None, "Required"),
        ("residence.house_number", "4;", "numer domu"),
        ("residence.postal_code", None, "Required"),
        ("residence.postal_code", "9998", schemas.POSTAL_CODE_RULE),
        ("residence.postal_code", "99-9989", "6 znaków"),
        ("residence.town", None, "Required"),
        ("residence.town", "Z" * 81, "80 znaków"),
        ("residence.street", "ul.\x00Lipowa", "sterujące"),
        ("letters.where", "nigdzie", "is not one of"),
        ("contact.email", None, "Required"),
        ("contact.email", "jan", schemas.EMAIL_RULE),
        ("contact.email", "jan@poczta", schemas.EMAIL_RULE),
        ("contact.email", "jan@poczta.example\nBcc: a@b.example", schemas.EMAIL_RULE),
        ("contact.email", "jan..testowy@poczta.example", schemas.EMAIL_RULE),
        ("contact.email", "żółw@poczta.example", schemas.EMAIL_RULE),
        ("contact.phone", "123", schemas.PHONE_RULE),
        ("contact.phone", "zadzwoń", schemas.PHONE_RULE),
        ("account.login", None, "Required"),
        ("account.login", "ja", schemas.LOGIN_RULE),
        ("account.login", "Jan Testowy", schemas.LOGIN_RULE),
        ("account.login", "jan@poczta.example", schemas.LOGIN_RULE),
        ("account.login", ".jan.", schemas.LOGIN_RULE),
        ("account.password", None, "Required"),
        ("account.password", "krótkie", passwords.TOO_SHORT),
        ("account.password", "z" * 300, "za długie"),
        ("account.password", "Password2024!", passwords.COMMON),
        ("account.password", "testowy lubi kajaki", passwords.OWN_DATA),
        ("account.password", "rower i jan.testowy", passwords.OWN_DATA),
        ("consent.agreed", "false", schemas.CONSENT_RULE),
    ],
)
def test_registration_when_one_field_is_wrong(path: str, value: Any, message: str) -> None:
    errors = errors_of(changed(answers(), path, value))
    assert list(errors) == [path]
    assert message in errors[path]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("kind", "bilet", "is not one of"),
        ("kind", "", "Required"),
        ("number", "", "Required"),
        ("number", "№!", schemas.DOCUMENT_RULE),
        ("country", "", "Required"),
        ("country", "U4", schemas.COUNTRY_RULE),
        ("birth_date", "", "Required"),
        ("birth_date", "31.02.1986", schemas.DATE_RULE),
        ("birth_date", "2999-01-01", schemas.DATE_RULE),
        ("birth_date", "1799-01-01", schemas.DATE_RULE),
    ],
)
def test_registration_when_document_is_wrong(name: str, value: str, message: str) -> None:
    errors = errors_of(with_document(**{name: value}))
    assert list(errors) == [f"person.document.{name}"]
    assert message in errors[f"person.document.{name}"]


@pytest.mark.parametrize(
    ("kind", "path", "value", "message"),
    [
        (BUSINESS, "firm.org_name", None, "Required"),
        (BUSINESS, "firm.nip", None, "Required"),
        (BUSINESS, "firm.nip", "9990000009", schemas.NIP_RULE),
        (BUSINESS, "firm.regon", "123456789", schemas.REGON_RULE),
        (ORGANISATION, "firm.nip", "1", schemas.NIP_RULE),
        (ORGANISATION, "firm.krs", "123", schemas.KRS_RULE),
        (ORGANISATION, "firm.krs", "00001234567", schemas.KRS_RULE),
        (ORGANISATION, "person.pesel", None, "Required"),
    ],
)
def test_registration_when_firm_is_wrong(kind: str, path: str, value: Any, message: str) -> None:
    errors = errors_of(changed(answers(kind), path, value), kind)
    assert list(errors) == [path]
    assert message in errors[path]


def test_registration_says_everything_at_once_when_nothing_is_filled_in() -> None:
    empty = {name: {} for name in ("person", "residence", "contact", "account", "consent", "letters", "firm")}
    empty["consent"] = {"agreed": "false"}
    errors = errors_of({**empty, "letters": {"where": "other", "address": {}}}, ORGANISATION)
    assert set(errors) == {
        "firm.org_name", "firm.nip", "person.first_name", "person.last_name", "person.identity", "person.pesel",
        "residence.house_number", "residence.postal_code", "residence.town", "letters.address.house_number",
        "letters.address.postal_code", "letters.address.town", "contact.email", "account.login", "account.password",
        "consent.agreed",
    }  # fmt: skip


def test_registration_normalises_what_people_type() -> None:
    given = changed(changed(answers(BUSINESS), "person.pesel", "680314 99952"), "contact.phone", "729 999-999")
    values = schemas.registration_schema(BUSINESS, "").deserialize(given)
    assert values["person"]["pesel"] == "68031499952"
    assert values["firm"]["nip"] == "9990000008"
    assert values["contact"] == {"email": "Jan.Testowy@poczta.example", "phone": "+48729999999"}


@pytest.mark.parametrize("typed", ["99-998", "99998", "99 998", " 99-998 "])
def test_registration_when_a_postal_code_is_typed_in_other_ways(typed: str) -> None:
    given = changed(answers(), "residence.postal_code", typed)
    assert schemas.registration_schema(PERSON, "").deserialize(given)["residence"]["postal_code"] == "99-998"


def test_registration_does_not_read_what_the_choices_make_needless() -> None:
    given = changed(
        answers(), "person.document", {"kind": "bilet", "number": "", "country": "", "birth_date": "wczoraj"}
    )
    given = changed(given, "letters.address", {"postal_code": "źle"})
    values = schemas.registration_schema(PERSON, "").deserialize(given)
    assert values["person"]["document"] is None
    assert values["letters"]["address"] is None


def test_registration_with_foreign_document() -> None:
    given = with_document()
    given["person"]["pesel"] = "68031499953"
    values = schemas.registration_schema(PERSON, "").deserialize(given)
    assert values["person"]["document"] == DOCUMENT
    assert values["person"]["pesel"] == ""


@pytest.mark.parametrize("crafted", [colander.null, "x", ["x"], {"person": "x"}, {"account": {"password": ["x"]}}])
def test_registration_when_the_shape_is_wrong(crafted: Any) -> None:
    with pytest.raises(colander.Invalid):
        schemas.registration_schema(PERSON, "").deserialize(crafted)
