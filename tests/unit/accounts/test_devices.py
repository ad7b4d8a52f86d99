"""Browsers in words, and how many an account keeps."""

from __future__ import annotations

import datetime

import pytest

from boi_portal.accounts.devices import (
    MOST_DEVICES,
    Device,
    Devices,
    browser_text,
    device_key,
    is_device_id,
    new_device_id,
)

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0"
START = datetime.datetime(2026, 3, 5, 12, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36", "Chrome, Windows"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36 Edg/138.0.0.0", "Edge, Windows"),
        (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {CHROME} Safari/537.36 OPR/120.0.0.0", "Opera, macOS"),
        (f"Mozilla/5.0 (Linux; Android 15) {CHROME} Mobile Safari/537.36", "Chrome, Android"),
        ("Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605 CriOS/138 Mobile Safari/604", "Chrome, iPad"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {CHROME} Safari/537.36", "Chrome, ChromeOS"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Version/18.5 Safari/605.1.15", "Safari, macOS"),
        ("Lynx/2.9 (Linux)", "nieznana przeglądarka, Linux"),
        ("<script>alert(1)</script>", "nieznana przeglądarka"),
        ("", "nieznana przeglądarka"),
    ],
)
def test_browser_text(agent: str, words: str) -> None:
    assert browser_text(agent) == words


def test_the_device_not_seen_for_longest_makes_room() -> None:
    devices = Devices()
    for number in range(MOST_DEVICES):
        devices.add(f"k{number}", Device("Firefox", START + datetime.timedelta(hours=number)))
    oldest = devices.get("k0")
    assert oldest is not None
    oldest.seen("Firefox", START + datetime.timedelta(days=30))
    devices.add("nowy", Device("Chrome", START + datetime.timedelta(days=31)))
    assert len(devices) == MOST_DEVICES
    assert devices.get("k1") is None
    assert [device.browser for device in devices.all()][:2] == ["Chrome", "Firefox"]
    assert devices.get("k0") is oldest


def test_a_device_seen_again_at_once_is_not_written_again() -> None:
    device = Device("Firefox", START)
    device.seen("Firefox", START + datetime.timedelta(seconds=30))
    assert device.last_seen == START
    device.seen("Chrome", START + datetime.timedelta(seconds=31))
    assert (device.browser, device.last_seen) == ("Chrome", START + datetime.timedelta(seconds=31))


def test_device_ids_are_kept_as_hashes_of_one_account() -> None:
    id_ = new_device_id()
    assert is_device_id(id_)
    assert not any(is_device_id(text) for text in ("", "x", id_ + "\n", id_[1:], "ą" * 43))
    keys = {device_key(userid, id_) for userid in ("applicant:1", "applicant:2", 7)}
    assert len(keys) == 3
    assert not any(id_ in key for key in keys)
