"""What people are told when an identity provider's answer is not believed: what to do, not what the fault is called."""

from __future__ import annotations

from ..identity import Reason, Refused
from ..web.errors import ErrorText

_ELSE = "Możesz też zalogować się loginem i hasłem."

NO_QUESTION = ErrorText(
    "Tego logowania nie da się dokończyć",
    (
        "Odpowiedź dostawcy tożsamości przyszła drugi raz albo zbyt późno.",
        f"Zacznij logowanie jeszcze raz. {_ELSE}",
    ),
)
TICKET_OVER = ErrorText(
    "To logowanie już się zakończyło",
    ("Ten adres działa jeden raz i przez pół godziny.", f"Zacznij logowanie jeszcze raz. {_ELSE}"),
)
FOREIGN_ANSWER = ErrorText(
    "To logowanie zaczęto w innej przeglądarce",
    (
        "Dla bezpieczeństwa logowanie trzeba skończyć w tej samej przeglądarce, w której się je zaczęło.",
        f"Zacznij logowanie jeszcze raz. {_ELSE}",
    ),
)
DOWN = ErrorText(
    "Dostawca tożsamości chwilowo nie odpowiada",
    ("Nic nie zostało zapisane. Spróbuj ponownie za kilka minut.", _ELSE),
)
DECLINED = ErrorText(
    "Logowanie zostało przerwane",
    ("Nie potwierdzono tożsamości u dostawcy. Możesz spróbować jeszcze raz.", _ELSE),
)
LOW = ErrorText(
    "Potrzebny jest wyższy poziom pewności",
    (
        "Wybrany sposób potwierdzenia tożsamości jest słabszy, niż wymaga tego portal.",
        f"Zaloguj się jeszcze raz i wybierz profil zaufany albo e-dowód. {_ELSE}",
    ),
)
UNAVAILABLE = ErrorText(
    "Ten sposób logowania jest chwilowo wyłączony",
    ("Urząd musi odnowić połączenie z dostawcą tożsamości. Administrator już o tym wie.", _ELSE),
)
NOT_BELIEVED = ErrorText(
    "Nie możemy potwierdzić tej odpowiedzi",
    (
        "Odpowiedź dostawcy tożsamości jest niekompletna albo nie zgadza się z naszym pytaniem, więc jej nie przyjęliśmy.",
        f"Zacznij logowanie jeszcze raz. Jeśli to się powtórzy, powiadom urząd. {_ELSE}",
    ),
)

_OURS = (
    Reason.METADATA_EXPIRED,
    Reason.METADATA_BROKEN,
    Reason.CERTIFICATE_EXPIRED,
    Reason.NO_KEY,
    Reason.NOT_SUPPORTED,
)


def refusal_text(refused: Refused) -> tuple[int, ErrorText]:
    """The status and the words for a refusal."""
    if refused.reason is Reason.DECLINED:
        return 403, DECLINED
    if refused.reason is Reason.LOA_TOO_LOW:
        return 403, LOW
    if refused.reason in _OURS:
        return 503, UNAVAILABLE
    return 403, NOT_BELIEVED
