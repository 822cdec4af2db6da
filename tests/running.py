"""A Watchline in a process of its own, for tests that use it as a person would."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

START_S = 120.0  # the first run makes the demonstration line and compiles


def free_port() -> int:
    """Return a port nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RunningWatchline:
    """`watchline run` in the background; a context manager that ends it."""

    def __init__(self, *arguments: str, ledger: Path) -> None:
        self.port, self.ledger = free_port(), ledger
        command = [sys.executable, "-m", "watchline", "run", "--no-browser", "--port", str(self.port)]
        self.said = ledger.parent / f"{ledger.name}.stderr"
        with self.said.open("wb") as said:
            self.process = subprocess.Popen(
                [*command, "--ledger", str(ledger), *arguments],
                stdout=subprocess.DEVNULL,
                stderr=said,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )

    def link(self) -> str:
        """Return the newest link printed, waiting for the first."""
        end = time.monotonic() + START_S
        while time.monotonic() < end:
            links = re.findall(r"(http://\S+\?token=\S+)", self.said.read_text())
            if links:
                return str(links[-1])
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise AssertionError(f"no link was printed: {self.said.read_text()}")

    def kill(self) -> None:
        """Kill it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=10)

    def __enter__(self) -> RunningWatchline:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.kill()
