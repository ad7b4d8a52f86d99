"""Field types: what is taken, what it becomes, how it is shown, and what is refused with which advice."""

import datetime

import pytest

from boi_portal.eforms.definition import Definition
from boi_portal.eforms.errors import AnswerError, DefinitionError
from boi_portal.eforms.fields import TYPES

TODAY = datetime.date(2026, 3, 5)
OPTIONS = [{"value": "a", "label": "Pierwsza"}, {"value": "b", "label": "Druga"}, {"value": "c", "label": "Trzecia"}]
NB = "\u00a0"


def field(kind, **keys):
    raw = {"id": "pole", "type": kind, "label": "Pole", **keys}
    if kind in {"choice", "choices"}:
        raw.setdefault("options", OPTIONS)
    if kind == "file":
        raw.setdefault("accept", ["pdf"])
    if kind in {"statement", "textblock"}:
        raw.setdefault("text", "<p>Treść</p>")
    return Definition.from_fields({"title": "F", "pages": [{"id": "s", "title": "S", "fields": [raw]}]}).field("pole")


def parse(kind, raw, **keys):
    found = field(kind, **keys)
    return found.kind.parse(found, raw, TODAY)


def show(kind, value, **keys):
    found = field(kind, **keys)
    return [text for _, text in found.kind.display(found, value)]


TAKEN = [
    ("text", "  Jan   Testowy ", {}, "Jan Testowy", ["Jan Testowy"]),
    ("text", "Zażółć <b>gęślą</b>", {}, "Zażółć <b>gęślą</b>", ["Zażółć <b>gęślą</b>"]),
    ("longtext", "a\r\nb", {}, "a\nb", ["a\nb"]),
    ("number", "12", {}, 12, ["12"]),
    ("number", "0", {}, 0, ["0"]),
    ("number", "-3", {}, -3, ["−3"]),
    ("number", "1 234", {"unit": "m²"}, 1234, [f"1234{NB}m²"]),
    ("number", "12,50", {"decimals": 2}, "12.5", ["12,5"]),
    ("number", "12345.75", {"decimals": 2}, "12345.75", [f"12{NB}345,75"]),
    ("money", "1 234,50", {}, "1234.50", [f"1234,50{NB}zł"]),
    ("money", "1.234.567,8 zł", {}, "1234567.80", [f"1{NB}234{NB}567,80{NB}zł"]),
    ("money", "17", {}, "17.00", [f"17,00{NB}zł"]),
    ("date", "5.03.2026", {}, "2026-03-05", [f"5{NB}marca 2026"]),
    ("date", "2026-03-05", {"min": "today", "max": "today"}, "2026-03-05", [f"5{NB}marca 2026"]),
    ("date", "5 marca 2008", {"max": "today-18y"}, "2008-03-05", [f"5{NB}marca 2008"]),
    ("yesno", "true", {}, True, ["Tak"]),
    ("yesno", "false", {}, False, ["Nie"]),
    ("choice", "b", {}, "b", ["Druga"]),
    ("choices", ["c", "a"], {}, ["a", "c"], ["Pierwsza", "Trzecia"]),
    ("choices", "b", {}, ["b"], ["Druga"]),
    ("pesel", "44051401359", {}, "44051401359", ["44051401359"]),
    ("pesel", "440514 01359", {}, "44051401359", ["44051401359"]),
    ("nip", "PL 856-734-62-15", {}, "8567346215", ["856-734-62-15"]),
    ("regon", "192598184", {}, "192598184", ["192598184"]),
    ("postalcode", "00 950", {}, "00-950", ["00-950"]),
    ("postalcode", "00950", {}, "00-950", ["00-950"]),
    ("phone", "12 345 67 89", {}, "+48123456789", ["+48 12 345 67 89"]),
    ("phone", "+49 30 901820", {}, "+4930901820", ["+49 30 901820"]),
    ("email", "jan.testowy@poczta.example", {}, "jan.testowy@poczta.example", ["jan.testowy@poczta.example"]),
    ("file", ["0" * 32], {}, ["0" * 32], [f"1{NB}plik"]),
    ("statement", "true", {}, True, ["Treść"]),
]


@pytest.mark.parametrize(("kind", "raw", "keys", "value", "shown"), TAKEN, ids=[f"{c[0]}-{c[1]!r}" for c in TAKEN])
def test_answer_when_it_can_be_taken(kind, raw, keys, value, shown):
    assert parse(kind, raw, **keys) == value
    assert show(kind, value, **keys) == shown


@pytest.mark.parametrize(("kind", "raw", "keys", "value", "shown"), TAKEN, ids=[f"{c[0]}-{c[1]!r}" for c in TAKEN])
def test_answer_when_typed_again_stays_itself(kind, raw, keys, value, shown):
    found = field(kind, **keys)
    assert found.kind.parse(found, found.kind.typed(found, value), TODAY) == value


REFUSED = [
    ("text", "abcdef", {"max": 5}, "Skróć odpowiedź do 5 znaków"),
    ("text", "a\nb", {}, "w jednym wierszu"),
    ("text", "a\x00b", {}, "znaki"),
    ("text", "\ud800", {}, "znaki"),
    ("text", ["lista"], {}, "jeszcze raz"),
    ("text", "x" * 6000, {}, "najwyżej"),
    ("longtext", "x" * 2001, {}, "Skróć"),
    ("number", "NaN", {}, "Wpisz liczbę"),
    ("number", "Infinity", {}, "Wpisz liczbę"),
    ("number", "1e5", {}, "Wpisz liczbę"),
    ("number", "１２", {}, "Wpisz liczbę"),
    ("number", "1,2,3", {"decimals": 2}, "Wpisz liczbę"),
    ("number", "1.2.3", {"decimals": 2}, "Wpisz liczbę"),
    ("number", "1,5", {}, "liczbę całkowitą"),
    ("number", "1,555", {"decimals": 2}, "po przecinku"),
    ("number", "9", {"min": 10}, "co najmniej 10"),
    ("number", "11", {"max": 10}, "najwyżej 10"),
    ("number", "9" * 30, {}, "za duża"),
    ("number", "5\n", {"min": 6}, "co najmniej 6"),
    ("money", "12,345", {}, "groszy"),
    ("money", "-5", {}, "nie jest ujemna"),
    ("money", "sto", {}, "Wpisz liczbę"),
    ("date", "31.02.2026", {}, "w kalendarzu"),
    ("date", "wczoraj", {}, "na przykład 5.03.2026"),
    ("date", "5.03.26", {}, "na przykład"),
    ("date", "1.01.0026", {}, "rok"),
    ("date", "4.03.2026", {"min": "today"}, "5\u00a0marca 2026 albo późniejszą"),
    ("date", "6.03.2008", {"max": "today-18y"}, "wcześniejszą"),
    ("date", "5.04.2026", {"max": "today+30d"}, "4\u00a0kwietnia 2026 albo wcześniejszą"),
    ("yesno", "tak", {}, "Tak"),
    ("choice", "d", {}, "Wybierz jedną"),
    ("choice", ["a"], {}, "Wybierz jedną"),
    ("choices", ["a", "d"], {}, "z listy"),
    ("choices", ["a"], {"min": 2}, "co najmniej 2\u00a0odpowiedzi"),
    ("choices", ["a", "b"], {"max": 1}, "najwyżej 1\u00a0odpowiedź"),
    ("pesel", "44051401358", {}, "literówki"),
    ("pesel", "4405140135", {}, "11 cyfr"),
    ("pesel", "4405140135a", {}, "samych cyfr"),
    ("pesel", "４４０５１４０１３５９", {}, "samych cyfr"),
    ("nip", "8567346216", {}, "literówki"),
    ("nip", "856734621", {}, "10 cyfr"),
    ("regon", "192598185", {}, "literówki"),
    ("regon", "1925981", {}, "9 albo 14"),
    ("postalcode", "0950", {}, "00-950"),
    ("postalcode", "00-950\n1", {}, "w jednym wierszu"),
    ("phone", "12345", {}, "dziewięć cyfr"),
    ("phone", "numer", {}, "dziewięć cyfr"),
    ("email", "jan@poczta", {}, "nazwa@domena"),
    ("email", "jan testowy@poczta.example", {}, "nazwa@domena"),
    ("email", "jan@poczta.example\nBcc: x@y.example", {}, "w jednym wierszu"),
    ("file", ["../../etc/passwd"], {}, "jeszcze raz"),
    ("file", ["0" * 32, "1" * 32], {}, "najwyżej 1\u00a0plik"),
]


@pytest.mark.parametrize(
    ("kind", "raw", "keys", "advice"), REFUSED, ids=[f"{c[0]}-{str(c[1])[:20]!r}" for c in REFUSED]
)
def test_answer_when_it_cannot_be_taken_says_what_to_do(kind, raw, keys, advice):
    with pytest.raises(AnswerError) as caught:
        parse(kind, raw, **keys)
    assert advice in str(caught.value)


def test_pesel_when_valid_gives_the_birth_date():
    from boi_portal.eforms.fields.numbers import birth_date_of

    assert birth_date_of("44051401359") == datetime.date(1944, 5, 14)


def test_address_when_shown_reads_as_on_an_envelope():
    value = {"street": "Lipowa", "house_number": "5", "flat": "3", "postal_code": "99-998", "town": "Zdroje"}
    assert show("address", value) == ["Lipowa 5/3", "99-998 Zdroje"]
    assert show("address", {**value, "street": None, "flat": None}) == ["Zdroje 5", "99-998 Zdroje"]


@pytest.mark.parametrize(
    ("kind", "keys", "where"),
    [
        ("text", {"max": "200"}, "max"),
        ("text", {"max": 0}, "max"),
        ("text", {"max": True}, "max"),
        ("number", {"min": "nan"}, "min"),
        ("number", {"min": 5, "max": 4}, "min"),
        ("date", {"min": "jutro"}, "min"),
        ("date", {"min": "today+99999x"}, "min"),
        ("date", {"min": "today+9999y"}, "min"),
        ("choice", {"options": []}, "options"),
        ("choice", {"options": [{"value": "a", "label": "A"}, {"value": "a", "label": "B"}]}, "options"),
        ("choice", {"options": [{"value": True, "label": "A"}]}, "options[0].value"),
        ("choice", {"style": "kafelki"}, "style"),
        ("choices", {"min": 9}, "min"),
        ("file", {"accept": ["exe"]}, "accept"),
        ("file", {"max_mb": 21}, "max_mb"),
        ("repeat", {"max": 51}, "max"),
        ("statement", {"text": "<p></p>"}, "text"),
        ("computed", {"formula": "__import__('os')"}, "formula"),
        ("computed", {"formula": "1+1", "required": True}, "required"),
        ("text", {"prefill": "applicant.address"}, "prefill"),
        ("text", {"prefill": "applicant.password"}, "prefill"),
        ("text", {"kolor": "red"}, ""),
        ("cokolwiek", {}, "type"),
    ],
)
def test_definition_when_a_key_is_wrong_names_the_place(kind, keys, where):
    with pytest.raises(DefinitionError) as caught:
        field(kind, **keys)
    assert caught.value.path == ("pages[0].fields[0]" + (f".{where}" if where else ""))


def test_every_type_has_a_node_and_a_widget():
    for name in TYPES:
        found = field(name, **({"formula": "1+1"} if name == "computed" else {}))
        node = found.kind.node(found, TODAY)
        assert node.name == "pole"
        assert node.title == "Pole"
