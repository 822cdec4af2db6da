"""Maps beside the core: a process that draws and plans, so that the core never waits for it.

It is started when the first search begins, and not before.
"""

from __future__ import annotations

from multiprocessing.connection import Connection
from pathlib import Path

from watchline.geo.terrain import Terrain
from watchline.ops import beside
from watchline.ops.beside import Answering, Beside, questions
from watchline.ops.search.maps import Answer, Ask, Maps
from watchline.ops.site_file import LoadedSite, read_site

MapMaker = Answering[Ask, Answer]


class Inline(beside.Inline[Ask, Answer]):
    """Maps made where they are asked for: for tools and tests."""

    def __init__(self, site: LoadedSite, terrain: Terrain) -> None:
        super().__init__(Maps(site, terrain).answer)


class Process(beside.OneAtATime[Ask, Answer]):
    """One process that holds the maps."""

    def __init__(self, site: LoadedSite, terrain: Terrain) -> None:
        """Start it; the ground is read again there."""
        fault = "the maps' worker died: start the core again"
        super().__init__(Beside("watchline-search", _work, site.path), lambda ask: _faulty(ask, fault))


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
            answer = _faulty(ask, f"{type(error).__name__}: {error}")
        pipe.send(answer)


def _faulty(ask: Ask, fault: str) -> Answer:
    return Answer(ask.begun.search, ask.first + len(ask.facts), fault=fault)
