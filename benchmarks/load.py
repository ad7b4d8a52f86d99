"""Load on one address, made by wrk, on this machine only.

wrk is a compiled program with one thread here, so on two cores it leaves one to the server.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from .processes import LOOPBACK, BenchmarkError, run

CONNECTIONS = 4


def requests_per_second(port: int, path: str, seconds: int, headers: Mapping[str, str] | None = None) -> float:
    """Ask for one page over and over for `seconds`, on four connections at once.

    :raises BenchmarkError: an answer was an error, or a connection broke.
    """
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "30s", "-H", f"Host: localhost:{port}"]
    for name, value in (headers or {}).items():
        command += ["-H", f"{name}: {value}"]
    printed = run([*command, f"http://{LOOPBACK}:{port}{path}"], seconds + 60)
    for trouble in ("Non-2xx or 3xx responses", "Socket errors"):
        if trouble in printed:
            raise BenchmarkError(f"wrk on {path}:\n{printed}")
    found = re.search(r"Requests/sec:\s*([0-9.]+)", printed)
    if found is None or float(found.group(1)) == 0:
        raise BenchmarkError(f"wrk counted nothing on {path}:\n{printed}")
    return float(found.group(1))
