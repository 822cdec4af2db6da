"""Maps beside the core: a process that draws and plans, so that the core never waits for it.

It is started when the first search begins, and not before.
"""

from __future__ import annotations

import contextlib
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Protocol

from watchline.geo.terrain import Terrain
from watchline.ops.beside import Beside, Died, questions
from watchline.ops.search.maps import Answer, Ask, Maps
from watchline.ops.site_file import LoadedSite, read_site


class MapMaker(Protocol):
    """Whoever answers, one question at a time."""

    def ask(self, ask: Ask) -> None:
        """Ask; nobody may be waiting for an answer."""

    def take(self, *, wait: bool) -> Answer | None:
        """Return the answer, None when it is not there yet; wait: until it is."""

    def close(self) -> None:
        """End."""


class Inline:
    """Maps made where they are asked for: for tools and tests."""

    def __init__(self, site: LoadedSite, terrain: Terrain) -> None:
        self._maps = Maps(site, terrain)
        self._answer: Answer | None = None

    def ask(self, ask: Ask) -> None:
        """Answer at once."""
        self._answer = self._maps.answer(ask)

    def take(self, *, wait: bool) -> Answer | None:
        """Return the answer."""
        answer, self._answer = self._answer, None
        return answer

    def close(self) -> None:
        """Nothing is held."""


class Process:
    """One process that holds the maps.  Mutable: it owns the process."""

    def __init__(self, site: LoadedSite, terrain: Terrain) -> None:
        """Start it; the ground is read again there."""
        self._beside = Beside("watchline-search", _work, site.path)
        self._waiting = ""

    def ask(self, ask: Ask) -> None:
        """Ask."""
        self._waiting, self._facts = ask.begun.search, ask.first + len(ask.facts)
        with contextlib.suppress(Died):  # `take` says so
            self._beside.ask(ask)

    def take(self, *, wait: bool) -> Answer | None:
        """Return the answer; a worker that died is told as one."""
        if not self._waiting:
            return None
        try:
            answer: Answer | None = self._beside.hear(wait=wait)
        except Died:
            answer = Answer(self._waiting, self._facts, fault="the maps' worker died: start the core again")
        if answer is not None:
            self._waiting = ""
        return answer

    def close(self) -> None:
        """End the process."""
        self._beside.close()


def _work(pipe: Connection, path: Path) -> None:
    maps: Maps | None = None
    ask: Ask
    for ask in questions(pipe):
        try:
            if maps is None:
                site = read_site(path)
                maps = Maps(site, site.terrain())
            answer = maps.answer(ask)
        except Exception as error:  # noqa: BLE001 (it is told in the ledger)
            answer = Answer(ask.begun.search, ask.first + len(ask.facts), fault=f"{type(error).__name__}: {error}")
        pipe.send(answer)
