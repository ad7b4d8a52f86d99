"""`boi audit` as an admin meets it."""

import re
from pathlib import Path

from boi_portal.office import auditing
from boi_portal.scripts.application import close
from tests.functional.test_boi_command import own_logging, refused
from tests.functional.test_keys import run
from tests.portals import TestPortal, portal_from

__all__ = ["own_logging"]  # commands configure logging


def test_trail_is_shown_and_found_whole_until_somebody_changes_it(model: Path, tmp_path: Path) -> None:
    var = tmp_path / "var"
    with portal_from(model, var) as portal:
        portal.signed_in("jan.testowy")
        portal.signed_in("urzednik")
        portal.work()
    shown = run(var, "audit", "show", "--what", "sign-in")
    assert shown.output.count("  sign-in  who=") == 2
    assert "Testowy" not in shown.output
    jan = f"applicant:{'de30' * 8}"
    assert run(var, "audit", "show", "--what", "sign-in", "--who", jan).output.count(" sign-in ") == 1
    assert run(var, "audit", "show", "--what", "sign-in", "--until", "2020-01-01").output.count(" sign-in ") == 0
    whole = run(var, "audit", "verify")
    assert "The audit trail is whole." in whole.output
    head = re.search(r"Head: (\S+)", whole.output)
    assert head is not None
    assert "is whole" in run(var, "audit", "verify", "--head", head[1]).output
    spoil(var)
    assert "was altered" in refused(run(var, "audit", "verify"))
    assert "not the one that was kept" in refused(run(var, "audit", "verify", "--head", head[1][:-4] + "0000"))


def spoil(var: Path) -> None:
    portal = TestPortal(var)
    with portal.opened() as opened:
        link = opened.office.chain[auditing.place(1)]
        link.content = link.content.replace("127.0.0.1", "127.0.0.2")
    close(portal.app)
