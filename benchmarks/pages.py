"""How many pages a second one process serves to visitors, beside a bare view under the same server in the same minute.

Every measurement of a page stands between two of the bare view, and the ratio is taken to their mean; the median of the rounds is
reported. So a machine that is busy for a while disturbs both alike.
"""

from __future__ import annotations

import contextlib
import dataclasses
import re
import shutil
import statistics
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path

from . import load, portals
from .processes import BenchmarkError, free_port, get, python, running, wait_until_ready
from .report import Result, Table, verdict

AIM = 0.6  # × hello, anonymous pages
NO_CACHE = {"boi.page_cache_mb": "0"}
LIST = "/katalog?wedlug=nazwy"
SEARCH = "/szukaj?q=" + urllib.parse.quote("zameldowanie")


@dataclasses.dataclass(frozen=True)
class Page:
    """A page of a portal that is measured. `marks` counts what the page must hold so that it is the right one."""

    label: str
    portal: str
    path: str
    mark: str
    at_least: int = 1


@dataclasses.dataclass(frozen=True)
class Way:
    """A way of asking: of which server, and with which headers."""

    label: str
    server: str
    conditional: bool = False  # If-None-Match with the page's ETag


Figures = dict[tuple[Page, Way], list[float]]

WAYS = (
    Way("kept page", "cached"),
    Way("304 to If-None-Match", "cached", conditional=True),
    Way("page made anew", "uncached"),
)


def measure(folder: Path, quick: bool, say: Callable[[str], None]) -> Result:
    """Make both portals in `folder`, serve each with and without page cache, and measure.

    :raises BenchmarkError: a server or a page is not what it should be.
    """
    total, rounds, seconds = (300, 1, 1) if quick else (10_000, 5, 2)
    folders = _make_portals(folder, total, say)
    with portals.served(folders) as ports, _hello(folder) as hello:
        targets = [(page, way) for page in _pages(total, ports) for way in WAYS]
        headers = {target: _check(target, ports) for target in targets}
        ratios: Figures = {target: [] for target in targets}
        rates: Figures = {target: [] for target in targets}
        hellos = [load.requests_per_second(hello, "/", 1)]
        for number in range(rounds):
            say(f"pages: round {number + 1} of {rounds}")
            for target in targets:
                page, way = target
                rate = load.requests_per_second(ports[f"{page.portal}-{way.server}"], page.path, seconds, headers[target])
                hellos.append(load.requests_per_second(hello, "/", 1))
                rates[target].append(rate)
                ratios[target].append(rate / statistics.mean(hellos[-2:]))
    return _result(targets, rates, ratios, hellos, rounds)


def _make_portals(base: Path, total: int, say: Callable[[str], None]) -> list[Path]:
    """Four portals: with the shipped and with many cards, each with the page cache and without."""
    say("pages: making portals with the shipped content")
    large = portals.copied(base, "large-cached")
    say(f"pages: publishing cards until there are {total}")
    spent = portals.fill_up(large, total)
    say(f"pages: published in {spent:.0f} s")
    uncached = base / "large-uncached"
    shutil.copytree(large, uncached)
    portals.write_ini(uncached, NO_CACHE)
    return [
        portals.copied(base, "shipped-cached"), portals.copied(base, "shipped-uncached", NO_CACHE), large, uncached,
    ]  # fmt: skip


@contextlib.contextmanager
def _hello(folder: Path) -> Iterator[int]:
    """The bare view, with as many threads as the portal; gives its port."""
    port, log = free_port(), folder / "hello.log"
    with running(python("hello", "--port", str(port), "--threads", str(portals.server_threads())), log) as child:
        wait_until_ready(child, port, log)
        yield port


def _pages(total: int, ports: dict[str, int]) -> list[Page]:
    card = _first_card(ports["shipped-cached"])
    shipped = len(_card_addresses(ports["shipped-cached"]))
    return [
        Page("card", "shipped", card, "Podstawa prawna"),
        Page(f"list of {shipped} of the shipped cards", "shipped", LIST, "/katalog/", shipped),
        Page(f"list of 50 of {total:,} cards", "large", LIST, "/katalog/", 50),
        Page("search in the shipped content", "shipped", SEARCH, "/katalog/"),
        Page(f"search in {total:,} cards", "large", SEARCH, "/katalog/", 5),
    ]


def _card_addresses(port: int) -> set[str]:
    """Addresses of cards on the first page of the list by names."""
    _, _, body = get(port, LIST)
    return set(re.findall(r'href="(?:http://localhost:\d+)?(/katalog/[^/"?]+/[^/"?]+)/?"', body))


def _first_card(port: int) -> str:
    found = sorted(_card_addresses(port))
    if not found:
        raise BenchmarkError("The list by names holds no card")
    return found[0]


def _check(target: tuple[Page, Way], ports: dict[str, int]) -> dict[str, str]:
    """See that the answer is the page that is meant; returns the headers to ask with."""
    page, way = target
    port = ports[f"{page.portal}-{way.server}"]
    status, headers, body = get(port, page.path)
    if status != 200 or body.count(page.mark) < page.at_least:
        raise BenchmarkError(f"{page.path} answers {status} and holds {body.count(page.mark)} × {page.mark!r}")
    if not way.conditional:
        return {}
    asked = {"If-None-Match": headers.get("etag", "")}
    status, _, _ = get(port, page.path, asked)
    if status != 304:
        raise BenchmarkError(f"{page.path} answers {status} instead of 304 to its own ETag")
    return asked


def _result(targets: list[tuple[Page, Way]], rates: Figures, ratios: Figures, hellos: list[float], rounds: int) -> Result:
    found = {target: statistics.median(ratios[target]) for target in targets}
    table = Table(
        f"Pages for visitors, one process, {portals.server_threads()} threads, {load.CONNECTIONS} connections, "
        f"medians of {rounds} round{'s' if rounds > 1 else ''} (hello: {statistics.median(hellos):,.0f} requests/s)",
        ("page", *(head for way in WAYS for head in (f"{way.label}, 1/s", "× hello"))),
    )
    for page in dict.fromkeys(page for page, _ in targets):
        cells = [page.label]
        for way in WAYS:
            cells += [f"{statistics.median(rates[page, way]):,.0f}", f"{found[page, way]:.2f}"]
        table.rows.append(cells)
    kept = [ratio for (_, way), ratio in found.items() if way.server == "cached" and not way.conditional]
    made = [ratio for (_, way), ratio in found.items() if way.server == "uncached"]
    notes = [f"Aim: anonymous pages at {AIM} × hello. Found: {min(kept):.2f} at least: {verdict(min(kept) >= AIM)}."]
    return Result("pages", [table], notes, f"kept {min(kept):.2f}–{max(kept):.2f} × hello, made anew {min(made):.3f}–{max(made):.3f}")
