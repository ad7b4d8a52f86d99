"""Talking with a provider's SOAP services over real HTTP on this machine."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from boi_portal.identity import Provider, Unreachable, fetch
from boi_portal.identity.soap import HttpFetch
from tests.serving import served

Answer = Callable[[dict[str, Any], Any], Iterable[bytes]]


def answering(status: str, body: Iterable[bytes], *headers: tuple[str, str], content_type: str = "text/xml") -> Answer:
    def app(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        start(status, [("Content-Type", content_type), *headers])
        return body

    return app


def test_answer_comes_back(national: Provider) -> None:
    seen: dict[str, Any] = {}

    def app(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        seen.update(environ, body=environ["wsgi.input"].read())
        start("200 OK", [("Content-Type", "text/xml")])
        return [b"<x/>"]

    with served(app) as address:
        assert fetch(national)(f"{address}/artifact", b"<asked/>") == b"<x/>"
    assert (seen["REQUEST_METHOD"], seen["PATH_INFO"], seen["body"]) == ("POST", "/artifact", b"<asked/>")
    assert seen["CONTENT_TYPE"] == "text/xml; charset=utf-8"
    assert seen["HTTP_SOAPACTION"].startswith('"')


def test_soap_fault_comes_back() -> None:
    with served(answering("500 Fault", [b"<fault/>"])) as address:
        assert HttpFetch()(address, b"") == b"<fault/>"


@pytest.mark.parametrize(
    "app",
    [
        answering("503 Busy", [b"x"]),
        answering("500 Broken", [b"<html/>"], content_type="text/html"),
        answering("302 Found", [b""], ("Location", "/elsewhere")),
        answering("200 OK", [b"x" * 100_000] * 11),
        answering("200 OK", [b"not gzip"], ("Content-Encoding", "gzip")),
    ],
    ids=["busy", "in trouble", "redirect", "too large", "broken"],
)
def test_answer_that_is_none(app: Answer) -> None:
    with served(app) as address, pytest.raises(Unreachable):
        HttpFetch()(address, b"")


def test_answer_that_takes_too_long() -> None:
    with served(answering("200 OK", [b"x"])) as address, pytest.raises(Unreachable, match="not in time"):
        HttpFetch(total=-1.0)(address, b"")


def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Unreachable):
        HttpFetch()(f"http://127.0.0.1:{port}/", b"")
