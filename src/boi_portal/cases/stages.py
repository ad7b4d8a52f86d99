"""The stages of a case: their order, what each says to the citizen, and which may follow which.

Owns the words and the rules. Changes nothing by itself: `handling` does, with the transitions that stand here.
"""

from __future__ import annotations

import dataclasses

FILED = "zlozona"
REGISTERED = "zarejestrowana"
IN_PROGRESS = "w-trakcie"
CORRECTION = "wezwanie"
SUSPENDED = "zawieszona"
CLOSED = "zakonczona"


@dataclasses.dataclass(frozen=True)
class Stage:
    """A stage as people see it. `kind` colours it: `office` (the office's move), `applicant`, `waiting` or `closed`."""

    name: str
    title: str
    meaning: str  # to the citizen: what it means
    action: str  # to the citizen: what to do now
    kind: str


@dataclasses.dataclass(frozen=True)
class Outcome:
    """In what way a case was closed."""

    name: str
    title: str
    meaning: str


STAGES = {
    stage.name: stage
    for stage in (
        Stage(
            FILED,
            "Złożona",
            "Pismo dotarło do urzędu i masz jego poświadczenie. Kancelaria jeszcze go nie zarejestrowała.",
            "Nie musisz nic robić. Napiszemy, gdy zarejestrujemy pismo.",
            "office",
        ),
        Stage(
            REGISTERED,
            "Zarejestrowana",
            "Pismo ma numer w rejestrze przesyłek wpływających (RPW), a sprawa – swój znak.",
            "Nie musisz nic robić. Podawaj znak sprawy w każdej rozmowie z urzędem.",
            "office",
        ),
        Stage(
            IN_PROGRESS,
            "W trakcie realizacji",
            "Pracownik wydziału zajmuje się sprawą.",
            "Nie musisz nic robić. Napiszemy, gdy sprawa zmieni etap.",
            "office",
        ),
        Stage(
            CORRECTION,
            "Wezwanie do uzupełnienia",
            "Teraz urząd czeka na Ciebie. W piśmie czegoś brakuje.",
            "Uzupełnij to, o co prosi urząd, w podanym terminie. W przeciwnym razie sprawa może pozostać bez rozpoznania.",
            "applicant",
        ),
        Stage(
            SUSPENDED,
            "Zawieszona",
            "Sprawa czeka na coś, od czego zależy jej wynik. Terminy w tym czasie nie biegną.",
            "Powód znajdziesz w piśmie z urzędu. Napiszemy, gdy wrócimy do sprawy.",
            "waiting",
        ),
        Stage(CLOSED, "Zakończona", "Urząd załatwił sprawę.", "", "closed"),
    )
}

OUTCOMES = {
    outcome.name: outcome
    for outcome in (
        Outcome("pozytywnie", "Pozytywnie", "Urząd zgodził się z wnioskiem albo przyjął zgłoszenie."),
        Outcome("negatywnie", "Negatywnie", "Urząd odmówił. Pismo z urzędu wyjaśnia dlaczego i jak się odwołać."),
        Outcome("umorzona", "Umorzona", "Postępowanie stało się zbędne, na przykład wniosek został wycofany."),
        Outcome(
            "bez-rozpoznania",
            "Pozostawiona bez rozpoznania",
            "Braków nie uzupełniono w terminie. Możesz złożyć nowy wniosek.",
        ),
        Outcome(
            "przekazana",
            "Przekazana innemu organowi",
            "Sprawą zajmuje się inny urząd. Zawiadomienie z urzędu mówi, który.",
        ),
    )
}

# Registration has a form and a number of its own; the other changes are the clerk's choice. A closed case may come back,
# as when a decision is set aside on appeal: what was closed stays in the history.
TRANSITIONS: dict[str, tuple[str, ...]] = {
    FILED: (REGISTERED,),
    REGISTERED: (IN_PROGRESS, CORRECTION, CLOSED),
    IN_PROGRESS: (CORRECTION, SUSPENDED, CLOSED),
    CORRECTION: (IN_PROGRESS, CLOSED),
    SUSPENDED: (IN_PROGRESS, CLOSED),
    CLOSED: (IN_PROGRESS,),
}

OPEN = (FILED, REGISTERED, IN_PROGRESS, CORRECTION, SUSPENDED)
WAITING_FOR_OFFICE = tuple(name for name in OPEN if STAGES[name].kind == "office")


def may_follow(now: str, then: str) -> bool:
    """Whether a case at stage `now` may move to `then`."""
    return then in TRANSITIONS.get(now, ())


def needs_note(now: str, then: str) -> bool:
    """Whether the citizen must be told more than the stage says by itself."""
    return then in (CORRECTION, SUSPENDED) or now == CLOSED
