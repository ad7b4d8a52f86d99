"""Whether the time of an answer tells that an account exists: refused sign-ins with a made-up name and with a wrong password.

Samples are taken in a random order, each with a name and a network address of its own, so that nobody is slowed down. Beside the comparison
stands one of made-up names with themselves: what chance alone gives on this machine.
"""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from . import portals
from .report import Result, Table, verdict
from .town import Town, login, network

SAMPLES = {False: 2000, True: 60}  # of each kind, by --quick
AIM_EFFECT = 0.05  # of the chance to guess right beside one half
AIM_CHANCE = 0.01
WRONG = "zupelnie-inne-haslo-9"
WARM = 10


def measure(folder: Path, quick: bool, say: Callable[[str], None]) -> Result:
    """Make a town in `folder` and be refused in it many times.

    :raises BenchmarkError: an answer is not the one that was meant.
    """
    count = SAMPLES[quick]
    with closing(Town(portals.copied(folder, "timing"), count + WARM)) as town:
        say(f"timing: {2 * count} refused sign-ins")
        known, nobody = _samples(town, count)
    return _result(known, nobody)


def _samples(town: Town, count: int) -> tuple[list[float], list[float]]:
    """Seconds with a wrong password, and with a name that nobody has."""
    chooser = random.Random(2)
    order = [(exists, place) for place in range(count) for exists in (True, False)]
    chooser.shuffle(order)
    order = [*((exists, count + place) for place in range(WARM) for exists in (True, False)), *order]
    found: dict[bool, list[float]] = {True: [], False: []}
    for number, (exists, place) in enumerate(order):
        # as long as the login of an account, so that only its being there differs
        name = login(place) if exists else "x" + login(place)[1:]
        seconds = town.sign_in(name, WRONG, network(number), 422)
        if number >= 2 * WARM:
            found[exists].append(seconds)
    return found[True], found[False]


def _result(known: Sequence[float], nobody: Sequence[float]) -> Result:
    halves = nobody[::2], nobody[1::2]
    compared = {"wrong password / no such account": (known, nobody), "no such account / the same (chance)": halves}
    table = Table(
        f"Refused sign-ins, {len(known)} of each kind, in a random order",
        ["compared", "medians, ms", "difference, µs", "Welch's t", "p", "Mann-Whitney p", "guessed right"],
    )
    for title, (one, other) in compared.items():
        t, p = welch(one, other)
        chance, right = mann_whitney(one, other)
        middles = statistics.median(one) * 1000, statistics.median(other) * 1000
        table.rows.append(
            [title, f"{middles[0]:.2f} / {middles[1]:.2f}", f"{(middles[0] - middles[1]) * 1000:+.0f}",
             f"{t:+.2f}", f"{p:.3f}", f"{chance:.3f}", f"{right:.3f}"]
        )  # fmt: skip
    chance, right = mann_whitney(known, nobody)
    reached = chance >= AIM_CHANCE or abs(right - 0.5) < AIM_EFFECT
    notes = [
        f"Aim: the two cannot be told apart (p at least {AIM_CHANCE}, or guessed right in {0.5 + AIM_EFFECT:.0%} of cases at most). "
        f"Found: p = {chance:.3f}, guessed right {right:.1%}: {verdict(reached)}.",
        "*Guessed right*: how often the longer of two answers, one of each kind, is the first kind's (0.5: a coin).",
    ]
    return Result("timing", [table], notes, f"guessed right {right:.1%}, p = {chance:.3f}")


def welch(one: Sequence[float], other: Sequence[float]) -> tuple[float, float]:
    """Welch's t, and the chance of one as large where the means are equal (two-sided; normal, as samples are many)."""
    spread = math.sqrt(statistics.variance(one) / len(one) + statistics.variance(other) / len(other))
    t = (statistics.fmean(one) - statistics.fmean(other)) / spread
    return t, math.erfc(abs(t) / math.sqrt(2))


def mann_whitney(one: Sequence[float], other: Sequence[float]) -> tuple[float, float]:
    """The chance of ranks as uneven where both are alike (two-sided, normal), and how often a sample of `one` is above one of `other`."""
    ranks = _ranks([*one, *other])
    above = sum(ranks[: len(one)]) - len(one) * (len(one) + 1) / 2
    pairs, total = len(one) * len(other), len(one) + len(other)
    deviation = math.sqrt(pairs * (total + 1) / 12)
    return math.erfc(abs(above - pairs / 2) / deviation / math.sqrt(2)), above / pairs


def _ranks(values: Sequence[float]) -> list[float]:
    """The rank of each value, counted from 1; equal ones share the mean of theirs."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for place in range(start, end + 1):
            ranks[order[place]] = (start + end) / 2 + 1
        start = end + 1
    return ranks
