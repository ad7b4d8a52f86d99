"""Further ways to prove who one is, which other features bring: an eID provider, for example.

To sign in: `config.add_sign_in_ways(name, ways)`, where `ways(request)` gives buttons for the sign-in page and for the box on the
home page. Each posts `powrot` to its address; the feature ends in `entry.enter`.

For a higher level: `config.add_step_up(name, ways)`, where `ways(request)` gives the ways that are open to whoever is signed in. The
page of confirming shows each as a button that posts `powrot` to its address. When the person comes back from there and is the same,
the feature calls `entry.confirm(request, level, how)` and leads to `powrot`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any

from ..web.assurance import Assurance


@dataclasses.dataclass(frozen=True)
class StepUp:
    """A way: the level it leads to, what its button says, one sentence about it, and the address that is posted to."""

    level: Assurance
    title: str
    hint: str
    action: str


@dataclasses.dataclass(frozen=True)
class SignInWay:
    """A way in: what its button says, and the address that is posted to."""

    title: str
    action: str


Ways = Callable[[Any], Iterable[StepUp]]
SignInWays = Callable[[Any], Iterable[SignInWay]]


def add_sign_in_ways(config: Any, name: str, ways: SignInWays) -> None:
    """Directive: `ways(request)` gives further ways to sign in."""
    ways = config.maybe_dotted(ways)

    def register() -> None:
        config.registry.boi_sign_in_ways[name] = ways

    config.action(("boi sign-in ways", name), register)


def sign_in_ways(request: Any) -> list[SignInWay]:
    """The ways of other features, in the order of their names; templates know them as `request.sign_in_ways`."""
    return [one for _, ways in sorted(request.registry.boi_sign_in_ways.items()) for one in ways(request)]


def add_step_up(config: Any, name: str, ways: Ways) -> None:
    """Directive: `ways(request)` gives further ways to prove who one is."""
    ways = config.maybe_dotted(ways)

    def register() -> None:
        config.registry.boi_step_ups[name] = ways

    config.action(("boi step-up", name), register)


def step_ups(request: Any, level: Assurance) -> list[StepUp]:
    """The ways of other features that reach at least this level, the lowest first."""
    found = [one for ways in request.registry.boi_step_ups.values() for one in ways(request)]
    return sorted((one for one in found if one.level >= level), key=lambda one: one.level)


def includeme(config: Any) -> None:
    config.registry.boi_step_ups = {}
    config.registry.boi_sign_in_ways = {}
    config.add_directive("add_step_up", add_step_up)
    config.add_directive("add_sign_in_ways", add_sign_in_ways)
    config.add_request_method(sign_in_ways, "sign_in_ways", reify=True)
