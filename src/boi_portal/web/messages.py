"""What colander and deform have to say about a wrong value, in plain Polish.

A message tells what to do, not what rule was broken. Texts of the portal's own schemas are Polish already and pass unchanged.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from translationstring import TranslationString

from .polish import counted

_CHARACTERS = ("znak", "znaki", "znaków")
_INTERNAL = "Tej wartości nie da się odczytać. Wypełnij pole jeszcze raz."
_CHOICE = "Wybierz jedną z podanych odpowiedzi."
_DATE = "Podaj prawidłową datę, na przykład 5.03.2026."

Text = str | Callable[[dict[str, Any]], str]


def _characters(template: str, key: str) -> Text:
    return lambda values: template.format(counted(int(values[key]), *_CHARACTERS))


# msgid of colander or deform -> Polish; what is in the mapping stands in braces
TEXTS: dict[str, Text] = {
    "Required": "Uzupełnij to pole.",
    "Invalid value": "Ta wartość jest nieprawidłowa. Popraw ją.",
    "String does not match expected pattern": "Wpisz tę wartość w takiej postaci, jak w podpowiedzi do pola.",
    "Invalid email address": "Podaj adres e-mail w postaci nazwa@domena.pl.",
    "Not a data URL": _INTERNAL,
    "Invalid MIME type": _INTERNAL,
    "Invalid Base64 encoded data": _INTERNAL,
    "${val} is less than minimum value ${min}": "Podaj liczbę nie mniejszą niż {min}.",
    "${val} is greater than maximum value ${max}": "Podaj liczbę nie większą niż {max}.",
    "Shorter than minimum length ${min}": _characters("Wpisz co najmniej {0}.", "min"),
    "Longer than maximum length ${max}": _characters("Wpisz najwyżej {0}.", "max"),
    '"${val}" is not one of ${choices}': _CHOICE,
    '"${val}" must not be one of ${choices}': "Tej wartości nie można użyć. Podaj inną.",
    "One or more of the choices you made was not acceptable": _CHOICE,
    '"${val}" is not a valid credit card number': "Ten numer karty jest nieprawidłowy.",
    "Must be a URL": "Podaj pełny adres strony, na przykład https://www.gov.pl.",
    "Must be a file:// URI scheme": _INTERNAL,
    "Invalid UUID string": _INTERNAL,
    "${val} is not a string: ${err}": _INTERNAL,
    "${val} is not a string": _INTERNAL,
    "${val} cannot be serialized: ${err}": _INTERNAL,
    "${cstruct} is not iterable": _INTERNAL,
    '"${val}" is not iterable': _INTERNAL,
    '"${val}" is not a mapping type: ${err}': _INTERNAL,
    'Unrecognized keys in mapping: "${val}"': _INTERNAL,
    '"${val}" has an incorrect number of elements (expected ${exp}, was ${was})': _INTERNAL,
    '"${val}" is not a number': "Wpisz liczbę, na przykład 12.",
    '"${val}" is not a string': _INTERNAL,
    '"${val}" is not a valid "${cls}"': _CHOICE,
    '"${val}" is neither in (${false_choices}) nor in (${true_choices})': _CHOICE,
    'relative name "${val}" irresolveable without package': _INTERNAL,
    'The dotted name "${name}" cannot be imported': _INTERNAL,
    '"${val}" has no __name__': _INTERNAL,
    '"${val}" is not a datetime object': _DATE,
    '"${val}" is not a date object': _DATE,
    '"${val}" is not a time object': "Podaj prawidłową godzinę, na przykład 8:30.",
    "Invalid date": _DATE,
    "Invalid time": "Podaj prawidłową godzinę, na przykład 8:30.",
    # deform
    "Fields did not match": "Wpisz w obu polach to samo.",
    "Password did not match confirm": "Hasła różnią się. Wpisz w obu polach to samo hasło.",
    "Value": "Wartość",
    "Confirm Value": "Powtórz wartość",
    "Incomplete date": _DATE,
    "Incomplete time": "Podaj prawidłową godzinę, na przykład 8:30.",
    "Add ${subitem_title}": "Dodaj: {subitem_title}",
    "${value} is not a dictionary": _INTERNAL,
    "${value} has no ${key} key": _INTERNAL,
}

# deform tells of crafted or broken controls in words of its own, without a translation
_CRAFTED = ("Pstruct is not", "Invalid pstruct", "Invalid peppercorn")


def polish(message: Any) -> str:
    """A message of colander, deform or of an own validator, in Polish, with its values put in."""
    text = str(message)
    if text.startswith(_CRAFTED):
        return _INTERNAL
    found = TEXTS.get(text)
    if not isinstance(message, TranslationString):
        return found if isinstance(found, str) else text
    values = dict(message.mapping or {})
    if found is None:
        return message.interpolate()
    return found(values) if callable(found) else found.format(**values)


def required(title: str, choice: bool = False) -> str:
    """What to do about a required field that was left empty."""
    if not title:
        return "Uzupełnij to pole."
    return f"Wybierz odpowiedź w polu „{title}”." if choice else f"Uzupełnij pole „{title}”."
