"""Forms: what was typed stays, what is wrong is said, rows change without a script."""

from typing import Any

import pytest
from bs4 import BeautifulSoup
from webtest import TestApp

REQUIRED = {"name": "Jan Testowy", "email": "jan@example.org", "kind": "b"}


def soup(response: Any) -> BeautifulSoup:
    return BeautifulSoup(response.text, "html.parser")


def fill(form: Any, **values: str) -> Any:
    form["name"] = values.get("name", "Jan Testowy")
    form["email"] = values.get("email", "jan@example.org")
    form["pole-kind"] = values.get("kind", "b")
    form["street"], form["postal_code"], form["town"] = "Polna 1", "99-998", "Zdroje"
    return form


def form_of(response: Any) -> Any:
    return response.forms["formularz"]


def test_form_is_shown_with_labels_hints_and_marks(visitor: TestApp) -> None:
    page = soup(visitor.get("/formularz"))
    for control in page.select("form.form input:not([type=hidden]), form.form select, form.form textarea"):
        assert page.select(f'label[for="{control["id"]}"]'), control
    assert page.select_one("#pole-email")["aria-describedby"] == "pole-email-podpowiedz"
    assert page.select_one("#pole-email")["autocomplete"] == "email"
    assert "(wymagane)" in page.select_one("label[for=pole-name]").text
    assert "Pola z gwiazdką są wymagane." in page.text
    assert not page.select("script:not([src]), style, [style], [onclick]")


def test_date_when_its_hint_has_an_example_shows_no_other(visitor: TestApp) -> None:
    page = soup(visitor.get("/formularz"))
    plain, own = page.select_one("#pole-birth"), page.select_one("#pole-since")
    assert plain["aria-describedby"] == "pole-birth-zapis"
    assert page.select_one("#pole-birth-zapis").text == "Na przykład 5.03.2026"
    assert own["aria-describedby"] == "pole-since-podpowiedz"
    assert page.select_one("#pole-since-pole").text.count("Na przykład") == 1


def test_empty_form_is_refused_with_summary_whose_links_lead_to_fields(visitor: TestApp) -> None:
    response = form_of(visitor.get("/formularz")).submit("wyslij", status=422)
    page = soup(response)
    assert page.title.text.startswith("Błąd: ")
    assert page.h1.text == "Próba formularza"
    links = page.select(".error-summary a")
    assert "Uzupełnij pole „Imię i nazwisko”." in [link.text for link in links]
    for link in links:
        target = page.select_one(link["href"])
        assert target is not None, link
    assert page.select_one("#pole-name")["aria-invalid"] == "true"
    assert page.select_one("#pole-name")["aria-describedby"] == "pole-name-blad"
    assert page.select_one("[role=alert].error-summary")["tabindex"] == "-1"


def test_refused_form_keeps_what_was_typed(visitor: TestApp) -> None:
    form = fill(form_of(visitor.get("/formularz")), email="nie adres")
    form["about"] = "wiersz 1\r\n\r\nwiersz „2” <b>"
    form["birth"] = "31.02.2026"
    again = form_of(form.submit("wyslij", status=422))
    assert again["name"].value == "Jan Testowy"
    assert again["about"].value.replace("\r", "") == "wiersz 1\n\nwiersz „2” <b>"
    assert again["birth"].value == "31.02.2026"
    assert again["pole-kind"].value == "b"


def test_valid_form_reaches_success_with_the_button(visitor: TestApp) -> None:
    form = fill(form_of(visitor.get("/formularz")))
    form["birth"] = "5 marca 2026"
    response = form.submit("zapisz", status=200)
    assert "zapisz: " in response.text
    assert "&#39;birth&#39;: &#39;2026-03-05&#39;" in response.text or "'birth': '2026-03-05'" in response.text


def test_error_of_the_whole_form_is_in_the_summary(visitor: TestApp) -> None:
    form = fill(form_of(visitor.get("/formularz")), name="jan@example.org")
    page = soup(form.submit("wyslij", status=422))
    assert [item.text for item in page.select(".error-summary li")] == ["Imię i e-mail nie mogą być takie same."]


def test_rejection_is_shown_at_its_field_and_nothing_is_written(visitor: TestApp) -> None:
    form = fill(form_of(visitor.get("/formularz")), name="Zajęty")
    page = soup(form.submit("wyslij", status=422))
    assert page.select_one("#pole-name-blad").text.strip() == "Błąd: To imię jest już zajęte."
    assert "nie wolno" not in visitor.get("/formularz").text


def press(response: Any, order: str) -> Any:
    form = form_of(response)
    fields = [*form.submit_fields(), ("__rows__", order)]
    return response.test_app.post("/formularz", fields, status=200)


def test_rows_are_added_removed_and_moved_and_nothing_is_lost(visitor: TestApp) -> None:
    form = fill(form_of(visitor.get("/formularz")))
    response = visitor.post("/formularz", [*form.submit_fields(), ("__rows__", "add:accounts")], status=200)
    assert not soup(response).select(".error-summary")
    form_of(response).set("key", "pierwszy")
    response = press(response, "add:accounts")
    form_of(response).set("key", "drugi", index=1)
    response = press(response, "down:accounts.0")
    assert [field.value for field in form_of(response).fields["key"]] == ["drugi", "pierwszy"]
    response = press(response, "remove:accounts.0")
    assert [field.value for field in form_of(response).fields["key"]] == ["pierwszy"]
    assert form_of(response)["name"].value == "Jan Testowy"
    page = soup(response)
    assert page.select_one("#pole-accounts-0 > legend").text == "Rachunek 1"
    assert page.select_one("button.row-add[value='add:accounts']")["formaction"] == "#pole-accounts-1-wiersz"


def test_error_in_a_row_names_the_row(visitor: TestApp) -> None:
    form = fill(form_of(visitor.get("/formularz")))
    response = visitor.post("/formularz", [*form.submit_fields(), ("__rows__", "add:accounts")], status=200)
    page = soup(form_of(response).submit("wyslij", status=422))
    texts = [link.text for link in page.select(".error-summary a[href='#pole-accounts-0-key']")]
    assert texts and texts[0].endswith("(Rachunek 1)")


def test_first_submit_button_is_the_real_one(visitor: TestApp) -> None:
    page = soup(visitor.get("/formularz"))
    assert page.select("#formularz button[type=submit]")[0]["name"] == "wyslij"


@pytest.mark.parametrize(
    "body",
    [
        [("__start__", "address:mapping")],
        [("__end__", "address:mapping")],
        [("__start__", "x:nonsense"), ("__end__", "x:nonsense")],
        [("name", "a"), ("__end__", "a:b"), ("__end__", "a:b")],
    ],
    ids=["open", "closed", "unknown", "twice"],
)
def test_controls_that_are_not_well_nested_get_400(visitor: TestApp, body: list[tuple[str, str]]) -> None:
    visitor.post("/formularz", body, status=400)


@pytest.mark.parametrize(
    "name", ["name", "address", "words", "accounts", "ways", "kind", "password", "birth", "consent", "secret"]
)
@pytest.mark.parametrize("kind", ["text", "mapping", "sequence", "rename", "nested"])
def test_values_of_the_wrong_shape_are_refused_and_never_break(visitor: TestApp, name: str, kind: str) -> None:
    inner = [("__start__", "a:mapping"), ("b", "c"), ("__end__", "a:mapping")]
    body = {
        "text": [(name, "x")],
        "nested": [("__start__", f"{name}:sequence"), *inner, ("__end__", f"{name}:sequence")],
    }.get(kind, [("__start__", f"{name}:{kind}"), ("a", "1"), ("b", "2"), ("__end__", f"{name}:{kind}")])
    visitor.post("/formularz", body, status=422)


def test_rows_beyond_the_limit_are_refused(visitor: TestApp) -> None:
    rows = [("word", "a")] * 150
    body = [("__start__", "words:sequence"), *rows, ("__end__", "words:sequence")]
    assert "Podaj najwyżej" in visitor.post("/formularz", body, status=422).text


@pytest.mark.parametrize(
    "order", ["", "add:", "add:nic", "remove:accounts.9", "up:accounts.0", "x:accounts.²", "add:name", "remove:"]
)
def test_orders_that_make_no_sense_change_nothing(visitor: TestApp, order: str) -> None:
    assert visitor.post("/formularz", [("__rows__", order)], status="*").status_int == (200 if order else 422)
