"""Acting for others: a firm's people and mandates, from the letter to a case filed in somebody's name, and whom all of it is kept from."""

from __future__ import annotations

import datetime
import email
import email.policy
import itertools
import re
import secrets
import time
from collections.abc import Callable
from typing import Any

import pytest
from lxml import etree
from webtest import TestApp, Upload

from boi_portal.accounts import logins
from boi_portal.accounts.resources import CLOSED, ORGANISATION, Applicant
from boi_portal.office import auditing
from boi_portal.representation import granting
from boi_portal.representation.records import (
    MANDATE,
    MEMBER,
    MandateDocument,
    Representation,
    Scope,
    State,
    Terms,
    given_by,
    rights_of,
    ties_of,
)
from boi_portal.sandbox.people import Person, make_pesel
from boi_portal.submissions import filing
from boi_portal.web.polish import today
from boi_portal.web.security import USER_KEY
from boi_portal.web.sessions import SessionRecord, cookie_name, session_key
from tests import citizens
from tests.functional.test_cases import document_of, move, register, send, words
from tests.portals import TestPortal

# bodies over 10 kB lie in temporary files that WebOb leaves to the garbage collector
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")

DAY = datetime.timedelta(days=1)
FIRM = {"org_name": "Zakład Próbny Sp. z o.o."}
NIP = "9990000008"
_serial = itertools.count(7000)


def new_person() -> Person:
    return Person("Ewa", "Testowa", make_pesel(datetime.date(1979, 5, 6), next(_serial)))


class Town:
    """A portal with a firm and a person; makes more of both, and browsers for them."""

    def __init__(self, portal: TestPortal) -> None:
        self.portal = portal
        with portal.opened() as opened:
            self.form = citizens.add_form(opened, portal.registry).uid

    def account(self, person: Person | None = None, **more: Any) -> str:
        """The user id of a new account."""
        with self.portal.opened() as opened:
            made = citizens.add_applicant(opened.office, person or new_person(), **more)
            logins.claim(opened.office, made.userid, (made.login, made.email))
            return made.userid

    def firm(self) -> str:
        """The user id of a new firm's account."""
        person = new_person()
        numbers = {"pesel": person.pesel, "nip": NIP}
        return self.account(person, kind=ORGANISATION, org_name=FIRM["org_name"], numbers=numbers)

    def of(self, userid: str) -> Applicant:
        """The account, to be read only."""
        with self.portal.opened(commit=False) as opened:
            found = opened.office.applicants[userid.partition(":")[2]]
            assert found.email and found.numbers is not None  # loaded while the connection is open
            return found

    def browser(self, userid: Any) -> TestApp:
        """A browser with a session of its own."""
        browser, cookie = self.portal.browser(), secrets.token_urlsafe(32)
        with self.portal.opened() as opened:
            record = SessionRecord(time.time())
            record.data = {USER_KEY: userid, "_csrft_": "t"}
            opened.office.sessions[session_key(cookie)] = record
        browser.set_cookie(cookie_name(self.portal.registry.boi_settings), cookie)
        return browser

    def tied(self, principal: str, agent: str, level: str = "sign", **more: Any) -> str:
        """The id of a representation that was accepted."""
        kind = more.pop("kind", MEMBER)
        at = datetime.datetime.now(datetime.UTC)
        if kind == MANDATE:
            more = {
                "valid_from": today() - DAY,
                "valid_until": today() + DAY,
                "document": MandateDocument("pelnomocnictwo.pdf", "application/pdf", citizens.PDF, at),
                **more,
            }
        terms = Terms(kind, "ktos@poczta.example", rights_of(level, more.pop("manages", False)), **more)
        with self.portal.opened() as opened:
            made = Representation(principal, terms, at)
            made.state, made.agent, made.answered_at = State.ACCEPTED, agent, at
            opened.office.representations[made.id] = made
            ties_of(opened.office, principal).given.add(made.id)
            ties_of(opened.office, agent).held.add(made.id)
            return made.id

    def change(self, representation: str, act: Callable[[Any, Representation], None]) -> None:
        """Change a stored representation behind the browsers' backs."""
        with self.portal.opened() as opened:
            act(opened.office, opened.office.representations[representation])

    def draft(self, owner: str) -> str:
        """The address of a complete draft."""
        with self.portal.opened() as opened:
            form = opened.site["formularze"][citizens.FORM_NAME]
            applicant = opened.office.applicants[owner.partition(":")[2]]
            return f"/robocze/{citizens.complete_draft(opened, applicant, form).id}"

    def letters_to(self, address: str) -> list[Any]:
        """Letters to an address, oldest first."""
        self.portal.work()
        found = [email.message_from_string(text, policy=email.policy.default) for text in self.portal.letters()]
        return [letter for letter in found if letter["To"] == address]

    def events(self, what: str) -> list[tuple[str, str, str]]:
        """(who, about, how) of events of a kind."""
        with self.portal.opened(commit=False) as opened:
            found = [one for one in auditing.all_lines(opened.office) if one.what == what]
            return [(one.who, one.about, one.how) for one in found]


@pytest.fixture(scope="module")
def town(portal: TestPortal) -> Town:
    return Town(portal)


def link_in(letter: Any) -> str:
    body = letter.get_body(("plain",)).get_content()
    found = re.search(r"http://\S+?(/upowaznienie/\S+)", body)
    assert found
    return found[1]


def act_as(browser: TestApp, representation: str, **more: Any) -> Any:
    return browser.post("/konto/dzialam-jako", {"csrf_token": "t", "jako": representation}, **more)


def acting(town: Town, agent: str, representation: str) -> TestApp:
    """A browser of the agent that acts by the representation."""
    browser = town.browser(agent)
    act_as(browser, representation, status=303)
    return browser


def bar(page: Any) -> str:
    found = page.html.find(class_="acting-bar")
    return re.sub(r"\s+", " ", found.get_text(" ")) if found else ""


def file_in(town: Town, browser: TestApp, address: str, person: Person) -> str:
    """File a draft; the case's number."""
    signed = citizens.sign(town.portal.var, document_of(browser, address), person)
    return send(browser, address, signed, status=303).location.rpartition("/")[2]


# who sees what


def test_who_is_not_represented_finds_nothing_and_cannot_choose(town: Town) -> None:
    firm, stranger = town.firm(), town.account()
    address, tie = town.draft(firm), town.tied(firm, town.account())
    browser = town.browser(stranger)
    for method in ("get", "post"):
        for below in ("", "/sprawdz", "/strona/osoba", "/podpis", "/usun", "/dokument.xml"):
            arguments = ({"csrf_token": "t"},) if method == "post" else ()
            getattr(browser, method)(address + below, *arguments, status=404)
    act_as(browser, tie, status=303)
    browser.get(address, status=404)
    browser.get(f"/konto/pelnomocnictwa/{tie}", status=404)
    browser.get(f"/konto/osoby/{tie}", status=404)
    browser.get("/konto/osoby", status=403)
    assert bar(browser.get("/kontakt")) == ""


def test_what_is_outside_of_the_scope_is_not_there(town: Town) -> None:
    principal, agent = town.account(), town.account()
    address = town.draft(principal)
    within = town.tied(principal, agent, kind=MANDATE, scope=Scope(forms=(town.form,)))
    outside = town.tied(principal, agent, kind=MANDATE, scope=Scope(forms=("0" * 32,)))
    browser = acting(town, agent, within)
    browser.get(f"{address}/sprawdz", status=200)
    assert address in browser.get("/robocze").text
    act_as(browser, outside, status=303)
    for below in ("", "/sprawdz", "/strona/osoba", "/podpis"):
        browser.get(address + below, status=404)
        browser.post(address + below, {"csrf_token": "t"}, status=404)
    assert address not in browser.get("/robocze").text
    page = browser.post(f"/formularze/{citizens.FORM_NAME}/wypelnij", {"csrf_token": "t"}, status=303).follow()
    assert "nie dała Ci prawa" in words(page)


def test_a_category_in_the_scope_covers_the_forms_of_its_cards(town: Town) -> None:
    with town.portal.opened(commit=False) as opened:
        forms = {form.uid: name for name, form in opened.site["formularze"].items()}
        category, form = next(
            (category.uid, card.eform_object().uid)
            for category in opened.site["katalog"].values()
            for card in category.values()
            if card.eform_object() is not None
        )
    agent = town.account()
    tie = town.tied(town.account(), agent, kind=MANDATE, scope=Scope(categories=(category,)))
    browser = acting(town, agent, tie)
    started = browser.post(f"/formularze/{forms[form]}/wypelnij", {"csrf_token": "t"}, status=303)
    assert "/robocze/" in started.location
    other = browser.post(f"/formularze/{citizens.FORM_NAME}/wypelnij", {"csrf_token": "t"}, status=303)
    assert "/robocze/" not in other.location


def _expire(office: Any, one: Representation) -> None:
    one.valid_from, one.valid_until = today() - 2 * DAY, today() - DAY


def _not_yet(office: Any, one: Representation) -> None:
    one.valid_from, one.valid_until = today() + DAY, today() + 2 * DAY


def _end(office: Any, one: Representation) -> None:
    one.state = State.ENDED


def _close_account(office: Any, one: Representation) -> None:
    office.applicants[one.principal.partition(":")[2]].state = CLOSED


def _end_all(office: Any, one: Representation) -> None:
    assert granting.end_all(office, one.principal, datetime.datetime.now(datetime.UTC)) == [one]


@pytest.mark.parametrize(
    "act", [_expire, _not_yet, _end, _close_account, _end_all], ids=lambda act: act.__name__.strip("_")
)
def test_what_ends_while_one_acts_gives_nothing_from_the_next_request_on(
    town: Town, act: Callable[[Any, Representation], None]
) -> None:
    principal, agent = town.account(), town.account()
    address, own = town.draft(principal), town.draft(agent)
    tie = town.tied(principal, agent, kind=MANDATE)
    browser = acting(town, agent, tie)
    browser.get(f"{address}/sprawdz", status=200)
    browser.get(f"{own}/sprawdz", status=404)
    town.change(tie, act)
    for below in ("/sprawdz", "/strona/osoba", "/podpis"):
        browser.get(address + below, status=404)
        browser.post(address + below, {"csrf_token": "t"}, status=404)
    page = browser.get(f"{own}/sprawdz", status=200)
    assert "Nie możesz już działać w imieniu" in bar(page)
    assert act_as(browser, tie, status=303).location.endswith("/konto/dzialam-jako")
    form = next(form for form in browser.get("/kontakt").forms.values() if "dzialam-jako" in form.action)
    form.submit(status=303)
    assert bar(browser.get("/kontakt")) == ""


def test_a_role_that_may_only_see_sends_nothing(town: Town) -> None:
    firm, agent = town.firm(), town.account()
    address = town.draft(firm)
    browser = acting(town, agent, town.tied(firm, agent, "see"))
    page = browser.get(address, status=303).follow()
    assert "Burek" in words(page)
    assert all(
        "/wyloguj" in form.action or "dzialam-jako" in form.action
        for form in page.forms.values()
        if form.method == "post"
    )
    for below in ("/strona/osoba", "/sprawdz", "/podpis", "/usun", "/nowa-wersja"):
        answer = browser.post(address + below, {"csrf_token": "t", "_podpis": "x"}, status="*")
        assert answer.status_int in (403, 404, 405), below
    assert (
        "Nie możesz tego zrobić w tym imieniu" in browser.post(f"{address}/usun", {"csrf_token": "t"}, status=403).text
    )
    browser.get(f"{address}/strona/osoba", status=403)
    browser.get(f"{address}/podpis", status=403)
    browser.get(f"{address}/plik/{citizens.FILE_ID}", status=200)
    listed = browser.get("/robocze")
    assert "Zobacz" in words(listed) and "Usuń" not in words(listed)


def test_a_role_that_may_fill_does_not_file(town: Town) -> None:
    firm, agent = town.firm(), town.account()
    address = town.draft(firm)
    browser = acting(town, agent, town.tied(firm, agent, "fill"))
    page = browser.get(f"{address}/strona/osoba")
    form = next(form for form in page.forms.values() if "_zapisz" in form.fields)
    form["imie"] = "Ewa"
    form.submit("_zapisz", status=303)
    page = browser.get(f"{address}/sprawdz")
    assert "Podpisać i wysłać ten formularz może" in words(page)
    assert not page.html.find("button", {"name": "_podpis"})
    for below in ("/podpis", "/dokument.xml"):
        browser.get(address + below, status=403)
    browser.post(f"{address}/podpis", {"csrf_token": "t", "przygotuj": "tak"}, status=403)
    browser.post(f"{address}/podpis", {"csrf_token": "t"}, upload_files=[("podpisany", "x.xml", b"<a/>")], status=403)
    browser.post(f"{address}/sprawdz", {"csrf_token": "t", "_podpis": "x"}, status=403)
    assert "Ewa Testowa" in words(town.browser(firm).get("/robocze"))


def test_an_employee_acts_for_nobody(town: Town) -> None:
    firm = town.firm()
    address, tie = town.draft(firm), town.tied(firm, town.account())
    clerk = town.portal.signed_in("urzednik")
    token = next(form for form in clerk.get("/kontakt").forms.values() if "wyloguj" in form.action)["csrf_token"].value
    for page in ("/konto/dzialam-jako", "/konto/osoby", "/konto/pelnomocnictwa"):
        clerk.get(page, status=403)
    clerk.post("/konto/dzialam-jako", {"csrf_token": token, "jako": tie}, status=403)
    assert clerk.get(address, status="*").status_int in (403, 404)
    clerk.get(f"/konto/osoby/{tie}", status=404)


def test_a_visitor_is_led_to_sign_in(town: Town) -> None:
    for page in ("/konto/dzialam-jako", "/konto/osoby", "/konto/osoby/zapros", "/konto/pelnomocnictwa"):
        assert "/logowanie" in town.portal.browser().get(page, status=303).location


# a firm's people


def invite(browser: TestApp, to: str, level: str = "sign", **more: Any) -> Any:
    form = browser.get("/konto/osoby/zapros").forms["formularz"]
    form["invited"], form["pole-level"] = to, level
    if more.get("manages"):
        form["manages"] = True
    return form.submit("zapros", expect_errors=True)


def test_person_is_invited_accepts_acts_and_is_removed(town: Town) -> None:
    firm, agent = town.firm(), town.account()
    person = town.of(agent)
    owner = town.browser(firm)
    page = invite(owner, person.email).follow()
    assert "czeka na odpowiedź" in words(page) and person.email in words(page)
    assert person.name not in words(page)
    letter = town.letters_to(person.email)[-1]
    assert FIRM["org_name"] in letter["Subject"]
    browser = town.browser(agent)
    offered = browser.get(link_in(letter))
    assert FIRM["org_name"] in words(offered)
    form = next(form for form in offered.forms.values() if "przyjmij" in form.fields)
    accepted = form.submit("przyjmij", status=303).follow()
    assert FIRM["org_name"] in words(accepted)
    browser.get(link_in(letter), status=410)
    assert person.name in words(owner.get("/konto/osoby"))
    assert "zaproszenie przyjęte" in town.letters_to(town.of(firm).email)[-1].get_body(("plain",)).get_content()
    with town.portal.opened(commit=False) as opened:
        (tie,) = [one.id for one in given_by(opened.office, firm)]
    act_as(browser, tie, status=303)
    assert f"Działasz jako: {FIRM['org_name']}" in bar(browser.get("/kontakt"))
    browser.get("/konto/osoby", status=403)  # a role that does not manage
    role = owner.get(f"/konto/osoby/{tie}").forms["formularz"]
    role["pole-level"], role["manages"] = "see", True
    role.submit("zapisz", status=303)
    assert "(podgląd i zarządzanie osobami)" in bar(browser.get("/kontakt"))
    assert person.name in words(browser.get("/konto/osoby"))
    own_role = browser.get(f"/konto/osoby/{tie}")
    assert "Własnej roli nie zmienisz" in words(own_role) and "formularz" not in own_role.forms
    browser.post(f"/konto/osoby/{tie}", {"csrf_token": "t", "pole-level": "sign", "level": "sign"}, status=422)
    owner.get(f"/konto/osoby/{tie}/usun", status=200)
    owner.post(f"/konto/osoby/{tie}/usun", {"csrf_token": "t"}, status=303)
    browser.get("/konto/osoby", status=403)
    assert "Nie możesz już działać" in bar(browser.get("/kontakt"))
    assert "Nie możesz już działać" in town.letters_to(person.email)[-1].get_body(("plain",)).get_content()
    for what, who in (
        ("representation-offer", firm),
        ("representation-accept", agent),
        ("representation-change", firm),
        ("representation-end", firm),
        ("acting-choice", agent),
    ):
        assert (who, firm, tie) in town.events(what), what


def test_who_manages_gives_no_more_than_they_have(town: Town) -> None:
    firm, manager, other = town.firm(), town.account(), town.account()
    browser = acting(town, manager, town.tied(firm, manager, "fill", manages=True))
    tie = town.tied(firm, other, "see")
    for refused in (
        invite(browser, "ktos.inny@poczta.example", "sign"),
        browser.post(f"/konto/osoby/{tie}", {"csrf_token": "t", **chosen("sign")}, status=422),
        give(browser, "ktos.inny@poczta.example"),
    ):
        assert refused.status_int == 422 and "większych uprawnień" in refused.text
    assert invite(browser, "ktos.inny@poczta.example", "fill").status_int == 303
    browser.post(f"/konto/osoby/{tie}", {"csrf_token": "t", **chosen("fill")}, status=303)


def chosen(level: str) -> dict[str, str]:
    """A level as a radio button posts it."""
    return {"__start__": "level:rename", "pole-level": level, "__end__": "level:rename"}


def test_nobody_is_written_to_without_end(town: Town) -> None:
    answers = [invite(town.browser(town.firm()), "zasypany@poczta.example") for _ in range(9)]
    assert [answer.status_int for answer in answers] == [303] * 8 + [422]
    assert "zapraszano dziś już wiele razy" in answers[-1].text


def test_the_answer_does_not_tell_whether_there_is_an_account(town: Town) -> None:
    owner, known = town.browser(town.account()), town.of(town.account())
    pages = [
        words(give(owner, name).follow()).replace(name, "X")
        for name in (known.login, "nikt.taki", known.email, "nikt@poczta.example")
    ]
    said = [re.search(r"Zapisaliśmy pełnomocnictwo\..*?7 dni\.", page)[0] for page in pages]  # type: ignore[index]
    assert len(set(said)) == 1
    assert len(town.letters_to(known.email)) == 2 and len(town.letters_to("nikt@poczta.example")) == 1


def test_person_is_invited_once_at_a_time_and_may_be_written_to_again(town: Town) -> None:
    firm = town.firm()
    owner, address = town.browser(firm), f"nowa{next(_serial)}@poczta.example"
    invite(owner, address).follow()
    refused = invite(owner, address.upper())
    assert refused.status_int == 422 and "jest już na liście" in refused.text
    first = link_in(town.letters_to(address)[-1])
    with town.portal.opened(commit=False) as opened:
        (tie,) = [one.id for one in given_by(opened.office, firm)]
    owner.post(f"/konto/osoby/{tie}/wyslij-ponownie", {"csrf_token": "t"}, status=303)
    second = link_in(town.letters_to(address)[-1])
    visitor = town.portal.browser()
    visitor.get(first, status=410)
    visitor.get(second, status=200)
    owner.post(f"/konto/osoby/{tie}/usun", {"csrf_token": "t"}, status=303)
    visitor.get(second, status=410)


def test_late_and_spoilt_links_answer_nothing(town: Town) -> None:
    firm, agent = town.firm(), town.account()
    invite(town.browser(firm), town.of(agent).email).follow()
    link = link_in(town.letters_to(town.of(agent).email)[-1])
    browser = town.browser(agent)
    for spoilt in (
        link[:-1] + ("A" if link[-1] != "A" else "B"),
        link[:-1],
        link + "A",
        "/upowaznienie/x",
        "/upowaznienie",
    ):
        browser.get(spoilt, status=410)
        browser.post(spoilt, {"csrf_token": "t", "przyjmij": "tak"}, status=410)
    with town.portal.opened() as opened:
        (one,) = given_by(opened.office, firm)
        assert link.rpartition("/")[2][32:] not in repr(vars(one))
        one.token_until -= datetime.timedelta(days=8)
    assert "straciło ważność" in words(browser.get(link))
    browser.post(link, {"csrf_token": "t", "przyjmij": "tak"}, status=422)
    assert "zaproszenie wygasło" in words(town.browser(firm).get("/konto/osoby"))


def test_only_a_persons_own_account_answers(town: Town) -> None:
    firm, other_firm = town.firm(), town.firm()
    invite(town.browser(firm), "ktos.nowy@poczta.example").follow()
    link = link_in(town.letters_to("ktos.nowy@poczta.example")[-1])
    for who, said in ((firm, "z konta osoby fizycznej"), (other_firm, "z konta osoby fizycznej")):
        browser = town.browser(who)
        assert said in words(browser.get(link))
        browser.post(link, {"csrf_token": "t", "przyjmij": "tak"}, status=422)
    agent = town.account()
    town.tied(firm, agent)
    assert "jest już na liście" in words(town.browser(agent).get(link))
    browser = town.browser(town.account())
    browser.post(link, {"csrf_token": "t", "odrzuc": "tak"}, status=303)
    assert "Działanie" not in words(browser.get("/konto/dzialam-jako"))
    assert "odrzucone" in words(town.browser(firm).get("/konto/osoby"))
    browser.get(link, status=410)


def test_offer_survives_registering_and_signing_in(town: Town) -> None:
    invite(town.browser(town.firm()), "jan.inny@poczta.example").follow()
    link = link_in(town.letters_to("jan.inny@poczta.example")[-1])
    visitor = town.portal.browser()
    page = visitor.get(link)
    assert page.html.find("a", href=re.compile(r"/logowanie\?powrot=/upowaznienie/"))
    form = next(form for form in page.forms.values() if "zaloz-konto" in form.action)
    assert form.submit(status=303).location.endswith("/rejestracja/osoba-fizyczna")
    password = town.portal.people["jan.testowy"].password
    sign_in = next(form for form in visitor.get("/logowanie").forms.values() if "login" in form.fields)
    sign_in["login"], sign_in["password"] = "jan.testowy", password
    sign_in.submit("zaloguj", status=303)
    page = visitor.get("/kontakt")
    assert "Masz zaproszenie" in bar(page)
    offer = page.click("Masz zaproszenie")
    assert FIRM["org_name"] in words(offer)
    next(form for form in offer.forms.values() if "odrzuc" in form.fields).submit("odrzuc", status=303)
    assert "Masz zaproszenie" not in bar(visitor.get("/kontakt"))


def test_a_firms_own_login_works_as_before(town: Town) -> None:
    person = new_person()
    numbers = {"pesel": person.pesel, "nip": NIP}
    firm = town.account(person, kind=ORGANISATION, org_name=FIRM["org_name"], numbers=numbers)
    browser = town.browser(firm)
    number = file_in(town, browser, town.draft(firm), person)
    document = browser.get(f"/sprawy/{number}/pismo.xml").body
    assert b'wersja="1"' in document and b"Przedstawiciel" not in document
    assert "Kto złożył" not in words(browser.get(f"/sprawy/{number}"))
    assert bar(browser.get("/kontakt")) == ""


# mandates


def give(browser: TestApp, to: str, **more: Any) -> Any:
    form = browser.get("/konto/pelnomocnictwa/udziel").forms["formularz"]
    form["invited"], form["pole-level"] = to, more.pop("level", "sign")
    form["valid_until"] = (today() + 30 * DAY).isoformat()
    form["upload"] = more.pop("upload", Upload("pelnomocnictwo.pdf", citizens.PDF))
    for name, value in more.items():
        form[name] = value
    return form.submit("udziel", expect_errors=True)


def test_mandate_is_given_accepted_shown_and_revoked(town: Town) -> None:
    principal, agent = town.account(), town.account()
    giver, browser, person = town.browser(principal), town.browser(agent), town.of(agent)
    page = give(giver, person.login).follow()
    assert "czeka na odpowiedź" in words(page) and person.name not in words(page)
    offer = browser.get(link_in(town.letters_to(person.email)[-1]))
    assert "wszystkie sprawy" in words(offer)
    next(form for form in offer.forms.values() if "przyjmij" in form.fields).submit("przyjmij", status=303)
    with town.portal.opened(commit=False) as opened:
        (one,) = given_by(opened.office, principal)
        tie, digest = one.id, one.document.sha256
    for viewer in (giver, browser):
        shown = viewer.get(f"/konto/pelnomocnictwa/{tie}")
        assert tie in words(shown) and digest[:32] in words(shown)
        file = viewer.get(f"/konto/pelnomocnictwa/{tie}/dokument")
        assert file.body == citizens.PDF and "attachment" in file.headers["Content-Disposition"]
    stranger = town.browser(town.account())
    for below in ("", "/dokument", "/odwolaj", "/zrezygnuj"):
        stranger.get(f"/konto/pelnomocnictwa/{tie}{below}", status=404)
        stranger.post(f"/konto/pelnomocnictwa/{tie}{below}", {"csrf_token": "t"}, status=404)
    browser.post(f"/konto/pelnomocnictwa/{tie}/odwolaj", {"csrf_token": "t"}, status=403)
    giver.post(f"/konto/pelnomocnictwa/{tie}/zrezygnuj", {"csrf_token": "t"}, status=403)
    act_as(browser, tie, status=303)
    browser.get("/konto/pelnomocnictwa/udziel", status=403)  # no substitution
    giver.post(f"/konto/pelnomocnictwa/{tie}/odwolaj", {"csrf_token": "t"}, status=303)
    assert "Nie możesz już działać" in bar(browser.get("/kontakt"))
    assert "zakończone" in words(giver.get("/konto/pelnomocnictwa"))


def test_agent_gives_a_mandate_up(town: Town) -> None:
    principal, agent = town.account(), town.account()
    tie = town.tied(principal, agent, kind=MANDATE)
    browser = acting(town, agent, tie)
    browser.get(f"/konto/pelnomocnictwa/{tie}/zrezygnuj", status=200)
    browser.post(f"/konto/pelnomocnictwa/{tie}/zrezygnuj", {"csrf_token": "t"}, status=303)
    assert "rezygnacja" in town.letters_to(town.of(principal).email)[-1].get_body(("plain",)).get_content()
    assert (agent, principal, tie) in town.events("representation-end")


def test_offer_to_a_login_is_for_that_account_alone(town: Town) -> None:
    principal, agent = town.account(), town.account()
    give(town.browser(principal), town.of(agent).login).follow()
    link = link_in(town.letters_to(town.of(agent).email)[-1])
    other = town.browser(town.account())
    assert "dla innego konta" in words(other.get(link))
    other.post(link, {"csrf_token": "t", "przyjmij": "tak"}, status=422)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"to": "kto to"}, "Podaj login albo adres e-mail"),
        ({"valid_until": "1.01.2020"}, "Ostatni dzień nie może być wcześniejszy"),
        ({"valid_from": "1.01.2020", "valid_until": "2.01.2020"}, "Ostatni dzień już minął"),
        ({"valid_until": "1.01.2150"}, "najwyżej dziesięć lat"),
        ({"pole-extent": "wybrane"}, "Zaznacz co najmniej jedną"),
        ({"upload": ""}, "Wybierz plik."),
        ({"upload": Upload("p.exe", b"MZ")}, "nie można dołączyć"),
        ({"upload": Upload("p.pdf", b"<html></html>")}, "nie jest tym, na co wskazuje nazwa"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_wrong_mandate_is_refused_with_words_and_keeps_what_was_typed(
    town: Town, wrong: dict[str, Any], said: str
) -> None:
    page = give(town.browser(town.account()), **{"to": "ktos", **wrong})
    assert page.status_int == 422 and said in words(page)
    assert page.forms["formularz"]["invited"].value == wrong.get("to", "ktos")


# filing in somebody's name


def test_mandated_person_files_and_everybody_sees_who_acted(town: Town) -> None:
    person = new_person()
    principal, agent = town.account(), town.account(person)
    tie = town.tied(principal, agent, kind=MANDATE)
    browser, address = acting(town, agent, tie), town.draft(principal)
    number = file_in(town, browser, address, person)
    page = browser.get(f"/sprawy/{number}")
    assert re.search(r"W imieniu: \S+ \S+ działa Ewa Testowa, pełnomocnik", words(page))
    root = etree.fromstring(browser.get(f"/sprawy/{number}/pismo.xml").body)
    agent_node = root.find("{*}Przedstawiciel")
    with town.portal.opened(commit=False) as opened:
        one, submission, case = (
            opened.office.representations[tie],
            opened.office.submissions[number],
            opened.office.cases[number],
        )
        facts = {
            "Imie": person.first_name, "Nazwisko": person.last_name, "PESEL": person.pesel, "Identyfikator": tie,
            "Od": one.valid_from.isoformat(), "Do": one.valid_until.isoformat(), "SHA-256": one.document.sha256,
        }  # fmt: skip
        assert submission.owner == case.owner == principal
        assert (submission.acted.person, submission.acted.representation, case.events[0].by) == (agent, tie, agent)
    assert {etree.QName(node).localname: node.text for node in agent_node} == facts
    assert root.get("wersja") == "1.1" and agent_node.get("podstawa") == "mandate"
    assert "W imieniu wnioskodawcy działa" in words(browser.get(f"/sprawy/{number}/pismo"))
    assert facts["SHA-256"].encode() in browser.get(f"/sprawy/{number}/upp.xml").body
    assert (agent, number, tie) in town.events("filing")
    clerk = town.portal.signed_in("urzednik")
    before = len(town.letters_to(town.of(agent).email))
    register(clerk, number)
    assert len(town.letters_to(town.of(agent).email)) == before + 1
    town.change(tie, _end)
    move(clerk, number, "w-trakcie").follow()
    assert len(town.letters_to(town.of(agent).email)) == before + 1
    owner = town.browser(principal)
    assert "działa Ewa Testowa" in words(owner.get(f"/sprawy/{number}"))
    browser.get(f"/sprawy/{number}", status=404)
    desk = clerk.get(f"/urzad/sprawy/{number}")
    assert "działa Ewa Testowa, pełnomocnik" in words(desk)
    assert desk.click("Pełnomocnictwo – pelnomocnictwo.pdf").body == citizens.PDF
    assert any(number in letter.as_string() for letter in town.letters_to(town.of(principal).email))
    assert any(number in letter.as_string() for letter in town.letters_to(town.of(agent).email))


def test_firms_person_files_in_the_firms_name_with_their_own_signature(town: Town) -> None:
    person = new_person()
    firm, agent = town.firm(), town.account(person)
    browser = acting(town, agent, town.tied(firm, agent))
    started = browser.post(f"/formularze/{citizens.FORM_NAME}/wypelnij", {"csrf_token": "t"}, status=303)
    page = browser.get(started.location.replace("http://localhost", "") + "/strona/osoba")
    assert page.html.find("input", {"name": "imie"})["value"] == person.first_name
    number = file_in(town, browser, town.draft(firm), person)
    assert "osoba uprawniona" in words(browser.get(f"/sprawy/{number}"))
    assert town.of(firm).pesel not in browser.get(f"/sprawy/{number}/pismo").text
    browser.get(f"/sprawy/{number}/pelnomocnictwo", status=404)
    assert number in town.browser(firm).get("/sprawy").text
    act_as(browser, "ja", status=303)
    browser.get(f"/sprawy/{number}", status=404)
    assert number not in browser.get("/sprawy").text


def test_signature_of_another_person_than_who_acts_is_refused(town: Town) -> None:
    first = new_person()
    numbers = {"pesel": first.pesel, "nip": NIP}
    firm = town.account(first, kind=ORGANISATION, org_name=FIRM["org_name"], numbers=numbers)
    agent = town.account()
    browser, address = acting(town, agent, town.tied(firm, agent)), town.draft(firm)
    document = document_of(browser, address)
    for signer in (first, citizens.JAN):
        refused = send(browser, address, citizens.sign(town.portal.var, document, signer), status=422)
        assert filing.OTHER_AGENT[1] in words(refused)


def test_document_made_by_one_person_is_not_filed_by_another(town: Town) -> None:
    one, two = new_person(), new_person()
    firm, first, second = town.firm(), town.account(one), town.account(two)
    address = town.draft(firm)
    signed = citizens.sign(town.portal.var, document_of(acting(town, first, town.tied(firm, first)), address), two)
    other = acting(town, second, town.tied(firm, second))
    answer = other.post(
        f"{address}/podpis", {"csrf_token": "t"}, upload_files=[("podpisany", "x.xml", signed)], status=422
    )
    assert filing.CHANGED[1] in words(answer)


def test_switching_leads_back_to_where_one_was_but_never_to_anothers_record(town: Town) -> None:
    firm, agent = town.firm(), town.account()
    tie, address = town.tied(firm, agent), town.draft(agent)
    browser = town.browser(agent)
    for here, back in (
        ("/kontakt", "/kontakt"),
        (f"{address}/sprawdz", "/robocze"),
        ("/konto", "/"),
        ("//zlo.example", "/"),
    ):
        answer = browser.post("/konto/dzialam-jako", {"csrf_token": "t", "jako": tie, "powrot": here}, status=303)
        assert answer.location == f"http://localhost{back}"
