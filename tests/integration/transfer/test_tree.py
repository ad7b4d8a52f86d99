"""Content files: what was dumped loads to the same, and what is broken is refused with file, line and reason."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from boi_portal.publishing import lifecycle
from boi_portal.transfer import tree
from boi_portal.transfer.files import ContentFilesError
from tests.core import Core

CONTENT = Path(__file__).resolve().parents[3] / "content"

FILES = {
    "portal.html": "---\ntype: portal\ntitle: BOI\nsummary: Portal\npopular: [katalog/obywatelskie/dowod]\n---\n<p>Witaj</p>\n",
    "wydzialy/_folder.html": "---\ntype: departments\ntitle: Wydziały\n---\n",
    "wydzialy/so.html": "---\ntype: department\ntitle: Wydział\ncode: SO\nhours:\n  - {days: pon, from: '08:00', to: '16:00'}\n---\n",
    "formularze/_folder.html": "---\ntype: forms\ntitle: Formularze\n---\n",
    "formularze/pismo.yaml": (
        "type: eform\ntitle: Pismo\nsymbol: P\nsummary: Pismo\naddressee: Wójt\ndepartment: so\njrwa: '5343'\nminutes: 5\n"
        "pages:\n  - id: strona\n    title: Strona\n    fields:\n      - id: tresc\n        type: longtext\n        label: Treść\n"
        "assurance: two-factor\n"
    ),
    "katalog/_folder.html": "---\ntype: catalog\ntitle: Katalog\norder: [obywatelskie]\n---\n",
    "katalog/obywatelskie/_folder.html": "---\ntype: category\ntitle: Obywatelskie\nicon: id-card\norder: [meldunek, dowod]\n---\n",
    "katalog/obywatelskie/dowod.html": (
        "---\ntype: case-type\ntitle: Dowód\nsymbol: SO-1\ndepartment: so\nonline: none\neform: pismo\nkeywords: [karta]\n"
        "fees:\n  - label: Opłata\n    amount: '17.00'\ndownloads: [/pliki/plan.png]\n---\n"
        '<section data-field="audience"><p>a</p></section>\n<section data-field="documents"><p>b</p></section>\n'
        '<section data-field="procedure"><p>c</p></section>\n<section data-field="time_limit"><p>d</p></section>\n'
        '<section data-field="appeal"><p>e</p></section>\n'
    ),
    "katalog/obywatelskie/meldunek.html": (
        "---\ntype: case-type\nstate: draft\ntitle: Meldunek\nsymbol: SO-2\ndepartment: so\nonline: none\n---\n"
        '<section data-field="audience"><p>a</p></section>\n<section data-field="documents"><p>b</p></section>\n'
        '<section data-field="procedure"><p>c</p></section>\n<section data-field="time_limit"><p>d</p></section>\n'
        '<section data-field="appeal"><p>e</p></section>\n'
    ),
    "pliki/_folder.html": "---\ntype: files\ntitle: Pliki\n---\n",
    "pliki/plan.png.yaml": "type: file\ntitle: Plan\n",
    "pomoc/_folder.html": "---\ntype: folder\ntitle: Pomoc\n---\n",
    "pomoc/podpis.html": "---\ntype: help\nstate: withdrawn\ntitle: Podpis\n---\n<p>Tak.</p>\n",
    "aktualnosci/_folder.html": "---\ntype: news-folder\ntitle: Aktualności\n---\n",
    "aktualnosci/nowa.html": "---\ntype: news\ntitle: Nowa\ndate: 2026-03-05\n---\n<p>Treść.</p>\n",
    "_redirects.yaml": "/stary-adres: /pomoc\n",
}
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A small tree with something of everything."""
    root = tmp_path / "content"
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (root / "pliki" / "plan.png").write_bytes(PNG)
    return root


def load(core: Core, root: Path, dry_run: bool = False) -> list[tuple[str, str]]:
    with core.opened(commit=not dry_run) as portal:
        return [(change.what, change.path) for change in tree.load(root, portal.site, portal.registry, dry_run)]


def dump(core: Core, root: Path) -> dict[str, bytes]:
    with core.opened(commit=False) as portal:
        tree.dump(portal.site, root)
    return contents(root)


def contents(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def marks(core: Core) -> tuple[bytes, bytes]:
    """What the last transaction of each database was."""
    return tuple(database.storage.lastTransaction() for database in core.registry._zodb_databases.values())  # type: ignore[return-value]


def test_a_tree_is_loaded_with_states_order_redirects_and_files(core: Core, files: Path) -> None:
    load(core, files)
    core.work()
    with core.opened(commit=False) as portal:
        site = portal.site
        category = site["katalog"]["obywatelskie"]
        assert list(category) == ["meldunek", "dowod"]
        assert [category[name].state for name in category] == ["draft", "published"]
        assert site["pomoc"]["podpis"].state == "withdrawn"
        assert category["dowod"].version == 1
        assert category["dowod"].eform_object() is site["formularze"]["pismo"]
        assert category["dowod"].department_object() is site["wydzialy"]["so"]
        assert site["pliki"]["plan.png"].read() == PNG
        assert site["pliki"]["plan.png"].media_type == "image/png"
        assert dict(site.redirects) == {"/stary-adres": site["pomoc"].__oid__}
        assert lifecycle.referrers(site["wydzialy"]["so"])


def test_loading_again_changes_nothing_and_writes_nothing(core: Core, files: Path) -> None:
    load(core, files)
    core.work()
    before = marks(core)
    assert load(core, files) == []
    assert marks(core) == before


def test_what_was_dumped_loads_to_the_same_and_dumps_to_the_same_bytes(
    core: Core, files: Path, tmp_path: Path
) -> None:
    load(core, files)
    first = dump(core, tmp_path / "first")
    assert b"assurance: two-factor" in first["formularze/pismo.yaml"]
    assert load(core, tmp_path / "first") == []
    core.close()
    core.reset()
    load(core, tmp_path / "first")
    assert dump(core, tmp_path / "second") == first
    assert load(core, files) == []


def test_the_shipped_content_goes_round_too(core: Core, tmp_path: Path) -> None:
    load(core, CONTENT)
    assert len(dump(core, tmp_path / "dump")) > 100
    before = marks(core)
    assert load(core, tmp_path / "dump") == []
    assert marks(core) == before


def test_a_dry_run_tells_what_would_change_and_writes_nothing(core: Core, files: Path) -> None:
    before = marks(core)
    would = load(core, files, dry_run=True)
    assert marks(core) == before
    assert load(core, files) == would
    (files / "pomoc" / "podpis.html").write_text("---\ntype: help\ntitle: Podpis\n---\n<p>Nowy.</p>\n", encoding="utf-8")
    (files / "katalog/obywatelskie/_folder.html").write_text(
        "---\ntype: category\ntitle: Obywatelskie\nicon: id-card\norder: [dowod, meldunek]\n---\n", encoding="utf-8"
    )
    (files / "_redirects.yaml").write_text("/stary-adres: /pomoc\n/inny: /katalog\n", encoding="utf-8")
    before = marks(core)
    would = load(core, files, dry_run=True)
    assert marks(core) == before
    assert sorted(would) == [
        ("edit", "/pomoc/podpis"), ("order", "/katalog/obywatelskie"), ("redirect", "/inny"), ("state", "/pomoc/podpis"),
    ]  # fmt: skip
    assert load(core, files) == would


def test_a_changed_card_becomes_its_next_version(core: Core, files: Path) -> None:
    load(core, files)
    path = files / "katalog/obywatelskie/dowod.html"
    path.write_text(path.read_text(encoding="utf-8").replace("17.00", "20.00"), encoding="utf-8")
    assert load(core, files) == [("edit", "/katalog/obywatelskie/dowod")]
    with core.opened(commit=False) as portal:
        assert portal.site["katalog"]["obywatelskie"]["dowod"].version == 2


def test_a_changed_file_is_replaced(core: Core, files: Path) -> None:
    load(core, files)
    (files / "pliki/plan.png").write_bytes(PNG + b"\0")
    assert load(core, files) == [("edit", "/pliki/plan.png")]
    with core.opened(commit=False) as portal:
        assert portal.site["pliki"]["plan.png"].read() == PNG + b"\0"


def test_what_is_in_the_site_alone_is_left_alone(core: Core, files: Path) -> None:
    load(core, files)
    with core.opened() as portal:
        core.make(portal, "Help Page", portal.site["pomoc"], "nowa", {"title": "Nowa"})
    assert load(core, files) == []
    with core.opened(commit=False) as portal:
        assert "nowa" in portal.site["pomoc"]


def test_an_editors_working_copy_is_not_overwritten(core: Core, files: Path) -> None:
    load(core, files)
    with core.opened() as portal:
        card = portal.site["katalog"]["obywatelskie"]["dowod"]
        lifecycle.edit(core.registry, card, {**card.fields, "title": "Czeka"}, "redaktorka")
    assert load(core, files) == []
    path = files / "katalog/obywatelskie/dowod.html"
    path.write_text(path.read_text(encoding="utf-8").replace("17.00", "20.00"), encoding="utf-8")
    with pytest.raises(ContentFilesError, match="redaktorka"):
        load(core, files)


def test_what_lies_in_the_bin_is_not_dumped(core: Core, files: Path, tmp_path: Path) -> None:
    load(core, files)
    with core.opened() as portal:
        card = portal.site["katalog"]["obywatelskie"]["dowod"]
        lifecycle.move(core.registry, card, portal.site["katalog"]["obywatelskie"], "karta")
        lifecycle.delete(core.registry, card, "naczelny")
    written = dump(core, tmp_path / "dump")
    assert not [name for name in written if "kosz" in name or "dowod" in name]
    assert b"kosz" not in written["_redirects.yaml"]


def test_a_dump_does_not_overwrite(core: Core, files: Path, tmp_path: Path) -> None:
    load(core, files)
    with core.opened(commit=False) as portal, pytest.raises(FileExistsError):
        tree.dump(portal.site, files)


# broken files

Change = Callable[[Path], Any]


def text(name: str, old: str, new: str) -> Change:
    def change(root: Path) -> None:
        before = (root / name).read_text(encoding="utf-8")
        assert old in before
        (root / name).write_text(before.replace(old, new, 1), encoding="utf-8")

    return change


def write(name: str, data: str | bytes) -> Change:
    def change(root: Path) -> None:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data.encode() if isinstance(data, str) else data)

    return change


def remove(name: str) -> Change:
    return lambda root: (root / name).unlink()


CARD = "katalog/obywatelskie/dowod.html"
FORM = "formularze/pismo.yaml"
PAGE = "---\ntype: page\ntitle: Strona\n---\n"
# what is broken -> (change, file:line, word of the reason)
BROKEN: dict[str, tuple[Change, str, str]] = {
    "bad YAML": (text(CARD, "title: Dowód", "title: [Dowód"), CARD + ":", "YAML"),
    "a tabulator": (text(CARD, "title: Dowód", "title:\tDowód"), CARD + ":3", "tabulator"),
    "a control character": (text(CARD, "title: Dowód", "title: Do\x07wód"), CARD + ":3", "character"),
    "a key twice": (text(CARD, "symbol: SO-1", "title: Drugi"), CARD + ":4", "duplicate"),
    "no front matter": (write("pomoc/x.html", "<p>Treść</p>"), "pomoc/x.html:1", "front matter"),
    "an empty file": (write("pomoc/x.html", ""), "pomoc/x.html:1", "front matter"),
    "front matter that is a list": (write("pomoc/x.html", "---\n- a\n---\n"), "pomoc/x.html:2", "key"),
    "an unknown key": (text(CARD, "symbol: SO-1", "symbl: SO-1"), CARD + ":4", "unknown key 'symbl'"),
    "an unknown type": (text(CARD, "type: case-type", "type: karta"), CARD + ":2", "unknown type 'karta'"),
    "no type": (text("pomoc/podpis.html", "type: help\n", ""), "pomoc/podpis.html:1", "type is missing"),
    "an unknown section": (text(CARD, 'field="appeal"', 'field="odwolanie"'), CARD + ":18", "unknown section"),
    "a section twice": (text(CARD, 'field="appeal"', 'field="audience"'), CARD + ":18", "stands twice"),
    "text outside of the sections": (text(CARD, "---\n<section", "---\nSłowo\n<section"), CARD + ":14", "outside"),
    "a missing title": (text(CARD, "title: Dowód\n", ""), CARD, "title"),
    "a missing section": (
        text(CARD, '<section data-field="appeal"><p>e</p></section>\n', ""), CARD, "appeal",
    ),
    "a title that is too long": (text(CARD, "title: Dowód", "title: " + "x" * 121), CARD + ":3", "120"),
    "an unknown department": (text(CARD, "department: so", "department: xx"), CARD + ":5", "wydzialy/xx"),
    "an unknown e-form": (text(CARD, "eform: pismo", "eform: podanie"), CARD + ":7", "formularze/podanie"),
    "an unknown download": (text(CARD, "/pliki/plan.png", "/pliki/nie.png"), CARD + ":12", "/pliki/nie.png"),
    "an unknown popular card": (text("portal.html", "/dowod]", "/nie]"), "portal.html:5", "katalog/obywatelskie/nie"),
    "a department of a form that is not there": (text(FORM, "department: so", "department: xx"), FORM + ":6", "wydzialy/xx"),
    "an unknown choice": (text(CARD, "online: none", "online: maybe"), CARD + ":6", "online"),
    "an amount that is none": (text(CARD, "'17.00'", "'dużo'"), CARD + ":11", "amount"),
    "an amount that is no number": (text(CARD, "'17.00'", ".nan"), CARD + ":11", "amount"),
    "a list where a word belongs": (text(CARD, "symbol: SO-1", "symbol: [SO-1]"), CARD + ":4", "symbol"),
    "a word where a list belongs": (text(CARD, "keywords: [karta]", "keywords: karta"), CARD + ":8", "keywords"),
    "a number where rows belong": (
        text(CARD, "fees:\n  - label: Opłata\n    amount: '17.00'", "fees: 17"), CARD + ":9", "fees",
    ),
    "an unknown key of a row": (text(CARD, "label: Opłata", "label: Opłata\n    kwota: 17"), CARD + ":11", "kwota"),
    "a date that does not exist": (
        text("aktualnosci/nowa.html", "2026-03-05", "2026-02-30"), "aktualnosci/nowa.html:4", "date",
    ),
    "a date that is none": (text("aktualnosci/nowa.html", "2026-03-05", "wczoraj"), "aktualnosci/nowa.html:4", "date"),
    "a state that is none": (text(CARD, "type: case-type", "type: case-type\nstate: nowa"), CARD + ":3", "state"),
    "an order that is no list": (
        text("katalog/_folder.html", "order: [obywatelskie]", "order: obywatelskie"), "katalog/_folder.html:4", "order",
    ),
    "an order with an unknown name": (
        text("katalog/_folder.html", "[obywatelskie]", "[inne]"), "katalog/_folder.html:4", "'inne'",
    ),
    "an order with a name twice": (
        text("katalog/_folder.html", "[obywatelskie]", "[obywatelskie, obywatelskie]"), "katalog/_folder.html:4", "twice",
    ),
    "an order of what is no folder": (
        text("pomoc/podpis.html", "title: Podpis", "title: Podpis\norder: [a]"), "pomoc/podpis.html:5", "order",
    ),
    "a missing file": (remove("pliki/plan.png"), "pliki/plan.png.yaml", "missing"),
    "a file without its description": (write("pliki/nowy.pdf", b"%PDF-1.7 \xff"), "pliki/nowy.pdf", "nowy.pdf.yaml"),
    "a stray text file": (write("pomoc/notatki.txt", "notatki"), "pomoc/notatki.txt", "notatki.txt.yaml"),
    "a file that is not what its name says": (write("pliki/plan.png", "<html><script>x</script>"), "pliki/plan.png.yaml", "plan.png"),
    "an empty file to download": (write("pliki/plan.png", b""), "pliki/plan.png.yaml", "pusty"),
    "not UTF-8": (write("pomoc/x.html", "---\ntype: help\ntitle: Dowód\n---\n".encode("iso-8859-2")), "pomoc/x.html", "UTF-8"),
    "redirects that are not UTF-8": (write("_redirects.yaml", b"/a: /pomoc\xff"), "_redirects.yaml", "UTF-8"),
    "redirects that are a list": (write("_redirects.yaml", "- /a\n"), "_redirects.yaml:1", "key"),
    "a redirect to a list": (write("_redirects.yaml", "/a: [/pomoc]\n"), "_redirects.yaml:1", "/a"),
    "a redirect to nowhere": (write("_redirects.yaml", "/a: /nie-ma\n"), "_redirects.yaml:1", "/nie-ma"),
    "a redirect from no address": (write("_redirects.yaml", "a: /pomoc\n"), "_redirects.yaml:1", "a"),
    "a name with diacritics": (write("pomoc/zażółć.html", PAGE), "pomoc/zażółć.html", "not a name"),
    "a name with capitals": (write("pomoc/Strona.html", PAGE), "pomoc/Strona.html", "not a name"),
    "a folder without its file": (write("nowe/strona.html", PAGE), "nowe/strona.html", "_folder.html"),
    "content inside of what is no folder": (
        lambda root: (write("pomoc/a.html", PAGE)(root), write("pomoc/a/b.html", PAGE)(root)), "pomoc/a/b.html", "folder",
    ),
    "two files for one address": (
        lambda root: (write("pomoc/a.html", PAGE)(root), write("pomoc/a/_folder.html", PAGE)(root)), "pomoc/a", "pomoc/a.html",
    ),
    "a page as a folder's file": (write("nowe/_folder.html", PAGE), "nowe/_folder.html:2", "folder"),
    "a second portal": (write("pomoc/drugi.html", "---\ntype: portal\ntitle: Drugi\n---\n"), "pomoc/drugi.html:2", "portal"),
    "a portal that is none": (text("portal.html", "type: portal", "type: folder"), "portal.html:2", "portal"),
    "a file described in HTML": (write("pliki/x.html", "---\ntype: file\ntitle: X\n---\n"), "pliki/x.html:2", "file"),
    "an e-form in HTML": (write("formularze/x.html", "---\ntype: eform\ntitle: X\n---\n"), "formularze/x.html:2", "eform"),
    "a page in YAML": (write("pomoc/x.yaml", "type: help\ntitle: X\n"), "pomoc/x.yaml:1", "help"),
    "the name of a service": (write("principals.html", PAGE), "principals.html", "principals"),
    "the name of the bin": (write("kosz.html", PAGE), "kosz.html", "kosz"),
    "the name of a view": (write("szukaj.html", PAGE), "szukaj.html", "szukaj"),
    "an e-form with an unknown field type": (text(FORM, "type: longtext", "type: telepatia"), FORM + ":14", "telepatia"),
    "an e-form with a field without a label": (text(FORM, "        label: Treść\n", ""), FORM + ":13", "label"),
    "an e-form with the same id twice": (
        text(FORM, "        label: Treść\n", "        label: A\n      - id: tresc\n        type: text\n        label: B\n"), FORM, "tresc",
    ),
    "an e-form with a condition on a field that comes later": (
        text(FORM, "        label: Treść\n", "        label: A\n        condition: {field: inny, is: true}\n"), FORM, "inny",
    ),
    "an e-form without pages": (text(FORM, "pages:", "strony:"), FORM + ":9", "strony"),
    "an anchor that holds itself": (text(FORM, "minutes: 5", "minutes: &a [*a]"), FORM, "minutes"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_tree_is_refused_with_file_line_and_reason(filled: Core, files: Path, kind: str) -> None:
    change, place, word = BROKEN[kind]
    change(files)
    before = marks(filled)
    with pytest.raises(ContentFilesError) as caught:
        load(filled, files)
    assert marks(filled) == before, "nothing is written"
    lines = [str(mistake) for mistake in caught.value.mistakes]
    assert any(line.startswith(place) and word in line for line in lines), lines


def test_all_mistakes_are_told_at_once(core: Core, files: Path) -> None:
    for kind in ("a tabulator", "an unknown choice", "a page as a folder's file"):
        change, _, _ = BROKEN[kind]
        if kind != "an unknown choice":
            change(files)
    text("aktualnosci/nowa.html", "2026-03-05", "wczoraj")(files)
    with pytest.raises(ContentFilesError) as caught:
        load(core, files)
    assert {mistake.file for mistake in caught.value.mistakes} >= {CARD, "nowe/_folder.html", "aktualnosci/nowa.html"}


def test_an_object_of_another_type_is_not_overwritten(core: Core, files: Path) -> None:
    load(core, files)
    text("pomoc/podpis.html", "type: help", "type: page")(files)
    with pytest.raises(ContentFilesError, match=r"podpis\.html:2: .*help"):
        load(core, files)


def test_what_is_no_tree_is_refused(core: Core, tmp_path: Path) -> None:
    with pytest.raises(ContentFilesError, match=r"portal\.html is missing"):
        load(core, tmp_path)


def test_hidden_files_are_left_alone(core: Core, files: Path) -> None:
    write(".git/config", "[core]")(files)
    write("pomoc/.DS_Store", b"\xff\x00")(files)
    load(core, files)


def test_rich_text_is_cleaned_on_the_way_in(core: Core, files: Path) -> None:
    text("pomoc/podpis.html", "<p>Tak.</p>", '<p onclick="x()">Tak.<script>x()</script></p><h1>A</h1>')(files)
    load(core, files)
    with core.opened(commit=False) as portal:
        assert portal.site["pomoc"]["podpis"].value("body") == "<p>Tak.</p>A"
