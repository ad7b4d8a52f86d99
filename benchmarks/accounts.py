"""What many accounts cost: sign-in, a clerk's search and registration with 100 accounts and with 100,000.

Samples of both towns are taken in turns, so that whatever else the machine does weighs on both. The yardstick is the password's hash alone
(argon2id), of which sign-in and registration need one each.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

from boi_portal.accounts import passwords
from boi_portal.accounts.demo import PASSWORD

from . import portals
from .report import Result, Table, verdict
from .town import Town, login, network

AIM = 1.5
SMALL = 100
LARGE = {False: 100_000, True: 2_000}  # by --quick
ROUNDS = {False: 60, True: 8}
ACTS = {"sign-in": "sign-in", "search": "clerk's search by surname", "register": "registration"}


def measure(folder: Path, quick: bool, say: Callable[[str], None]) -> Result:
    """Make two towns in `folder` and do in each what people do.

    :raises BenchmarkError: an answer is not the one that was meant.
    """
    with ExitStack() as stack:
        towns = []
        for count in (SMALL, LARGE[quick]):
            say(f"accounts: making {count} accounts")
            towns.append(stack.enter_context(closing(Town(portals.copied(folder, f"accounts-{count}"), count))))
        return _result(towns, _samples(towns, ROUNDS[quick], say))


def _samples(towns: list[Town], rounds: int, say: Callable[[str], None]) -> dict[tuple[str, int], list[float]]:
    """(act, accounts) -> seconds. The first round only warms up."""
    chooser = random.Random(1)
    clerks = [town.clerk() for town in towns]
    found: dict[tuple[str, int], list[float]] = {}
    for number in range(rounds + 1):
        if number % 10 == 0:
            say(f"accounts: round {number} of {rounds}")
        for town, clerk in zip(towns, clerks, strict=True):
            place, address = chooser.randrange(town.count), network(number)
            spent = {
                "hash": _hash(),
                "sign-in": town.sign_in(login(place), PASSWORD, address, 303),
                "search": town.search(clerk, place),
                "register": town.register(number, address),
            }
            for act, seconds in spent.items():
                if number:
                    found.setdefault((act, town.count), []).append(seconds)
    return found


def _hash() -> float:
    started = time.perf_counter()
    passwords.hash_password(PASSWORD)
    return time.perf_counter() - started


def _result(towns: list[Town], samples: dict[tuple[str, int], list[float]]) -> Result:
    small, large = (town.count for town in towns)
    middle = {key: statistics.median(values) * 1000 for key, values in samples.items()}
    yardstick = statistics.median(samples["hash", small] + samples["hash", large]) * 1000
    rounds = len(samples["hash", small])
    table = Table(
        f"Milliseconds over WSGI, medians of {rounds} rounds (hash of a password alone: {yardstick:.1f} ms)",
        ["what", f"{small:,} accounts", f"{large:,} accounts", "ratio", "large × hash"],
    )
    ratios = {act: middle[act, large] / middle[act, small] for act in ACTS}
    for act, title in ACTS.items():
        one, many = middle[act, small], middle[act, large]
        table.rows.append([title, f"{one:.1f}", f"{many:.1f}", f"{ratios[act]:.2f}", f"{many / yardstick:.2f}"])
    worst = max(ratios.values())
    notes = [
        f"Aim: at most {AIM} × the time at {small:,}. Found: {worst:.2f} at most: {verdict(worst <= AIM)}.",
        "Each account has a case in the clerk's department, so the search's index holds all of them.",
    ]
    return Result("accounts", [table], notes, f"{large:,} accounts: {worst:.2f} × {small:,}")
