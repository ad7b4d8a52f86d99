"""Every text that colander and deform can say has its Polish words."""

import ast
import importlib.util
from pathlib import Path

import colander
import pytest

from boi_portal.web import messages


def msgids(package: str) -> set[str]:
    """The literal arguments of `_()` in a package's modules."""
    spec = importlib.util.find_spec(package)
    assert spec is not None and spec.origin is not None
    found = set()
    for path in Path(spec.origin).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_" and node.args:
                argument = node.args[0]
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    found.add(argument.value)
    return found


@pytest.mark.parametrize("package", ["colander", "deform"])
def test_all_messages_have_polish_words(package: str) -> None:
    known = msgids(package)
    assert known
    assert known - set(messages.TEXTS) == set()


def refused(validator: object, value: str) -> str:
    node = colander.SchemaNode(colander.String(), validator=validator)
    with pytest.raises(colander.Invalid) as caught:
        node.deserialize(value)
    return " ".join(messages.polish(message) for message in caught.value.messages()).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("validator", "value", "text"),
    [
        (colander.Length(max=1), "ab", "Wpisz najwyżej 1 znak."),
        (colander.Length(max=3), "abcd", "Wpisz najwyżej 3 znaki."),
        (colander.Length(min=12), "abcd", "Wpisz co najmniej 12 znaków."),
        (colander.Email(), "x", "Podaj adres e-mail w postaci nazwa@domena.pl."),
        (colander.OneOf(["a"]), "b", "Wybierz jedną z podanych odpowiedzi."),
        (
            colander.All(colander.Length(max=1), colander.Email()),
            "ab",
            "Wpisz najwyżej 1 znak. Podaj adres e-mail w postaci nazwa@domena.pl.",
        ),
        (colander.Length(max=1, max_err="Za długie: ${max}."), "ab", "Za długie: 1."),
    ],
    ids=["one", "few", "many", "email", "choice", "both", "own"],
)
def test_message_of_a_validator(validator: object, value: str, text: str) -> None:
    assert refused(validator, value) == text


def test_range_says_the_limit() -> None:
    node = colander.SchemaNode(colander.Int(), validator=colander.Range(min=3))
    with pytest.raises(colander.Invalid) as caught:
        node.deserialize("1")
    assert messages.polish(caught.value.messages()[0]) == "Podaj liczbę nie mniejszą niż 3."


def test_crafted_value_gets_plain_words() -> None:
    assert "Pstruct" not in messages.polish("Pstruct is not a string")


def test_required_names_the_field() -> None:
    assert messages.required("Imię") == "Uzupełnij pole „Imię”."
    assert messages.required("Rodzaj", choice=True) == "Wybierz odpowiedź w polu „Rodzaj”."
    assert messages.required("") == "Uzupełnij to pole."
