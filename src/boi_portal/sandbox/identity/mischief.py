"""Every way in which an identity provider of the sandbox can misbehave, by name.

Owns the list, which follows the table of attacks and faults that the portal must refuse. A name is stable: tests of both sides are
parametrised over `MISCHIEFS`. Most change one `Answer` before it is made and can be chosen for a single sign-in; those without a change
concern metadata, logout or the process, and hold while they are switched on.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from typing import Any

from boi_portal.sandbox.identity import wrapping
from boi_portal.sandbox.identity.answers import SAML2, WEZEL, Answer
from boi_portal.sandbox.identity.documents import new_id
from boi_portal.sandbox.identity.keys import SigningKey

_BOTH = (WEZEL, SAML2)
_MINUTE, _DAY = dt.timedelta(minutes=1), dt.timedelta(days=1)
ELSEWHERE = "http://gdzie-indziej.example/"
GROUPS = {
    "podpis": "Podpis odpowiedzi",
    "podmiana": "Podmiana podpisanych części",
    "tresc": "Treść odpowiedzi",
    "czas": "Czas",
    "dokument": "Dokument jako całość",
    "lacze": "Łącze",
    "wylogowanie": "Wylogowanie",
    "metadane": "Metadane i klucze",
    "dozwolone": "Nietypowe, ale dozwolone",
}


@dataclasses.dataclass(frozen=True)
class Mischief:
    """One way to misbehave."""

    name: str
    group: str
    label: str  # Polish
    change: Callable[[Any], None] | None = None  # of the answer before it is made
    profiles: tuple[str, ...] = _BOTH
    harmless: bool = False  # a service must accept it

    @property
    def for_one_sign_in(self) -> bool:
        """Whether it can be chosen for a single sign-in."""
        return self.change is not None


def _set(**values: object) -> Callable[[Answer], None]:
    def change(answer: Answer) -> None:
        for name, value in values.items():
            setattr(answer, name, value)

    return change


def _clock(ahead: dt.timedelta) -> Callable[[Answer], None]:
    return _set(clock=ahead)


def _foreign_key(answer: Answer) -> None:
    answer.signer = answer.strangers_key


def _foreign_key_under_known_certificate(answer: Answer) -> None:
    answer.signer = SigningKey(answer.strangers_key.key, answer.signer.certificate)


def _other_request(answer: Answer) -> None:
    answer.confirmed_request_id = new_id()


def _unknown_request(answer: Answer) -> None:
    answer.request_id = answer.confirmed_request_id = new_id()


def _expired(answer: Answer) -> None:
    answer.valid_from -= 60 * _MINUTE
    answer.valid_until = answer.valid_from + 30 * _MINUTE


def _not_yet_valid(answer: Answer) -> None:
    answer.valid_from += 30 * _MINUTE
    answer.valid_until += 30 * _MINUTE


def _issued_long_ago(answer: Answer) -> None:
    answer.issued -= 2 * _DAY
    answer.valid_from -= 2 * _DAY


def _replayed_id(answer: Answer) -> None:
    answer.assertion_id = answer.last_assertion_id or answer.assertion_id


def _undecryptable(answer: Answer) -> None:
    kind = "ec" if answer.profile == WEZEL else "rsa"
    answer.encrypt_to = SigningKey.made("Obcy odbiorca", kind).certificate


def _wrap(way: str) -> Callable[[Answer], None]:
    def change(answer: Answer) -> None:
        answer.wrapped = way
        if answer.profile == SAML2 and way in wrapping.NEED_PARENT:
            answer.sign_assertion, answer.sign_response = True, False

    return change


_WAYS = {
    "in-signature": "podpisana odpowiedź wewnątrz własnego podpisu, na jej miejscu fałszywa",
    "beside-signature": "podpisana odpowiedź w fałszywej, obok podpisu",
    "inside": "podpisana odpowiedź na końcu fałszywej",
    "in-object": "podpisana odpowiedź w ds:Object podpisu fałszywej",
    "before": "fałszywa przed podpisaną",
    "after": "fałszywa z podpisem, podpisana za nią",
    "in-extensions": "fałszywa w Extensions, z tym samym identyfikatorem",
}
MISCHIEFS: tuple[Mischief, ...] = (
    Mischief("nothing-signed", "podpis", "nic nie jest podpisane", _set(sign_response=False, sign_artifact=False)),
    Mischief("unsigned-response", "podpis", "odpowiedź (Response) bez podpisu", _set(sign_response=False)),
    Mischief(
        "unsigned-artifact-response", "podpis", "ArtifactResponse bez podpisu", _set(sign_artifact=False), (WEZEL,)
    ),
    Mischief(
        "only-assertion-signed",
        "podpis",
        "podpisane tylko poświadczenie (Assertion)",
        _set(sign_response=False, sign_artifact=False, sign_assertion=True),
    ),
    Mischief("foreign-key", "podpis", "podpis obcym kluczem", _foreign_key),
    Mischief(
        "foreign-key-known-certificate",
        "podpis",
        "podpis obcym kluczem, obok certyfikat dostawcy",
        _foreign_key_under_known_certificate,
    ),
    Mischief("hmac", "podpis", "HMAC, w którym tajemnicą jest klucz publiczny", _set(mac=True)),
    Mischief("sha1", "podpis", "podpis i skrót SHA-1", _set(digest="sha1")),
    Mischief("altered-attribute", "podpis", "dane osoby zmienione po podpisaniu", _set(altered=True)),
    *(Mischief(f"wrapping-{way}", "podmiana", label, _wrap(way)) for way, label in _WAYS.items()),
    Mischief(
        "wrapping-artifact-in-object",
        "podmiana",
        "podpisane ArtifactResponse w ds:Object fałszywego",
        _set(artifact_wrapped="in-object"),
        (WEZEL,),
    ),
    Mischief(
        "wrapping-artifact-before",
        "podmiana",
        "fałszywe ArtifactResponse przed podpisanym",
        _set(artifact_wrapped="before"),
        (WEZEL,),
    ),
    Mischief("unknown-issuer", "tresc", "nieznany wystawca", _set(issuer="obcy-wezel.example")),
    Mischief("wrong-audience", "tresc", "inny odbiorca (Audience)", _set(audience=ELSEWHERE)),
    Mischief("wrong-recipient", "tresc", "inny adres odbiorcy (Recipient)", _set(recipient=ELSEWHERE)),
    Mischief("wrong-destination", "tresc", "inny adres przeznaczenia (Destination)", _set(destination=ELSEWHERE)),
    Mischief("no-destination", "tresc", "brak adresu przeznaczenia", _set(destination=None), (SAML2,)),
    Mischief("wrong-in-response-to", "tresc", "odpowiedź na nieznane żądanie", _unknown_request),
    Mischief("unsolicited", "tresc", "odpowiedź bez żądania", _set(request_id=None, confirmed_request_id=None)),
    Mischief("other-request", "tresc", "zaszyfrowane poświadczenie odpowiada na inne żądanie", _other_request),
    Mischief(
        "wrong-artifact-in-response-to",
        "tresc",
        "ArtifactResponse na inne żądanie",
        _set(artifact_request_id="ID-nieznane"),
        (WEZEL,),
    ),
    Mischief("no-conditions", "tresc", "brak warunków (Conditions)", _set(conditions=False)),
    Mischief("no-audience-restriction", "tresc", "brak AudienceRestriction", _set(audience_restriction=False)),
    Mischief("lower-loa", "tresc", "niższy poziom bezpieczeństwa, niż proszono", _set(level="low")),
    Mischief("no-attributes", "tresc", "brak danych osoby", _set(attributes=False)),
    Mischief("comment-in-nameid", "tresc", "komentarz XML w NameID", _set(comment_in="NameID")),
    Mischief("comment-in-pesel", "tresc", "komentarz XML w numerze PESEL", _set(comment_in="PersonIdentifier")),
    Mischief("replayed-assertion-id", "tresc", "identyfikator poprzedniego poświadczenia", _replayed_id),
    Mischief("replayed-response", "tresc", "poprzednia odpowiedź jeszcze raz", _set(replay=True)),
    Mischief("undecryptable", "tresc", "zaszyfrowane dla kogo innego", _undecryptable),
    Mischief("wrong-relay-state", "tresc", "inny RelayState", _set(relay_state="nie-ten")),
    Mischief("no-relay-state", "tresc", "brak RelayState", _set(relay_state=None)),
    Mischief("expired", "czas", "ważność minęła", _expired),
    Mischief("not-yet-valid", "czas", "jeszcze nieważne", _not_yet_valid),
    Mischief("issued-long-ago", "czas", "wystawione dwa dni temu, nadal ważne", _issued_long_ago),
    Mischief("clock-5min-ahead", "czas", "zegar spieszy się o 5 minut", _clock(5 * _MINUTE)),
    Mischief("clock-5min-behind", "czas", "zegar spóźnia się o 5 minut", _clock(-5 * _MINUTE)),
    Mischief("dtd", "dokument", "deklaracja typu (DTD)", _set(document="dtd")),
    Mischief("entities", "dokument", "bomba encji", _set(document="entities")),
    Mischief("external-entity", "dokument", "encja zewnętrzna (XXE)", _set(document="external-entity")),
    Mischief("large", "dokument", "dokument 2 MB", _set(document="large")),
    Mischief("unpublished-key", "metadane", "podpis nowym kluczem, którego nie ma w metadanych", _foreign_key),
    Mischief("expired-metadata", "metadane", "metadane dostawcy są przeterminowane"),
    Mischief("expired-certificate", "metadane", "certyfikat dostawcy wygasł"),
    Mischief("down", "lacze", "nie działa (503)", _set(link="down")),
    Mischief("slow", "lacze", "nie odpowiada", _set(link="slow")),
    Mischief("unsigned-logout-request", "wylogowanie", "żądanie wylogowania bez podpisu"),
    Mischief("foreign-logout-request", "wylogowanie", "żądanie wylogowania podpisane obcym kluczem"),
    Mischief("unsigned-logout-response", "wylogowanie", "odpowiedź na wylogowanie bez podpisu"),
    Mischief("foreign-logout-response", "wylogowanie", "odpowiedź na wylogowanie podpisana obcym kluczem"),
    Mischief("clock-30s-ahead", "dozwolone", "zegar spieszy się o 30 sekund", _clock(_MINUTE / 2), harmless=True),
    Mischief("clock-30s-behind", "dozwolone", "zegar spóźnia się o 30 sekund", _clock(-_MINUTE / 2), harmless=True),
    Mischief(
        "assertion-signed-too", "dozwolone", "podpisane także poświadczenie", _set(sign_assertion=True), harmless=True
    ),
    Mischief(
        "short-content-key", "dozwolone", "klucz 128-bitowy pod nazwą aes256-gcm", _set(key_bytes=16), (WEZEL,), True
    ),
)
BY_NAME = {mischief.name: mischief for mischief in MISCHIEFS}


def spoil(answer: Answer, names: set[str]) -> None:
    """Change the answer in each of the ways named that its profile knows."""
    for name in sorted(names):
        mischief = BY_NAME[name]
        if mischief.change is not None and answer.profile in mischief.profiles:
            mischief.change(answer)
