"""The management interface: administrators alone, content through the portal's own rules, the mended faults."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.processes import PATIENCE, boi, free_port, get, running, wait_until_ready
from boi_portal.publishing import lifecycle
from tests.functional.editors import ADMIN, CARD, CHIEF, CLERK, EDITOR, PAGE, EditorsPortal, close, find
from tests.portals import INI, portal_from

FOLDER = "/katalog/sprawy-obywatelskie"
PAGES = (
    "/@@contents", "/@@services", "/@@database", "/@@database?show_evolve=1", "/@@undo", "/@@properties", "/@@auditing",
    f"{FOLDER}/@@contents", f"{CARD}/@@properties", f"{CARD}/@@indexing", "/principals/users/@@contents",
    "/principals/users/redaktor/@@properties", "/catalogs/boi/@@manage_catalog", "/kosz/@@contents",
)  # fmt: skip


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EditorsPortal]:
    made = EditorsPortal(tmp_path_factory.mktemp("manage"))
    made.fill()
    yield made
    close(made.app)


@pytest.fixture
def admin(portal: EditorsPortal) -> Any:
    return portal.signed_in(ADMIN)


def token(browser: Any) -> str:
    return str(browser.get(f"/manage{FOLDER}/@@contents").html.select_one("input[name=csrf_token]")["value"])


def card(portal: EditorsPortal) -> Any:
    with portal.opened(commit=False) as opened:
        found = find(opened.site, CARD)
        return {"fields": dict(found.fields), "version": found.version, "copy": found.working_copy}


def grid(browser: Any, path: str, action: str, names: str = "", **more: str) -> Any:
    data = {"csrf_token": token(browser), action: action.partition(".")[2], "item-modify": names, **more}
    return browser.post(f"/manage{path}/@@contents", data, expect_errors=True)


# who may


@pytest.mark.parametrize("path", PAGES)
def test_page_is_the_admins_alone(portal: EditorsPortal, admin: Any, path: str) -> None:
    admin.get(f"/manage{path}", status=200)
    for login in (CHIEF, EDITOR, CLERK):
        portal.signed_in(login).get(f"/manage{path}", status=403)
    visitor = portal.browser().get(f"/manage{path}", expect_errors=True)
    assert visitor.status_int == 303 and "/logowanie" in visitor.location


def test_post_is_the_admins_alone(portal: EditorsPortal) -> None:
    before = card(portal)
    for login in (CHIEF, EDITOR, CLERK):
        browser = portal.signed_in(login)
        own = browser.get("/").html.body["data-token"]
        for action in ("form.delete", "form.rename_finish", "form.move_finish"):
            data = {"csrf_token": own, action: "x", "item-modify": CARD.rpartition("/")[2]}
            browser.post(f"/manage{FOLDER}/@@contents", data, status=403)
        browser.post(f"/manage{CARD}/@@properties", {"_csrf_token_": own, "save": "save"}, status=403)
    assert card(portal) == before


# pages


@pytest.mark.parametrize("path", (*PAGES, "/principals/users/@@add_user", "/principals/groups/@@add_group"))
def test_page_says_what_it_is_and_names_its_controls(portal: EditorsPortal, admin: Any, path: str) -> None:
    page = admin.get(f"/manage{path}", status=200).html
    heading = page.select_one("main h1").text.strip()
    assert page.html["lang"] == "pl" and len(page.select("h1")) == len(page.select("main")) == 1
    assert page.title.text == f"{heading} – Zarządzanie portalem"
    labelled = {label["for"] for label in page.select("label[for]")}
    unnamed = [
        control
        for control in page.select("input:not([type=hidden], [type=submit]), select, textarea")
        if control.get("id") not in labelled and not control.get("aria-label") and control.find_parent("label") is None
    ]
    assert not unnamed


def test_headings_differ_by_object_and_tab(admin: Any) -> None:
    headings = [admin.get(f"/manage{path}").html.h1.text for path in PAGES]
    assert len(set(headings)) == len({path.partition("?")[0] for path in PAGES})
    assert "Zawartość: Sprawy obywatelskie" in headings


# connections


@pytest.mark.parametrize("path", PAGES)
def test_page_gives_its_connections_back(portal: EditorsPortal, admin: Any, path: str) -> None:
    admin.get(f"/manage{path}", status=200)
    assert not [
        info["info"]
        for database in portal.registry._zodb_databases.values()
        for info in database.connectionDebugInfo()
        if info["opened"]
    ]


def test_a_served_portal_stops_in_peace_after_management(model: Path, tmp_path: Path) -> None:
    with portal_from(model, tmp_path / "served") as made:
        cookies = made.signed_in(ADMIN).cookies
    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
    port, log = free_port(), tmp_path / "serve.log"
    command = boi("boi", "serve", "--ini", INI, "--var", str(made.var), "--port", str(port))
    with running(command, log) as portal:
        wait_until_ready(portal, port, log)
        for path in ("/@@contents", f"{CARD}/@@properties", "/principals/users/@@contents", "/@@undo"):
            status, _, text = get(port, f"/manage{path}", {"Cookie": cookie})
            assert status == 200 and "nav-tabs" in text
        portal.terminate()
        assert portal.wait(PATIENCE) == 0
    assert "Traceback" not in log.read_text(encoding="utf-8")


# property sheets


def test_change_is_published_as_a_new_version(portal: EditorsPortal, admin: Any) -> None:
    before = card(portal)
    form = admin.get(f"/manage{CARD}/@@properties").forms["deform"]
    form["summary"] = "Zmienione w zarządzaniu."
    form.submit("save", status=302)
    after = card(portal)
    assert after["version"] == before["version"] + 1
    assert after["fields"] == {**before["fields"], "summary": "Zmienione w zarządzaniu."}
    assert "Zmienione w zarządzaniu." in portal.browser().get(CARD).text
    with portal.opened(commit=False) as opened:
        found = find(opened.site, CARD)
        version = opened.site.versions.get(found.uid, found.version)
    assert (version.by, version.fields) == (ADMIN, after["fields"])


@pytest.mark.parametrize(
    "path", ["", "/katalog", FOLDER, CARD, "/formularze", "/formularze/zameldowanie-na-pobyt-staly", "/wydzialy/so", PAGE,
             "/pliki/herb.svg", "/aktualnosci"],
)  # fmt: skip
def test_unchanged_sheet_changes_nothing(portal: EditorsPortal, admin: Any, path: str) -> None:
    with portal.opened(commit=False) as opened:
        before = dict(find(opened.site, path).fields), find(opened.site, path).version
    admin.get(f"/manage{path}/@@properties").forms["deform"].submit("save", status=302)
    with portal.opened(commit=False) as opened:
        assert (dict(find(opened.site, path).fields), find(opened.site, path).version) == before


def test_sheet_does_not_publish_an_editors_working_copy(portal: EditorsPortal, admin: Any) -> None:
    with portal.opened() as opened:
        page = find(opened.site, PAGE)
        lifecycle.edit(opened.registry, page, {**page.fields, "title": "Jeszcze nie"}, EDITOR)
    form = admin.get(f"/manage{PAGE}/@@properties").forms["deform"]
    assert form["title"].value != "Jeszcze nie"
    form["summary"] = "Od administratora"
    answer = form.submit("save", status=200)
    assert "kopię roboczą" in answer.text and answer.forms["deform"]["summary"].value == "Od administratora"
    assert "Jeszcze nie" not in portal.browser().get(PAGE).text
    portal.reset(PAGE)


def test_sheet_opened_on_an_older_state_is_refused(portal: EditorsPortal, admin: Any) -> None:
    slow, quick = (admin.get(f"/manage{PAGE}/@@properties").forms["deform"] for _ in range(2))
    quick["summary"] = "Szybszy"
    quick.submit("save", status=302)
    slow["summary"] = "Wolniejszy"
    assert "Ktoś zmienił" in slow.submit("save", status=200).text
    with portal.opened(commit=False) as opened:
        assert find(opened.site, PAGE).fields["summary"] == "Szybszy"


def test_sheet_refuses_what_the_type_refuses(portal: EditorsPortal, admin: Any) -> None:
    before = card(portal)
    form = admin.get(f"/manage{CARD}/@@properties").forms["deform"]
    form["title"] = ""
    form.submit("save", status=200)
    assert card(portal) == before


@pytest.mark.parametrize(
    "controls",
    [
        [("__start__", "fees:sequence")],
        [("__end__", "x")],
        [("title", "a"), ("__start__", "title:mapping"), ("x", "y"), ("__end__", "title:mapping")],
        [("__start__", "summary:sequence"), ("x", "y"), ("__end__", "summary:sequence")],
        [("__start__", "fees:mapping"), ("x", "y"), ("__end__", "fees:mapping")],
        [("__start__", "title:nothing"), ("__end__", "title:nothing")],
    ],
)
def test_crafted_post_is_refused_without_failing(portal: EditorsPortal, admin: Any, controls: list[tuple[str, str]]) -> None:
    before = card(portal)
    data = [("_csrf_token_", token(admin)), *controls, ("save", "save")]
    answer = admin.post(f"/manage{CARD}/@@properties", data, expect_errors=True)
    assert answer.status_int in (200, 400) and card(portal) == before


# request forgery


@pytest.mark.parametrize(
    ("path", "data"),
    [
        (f"{CARD}/@@properties", {"save": "save", "title": "x"}),
        (f"{FOLDER}/@@contents", {"form.delete": "delete", "item-modify": "wydanie-dowodu-osobistego"}),
        (f"{FOLDER}/@@contents", {"ajax.reorder": "x", "item-modify": "wydanie-dowodu-osobistego"}),
        ("/@@database", {"pack": "Pack", "days": "0"}),
        ("/@@undo_multiple", {"transaction": "x"}),
        ("/@@undo_recent", {"undohash": "x"}),
        ("/principals/users/@@add_user", {"add": "add", "name": "obcy"}),
        ("/principals/@@upload-submit", {"a": "b"}),
    ],
)
def test_post_without_token_is_refused(portal: EditorsPortal, admin: Any, path: str, data: dict[str, str]) -> None:
    before = card(portal)
    for extra in ({}, {"csrf_token": "x" * 43}):
        assert 400 <= admin.post(f"/manage{path}", {**data, **extra}, expect_errors=True).status_int < 500
    assert card(portal) == before


def test_undo_is_a_post_and_undoes(portal: EditorsPortal, admin: Any) -> None:
    before = card(portal)
    form = admin.get(f"/manage{CARD}/@@properties").forms["deform"]
    form["title"] = "Do cofnięcia"
    page = form.submit("save", status=302).follow()
    assert "Do cofnięcia" in portal.browser().get(CARD).text
    button = next(form for form in page.forms.values() if "undo_recent" in form.action)
    assert button.method == "post"
    assert admin.get(f"{button.action}?undohash={button['undohash'].value}", expect_errors=True).status_int in (404, 405)
    button.submit(status=302)
    assert card(portal)["fields"] == before["fields"]
    assert "Do cofnięcia" not in portal.browser().get(CARD).text


# folders of content


def test_name_in_the_grid_is_escaped(portal: EditorsPortal, admin: Any) -> None:
    with portal.opened() as opened:
        content = opened.registry.content.create("Page", {"title": "Zły", "summary": "", "keywords": [], "body": ""})
        opened.site["pomoc"].add("<img src=x onerror=alert(1)>", content)
    answer = admin.get("/manage/pomoc/@@contents", {"from": 0, "to": 90}, xhr=True)
    shown = next(record["Nazwa"] for record in answer.json["records"] if "onerror" in record["id"])
    assert "<img" not in shown and "&lt;img" in shown
    assert "<img src=x" not in admin.get("/manage/pomoc/@@contents").text
    with portal.opened() as opened:
        opened.site["pomoc"].remove("<img src=x onerror=alert(1)>")


def test_title_in_the_grid_cannot_end_the_script(portal: EditorsPortal, admin: Any) -> None:
    with portal.opened() as opened:
        page = find(opened.site, PAGE)
        title = page.title
        lifecycle.edit(opened.registry, page, {**page.fields, "title": "</script><script>alert(1)</script>"}, EDITOR)
        lifecycle.publish(opened.registry, page, CHIEF)
    assert "<script>alert(1)" not in admin.get("/manage/@@contents").text
    with portal.opened() as opened:
        page = find(opened.site, PAGE)
        lifecycle.edit(opened.registry, page, {**page.fields, "title": title}, EDITOR)
        lifecycle.publish(opened.registry, page, CHIEF)


def test_message_is_text(portal: EditorsPortal, admin: Any) -> None:
    grid(admin, "/pomoc", "form.rename_finish", **{"item-rename": "podpis", "podpis": "<script>1</script>"})
    assert "<script>1</script>" not in admin.get("/manage/pomoc/@@contents").text


def test_deleting_goes_to_the_bin(portal: EditorsPortal, admin: Any) -> None:
    assert grid(admin, "/pomoc", "form.delete", "haslo").status_int == 302
    with portal.opened(commit=False) as opened:
        assert "haslo" not in opened.site["pomoc"]
        assert any(item.deleted_from == "/pomoc/haslo" for item in opened.site["kosz"].values())


def test_deleting_what_others_refer_to_is_refused(portal: EditorsPortal, admin: Any) -> None:
    assert grid(admin, "/wydzialy", "form.delete", "so").status_int == 302
    assert "odwołują się" in admin.get("/manage/wydzialy/@@contents").text
    with portal.opened(commit=False) as opened:
        assert "so" in opened.site["wydzialy"]


def test_renaming_leaves_a_redirect(portal: EditorsPortal, admin: Any) -> None:
    grid(admin, "/pomoc", "form.rename_finish", **{"item-rename": "podpis", "podpis": "podpisywanie"})
    moved = portal.browser().get("/pomoc/podpis", expect_errors=True)
    assert moved.status_int == 301 and moved.location.endswith("/pomoc/podpisywanie")


def test_moving_elsewhere_keeps_the_types_rules(portal: EditorsPortal, admin: Any) -> None:
    grid(admin, "/pomoc", "form.move", "logowanie")
    grid(admin, "/katalog", "form.move_finish")
    with portal.opened(commit=False) as opened:
        assert "logowanie" in opened.site["pomoc"] and "logowanie" not in opened.site["katalog"]


@pytest.mark.parametrize("action", ["form.copy", "form.copy_finish", "form.duplicate"])
def test_copying_is_refused(portal: EditorsPortal, admin: Any, action: str) -> None:
    assert grid(admin, FOLDER, action, CARD.rpartition("/")[2]).status_int == 403


def test_rows_are_reordered_by_the_grid(portal: EditorsPortal, admin: Any) -> None:
    with portal.opened(commit=False) as opened:
        names = list(find(opened.site, FOLDER).keys())
    data = {"csrf_token": token(admin), "ajax.reorder": "ajax.reorder", "item-modify": names[2], "insert-before": names[0]}
    answer = admin.post(f"/manage{FOLDER}/@@contents", data, xhr=True, status=200)
    assert "flash" in answer.json
    with portal.opened(commit=False) as opened:
        assert list(find(opened.site, FOLDER).keys())[:3] == [names[2], names[0], names[1]]


@pytest.mark.parametrize("name", ["add_folder", "add_file", "upload", "add_catalog", "acl_edit", "upload-submit"])
def test_way_around_the_types_forms_is_closed(admin: Any, name: str) -> None:
    for path in ("", "/katalog", FOLDER):
        admin.get(f"/manage{path}/@@{name}", status=404)
    answer = admin.post(f"/manage{FOLDER}/@@{name}", {"csrf_token": token(admin)}, expect_errors=True)
    assert answer.status_int == 404


def test_services_cannot_be_deleted(portal: EditorsPortal, admin: Any) -> None:
    data = {"csrf_token": token(admin), "form.delete": "delete", "item-modify": "principals"}
    admin.post("/manage/@@services", data, status=403)
    admin.post("/manage/@@contents", data, expect_errors=True)
    with portal.opened(commit=False) as opened:
        assert "principals" in opened.site


def test_workflow_leads_to_the_page_that_makes_versions(admin: Any) -> None:
    answer = admin.get(f"/manage{CARD}/@@workflows", status=303)
    assert answer.location.endswith(f"{CARD}/stan")
    before = admin.post(f"/manage{CARD}/@@workflows", {"csrf_token": token(admin), "wfid": "publishing", "transition": "withdraw"})
    assert before.status_int == 303


def test_tabs_are_polish(admin: Any) -> None:
    tabs = [tab.text.strip() for tab in admin.get(f"/manage{FOLDER}/@@contents").html.select(".nav-tabs a")]
    assert "Zawartość" in tabs and "Właściwości" in tabs
    assert not {"Contents", "Properties", "Security", "Uprawnienia", "Upload", "Workflows", "Services"} & set(tabs)


def test_buttons_of_rows_do_not_send_the_form(admin: Any) -> None:
    form = admin.get(f"/manage{CARD}/@@properties").html.select_one("form#deform")
    assert {button.get("type") for button in form.select(".deform-seq-item button")} == {"button"}
    assert [button.text.strip() for button in form.select("button[type=submit]")] == ["Zapisz"]


def test_the_contents_grid_asks_for_events_and_is_told_that_there_are_none(admin: Any) -> None:
    answer = admin.get("/manage/katalog/auditstream-sse", status=200)
    assert answer.content_type == "text/event-stream"
    assert answer.text.startswith("retry: ")
