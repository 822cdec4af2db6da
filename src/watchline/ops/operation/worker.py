"""Reckoning of operations beside the core, so that it never waits; started when the first one is followed."""

from __future__ import annotations

import contextlib
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Protocol

from watchline.domain.operations import OperationProgress
from watchline.ops.beside import Beside, Died, questions
from watchline.ops.operation.reckoner import Answer, Ask, Reckoner
from watchline.ops.site_file import LoadedSite, read_site


class Follower(Protocol):
    """Whoever answers, one question at a time."""

    def ask(self, ask: Ask) -> None:
        """Ask; nobody may be waiting for an answer."""

    def take(self, *, wait: bool) -> Answer | None:
        """Return the answer, None when it is not there yet; wait: until it is."""

    def close(self) -> None:
        """End."""


class Inline:
    """Reckoned where it is asked for: for tools and tests."""

    def __init__(self, site: LoadedSite, ledger: Path) -> None:
        self._reckoner = Reckoner(site, ledger)
        self._answer: Answer | None = None

    def ask(self, ask: Ask) -> None:
        """Answer at once."""
        self._answer = _answered(self._reckoner, ask)

    def take(self, *, wait: bool) -> Answer | None:
        """Return the answer."""
        answer, self._answer = self._answer, None
        return answer

    def close(self) -> None:
        """Nothing is held."""


class Process:
    """One process that follows operations.  Mutable: it owns the process."""

    def __init__(self, site: LoadedSite, ledger: Path) -> None:
        """Start it; site and ledger are read there."""
        self._beside = Beside("watchline-operations", _work, site.path, ledger)
        self._waiting: Ask | None = None

    def ask(self, ask: Ask) -> None:
        """Ask."""
        self._waiting = ask
        with contextlib.suppress(Died):  # `take` says so
            self._beside.ask(ask)

    def take(self, *, wait: bool) -> Answer | None:
        """Return the answer; a worker that died is told as one."""
        if self._waiting is None:
            return None
        try:
            answer: Answer | None = self._beside.hear(wait=wait)
        except Died:
            answer = _faulty(self._waiting, "what follows operations died: start the core again")
        if answer is not None:
            self._waiting = None
        return answer

    def close(self) -> None:
        """End the process."""
        self._beside.close()


def _work(pipe: Connection, path: Path, ledger: Path) -> None:
    reckoner: Reckoner | None = None
    ask: Ask
    for ask in questions(pipe):
        if reckoner is None:
            reckoner = Reckoner(read_site(path), ledger)
        pipe.send(_answered(reckoner, ask))


def _answered(reckoner: Reckoner, ask: Ask) -> Answer:
    try:
        return reckoner.answer(ask)
    except Exception as error:  # noqa: BLE001 (it is told in the ledger)
        return _faulty(ask, f"{type(error).__name__}: {error}")


def _faulty(ask: Ask, fault: str) -> Answer:
    name = ask.stated.operation
    return Answer(
        OperationProgress(
            id=f"{name}-v{ask.version}-b{ask.seq}", t_s=ask.now_s, source="operations", operation=name,
            version=ask.version, seq=ask.seq, fault=fault,
        )
    )  # fmt: skip
