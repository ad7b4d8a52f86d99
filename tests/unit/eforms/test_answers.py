"""Reading a whole form: required answers, rows, hidden fields, computed values, prefill."""

import datetime

from boi_portal.eforms.answers import review
from boi_portal.eforms.definition import Definition
from boi_portal.eforms.prefill import AddressData, ApplicantData, prefilled

TODAY = datetime.date(2026, 3, 5)


def form(*fields):
    return Definition.from_fields({"title": "F", "pages": [{"id": "p", "title": "P", "fields": list(fields)}]})


def read(definition, **typed):
    return review(definition, {"p": typed}, TODAY).page("p")


CHILDREN = {
    "id": "dzieci", "type": "repeat", "label": "Dzieci", "min": 1, "max": 2, "item_label": "Dziecko",
    "fields": [
        {"id": "imie", "type": "text", "label": "Imię", "required": True},
        {"id": "kwota", "type": "money", "label": "Kwota"},
    ],
}  # fmt: skip


def test_required_when_missing_or_blank():
    definition = form({"id": "a", "type": "text", "label": "Imię", "required": True})
    for typed in ({}, {"a": ""}, {"a": "   "}, {"a": None}):
        assert read(definition, **typed).errors == {("a",): "Uzupełnij pole „Imię”."}


def test_required_when_hidden_is_not_missed_and_not_read():
    definition = form(
        {"id": "a", "type": "yesno", "label": "A?"},
        {"id": "b", "type": "pesel", "label": "B", "required": True, "condition": {"field": "a", "is": True}},
    )
    found = read(definition, a="false", b="zły numer")
    assert found.errors == {}
    assert found.values == {"a": False}


def test_statement_when_required_and_not_ticked():
    definition = form(
        {"id": "o", "type": "statement", "label": "Prawda", "text": "<p>Podaję prawdę.</p>", "required": True}
    )
    assert ("o",) in read(definition, o="").errors
    assert ("o",) in read(definition, o="false").errors
    assert read(definition, o="true").errors == {}


def test_repeat_when_rows_are_blank():
    assert read(form(CHILDREN), dzieci=[{"imie": "", "kwota": ""}]).errors == {
        ("dzieci", 0, "imie"): "Uzupełnij pole „Imię”."
    }
    found = read(form(CHILDREN), dzieci=[{}, {"imie": "Ola"}])
    assert found.errors == {}
    assert found.values["dzieci"] == [{"imie": "Ola", "kwota": None}]


def test_repeat_when_there_are_too_many_or_too_few_rows():
    assert "co najmniej" in read(form(CHILDREN), dzieci=[]).errors[("dzieci",)]
    assert "najwyżej" in read(form(CHILDREN), dzieci=[{"imie": "A"}] * 3).errors[("dzieci",)]
    assert "najwyżej" in read(form(CHILDREN), dzieci=[{"imie": "A"}] * 20_000).errors[("dzieci",)]


def test_repeat_when_crafted_is_read_as_nothing():
    for crafted in ("tekst", {"0": "x"}, ["tekst"], [["lista"]]):
        assert read(form(CHILDREN), dzieci=crafted).errors


def test_computed_when_rows_change():
    definition = form(
        CHILDREN,
        {
            "id": "razem",
            "type": "computed",
            "label": "Razem",
            "formula": "sum(dzieci.kwota) * count(dzieci)",
            "format": "money",
        },
    )
    found = read(definition, dzieci=[{"imie": "A", "kwota": "10,05"}, {"imie": "B"}])
    assert found.values["razem"] == "20.10"


def test_computed_when_typed_by_hand_is_not_believed():
    definition = form(
        {"id": "a", "type": "number", "label": "A"}, {"id": "c", "type": "computed", "label": "C", "formula": "a*2"}
    )
    assert read(definition, a="2", c="999999").values == {"a": 2, "c": "4"}


def test_days_when_dates_are_in_the_wrong_order():
    definition = form(
        {"id": "od", "type": "date", "label": "Od"},
        {"id": "do", "type": "date", "label": "Do"},
        {"id": "dni", "type": "computed", "label": "Dni", "formula": "days(od, do)"},
    )
    assert "wcześniejsza" in read(definition, od="5.03.2026", do="4.03.2026").errors[("do",)]
    assert read(definition, od="5.03.2026", do="5.03.2026").values["dni"] == "1"


def test_address_when_partly_filled():
    definition = form({"id": "adres", "type": "address", "label": "Adres"})
    assert read(definition, adres={"town": " "}).errors == {}
    assert set(read(definition, adres={"town": "Zdroje"}).errors) == {
        ("adres", "house_number"),
        ("adres", "postal_code"),
    }
    assert read(definition).errors == {}


def test_condition_when_answers_stand_on_an_earlier_page():
    definition = Definition.from_fields(
        {
            "title": "F",
            "pages": [
                {"id": "p", "title": "P", "fields": [{"id": "n", "type": "number", "label": "N"}]},
                {
                    "id": "q",
                    "title": "Q",
                    "condition": {"field": "n", "gt": 3},
                    "fields": [{"id": "x", "type": "text", "label": "X", "required": True}],
                },
            ],
        }
    )
    assert [page.page.id for page in review(definition, {"p": {"n": "4"}}, TODAY).pages] == ["p", "q"]
    assert [page.page.id for page in review(definition, {"p": {"n": "3"}}, TODAY).pages] == ["p"]


def test_prefill_when_the_account_knows():
    definition = form(
        {
            "id": "g",
            "type": "group",
            "label": "Osoba",
            "fields": [{"id": "imie", "type": "text", "label": "Imię", "prefill": "applicant.first_name"}],
        },
        {"id": "ur", "type": "date", "label": "Urodzony", "prefill": "applicant.birth_date"},
        {"id": "adres", "type": "address", "label": "Adres", "prefill": "applicant.address"},
        {"id": "nip", "type": "nip", "label": "NIP", "prefill": "applicant.nip"},
    )
    data = ApplicantData(
        first_name="Jan",
        birth_date="1944-05-14",
        address=AddressData(house_number="5", postal_code="99-998", town="Zdroje"),
    )
    typed = prefilled(definition, data)
    found = review(definition, typed, TODAY)
    assert found.pages[0].errors == {}
    assert found.values["imie"] == "Jan"
    assert found.values["ur"] == "1944-05-14"
    assert found.values["adres"]["town"] == "Zdroje"
    assert "nip" not in typed["p"]
