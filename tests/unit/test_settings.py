"""Settings: a wrong value stops the start with a sentence; production takes no defaults."""

import pytest

from boi_portal.settings import Settings, SettingsError, expand

SECRET = "0123456789abcdef0123456789abcdef"
PRODUCTION = {
    "boi.secret": SECRET,
    "boi.production": "true",
    "boi.secure_cookies": "true",
    "boi.public_url": "https://boi.gmina.example",
    "boi.seal_key": "/etc/boi/seal.p12",
    "boi.personal_keys": "/etc/boi/personal.keys",
}
OIDC = {
    "boi.oidc_issuer": "https://logowanie.urzad.example/realms/urzad",
    "boi.oidc_client_id": "portal",
    "boi.oidc_client_secret": "a-secret-of-the-provider",
}


def test_production_starts_when_all_is_set() -> None:
    settings = Settings.from_ini({**PRODUCTION, **OIDC})
    assert settings.production
    assert not settings.sandbox


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"boi.secret": ""}, "boi.secret"),
        ({"boi.secret": "short"}, "boi.secret"),
        ({"boi.secret": "development-secret-that-production-refuses-0123456789"}, "production needs its own"),
        ({"boi.sandbox": "true"}, "boi.sandbox"),
        ({"boi.sandbox_url": "http://localhost:7543"}, "boi.sandbox"),
        ({"boi.secure_cookies": "false"}, "boi.secure_cookies"),
        ({"boi.public_url": "http://boi.gmina.example"}, "boi.public_url"),
        ({"boi.seal_key": ""}, "boi.seal_key"),
        ({"boi.personal_keys": ""}, "boi.personal_keys"),
        ({"boi.session_idle": "twenty"}, "whole number"),
        ({"boi.sandbox": "perhaps"}, "true or false"),
        ({"boi.worker": "twice"}, "boi.worker"),
        ({"boi.rpw_pattern": "RPW"}, "boi.rpw_pattern"),
        ({"boi.no_such_key": "1"}, "Unknown setting"),
        ({"boi.secret": "a" * 40}, "nobody guesses"),
        ({"boi.session_idle": "-5"}, "above 0"),
        ({"boi.session_absolute": "0"}, "above 0"),
        ({"boi.worker_interval": "nan"}, "above 0"),
        ({"boi.worker_interval": "inf"}, "above 0"),
        ({"boi.upload_max_mb": "0"}, "above 0"),
        ({"boi.staff_second_factor_grace_days": "-1"}, "above 0"),
        ({"boi.hosts": ""}, "boi.hosts"),
        ({"boi.oidc_issuer": "https://logowanie.urzad.example"}, "go together"),
        ({**OIDC, "boi.oidc_issuer": "http://logowanie.urzad.example"}, "begins with https://"),
        ({**OIDC, "boi.oidc_issuer": "https://logowanie.urzad.example/?x=1"}, "begins with https://"),
        ({**OIDC, "boi.oidc_match": "pesel"}, "boi.oidc_match"),
        ({**OIDC, "boi.oidc_title": ""}, "boi.oidc_title"),
        ({**OIDC, "boi.oidc_scope": "email"}, "openid"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else None,
)
def test_the_start_is_refused_when(change: dict[str, str], word: str) -> None:
    with pytest.raises(SettingsError, match=word):
        Settings.from_ini({**PRODUCTION, **change})


def test_a_setting_comes_from_the_environment_when_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOI_TEST_URI", "memory://")
    assert expand({"zodbconn.uri": "${BOI_TEST_URI}"}) == {"zodbconn.uri": "memory://"}


def test_the_start_is_refused_when_the_environment_lacks_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BOI_TEST_URI", raising=False)
    with pytest.raises(SettingsError, match="BOI_TEST_URI"):
        expand({"boi.secret": "${BOI_TEST_URI}"})


def test_employees_may_be_given_no_days_at_all() -> None:
    assert Settings.from_ini({**PRODUCTION, "boi.staff_second_factor_grace_days": "0"}).staff_second_factor_grace_days == 0
