"""Why a signed file is not accepted: the reasons, each with the message that the person reads.

Owns the wording. Must not decide anything: `verification` and its neighbours raise what stands here.
"""

from __future__ import annotations

import enum


class Reason(enum.Enum):
    """A reason for refusing a signature; `message` says in Polish what happened and what to do next."""

    NOT_XML = (
        "not_xml",
        "To nie jest plik XML z podpisem. Wybierz plik, który zapisała Twoja aplikacja do podpisu (zwykle "
        "kończy się na .xml lub .xades).",
    )
    TOO_LARGE = (
        "too_large",
        "Plik jest za duży: podpisany dokument może mieć najwyżej 5 MB. Podpisz dokument pobrany z portalu, "
        "bez dołączania do niego innych plików.",
    )
    TOO_COMPLEX = (
        "too_complex",
        "Plik jest spakowany albo zbudowany tak, że nie możemy go bezpiecznie otworzyć. Podpisz jeszcze raz "
        "dokument pobrany z portalu i wyślij plik bez pakowania.",
    )
    NO_SIGNATURE = (
        "no_signature",
        "W pliku nie ma podpisu. Najpierw podpisz dokument w swojej aplikacji, a potem wyślij plik, który ona "
        "zapisała.",
    )
    NOT_WHOLE = (
        "not_whole",
        "Podpis nie obejmuje dokładnie całego dokumentu albo podpisów jest kilka. Pobierz dokument z portalu "
        "i podpisz go jednym podpisem, w całości.",
    )
    ALTERED = (
        "altered",
        "Plik zmieniono po podpisaniu, dlatego podpis się nie zgadza. Podpisz dokument jeszcze raz i wyślij "
        "go bez otwierania w innym programie.",
    )
    OTHER_DOCUMENT = (
        "other_document",
        "Podpis dotyczy innego dokumentu albo jego wcześniejszej wersji. Pobierz z portalu aktualny dokument, "
        "podpisz go i wyślij.",
    )
    WEAK_ALGORITHM = (
        "weak_algorithm",
        "Podpis złożono przestarzałą metodą (na przykład SHA-1). W ustawieniach aplikacji do podpisu wybierz "
        "SHA-256 i podpisz dokument ponownie.",
    )
    NOT_XADES = (
        "not_xades",
        "Podpis nie ma formatu XAdES. W ustawieniach aplikacji do podpisu wybierz XAdES i podpisz dokument ponownie.",
    )
    CERTIFICATE_UNKNOWN = (
        "certificate_unknown",
        "Nie znamy wystawcy certyfikatu, którym złożono podpis. Podpisz dokument certyfikatem kwalifikowanym "
        "albo wybierz inny sposób podpisania.",
    )
    CERTIFICATE_EXPIRED = (
        "certificate_expired",
        "Certyfikat, którym złożono podpis, stracił ważność. Podpisz dokument ważnym certyfikatem.",
    )
    CERTIFICATE_NOT_YET_VALID = (
        "certificate_not_yet_valid",
        "Certyfikat, którym złożono podpis, nie jest jeszcze ważny. Podpisz dokument, gdy certyfikat zacznie "
        "obowiązywać, albo użyj innego.",
    )
    CERTIFICATE_REVOKED = (
        "certificate_revoked",
        "Certyfikat, którym złożono podpis, unieważniono. Podpisz dokument innym, ważnym certyfikatem.",
    )
    REVOCATION_UNKNOWN = (
        "revocation_unknown",
        "Nie możemy teraz sprawdzić, czy certyfikat nie został unieważniony. Podpis nie przepadł: spróbuj "
        "wysłać ten sam plik później.",
    )
    NOT_QUALIFIED = (
        "not_qualified",
        "To nie jest podpis kwalifikowany. Podpisz dokument certyfikatem kwalifikowanym albo wybierz inny "
        "sposób podpisania.",
    )
    EXTERNAL_REFERENCE = (
        "external_reference",
        "Podpis odsyła do treści poza plikiem. W ustawieniach aplikacji do podpisu wybierz podpis otoczony "
        "(wewnętrzny) i podpisz dokument ponownie.",
    )
    FOREIGN_ROLE = (
        "foreign_role",
        "W podpisie wpisano rolę osoby podpisującej, a jej nie możemy potwierdzić. Podpisz dokument ponownie, "
        "bez podawania roli ani stanowiska.",
    )
    MALFORMED = (
        "malformed",
        "Nie możemy odczytać podpisu, bo plik jest uszkodzony albo niezgodny z normą. Podpisz dokument "
        "jeszcze raz i wyślij nowy plik.",
    )

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = message

    @property
    def temporary(self) -> bool:
        """Whether the same file may be accepted later, when the lists of revoked certificates are there again."""
        return self is Reason.REVOCATION_UNKNOWN


class SignatureRefused(Exception):
    """A signed file that is not accepted; `detail` is for logs and admins, English, without personal data."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason.code}: {detail}")
        self.reason = reason
        self.detail = detail
