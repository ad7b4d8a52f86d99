"""Node factories and base schemas of content fields. Every value is JSON-like, so that it can be versioned and hashed as it is.

A schema is the single description of a type's fields: forms, content files, versions and the management interface use it.
"""

from __future__ import annotations

import datetime
import decimal
import re
from typing import Any

import colander
import deform.widget
from stdnum import iban as stdnum_iban

from . import richtext

NAME = re.compile(r"[a-z0-9]+(?:[-.][a-z0-9]+)*\Z")
CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]\Z")
PATH = re.compile(r"/?[a-z0-9][a-z0-9./-]*\Z")


def text(title: str, *, max_length: int = 200, required: bool = True, **kw: Any) -> colander.SchemaNode:
    """One line of text."""
    validators = [colander.Length(max=max_length, max_err=f"Wpisz najwyżej {max_length} znaków."), one_line]
    if extra := kw.pop("validator", None):
        validators.append(extra)
    return colander.SchemaNode(
        colander.String(allow_empty=False),
        title=title,
        validator=colander.All(*validators),
        preparer=_strip,
        widget=kw.pop("widget", deform.widget.TextInputWidget()),
        missing=colander.required if required else "",
        **kw,
    )


def long_text(
    title: str, *, max_length: int = 2000, required: bool = False, rows: int = 3, **kw: Any
) -> colander.SchemaNode:
    """Several lines of plain text."""
    return colander.SchemaNode(
        colander.String(),
        title=title,
        validator=colander.Length(max=max_length, max_err=f"Wpisz najwyżej {max_length} znaków."),
        preparer=_strip,
        widget=deform.widget.TextAreaWidget(rows=rows),
        missing=colander.required if required else "",
        **kw,
    )


class RichTextWidget(deform.widget.TextAreaWidget):
    """A field for rich text: a text area that a script turns into an editor where there is one."""

    template = "richtext"
    readonly_template = "readonly/richtext"


class AmountWidget(deform.widget.TextInputWidget):
    """A field for an amount, shown with a comma as amounts are written in Polish."""

    def serialize(self, field: Any, cstruct: Any, **kw: Any) -> str:
        shown = cstruct.replace(".", ",") if isinstance(cstruct, str) else cstruct
        html: str = super().serialize(field, shown, **kw)
        return html


def rich_text(title: str, *, required: bool = False, max_length: int = 100_000, **kw: Any) -> colander.SchemaNode:
    """Rich text (HTML), cleaned by the allow-list before it is kept."""
    return colander.SchemaNode(
        colander.String(),
        title=title,
        preparer=_clean,
        validator=colander.Length(max=max_length),
        widget=RichTextWidget(rows=8),
        missing=colander.required if required else "",
        **kw,
    )


def choice(title: str, options: list[tuple[str, str]], *, required: bool = True, **kw: Any) -> colander.SchemaNode:
    """One of a few values; `options` are (value, label)."""
    widget = deform.widget.RadioChoiceWidget if len(options) <= 5 else deform.widget.SelectWidget
    values = options if required else [("", "– brak –"), *options]
    return colander.SchemaNode(
        colander.String(),
        title=title,
        validator=colander.OneOf([value for value, _ in options]),
        widget=widget(values=values),
        missing=colander.required if required else "",
        **kw,
    )


def iso_date(title: str, *, required: bool = True, **kw: Any) -> colander.SchemaNode:
    """A date, kept as `YYYY-MM-DD`."""
    return text(
        title,
        max_length=10,
        required=required,
        validator=_is_date,
        widget=deform.widget.TextInputWidget(type="date"),
        **kw,
    )


def amount(title: str, *, required: bool = False, **kw: Any) -> colander.SchemaNode:
    """Money in złoty, kept as `17.00`; a comma is taken too."""
    node = text(title, max_length=14, required=required, validator=_is_amount, widget=AmountWidget(), **kw)
    node.preparer = [_strip, _normal_amount]
    return node


def words(title: str, **kw: Any) -> colander.SchemaNode:
    """A list of short texts."""
    return colander.SchemaNode(
        colander.Sequence(),
        colander.SchemaNode(
            colander.String(), validator=colander.Length(max=80), preparer=_strip, name="word", title="Słowo"
        ),
        title=title,
        validator=colander.Length(max=60),
        missing=(),
        **kw,
    )


def rows(title: str, row: colander.SchemaNode, *, max_rows: int = 40, **kw: Any) -> colander.SchemaNode:
    """A list of rows."""
    return colander.SchemaNode(
        colander.Sequence(), row, title=title, validator=colander.Length(max=max_rows), missing=(), **kw
    )


def one_line(node: colander.SchemaNode, value: str) -> None:
    """Refuse control characters in a line of text."""
    if re.search(r"[\x00-\x1f\x7f]", value):
        raise colander.Invalid(node, "Usuń znaki sterujące (na przykład tabulator lub nową linię).")


def is_iban(node: colander.SchemaNode, value: str) -> None:
    """Refuse an account number whose check digits are wrong."""
    if not stdnum_iban.is_valid(value):
        raise colander.Invalid(node, "Numer rachunku jest nieprawidłowy. Sprawdź, czy nie ma literówki.")


def is_own_path(node: colander.SchemaNode, value: str) -> None:
    """Refuse what is not an address inside the portal."""
    if not PATH.match(value) or ".." in value or "//" in value:
        raise colander.Invalid(node, "Podaj adres w portalu, na przykład /pliki/wzor.pdf")


def is_https(node: colander.SchemaNode, value: str) -> None:
    """Refuse an address of a page that is not https."""
    if not re.match(r"https://[A-Za-z0-9.-]+(/\S*)?\Z", value):
        raise colander.Invalid(node, "Podaj adres, który zaczyna się od https://")


def is_colour(node: colander.SchemaNode, value: str) -> None:
    """Refuse what is not `#rrggbb`."""
    if not re.match(r"#[0-9a-fA-F]{6}\Z", value):
        raise colander.Invalid(node, "Podaj kolor w zapisie #rrggbb, na przykład #0b5a8a")


def _is_date(node: colander.SchemaNode, value: str) -> None:
    try:
        if not re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z", value):
            raise ValueError(value)
        datetime.date.fromisoformat(value)
    except ValueError:
        raise colander.Invalid(node, "Podaj datę w zapisie RRRR-MM-DD, na przykład 2026-03-05") from None


def _is_amount(node: colander.SchemaNode, value: str) -> None:
    if not re.match(r"[0-9]{1,9}\.[0-9]{2}\Z", value):
        raise colander.Invalid(node, "Podaj kwotę w złotych, na przykład 17 albo 17,50")


def _normal_amount(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    plain = re.sub(r"[\s\u00a0]|zł\Z", "", value).replace(",", ".")
    if not re.match(r"[0-9]{1,9}(\.[0-9]{1,2})?\Z", plain):
        return value
    return f"{decimal.Decimal(plain):.2f}"


def _strip(value: Any) -> Any:
    """Text without spaces around it; what is nothing then is missing."""
    return value.strip() or colander.null if isinstance(value, str) else value


def _clean(value: Any) -> Any:
    """Rich text as it is kept; without a word in it, it is missing."""
    if not isinstance(value, str):
        return value
    cleaned = richtext.clean(value)
    return cleaned if richtext.plain_text(cleaned) else colander.null


class ContentSchema(colander.Schema):
    """Fields that every content object has."""

    title = text("Tytuł", max_length=120)
    summary = text(
        "Streszczenie",
        max_length=240,
        required=False,
        description="Jedno zdanie, które widać na listach i w wynikach wyszukiwania.",
    )
    keywords = words("Słowa kluczowe", description="Słowa, których ludzie używają, a których w treści nie ma.")


class BodySchema(ContentSchema):
    """Content with one rich text."""

    body = rich_text("Treść")


class HoursRow(colander.Schema):
    """Office hours of one or more days."""

    days = text("Dni", max_length=60)
    from_ = text(
        "Od", name="from", max_length=5, validator=colander.Regex(CLOCK, msg="Podaj godzinę jak 08:00")
    )
    to = text("Do", max_length=5, validator=colander.Regex(CLOCK, msg="Podaj godzinę jak 16:00"))


class AddressSchema(colander.Schema):
    """An office's address."""

    street = text("Ulica i numer")
    postal_code = text(
        "Kod pocztowy", max_length=6, validator=colander.Regex(r"\d{2}-\d{3}\Z", msg="Podaj kod jak 00-950")
    )
    town = text("Miejscowość")


class AccountRow(colander.Schema):
    """A bank account of the office."""

    key = text("Klucz", max_length=30, validator=colander.Regex(NAME, msg="Małe litery bez polskich znaków"))
    label = text("Nazwa rachunku")
    iban = text("Numer rachunku", max_length=40, validator=is_iban)


class SiteSchema(BodySchema):
    """The town's data."""

    town = text("Gmina", required=False)
    office = text("Urząd", required=False)
    authority = text("Organ", required=False, description="Na przykład: Burmistrz Zdrojów")
    address = AddressSchema(title="Adres", missing=colander.drop)
    phone = text("Telefon", required=False, max_length=30)
    email = text("E-mail", required=False, max_length=120)
    epuap = text("Skrytka ePUAP", required=False)
    edoreczenia = text("Adres do e-Doręczeń", required=False)
    nip = text("NIP", required=False, max_length=13)
    regon = text("REGON", required=False, max_length=14)
    bip = text("Adres BIP", required=False, validator=is_https)
    site = text("Strona urzędu", required=False, validator=is_https)
    accent = text("Kolor przewodni", required=False, max_length=7, validator=is_colour)
    accent_dark = text("Kolor przewodni w trybie ciemnym", required=False, max_length=7, validator=is_colour)
    coat_of_arms = text("Herb (adres pliku)", required=False, validator=is_own_path)
    coat_of_arms_alt = text("Opis herbu", required=False)
    bank_accounts = rows("Rachunki bankowe", AccountRow(name="account", title="Rachunek"))
    hours = rows("Godziny pracy", HoursRow(name="hours_row", title="Godziny"))
    popular = rows(
        "Najczęściej załatwiane sprawy",
        text("Adres karty", name="path", validator=is_own_path),
        description="Adresy kart, na przykład katalog/sprawy-obywatelskie/wydanie-dowodu-osobistego",
    )
    synonyms = long_text(
        "Synonimy wyszukiwarki",
        max_length=20_000,
        rows=10,
        description="W każdym wierszu słowa o tym samym znaczeniu, oddzielone przecinkami. Puste: synonimy dostarczone z portalem.",
    )
