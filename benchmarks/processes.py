"""The child processes of a benchmark, and the figures that the kernel keeps of them.

Whatever is started here is ended here, by its own process id, however the block is left.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOOPBACK = "127.0.0.1"
PATIENCE = 15.0  # seconds that a process may take to end by itself


class BenchmarkError(Exception):
    """A benchmark could not be run, or measured something else than it says."""


def python(module: str, *arguments: str) -> list[str]:
    """The command that runs a module of this package with the Python that runs now."""
    return [sys.executable, "-W", "ignore:pkg_resources is deprecated", "-m", f"benchmarks.{module}", *arguments]


def boi(command: str, *arguments: str) -> list[str]:
    """The command line of `boi` or `boi-sandbox` as `make env` installs them.

    :raises BenchmarkError: the environment was not made.
    """
    program = ROOT / "bin" / command
    if not program.exists():
        raise BenchmarkError(f"There is no {program.relative_to(ROOT)}. Run: make env")
    return [str(program), *arguments]


def run(command: Sequence[str], seconds: float = 300) -> str:
    """Run a command to its end and return what it printed.

    :raises BenchmarkError: it failed or took longer than `seconds`.
    """
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        raise BenchmarkError(f"{command[0]} took longer than {seconds:.0f} s") from None
    if done.returncode:
        raise BenchmarkError(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done.stdout


@contextlib.contextmanager
def running(command: Sequence[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that runs while the block does; what it prints goes to the file `log`."""
    with log.open("ab") as out:
        child = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
    try:
        yield child
    finally:
        end(child)


def end(child: subprocess.Popen[bytes]) -> None:
    """End a child and wait for it."""
    if child.poll() is None:
        child.terminate()
    try:
        child.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait(PATIENCE)


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    return port


def get(port: int, path: str, headers: dict[str, str] | None = None) -> tuple[int, dict[str, str], str]:
    """One GET: status, headers (names in lower case) and body.

    :raises OSError: nobody answers there.
    """
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=60)
    try:
        connection.request("GET", path, headers={"Host": f"localhost:{port}", **(headers or {})})
        answer = connection.getresponse()
        body = answer.read().decode("utf-8", "replace")
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body
    finally:
        connection.close()


def wait_until_ready(child: subprocess.Popen[bytes], port: int, log: Path, seconds: float = 60) -> None:
    """Return with the first 200 on `/`.

    :raises BenchmarkError: the process ended, answered an error or did not answer in time.
    """
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if child.poll() is not None:
            raise BenchmarkError(f"The server ended with {child.returncode}:\n{tail(log)}")
        try:
            status, _, body = get(port, "/")
        except OSError:
            time.sleep(0.01)
            continue
        if status != 200:
            raise BenchmarkError(f"The server answers {status}:\n{body[:500]}\n{tail(log)}")
        return
    raise BenchmarkError(f"No answer within {seconds:.0f} s:\n{tail(log)}")


def tail(log: Path, size: int = 4000) -> str:
    """The end of what a process has printed."""
    return log.read_text("utf-8", "replace")[-size:] if log.exists() else ""


def memory_mb(pid: int, key: str = "VmRSS") -> float:
    """Resident memory in MB (10⁶ bytes): `VmRSS` now, `VmHWM` at its highest (proc_pid_status(5))."""
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        name, _, value = line.partition(":")
        if name == key:
            return int(value.split()[0]) * 1024 / 1e6
    raise BenchmarkError(f"/proc/{pid}/status has no {key}")
