"""The document that is signed: its bytes, its schema, and reading it again."""

import dataclasses
import datetime

import pytest
from lxml import etree

from boi_portal.submissions import document
from boi_portal.submissions.document import Addressee, Agent, DocumentError, Sender
from boi_portal.submissions.drafts import Attachment, Entry, FilledForm, FilledPage

AT = datetime.datetime(2026, 3, 5, 10, 0, tzinfo=datetime.UTC)
DRAFT = "0123456789abcdef" * 2
SENDER = Sender("person", "Jan", "Testowy", pesel="68031499952")
ADDRESSEE = Addressee("Burmistrz Zdrojów", "Urząd Miejski w Zdrojach", "9990000008")

FILLED = FilledForm(
    uid="ab" * 16,
    symbol="F-SO-01",
    title="Zgłoszenie psa",
    version=3,
    sha256="cd" * 32,
    addressee="Burmistrz Zdrojów",
    department="so",
    jrwa="5343",
    consent="<p>Zgadzam się.</p>",
    pages=(
        FilledPage(
            "p1",
            "Pies & „kot”",
            (
                Entry("imie", "text", "Imię", "Zażółć <b> & ]]> \u00a0", (("", "Zażółć <b> & ]]> \u00a0"),)),
                Entry("tresc", "longtext", "Treść", " raz\n\n\tdwa ", (("", " raz\n\n\tdwa "),)),
                Entry("wiek", "number", "Wiek", 12, (("", "12"),)),
                Entry("tak", "yesno", "Czy?", False, (("", "Nie"),)),
                Entry("brak", "text", "Puste", None),
                Entry("adres", "address", "Adres", {"town": "Zdroje", "flat": None}, (("", "Zdroje"),)),
                Entry("grupa", "group", "Grupa", None, entries=(Entry("w", "text", "W grupie", "x", (("", "x"),)),)),
                Entry(
                    "lista",
                    "repeat",
                    "Psy",
                    [{"wabi": "Burek"}],
                    rows=((Entry("wabi", "text", "Wabi się", "Burek", (("", "Burek"),)),),),
                    row_label="Pies",
                ),
            ),
        ),
    ),
    attachments=(Attachment("ef" * 16, "plik", "Plik", "mapa.pdf", "application/pdf", 12, "01" * 32),),
)


def made(**changes: object) -> bytes:
    return document.make(dataclasses.replace(FILLED, **changes), DRAFT, SENDER, ADDRESSEE, AT)


def test_same_form_gives_the_same_bytes_which_canonicalisation_keeps() -> None:
    data = made()
    assert data == made()
    root = etree.fromstring(data)
    again = etree.tostring(root, method="c14n", exclusive=True, with_comments=True)
    assert data == document.DECLARATION + again


def test_document_is_read_back_as_it_was_filled_in() -> None:
    letter = document.read(made())
    assert (letter.sender, letter.addressee, letter.made_at, letter.draft_id) == (SENDER, ADDRESSEE, AT, DRAFT)
    assert (letter.form_title, letter.form_version, letter.form_sha256) == ("Zgłoszenie psa", 3, "cd" * 32)
    answers = {answer.id: answer for answer in letter.parts[0].answers}
    assert answers["imie"].lines[0].text == "Zażółć <b> & ]]> \u00a0"
    assert answers["tresc"].lines[0].text == " raz\n\n\tdwa "
    assert answers["grupa"].inside[0].lines[0].text == "x"
    assert answers["lista"].rows[0][0] == "Pies 1" and answers["lista"].rows[0][1][0].lines[0].text == "Burek"
    assert letter.consent == "Zgadzam się." and letter.attachments[0].sha256 == "01" * 32


def test_what_xml_cannot_hold_is_left_out() -> None:
    data = document.make(
        dataclasses.replace(FILLED, title="Zgło\x00szenie\r\n\x0bpsa\ufffe"), DRAFT, SENDER, ADDRESSEE, AT
    )
    assert document.read(data).form_title == "Zgłoszenie\npsa"
    assert b"&#13;" not in data and b"\r" not in data


def test_fingerprint_changes_with_answers_and_account_but_not_with_time() -> None:
    base = document.fingerprint(FILLED, DRAFT, SENDER)
    assert base == document.fingerprint(FILLED, DRAFT, SENDER)
    others = [
        document.fingerprint(dataclasses.replace(FILLED, attachments=()), DRAFT, SENDER),
        document.fingerprint(dataclasses.replace(FILLED, pages=()), DRAFT, SENDER),
        document.fingerprint(FILLED, DRAFT, dataclasses.replace(SENDER, last_name="Inny")),
        document.fingerprint(FILLED, "f" * 32, SENDER),
    ]
    assert len({base, *others}) == 5


def test_kind_of_a_value_is_kept() -> None:
    texts = {
        kind: made(pages=(FilledPage("p", "P", (Entry("a", "text", "A", kind),)),)) for kind in ("12", 12, True, None)
    }
    assert len(set(texts.values())) == 4


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data.replace(b'wersja="1"', b'wersja="2"'),
        lambda data: data.replace(b"<Tresc>", b"<Tresc><Obce></Obce>"),
        lambda data: data.replace(b"cdcd", b"xxxx", 1),
        lambda data: b"<Pismo/>",
        lambda data: b"to nie XML",
        lambda data: b"<!DOCTYPE a><a/>",
    ],
)
def test_what_does_not_fit_the_schema_is_refused(spoil: object) -> None:
    with pytest.raises(DocumentError):
        document.read(spoil(made()))  # type: ignore[operator]


AGENT = Agent("Ewa", "Testowa", "79050670007", "mandate", "12" * 16, "2026-03-01", "2026-12-31", "34" * 32)


def test_document_in_another_name_says_who_acts_and_by_what() -> None:
    data = document.make(FILLED, DRAFT, SENDER, ADDRESSEE, AT, AGENT)
    letter = document.read(data)
    assert (letter.sender, letter.agent) == (SENDER, AGENT)
    assert etree.fromstring(data).get("wersja") == "1.1"
    assert document.fingerprint(FILLED, DRAFT, SENDER, AGENT) != document.fingerprint(FILLED, DRAFT, SENDER)


def test_document_in_ones_own_name_is_what_it_was_before_there_were_representatives() -> None:
    data = made()
    assert etree.fromstring(data).get("wersja") == "1" and b"Przedstawiciel" not in data
    assert document.read(data).agent is None
