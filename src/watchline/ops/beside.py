"""A process beside the core and the pipe to it: what the account, the maps, old looks and proposals are made in.

Rules: it is spawned, never forked (threads of the core hold locks); a press of Ctrl-C is the core's to take; it ends
when its pipe does, so that none outlives the core.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import Any, Generic, Protocol, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")
Q_contra = TypeVar("Q_contra", contravariant=True)
A_co = TypeVar("A_co", covariant=True)


class Died(Exception):
    """The process is gone, with what it was asked for."""


class Beside:
    """One process.  Mutable: it owns it."""

    def __init__(self, name: str, work: Callable[..., None], *args: object) -> None:
        """Start `work(pipe, *args)`; it and what it is given must be picklable."""
        context = multiprocessing.get_context("spawn")
        self._pipe, there = context.Pipe()
        self._process = context.Process(target=_work, args=(work, there, *args), daemon=True, name=name)
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


def _work(work: Callable[..., None], pipe: Connection, *args: object) -> None:
    """Work until the pipe ends, even in the middle of an answer: nobody waits for it any more."""
    with contextlib.suppress(BrokenPipeError):
        work(pipe, *args)


class Answering(Protocol[Q_contra, A_co]):
    """Whoever answers, one question at a time."""

    def ask(self, question: Q_contra, /) -> None:
        """Ask; no answer may be owed."""

    def take(self, *, wait: bool) -> A_co | None:
        """Return the answer, None when it is not there yet; wait: until it is."""

    def close(self) -> None:
        """End."""


class Inline(Generic[Q, A]):
    """Answered where it is asked: for tools and tests.  Mutable: it holds the answer until it is taken."""

    def __init__(self, make: Callable[[Q], A]) -> None:
        self._make = make
        self._answer: A | None = None

    def ask(self, question: Q, /) -> None:
        """Answer at once."""
        self._answer = self._make(question)

    def take(self, *, wait: bool) -> A | None:
        """Return the answer."""
        answer, self._answer = self._answer, None
        return answer

    def close(self) -> None:
        """Nothing is held."""


class OneAtATime(Generic[Q, A]):
    """Answered by a process beside; one that died is told as an answer.  Mutable: it owns the process."""

    def __init__(self, beside: Beside, died: Callable[[Q], A]) -> None:
        """Take over a process; died: what is answered in its place when it is gone."""
        self._beside, self._died = beside, died
        self._waiting: Q | None = None

    def ask(self, question: Q, /) -> None:
        """Ask."""
        self._waiting = question
        with contextlib.suppress(Died):  # `take` says so
            self._beside.ask(question)

    def take(self, *, wait: bool) -> A | None:
        """Return the answer."""
        if self._waiting is None:
            return None
        try:
            answer: A | None = self._beside.hear(wait=wait)
        except Died:
            answer = self._died(self._waiting)
        if answer is not None:
            self._waiting = None
        return answer

    def close(self) -> None:
        """End the process."""
        self._beside.close()


def questions(pipe: Connection) -> Iterator[Any]:
    """Yield what the core asks, in the process beside it, until the core is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            question = pipe.recv()
        except (EOFError, OSError):
            return
        yield question
