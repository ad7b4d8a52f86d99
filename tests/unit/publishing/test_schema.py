"""Nodes of content fields: what is taken, in which form it is kept, and what is refused in Polish."""

from typing import Any

import colander
import deform
import pytest

from boi_portal.publishing import schema
from boi_portal.publishing.content import Content
from boi_portal.publishing.versions import VersionStore, canonical_json


def take(node: colander.SchemaNode, value: Any) -> Any:
    return node.deserialize(value)


def refuse(node: colander.SchemaNode, value: Any) -> str:
    with pytest.raises(colander.Invalid) as caught:
        node.deserialize(value)
    return " ".join(str(getattr(m, "interpolate", lambda m=m: m)()) for m in caught.value.asdict(translate=None).values())


AMOUNTS = {
    "17": "17.00", "17,5": "17.50", "17.50": "17.50", " 1 234,50 zł ": "1234.50", "1\u00a0000": "1000.00", "0": "0.00", "0017": "17.00",
    "123456789.99": "123456789.99", "1e2": None, "NaN": None, "sNaN": None, "Infinity": None, "-1": None, "17,505": None, "dużo": None,
    "1234567890": None, "17.00\n": "17.00", "17.00\n1": None, "１７": None, "1_7": None, "": "", "+5": None,
}  # fmt: skip


@pytest.mark.parametrize("typed", AMOUNTS, ids=repr)
def test_amounts(typed: str) -> None:
    node = schema.amount("Kwota")
    if AMOUNTS[typed] is None:
        assert "kwotę" in refuse(node, typed)
    else:
        assert take(node, typed) == AMOUNTS[typed]


def test_an_amount_is_shown_with_a_comma() -> None:
    form = deform.Form(colander.SchemaNode(colander.Mapping(), schema.amount("Kwota", name="amount")))
    assert 'value="17,00"' in form.render({"amount": "17.00"})


DATES = {
    "2026-03-05": True, "2028-02-29": True, "2026-02-29": False, "2026-13-01": False, "05.03.2026": False, "20260305": False,
    "2026-W10-4": False, "2026-03-05T10": False, "2026-3-5": False, "wczoraj": False, "0000-01-01": False, "２０２６-03-05": False,
}  # fmt: skip


@pytest.mark.parametrize("typed", DATES)
def test_dates(typed: str) -> None:
    node = schema.iso_date("Data")
    if DATES[typed]:
        assert take(node, typed) == typed
    else:
        refuse(node, typed)


def test_a_line_of_text_is_stripped_and_has_no_control_characters() -> None:
    node = schema.text("Tytuł", max_length=10)
    assert take(node, "  Tytuł \n") == "Tytuł"
    for typed in ("a\nb", "a\tb", "a\x00b", "a\x7fb", "x" * 11):
        refuse(node, typed)
    assert "Required" in refuse(node, colander.null)
    assert "Required" in refuse(node, "")
    assert "Required" in refuse(node, "   ")
    assert take(schema.text("Tytuł", required=False), colander.null) == ""
    assert take(schema.text("Tytuł", required=False), "  ") == ""


VALIDATED = {
    "path": (
        schema.is_own_path,
        ["/pliki/a.pdf", "katalog/x/y"],
        ["//zly.example", "https://zly.example", "/a/../b", "/a b", "/Ą", "/a\n", ""],
    ),
    "https": (
        schema.is_https,
        ["https://bip.gmina.pl", "https://a.pl/x?y=1"],
        ["http://a.pl", "https://", "https://a b", "javascript:1", "https://a.pl\n"],
    ),
    "colour": (
        schema.is_colour,
        ["#17548f", "#ABCDEF"],
        ["#fff", "17548f", "#17548g", "#17548f\n", "red"],
    ),
    "iban": (
        schema.is_iban,
        ["PL61109010140000071219812874", "PL61 1090 1014 0000 0712 1981 2874"],
        ["PL61109010140000071219812875", "PL61", "x"],
    ),
}


@pytest.mark.parametrize("kind", VALIDATED)
def test_checked_texts(kind: str) -> None:
    check, good, bad = VALIDATED[kind]
    node = colander.SchemaNode(colander.String())
    for value in good:
        check(node, value)
    for value in bad:
        with pytest.raises(colander.Invalid):
            check(node, value)


@pytest.mark.parametrize("name", ["so", "usc-1", "plan.pdf", "a1.b2-c3"])
def test_names(name: str) -> None:
    assert schema.NAME.match(name)


@pytest.mark.parametrize("name", ["", "-a", "a-", "a--b", "a..b", ".a", "A", "ą", "a b", "a/b", "a\n", "@@a"])
def test_what_is_no_name(name: str) -> None:
    assert not schema.NAME.match(name)


@pytest.mark.parametrize("hour", ["24:00", "08:60", "8:00", "08:00\n", "ab:cd", "99:99"])
def test_hours_of_a_clock(hour: str) -> None:
    row = {"days": "poniedziałek", "from": hour, "to": "16:00"}
    if hour == "08:00\n":
        assert schema.HoursRow().deserialize(row)["from"] == "08:00"
    else:
        with pytest.raises(colander.Invalid):
            schema.HoursRow().deserialize(row)


def test_a_choice_is_one_of_its_options() -> None:
    node = schema.choice("Rodzaj", [("a", "A"), ("b", "B")])
    assert take(node, "a") == "a"
    for typed in ("c", "A", "a\n", ["a"], colander.null):
        refuse(node, typed)


def test_words_and_rows_are_bounded() -> None:
    assert list(take(schema.words("Słowa"), ["  śmieci ", "kosz"])) == ["śmieci", "kosz"]
    refuse(schema.words("Słowa"), ["x" * 81])
    refuse(schema.words("Słowa"), ["x"] * 61)
    refuse(schema.words("Słowa"), "śmieci")
    refuse(schema.rows("Rachunki", schema.AccountRow(name="account"), max_rows=1), [{}, {}])


def test_rich_text_is_cleaned_before_it_is_measured_and_kept() -> None:
    assert take(schema.rich_text("Treść"), "<p>a</p><script>x</script>") == "<p>a</p>"
    refuse(schema.rich_text("Treść", required=True), "")
    refuse(schema.rich_text("Treść", required=True), "<script>x</script>")


class Page(Content):
    """A page."""

    schema = schema.BodySchema
    type_name = "page"
    label = "Strona"


def test_parsed_fields_are_json_and_parse_to_themselves() -> None:
    fields = Page.parse({"title": " Tytuł ", "keywords": ["a"], "body": "<p>ą</p>"})
    assert fields == {"title": "Tytuł", "summary": "", "keywords": ["a"], "body": "<p>ą</p>"}
    assert Page.parse(fields) == fields


def test_fields_are_a_copy() -> None:
    given = {"title": "Tytuł", "keywords": ["a"]}
    page = Page(given)
    given["keywords"].append("b")
    assert page.fields["keywords"] == ["a"]
    page.edited_fields()["keywords"].append("c")
    assert page.fields["keywords"] == ["a"]


def test_the_digest_does_not_depend_on_the_order_of_keys() -> None:
    assert canonical_json({"b": 1, "a": "ą"}) == canonical_json({"a": "ą", "b": 1}) == '{"a":"ą","b":1}'


def test_versions_of_objects_are_counted_apart() -> None:
    import datetime

    store, at = VersionStore(), datetime.datetime(2026, 3, 5, tzinfo=datetime.UTC)
    numbers = [store.add(uid, "page", {"n": n}, "r", "", at).number for n, uid in enumerate("aabab")]
    assert numbers == [1, 2, 1, 3, 2]
    assert [version.fields["n"] for version in store.all("a")] == [3, 1, 0]
    assert store.all("c") == []
