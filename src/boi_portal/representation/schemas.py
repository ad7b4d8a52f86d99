"""The forms of acting for others: who, what they may do, in which cases, for how long."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

import colander
import deform.widget

from ..accounts.sheets import is_email, is_login
from ..permissions import FILL_RIGHT, SEE_RIGHT, SIGN_RIGHT
from ..publishing.schema import choice, iso_date, text
from ..web.filefields import file_node
from ..web.polish import today

EMAIL_RULE = "Podaj adres e-mail tej osoby, na przykład anna@poczta.example."
INVITED_RULE = "Podaj login albo adres e-mail tej osoby."
NOTHING_CHOSEN = "Zaznacz co najmniej jedną kategorię albo jeden formularz."
ENDS_BEFORE = "Ostatni dzień nie może być wcześniejszy niż pierwszy."
ALREADY_OVER = "Ostatni dzień już minął. Podaj dzisiejszą albo późniejszą datę."
LONGEST = datetime.timedelta(days=366 * 10)
TOO_LONG = "Podaj ostatni dzień najwyżej dziesięć lat od dzisiaj."

LEVELS = [
    (SEE_RIGHT, "Podgląd: widzi wersje robocze i sprawy, nic nie zmienia"),
    (FILL_RIGHT, "Wypełnianie: także wypełnia formularze i dołącza pliki"),
    (SIGN_RIGHT, "Podpisywanie: także podpisuje własnym podpisem i wysyła pisma"),
]
EVERYTHING, CHOSEN = "wszystko", "wybrane"


def level_node() -> colander.SchemaNode:
    """What somebody may do."""
    return choice("Co może robić", LEVELS, name="level")


def manages_node() -> colander.SchemaNode:
    """Whether somebody manages the firm's people."""
    return colander.SchemaNode(
        colander.Boolean(),
        name="manages",
        title="Może też zarządzać osobami: zapraszać, zmieniać role i usuwać z listy",
        widget=deform.widget.CheckboxWidget(),
        missing=False,
    )


class RoleSchema(colander.Schema):
    """A firm's person's role."""

    level = level_node()
    manages = manages_node()


def _is_email(node: Any, value: str) -> None:
    if not is_email(value):
        raise colander.Invalid(node, EMAIL_RULE)


def _is_name(node: Any, value: str) -> None:
    if not (is_email(value) or is_login(value.lower())):
        raise colander.Invalid(node, INVITED_RULE)


class InviteSchema(RoleSchema):
    """Inviting a person to a firm."""

    invited = text(
        "Adres e-mail",
        max_length=254,
        validator=_is_email,
        widget=deform.widget.TextInputWidget(type="email"),
        description="Wyślemy na niego zaproszenie. Osoba przyjmie je na swoim własnym koncie.",
        insert_before="level",
    )


def mandate_schema(categories: list[tuple[str, str]], forms: list[tuple[str, str]], max_mb: int) -> colander.Schema:
    """The form of a mandate; `categories` and `forms` are (uid, title), `max_mb` bounds the document."""
    node = MandateSchema()
    for name, title, options in (("categories", "Kategorie spraw", categories), ("forms", "Formularze", forms)):
        node.add_before("valid_from", _choices(name, title, options))
    hint = f"Skan albo plik z podpisem: PDF, JPG, PNG, DOCX, ODT lub XML, do {max_mb} MB."
    node.add(file_node("Dokument pełnomocnictwa", hint, name="document"))
    return node


def _choices(name: str, title: str, options: Iterable[tuple[str, str]]) -> colander.SchemaNode:
    options = list(options)
    return colander.SchemaNode(
        colander.Set(),
        name=name,
        title=title,
        description="Tylko przy pełnomocnictwie do wybranych spraw.",
        validator=colander.ContainsOnly([value for value, _ in options]),
        widget=deform.widget.CheckboxChoiceWidget(values=options),
        missing=(),
    )


class MandateSchema(colander.Schema):
    """A mandate."""

    invited = text(
        "Komu udzielasz pełnomocnictwa",
        max_length=254,
        validator=_is_name,
        description="Login albo adres e-mail tej osoby. Wyślemy jej zaproszenie; pełnomocnictwo działa, gdy je przyjmie.",
    )
    level = level_node()
    extent = choice("W jakich sprawach", [(EVERYTHING, "We wszystkich"), (CHOSEN, "Tylko w wybranych")])
    valid_from = iso_date("Od kiedy", description="Pierwszy dzień. Na przykład 1.09.2026")
    valid_until = iso_date("Do kiedy", description="Ostatni dzień. Po nim pełnomocnictwo wygaśnie samo.")

    def validator(self, node: Any, values: dict[str, Any]) -> None:
        error = colander.Invalid(node)
        if values["extent"] == CHOSEN and not (values["categories"] or values["forms"]):
            error["categories"] = NOTHING_CHOSEN
        first, last = (datetime.date.fromisoformat(values[name]) for name in ("valid_from", "valid_until"))
        if last < first:
            error["valid_until"] = ENDS_BEFORE
        elif last < today():
            error["valid_until"] = ALREADY_OVER
        elif last > today() + LONGEST:
            error["valid_until"] = TOO_LONG
        if error.children:
            raise error
