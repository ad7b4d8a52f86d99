"""The sandbox's pages: their shape, their headers, and the mailbox."""

from __future__ import annotations

import ast
import os
from email.message import EmailMessage
from pathlib import Path

import pytest
from click.testing import CliRunner
from lxml import etree
from webtest import TestApp

import boi_portal.sandbox
from boi_portal.sandbox.main import cli

HOSTILE = (
    '<h1 onclick="x()">Cześć</h1><script>alert(1)</script><img src="http://x/y.png"><a href="javascript:x()">a</a>'
)
LINK = "http://localhost:6543/aktywacja/tajny-token?a=1&b=2"


@pytest.fixture
def browser(app) -> TestApp:
    return TestApp(app)


def put(maildir: Path, name: str, to: str = "jan@przyklad.test", subject: str = "Aktywacja konta – zażółć", **parts):
    """A letter in the Maildir; `date`, `text`, `html`."""
    message = EmailMessage()
    message["From"] = "boi@przyklad.test"
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = parts.get("date", "Thu, 05 Mar 2026 10:00:00 +0000")
    message.set_content(parts.get("text", f"Dzień dobry,\nkliknij {LINK}.\n<b>nie</b>"))
    if "html" in parts:
        message.add_alternative(parts["html"], subtype="html")
    path = maildir / parts.get("folder", "new") / name
    path.write_bytes(message.as_bytes())
    return path


@pytest.mark.parametrize("path", ["/", "/podpis", "/certyfikaty", "/poczta", "/nie-ma"])
def test_every_page_has_one_heading_its_own_title_and_no_inline_code(browser, path):
    response = browser.get(path, status="*")
    page = etree.HTML(response.body)

    assert len(page.xpath("//h1")) == 1
    assert page.xpath("string(//h1)").split()[0] in page.xpath("string(//title)") or path == "/"
    assert page.xpath("//html/@lang") == ["pl"]
    assert not page.xpath("//script | //style | //@style | //@*[starts-with(name(), 'on')]")
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/podpis", "/poczta"])
def test_every_control_has_a_label(browser, path):
    page = etree.HTML(browser.get(path).body)
    for control in page.xpath("//input[not(@type='hidden')]"):
        assert page.xpath(f"//label[@for='{control.get('id')}']"), control.attrib
    identifiers = page.xpath("//@id")
    assert len(identifiers) == len(set(identifiers))


def test_style_sheet_is_served(browser):
    address = etree.HTML(browser.get("/").body).xpath("//link/@href")[0]
    assert "main" in browser.get(address).text


def test_pages_link_to_the_portal(browser):
    assert "http://localhost:6543" in browser.get("/")


def test_page_that_is_not_there_is_not_found(browser):
    assert browser.get("/nie-ma", status=404).html.h1.text == "Nie ma takiej strony"


def test_mailbox_is_empty_before_the_portal_writes(browser, maildir):
    for name in ("new", "cur", "tmp"):
        (maildir / name).rmdir()
    maildir.rmdir()
    assert "Nie ma jeszcze żadnych listów." in browser.get("/poczta")
    assert browser.get("/poczta.json").json == []


def test_mailbox_shows_the_newest_first(browser, maildir):
    put(maildir, "1", subject="Pierwszy", date="Thu, 05 Mar 2026 10:00:00 +0000")
    put(maildir, "2", subject="Trzeci", date="Sat, 07 Mar 2026 10:00:00 +0000", folder="cur")
    put(maildir, "3", subject="Drugi", date="Fri, 06 Mar 2026 10:00:00 +0000")
    assert [heading.text for heading in browser.get("/poczta").html.find_all("h2")] == ["Trzeci", "Drugi", "Pierwszy"]


def test_mailbox_puts_the_later_of_one_second_first(browser, maildir):
    for number, name in enumerate("cab"):
        os.utime(put(maildir, name, subject=name), ns=(number, number))
    assert [record["subject"] for record in browser.get("/poczta.json").json] == ["b", "a", "c"]


def test_mailbox_shows_letters_to_one_address(browser, maildir):
    put(maildir, "1", to="Jan Testowy <Jan@przyklad.test>")
    put(maildir, "2", to="ewa@przyklad.test")
    assert [record["to"] for record in browser.get("/poczta.json?to=jan@przyklad.test").json] == [["Jan@przyklad.test"]]
    assert len(browser.get("/poczta?do=ewa@przyklad.test").html.find_all("h2")) == 1
    assert "Do tego adresu nie ma listów." in browser.get("/poczta?do=nikt@przyklad.test")


def test_letter_has_links_that_can_be_followed(browser, maildir):
    put(maildir, "1")
    record = browser.get("/poczta.json").json[0]
    assert record["links"] == [LINK]
    assert record["subject"] == "Aktywacja konta – zażółć"
    page = browser.get(f"/poczta/{record['id']}")
    assert page.html.find("div", class_="plain").a["href"] == LINK
    assert "<b>nie</b>" not in page and "&lt;b&gt;nie&lt;/b&gt;" in page
    assert "5 marca 2026" in page


def test_letter_shows_html_without_anything_that_acts(browser, maildir):
    put(maildir, "1", html=HOSTILE + f'<a href="{LINK.replace("&", "&amp;")}">dalej</a>')
    record = browser.get("/poczta.json").json[0]
    page = browser.get(f"/poczta/{record['id']}").html

    assert len(page.find_all("h1")) == 1
    assert not page.find_all(["script", "img"])
    shown = page.find_all("div", class_="letter")[1]
    assert shown.find("h3").text == "Cześć" and not shown.find("h3").attrs
    assert [link.get("href") for link in shown.find_all("a")] == [None, LINK]


def test_letter_keeps_its_address_when_a_reader_marks_it(browser, maildir):
    path = put(maildir, "1.host")
    identifier = browser.get("/poczta.json").json[0]["id"]
    path.rename(maildir / "cur" / "1.host:2,S")
    assert browser.get(f"/poczta/{identifier}").status_int == 200


def test_letter_that_is_not_there_is_not_found(browser, maildir):
    put(maildir, "1")
    for identifier in ("0" * 16, "..%2F..%2Fetc%2Fpasswd", "1"):
        browser.get(f"/poczta/{identifier}", status=404)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\x00",
        b"To: x\nDate: niedawno\nContent-Type: text/plain; charset=nieznany\n\nabc \xff",
        b"Subject: =?x?",
        b"Content-Type: multipart/mixed; boundary=a\n\n--a\n",
        b"Content-Type: text/html\nTo: a@b, <>, ,\n\n<p>x",
    ],
)
def test_mailbox_survives_odd_letters(browser, maildir, raw):
    (maildir / "new" / "odd").write_bytes(raw)
    record = browser.get("/poczta.json").json[0]
    assert browser.get(f"/poczta/{record['id']}").status_int == 200
    assert browser.get("/poczta").status_int == 200


def test_init_prints_the_portals_settings(tmp_path):
    for _ in range(2):
        result = CliRunner().invoke(cli, ["init", "--var", str(tmp_path / "sandbox")])
        assert result.exit_code == 0, result.output
        assert f"boi.trust_dirs = {tmp_path}/sandbox/trust" in result.output
        assert f"boi.seal_key = {tmp_path}/sandbox/seal.p12" in result.output


def test_serve_refuses_a_portal_that_is_no_web_address(tmp_path):
    result = CliRunner().invoke(cli, ["serve", "--var", str(tmp_path), "--portal", "javascript:alert(1)"])
    assert result.exit_code == 2 and "--portal" in result.output


def test_sandbox_shares_no_code_with_the_portal():
    """Independence is its worth: of the portal it may import its own modules only."""
    for path in Path(boi_portal.sandbox.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, path
                names = [node.module or ""]
            else:
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                assert not name.startswith("boi_portal") or name.startswith("boi_portal.sandbox"), (path, name)
