"""Filling in a form: page by page, losing nothing, with the version it began with, by its owner alone."""

import datetime
import re
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from webtest import TestApp, Upload

from boi_portal.eforms.resources import EForm
from boi_portal.publishing import lifecycle
from boi_portal.submissions import drafts
from tests import webapp
from tests.formportal import CONTENT, FORM, changed, made_app, signed_in

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
PESEL = "44051401359"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    made = made_app(tmp_path_factory.mktemp("filling"))
    yield made
    webapp.close(made)


@pytest.fixture
def ala(app: Any) -> TestApp:
    return signed_in(app, "ala")


def begin(browser: TestApp, name: str = "pies") -> Any:
    """The first page of a fresh draft."""
    page = browser.get(f"/formularze/{name}")
    form = next(one for one in page.forms.values() if one.action.endswith("/wypelnij"))
    return form.submit(status=303).follow().follow()


def token_of(browser: TestApp) -> str:
    """The session's request forgery token, from the sign-out button."""
    return browser.get("/robocze").html.select_one("input[name=csrf_token]")["value"]


def filling(page: Any) -> Any:
    return page.forms["strona"]


def draft_id(page: Any) -> str:
    return re.search(r"/robocze/([0-9a-f]{32})", page.request.path).group(1)


def through_first(page: Any, firm: str = "false") -> Any:
    form = filling(page)
    form["pesel"] = PESEL
    form["pole-firma"] = firm
    return form.submit("_dalej", status=303).follow()


def through_second(page: Any) -> Any:
    form = filling(page)
    form.fields["wabi"][0].value = "Azor"
    form.fields["cena"][0].value = "1 234,50"
    return form.submit("_dalej", status=303).follow()


def test_form_page_when_anonymous_leads_to_sign_in_and_registration(app):
    page = webapp.browser(app).get("/formularze/pies")
    assert "/logowanie?powrot=/formularze/pies" in page
    assert "/rejestracja" in page
    assert "Wypełnij formularz" not in page
    assert "książeczkę" in page
    assert "public" in page.headers["Cache-Control"]


def test_form_when_not_published_is_not_there(app, ala):
    ala.get("/formularze/szkic", status=404)
    token = token_of(ala)
    ala.post("/formularze/szkic/wypelnij", {"csrf_token": token}, status=404)


def test_start_when_anonymous_leads_to_sign_in(app):
    answer = webapp.browser(app).post("/formularze/pies/wypelnij", status=303)
    assert answer.location.endswith("/logowanie?powrot=/formularze/pies")


def test_first_page_when_started_is_prefilled_and_says_where_one_is(ala):
    page = begin(ala)
    assert page.html.h1.text == "Kto zgłasza"
    assert "Krok 1 z 4" in page
    assert filling(page)["imie"].value == "Ala"
    assert "Wypełnij tylko, jeśli: w polu „Czy zgłasza firma?” jest „Tak”." in page
    assert page.html.select_one("[data-field=nip]")["data-condition"] == '{"field": "firma", "is": true}'
    assert page.html.select_one("script[src*=conditions]") is not None


def test_next_when_something_is_wrong_says_so_and_keeps_what_was_typed(ala):
    page = begin(ala)
    form = filling(page)
    form["pesel"] = "4405140135"
    refused = form.submit("_dalej", status=422)
    assert refused.html.title.text.startswith("Błąd:")
    summary = refused.html.select_one(".error-summary")
    assert [a["href"] for a in summary.select("a")] == ["#pole-pesel", "#pole-firma-0"]
    assert filling(refused)["pesel"].value == "4405140135"
    field = refused.html.select_one("#pole-pesel")
    assert field["aria-invalid"] == "true"
    assert "Wpisano 10" in refused.html.select_one("#" + field["aria-describedby"].split()[-1]).text
    # another day, another session: it is still there
    again = ala.get(refused.request.path)
    assert filling(again)["pesel"].value == "4405140135"


def test_next_when_a_hidden_question_is_empty_does_not_miss_it(ala):
    assert through_first(begin(ala)).html.h1.text == "Psy"


def test_next_when_a_condition_holds_asks_for_more(ala):
    form = filling(begin(ala))
    form["pesel"] = PESEL
    form["pole-firma"] = "true"
    refused = form.submit("_dalej", status=422)
    assert "NIP" in refused.html.select_one(".error-summary").text
    assert "Krok 1 z 5" in refused


def test_question_when_the_one_it_hangs_on_is_ruled_out_is_not_shown(ala):
    form = filling(begin(ala, "usuniecie-drzewa"))
    form["pole-tryb"] = "zgloszenie"
    page = form.submit("_dalej", status=303).follow()
    assert page.html.select_one("[data-field=telefon]") is not None
    for name in ("rodzaj_wnioskodawcy", "nip"):
        assert page.html.select_one(f"[data-field={name}]") is None


@pytest.mark.parametrize("button", ["_zapisz", "_wstecz"])
def test_leaving_when_something_is_wrong_never_blocks(ala, button):
    page = begin(ala)
    form = filling(page)
    form["pesel"] = "xyz"
    left = form.submit(button, status=303)
    assert left.location.endswith("/robocze")
    assert filling(ala.get(page.request.path))["pesel"].value == "xyz"


def test_rows_when_added_and_removed_by_buttons_keep_what_was_typed(ala):
    page = through_first(begin(ala))
    form = filling(page)
    form.fields["wabi"][0].value = "Azor"
    added = press(form, "__rows__", "add:lista")
    form = filling(added)
    assert [one.value for one in form.fields["wabi"]] == ["Azor", ""]
    form.fields["wabi"][1].value = "Burek"
    swapped = press(form, "__rows__", "up:lista.1")
    form = filling(swapped)
    assert [one.value for one in form.fields["wabi"]] == ["Burek", "Azor"]
    removed = press(form, "__rows__", "remove:lista.0")
    assert [one.value for one in filling(removed).fields["wabi"]] == ["Azor"]


def press(form: Any, name: str, value: str) -> Any:
    return form.submit(name, value=value, status=200)


def test_computed_when_asked_for_is_shown_and_nothing_is_refused(ala):
    page = through_first(begin(ala))
    assert "gdy naciśniesz „Przelicz”" in page.html.select_one("[data-field=razem]").text
    form = filling(page)
    form.fields["cena"][0].value = "1 234,50"
    counted = press(form, "_przelicz", "pole-razem")
    assert "1234,50 zł" in counted.html.select_one("[data-field=razem]").text.replace("\xa0", " ")
    assert filling(counted).fields["cena"][0].value == "1 234,50"
    assert counted.html.select_one(".error-summary") is None
    assert f"{counted.request.path}" == page.request.path


def test_rows_when_wrong_name_the_row(ala):
    form = filling(through_first(begin(ala)))
    form.fields["cena"][0].value = "drogo"
    refused = form.submit("_dalej", status=422)
    texts = [a.text for a in refused.html.select(".error-summary a")]
    assert texts == ["Uzupełnij pole „Jak się wabi”. (Pies 1)", "Wpisz liczbę, na przykład 17 albo 1 234,50. (Pies 1)"]
    assert refused.html.select_one(refused.html.select(".error-summary a")[1]["href"])["name"] == "cena"


def test_upload_when_another_field_is_wrong_is_kept(ala):
    form = filling(through_first(begin(ala)))
    form["upload"] = [Upload("C:\\psy\\książeczka.pdf", PDF, "application/pdf")]
    refused = form.submit("_dalej", status=422)
    assert "książeczka.pdf" in refused
    again = filling(refused)
    again.fields["wabi"][0].value = "Azor"
    checked = again.submit("_dalej", status=303).follow()
    assert checked.html.h1.text == "Oświadczenia"
    path = f"/robocze/{draft_id(checked)}"
    page = ala.get(f"{path}/strona/psy")
    file_id = filling(page)["kept"].value
    answer = ala.get(f"{path}/plik/{file_id}")
    assert answer.body == PDF
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    gone = filling(page).submit("_usun_plik", value=file_id, status=200)
    assert "książeczka.pdf" not in gone
    ala.get(f"{path}/plik/{file_id}", status=404)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("wirus.exe", b"MZ\x90\x00", "nie można dołączyć"),
        ("strona.pdf", b"<html><script>alert(1)</script></html>", "nie jest tym"),
        ("pusty.pdf", b"", "jest pusty"),
        ("duzy.pdf", PDF + b"0" * 1_000_001, "za duży"),
    ],
)
def test_upload_when_not_acceptable_is_refused_with_a_reason(ala, name, data, reason):
    form = filling(through_first(begin(ala)))
    form.fields["wabi"][0].value = "Azor"
    form["upload"] = [Upload(name, data, "application/pdf")]
    refused = form.submit("_dalej", status=422)
    assert reason in refused.html.select_one(".error-summary").text
    assert filling(refused).fields["wabi"][0].value == "Azor"


def test_upload_when_all_files_are_too_big_together(ala):
    form = filling(through_first(begin(ala)))
    form["upload"] = [Upload("a.pdf", PDF + b"0" * 900_000)]
    kept = filling(form.submit("_dalej", status=422))
    kept["upload"] = [Upload("b.pdf", PDF + b"0" * 900_000)]
    assert "razem" in kept.submit("_dalej", status=422).html.select_one(".error-summary").text


def test_file_id_when_of_another_draft_is_ignored(app, ala):
    form = filling(through_first(begin(ala)))
    form["upload"] = [Upload("a.pdf", PDF)]
    foreign = filling(form.submit("_dalej", status=422))["kept"].value
    ola = signed_in(app, "ola")
    page = through_first(begin(ola))
    fields = filling(page).submit_fields("_zapisz")
    place = fields.index(("__start__", "kept:sequence")) + 1
    ola.post(page.request.path, [*fields[:place], ("kept", foreign), *fields[place:]], status=303)
    with changed(app) as (_site, office):
        draft = office.drafts[draft_id(page)]
        assert draft.typed["psy"]["zdjecia"] == []


def test_check_page_when_complete_shows_everything_and_goes_on_to_signing(ala):
    page = through_second(through_first(begin(ala)))
    form = filling(page)
    form["prawda"] = True
    check = form.submit("_dalej", status=303).follow()
    assert check.html.h1.text == "Sprawdź odpowiedzi"
    text = check.html.main.get_text(" ", strip=True).replace("\xa0", " ")
    for shown in ("Ala", PESEL, "Nie", "Azor", "1234,50 zł", "Podaję prawdę."):
        assert shown in text
    assert "NIP" not in text
    assert "Dane firmy" not in text
    assert check.html.select_one(f"a[href='/robocze/{draft_id(check)}/strona/osoba?wroc=1']") is not None
    go_on = next(one for one in check.forms.values() if "_podpis" in one.fields)
    assert go_on.submit("_podpis", status=303).location.endswith("/podpis")


def test_check_page_when_pages_are_missing_flags_them(ala):
    page = begin(ala)
    check = ala.get(f"/robocze/{draft_id(page)}/sprawdz")
    assert "Uzupełnij pole „PESEL”." in check
    go_on = next(one for one in check.forms.values() if "_podpis" in one.fields)
    refused = go_on.submit("_podpis", status=422)
    assert refused.html.select_one(".error-summary a[href='#strona-osoba']") is not None
    assert refused.html.select_one("#strona-osoba a")["href"].endswith("/strona/osoba?popraw=1&wroc=1")


def test_change_when_it_opens_a_new_page_flags_it(ala):
    page = through_second(through_first(begin(ala)))
    form = filling(page)
    form["prawda"] = True
    form.submit("_dalej", status=303)
    path = f"/robocze/{draft_id(page)}"
    form = filling(ala.get(f"{path}/strona/osoba?wroc=1"))
    form["pole-firma"] = "true"
    form["nip"] = "8567346215"
    check = form.submit("_dalej", status=303).follow()
    assert check.request.path == f"{path}/sprawdz"
    assert "Nazwa firmy" in check.html.select_one("#strona-tylko_firma").text
    assert check.html.select_one("#strona-tylko_firma .alert") is not None


@pytest.mark.parametrize("rest", ["", "/strona/osoba", "/sprawdz", "/usun", "/plik/x", "/cokolwiek"])
def test_draft_when_somebody_elses_is_not_there(app, ala, rest):
    path = f"/robocze/{draft_id(begin(ala))}{rest}"
    ola = signed_in(app, "ola")
    ola.get(path, status=404)
    token = token_of(ola)
    ola.post(path, {"csrf_token": token}, status=404)


def test_drafts_when_anonymous_lead_to_sign_in(app, ala):
    path = f"/robocze/{draft_id(begin(ala))}"
    for address in ("/robocze", path, f"{path}/strona/osoba"):
        assert "/logowanie" in webapp.browser(app).get(address, status=303).location


@pytest.mark.parametrize("address", ["/robocze/x", "/robocze/" + "0" * 32, "/robocze/../x"])
def test_draft_when_there_is_none(ala, address):
    ala.get(address, status=404)


def test_draft_when_deleted_is_gone_from_the_list(app, ala):
    page = begin(ala)
    path = f"/robocze/{draft_id(page)}"
    assert path in ala.get("/robocze")
    ask = ala.get(f"{path}/usun")
    assert "nie da się cofnąć" in ask
    form = next(
        one
        for one in ask.forms.values()
        if one.action in ("", f"{path}/usun") and one.method.lower() == "post" and "q" not in one.fields
    )
    form.submit(status=303)
    assert path not in ala.get("/robocze")
    ala.get(path, status=404)


def test_draft_when_the_form_changes_keeps_its_version_and_offers_the_new_one(app, ala):
    with changed(app) as (site, _):
        lifecycle.add(
            app.registry, site["formularze"], "kot", EForm({**FORM, "title": "Zgłoszenie kota"}), "test", "published"
        )
    page = through_first(begin(ala, "kot"))
    path = f"/robocze/{draft_id(page)}"
    with changed(app) as (site, _office):
        form = site["formularze"]["kot"]
        pages = [{**FORM["pages"][0], "title": "Kto zgłasza kota"}, *FORM["pages"][1:]]
        pages[0]["fields"] = [*pages[0]["fields"], {"id": "kolor", "type": "text", "label": "Kolor", "required": True}]
        lifecycle.edit(app.registry, form, {**form.fields, "pages": pages}, "test")
        lifecycle.publish(app.registry, form, "test")
        assert form.version == 2
    old = ala.get(f"{path}/strona/osoba")
    assert old.html.h1.text == "Kto zgłasza"
    assert "nowsza wersja" in old
    move = next(one for one in old.forms.values() if one.action.endswith("/nowa-wersja"))
    fresh = move.submit(status=303).follow().follow()
    assert fresh.html.h1.text == "Kto zgłasza kota"
    assert filling(fresh)["pesel"].value == PESEL
    assert "Kolor" in fresh
    assert path in ala.get("/robocze")


def test_post_when_crafted_is_refused_or_harmless(ala):
    page = begin(ala)
    path = page.request.path
    token = filling(page)["csrf_token"].value
    for extra in (
        [("__start__", "pesel:sequence"), ("pesel", "1"), ("__end__", "pesel:sequence")],
        [("pesel", "1"), ("pesel", "2"), ("imie", "\ufffe")],
        [("__rows__", "add:../../x")],
        [("__rows__", "remove:lista.99999999999999999999")],
        [("razem", "1"), ("nieznane", "x")],
        [("imie", "x" * 100_000)],
    ):
        ala.post(path, [("csrf_token", token), *extra, ("_dalej", "dalej")], status="*")
        assert ala.get(path).status_int == 200
    ala.post(path, [("csrf_token", token), ("__end__", "x:mapping")], status=400)
    ala.post(f"{path}/x", {"csrf_token": token}, status=404)
    ala.get(path.replace("osoba", "nie_ma"), status=404)


def test_post_when_many_rows_are_sent_keeps_at_most_the_cap(app, ala):
    page = through_first(begin(ala))
    rows = [("__start__", "lista:sequence")]
    for _ in range(300):
        rows += [("__start__", "row:mapping"), ("wabi", "Azor"), ("__end__", "row:mapping")]
    rows.append(("__end__", "lista:sequence"))
    token = filling(page)["csrf_token"].value
    ala.post(page.request.path, [("csrf_token", token), *rows, ("_dalej", "1")], status=422)
    with changed(app) as (_site, office):
        assert len(office.drafts[draft_id(page)].typed["psy"]["lista"]) <= 51


def test_drafts_when_there_are_too_many(app):
    ola = signed_in(app, "ola")
    with changed(app) as (site, office):
        person = office.applicants["ola"]
        form = site["formularze"]["pies"]
        while len(person.drafts) < drafts.MAX_DRAFTS:
            drafts.start(office, person, form.uid, site.versions.get(form.uid, 1))
    page = ola.get("/formularze/pies")
    form = next(one for one in page.forms.values() if one.action.endswith("/wypelnij"))
    refused = form.submit(status=303)
    assert refused.location.endswith("/robocze")
    assert "50 rozpoczętych" in refused.follow()
    with changed(app) as (site, office):
        person = office.applicants["ola"]
        for draft in drafts.drafts_of(office, person):
            drafts.remove(office, person, draft)


def test_collect_when_filled_has_what_was_asked_and_nothing_else(app, ala):
    page = through_second(through_first(begin(ala)))
    form = filling(page)
    form["prawda"] = True
    form.submit("_dalej", status=303)
    with changed(app) as (site, office):
        draft = office.drafts[draft_id(page)]
        definition = drafts.definition_of(draft, site)
        assert drafts.draft_complete(draft, definition) == []
        filled = drafts.collect(draft, site)
        assert filled.version == 1
        assert filled.sha256 == site.versions.get(draft.form_uid, 1).sha256
        assert [page.id for page in filled.pages] == ["osoba", "psy", "koniec"]
        assert [entry.id for entry in filled.pages[0].entries] == ["imie", "pesel", "firma"]
        dogs = filled.pages[1].entries[0]
        assert [[entry.value for entry in row] for row in dogs.rows] == [["Azor", "1234.50"]]
        assert filled.pages[1].entries[1].value == "1234.50"


def shipped() -> list[str]:
    return [path.stem for path in sorted(CONTENT.glob("*.yaml"))]


@pytest.mark.parametrize("name", shipped())
def test_shipped_form_when_opened_has_a_page_and_every_question_draws(app, name):
    visitor = webapp.browser(app)
    assert visitor.get(f"/formularze/{name}").html.h1.text
    browser = signed_in(app, "ala")
    first = begin(browser, name)
    path = f"/robocze/{draft_id(first)}"
    with changed(app) as (site, office):
        pages = [page.id for page in drafts.definition_of(office.drafts[draft_id(first)], site).pages]
    for page_id in pages:
        answer = browser.get(f"{path}/strona/{page_id}", status="*")
        assert answer.status_int in (200, 303)
        if answer.status_int == 200:
            assert filling(answer).submit("_dalej", status="*").status_int in (303, 422)
    browser.get(f"{path}/sprawdz", status=200)


def unpacked(pdf: bytes) -> Iterator[bytes]:
    """What the PDF's compressed streams hold."""
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            yield zlib.decompress(stream)
        except zlib.error:
            yield stream


@pytest.mark.parametrize("name", ["pies", "odpis-aktu-stanu-cywilnego"])
def test_blank_when_printed_is_a_tagged_pdf(app, name):
    answer = webapp.browser(app).get(f"/formularze/{name}/druk.pdf")
    assert answer.content_type == "application/pdf"
    assert answer.body.startswith(b"%PDF-1.")
    objects = b"".join(unpacked(answer.body))
    assert b"/StructTreeRoot" in objects
    assert b"/Lang" in objects


def test_pdf_when_html_asks_for_something_foreign_is_refused():
    from boi_portal.eforms.printing import PrintError, pdf

    for hostile in (
        '<link rel="attachment" href="file:///etc/passwd">',
        '<img src="http://127.0.0.1:1/x.png" alt="">',
        '<style>@import url("file:///etc/passwd");</style>',
        '<object data="data:text/plain,x"></object>',
    ):
        with pytest.raises(PrintError):
            pdf(f"<html lang=pl><head><title>x</title>{hostile}</head><body>{hostile}</body></html>")


def test_date_when_typed_in_words_is_kept_and_shown_normal(app, ala):
    with changed(app) as (site, office):
        fields = {
            **FORM,
            "pages": [{"id": "p", "title": "P", "fields": [{"id": "d", "type": "date", "label": "Data"}]}],
        }
        lifecycle.add(app.registry, site["formularze"], "data", EForm(fields), "test", "published")
    page = begin(ala, "data")
    form = filling(page)
    form["d"] = "5 marca 2026"
    form.submit("_dalej", status=303)
    with changed(app) as (site, office):
        draft = office.drafts[draft_id(page)]
        assert draft.typed["p"]["d"] == "5 marca 2026"
        found = drafts.review_draft(draft, drafts.definition_of(draft, site))
        assert found.values == {"d": datetime.date(2026, 3, 5).isoformat()}
    assert filling(ala.get(page.request.path))["d"].value == "5.03.2026"
