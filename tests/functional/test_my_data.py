"""A copy of one's own data: who gets it, what is in it, and that nobody else's is."""

from __future__ import annotations

import datetime
import io
import json
import zipfile
from typing import Any

import pytest

from boi_portal.accounts.resources import ORGANISATION
from boi_portal.mail.letters import known_letters
from boi_portal.office.tasks import TaskContext
from boi_portal.profile import export, export_letters, number_changes
from boi_portal.profile.export_words import FILES
from boi_portal.publishing.content import now
from boi_portal.submissions.drafts import StoredFile
from tests import citizens
from tests.functional.test_accounts import flashed
from tests.functional.test_deletion import add_draft, file_for, represent
from tests.functional.test_factors import age
from tests.functional.test_profile import Somebody, shown
from tests.portals import TestPortal

# bodies over 10 kB lie in temporary files that WebOb leaves to the garbage collector
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")

PAGE = "/moje-dane"
FOR_STAFF = {"deputy", "identity-watch", "staff-changed", "staff-invitation"}


@pytest.fixture(autouse=True)
def without_counters(portal: TestPortal) -> None:
    """Each test begins with all its tries."""
    with portal.opened() as opened:
        for key in list(opened.office.throttles):
            del opened.office.throttles[key]


@pytest.fixture
def somebody(portal: TestPortal) -> Somebody:
    return Somebody(portal)


def press(somebody: Somebody, name: str, **kw: Any) -> Any:
    """Press one of the page's two buttons."""
    page = somebody.get(PAGE)
    form = next(form for form in page.forms.values() if name in form.fields)
    return form.submit(name, **kw)


def made(somebody: Somebody) -> dict[str, bytes]:
    """The files of a fresh copy."""
    press(somebody, "przygotuj", status=303)
    somebody.portal.work()
    body = press(somebody, "pobierz", status=200).body
    with zipfile.ZipFile(io.BytesIO(body)) as packed:
        assert packed.testzip() is None
        return {name: packed.read(name) for name in packed.namelist()}


def read(files: dict[str, bytes], name: str) -> Any:
    return json.loads(files[name])


# who gets it


def test_a_copy_is_nobody_else_s(portal: TestPortal, somebody: Somebody) -> None:
    other = Somebody(portal)
    made(somebody)
    assert "Kopia jest gotowa" not in shown(other.get(PAGE))
    token = other.get(PAGE).html.find("input", {"name": "csrf_token"})["value"]
    other.browser.post("/konto/moje-dane", {"csrf_token": token, "pobierz": "1"}, status=404)
    other.browser.post(
        f"/konto/moje-dane?konto={somebody.id}", {"csrf_token": token, "pobierz": somebody.id}, status=404
    )
    assert "/logowanie" in portal.browser().get("/konto/moje-dane", status=303).location
    portal.signed_in("kierownik").get("/konto/moje-dane", status=403)


def test_who_acts_for_a_firm_gets_his_own_data_and_not_the_firm_s(portal: TestPortal, somebody: Somebody) -> None:
    firm = Somebody(portal, kind=ORGANISATION, org_name="Zakład Próbny")
    id_ = represent(portal, firm.userid, somebody.userid)
    page = somebody.get("/dzialam-jako")
    token = page.html.find("input", {"name": "csrf_token"})["value"]
    somebody.browser.post("/konto/dzialam-jako", {"csrf_token": token, "jako": id_}, status=303)
    assert "Zakład Próbny" in somebody.get(PAGE).text, "acts for the firm now"
    assert read(made(somebody), "konto.json")["login"] == somebody.login


def test_asking_and_fetching_need_a_fresh_proof(portal: TestPortal, somebody: Somebody) -> None:
    age(portal, somebody.login, 3600)
    assert "/logowanie/potwierdz" in press(somebody, "przygotuj", status=303).location
    with portal.opened(commit=False) as opened:
        assert export.export_of(opened.office, somebody.userid) is None
    age(portal, somebody.login, 0)
    made(somebody)
    age(portal, somebody.login, 3600)
    assert "/logowanie/potwierdz" in press(somebody, "pobierz", status=303).location


def test_letter_leads_to_the_page_and_carries_nothing(somebody: Somebody) -> None:
    made(somebody)
    letter = somebody.letters()[-1]
    assert "/konto/moje-dane" in letter
    assert "Kopię usuniemy" in letter
    assert [what for what, _ in somebody.events()][-2:] == ["export-asked", "export-fetched"]


# how often, how long


def test_one_at_a_time_and_three_a_day(somebody: Somebody) -> None:
    page = somebody.get(PAGE)
    press(somebody, "przygotuj", status=303)
    assert "Przygotowujemy kopię" in shown(somebody.get(PAGE))
    again = next(form for form in page.forms.values() if "przygotuj" in form.fields).submit("przygotuj", status=303)
    assert "już przygotowywana" in flashed(again.follow())
    somebody.portal.work()
    for _ in range(2):
        press(somebody, "przygotuj", status=303)
        somebody.portal.work()
    assert "Spróbuj jutro" in flashed(press(somebody, "przygotuj", status=303).follow())
    assert "Kopia jest gotowa" in shown(somebody.get(PAGE)), "the last one stays"


def test_a_copy_is_deleted_after_a_week(
    portal: TestPortal, somebody: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(somebody)
    with portal.opened() as opened:
        task = next(task for task in opened.office.tasks.values() if task.payload.get("userid") == somebody.userid)
        assert task.kind == export.FORGET
        assert task.not_before - now() > datetime.timedelta(days=6, hours=23)
        context = TaskContext(portal.registry, opened.office, opened.site)
        export.forget(context, task.payload)
        assert export.export_of(opened.office, somebody.userid) is not None, "not before its time"
        monkeypatch.setattr(export, "now", lambda: task.not_before)
        export.forget(context, task.payload)
        assert export.export_of(opened.office, somebody.userid) is None


def test_making_it_twice_makes_it_once(portal: TestPortal, somebody: Somebody) -> None:
    press(somebody, "przygotuj", status=303)
    with portal.opened() as opened:
        task = next(task for task in opened.office.tasks.values() if task.kind == export.MAKE)
        context = TaskContext(portal.registry, opened.office, opened.site)
        export.make(context, task.payload)
        first = export.export_of(opened.office, somebody.userid).blob
        export.make(context, task.payload)
        assert export.export_of(opened.office, somebody.userid).blob is first
    somebody.portal.work()


# what is in it


def test_everything_is_in_it(portal: TestPortal) -> None:
    owner = Somebody(portal, first_name="Jan", last_name="Testowy", numbers={"pesel": citizens.JAN.pesel})
    agent = Somebody(portal)
    represent(portal, owner.userid, agent.userid)
    number, draft = file_for(owner), add_draft(owner)
    portal.work()
    portal.signed_in("urzednik").get(f"/urzad/sprawy/{number}", status=200)
    with portal.opened() as opened:
        paper = StoredFile("decyzja.pdf", "application/pdf", citizens.PDF, now())
        applicant = opened.office.applicants[owner.id]
        number_changes.ask(opened.office, applicant, "pesel", citizens.ANNA.pesel, "", paper, now())
    files = made(owner)

    account = read(files, "konto.json")
    assert account["login"] == owner.login
    assert account["numbers"]["pesel"] == citizens.JAN.pesel
    assert read(files, "zgody.json")[0]["version"] == 1
    assert read(files, "logowanie.json")["devices"]
    assert read(files, "reprezentacje.json")["given"][0]["allows"] == "podpisywanie"
    change = read(files, "zmiany-numerow.json")[0]
    assert files[change["document"]] == citizens.PDF

    filled = read(files, f"robocze/{draft}/formularz.json")
    answer = next(row for row in filled["answers"] if row["field"] == "imie")
    assert answer == {"page": "osoba", "field": "imie", "question": "Imię", "answer": "Jan"}
    assert files[filled["files"][0]["path"]] == citizens.PDF

    case = read(files, f"sprawy/{number}/sprawa.json")
    assert case["number"] == number
    assert case["stages"][0]["stage"] == "zlozona"
    assert case["submission"]["signature"]["kind"] == "qualified"
    assert files[case["submission"]["attachments"][0]["path"]] == citizens.PDF
    assert b"Signature" in files[f"sprawy/{number}/pismo-podpisane.xml"]
    with portal.opened(commit=False) as opened:
        filed = opened.office.submissions[number]
        assert files[f"sprawy/{number}/pismo.xml"] == filed.document.data
        assert files[f"sprawy/{number}/upp.xml"] == filed.receipt.data
    letters = read(files, "listy.json")
    assert {"kind": "filed", "title": "przyjęcie pisma"}.items() <= letters[-1].items()
    assert letters[-1]["to"] == owner.email

    events = read(files, "zdarzenia.json")
    looked = next(event for event in events if event["what"] == "case-read")
    assert looked["about"] == number
    assert looked["who"] == "pracownik urzędu: urzędnik, Wydział Spraw Obywatelskich"
    assert "address" not in looked, "an employee's address is nobody's business"
    own = next(event for event in events if event["what"] == "sign-in")
    assert (own["who"], own["about"], own["address"]) == ("Ty", "konto", "127.0.0.1")
    assert "KOPIA TWOICH DANYCH" in files["CZYTAJ-TO.txt"].decode()


def test_nothing_of_others_and_no_secret_is_in_it(portal: TestPortal, somebody: Somebody) -> None:
    other = Somebody(portal)
    draft = add_draft(other)
    files = made(somebody)
    everything = b"\n".join(files.values())
    for text in (other.login, other.id, draft, somebody.stored("password_hash")):
        assert text.encode() not in everything
    assert not any(name.startswith(("sprawy/", "robocze/")) for name in files)


def test_every_key_is_explained(portal: TestPortal) -> None:
    owner = Somebody(portal, first_name="Jan", last_name="Testowy", numbers={"pesel": citizens.JAN.pesel})
    file_for(owner)
    add_draft(owner)
    represent(portal, owner.userid, Somebody(portal).userid)
    for name, data in made(owner).items():
        if not name.endswith(".json"):
            continue
        first, _, last = name.rpartition("/")
        known = FILES[f"{first.partition('/')[0]}/…/{last}" if first else name][1]
        assert keys_of(json.loads(data)) <= set(known), name


def keys_of(value: Any) -> set[str]:
    """The keys that the portal gives; not those of what people have typed, or of names that vary."""
    if isinstance(value, list):
        return set().union(*(keys_of(item) for item in value)) if value else set()
    if not isinstance(value, dict):
        return set()
    inner = [keys_of(item) for key, item in value.items() if key not in ("answer", "notifications", "verified_by")]
    return set(value).union(*inner)


def test_files_with_dangerous_names_stay_in_their_folder(portal: TestPortal, somebody: Somebody) -> None:
    draft = add_draft(somebody)
    with portal.opened() as opened:
        for stored in opened.office.drafts[draft].files.values():
            stored.name = "../../etc/passwd"
    names = [name for name in made(somebody) if name.startswith("robocze/")]
    assert all(".." not in name.split("/") and name.count("/") <= 3 for name in names)


def test_every_letter_to_applicants_has_words() -> None:
    assert known_letters() - FOR_STAFF - set(export_letters.KINDS) == set()


def test_letters_are_kept_up_to_a_number(portal: TestPortal, somebody: Somebody) -> None:
    kept = export_letters.SentLetters()
    for place in range(export_letters.MOST + 5):
        kept.add(export_letters.SentLetter("stage", now(), f"{place}@poczta.example"))
    assert len(kept.letters) == export_letters.MOST
    assert kept.letters[0].to == "5@poczta.example"
