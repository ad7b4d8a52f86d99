"""The forms of accounts: what is asked, and what is wrong with an answer.

Everything wrong is found at once, also where one answer decides what else is asked: what a form's own choices make needless is not
looked at, and what they make necessary is missed at its field.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable
from typing import Any

import colander
import deform.widget
import phonenumbers
from stdnum.pl import nip as stdnum_nip
from stdnum.pl import pesel as stdnum_pesel
from stdnum.pl import regon as stdnum_regon

from ..publishing.schema import text
from ..web import polish
from ..web.forms import DateWidget
from .passwords import MAX_LENGTH, MIN_LENGTH, problem_with
from .resources import BUSINESS, DOCUMENT_KINDS, ORGANISATION, PERSON
from .sheets import EMAIL_RULE, LOGIN_RULE, is_email, is_login
from .widgets import ClauseWidget

PESEL_RULE = "Ten numer PESEL jest nieprawidłowy. Sprawdź, czy ma 11 cyfr i czy nie ma w nim pomyłki."
NIP_RULE = "Ten NIP jest nieprawidłowy. Sprawdź, czy ma 10 cyfr i czy nie ma w nim pomyłki."
REGON_RULE = "Ten REGON jest nieprawidłowy. Sprawdź, czy ma 9 albo 14 cyfr i czy nie ma w nim pomyłki."
KRS_RULE = "Numer KRS ma 10 cyfr, na przykład 0000123456. Sprawdź, czy nie ma w nim pomyłki."
POSTAL_CODE_RULE = "Podaj kod pocztowy: pięć cyfr, na przykład 00-950."
PHONE_RULE = "Podaj prawidłowy numer telefonu: dla Polski 9 cyfr, dla innego kraju zacznij od + i numeru kierunkowego."
NAME_RULE = "Wpisz nazwę literami, bez cyfr i znaków specjalnych."
DOCUMENT_RULE = "Wpisz numer dokumentu: litery, cyfry, spacje, myślniki lub ukośniki."
DATE_RULE = "Podaj prawidłową datę urodzenia, na przykład 5.03.1986."
COUNTRY_RULE = "Wpisz nazwę państwa literami, na przykład Ukraina."
CONSENT_RULE = "Zaznacz zgodę na przetwarzanie danych. Bez niej nie możemy założyć konta."

_COUNTRY = r"[^\W\d_](?:[^\W\d_]|[ '’().-])*"
_EARLIEST_BIRTH = datetime.date(1900, 1, 1)

Check = Callable[[Any, str], None]


def matches(pattern: str, message: str) -> Check:
    """A validator: the whole text is like `pattern`."""
    compiled = re.compile(rf"(?:{pattern})\Z")

    def check(node: Any, value: str) -> None:
        if not compiled.match(value):
            raise colander.Invalid(node, message)

    return check


def holds(test: Callable[[str], bool], message: str) -> Check:
    """A validator: `test` is true of the text."""

    def check(node: Any, value: str) -> None:
        if not test(value):
            raise colander.Invalid(node, message)

    return check


def _is_pesel(value: str) -> bool:
    if not re.fullmatch(r"[0-9]{11}", value) or not stdnum_pesel.is_valid(value):
        return False
    born: datetime.date = stdnum_pesel.get_birth_date(value)
    return born <= polish.today()


def _digits(value: Any) -> Any:
    """A number without the spaces and dashes that people write in it."""
    return re.sub(r"[\s\u00a0-]", "", value) if isinstance(value, str) else value


def postcode(title: str, **kw: Any) -> colander.SchemaNode:
    """A Polish postal code, kept as `00-950`; taken without the dash too."""
    node = text(title, max_length=6, validator=matches(r"[0-9]{2}-[0-9]{3}", POSTAL_CODE_RULE), **kw)
    node.preparer = [_dashed]
    return node


def _dashed(value: Any) -> Any:
    """Five digits with the dash of a postal code; anything else as it is."""
    digits = _digits(value)
    return f"{digits[:2]}-{digits[2:]}" if isinstance(digits, str) and re.fullmatch(r"[0-9]{5}", digits) else value


def number(title: str, check: Check, *, max_length: int, required: bool = True, **kw: Any) -> colander.SchemaNode:
    """An official number, kept as bare digits."""
    node = text(title, max_length=max_length, required=required, validator=check, inputmode="numeric", **kw)
    node.preparer = [_digits]
    return node


def pesel_node() -> colander.SchemaNode:
    hint = "11 cyfr. Wymagany, jeśli masz numer PESEL."
    return number("Numer PESEL", holds(_is_pesel, PESEL_RULE), max_length=20, required=False, description=hint)


def name_node(title: str, autocomplete: str) -> colander.SchemaNode:
    """A first or last name."""
    check = matches(r"[^\W\d_](?:[^\W\d_]|[ '’.\u2010-\u2013-])*", NAME_RULE)
    return text(title, max_length=60, validator=check, autocomplete=autocomplete)


def email_node() -> colander.SchemaNode:
    node = text(
        "Adres e-mail",
        max_length=254,
        validator=holds(is_email, EMAIL_RULE),
        widget=deform.widget.TextInputWidget(type="email"),
        autocomplete="email",
        description="Wyślemy na niego list z linkiem, którym aktywujesz konto.",
    )
    node.preparer = [_email]
    return node


def _email(value: Any) -> Any:
    """An address with its domain in small letters."""
    if not isinstance(value, str):
        return value
    local, at, domain = value.strip().rpartition("@")
    return local + at + domain.lower()


def phone_node() -> colander.SchemaNode:
    node = text(
        "Numer telefonu",
        max_length=30,
        required=False,
        validator=matches(r"\+[1-9][0-9]{6,14}", PHONE_RULE),
        widget=deform.widget.TextInputWidget(type="tel"),
        autocomplete="tel",
        description="Nieobowiązkowy. Przyda się, gdy urzędnik będzie chciał o coś dopytać.",
    )
    node.preparer = [_phone]
    return node


def _phone(value: Any) -> Any:
    """A phone number as E.164, Polish unless it says otherwise; what is none stays as it was typed, for the validator."""
    if not isinstance(value, str) or not value:
        return value
    try:
        parsed = phonenumbers.parse(value, "PL")
    except phonenumbers.NumberParseException:
        return "?" + value
    if parsed.extension or not phonenumbers.is_valid_number(parsed):
        return "?" + value
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def choice_node(title: str, options: Iterable[tuple[str, str]], **kw: Any) -> colander.SchemaNode:
    """One of two or three answers."""
    options = list(options)
    return colander.SchemaNode(
        colander.String(),
        title=title,
        validator=colander.OneOf([value for value, _ in options]),
        widget=deform.widget.RadioChoiceWidget(values=options),
        **kw,
    )


def password_node(title: str, new: bool = True, **kw: Any) -> colander.SchemaNode:
    """A password; its strength is judged with the person's data beside it."""
    autocomplete = "new-password" if new else "current-password"
    return colander.SchemaNode(
        colander.String(),
        title=title,
        widget=deform.widget.PasswordWidget(strip=False, attributes={"autocomplete": autocomplete}),
        description=f"Co najmniej {MIN_LENGTH} znaków, na przykład trzy lub cztery zwykłe słowa." if new else "",
        validator=colander.Length(max=MAX_LENGTH, max_err="Hasło jest za długie."),
        **kw,
    )


def login_node() -> colander.SchemaNode:
    node = text(
        "Login",
        max_length=40,
        validator=holds(is_login, LOGIN_RULE),
        autocomplete="username",
        description="Od 3 do 40 znaków: małe litery bez polskich znaków, cyfry, kropka, myślnik lub podkreślenie.",
    )
    node.widget.attributes = {"autocapitalize": "none", "spellcheck": "false"}
    return node


class ConditionalSchema(colander.Schema):
    """Answers of which one decides what else is asked.

    `needed(cstruct)` names what is asked because of it, of the names in `conditional`; whatever else of these was filled in is
    dropped unread.
    """

    conditional: tuple[str, ...] = ()

    def needed(self, cstruct: dict[str, Any]) -> set[str]:
        """What is asked because of the answers."""
        raise NotImplementedError

    def deserialize(self, cstruct: Any = colander.null) -> Any:
        if not isinstance(cstruct, dict):
            return super().deserialize(cstruct)
        needed = self.needed(cstruct)
        read = {name: value for name, value in cstruct.items() if name not in self.conditional or name in needed}
        error, value = None, {}
        try:
            value = super().deserialize(read)
        except colander.Invalid as found:
            error = found
        for position, child in enumerate(self.children):
            if child.name in needed and _is_empty(read.get(child.name)):
                error = error or colander.Invalid(self)
                error.add(colander.Invalid(child, "Required"), position)
        if error is not None:
            raise error
        return value


def _is_empty(value: Any) -> bool:
    return value is colander.null or value is None or value == ""


class DocumentSchema(colander.Schema):
    """A document of another country, and the date of birth that a PESEL would tell."""

    kind = choice_node("Rodzaj dokumentu", DOCUMENT_KINDS.items())
    number = text("Seria i numer dokumentu", max_length=30, validator=matches(r"[\w /-]{3,30}", DOCUMENT_RULE))
    country = text("Państwo, które wydało dokument", max_length=60, validator=matches(_COUNTRY, COUNTRY_RULE))
    birth_date = text(
        "Data urodzenia",
        max_length=30,
        validator=holds(lambda value: _is_birth_date(value), DATE_RULE),
        widget=DateWidget(),
        autocomplete="bday",
        description="Na przykład 5.03.1986",
    )


class PersonSchema(ConditionalSchema):
    """Who the person is: names, and the PESEL or else a document of another country."""

    conditional = ("pesel", "document")

    first_name = name_node("Imię", "given-name")
    last_name = name_node("Nazwisko", "family-name")
    identity = choice_node(
        "Czy masz numer PESEL?",
        [("pesel", "Tak, mam numer PESEL"), ("document", "Nie, podam dokument z innego państwa")],
        default="pesel",
    )
    pesel = pesel_node()
    document = DocumentSchema(title="Dokument – wypełnij tylko, jeśli nie masz numeru PESEL", missing=None)

    def needed(self, cstruct: dict[str, Any]) -> set[str]:
        return {"document"} if cstruct.get("identity") == "document" else {"pesel"}


def _is_birth_date(value: str) -> bool:
    day = polish.read_date(value)
    return day is not None and _EARLIEST_BIRTH <= day <= polish.today()


class AddressSchema(colander.Schema):
    """A postal address in Poland or abroad."""

    street = text(
        "Ulica",
        max_length=100,
        required=False,
        autocomplete="address-line1",
        description="Zostaw puste, jeśli w miejscowości nie ma ulic.",
    )
    house_number = text(
        "Numer domu", max_length=12, validator=matches(r"[\w /.-]{1,12}", "Wpisz numer domu, na przykład 12 albo 12A.")
    )
    flat = text("Numer mieszkania lub lokalu", max_length=12, required=False)
    postal_code = postcode("Kod pocztowy", autocomplete="postal-code")
    town = text("Miejscowość", max_length=80, autocomplete="address-level2")


class LettersSchema(ConditionalSchema):
    """Where letters are to go."""

    conditional = ("address",)

    where = choice_node(
        "Gdzie wysyłać listy",
        [("same", "Na adres podany wyżej"), ("other", "Na inny adres")],
        default="same",
    )
    address = AddressSchema(title="Inny adres – wypełnij tylko, jeśli wybierasz inny adres", missing=None)

    def needed(self, cstruct: dict[str, Any]) -> set[str]:
        return {"address"} if cstruct.get("where") == "other" else set()


class ContactSchema(colander.Schema):
    """How to reach the person."""

    email = email_node()
    phone = phone_node()


class AccountSchema(colander.Schema):
    """What to sign in with."""

    login = login_node()
    password = password_node("Hasło")


class ConsentSchema(colander.Schema):
    """The consent, below the clause."""

    agreed = colander.SchemaNode(
        colander.Boolean(),
        title="Zgoda na przetwarzanie danych",
        label="Znam treść tej informacji i zgadzam się na przetwarzanie moich danych w celu prowadzenia konta w portalu.",
        widget=deform.widget.CheckboxWidget(),
        validator=holds(bool, CONSENT_RULE),
    )


class RegistrationSchema(colander.Schema):
    """The registration form; `registration_schema` puts it together for a kind of applicant."""

    def deserialize(self, cstruct: Any = colander.null) -> Any:
        """Read the form; the password is judged with all that was typed about the person, right or wrong."""
        error, value = None, {}
        try:
            value = super().deserialize(cstruct)
        except colander.Invalid as found:
            error = found
        problem = _password_problem(cstruct)
        if problem:
            error = error or colander.Invalid(self)
            _add_at(error, self, ("account", "password"), problem)
        if error is not None:
            raise error
        return value


def _password_problem(cstruct: Any) -> str | None:
    parts = (
        {name: part for name, part in cstruct.items() if isinstance(part, dict)} if isinstance(cstruct, dict) else {}
    )
    password = parts.get("account", {}).get("password")
    if not isinstance(password, str) or not password:
        return None  # that it is missing is said already
    document = parts.get("person", {}).get("document")
    if isinstance(document, dict):
        parts["document"] = document
    about = {
        **parts.get("document", {}),
        **parts.get("person", {}),
        **parts.get("firm", {}),
        **parts.get("contact", {}),
        **parts.get("account", {}),
    }
    known = ("first_name", "last_name", "pesel", "birth_date", "org_name", "nip", "regon", "krs", "email", "login")
    return problem_with(password, [about[name] for name in known if isinstance(about.get(name), str)])


def _add_at(error: colander.Invalid, node: Any, path: tuple[str, ...], message: str) -> None:
    """Add `message` to the tree of errors at the field of that path, unless something is said there already."""
    for name in path:
        position = next(index for index, child in enumerate(node.children) if child.name == name)
        node = node.children[position]
        below = next((child for child in error.children if child.node.name == name), None)
        if below is None:
            below = colander.Invalid(node)
            error.add(below, position)
        error = below
    if error.msg is None:
        error.msg = message


def org_name_node(kind: str) -> colander.SchemaNode:
    """The name of a firm or an institution."""
    title = "Nazwa firmy" if kind == BUSINESS else "Pełna nazwa"
    return text(title, name="org_name", max_length=200, autocomplete="organization")


def number_checks() -> dict[str, Check]:
    """The validators of official numbers, by their names."""
    return {
        "pesel": holds(_is_pesel, PESEL_RULE),
        "nip": holds(stdnum_nip.is_valid, NIP_RULE),
        "regon": holds(stdnum_regon.is_valid, REGON_RULE),
        "krs": matches(r"[0-9]{10}", KRS_RULE),
    }


def firm_schema(kind: str) -> colander.Schema:
    """What is asked of a firm or an institution."""
    node = colander.Schema(name="firm", title="Firma" if kind == BUSINESS else "Osoba prawna lub instytucja")
    node.add(org_name_node(kind))
    node.add(number("NIP", holds(stdnum_nip.is_valid, NIP_RULE), name="nip", max_length=20))
    node.add(
        number(
            "REGON",
            holds(stdnum_regon.is_valid, REGON_RULE),
            name="regon",
            max_length=20,
            required=False,
            description="Nieobowiązkowy.",
        )
    )
    if kind == ORGANISATION:
        node.add(
            number(
                "Numer KRS",
                matches(r"[0-9]{10}", KRS_RULE),
                name="krs",
                max_length=20,
                required=False,
                description="Wpisz, jeśli podmiot jest w Krajowym Rejestrze Sądowym.",
            )
        )
    return node


def registration_schema(kind: str, clause: Any) -> RegistrationSchema:
    """The registration form for a kind of applicant; `clause` is the information clause as markup."""
    schema = RegistrationSchema()
    if kind != PERSON:
        schema.add(firm_schema(kind))
    schema.add(
        PersonSchema(name="person", title="Twoje dane" if kind == PERSON else "Osoba, która działa w imieniu podmiotu")
    )
    schema.add(
        AddressSchema(
            name="residence",
            title="Adres zamieszkania" if kind == PERSON else "Adres siedziby lub miejsca działalności",
        )
    )
    schema.add(LettersSchema(name="letters", title="Adres do korespondencji"))
    schema.add(ContactSchema(name="contact", title="Kontakt"))
    schema.add(AccountSchema(name="account", title="Login i hasło"))
    schema.add(ConsentSchema(name="consent", title="Zgoda na przetwarzanie danych", widget=ClauseWidget(clause)))
    return schema


class AddressesSchema(colander.Schema):
    """Changing addresses and phone."""

    residence = AddressSchema(title="Adres zamieszkania lub siedziby")
    letters = LettersSchema(title="Adres do korespondencji")
    phone = phone_node()


class SignInSchema(colander.Schema):
    """Signing in."""

    login = text("Login lub e-mail", max_length=254, autocomplete="username")
    password = password_node("Hasło", new=False)
    powrot = colander.SchemaNode(colander.String(), widget=deform.widget.HiddenWidget(), missing="")


class ResendSchema(colander.Schema):
    """Asking for the activation letter again."""

    name = text("Login lub e-mail", max_length=254, autocomplete="username")


class PasswordSchema(colander.Schema):
    """Changing the own password."""

    old = password_node("Obecne hasło", new=False)
    new = password_node("Nowe hasło")
