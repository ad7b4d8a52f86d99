"""The guard of conftest.py: tests reach this machine and no other."""

import socket

import pytest

# TEST-NET-1 and a name under .invalid: never assigned to anybody (RFC 5737, RFC 2606).
ELSEWHERE = ("192.0.2.1", 9)


def test_connection_when_address_is_elsewhere() -> None:
    with socket.socket() as client, pytest.raises(AssertionError, match=r"192\.0\.2\.1"):
        client.connect(ELSEWHERE)


def test_connection_when_dialled_by_name() -> None:
    with pytest.raises(AssertionError, match=r"example\.invalid"):
        socket.create_connection(("example.invalid", 80), timeout=1)


def test_datagram_when_address_is_elsewhere() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as client, pytest.raises(AssertionError, match=r"192\.0\.2\.1"):
        client.sendto(b"", ELSEWHERE)


def test_connection_when_address_is_local() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname(), timeout=5):
        connection, _ = server.accept()
        connection.close()
