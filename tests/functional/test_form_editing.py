"""Editing a form's questions: pages and fields added, changed, moved and removed, always a form that can be filled
in."""

from collections.abc import Iterator
from typing import Any

import pytest
from webtest import TestApp

from boi_portal.eforms.fields import TYPES
from boi_portal.publishing import lifecycle
from tests import webapp
from tests.formportal import changed, made_app, signed_in

LIST = "/formularze/pies/edytuj-pytania"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    made = made_app(tmp_path_factory.mktemp("editing"))
    yield made
    webapp.close(made)


@pytest.fixture
def ewa(app: Any) -> Iterator[TestApp]:
    """An editor; whatever she changed is forgotten afterwards."""
    yield signed_in(app, "ewa")
    with changed(app) as (site, _):
        lifecycle.discard_working_copy(site["formularze"]["pies"])


def pages_of(app: Any, name: str = "pies") -> list[dict[str, Any]]:
    """The pages as editors see them."""
    with changed(app) as (site, _):
        return site["formularze"][name].edited_fields()["pages"]


def press(browser: TestApp, order: str) -> Any:
    page = browser.get(LIST)
    token = page.forms["zmiany"]["csrf_token"].value
    return browser.post(LIST, {"csrf_token": token, "_zmiana": order}, status="*")


@pytest.mark.parametrize("who", ["ala", "jan"])
def test_questions_when_no_editor_are_closed(app, who):
    browser = signed_in(app, who)
    for path in (LIST, f"{LIST}/osoba", f"{LIST}/nowa-strona"):
        assert browser.get(path, status="*").status_int in (403, 404)


def test_questions_when_listed_show_pages_fields_and_conditions(ewa):
    page = ewa.get(LIST)
    text = page.html.main.get_text(" ", strip=True)
    assert "Kto zgłasza" in text
    assert "Jak się wabi" in text
    assert "tylko jeśli w polu „Czy zgłasza firma?” jest „Tak”" in text


def test_field_when_moved_and_removed(app, ewa):
    press(ewa, "down:osoba/imie")
    assert [field["id"] for field in pages_of(app)[0]["fields"]][:2] == ["pesel", "imie"]
    press(ewa, "up:osoba/imie")
    press(ewa, "up:osoba/imie")
    assert [field["id"] for field in pages_of(app)[0]["fields"]][:2] == ["imie", "pesel"]
    press(ewa, "remove:osoba/pesel")
    assert "pesel" not in [field["id"] for field in pages_of(app)[0]["fields"]]


def test_field_when_a_condition_needs_it_stays(app, ewa):
    assert "nie ma pola „firma”" in press(ewa, "remove:osoba/firma").follow()
    assert "nie ma pola „firma”" in press(ewa, "down:osoba/firma").follow()
    assert "firma" in [field["id"] for field in pages_of(app)[0]["fields"]]


@pytest.mark.parametrize("order", ["remove:nie/ma", "up:", "skocz:osoba", "x"])
def test_change_when_it_makes_no_sense_is_not_there(ewa, order):
    assert press(ewa, order).status_int == 404


def test_page_when_added_and_edited(app, ewa):
    form = ewa.get(f"{LIST}/nowa-strona").forms["formularz"]
    form["title"], form["id"] = "Uwagi", "uwagi"
    form["intro"] = "<p>Napisz.</p><script>alert(1)</script>"
    form.submit("zapisz", status=303)
    assert pages_of(app)[-1] == {"id": "uwagi", "title": "Uwagi", "intro": "<p>Napisz.</p>", "fields": []}
    form = ewa.get(f"{LIST}/uwagi").forms["formularz"]
    form["title"] = "Twoje uwagi"
    form.submit("zapisz", status=303)
    assert pages_of(app)[-1]["title"] == "Twoje uwagi"


def test_page_when_its_id_is_taken_says_so(app, ewa):
    form = ewa.get(f"{LIST}/nowa-strona").forms["formularz"]
    form["title"], form["id"] = "Druga", "osoba"
    assert "jest już strona „osoba”" in form.submit("zapisz", status=422)


KEYS = {
    "choice": {"options": "a = Pierwsza\nb = Druga"},
    "choices": {"options": "a = Pierwsza\nb = Druga"},
    "statement": {"text": "<p>Oświadczam.</p>"},
    "textblock": {"text": "<p>Czytaj.</p>"},
    "computed": {"formula": "2 * 3"},
    "file": {"accept": True},
    "number": {"min": "1", "decimals": "2", "unit": "m"},
    "date": {"min": "today-18y"},
}


@pytest.mark.parametrize("kind", list(TYPES))
def test_field_of_every_type_when_added_edited_and_saved_unchanged(app, ewa, kind):
    form = ewa.get(f"{LIST}/koniec/nowe-pole?rodzaj={kind}").forms["formularz"]
    form["label"], form["id"] = "Nowe pole", "nowe"
    for name, value in KEYS.get(kind, {}).items():
        if value is True:
            form.fields["checkbox"][0].checked = True
        else:
            form[name] = value
    form.submit("zapisz", status=303)
    added = pages_of(app)[-1]["fields"][-1]
    assert (added["id"], added["type"]) == ("nowe", kind)
    ewa.get(f"{LIST}/koniec/nowe").forms["formularz"].submit("zapisz", status=303)
    assert pages_of(app)[-1]["fields"][-1] == added


def test_field_when_required_and_prefilled(app, ewa):
    form = ewa.get(f"{LIST}/koniec/nowe-pole?rodzaj=email").forms["formularz"]
    form["label"], form["id"], form["required"], form["prefill"] = "E-mail", "email", True, "applicant.email"
    form.submit("zapisz", status=303)
    assert pages_of(app)[-1]["fields"][-1] == {
        "id": "email", "type": "email", "label": "E-mail", "required": True, "prefill": "applicant.email",
    }  # fmt: skip


def test_field_in_a_repeat_when_edited_keeps_its_place(app, ewa):
    form = ewa.get(f"{LIST}/psy/lista/cena").forms["formularz"]
    form["label"] = "Ile kosztował"
    form.submit("zapisz", status=303)
    assert pages_of(app)[1]["fields"][0]["fields"][1]["label"] == "Ile kosztował"
    form = ewa.get(f"{LIST}/psy/lista").forms["formularz"]
    form["item_label"] = "Zwierzę"
    form.submit("zapisz", status=303)
    changed_field = pages_of(app)[1]["fields"][0]
    assert changed_field["item_label"] == "Zwierzę"
    assert [field["id"] for field in changed_field["fields"]] == ["wabi", "cena"]


def test_condition_when_built_from_rows(app, ewa):
    form = ewa.get(f"{LIST}/koniec/prawda").forms["formularz"]
    form = form.submit("__rows__", value="add:conditions", status=200).forms["formularz"]
    form["field"], form["value"] = "firma", "tak"
    form["operator"] = "is"
    form = form.submit("__rows__", value="add:conditions", status=200).forms["formularz"]
    form.fields["field"][1].value, form.fields["value"][1].value = "razem", "100"
    form.fields["operator"][1].value = "gt"
    form["pole-how"] = "any"
    form.submit("zapisz", status=303)
    assert pages_of(app)[-1]["fields"][0]["condition"] == {
        "any": [{"field": "firma", "is": True}, {"field": "razem", "gt": 100}]
    }
    again = ewa.get(f"{LIST}/koniec/prawda").forms["formularz"]
    assert [one.value for one in again.fields["value"]] == ["tak", "100"]


def test_condition_when_its_value_is_wrong_says_so_and_keeps_what_was_typed(app, ewa):
    form = ewa.get(f"{LIST}/osoba/nip").forms["formularz"]
    form["value"] = "może"
    refused = form.submit("zapisz", status=422)
    assert "nie ma odpowiedzi „może”" in refused.html.select_one(".error-summary").text
    assert refused.forms["formularz"]["value"].value == "może"
    assert pages_of(app)[0]["fields"][3]["condition"] == {"field": "firma", "is": True}


def test_published_form_when_edited_stays_as_it_was_until_published(app, ewa):
    form = ewa.get(f"{LIST}/osoba").forms["formularz"]
    form["title"] = "Kto zgłasza psa"
    form.submit("zapisz", status=303)
    assert "Kto zgłasza psa" not in webapp.browser(app).get("/formularze/pies")
    assert "Kopia robocza czeka na publikację" in ewa.get(LIST)


@pytest.mark.parametrize(
    "path",
    [
        "nie-ma",
        "osoba/nie_ma",
        "osoba/imie/x",
        "osoba/nowe-pole?rodzaj=xyz",
        "x/nowe-pole?rodzaj=text",
        "osoba/imie/nowe-pole?rodzaj=text",
    ],
)
def test_place_when_there_is_none(ewa, path):
    ewa.get(f"{LIST}/{path}", status=404)
