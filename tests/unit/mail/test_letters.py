"""Letters: every pair of templates there is, what they carry, and what goes out."""

from collections.abc import Iterator
from email import message_from_string
from email.header import decode_header, make_header
from types import SimpleNamespace
from typing import Any

import pytest

from boi_portal.mail import letters
from boi_portal.office.store import Office

TOWN = {"office": "Urząd Miejski w Zdrojach", "title": "Biuro", "phone": "+48 99 999 90 00", "email": "urzad@zdroje.example"}


def test_every_letter_has_both_parts() -> None:
    texts = letters.known_letters()
    pages = {path.stem for path in letters.TEMPLATES.glob("*.pt")}
    assert texts == pages
    assert texts, "there is at least one"


@pytest.mark.parametrize("name", sorted(letters.known_letters()))
def test_the_first_line_is_the_subject(name: str) -> None:
    first, *rest = (letters.TEMPLATES / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    assert 5 < len(first) < 120
    assert any(line.strip() for line in rest)


def test_an_unknown_letter_is_not_left_for_the_worker() -> None:
    office = Office()
    with pytest.raises(letters.UnknownLetter):
        letters.post(office, "nie-ma", "jan@poczta.example", {})
    assert len(office.tasks) == 0


def test_a_letter_waits_as_a_task_with_a_copy_of_its_words() -> None:
    office, params = Office(), {"name": "Jan"}
    name = sorted(letters.known_letters())[0]
    letters.post(office, name, "jan@poczta.example", params)
    params["name"] = "inny"
    (task,) = office.tasks.values()
    assert (task.kind, task.payload) == (letters.TASK, {"letter": name, "to": "jan@poczta.example", "params": {"name": "Jan"}})


@pytest.fixture
def simple_letter(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A letter of this test's own, in the portal's frame."""
    (tmp_path / "proba.txt").write_text("Sprawa ${number} – „zażółć”\n\nDzień dobry, ${name}.\n", encoding="utf-8")
    (tmp_path / "proba.pt").write_text("<p>Dzień dobry, ${name}. <b>${subject}</b></p>", encoding="utf-8")
    (tmp_path / "frame").mkdir()
    (tmp_path / "frame" / "letter.pt").write_text("<html></html>", encoding="utf-8")
    monkeypatch.setattr(letters, "TEMPLATES", tmp_path)
    for cached in (letters.known_letters, letters._templates, letters._frame):
        cached.cache_clear()
    yield "proba"
    for cached in (letters.known_letters, letters._templates, letters._frame):
        cached.cache_clear()


def sent(letter: str, to: str = "jan@poczta.example", **params: str) -> Any:
    message = letters.compose(letter, to, params, TOWN, "Biuro Obsługi <boi@zdroje.example>")
    return message_from_string(message.to_message().as_string())


def test_polish_letters_arrive_whole(simple_letter: str) -> None:
    mail = sent(simple_letter, number="BOI-2026-1", name="Łucja Żółć")
    assert str(make_header(decode_header(mail["Subject"]))) == "Sprawa BOI-2026-1 – „zażółć”"
    parts = {part.get_content_type(): part.get_payload(decode=True).decode() for part in mail.walk() if not part.is_multipart()}
    assert parts["text/plain"].strip() == "Dzień dobry, Łucja Żółć."
    assert "Łucja Żółć" in parts["text/html"]


def test_what_people_typed_is_text_in_the_html(simple_letter: str) -> None:
    mail = sent(simple_letter, number="1", name="<script>x</script>")
    html = next(part for part in mail.walk() if part.get_content_type() == "text/html").get_payload(decode=True).decode()
    assert "<script>" not in html and "&lt;script&gt;" in html


@pytest.mark.parametrize("word", ["1\nBcc: wszyscy@poczta.example", "1\r\nBcc: wszyscy@poczta.example"])
def test_a_line_break_in_a_word_adds_no_header(simple_letter: str, word: str) -> None:
    assert sent(simple_letter, number=word, name="x")["Bcc"] is None


@pytest.mark.parametrize("to", ["jan@poczta.example\nBcc: wszyscy@poczta.example", "jan@poczta.example\r\nX: y"])
def test_a_line_break_in_the_address_is_not_sent(simple_letter: str, to: str) -> None:
    with pytest.raises(Exception):  # noqa: B017 - whatever the mailer refuses it with
        sent(simple_letter, to=to, number="1", name="x")


def test_a_server_that_refuses_makes_the_task_fail(simple_letter: str) -> None:
    class Mailer:
        def send_immediately(self, message: Any, fail_silently: bool) -> None:
            assert not fail_silently
            raise OSError("connection refused")

    registry = SimpleNamespace(
        boi_settings=SimpleNamespace(mail_from="boi@zdroje.example", mail_delivery="smtp"), getUtility=lambda _: Mailer()
    )
    context = SimpleNamespace(registry=registry, site=SimpleNamespace(fields=TOWN))
    with pytest.raises(OSError):
        letters.send(context, {"letter": simple_letter, "to": "a@b.example", "params": {"number": "1", "name": "x"}})  # type: ignore[arg-type]
