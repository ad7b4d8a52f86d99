"""What editors do on the page itself: form, working copy, lost updates, new content, order, bin, workflow, history."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.functional.editors import ADMIN, CARD, CHIEF, CLERK, EDITOR, PAGE, EditorsPortal, close, find, token_of

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000 1f15c489"
    "0000000d49444154789c6360000002000001e221bc330000000049454e44ae426082".replace(" ", "")
)
PICTURE = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1z"/></svg>'
FOLDER = "/katalog/sprawy-obywatelskie"


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EditorsPortal]:
    made = EditorsPortal(tmp_path_factory.mktemp("editors"))
    made.fill()
    yield made
    close(made.app)


@pytest.fixture
def editor(portal: EditorsPortal) -> Any:
    return portal.signed_in(EDITOR)


@pytest.fixture
def chief(portal: EditorsPortal) -> Any:
    return portal.signed_in(CHIEF)


@pytest.fixture(autouse=True)
def settled(portal: EditorsPortal) -> Iterator[None]:
    yield
    for path in (CARD, PAGE):
        portal.reset(path)


def form_of(browser: Any, path: str) -> Any:
    return browser.get(path).forms["formularz"]


def fields(portal: EditorsPortal, path: str) -> dict[str, Any]:
    with portal.opened(commit=False) as opened:
        return dict(find(opened.site, path).fields)


# who may


VIEWS = ("edytuj", "stan", "historia", "podglad", "historia/1", "przenies")


@pytest.mark.parametrize("view", VIEWS)
def test_view_is_refused_when_not_an_editor(portal: EditorsPortal, view: str) -> None:
    portal.signed_in(CLERK).get(f"{CARD}/{view}", status=403)
    assert portal.browser().get(f"{CARD}/{view}", expect_errors=True).status_int in (303, 403, 404)


@pytest.mark.parametrize("view", ["edytuj", "stan", "usun", "przenies", "porzuc", "historia/1"])
def test_post_is_refused_when_not_an_editor(portal: EditorsPortal, view: str) -> None:
    before = fields(portal, CARD)
    assert portal.browser().post(f"{CARD}/{view}", {"title": "x"}, expect_errors=True).status_int in (303, 403, 404)
    clerk = portal.signed_in(CLERK)
    clerk.post(f"{CARD}/{view}", {"title": "x"}, expect_errors=True, status=403)
    assert fields(portal, CARD) == before


def test_room_is_refused_when_not_an_editor(portal: EditorsPortal) -> None:
    portal.signed_in(CLERK).get("/redakcja", status=403)
    assert portal.browser().get("/redakcja", expect_errors=True).status_int in (303, 403)


@pytest.mark.parametrize("view", ["edytuj", "stan", "porzuc", "zawartosc", "usun"])
def test_post_without_token_is_refused(chief: Any, view: str) -> None:
    answer = chief.post(f"{FOLDER}/{view}", {"zrob": "opublikuj:"}, expect_errors=True)
    assert answer.status_int in (400, 403)


def test_toolbar_is_shown_to_editors_alone(portal: EditorsPortal, editor: Any) -> None:
    bar = editor.get(CARD).html.select_one(".editor-bar")
    titles = [link.text for link in bar.select("nav a")]
    assert titles == ["Edytuj", "Dodaj", "Zawartość", "Stan", "Historia", "Podgląd", "Redakcja"]
    assert "Opublikowana" in bar.text and "wersja 1" in bar.text
    assert not portal.browser().get(CARD).html.select(".editor-bar")
    assert not portal.signed_in(CLERK).get(CARD).html.select(".editor-bar")


# the form


def test_chief_publishes_at_once_when_asked(portal: EditorsPortal, chief: Any) -> None:
    form = form_of(chief, f"{CARD}/edytuj")
    form["summary"] = "Nowe streszczenie karty."
    form["uwaga_do_wersji"] = "Krótsze streszczenie"
    form.submit("opublikuj", status=303)
    assert "Nowe streszczenie karty." in portal.browser().get(CARD).text
    history = chief.get(f"{CARD}/historia")
    assert "Krótsze streszczenie" in history.text and "Roman Naczelny" in history.text


def test_editor_saves_a_working_copy_when_published(portal: EditorsPortal, editor: Any) -> None:
    shown_before = portal.browser().get(CARD).html.select_one("main").text
    form = form_of(editor, f"{CARD}/edytuj")
    assert "opublikuj" not in form.fields
    form["title"] = "Dowód po nowemu"
    answer = form.submit("zapisz", status=303)
    assert answer.location.endswith("/podglad")
    assert answer.follow().html.h1.text == "Dowód po nowemu"
    assert portal.browser().get(CARD).html.select_one("main").text == shown_before
    assert "Róża Redakcyjna" in editor.get(CARD).html.select_one(".editor-bar").text
    room = editor.get("/redakcja")
    assert "Wydanie dowodu osobistego" in room.html.select_one("section[aria-labelledby=moje-kopie]").text


def test_unchanged_form_writes_nothing(portal: EditorsPortal, editor: Any) -> None:
    for path in (CARD, PAGE, "/formularze/zameldowanie-na-pobyt-staly", "/wydzialy/so", "/"):
        form_of(editor, f"{path.rstrip('/')}/edytuj").submit("zapisz", status=303)
        with portal.opened(commit=False) as opened:
            copy = find(opened.site, path).working_copy
            assert copy is None, {k: (v, find(opened.site, path).fields.get(k)) for k, v in copy.fields.items()
                                  if v != find(opened.site, path).fields.get(k)}  # fmt: skip


def test_editor_cannot_publish_by_a_crafted_post(portal: EditorsPortal, editor: Any) -> None:
    form = form_of(editor, f"{CARD}/edytuj")
    before = fields(portal, CARD)
    values = [*form.submit_fields("zapisz"), ("opublikuj", "opublikuj")]
    editor.post(f"{CARD}/edytuj", values, status=403)
    assert fields(portal, CARD) == before


def test_wrong_values_come_back_with_422_and_all_that_was_typed(portal: EditorsPortal, chief: Any) -> None:
    form = form_of(chief, f"{CARD}/edytuj")
    form["title"] = ""
    form["summary"] = "To zostaje"
    answer = form.submit("opublikuj", status=422)
    assert answer.html.select_one(".error-summary a")["href"] == "#pole-title"
    assert answer.forms["formularz"]["summary"].value == "To zostaje"
    assert answer.html.title.text.startswith("Błąd")
    assert "To zostaje" not in portal.browser().get(CARD).text


@pytest.mark.parametrize(
    ("name", "value"),
    [("department", "nie-ma"), ("eform", "../../etc"), ("fees_account", "obce"), ("online", "x")],
)
def test_value_outside_of_the_choices_is_refused(portal: EditorsPortal, chief: Any, name: str, value: str) -> None:
    values = [(key, value if key == name else given) for key, given in form_of(chief, f"{CARD}/edytuj").submit_fields("opublikuj")]
    if name == "online":  # radio buttons are posted under a name of their own
        values = [(key, value if given in ("full", "partial", "none") else given) for key, given in values]
    before = fields(portal, CARD)
    chief.post(f"{CARD}/edytuj", values, status=422)
    assert fields(portal, CARD) == before


@pytest.mark.parametrize(
    "extra",
    [
        [("__start__", "fees:sequence")],
        [("__end__", "fees:sequence")],
        [("__start__", "title:mapping"), ("x", "y"), ("__end__", "title:mapping")],
        [("stan_otwarcia", "{")],
        [("title", "a"), ("title", "b" * 300)],
        [("__rows__", "add:../x")],
        [("plik", "x")],
    ],
)
def test_crafted_form_never_fails(portal: EditorsPortal, chief: Any, extra: list[tuple[str, str]]) -> None:
    values = [*form_of(chief, f"{CARD}/edytuj").submit_fields("opublikuj"), *extra]
    before = fields(portal, CARD)
    answer = chief.post(f"{CARD}/edytuj", values, expect_errors=True)
    assert answer.status_int in (200, 303, 400, 422)
    assert answer.status_int == 303 or fields(portal, CARD) == before


def test_choices_are_built_from_the_site(chief: Any) -> None:
    page = chief.get(f"{CARD}/edytuj").html
    department = page.select_one("select[name=department] option[selected]")
    assert department["value"] == "so" and "Spraw Obywatelskich" in department.text
    assert page.select_one("select[name=eform]")
    home = chief.get("/edytuj").html
    chosen = [option["value"] for option in home.select("select[name=path] option[selected]")]
    assert "katalog/sprawy-obywatelskie/wydanie-dowodu-osobistego" in chosen
    assert home.select_one("select[name=coat_of_arms] option[selected]")["value"] == "pliki/herb.svg"


def test_script_in_rich_text_is_taken_out(portal: EditorsPortal, chief: Any) -> None:
    form = form_of(chief, f"{PAGE}/edytuj")
    form["body"] = '<p onclick="x()">Adres</p><script>alert(1)</script><a href="javascript:x()">a</a>'
    form.submit("opublikuj", status=303)
    kept = fields(portal, PAGE)["body"]
    assert "script" not in kept and "onclick" not in kept and "<p>Adres</p>" in kept


def test_eform_is_edited_without_losing_its_questions(portal: EditorsPortal, chief: Any) -> None:
    path = "/formularze/zameldowanie-na-pobyt-staly"
    before = fields(portal, path)["pages"]
    page = chief.get(f"{path}/edytuj")
    assert page.html.select_one(f'a[href="{path}/edytuj-pytania"]')
    form = page.forms["formularz"]
    form["minutes"] = "17"
    form.submit("opublikuj", status=303)
    after = fields(portal, path)
    assert after["minutes"] == 17 and after["pages"] == before


def test_discarding_shows_what_is_lost_and_forgets_it(portal: EditorsPortal, editor: Any) -> None:
    form = form_of(editor, f"{PAGE}/edytuj")
    form["title"] = "Kontakt z nami"
    form.submit("zapisz", status=303)
    page = editor.get(f"{PAGE}/porzuc")
    assert "z nami" in page.html.select_one(".difference-text ins").text
    next(form for form in page.forms.values() if form.action.endswith("/porzuc")).submit(status=303)
    assert editor.get(f"{PAGE}/edytuj").forms["formularz"]["title"].value != "Kontakt z nami"


# lost updates


def test_form_opened_on_an_older_state_is_refused_and_loses_nothing(portal: EditorsPortal, editor: Any, chief: Any) -> None:
    slow, quick = form_of(editor, f"{CARD}/edytuj"), form_of(chief, f"{CARD}/edytuj")
    quick["summary"] = "Streszczenie naczelnego."
    quick["jrwa"] = "5341"
    quick.submit("opublikuj", status=303)
    slow["summary"] = "Streszczenie redaktorki."
    slow["title"] = "Tytuł redaktorki"
    refused = slow.submit("zapisz", status=422)
    with portal.opened(commit=False) as opened:
        assert find(opened.site, CARD).working_copy is None
    shown = refused.html.select_one(".collisions")
    words = {kind: shown.select(f".difference-text {kind}") for kind in ("ins", "del")}
    assert any("naczelnego" in word.text for word in words["del"])
    assert any("redaktorki" in word.text for word in words["ins"])
    assert "zmieniły obie osoby" in shown.text and "wzięliśmy nową treść" in shown.text
    again = refused.forms["formularz"]
    assert again["title"].value == "Tytuł redaktorki"
    assert again["summary"].value == "Streszczenie redaktorki."
    assert again["jrwa"].value == "5341"
    again.submit("zapisz", status=303)
    with portal.opened(commit=False) as opened:
        copy = find(opened.site, CARD).working_copy.fields
    assert (copy["title"], copy["jrwa"]) == ("Tytuł redaktorki", "5341")


# new content


def add_page(browser: Any, title: str, button: str = "zapisz", **more: str) -> Any:
    form = form_of(browser, "/pomoc/dodaj/help")
    form["title"] = title
    for name, value in more.items():
        form[name] = value
    return form.submit(button, expect_errors=True)


def test_address_is_made_from_the_title(portal: EditorsPortal, editor: Any) -> None:
    answer = add_page(editor, "Zażółć gęślą jaźń")
    assert answer.location.endswith("/pomoc/zazolc-gesla-jazn")
    assert editor.get(answer.location).html.select_one(".editor-bar .badge").text == "Robocza"
    assert portal.browser().get(answer.location, expect_errors=True).status_int == 404
    assert add_page(editor, "Zażółć gęślą jaźń").location.endswith("/pomoc/zazolc-gesla-jazn-2")


@pytest.mark.parametrize("address", ["Ą", "a/b", "..", "edytuj", "@@x", "zawartosc", "a b", "x" * 120])
def test_bad_address_is_refused(editor: Any, address: str) -> None:
    answer = add_page(editor, "Strona próbna", adres=address)
    assert answer.status_int == 422
    assert answer.forms["formularz"]["title"].value == "Strona próbna"


def test_taken_and_reserved_addresses_are_refused(editor: Any) -> None:
    assert add_page(editor, "Strona", adres="podpis-kwalifikowany").status_int == 303
    assert add_page(editor, "Strona", adres="podpis-kwalifikowany").status_int == 422
    form = form_of(editor, "/dodaj/page")
    for taken in ("redakcja", "manage", "szukaj", "katalog"):
        form["title"], form["adres"] = "Strona", taken
        assert form.submit("zapisz", expect_errors=True).status_int == 422


def test_type_that_the_folder_does_not_take_is_not_found(editor: Any) -> None:
    for path in ("/pomoc/dodaj/eform", "/pomoc/dodaj/bin", "/kosz/dodaj/page", "/katalog/dodaj/case-type"):
        editor.get(path, status=404)


def test_chief_adds_and_publishes(portal: EditorsPortal, chief: Any) -> None:
    answer = add_page(chief, "Świeża pomoc", "opublikuj")
    assert portal.browser().get(answer.location).html.h1.text == "Świeża pomoc"


# files


def upload(browser: Any, path: str, name: str, data: bytes, button: str, **more: str) -> Any:
    form = form_of(browser, path)
    form["upload"] = (name, data)
    for field, value in more.items():
        form[field] = value
    return form.submit(button, expect_errors=True)


def test_file_is_added_replaced_and_served(portal: EditorsPortal, chief: Any) -> None:
    answer = upload(chief, "/pliki/dodaj/file", "Mój Rysunek.PNG", PNG, "opublikuj", title="Rysunek")
    assert answer.status_int == 303
    served = portal.browser().get("/pliki/moj-rysunek.png")
    assert served.body == PNG and served.content_type == "image/png"
    other = PNG + b"\0"
    assert upload(chief, "/pliki/moj-rysunek.png/edytuj", "x.png", other, "opublikuj").status_int == 303
    assert portal.browser().get("/pliki/moj-rysunek.png").body == other
    assert upload(chief, "/pliki/moj-rysunek.png/edytuj", "x.svg", PICTURE, "opublikuj").status_int == 422
    assert upload(chief, "/pliki/moj-rysunek.png/edytuj", "x.png", PNG, "zapisz").status_int == 422
    assert portal.browser().get("/pliki/moj-rysunek.png").body == other


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("strona.html", b"<html><script>1</script></html>"),
        ("rysunek.png", b"<html><script>1</script></html>"),
        ("pusty.pdf", b""),
        ("zly.svg", PICTURE.replace(b"<path", b"<script>alert(1)</script><path")),
        ("zly.svg", PICTURE.replace(b"<path", b'<path onload="x()"')),
        ("zly.svg", PICTURE.replace(b"<path", b'<image href="https://obce.example/x.png"/><path')),
        ("zly.svg", PICTURE.replace(b"<path", b"<foreignObject/><path")),
    ],
)
def test_dangerous_file_is_refused(portal: EditorsPortal, chief: Any, name: str, data: bytes) -> None:
    answer = upload(chief, "/pliki/dodaj/file", name, data, "opublikuj", title="Zły", adres="")
    assert answer.status_int == 422
    assert answer.forms["formularz"]["title"].value == "Zły"
    assert not [key for key in keys(portal, "/pliki") if key.startswith(("zly", "strona", "rysunek", "pusty"))]


def keys(portal: EditorsPortal, path: str) -> list[str]:
    with portal.opened(commit=False) as opened:
        return list(find(opened.site, path).keys())


# order, moving, bin


def act(browser: Any, path: str, what: str, **more: str) -> Any:
    return browser.post(f"{path}/zawartosc", {"csrf_token": token_of(browser), "zrob": what, **more}, expect_errors=True)


def test_order_changes_by_buttons(portal: EditorsPortal, editor: Any) -> None:
    before = keys(portal, FOLDER)
    assert act(editor, FOLDER, f"nizej:{before[0]}").status_int == 303
    assert keys(portal, FOLDER) == [before[1], before[0], *before[2:]]
    first = portal.browser().get(FOLDER).html.select_one("main li a").text
    assert first == fields(portal, f"{FOLDER}/{before[1]}")["title"]
    assert act(editor, FOLDER, f"wyzej:{before[0]}").status_int == 303
    assert keys(portal, FOLDER) == before
    assert act(editor, "", "nizej:katalog").status_int == 303  # among services of the root


@pytest.mark.parametrize("what", ["", "nizej:nie-ma", "usun:x", "wyzej:../..", "przywroc:x"])
def test_crafted_order_is_refused(editor: Any, what: str) -> None:
    assert act(editor, FOLDER, what).status_int == 400


def test_chosen_drafts_are_published_together(portal: EditorsPortal, editor: Any, chief: Any) -> None:
    for title in ("Pierwsza zbiorcza", "Druga zbiorcza"):
        add_page(editor, title)
    assert act(editor, "/pomoc", "opublikuj:", wybrane="pierwsza-zbiorcza").status_int == 403
    data = [("csrf_token", token_of(chief)), ("zrob", "opublikuj:"), ("wybrane", "pierwsza-zbiorcza"), ("wybrane", "druga-zbiorcza")]
    assert "Opublikowano" in chief.post("/pomoc/zawartosc", data, status=303).follow().text
    portal.browser().get("/pomoc/druga-zbiorcza", status=200)


def test_moved_page_is_found_at_its_old_address(portal: EditorsPortal, chief: Any) -> None:
    add_page(chief, "Do przeniesienia", "opublikuj")
    form = form_of(chief, "/pomoc/do-przeniesienia/przenies")
    form["adres"] = "po-przeniesieniu"
    form.submit("przenies", status=303)
    moved = portal.browser().get("/pomoc/do-przeniesienia", expect_errors=True)
    assert moved.status_int == 301 and moved.location.endswith("/pomoc/po-przeniesieniu")
    form = form_of(chief, "/pomoc/po-przeniesieniu/przenies")
    form["adres"] = "edytuj"
    form.submit("przenies", status=422)


def test_department_that_cards_name_keeps_its_address(chief: Any) -> None:
    form = form_of(chief, "/wydzialy/so/przenies")
    form["adres"] = "sprawy"
    answer = form.submit("przenies", status=422)
    assert "odwołują się" in answer.text


def test_deleted_page_goes_to_the_bin_and_back(portal: EditorsPortal, chief: Any, editor: Any) -> None:
    add_page(chief, "Do kosza", "opublikuj")
    page = chief.get("/pomoc/do-kosza/usun")
    form = next(form for form in page.forms.values() if form.action.endswith("/usun"))
    form.submit(status=303)
    portal.browser().get("/pomoc/do-kosza", status=404)
    bin_page = chief.get("/kosz/zawartosc")
    name = next(
        button["value"] for button in bin_page.html.select("button[name=zrob]") if "Do kosza" in button.text
    )
    chief.get(f"/kosz/{name.partition(':')[2]}/edytuj", status=404)
    assert act(editor, "/kosz", name).status_int == 403
    assert act(chief, "/kosz", "przywroc:nie-ma").status_int == 400
    assert act(chief, "/kosz", name).status_int == 303
    assert chief.get("/pomoc/do-kosza").html.select_one(".editor-bar .badge").text == "Robocza"


def test_deleting_what_others_refer_to_is_refused(portal: EditorsPortal, chief: Any) -> None:
    page = chief.get("/wydzialy/so/usun")
    assert "Wydanie dowodu osobistego" in page.text and not [f for f in page.forms.values() if f.action.endswith("/usun")]
    refused = chief.post("/wydzialy/so/usun", {"csrf_token": token_of(chief)}, status=422)
    assert "odwołują się" in refused.html.select_one(".error-summary").text
    portal.browser().get("/wydzialy/so", status=200)


def test_portal_and_bin_cannot_be_deleted_or_edited_away(chief: Any) -> None:
    chief.post("/usun", {"csrf_token": token_of(chief)}, status=422)
    for view in ("edytuj", "stan", "usun", "przenies"):
        chief.get(f"/kosz/{view}", status=404)


# workflow


def step(browser: Any, path: str, name: str) -> Any:
    return browser.post(f"{path}/stan", {"csrf_token": token_of(browser), "przejscie": name}, expect_errors=True)


def test_way_of_a_page_from_draft_to_withdrawal(portal: EditorsPortal, editor: Any, chief: Any) -> None:
    add_page(editor, "Droga strony")
    path = "/pomoc/droga-strony"
    assert step(editor, path, "publish").status_int == 403
    assert step(editor, path, "submit").status_int == 303
    editor.get(path, status=200)
    editor.get(f"{path}/edytuj", status=403)
    assert "Droga strony" in chief.get("/redakcja").html.select_one("section[aria-labelledby=do-akceptacji]").text
    assert step(chief, path, "accept").status_int == 303
    portal.browser().get(path, status=200)
    assert step(chief, path, "nie-ma").status_int == 403
    assert step(chief, path, "withdraw").status_int == 303
    portal.browser().get(path, status=404)


def test_portal_itself_is_never_withdrawn(chief: Any) -> None:
    assert step(chief, "", "withdraw").status_int == 403


def test_chief_publishes_a_working_copy(portal: EditorsPortal, editor: Any, chief: Any) -> None:
    form = form_of(editor, f"{PAGE}/edytuj")
    form["summary"] = "Kopia, która wychodzi."
    form.submit("zapisz", status=303)
    assert step(editor, PAGE, "kopia").status_int == 403
    assert step(chief, PAGE, "kopia").status_int == 303
    assert fields(portal, PAGE)["summary"] == "Kopia, która wychodzi."


# history


def test_versions_are_compared_and_brought_back(portal: EditorsPortal, chief: Any, editor: Any) -> None:
    original = fields(portal, CARD)
    form = form_of(chief, f"{CARD}/edytuj")
    form["title"] = "Wydanie nowego dowodu"
    form.submit("opublikuj", status=303)
    with portal.opened(commit=False) as opened:
        card = find(opened.site, CARD)
        number, versions = card.version, opened.site.versions.all(card.uid)
    old = next(version.number for version in versions if version.fields == original)
    page = chief.get(f"{CARD}/historia/porownaj?a={old}&b={number}")
    assert "nowego" in page.html.select_one("main .difference-text ins").text
    assert chief.get(f"{CARD}/historia/{old}/strona").html.h1.text == original["title"]
    digest = chief.get(f"{CARD}/historia").html.select_one("code").text
    assert len(digest) == 64
    version = editor.get(f"{CARD}/historia/{old}")
    back = next(form for form in version.forms.values() if "stan_otwarcia" in form.fields)
    back.submit("przywroc", value="tak", status=303)
    with portal.opened(commit=False) as opened:
        assert find(opened.site, CARD).working_copy.fields == original
    crafted = {"csrf_token": token_of(editor), "opublikuj": "tak", "stan_otwarcia": "{}"}
    editor.post(f"{CARD}/historia/{old}", crafted, status=403)
    stale = {"csrf_token": token_of(chief), "opublikuj": "tak", "stan_otwarcia": "{}"}
    chief.post(f"{CARD}/historia/{old}", stale, status=422)
    portal.reset(CARD)
    version = chief.get(f"{CARD}/historia/{old}")
    back = next(form for form in version.forms.values() if "stan_otwarcia" in form.fields)
    back.submit("opublikuj", value="tak", status=303)
    assert fields(portal, CARD) == original


@pytest.mark.parametrize("path", ["999", "0", "x", "1/x", "porownaj?a=1&b=999", "porownaj", "porownaj?a=1&b=robocza", "99999999999"])
def test_version_that_is_not_there_is_not_found(chief: Any, path: str) -> None:
    chief.get(f"{CARD}/historia/{path}", status=404)


# every page of every type


@pytest.mark.parametrize(
    "path",
    ["", "/katalog", FOLDER, CARD, "/formularze", "/formularze/zameldowanie-na-pobyt-staly", "/wydzialy", "/wydzialy/so",
     "/pomoc", PAGE, "/aktualnosci", "/pliki", "/pliki/herb.svg"],
)  # fmt: skip
@pytest.mark.parametrize("view", ["edytuj", "stan", "historia", "podglad", "przenies", "usun"])
def test_every_type_has_its_pages(portal: EditorsPortal, path: str, view: str) -> None:
    admin = portal.signed_in(ADMIN)
    if path == "" and view == "przenies":
        admin.get("/przenies", status=404)
        return
    page = admin.get(f"{path}/{view}", status=200)
    assert len(page.html.select("h1")) == 1
    assert not page.html.select("script:not([src]), [style], [onclick], style")


def test_text_preview_is_cleaned(editor: Any, portal: EditorsPortal) -> None:
    data = {"csrf_token": token_of(editor), "tekst": "<p>a</p><script>1</script>"}
    assert editor.post("/redakcja/podglad-tekstu", data).text == "<p>a</p>"
    assert portal.browser().post("/redakcja/podglad-tekstu", data, expect_errors=True).status_int in (303, 403)
