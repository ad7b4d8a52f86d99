"""What cards refer to stays where it is until the cards let go of it."""

import pytest

from boi_portal.publishing import lifecycle
from tests.portals import TestPortal

CARD = ("katalog", "sprawy-obywatelskie", "zameldowanie-na-pobyt-staly")


@pytest.mark.parametrize(
    "path",
    [("wydzialy", "so"), ("formularze", "zameldowanie-na-pobyt-staly"), ("pliki", "wzor-pelnomocnictwa.pdf")],
    ids="/".join,
)
def test_what_a_card_refers_to_cannot_be_deleted(portal: TestPortal, path: tuple[str, str]) -> None:
    with portal.opened(commit=False) as opened:
        target = opened.site[path[0]][path[1]]
        with pytest.raises(lifecycle.LifecycleError, match="odwołują się"):
            lifecycle.delete(portal.registry, target, "redaktor")


def test_a_card_that_nothing_refers_to_can_be_deleted_and_lets_go(portal: TestPortal) -> None:
    with portal.opened(commit=False) as opened:
        card = opened.site[CARD[0]][CARD[1]][CARD[2]]
        lifecycle.delete(portal.registry, card, "redaktor")
        department = opened.site["wydzialy"]["so"]
        assert card not in lifecycle.referrers(department)
