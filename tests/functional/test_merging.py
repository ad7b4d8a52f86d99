"""Two accounts of one person made one: whose they must be, what moves, and that nobody else notices."""

from __future__ import annotations

from typing import Any

import pytest

from boi_portal.accounts import logins, totp
from boi_portal.accounts.credentials import own_credentials
from boi_portal.accounts.demo import PASSWORD
from boi_portal.accounts.factors import CodeApplication
from boi_portal.accounts.resources import BUSINESS, CLOSED, ORGANISATION, successor_of
from boi_portal.cases import people
from boi_portal.eid.records import Identity
from boi_portal.office.tasks import TaskContext
from boi_portal.profile import merging
from boi_portal.profile.export_letters import letters_to as letters_on_the_list
from boi_portal.publishing.content import now
from boi_portal.representation.records import State, given_by, held_by
from tests import citizens
from tests.citizens import ANNA, JAN
from tests.functional.test_accounts import flashed, sign_in, summary
from tests.functional.test_deletion import add_draft, file_for, represent
from tests.functional.test_factors import age
from tests.functional.test_profile import Somebody, shown
from tests.portals import TestPortal

# bodies over 10 kB lie in temporary files that WebOb leaves to the garbage collector
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")

OF_JAN = {"first_name": "Jan", "last_name": "Testowy", "numbers": {"pesel": JAN.pesel}, "birth_date": "1968-03-14"}
CODE = "ABCD-EFGH-JKLM-NPQR"


@pytest.fixture(autouse=True)
def without_counters(portal: TestPortal) -> None:
    """Each test begins with all its tries."""
    with portal.opened() as opened:
        for key in list(opened.office.throttles):
            del opened.office.throttles[key]


@pytest.fixture
def stays(portal: TestPortal) -> Somebody:
    return Somebody(portal, **OF_JAN)


@pytest.fixture
def second(portal: TestPortal) -> Somebody:
    return Somebody(portal, **OF_JAN)


def prove(stays: Somebody, second: Somebody, password: str = PASSWORD, code: str = "", **kw: Any) -> Any:
    form = stays.form("/polacz-konta")
    form["login"], form["password"], form["code"] = second.login, password, code
    return form.submit("dalej", **kw)


def press(page: Any, name: str, **kw: Any) -> Any:
    form = next(form for form in page.forms.values() if name in form.fields)
    return form.submit(name, **kw)


def merge(stays: Somebody, second: Somebody) -> Any:
    page = prove(stays, second, status=303).follow()
    return press(page, "polacz", status=303).follow()


# what moves


def test_everything_moves_and_the_other_account_is_closed(
    portal: TestPortal, stays: Somebody, second: Somebody
) -> None:
    third = Somebody(portal)
    firm = Somebody(portal, kind=ORGANISATION, org_name="Zakład Próbny")
    number, draft, own = file_for(second), add_draft(second), add_draft(stays)
    given, held = represent(portal, second.userid, third.userid), represent(portal, firm.userid, second.userid)
    secret = portal.registry.boi_settings.secret
    with portal.opened() as opened:
        office = opened.office
        office.identities["key of a test"] = Identity("wezel", second.userid, now())
        other = office.applicants[second.id]
        other.identities, other.verified = {"wezel": "key of a test"}, {"last_name": "Profil zaufany"}
        office.logins[logins.pesel_key(secret, JAN.pesel)] = second.userid
        change = citizens.ask_number(office, citizens.add_applicant(office, ANNA))
        change.owner, other.number_changes = second.userid, (change.id,)
    portal.work()

    page = prove(stays, second, status=303).follow()
    words = shown(page)
    assert "Sprawy 1 sprawa" in words
    assert "Rozpoczęte formularze 1 formularz" in words
    assert "udzielone: 1, otrzymane: 1" in words
    assert "1 połączenie" in words
    done = press(page, "polacz", status=303).follow()
    assert "Konta są połączone" in flashed(done)
    portal.work()

    with portal.opened(commit=False) as opened:
        office = opened.office
        one, other = office.applicants[stays.id], office.applicants[second.id]
        assert set(one.drafts) == {own, draft}
        assert list(one.cases) == [number]
        assert {office.drafts[draft].owner, office.cases[number].owner, office.submissions[number].owner} == {
            one.userid
        }
        assert office.drafts[office.submissions[number].draft_id].owner == one.userid
        assert [found.id for found in given_by(office, one.userid)] == [given]
        assert [found.id for found in held_by(office, one.userid)] == [held]
        assert (office.representations[given].principal, office.representations[held].agent) == (one.userid, one.userid)
        assert office.identities["key of a test"].userids == (one.userid,)
        assert one.identities == {"wezel": "key of a test"}
        assert one.verified == {"last_name": "Profil zaufany"}
        assert office.logins[logins.pesel_key(secret, JAN.pesel)] == one.userid
        assert one.number_changes == (change.id,)
        assert office.number_changes[change.id].owner == one.userid
        assert "filed" in {letter.kind for letter in letters_on_the_list(office, one.userid)}
        assert other.state == CLOSED
        assert (other.name, other.login, other.email, other.numbers) == ("", "", "", {})
        assert successor_of(office, other.userid) is one
        found = people.find(office, ("so",), JAN.pesel, secret)
        assert one.id in [applicant.id for applicant, _ in found.people]
        assert other.id not in [applicant.id for applicant, _ in found.people]
        del opened
    stays.browser.get(f"/sprawy/{number}", status=200)
    stays.browser.get(f"/robocze/{draft}", status="3*")
    assert "/logowanie" in second.get(status=303).location
    sign_in(portal.browser(), second.login, PASSWORD, status=422)
    sign_in(portal.browser(), stays.login, PASSWORD, status=303)
    for somebody in (stays, second):
        assert any("połączono dwa konta" in letter for letter in somebody.letters())
    assert ("accounts-merged", second.userid) in stays.events()
    assert ("accounts-merged", stays.userid) in second.events()
    assert ("account-closed", "merged") in second.events()


def test_other_accounts_are_not_touched(portal: TestPortal, stays: Somebody, second: Somebody) -> None:
    third = Somebody(portal, **OF_JAN)
    number, draft = file_for(third), add_draft(third)
    merge(stays, second)
    portal.work()
    with portal.opened(commit=False) as opened:
        office = opened.office
        assert office.applicants[third.id].active
        assert {office.cases[number].owner, office.drafts[draft].owner} == {third.userid}
    third.browser.get(f"/sprawy/{number}", status=200)
    stays.browser.get(f"/sprawy/{number}", status=404)


def test_many_cases_are_moved_by_the_worker(
    portal: TestPortal, stays: Somebody, second: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merging, "AT_ONCE", 2)
    drafts = {add_draft(second) for _ in range(5)}
    page = merge(stays, second)
    assert "Reszta spraw przenosi się w tle" in flashed(page)
    assert "/logowanie" in second.get(status=303).location
    portal.work()
    with portal.opened(commit=False) as opened:
        assert set(opened.office.applicants[stays.id].drafts) == drafts
        assert {opened.office.drafts[one].owner for one in drafts} == {stays.userid}
        assert opened.office.applicants[second.id].login == ""


def test_what_a_request_left_meanwhile_comes_after(portal: TestPortal, stays: Somebody, second: Somebody) -> None:
    draft = add_draft(second)
    merge(stays, second)
    with portal.opened() as opened:
        office = opened.office
        office.applicants[stays.id].drafts.remove(draft)  # as if it had been begun beside the merging
        office.applicants[second.id].drafts.add(draft)
        office.drafts[draft].owner = second.userid
        task = next(task for task in office.tasks.values() if task.payload.get("other") == second.userid)
        assert task.not_before > now()
        merging.move(TaskContext(portal.registry, office, opened.site), task.payload)
        assert office.drafts[draft].owner == stays.userid
        assert draft in office.applicants[stays.id].drafts
    assert [what for what, _ in second.events()].count("account-closed") == 1


def test_one_person_has_one_role_in_a_firm_the_higher_one(
    portal: TestPortal, stays: Somebody, second: Somebody
) -> None:
    firm = Somebody(portal, kind=ORGANISATION, org_name="Zakład Próbny")
    mine, theirs = represent(portal, firm.userid, stays.userid), represent(portal, firm.userid, second.userid)
    with portal.opened() as opened:
        opened.office.representations[mine].rights = ("see",)
    own = represent(portal, second.userid, stays.userid)
    merge(stays, second)
    with portal.opened(commit=False) as opened:
        states = {id_: opened.office.representations[id_].state for id_ in (mine, theirs, own)}
    assert states == {mine: State.ENDED, theirs: State.ACCEPTED, own: State.ENDED}


def test_the_number_comes_along(portal: TestPortal, second: Somebody) -> None:
    stays = Somebody(portal, **{**OF_JAN, "numbers": {}})
    merge(stays, second)
    assert stays.stored("numbers") == {"pesel": JAN.pesel}


# whose accounts


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"numbers": {"pesel": ANNA.pesel}}, "różne numery PESEL"),
        ({"numbers": {}, "last_name": "Inny"}, "Dane na kontach się różnią"),
        ({"numbers": {}, "birth_date": ""}, "Dane na kontach się różnią"),
        ({"kind": BUSINESS, "org_name": "Zakład"}, "tylko konta osób fizycznych"),
    ],
)
def test_accounts_of_two_people_are_refused(
    portal: TestPortal, stays: Somebody, changed: dict[str, Any], words: str
) -> None:
    other = Somebody(portal, **{**OF_JAN, **changed})
    assert words in summary(prove(stays, other, status=422))
    stays.get("/polacz-konta-potwierdz", status=303)


def test_nobody_merges_an_account_with_itself(stays: Somebody) -> None:
    assert "Podaj login drugiego konta" in summary(prove(stays, stays, status=422))


def test_an_employee_s_account_is_refused(portal: TestPortal, stays: Somebody) -> None:
    form = stays.form("/polacz-konta")
    form["login"], form["password"] = "urzednik", portal.people["urzednik"].password
    assert "pracownika urzędu" in summary(form.submit("dalej", status=422))


# the proof


def test_a_wrong_password_is_slowed_down_and_says_nothing(stays: Somebody, second: Somebody) -> None:
    page = prove(stays, second, "zupełnie nie to hasło", status=422)
    assert "się nie zgadza" in summary(page)
    assert page.forms["formularz"]["login"].value == second.login
    form = stays.form("/polacz-konta")
    form["login"], form["password"] = "nikt.taki", PASSWORD
    assert "się nie zgadza" in summary(form.submit("dalej", status=422))
    for _ in range(4):
        prove(stays, second, "zupełnie nie to hasło", status=422)
    assert "Za dużo nieudanych prób" in summary(prove(stays, second, status=422))
    assert ("sign-in-failed", "") in second.events()


def test_the_second_factor_of_the_other_account_is_asked_for(
    portal: TestPortal, stays: Somebody, second: Somebody
) -> None:
    with portal.opened() as opened:
        factors = own_credentials(opened.office, second.userid).factors
        sealed = portal.registry.boi_keyring.seal(totp.new_secret().encode(), second.userid)
        factors.application = CodeApplication(sealed, 0, now())
        codes = factors.make_recovery(second.userid, now())
    assert "drugi składnik" in summary(prove(stays, second, status=422))
    assert "nieprawidłowy" in summary(prove(stays, second, code="000000", status=422))
    assert "nieprawidłowy" in summary(prove(stays, second, code=CODE, status=422))
    stays.get("/polacz-konta-potwierdz", status=303)
    prove(stays, second, code=codes[0], status=303)


def test_nothing_is_merged_without_the_proof(portal: TestPortal, stays: Somebody, second: Somebody) -> None:
    assert stays.get("/polacz-konta-potwierdz", status=303).location.endswith("/konto/polacz-konta")
    page = prove(stays, second, status=303).follow()
    with portal.opened() as opened:
        opened.office.applicants[second.id].sessions_since = now().timestamp() + 1  # the password was changed
    assert press(page, "polacz", status=303).location.endswith("/konto/polacz-konta")
    assert second.stored("state") != CLOSED


def test_giving_up_forgets_the_proof(stays: Somebody, second: Somebody) -> None:
    page = prove(stays, second, status=303).follow()
    press(page, "zrezygnuj", status=303)
    stays.get("/polacz-konta-potwierdz", status=303)
    assert second.stored("state") != CLOSED


def test_it_needs_a_fresh_proof_of_one_s_own(portal: TestPortal, stays: Somebody, second: Somebody) -> None:
    page = prove(stays, second, status=303).follow()
    age(portal, stays.login, 3600)
    assert "/logowanie/potwierdz" in stays.get("/polacz-konta", status=303).location
    assert "/logowanie/potwierdz" in press(page, "polacz", status=303).location
    assert second.stored("state") != CLOSED
