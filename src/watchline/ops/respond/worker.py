"""Proposals beside the core: a process that reckons who could go, so that the core's step never waits for it.

One question at a time: whoever asks waits for the answer before the next.  A process that died is started anew.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection

import numpy as np

from watchline.ops import beside
from watchline.ops.beside import Answering, Beside, Died, questions
from watchline.ops.respond.land import Ground
from watchline.ops.respond.proposer import Answer, Question, answered
from watchline.response.travel.reach import reach

Proposer = Answering[Question, Answer]
Proposers = Callable[[Ground], Proposer]


class Inline(beside.Inline[Question, Answer]):
    """Proposals made where they are asked for: for tools and tests."""

    def __init__(self, ground: Ground) -> None:
        super().__init__(partial(answered, ground))


class Process:
    """One process that holds the ground.  Mutable: it owns the process."""

    def __init__(self, ground: Ground) -> None:
        """Start it; it prepares while nobody asks."""
        self._ground = ground
        self._start()

    def _start(self) -> None:
        self._beside = Beside("watchline-proposals", _work, self._ground)
        self._ready = False
        self._question: Question | None = None  # until it is ready: a pipe that nobody reads holds up who writes
        self._owed = False

    def ask(self, question: Question) -> None:
        """Ask."""
        self._question, self._owed = question, True

    def take(self, *, wait: bool) -> Answer | None:
        """Return the answer; a process that died is told as one, and another is begun."""
        if not self._owed:
            return None
        try:
            if not self._ready:
                self._ready = self._beside.hear(wait=wait) is not None
            if self._ready and self._question is not None:
                self._beside.ask(self._question)
                self._question = None
            answer: Answer | None = self._beside.hear(wait=wait) if self._ready else None
        except Died:
            self.close()
            self._start()
            return Answer({}, fault="the process died")
        self._owed = answer is None
        return answer

    def close(self) -> None:
        """End the process."""
        self._beside.close()


def _work(pipe: Connection, ground: Ground) -> None:
    for ways in ground.by_day.values():  # so that what is compiled is there before somebody waits for it
        corner = ways.xy_m(np.zeros(2))
        reach(ways, corner, 1.0, to_m=corner[None])
    pipe.send("ready")
    for question in questions(pipe):
        try:
            answer = answered(ground, question)
        except Exception as error:  # noqa: BLE001 (it is told in the ledger)
            answer = Answer({}, fault=f"{type(error).__name__}: {error}")
        pipe.send(answer)
