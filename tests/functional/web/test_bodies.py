"""What a request's body was kept in is closed with the answer, whatever the answer is."""

import tempfile
from typing import Any

import pytest
from webtest import TestApp, Upload

LONG = "x" * 50_000


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The temporary files that requests make."""
    made: list[Any] = []
    make = tempfile.TemporaryFile

    def noting(*args: Any, **kw: Any) -> Any:
        made.append(make(*args, **kw))
        return made[-1]

    monkeypatch.setattr(tempfile, "TemporaryFile", noting)
    return made


@pytest.mark.parametrize(
    ("path", "status"),
    [("/formularz", 422), ("/wejdz", 303), ("/nie-ma", 404), ("/konflikt?times=2", 303)],
    ids=["refused", "accepted", "not-there", "tried-again"],
)
@pytest.mark.parametrize("value", [LONG, Upload("a.txt", LONG.encode())], ids=["text", "file"])
def test_body_when_answered_is_closed(visitor: TestApp, kept: list[Any], path: str, status: int, value: Any) -> None:
    visitor.post(path, {"about": value}, status=status)
    assert kept
    assert all(file.closed for file in kept)
