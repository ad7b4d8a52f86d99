"""Slowing down: free tries, doubling waits, a bound on memory, and networks."""

import pytest

from boi_portal.accounts.throttling import ACCOUNT, ADDRESS, FORGOTTEN_AFTER, LONGEST_WAIT, Throttles, network_of
from boi_portal.office.store import Office

SECRET = "s" * 32


def test_wait_begins_after_the_free_tries_and_doubles_to_the_longest() -> None:
    office, at, waits = Office(), 1_000_000.0, []
    for _ in range(12):
        throttles = Throttles(office, SECRET, at)
        throttles.failed(ACCOUNT, "jan")
        waits.append(throttles.wait(ACCOUNT, "jan"))
    assert waits == [0, 0, 0, 0, 60, 120, 240, 480, *[LONGEST_WAIT] * 4]


def test_wait_passes_with_time_and_failures_are_forgotten() -> None:
    office = Office()
    first = Throttles(office, SECRET, 1_000_000.0)
    for _ in range(5):
        first.failed(ACCOUNT, "jan")
    assert Throttles(office, SECRET, 1_000_059.0).wait(ACCOUNT, "jan") == 1
    assert Throttles(office, SECRET, 1_000_061.0).wait(ACCOUNT, "jan") == 0
    much_later = Throttles(office, SECRET, 1_000_000.0 + FORGOTTEN_AFTER + 1)
    much_later.failed(ACCOUNT, "jan")
    assert much_later.wait(ACCOUNT, "jan") == 0


def test_counters_are_apart_by_kind_and_name_but_not_by_case() -> None:
    throttles = Throttles(Office(), SECRET, 1_000_000.0)
    for _ in range(5):
        throttles.failed(ACCOUNT, "Jan ")
    assert throttles.wait(ACCOUNT, "jan") > 0
    assert throttles.wait(ACCOUNT, "anna") == 0
    assert throttles.wait(ADDRESS, "jan") == 0


def test_success_forgets_failures() -> None:
    throttles = Throttles(Office(), SECRET, 1_000_000.0)
    for _ in range(6):
        throttles.failed(ACCOUNT, "jan")
    throttles.succeeded(ACCOUNT, "jan")
    assert throttles.wait(ACCOUNT, "jan") == 0
    assert len(throttles.office.throttles) == 0


def test_counters_hold_no_names() -> None:
    throttles = Throttles(Office(), SECRET, 1_000_000.0)
    throttles.failed(ACCOUNT, "jan.testowy@poczta.example")
    (key,) = throttles.office.throttles
    assert "jan" not in key
    assert len(key) == len("account:") + 5


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_network_of(address: str, network: str) -> None:
    assert network_of(address) == network
