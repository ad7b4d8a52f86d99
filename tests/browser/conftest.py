"""A served portal with its sandbox, and Chromium with what every page must pass: axe, the content security policy, a quiet console."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

AXE = (Path(__file__).resolve().parent.parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
BOI = [sys.executable, "-c", "from boi_portal.scripts.main import cli; cli()"]
START_SECONDS = 90


@dataclass(frozen=True)
class Served:
    """A running portal: its address, the sandbox's, its data, the demo passwords by login."""

    url: str
    sandbox: str
    var: Path
    passwords: dict[str, str]


def free_ports() -> int:
    """A port that is free together with those 1000, 2000 and 3000 above it, which the sandbox's processes take.

    Each process of pytest-xdist looks in a range of its own, so that two that look at once do not find the same.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = 20100 + worker % 9 * 100
    for port in range(first, first + 100, 7):
        if all(_is_free(number) for number in (port, port + 1000, port + 2000, port + 3000)):
            return port
    raise RuntimeError("no free ports")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """`boi dev` as `make run` starts it, on ports and data of its own."""
    var = tmp_path_factory.mktemp("served")
    port = free_ports()
    log = (var / "portal.log").open("w")
    process = subprocess.Popen(
        [*BOI, "dev", "--port", str(port), "--var", str(var)],
        stdout=log, stderr=subprocess.STDOUT, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    try:
        url = f"http://localhost:{port}"
        _wait_for(url, process, var)
        yield Served(url, f"http://localhost:{port + 1000}", var, _passwords(var))
    finally:
        process.terminate()
        ended = process.wait(20)
        log.close()
    assert ended == 0
    assert "Traceback" not in (var / "portal.log").read_text(encoding="utf-8")


def _wait_for(url: str, process: subprocess.Popen[bytes], var: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    pytest.fail("the portal did not start:\n" + (var / "portal.log").read_text(encoding="utf-8")[-3000:])


def _passwords(var: Path) -> dict[str, str]:
    """Logins and passwords as `boi dev` prints them."""
    found = {}
    lines = (var / "portal.log").read_text(encoding="utf-8").splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith("Demo logins"))
    for line in lines[start + 1 :]:
        if not line.strip():
            break
        login, password, *_ = line.split()
        found[login] = password
    return found


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@dataclass
class Watched:
    """A browser's page that notes what no page may have; `check()` runs axe on what is shown now, in both colour schemes."""

    page: Page
    strict: bool = True  # whether scripts run, so that axe can
    faults: list[str] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)

    def check(self) -> None:
        """Fail on an axe violation, a fault noted so far, more or less than one h1, a sideways scroll, or a title that says nothing."""
        self.checked.append(self.page.url)
        assert self.page.locator("h1").count() == 1, self.page.url
        assert self.page.title().strip(), self.page.url
        if self.strict:
            for scheme in ("light", "dark"):
                self.page.emulate_media(color_scheme=scheme)
                self._axe(scheme)
            self.page.emulate_media(color_scheme="light")
        assert not self.faults, self.faults

    def _axe(self, scheme: str) -> None:
        if not self.page.evaluate("typeof window.axe === 'object'"):
            self.page.evaluate(AXE)
        violations = self.page.evaluate(
            "axe.run(document, {resultTypes: ['violations']}).then(result => result.violations)"
        )
        told = [
            f"{item['id']}: {item['help']}: {node['html'][:200]} {node.get('failureSummary', '')[:300]}"
            for item in violations
            for node in item["nodes"]
        ]
        assert not told, f"{self.page.url} ({scheme}): " + "\n".join(told)


@pytest.fixture
def visitor(served: Served, chromium: Browser) -> Iterator[Callable[..., Watched]]:
    """Makes visitors: each a browser of its own. `javascript=False` switches scripts off."""
    contexts: list[BrowserContext] = []

    def make(*, javascript: bool = True, width: int = 1280) -> Watched:
        context = chromium.new_context(
            base_url=served.url, java_script_enabled=javascript, viewport={"width": width, "height": 900},
            locale="pl-PL", accept_downloads=True, reduced_motion="reduce",
        )  # fmt: skip
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        watched = Watched(page, strict=javascript)

        def note(message: ConsoleMessage) -> None:
            # a page that answers 404 or 422 on purpose is not a fault of the page
            if message.type == "error" and "status of 4" not in message.text:
                watched.faults.append(f"{page.url}: {message.text}")

        page.on("console", note)
        page.on("pageerror", lambda error: watched.faults.append(f"{page.url}: {error}"))
        page.on(
            "response",
            lambda answer: watched.faults.append(f"{answer.url}: {answer.status}") if answer.status >= 500 else None,
        )
        return watched

    yield make
    for context in contexts:
        context.close()
