"""Reckoning of operations beside the core, so that it never waits; started when the first one is followed."""

from __future__ import annotations

from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

from watchline.domain.operations import OperationProgress
from watchline.ops import beside
from watchline.ops.beside import Answering, Beside, questions
from watchline.ops.operation.reckoner import Answer, Ask, Reckoner
from watchline.ops.site_file import LoadedSite, read_site

Follower = Answering[Ask, Answer]


class Inline(beside.Inline[Ask, Answer]):
    """Reckoned where it is asked for: for tools and tests."""

    def __init__(self, site: LoadedSite, ledger: Path) -> None:
        super().__init__(partial(_answered, Reckoner(site, ledger)))


class Process(beside.OneAtATime[Ask, Answer]):
    """One process that follows operations."""

    def __init__(self, site: LoadedSite, ledger: Path) -> None:
        """Start it; site and ledger are read there."""
        fault = "what follows operations died: start the core again"
        super().__init__(
            Beside("watchline-operations", _work, site.path, ledger), lambda ask: _faulty(ask, fault)
        )  # fmt: skip


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
