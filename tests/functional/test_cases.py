"""From a complete draft to a sealed receipt, my cases and the desk: what the citizen and the clerk see."""

import datetime
import gzip
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from webtest import TestApp, Upload

from boi_portal.office.store import is_case_number
from boi_portal.signing import Reason
from boi_portal.submissions import filing, receipts
from tests import citizens
from tests.citizens import ANNA, CertificateState
from tests.portals import TestPortal

# bodies over 10 kB lie in temporary files that WebOb leaves to the garbage collector
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")

JAN_LOGIN = "jan.testowy"
UPP = receipts.NAMESPACE


@pytest.fixture(scope="module")
def jan(portal: TestPortal) -> TestApp:
    return portal.signed_in(JAN_LOGIN)


@pytest.fixture(scope="module")
def clerk(portal: TestPortal) -> TestApp:
    return portal.signed_in("urzednik")


def make_draft(portal: TestPortal, login: str = JAN_LOGIN) -> str:
    """The address of a complete draft."""
    with portal.opened() as opened:
        form = citizens.add_form(opened, portal.registry)
        applicant = citizens.account_of(opened.office, login)
        return f"/robocze/{citizens.complete_draft(opened, applicant, form).id}"


def to_sign(browser: TestApp, address: str) -> Any:
    """The page of signing, reached as people do: from checking the answers."""
    page = browser.get(f"{address}/sprawdz")
    form = next(form for form in page.forms.values() if "_podpis" in form.fields)
    return form.submit("_podpis").follow()


def document_of(browser: TestApp, address: str) -> bytes:
    page = to_sign(browser, address)
    return page.click("Pobierz dokument do podpisu").body


def send(browser: TestApp, address: str, signed: bytes, name: str = "pismo-podpisane.xml", **more: Any) -> Any:
    page = browser.get(f"{address}/podpis")
    form = next(form for form in page.forms.values() if "podpisany" in form.fields)
    form["podpisany"] = Upload(name, signed)
    return form.submit(**more)


def file(portal: TestPortal, browser: TestApp) -> str:
    """File a fresh draft; the case's number."""
    address = make_draft(portal)
    signed = citizens.sign(portal.var, document_of(browser, address))
    done = send(browser, address, signed, status=303)
    return done.location.rpartition("/")[2]


@pytest.fixture(scope="module")
def filed(portal: TestPortal, jan: TestApp) -> str:
    """The number of a filed case that tests only read."""
    return file(portal, jan)


def words(page: Any) -> str:
    return re.sub(r"\s+", " ", page.html.main.get_text(" "))


def message(page: Any) -> str:
    return re.sub(r"\s+", " ", page.html.find(class_="error-message").get_text(" ")).strip()


# signing


def test_document_stays_the_same_until_an_answer_changes(portal: TestPortal, jan: TestApp) -> None:
    address = make_draft(portal)
    first = document_of(jan, address)
    assert document_of(jan, address) == first
    page = jan.get(f"{address}/strona/osoba")
    form = next(form for form in page.forms.values() if "_zapisz" in form.fields)
    form.submit("_zapisz")
    assert jan.get(f"{address}/dokument.xml").body == first
    form["uwagi"] = "Coś innego"
    form.submit("_zapisz")
    jan.get(f"{address}/dokument.xml", status=404)


def test_changed_answers_ask_for_a_new_document(portal: TestPortal, jan: TestApp) -> None:
    address = make_draft(portal)
    signed = citizens.sign(portal.var, document_of(jan, address))
    page = jan.get(f"{address}/podpis")
    form = next(form for form in page.forms.values() if "podpisany" in form.fields)
    edited = jan.get(f"{address}/strona/osoba")
    edit = next(one for one in edited.forms.values() if "_zapisz" in one.fields)
    edit["imie"] = "Janusz"
    edit.submit("_zapisz")
    jan.get(f"{address}/podpis", status=303)  # consent is to be given again
    form["podpisany"] = Upload("x.xml", signed)
    assert filing.INCOMPLETE[1] in form.submit(status=422).text
    fresh = jan.get(f"{address}/sprawdz")
    check = next(one for one in fresh.forms.values() if "_podpis" in one.fields)
    check["zgoda"] = True
    check.submit("_podpis")
    assert Reason.OTHER_DOCUMENT.message in words(send(jan, address, signed, status=422))


def test_signing_page_shows_the_way_to_the_sandbox(portal: TestPortal, jan: TestApp) -> None:
    page = to_sign(jan, make_draft(portal))
    assert page.html.find("a", href=re.compile(r"^http://localhost:\d+/podpis$"))


def test_preview_and_its_picture_show_the_answers(portal: TestPortal, jan: TestApp) -> None:
    page = to_sign(jan, make_draft(portal)).click("Podgląd pisma")
    for text in ("Jan Testowy", "Burmistrz Zdrojów", "Zażółć „gęślą” <jaźń> & tak", "Burek", "książeczka psa.pdf"):
        assert text in words(page)
    assert page.click("PDF").body.startswith(b"%PDF-1.7")


# filing


def test_filing_leads_to_the_case_with_its_number_and_stage(portal: TestPortal, jan: TestApp) -> None:
    address = make_draft(portal)
    done = send(jan, address, citizens.sign(portal.var, document_of(jan, address)), status=303)
    number = done.location.rpartition("/")[2]
    assert is_case_number(number)
    page = done.follow()
    assert "Złożona" in words(page) and number in page.text
    assert number in jan.get("/sprawy").text
    assert address not in jan.get("/robocze").text
    portal.work()
    letter = next(text for text in reversed(portal.letters()) if number in text)
    assert "jan.testowy@poczta.example" in letter


def test_filing_the_same_draft_again_leads_to_the_one_case(portal: TestPortal, jan: TestApp) -> None:
    address = make_draft(portal)
    signed = citizens.sign(portal.var, document_of(jan, address))
    page = jan.get(f"{address}/podpis")
    form = next(form for form in page.forms.values() if "podpisany" in form.fields)
    form["podpisany"] = Upload("x.xml", signed)
    first, second = form.submit(status=303), form.submit(status=303)
    assert first.location == second.location
    assert jan.get(address, status=303).location == first.location
    with portal.opened(commit=False) as opened:
        drafts = [one.draft_id for one in opened.office.submissions.values()]
    assert len(drafts) == len(set(drafts))


def _altered(portal: TestPortal, document: bytes) -> bytes:
    return citizens.sign(portal.var, document).replace(b"Burek", b"Azor ")


def _other_document(portal: TestPortal, document: bytes) -> bytes:
    return citizens.sign(portal.var, document.replace(b"Burek", b"Reks "))


def _other_person(portal: TestPortal, document: bytes) -> bytes:
    return citizens.sign(portal.var, document, ANNA)


def _with(state: CertificateState) -> Callable[[TestPortal, bytes], bytes]:
    return lambda portal, document: citizens.sign(portal.var, document, state=state)


REFUSALS: dict[str, tuple[Callable[[TestPortal, bytes], bytes], str]] = {
    "altered": (_altered, Reason.ALTERED.message),
    "other document": (_other_document, Reason.OTHER_DOCUMENT.message),
    "other person": (_other_person, filing.OTHER_PERSON[1]),
    "unknown issuer": (_with(CertificateState.UNKNOWN_ISSUER), Reason.CERTIFICATE_UNKNOWN.message),
    "expired": (_with(CertificateState.EXPIRED), Reason.CERTIFICATE_EXPIRED.message),
    "revoked": (_with(CertificateState.REVOKED), Reason.CERTIFICATE_REVOKED.message),
    "not qualified": (_with(CertificateState.NOT_QUALIFIED), Reason.NOT_QUALIFIED.message),
    "no signature": (lambda portal, document: document, Reason.NO_SIGNATURE.message),
    "not XML": (lambda portal, document: citizens.PDF, Reason.NOT_XML.message),
    "six megabytes": (lambda portal, document: document + b" " * 6_000_000, Reason.TOO_LARGE.message),
    "zip bomb": (lambda portal, document: gzip.compress(b"<a>" + b" " * 20_000_000), Reason.TOO_COMPLEX.message),
    "entity bomb": (
        lambda portal, document: b'<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><a>&d;</a>',
        Reason.TOO_COMPLEX.message,
    ),
    "empty": (lambda portal, document: b"", "Wybierz podpisany plik"),
}


@pytest.mark.parametrize(("spoil", "expected"), REFUSALS.values(), ids=REFUSALS)
def test_signature_is_refused_with_its_own_message_and_the_draft_kept(
    portal: TestPortal, jan: TestApp, spoil: Callable[[TestPortal, bytes], bytes], expected: str
) -> None:
    address = make_draft(portal)
    document = document_of(jan, address)
    before = set(jan.get("/sprawy").html.main.find_all("a", href=True))
    page = send(jan, address, spoil(portal, document), status=422)
    assert expected in message(page)
    assert page.html.title.get_text().startswith("Błąd: ")
    assert set(jan.get("/sprawy").html.main.find_all("a", href=True)) == before
    assert jan.get(f"{address}/dokument.xml").body == document


def test_messages_of_refusals_differ() -> None:
    texts = [text for _, text in REFUSALS.values()]
    assert len(set(texts)) == len(texts) - 1  # both bombs are the same to the person


def test_fifty_megabytes_are_refused_before_they_are_read(portal: TestPortal, jan: TestApp) -> None:
    address = make_draft(portal)
    document_of(jan, address)
    page = send(jan, address, b"<a>" + b" " * 50_000_000, status=413)
    assert "za duże" in page.text


# the case and its files

FILES = ("pismo.xml", "pismo.pdf", "upp.xml", "upp.pdf", f"zalacznik/{citizens.FILE_ID}")


@pytest.mark.parametrize("name", FILES)
def test_file_of_the_case_is_an_attachment(jan: TestApp, filed: str, name: str) -> None:
    response = jan.get(f"/sprawy/{filed}/{name}")
    assert response.headers["Content-Disposition"].startswith("attachment; ")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response.headers["Cache-Control"]
    assert response.body


def test_page_of_the_case_links_all_files(jan: TestApp, filed: str) -> None:
    page = jan.get(f"/sprawy/{filed}")
    for name in (*FILES, "pismo"):
        assert page.html.find("a", href=f"/sprawy/{filed}/{name}"), name
    assert "Wydział Spraw Obywatelskich" in words(page)


def test_filed_document_is_shown_with_its_version_whatever_the_editor_does(
    portal: TestPortal, jan: TestApp, filed: str
) -> None:
    from boi_portal.publishing import lifecycle

    with portal.opened() as opened:
        form = opened.site["formularze"][citizens.FORM_NAME]
        fields = {**form.edited_fields(), "title": "Zgłoszenie kota"}
        lifecycle.edit(portal.registry, form, fields, "redaktor")
        lifecycle.publish(portal.registry, form, "redaktor", note="kot")
    page = words(jan.get(f"/sprawy/{filed}/pismo"))
    assert "Zgłoszenie psa (F-SO-99), wersja 1" in page and "kota" not in page
    with portal.opened() as opened:
        form = opened.site["formularze"][citizens.FORM_NAME]
        lifecycle.edit(portal.registry, form, {**form.edited_fields(), "title": "Zgłoszenie psa"}, "redaktor")
        lifecycle.publish(portal.registry, form, "redaktor", note="pies")


@pytest.mark.parametrize("name", ["", "/pismo", *(f"/{name}" for name in FILES)])
def test_other_people_get_404(portal: TestPortal, filed: str, name: str) -> None:
    with portal.opened() as opened:
        if not any(one.first_name == "Anna" for one in opened.office.applicants.values()):
            from boi_portal.accounts import logins, passwords

            anna = citizens.add_applicant(
                opened.office, login="anna.inna", password_hash=passwords.hash_password("x" * 14)
            )
            logins.claim(opened.office, anna.userid, (anna.login, anna.email))
    anna_browser = portal.browser()
    anna_browser.post("/logowanie", {"login": "anna.inna", "password": "x" * 14}, status=303)
    anna_browser.get(f"/sprawy/{filed}{name}", status=404)
    os_clerk = portal.signed_in("urzednik.os")
    os_clerk.get(f"/urzad/sprawy/{filed}{name}", status=404)
    os_clerk.get(f"/sprawy/{filed}{name}", status=(403, 404))
    portal.signed_in("administrator").get(f"/urzad/sprawy/{filed}{name}", status=404)
    assert "logowanie" in portal.browser().get(f"/sprawy/{filed}{name}", status=303).location


def test_other_persons_draft_answers_404_at_every_address_of_signing(portal: TestPortal) -> None:
    address = make_draft(portal)
    with portal.opened() as opened:
        assert any(one.login == "anna.inna" for one in opened.office.applicants.values())
    anna = portal.browser()
    anna.post("/logowanie", {"login": "anna.inna", "password": "x" * 14}, status=303)
    token = anna.get("/konto").html.find("input", attrs={"name": "csrf_token"})["value"]
    for name in ("podpis", "dokument", "dokument.xml", "dokument.pdf"):
        anna.get(f"{address}/{name}", status=404)
    anna.post(f"{address}/podpis", {"csrf_token": token, "przygotuj": "tak"}, status=404)


# the receipt


def test_receipt_names_what_was_filed(portal: TestPortal, jan: TestApp, filed: str) -> None:
    import hashlib

    sealed = jan.get(f"/sprawy/{filed}/upp.xml").body
    root = etree.fromstring(sealed)
    assert [etree.QName(child).localname for child in root] == ["UPP", "Signature"]
    text = " ".join(root.find(f"{{{UPP}}}UPP").itertext())
    signed = jan.get(f"/sprawy/{filed}/pismo.xml").body
    for expected in (filed, "Jan Testowy", "Urząd Miejski w Zdrojach", hashlib.sha256(signed).hexdigest()):
        assert expected in text
    assert "68031499952" not in text


def test_receipt_is_checked_by_anybody(portal: TestPortal, jan: TestApp, filed: str) -> None:
    sealed = jan.get(f"/sprawy/{filed}/upp.xml").body
    visitor = portal.browser()
    good = check_receipt(visitor, sealed)
    assert "To jest nasze poświadczenie" in words(good) and filed in words(good)
    altered = check_receipt(visitor, sealed.replace(b"Jan Testowy", b"Jan Inny   "), status=422)
    assert "zmieniono" in message(altered)
    foreign = citizens.sign(portal.var, etree.tostring(unsealed(sealed)))
    assert "nie ma pieczęci naszego urzędu" in message(check_receipt(visitor, foreign, status=422))
    assert "nie ma pieczęci" in message(check_receipt(visitor, etree.tostring(unsealed(sealed)), status=422))
    assert "To nie jest" in message(check_receipt(visitor, b"%PDF-1.7", status=422))
    assert "To nie jest" in message(check_receipt(visitor, jan.get(f"/sprawy/{filed}/pismo.xml").body, status=422))
    assert "za duży" in message(check_receipt(visitor, b"<a>" + b" " * 600_000, status=422))


def unsealed(sealed: bytes) -> Any:
    root = etree.fromstring(sealed)
    root.remove(root[-1])
    return root


def check_receipt(browser: TestApp, data: bytes, **more: Any) -> Any:
    form = next(form for form in browser.get("/poswiadczenie").forms.values() if "upp" in form.fields)
    form["upp"] = Upload("upp.xml", data)
    return form.submit(**more)


@pytest.mark.skipif(shutil.which("xmlsec1") is None, reason="xmlsec1 is not installed")
@pytest.mark.parametrize("name", ["upp.xml", "pismo.xml"])
def test_xmlsec1_and_openssl_agree(portal: TestPortal, jan: TestApp, filed: str, name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(jan.get(f"/sprawy/{filed}/{name}").body)
    anchors = sorted((portal.var / "sandbox" / "trust" / "anchors").glob("*.pem"))
    trusted = [part for anchor in anchors for part in ("--trusted-pem", str(anchor))]
    ids = ["--id-attr:Id", "http://uri.etsi.org/01903/v1.3.2#:SignedProperties"]
    subprocess.run(["xmlsec1", "--verify", *trusted, *ids, str(path)], check=True, capture_output=True)
    root = etree.fromstring(path.read_bytes())
    held = root.iter("{http://www.w3.org/2000/09/xmldsig#}X509Certificate")
    certificate = tmp_path / "signer.pem"
    body = "".join((next(held).text or "").split())
    certificate.write_text(f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n".replace(body, "\n".join(
        body[at : at + 64] for at in range(0, len(body), 64))))  # fmt: skip
    chain = tmp_path / "chain.pem"
    chain.write_text("".join(anchor.read_text() for anchor in anchors))
    subprocess.run(["openssl", "verify", "-CAfile", str(chain), str(certificate)], check=True, capture_output=True)


# the desk


@pytest.fixture(scope="module")
def in_progress(portal: TestPortal, jan: TestApp, clerk: TestApp) -> str:
    """The number of a case that a clerk works on."""
    number = file(portal, jan)
    register(clerk, number)
    move(clerk, number, "w-trakcie").follow()
    return number


def desk_form(clerk: TestApp, number: str) -> Any:
    return clerk.get(f"/urzad/sprawy/{number}").forms["sprawa"]


def register(clerk: TestApp, number: str) -> Any:
    return desk_form(clerk, number).submit("zarejestruj", status=303).follow()


def move(clerk: TestApp, number: str, stage: str, **fields: str) -> Any:
    form = desk_form(clerk, number)
    form["pole-etap"] = stage
    for name, value in fields.items():
        form[name] = value
    return form.submit("zmien", expect_errors=True)


def test_desk_lists_a_filing_of_the_own_department_only(portal: TestPortal, clerk: TestApp, filed: str) -> None:
    portal.work()
    assert filed in clerk.get("/urzad").text
    assert filed in clerk.get("/urzad?etap=zlozona").text
    assert filed not in clerk.get("/urzad?etap=zakonczona").text
    assert filed not in portal.signed_in("urzednik.os").get("/urzad").text
    assert "nie jest przypisane" in portal.signed_in("administrator").get("/urzad").text


def test_case_goes_through_its_stages_and_the_citizen_sees_each(
    portal: TestPortal, jan: TestApp, clerk: TestApp
) -> None:
    number = file(portal, jan)
    page = register(clerk, number)
    year = datetime.date.today().year
    assert re.search(rf"RPW/\d+/{year}", words(page)) and re.search(rf"SO\.5343\.\d+\.{year}", words(page))
    move(clerk, number, "w-trakcie").follow()
    refused = move(clerk, number, "wezwanie", termin="1.01.2020")
    assert refused.status_int == 422
    day = datetime.date.today() + datetime.timedelta(days=10)
    move(clerk, number, "wezwanie", termin=day.isoformat(), wiadomosc="Dołącz <b>książeczkę</b>.").follow()
    page = jan.get(f"/sprawy/{number}")
    assert "Dołącz <b>książeczkę</b>." in words(page) and "Teraz urząd czeka na Ciebie" in words(page)
    assert number in jan.get("/sprawy").html.main.find("li").get_text()
    move(clerk, number, "w-trakcie").follow()
    done = move(clerk, number, "zakonczona", wynik="pozytywnie").follow()
    assert "Zakończona" in words(done)
    page = words(jan.get(f"/sprawy/{number}"))
    for stage in (
        "Złożona",
        "Zarejestrowana",
        "W trakcie realizacji",
        "Wezwanie do uzupełnienia",
        "Zakończona – pozytywnie",
    ):
        assert stage in page
    portal.work()
    letters = [text for text in portal.letters() if number in text]
    assert len(letters) == 6  # filed, and one for each change
    assert not any("książeczk" in text for text in letters)
    assert number in clerk.get("/urzad?etap=zakonczona").text
    assert number not in clerk.get("/urzad").text


@pytest.mark.parametrize(
    "sign",
    [
        "",
        "so.5343.1.2026",
        "SO.5343",
        "SO.5343.0.2026",
        "SO.5343.1.1999",
        "SO/5343/1",
        "SO.5343.1.2026.jk",
        "1.5343.1.2026",
    ],
)
def test_malformed_sign_is_refused_and_takes_no_number(
    portal: TestPortal, jan: TestApp, clerk: TestApp, sign: str
) -> None:
    number = unregistered(portal, jan)
    with portal.opened(commit=False) as opened:
        before = {key: one.last for key, one in opened.office.sequences.items()}
    form = desk_form(clerk, number)
    form["znak"] = sign
    page = form.submit("zarejestruj", status=422)
    assert page.html.find(class_="error-summary")
    with portal.opened(commit=False) as opened:
        assert {key: one.last for key, one in opened.office.sequences.items()} == before


def unregistered(portal: TestPortal, jan: TestApp) -> str:
    with portal.opened(commit=False) as opened:
        found = [case.number for case in opened.office.cases.values() if case.last.stage == "zlozona"]
    return found[0] if found else file(portal, jan)


def test_registration_twice_gives_one_number(portal: TestPortal, jan: TestApp, clerk: TestApp) -> None:
    number = file(portal, jan)
    form = desk_form(clerk, number)
    form.submit("zarejestruj", status=303)
    form.submit("zarejestruj", status=422)
    with portal.opened(commit=False) as opened:
        assert [event.stage for event in opened.office.cases[number].events] == ["zlozona", "zarejestrowana"]


def test_sign_that_was_given_is_refused_with_the_next_free_one(
    portal: TestPortal, jan: TestApp, clerk: TestApp
) -> None:
    first, second = file(portal, jan), file(portal, jan)
    stale = desk_form(clerk, second)
    register(clerk, first)
    page = stale.submit("zarejestruj", status=422)
    assert "jest już nadany" in message(page)


def test_reading_a_case_at_the_desk_leaves_a_line_in_the_audit_trail(
    portal: TestPortal, clerk: TestApp, filed: str
) -> None:
    def events() -> list[tuple[str, str]]:
        with portal.opened(commit=False) as opened:
            found = opened.office.events.values()
            return sorted((one.what, one.who) for one in found if one.about == filed)

    before = events()
    clerk.get(f"/urzad/sprawy/{filed}")
    clerk.get(f"/urzad/sprawy/{filed}/upp.xml")
    clerk.get(f"/urzad/sprawy/{filed}/pismo")
    assert len(events()) == len(before) + 3


def test_citizen_reading_writes_nothing(portal: TestPortal, jan: TestApp, filed: str) -> None:
    def last() -> bytes:
        return portal.registry._zodb_databases["office"].storage.lastTransaction()

    jan.get("/sprawy")  # shows what was flashed before
    before = last()
    for name in ("", "/pismo", "/upp.xml", "/upp.pdf"):
        jan.get(f"/sprawy/{filed}{name}")
    jan.get("/sprawy")
    assert last() == before


@pytest.mark.parametrize(
    "values",
    [
        {"etap": "zlozona"},
        {"etap": "zarejestrowana"},
        {"etap": "nieznany"},
        {"etap": "zakonczona"},
        {"etap": "zakonczona", "wynik": "inaczej"},
        {"etap": "zawieszona", "wiadomosc": "x", "wynik": "pozytywnie"},
        {"etap": "zawieszona"},
        {"etap": "wezwanie", "wiadomosc": "x"},
        {"etap": "wezwanie", "wiadomosc": "x", "termin": "kiedyś"},
        {"etap": "zawieszona", "wiadomosc": "x" * 2001},
        {"__start__": "etap:sequence", "__end__": "etap:sequence"},
        {},
    ],
)
def test_crafted_change_is_refused(portal: TestPortal, clerk: TestApp, in_progress: str, values: Any) -> None:
    token = desk_form(clerk, in_progress)["csrf_token"].value
    clerk.post(f"/urzad/sprawy/{in_progress}", {"csrf_token": token, **values}, status=422)
    with portal.opened(commit=False) as opened:
        assert opened.office.cases[in_progress].last.stage == "w-trakcie"


def test_applicant_has_no_way_to_the_desk(jan: TestApp, filed: str) -> None:
    jan.get("/urzad", status=403)
    jan.get(f"/urzad/sprawy/{filed}", status=404)
