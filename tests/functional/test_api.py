"""The API as another system's developer meets it: tokens, idempotency, problem details, and the person who is invited."""

from __future__ import annotations

import json
import re
import uuid
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from stdnum.pl import pesel
from webtest import TestApp

from boi_portal.api import tokens
from boi_portal.office import auditing
from boi_portal.publishing.content import now
from boi_portal.scripts.main import cli
from tests.portals import TestPortal

PASSWORD = "Zielony-most-8-kaczek"
CALL = "/api/v1/applicants"


def pesel_of(number: int) -> str:
    """A PESEL of somebody born in 1855: nobody's who could have an account."""
    body = f"5581{1 + number % 28:02}{number:04}"
    return str(body + pesel.calc_check_digit(body))


@pytest.fixture(scope="module")
def token(portal: TestPortal) -> str:
    with portal.opened() as opened:
        return tokens.make_token(opened.office, "eod-test", [tokens.APPLICANTS_WRITE], 10, now())


@pytest.fixture
def caller(portal: TestPortal) -> TestApp:
    """Another system: no cookies, no Origin."""
    return TestApp(portal.app, extra_environ={"HTTP_HOST": "localhost", "REMOTE_ADDR": "192.0.2.7"})


def asked(number: int, **other: Any) -> dict[str, Any]:
    return {
        "kind": "person",
        "external_id": f"EOD-{number}",
        "person": {"first_name": "Zuzanna", "last_name": "Próbna", "pesel": pesel_of(number)},
        "residence": {"house_number": "7", "postal_code": "99-998", "town": "Zdroje"},
        "email": f"zuzanna{number}@poczta.example",
        **other,
    }


def call(caller: TestApp, token: str, body: Any, key: str = "", status: int | str | None = None, **headers: str) -> Any:
    given = {"Authorization": f"Bearer {token}", "Idempotency-Key": key or str(uuid.uuid4()), **headers}
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return caller.post(CALL, raw, headers=given, content_type="application/json", status=status)


def problem(answer: Any) -> dict[str, Any]:
    assert answer.content_type == "application/problem+json"
    body: dict[str, Any] = answer.json
    assert body["status"] == answer.status_int
    return body


def test_the_invited_person_sets_a_password_and_signs_in(portal: TestPortal, caller: TestApp, token: str) -> None:
    made = call(caller, token, asked(1), status=201).json
    assert made["state"] == "invited" and made["login"] == "zuzanna1"
    portal.work()
    letter = portal.letters()[-1]
    link = re.search(r"/zaproszenie/[\w-]{43}", letter.replace("=\n", ""))
    assert link is not None
    person = portal.browser()
    page = person.get(link[0], status=200)
    assert "Zuzanna Próbna" in page
    assert "znaków" in person.post(link[0], {"password": "krótkie", "ustaw": "ustaw"}, status=422)
    person.post(link[0], {"password": PASSWORD, "ustaw": "ustaw"}, status=303)
    person.get(link[0], status=410)
    answer = portal.browser().post("/logowanie", {"login": "zuzanna1@poczta.example", "password": PASSWORD}, status=303)
    assert answer.location.startswith("http://localhost/")
    with portal.opened(commit=False) as opened:
        kinds = [(event.what, event.who) for event in auditing.all_lines(opened.office) if event.about == made["id"]]
    assert ("account-made", "api:eod-test") in kinds and ("activation", made["id"]) in kinds


def test_nobody_signs_in_before_the_password_is_set(portal: TestPortal, caller: TestApp, token: str) -> None:
    call(caller, token, asked(2), status=201)
    for password in ("", "x", PASSWORD):
        portal.browser().post("/logowanie", {"login": "zuzanna2", "password": password}, status=422)


def test_a_letter_can_be_asked_for_again(portal: TestPortal, caller: TestApp, token: str) -> None:
    call(caller, token, asked(3), status=201)
    portal.work()
    before = len(portal.letters())
    portal.browser().post("/aktywacja", {"name": "zuzanna3@poczta.example", "wyslij": "wyslij"}, status=303)
    portal.work()
    assert len(portal.letters()) == before + 1
    assert "/zaproszenie/" in portal.letters()[-1].replace("=\n", "")


def test_the_same_key_makes_one_account(portal: TestPortal, caller: TestApp, token: str) -> None:
    first = call(caller, token, asked(4), "key-of-four", status=201)
    again = call(caller, token, asked(4), "key-of-four", status=201)
    assert again.json == first.json
    assert "Idempotent-Replayed" not in first.headers and again.headers["Idempotent-Replayed"] == "true"
    other = call(caller, token, asked(5), "key-of-four", status=422)
    assert problem(other)["type"].endswith("idempotency-key-reused")


def test_an_account_that_exists_is_told_with_its_id(caller: TestApp, token: str) -> None:
    made = call(caller, token, asked(6), status=201).json
    by_email = call(caller, token, asked(7, email="ZUZANNA6@poczta.example"), status=409)
    by_pesel = call(caller, token, asked(6, email="inny@poczta.example"), status=409)
    staff = call(caller, token, asked(8, email="urzednik@urzad.example"), status=409)
    for answer in (by_email, by_pesel):
        assert problem(answer)["applicant"] == made["id"]
    assert problem(staff)["type"].endswith("account-exists")
    taken = call(caller, token, asked(9, login="zuzanna6"), status=409)
    assert problem(taken)["type"].endswith("login-taken")


def test_a_firm_with_who_acts_for_it(caller: TestApp, token: str) -> None:
    body = asked(10, kind="organisation", firm={"org_name": "Próba sp. z o.o.", "nip": "5260001246"})
    call(caller, token, body, status=201)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (asked(20, person={"first_name": "A", "last_name": "B", "pesel": "68031499953"}), "person.pesel"),
        (asked(20, person={"first_name": "A", "last_name": "B"}), "person.document"),
        (asked(20, email="nie adres"), "email"),
        (asked(20, phone="12"), "phone"),
        (asked(20, residence={"house_number": "7", "postal_code": "9", "town": "Z"}), "residence.postal_code"),
        (asked(20, kind="business"), "firm.nip"),
        (asked(20, kind="business", firm={"org_name": "F", "nip": "1"}), "firm.nip"),
        (asked(20, login="Ą"), "login"),
        (asked(20, firm={"org_name": "F", "nip": "5260001246"}), "firm"),
    ],
)
def test_wrong_data_is_told_at_its_field(caller: TestApp, token: str, body: Any, field: str) -> None:
    told = {error["field"]: error["message"] for error in problem(call(caller, token, body, status=422))["errors"]}
    assert field in told and told[field] != "Required"


@pytest.mark.parametrize(
    "body",
    [{}, [], "x", None, 1, asked(21, kind="dog"), asked(21, extra=1), asked(21, person=[]), asked(21, email=["a"])],
)
def test_what_the_description_forbids_is_refused(caller: TestApp, token: str, body: Any) -> None:
    problem(call(caller, token, body, status=422))


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff", 400),
        (b"[" * 60_000, 400),
        (b'{"a":' * 9 + b"1" + b"}" * 9, 400),
        (b'"' + b"x" * 70_000 + b'"', 413),
        (b"9" * 5000, 400),
        (b"NaN", 422),
    ],
)
def test_a_broken_body_is_refused_before_it_is_parsed(caller: TestApp, token: str, raw: bytes, status: int) -> None:
    problem(call(caller, token, raw, status=status))


def test_without_a_good_token_nothing_is_told(portal: TestPortal, token: str) -> None:
    caller = TestApp(portal.app, extra_environ={"HTTP_HOST": "localhost", "REMOTE_ADDR": "192.0.2.99"})
    for text in ("", "boi_" + "A" * 43, token + "x", "łódź".encode().decode("latin-1")):
        problem(call(caller, text, asked(30), status=401))
    with portal.opened() as opened:
        tokens.make_token(opened.office, "gone", [tokens.APPLICANTS_WRITE], 1, now())
        gone = tokens.make_token(opened.office, "gone-2", [tokens.APPLICANTS_WRITE], 1, now())
        tokens.revoke(opened.office, "gone-2", now())
    problem(call(caller, gone, asked(30), status=401))
    for _ in range(20):
        last = call(caller, gone, asked(30), status="4*")
    assert problem(last)["status"] == 429


def test_a_signed_in_browser_is_no_caller(portal: TestPortal) -> None:
    browser = portal.signed_in("administrator")
    problem(browser.post(CALL, json.dumps(asked(31)), content_type="application/json", status=401))


def test_other_addresses_and_methods(caller: TestApp) -> None:
    problem(caller.get(CALL, status=405))
    problem(caller.get("/api/v1/nothing", status=404))
    problem(caller.post("/api/x", b"", status=404))


def test_a_missing_or_odd_key(caller: TestApp, token: str) -> None:
    for key in ("short", "ą" * 10, "x" * 101):
        answer = call(caller, token, asked(32), key.encode().decode("latin-1"), status="4*")
        assert answer.status_int in (400, 422)
        problem(answer)


def test_another_media_type(caller: TestApp, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "key-of-media"}
    problem(caller.post(CALL, "a=1", headers=headers, status=415))


def test_the_description_is_served(caller: TestApp) -> None:
    description = yaml.safe_load(caller.get("/api/v1/openapi.yaml", status=200).text)
    assert description["openapi"].startswith("3.1")
    assert "/applicants" in description["paths"]


def test_tokens_are_managed_by_the_command(tmp_path: Path) -> None:
    def run(*words: str) -> Any:
        return CliRunner().invoke(cli, ["api", "token", *words, "--var", str(tmp_path / "var")])

    made = run("add", "--name", "eod", "--scope", "applicants:write")
    assert made.exit_code == 0 and made.stdout.startswith("boi_")
    assert "is a token eod already" in run("add", "--name", "eod", "--scope", "applicants:write").output
    assert "Unknown scope" in run("add", "--name", "b2", "--scope", "all").output
    listed = run("list").output
    assert "eod" in listed and "good" in listed and made.stdout.strip() not in listed
    assert run("revoke", "eod").exit_code == 0
    assert "revoked" in run("list").output
    assert run("revoke", "eod").exit_code == 1
