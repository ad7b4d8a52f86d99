"""Portal BOI: a Polish town's citizen service portal on Pyramid, Substance D and ZODB."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyramid.config import Configurator

from .evolution.upgrading import NotUpgraded, require_current
from .settings import Settings, expand
from .web.security import protect

# Order matters: each may use what stands before it. The import test holds the same order.
FEATURES = (
    "search",
    "office",
    "mail",
    "publishing",
    "web",
    "pages",
    "casetypes",
    "eforms",
    "accounts",
    "representation",
    "submissions",
    "cases",
    "profile",
    "eid",
    "staffing",
    "api",
    "transfer",
    "editing",
    "worker",
    "sdi",
    "evolution",
)


def main(global_config: dict[str, str], **raw: Any) -> Any:
    """The WSGI application of a PasteDeploy file.

    `upgrading = true` among the global settings opens a database that waits for an upgrade; `boi upgrade` alone sets it.

    :raises boi_portal.settings.SettingsError: a setting is missing or wrong.
    :raises boi_portal.evolution.upgrading.NotUpgraded: the database waits for `boi upgrade`.
    """
    app = configure(raw).make_wsgi_app()
    if global_config.get("upgrading") != "true":
        try:
            require_current(app.registry)
        except NotUpgraded:
            for database in app.registry._zodb_databases.values():
                database.close()
            raise
    return app


def configure(raw: dict[str, Any], features: Sequence[str] = FEATURES) -> Configurator:
    """The configuration of the portal, committed, for the application and for scripts; tests may leave features out."""
    raw = expand(raw)
    settings = Settings.from_ini(raw)
    config = Configurator(settings=_framework_settings(raw, settings))
    config.registry.boi_settings = settings
    config.include("pyramid_tm")
    config.include("pyramid_retry")
    config.include("substanced")
    protect(config)  # the management interface's own views must not be committed under Substance D's policies
    config.commit()  # what follows may replace what Substance D has set
    for feature in features:
        package = config.maybe_dotted(f".{feature}")
        if hasattr(package, "includeme"):
            config.include(package)
        config.scan(package, ignore=_ignored)
    config.set_root_factory("boi_portal.publishing.site.root_factory")
    config.commit()
    return config


def _ignored(name: str) -> bool:
    """What a scan leaves out: folders without modules, the program that loads WeasyPrint, and the API, which is made when it is called."""
    return ".templates" in name or ".static" in name or name.endswith(".typesetting") or name.startswith(f"{__name__}.api.")


def _framework_settings(raw: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """Settings of the frameworks that the portal itself decides."""
    return {
        "pyramid.default_locale_name": "pl",
        "retry.attempts": "5",
        **raw,
        "tm.annotate_user": "false",
        "tm.manager_hook": "boi_portal.web.transactions.manager_hook",
        "substanced.secret": settings.secret,
        "substanced.uploads_tempdir": str(settings.var / "tmp"),
        "substanced.autosync_catalogs": "false",
        "substanced.autoevolve": "false",
    }
