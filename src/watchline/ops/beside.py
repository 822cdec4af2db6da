"""A process beside the core and the pipe to it: what the account, the maps, old looks and proposals are made in.

Rules: it is spawned, never forked (threads of the core hold locks); a press of Ctrl-C is the core's to take; it ends
when its pipe does, so that none outlives the core.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import Any


class Died(Exception):
    """The process is gone, with what it was asked for."""


class Beside:
    """One process.  Mutable: it owns it."""

    def __init__(self, name: str, work: Callable[..., None], *args: object) -> None:
        """Start `work(pipe, *args)`; it and what it is given must be picklable."""
        context = multiprocessing.get_context("spawn")
        self._pipe, there = context.Pipe()
        self._process = context.Process(target=work, args=(there, *args), daemon=True, name=name)
        self._process.start()
        there.close()

    def ask(self, question: object) -> None:
        """Send a question.  Raises Died."""
        try:
            self._pipe.send(question)
        except OSError as error:
            raise Died from error

    def hear(self, *, wait: bool) -> Any:
        """Return the next answer, None when there is none yet; wait: until there is one.  Raises Died."""
        try:
            return self._pipe.recv() if wait or self._pipe.poll() else None
        except (EOFError, OSError) as error:
            raise Died from error

    def close(self, within_s: float = 1.0) -> None:
        """End it; within_s: how long it may take to end by itself."""
        self._pipe.close()
        self._process.join(timeout=within_s)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def questions(pipe: Connection) -> Iterator[Any]:
    """Yield what the core asks, in the process beside it, until the core is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            question = pipe.recv()
        except (EOFError, OSError):
            return
        yield question
