"""An account's end: at its owner's wish, or because nobody uses it. What goes, what stays, and what others notice."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

import pytest

from boi_portal.accounts import logins
from boi_portal.accounts.demo import PASSWORD
from boi_portal.accounts.registration import Desk
from boi_portal.accounts.resources import ACTIVE, CLOSED, ORGANISATION, Applicant
from boi_portal.eid.records import Identity
from boi_portal.office.tasks import TaskContext
from boi_portal.profile import deletion, idle
from boi_portal.publishing.content import now
from boi_portal.representation.records import MEMBER, Representation, State, Terms, rights_of, ties_of
from tests import citizens
from tests.functional.test_accounts import flashed, letters_to, sign_in, summary, text_of
from tests.functional.test_cases import document_of, file, make_draft, send
from tests.functional.test_factors import age
from tests.functional.test_profile import Somebody, shown
from tests.portals import TestPortal

# bodies over 10 kB lie in temporary files that WebOb leaves to the garbage collector
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")

DAY = datetime.timedelta(days=1)
KEPT = {
    "id",
    "kind",
    "state",
    "closed_at",
    "created_at",
    "activated_at",
    "consents",
    "sessions_since",
    "cases",
    "drafts",
    "_numbers",
}


@pytest.fixture(autouse=True)
def without_counters(portal: TestPortal) -> None:
    """Each test begins with all its tries."""
    with portal.opened() as opened:
        for key in list(opened.office.throttles):
            del opened.office.throttles[key]


@pytest.fixture
def somebody(portal: TestPortal) -> Somebody:
    return Somebody(portal, phone="+48500600700", residence={"street": "Próbna", "house_number": "1"})


@pytest.fixture
def other(portal: TestPortal) -> Somebody:
    return Somebody(portal)


def add_draft(somebody: Somebody) -> str:
    with somebody.portal.opened() as opened:
        form = citizens.add_form(opened, somebody.portal.registry)
        return citizens.complete_draft(opened, opened.office.applicants[somebody.id], form).id


def file_for(somebody: Somebody) -> str:
    """File a fresh draft of somebody with Jan's PESEL; the case's number."""
    address = make_draft(somebody.portal, somebody.login)
    signed = citizens.sign(somebody.portal.var, document_of(somebody.browser, address))
    return str(send(somebody.browser, address, signed, status=303).location.rpartition("/")[2])


def delete(somebody: Somebody, **kw: Any) -> Any:
    form = somebody.form("/usun")
    form["login"] = somebody.login.upper()
    return form.submit("usun", status=303, **kw)


def represent(portal: TestPortal, principal: str, agent: str) -> str:
    """Let somebody act for an account."""
    with portal.opened() as opened:
        made = Representation(principal, Terms(MEMBER, "ktos", rights_of("sign")), now())
        made.agent, made.state = agent, State.ACCEPTED
        opened.office.representations[made.id] = made
        ties_of(opened.office, principal).given.add(made.id)
        ties_of(opened.office, agent).held.add(made.id)
        return made.id


# the page


def test_page_says_what_goes_and_what_stays(portal: TestPortal) -> None:
    person = portal.signed_in("jan.testowy")
    number = file(portal, person)
    words = shown(person.get("/konto/usun"))
    assert number in words
    assert "klasa JRWA 5343" in words
    assert "w tym niezakończone: 1" in words
    assert "6 lat od usunięcia konta" in words
    assert "Tego nie da się cofnąć" in words


def test_page_counts_what_would_be_lost(somebody: Somebody) -> None:
    assert "teraz nie masz żadnego" in shown(somebody.get("/usun"))
    for _ in range(2):
        add_draft(somebody)
    assert "2 rozpoczęte formularze razem z odpowiedziami" in shown(somebody.get("/usun"))


def test_withdrawing_the_consent_leads_here(somebody: Somebody) -> None:
    page = somebody.get("/zgody").click("Wycofaj zgodę i usuń konto")
    assert page.request.path == "/konto/usun"


def test_only_a_fresh_proof_opens_it(portal: TestPortal, somebody: Somebody) -> None:
    form = somebody.form("/usun")
    age(portal, somebody.login, 3600)
    assert "/logowanie/potwierdz" in somebody.get("/usun", status=303).location
    form["login"] = somebody.login
    assert "/logowanie/potwierdz" in form.submit("usun", status=303).location
    assert somebody.stored("state") == ACTIVE


@pytest.mark.parametrize("typed", ["", "kto inny"])
def test_another_login_deletes_nothing(somebody: Somebody, typed: str) -> None:
    form = somebody.form("/usun")
    form["login"] = typed
    assert "login" in summary(form.submit("usun", status=422)).lower()
    assert somebody.stored("state") == ACTIVE


# what happens


def test_account_is_erased_at_once(portal: TestPortal, somebody: Somebody, other: Somebody) -> None:
    draft = add_draft(somebody)
    second = portal.browser()
    sign_in(second, somebody.login, PASSWORD, status=303)
    page = delete(somebody).follow()
    assert "Konto jest usunięte" in flashed(page)
    assert "/logowanie" in second.get("/konto", status=303).location, "every session is over"
    sign_in(portal.browser(), somebody.login, PASSWORD, status=422)
    with portal.opened(commit=False) as opened:
        office, kept = opened.office, opened.office.applicants[somebody.id]
        filled = {name for name, value in vars(kept).items() if value}
        assert filled <= KEPT
        assert kept.numbers == {}
        assert kept.state == CLOSED
        assert draft not in office.drafts
        assert somebody.userid not in office.credentials
        assert logins.folded(somebody.login) not in office.logins
        assert logins.folded(somebody.email) not in office.logins
        assert office.applicants[other.id].active
    letter = text_of(letters_to(portal, somebody.email)[-1])
    assert "zostało usunięte" in letter
    assert "po zalogowaniu na to konto" in letter
    assert ("account-closed", "own") in somebody.events()
    other.get()


def test_login_address_and_number_are_free_again(portal: TestPortal, somebody: Somebody) -> None:
    secret = portal.registry.boi_settings.secret
    with portal.opened() as opened:
        pesel = logins.pesel_key(secret, opened.office.applicants[somebody.id].pesel)
        opened.office.logins[pesel] = somebody.userid
    delete(somebody)
    with portal.opened() as opened:
        assert pesel not in opened.office.logins
        made = citizens.add_applicant(opened.office, login=somebody.login, email=somebody.email)
        logins.claim(opened.office, made.userid, (made.login, made.email))


def test_identities_are_unlinked_and_other_accounts_keep_theirs(
    portal: TestPortal, somebody: Somebody, other: Somebody
) -> None:
    with portal.opened() as opened:
        identity = opened.office.identities["key of a test"] = Identity("wezel", somebody.userid, now())
        identity.userids = (somebody.userid, other.userid)
        opened.office.applicants[somebody.id].identities = {"wezel": "key of a test"}
    delete(somebody)
    with portal.opened() as opened:
        assert opened.office.identities["key of a test"].userids == (other.userid,)
        del opened.office.identities["key of a test"]


def test_cases_stay_readable_for_the_office_with_the_name(portal: TestPortal) -> None:
    owner = Somebody(portal, first_name="Jan", last_name="Testowy", numbers={"pesel": citizens.JAN.pesel})
    number = file_for(owner)
    delete(owner)
    portal.work()
    page = portal.signed_in("urzednik").get(f"/urzad/sprawy/{number}")
    assert number in page.text
    assert owner.stored("first_name") == "Jan"
    assert owner.stored("numbers") == {}
    portal.signed_in("urzednik").get(f"/urzad/sprawy/{number}/pismo.xml", status=200)


def test_firm_s_people_lose_it_with_a_letter(portal: TestPortal, other: Somebody) -> None:
    firm = Somebody(portal, kind=ORGANISATION, org_name="Zakład Próbny")
    id_ = represent(portal, firm.userid, other.userid)
    words = shown(firm.get("/usun"))
    assert "korzysta lub ma zaproszenie 1 osoba" in words
    assert "nie usuwaj konta" in words
    delete(firm)
    with portal.opened(commit=False) as opened:
        assert opened.office.representations[id_].state == State.ENDED
    assert "Zakład Próbny" in other.letters()[-1]
    assert "Nie możesz już działać" in other.letters()[-1]


# idle accounts


class Years:
    """A look at one account, some days from now."""

    def __init__(self, portal: TestPortal, **settings: Any) -> None:
        self.portal = portal
        chosen = {"idle_warn_months": 24, "idle_close_days": 30, **settings}
        self.settings = dataclasses.replace(portal.registry.boi_settings, **chosen)

    def look(self, userid: str, days: int) -> Applicant:
        with self.portal.opened() as opened:
            applicant: Applicant = opened.office.applicants[userid]
            desk = Desk(
                opened.site, opened.office, self.settings, lambda *path: "/".join(("", *path)), now() + days * DAY
            )
            idle.judge(desk, applicant)
            return applicant


@pytest.fixture
def years(portal: TestPortal) -> Years:
    return Years(portal)


def test_idle_account_is_warned_and_later_closed(somebody: Somebody, years: Years) -> None:
    years.look(somebody.id, 700)
    assert somebody.stored("idle_warned_at") is None
    years.look(somebody.id, 740)
    letter = somebody.letters()[-1]
    assert "Zaloguj się przed tym dniem" in letter
    years.look(somebody.id, 741)
    years.look(somebody.id, 769)
    assert len(somebody.letters()) == 1, "one warning is enough"
    assert somebody.stored("state") == ACTIVE
    years.look(somebody.id, 770)
    assert somebody.stored("state") == CLOSED
    assert "Nikt się na nie nie logował" in somebody.letters()[-1]
    assert [pair for pair in somebody.events() if pair[0].startswith("account-")] == [
        ("account-idle", ""),
        ("account-closed", "idle"),
    ]


def test_a_sign_in_after_the_warning_saves_the_account(portal: TestPortal, somebody: Somebody, years: Years) -> None:
    years.look(somebody.id, 740)
    with portal.opened() as opened:
        device = opened.office.credentials[somebody.userid].devices.all()[0]
        device.last_seen = now() + 750 * DAY
    years.look(somebody.id, 771)
    assert somebody.stored("state") == ACTIVE
    assert somebody.stored("idle_warned_at") is None


def test_an_account_with_an_open_case_is_left_alone(portal: TestPortal, years: Years) -> None:
    owner = Somebody(portal, first_name="Jan", last_name="Testowy", numbers={"pesel": citizens.JAN.pesel})
    file_for(owner)
    years.look(owner.id, 2000)
    assert owner.stored("idle_warned_at") is None


def test_a_firm_that_somebody_acts_for_is_left_alone(portal: TestPortal, other: Somebody, years: Years) -> None:
    firm = Somebody(portal, kind=ORGANISATION, org_name="Zakład Próbny")
    represent(portal, firm.userid, other.userid)
    years.look(firm.id, 2000)
    assert firm.stored("idle_warned_at") is None


def test_nobody_is_closed_without_a_letter(portal: TestPortal, years: Years) -> None:
    silent = Somebody(portal)
    with portal.opened() as opened:
        opened.office.applicants[silent.id].email = ""
    for days in (740, 900):
        years.look(silent.id, days)
    assert silent.stored("state") == ACTIVE


@pytest.mark.parametrize("months", [0, 24])
def test_worker_looks_at_everybody_unless_it_is_switched_off(
    portal: TestPortal, somebody: Somebody, months: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[str] = []
    monkeypatch.setattr(idle, "judge", lambda desk, applicant: judged.append(applicant.id))
    settings = dataclasses.replace(portal.registry.boi_settings, idle_warn_months=months)
    monkeypatch.setattr(portal.registry, "boi_settings", settings)
    with portal.opened() as opened:
        idle.leave_looks(TaskContext(portal.registry, opened.office, opened.site), {})
    portal.work()
    assert (somebody.id in judged) is bool(months)


def test_evidence_of_consents_is_kept_for_six_years(portal: TestPortal, somebody: Somebody) -> None:
    delete(somebody)
    with portal.opened(commit=False) as opened:
        closed = opened.office.applicants[somebody.id]
        assert not deletion.forget_evidence(closed, now() + 2190 * DAY)
        assert closed.consents
        assert deletion.forget_evidence(closed, now() + 2197 * DAY)
        assert closed.consents == ()


def test_months_before_the_end_of_a_longer_month() -> None:
    at = datetime.datetime(2026, 3, 31, 12, tzinfo=datetime.UTC)
    assert idle.months_before(at, 1).date() == datetime.date(2026, 2, 28)
    assert idle.months_before(at, 15).date() == datetime.date(2024, 12, 31)
