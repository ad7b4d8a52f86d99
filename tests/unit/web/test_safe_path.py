"""Redirects to an address that came with a request stay in the portal."""

import pytest

from boi_portal.web.errors import safe_path


@pytest.mark.parametrize("address", ["/", "/sprawy", "/sprawy/BOI-2026-7F3K-92QD?a=1&b=%20#x", "/szukaj?q=za%C5%BC"])
def test_own_address_is_kept(address: str) -> None:
    assert safe_path(address) == address


@pytest.mark.parametrize(
    "address",
    [
        None, "", "sprawy", "//evil.example", "///evil.example", "/\\evil.example", "\\/evil.example", "/a\\b", "https://evil.example",
        "javascript:alert(1)", "/\tx", "/ /evil", "\t//evil.example", "/\n/evil.example", "/%0a\r\n", "/\x00", "http:/evil", "//[::1",
    ],
)  # fmt: skip
def test_any_other_address_is_replaced(address: str | None) -> None:
    assert safe_path(address) == "/"
    assert safe_path(address, "/konto") == "/konto"
