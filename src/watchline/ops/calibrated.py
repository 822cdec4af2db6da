"""From a ledger to whether its probabilities were right: those of alerts, and those of passages that were tried."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from watchline.assurance import calibration, monitor
from watchline.domain.records import Alert
from watchline.domain.trials import PassageTrial
from watchline.ledger.reader import LedgerReader
from watchline.ops.account.lessons import Lessons, gathered, laws_of
from watchline.ops.unseen import NO_CROSSER, Book, read_book
from watchline.reports.calibration import BinFacts, CalibrationFacts, Checked

SURE = 1e-4  # no passage is surer than this, or one surprise would end the monitor


def calibration_facts(directory: Path, book: Book | None = None) -> CalibrationFacts:
    """Return the facts of the report; raises BadInput.  book: of the directory, where it was just read."""
    book = read_book(directory) if book is None else book
    lessons, trials, told = Lessons(), list[PassageTrial](), dict[str, Alert]()
    with LedgerReader(directory) as reader:
        for entry in reader.events(["alert", "passage_trial", "seeded_outcome"]):
            record = entry.value
            if isinstance(record, Alert):
                # What counts is what was told first: later ones know more of how it ended.
                if record.p is not None and not record.exercise:
                    told.setdefault(record.alert, record)
                continue
            if isinstance(record, PassageTrial):
                trials.append(record)
            lessons = gathered(lessons, record)  # type: ignore[arg-type]  # events are records
    judged = [(a.p, book.said[a.alert].disposition) for a in told.values() if a.alert in book.said]
    known = [(p, d not in NO_CROSSER) for p, d in judged if p is not None and d is not None]
    said = _said_before(lessons)
    missed = [t.alert is None for t in trials]
    state = monitor.Monitor()
    for p, miss in zip(said, missed, strict=True):
        state = monitor.seen(state, p, missed=miss)
    return CalibrationFacts(
        book.site.name, book.site.clock.timezone, _checked([p for p, _ in known], [true for _, true in known]),
        _checked(said, missed), sum(missed), math.exp(state.ln_most), monitor.ALARM_AT, lessons.answered,
        lessons.tests,
        max((t.to_s for t in trials), default=None), book.head, book.simulated,
    )  # fmt: skip


def _said_before(lessons: Lessons) -> list[float]:
    """Return for each passage the chance of a miss by the law that those before it had taught."""
    out = []
    for k, one in enumerate(lessons.passages):
        taught = laws_of(lessons.passages[:k])[one.crosser]
        looks, alone = (np.full((len(taught.weight), 1), x) for x in (one.looks, one.alone))
        p = taught.miss(looks, alone)[:, 0]
        out.append(float(np.clip(taught.weight @ p, SURE, 1.0 - SURE)))
    return out


def _checked(said: list[float], happened: list[bool]) -> Checked:
    if not said:
        return Checked(0, None, None, ())
    bins = tuple(
        BinFacts(b.forecast, b.happened, b.trials, b.low, b.high) for b in calibration.reliability(said, happened)
    )
    return Checked(
        len(said), calibration.spiegelhalter_z(said, happened), calibration.brier(said, happened).score, bins
    )
