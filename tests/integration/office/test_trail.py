"""The worker and the audit trail: what requests wrote is bound to the chain, and a failed round leaves it as it was."""

import pytest

from boi_portal.office import audit, auditing
from tests.core import Core

ORIGIN = audit.Origin("127.0.0.1", "")


def test_worker_links_what_requests_have_written(core: Core) -> None:
    with core.opened() as portal:
        for _ in range(3):
            audit.record(portal.office, "sign-in", "7", "7", ORIGIN)
    core.work()
    with core.opened() as portal:
        assert len(portal.office.events) == 0
        verdict = auditing.verify(portal.office, core.registry.boi_keyring)
        assert (verdict.links, verdict.faults) == (3, ())


def test_crash_while_linking_loses_nothing_and_links_nothing_twice(core: Core) -> None:
    with core.opened() as portal:
        audit.record(portal.office, "sign-in", "7", "7", ORIGIN)
    with pytest.raises(KeyboardInterrupt), core.opened() as portal:
        auditing.link_up(portal.office, core.registry.boi_keyring, 10)
        raise KeyboardInterrupt
    with core.opened() as portal:
        assert (len(portal.office.events), auditing.head_of(portal.office)[0]) == (1, 0)
    core.work()
    core.work()
    with core.opened() as portal:
        assert [line.what for line in auditing.all_lines(portal.office)] == ["sign-in"]
