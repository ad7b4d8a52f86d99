"""The official receipt (urzędowe poświadczenie przedłożenia, UPP): its XML, sealed, and reading it again.

Owns what a receipt says. The namespace and the elements are those of the state's UPO structure of 2008; their order and cardinality
could not be checked against a published schema. Must not decide whether something was filed: `filing` does.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence

from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from ..signing import SealKey, SignatureRefused, TrustStore, VerifiedSignature, certificates, seal, verify_seal

NAMESPACE = "http://crd.gov.pl/xml/schematy/UPO/2008/05/09/"


@dataclasses.dataclass(frozen=True)
class Party:
    """The office or the sender: a name and a number of the kind `id_type`."""

    name: str
    id_type: str
    id: str


@dataclasses.dataclass(frozen=True)
class Receipt:
    """What a receipt says. `details` are pairs of a kind and a text, in order."""

    id: str
    addressee: Party
    sender: Party
    delivered_at: datetime.datetime
    made_at: datetime.datetime
    document_id: str
    details: tuple[tuple[str, str], ...]

    def detail(self, kind: str) -> str:
        """The text of the first detail of a kind; empty where there is none."""
        return next((text for name, text in self.details if name == kind), "")


class ReceiptRefused(ValueError):
    """A file that is no receipt of this office; the message is for the person, in Polish."""


YEARS = range(2000, 2200)  # of receipts; certificates cannot be judged at the ends of the calendar

# kinds of details
FORM = "Formularz"
DOCUMENT_SHA256 = "Skrót SHA-256 dokumentu"
SIGNED_SHA256 = "Skrót SHA-256 podpisanego pliku"
SIGNER = "Podpis"
AGENT = "Działa w imieniu nadawcy"
ATTACHMENT = "Załącznik"


def make(receipt: Receipt, key: SealKey) -> bytes:
    """The receipt as XML with the office's seal.

    :raises ValueError: the seal's certificate is not valid at `made_at`.
    """
    root = etree.Element(_tag("Dokument"), nsmap={None: NAMESPACE})
    body = _add(root, "UPP")
    _add(body, "IdentyfikatorPoswiadczenia", receipt.id)
    _party(body, "Adresat", receipt.addressee)
    _party(body, "Nadawca", receipt.sender)
    _add(body, "DataDoreczenia", _time(receipt.delivered_at))
    _add(body, "DataWytworzeniaPoswiadczenia", _time(receipt.made_at))
    _add(body, "IdentyfikatorDokumentu", receipt.document_id)
    for kind, text in receipt.details:
        _add(body, "InformacjaUzupelniajaca", text, TypInformacjiUzupelniajacej=kind)
    return seal(etree.tostring(root, encoding="UTF-8", xml_declaration=True), key, receipt.made_at)


def read(sealed: bytes) -> Receipt:
    """What a receipt says; whether it may be believed, `check` tells.

    :raises ReceiptRefused: it does not have a receipt's shape.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(sealed, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ReceiptRefused(_NO_RECEIPT) from error
    body = root.find(_tag("UPP")) if root.tag == _tag("Dokument") else None
    if body is None:
        raise ReceiptRefused(_NO_RECEIPT)
    try:
        return Receipt(
            id=_text(body, "IdentyfikatorPoswiadczenia"),
            addressee=_read_party(body, "Adresat"),
            sender=_read_party(body, "Nadawca"),
            delivered_at=datetime.datetime.fromisoformat(_text(body, "DataDoreczenia")),
            made_at=datetime.datetime.fromisoformat(_text(body, "DataWytworzeniaPoswiadczenia")),
            document_id=_text(body, "IdentyfikatorDokumentu"),
            details=tuple(_details(body)),
        )
    except ValueError as error:
        raise ReceiptRefused(_NO_RECEIPT) from error


def check(sealed: bytes, trust: TrustStore, own: SealKey) -> tuple[Receipt, VerifiedSignature]:
    """The receipt in `sealed`, if it bears this office's own intact seal: the present certificate, or an earlier one of its NIP.

    The certificate is judged at the time that the sealed receipt itself names: it was the office's clock.

    :raises ReceiptRefused: no receipt, altered, or not our seal.
    """
    receipt = read(sealed)
    if receipt.made_at.utcoffset() is None or receipt.made_at.year not in YEARS:
        raise ReceiptRefused(_NO_RECEIPT)
    try:
        verified = verify_seal(sealed, trust, receipt.made_at)
    except SignatureRefused as refusal:
        raise ReceiptRefused(_REFUSALS.get(refusal.reason.code, _NOT_OURS)) from refusal
    held = certificates.signer(own.certificate)
    if verified.certificate != own.certificate.public_bytes(Encoding.DER) and (
        held.nip is None or verified.signer.nip != held.nip
    ):
        raise ReceiptRefused(_NOT_OURS)
    return receipt, verified


_NO_RECEIPT = (
    "To nie jest urzędowe poświadczenie przedłożenia. Wybierz plik XML, który nasz portal zapisał jako UPP. "
    "Obrazu w PDF ani wydruku nie da się sprawdzić."
)
_ALTERED = (
    "Plik zmieniono po opatrzeniu go pieczęcią, dlatego nie jest poświadczeniem. Poproś o oryginalny plik XML albo pobierz go "
    "jeszcze raz ze strony sprawy."
)
_NOT_OURS = "Na tym poświadczeniu nie ma pieczęci naszego urzędu. Nie traktuj go jako dowodu złożenia pisma."
_UNSEALED = "W tym pliku nie ma pieczęci, więc nie jest on poświadczeniem."
_UNKNOWN_NOW = "Nie możemy teraz sprawdzić, czy pieczęć jest ważna. Spróbuj ponownie później."
_REFUSALS = {
    "not_xml": _NO_RECEIPT,
    "too_large": _NO_RECEIPT,
    "too_complex": _NO_RECEIPT,
    "no_signature": _UNSEALED,
    "altered": _ALTERED,
    "not_whole": _ALTERED,
    "malformed": _ALTERED,
    "revocation_unknown": _UNKNOWN_NOW,
}


def _details(body: etree._Element) -> list[tuple[str, str]]:
    found = body.findall(_tag("InformacjaUzupelniajaca"))
    return [(node.get("TypInformacjiUzupelniajacej", ""), node.text or "") for node in found]


def _party(parent: etree._Element, name: str, party: Party) -> None:
    node = _add(parent, name)
    _add(node, "Nazwa", party.name)
    _add(node, "IdentyfikatorPodmiotu", party.id, TypIdentyfikatora=party.id_type)


def _read_party(parent: etree._Element, name: str) -> Party:
    node = _one(parent, name)
    number = _one(node, "IdentyfikatorPodmiotu")
    return Party(_text(node, "Nazwa"), number.get("TypIdentyfikatora", ""), number.text or "")


def _one(parent: etree._Element, name: str) -> etree._Element:
    found: Sequence[etree._Element] = parent.findall(_tag(name))
    if len(found) != 1:
        raise ValueError(f"{len(found)} × {name}")
    return found[0]


def _text(parent: etree._Element, name: str) -> str:
    node = _one(parent, name)
    if len(node):  # a comment would split the text
        raise ValueError(f"markup in {name}")
    return node.text or ""


def _time(moment: datetime.datetime) -> str:
    return moment.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _add(parent: etree._Element, name: str, text: str = "", **attributes: str) -> etree._Element:
    node = etree.SubElement(parent, _tag(name), attributes)
    node.text = text or None
    return node
