"""Fields of categories and cards. The sections stand in the order that citizens know."""

from __future__ import annotations

import colander

from ..publishing import schema

ONLINE = [
    ("full", "W całości przez internet"),
    ("partial", "Częściowo przez internet"),
    ("none", "Tylko osobiście"),
]

ICONS = ("id-card", "rings", "coins", "briefcase", "building", "map", "leaf", "road", "school")

# rich-text sections of a card: name -> heading
SECTIONS = {
    "audience": "Kogo dotyczy",
    "documents": "Wymagane dokumenty",
    "procedure": "Sposób i miejsce załatwienia",
    "exemptions": "Zwolnienia i sposób zapłaty",
    "time_limit": "Termin załatwienia",
    "appeal": "Tryb odwoławczy",
    "notes": "Uwagi",
}


class CategorySchema(schema.BodySchema):
    """A category's fields."""

    icon = schema.choice("Ikona", [(name, name) for name in ICONS])


class FeeRow(colander.Schema):
    """One fee. No amount: it depends on something that the note says."""

    label = schema.text("Za co")
    amount = schema.amount("Kwota w złotych")
    note = schema.text("Wyjaśnienie", required=False, max_length=500)
    basis = schema.text("Podstawa", required=False, max_length=300)


class LegalBasisRow(colander.Schema):
    """One act of law with its publication address."""

    act = schema.text("Akt", max_length=400)
    publication = schema.text("Adres publikacyjny", max_length=200)
    articles = schema.text("Przepisy", required=False, max_length=300)


class CaseTypeSchema(schema.ContentSchema):
    """A card's fields."""

    symbol = schema.text("Symbol", max_length=20)
    department = schema.text("Wydział (nazwa w adresie)", max_length=30)
    online = schema.choice("Czy przez internet", ONLINE)
    jrwa = schema.text(
        "JRWA",
        max_length=10,
        required=False,
        validator=colander.Regex(r"\d{2,6}\Z", msg="Podaj symbol klasy, na przykład 5343"),
    )
    eform = schema.text("Formularz elektroniczny (nazwa w adresie)", required=False, max_length=80)
    audience = schema.rich_text(SECTIONS["audience"], required=True)
    documents = schema.rich_text(SECTIONS["documents"], required=True)
    procedure = schema.rich_text(SECTIONS["procedure"], required=True)
    fees = schema.rows("Opłaty", FeeRow(name="fee", title="Opłata"))
    fees_account = schema.text("Rachunek do opłat (klucz)", required=False, max_length=30)
    exemptions = schema.rich_text(SECTIONS["exemptions"])
    time_limit = schema.rich_text(SECTIONS["time_limit"], required=True)
    appeal = schema.rich_text(SECTIONS["appeal"], required=True)
    legal_basis = schema.rows("Podstawa prawna", LegalBasisRow(name="basis", title="Akt"))
    notes = schema.rich_text(SECTIONS["notes"])
    downloads = schema.rows("Do pobrania", schema.text("Adres pliku", name="path", validator=schema.is_own_path))
