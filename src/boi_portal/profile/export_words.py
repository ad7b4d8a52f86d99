"""The words that explain the copy of one's data: what lies in which file, and what each key means. Reads nothing.

The keys are a promise: programs read them. A key is added here when `export_contents` writes it; a test compares the two.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping

from ..web.polish import datetime_text

VERSION = "1"

_FILE = {
    "path": "gdzie plik leży w tej paczce",
    "name": "nazwa, jaką miał plik",
    "size": "rozmiar w bajtach",
    "sha256": "suma kontrolna SHA-256",
}
_ADDRESS = {
    "street": "ulica",
    "house_number": "numer domu",
    "flat": "numer mieszkania",
    "postal_code": "kod pocztowy",
    "town": "miejscowość",
}

# file -> what it holds, and its keys
FILES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "konto.json": (
        "Dane konta.",
        {
            "id": "losowy identyfikator konta",
            "kind": "rodzaj konta: person, business lub organisation",
            "kind_title": "rodzaj konta słowami",
            "login": "login",
            "email": "adres e-mail",
            "phone": "telefon",
            "first_name": "imię",
            "last_name": "nazwisko",
            "org_name": "nazwa firmy lub instytucji",
            "birth_date": "data urodzenia",
            "numbers": "numery: pesel, document (dokument: kind – rodzaj, number – numer, country – państwo), nip, regon, krs",
            "pesel": "numer PESEL",
            "document": "dokument osoby bez numeru PESEL",
            "number": "numer dokumentu",
            "country": "państwo, które wydało dokument",
            "nip": "NIP",
            "regon": "REGON",
            "krs": "numer KRS",
            "residence": "adres zamieszkania lub siedziby",
            "correspondence": "adres do korespondencji; null: taki sam",
            **_ADDRESS,
            "verified_by": "które dane potwierdził dostawca tożsamości i który",
            "notifications": "które powiadomienia wysyłamy",
            "email_change": "zmiana adresu e-mail, która czeka lub którą można cofnąć",
            "new": "nowy adres e-mail",
            "former": "poprzedni adres e-mail",
            "until": "do kiedy działa link",
            "confirmed": "czy nowy adres jest potwierdzony",
            "records_system_id": "numer w systemie urzędu, który założył konto",
            "made_by_office": "czy konto założył urząd",
            "merged_accounts": "identyfikatory kont połączonych z tym kontem",
            "created_at": "kiedy konto założono",
            "activated_at": "kiedy konto aktywowano",
            "idle_warned_at": "kiedy wysłaliśmy ostrzeżenie o nieużywanym koncie",
        },
    ),
    "zgody.json": (
        "Zgody, których udzielono, najnowsze na początku.",
        {"title": "tytuł", "version": "wersja treści", "at": "kiedy", "text_html": "treść, jak wtedy brzmiała (HTML)"},
    ),
    "logowanie.json": (
        "Sposoby logowania, urządzenia i otwarte sesje. Haseł i kodów tu nie ma: przechowujemy tylko ich skróty.",
        {
            "has_password": "czy konto ma hasło",
            "code_application": "aplikacja z kodami",
            "passkeys": "klucze dostępu",
            "name": "nazwa klucza",
            "added_at": "kiedy dodano",
            "used_at": "kiedy ostatnio użyto",
            "recovery_codes_left": "ile zostało kodów zapasowych",
            "devices": "urządzenia, z których się logowano",
            "browser": "przeglądarka i system",
            "first_seen": "pierwsze logowanie",
            "last_seen": "ostatnie logowanie",
            "sessions": "otwarte sesje",
            "begun": "początek sesji",
            "address": "adres sieciowy",
            "identities": "połączone środki identyfikacji elektronicznej",
            "provider": "dostawca tożsamości",
            "linked_at": "kiedy połączono",
        },
    ),
    "listy.json": (
        "E-maile, które wysłaliśmy, bez treści. Najwyżej 500 ostatnich.",
        {"kind": "rodzaj listu", "title": "czego dotyczył", "at": "kiedy wysłany", "to": "na jaki adres"},
    ),
    "reprezentacje.json": (
        "Kto działa w Twoim imieniu (given) i w czyim imieniu działasz Ty (held).",
        {
            "given": "upoważnienia, których udzielono z tego konta",
            "held": "upoważnienia, z których korzystasz",
            "kind": "member – osoba w firmie, mandate – pełnomocnictwo",
            "other_side": "druga strona",
            "invited": "login lub adres e-mail, na który wysłano zaproszenie",
            "allows": "na co pozwala",
            "scope": "ograniczenie do kategorii spraw (categories) lub formularzy (forms); null: bez ograniczenia",
            "categories": "identyfikatory kategorii spraw",
            "forms": "identyfikatory formularzy",
            "valid_from": "od kiedy",
            "valid_until": "do kiedy",
            "state": "offered – czeka, accepted – przyjęte, declined – odrzucone, ended – zakończone",
            "offered_at": "kiedy zaproszono",
            "answered_at": "kiedy odpowiedziano",
            "ended_at": "kiedy zakończono",
            "document": "gdzie w tej paczce leży dokument pełnomocnictwa",
        },
    ),
    "zmiany-numerow.json": (
        "Zgłoszenia zmiany numerów.",
        {
            "which": "który numer",
            "number": "nowy numer; po decyzji pusty",
            "note": "Twoje wyjaśnienie",
            "asked_at": "kiedy zgłoszono",
            "state": "waiting – czeka, accepted – przyjęte, refused – odrzucone",
            "decided_at": "kiedy rozpatrzono",
            "reason": "wyjaśnienie urzędu",
            "document": "gdzie w tej paczce leży dokument",
        },
    ),
    "robocze/…/formularz.json": (
        "Rozpoczęty formularz. Obok, w folderze „pliki”, leżą dołączone pliki.",
        {
            "title": "tytuł formularza",
            "version": "wersja formularza",
            "created_at": "kiedy rozpoczęto",
            "updated_at": "kiedy ostatnio zmieniono",
            "filled_by": "kto wypełniał",
            "consented": "czy zaznaczono zgodę z formularza",
            "answers": "odpowiedzi",
            "page": "strona formularza",
            "field": "pole",
            "question": "treść pytania",
            "answer": "to, co wpisano",
            "files": "dołączone pliki",
            **_FILE,
        },
    ),
    "sprawy/…/sprawa.json": (
        "Sprawa. Obok leżą: pismo.xml (dokument), pismo-podpisane.xml (dokument z podpisem), certyfikat.der (certyfikat podpisu), "
        "upp.xml (poświadczenie z pieczęcią urzędu), folder „zalaczniki” i dokument pełnomocnictwa. "
        "Te same pisma jako PDF pobierzesz ze strony sprawy w portalu.",
        {
            "number": "numer sprawy w portalu",
            "rpw_number": "numer w rejestrze przesyłek wpływających",
            "case_sign": "znak sprawy",
            "title": "tytuł",
            "department": "wydział; w danych formularza jego symbol",
            "jrwa": "klasa z Jednolitego Rzeczowego Wykazu Akt",
            "filed_at": "kiedy złożono",
            "deadline": "planowany dzień załatwienia",
            "stages": "etapy, od najstarszego",
            "stage": "etap",
            "at": "kiedy",
            "by": "kto zmienił etap; puste: portal albo Ty",
            "note": "wiadomość od urzędu",
            "outcome": "sposób załatwienia",
            "reply_by": "do kiedy trzeba uzupełnić pismo",
            "submission": "złożone pismo",
            "form": "formularz (uid – identyfikator, symbol, title, version, sha256, department, jrwa)",
            "uid": "identyfikator formularza",
            "symbol": "symbol formularza",
            "version": "wersja formularza",
            "signature": "podpis",
            "signer": "kto podpisał",
            "kind": "qualified – podpis kwalifikowany, seal – pieczęć",
            "issuer": "wystawca certyfikatu",
            "serial_number": "numer seryjny certyfikatu",
            "not_before": "certyfikat ważny od",
            "not_after": "certyfikat ważny do",
            "algorithm": "algorytm podpisu",
            "claimed_time": "czas podpisu według podpisującego",
            "checked_at": "kiedy portal sprawdził podpis",
            "acted": "kto złożył w Twoim imieniu; null: Ty",
            "by_mandate": "czy na podstawie pełnomocnictwa",
            "valid_from": "pełnomocnictwo od",
            "valid_until": "pełnomocnictwo do",
            "document": "gdzie w tej paczce leży pełnomocnictwo",
            "attachments": "załączniki",
            **_FILE,
        },
    ),
    "zdarzenia.json": (
        "Kto i kiedy oglądał lub zmieniał Twoje dane i sprawy oraz co Ty robisz na koncie: wpisy dziennika zdarzeń, "
        "dla konta i dla każdej sprawy od najnowszego. "
        "Pracowników urzędu opisujemy stanowiskiem i wydziałem (według dnia dzisiejszego), bez nazwisk.",
        {
            "at": "kiedy",
            "what": "rodzaj zdarzenia",
            "title": "rodzaj zdarzenia słowami",
            "who": "kto",
            "about": "czego dotyczy: konto albo numer sprawy",
            "how": "w jaki sposób lub co dokładnie (skrót)",
            "address": "adres sieciowy (przy Twoich działaniach i próbach logowania)",
            "agent": "przeglądarka (przy Twoich działaniach i próbach logowania)",
        },
    ),
}


def readme(at: datetime.datetime) -> str:
    """The file that one reads first."""
    parts = [
        "KOPIA TWOICH DANYCH Z PORTALU",
        f"Stan na: {datetime_text(at)}. Wersja opisu: {VERSION}.",
        "W tej paczce jest wszystko, co portal przechowuje o Tobie. Przechowuj ją bezpiecznie: są w niej numery osobowe i pisma.",
        "Pliki .json otworzysz w edytorze tekstu; odczyta je też każdy program. Kodowanie: UTF-8. "
        "Czas podajemy w UTC (ISO 8601). Puste wartości oznaczają, że czegoś nie podano.",
        "Czego tu nie ma: haseł i kodów (przechowujemy tylko ich skróty) "
        "oraz akt, które urząd prowadzi poza portalem – o nie zapytaj w urzędzie.",
        "CO JEST W KTÓRYM PLIKU",
    ]
    for name, (about, keys) in FILES.items():
        rows = "\n".join(f"  {key} – {words}" for key, words in keys.items())
        parts.append(f"{name}\n{about}\n{rows}")
    return "\n\n".join(parts) + "\n"
