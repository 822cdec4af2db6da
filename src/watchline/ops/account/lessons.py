"""What trials and test alerts have shown, gathered from their records: what the account's draws rest on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from watchline.assurance.pace import Pace, pace
from watchline.assurance.passage_law import PassageLaw, laws
from watchline.domain.desk import SeededOutcome
from watchline.domain.records import DetectionTrial, Record
from watchline.domain.trials import PassageTrial
from watchline.sensing.detection import CROSSERS

ANSWERED_S = 120.0  # from an alert to a person's acknowledgement: the time the headline number allows
PASSAGES_MOST = 2000  # some forty for each sensor of 200 km; what is older is of other nights


class Tried(NamedTuple):
    """A passage: its class, exposure to looks, exposure to what alerts alone, 1 for an alert or 0, its pace."""

    crosser: str
    looks: float
    alone: float
    alerted: float
    pace: float | None = None


@dataclass(frozen=True)
class Lessons:
    """passages: those whose way and outcome are known.

    looks: passages of own units before single sensors, the latest PASSAGES_MOST; tried: how many there ever were.
    answered of tests: alerts of which it is known whether somebody acknowledged them in time.
    """

    passages: tuple[Tried, ...] = ()
    answered: int = 0
    tests: int = 0
    looks: tuple[DetectionTrial, ...] = ()
    tried: int = 0

    def laws(self) -> dict[str, PassageLaw]:
        """Return the law of passages of every class."""
        return laws_of(self.passages)

    def pace(self, crosser: str) -> Pace:
        """Return how fast those of a class go beside the reference."""
        return pace([p.pace for p in self.passages if p.crosser == crosser and p.pace is not None])


def gathered(known: Lessons, record: Record) -> Lessons:
    """Return the lessons with one more record; most records are none.

    A test alert that was withdrawn measures nothing, and neither does a simulated passage measure who answers.
    """
    match record:
        case PassageTrial():
            alerted = float(record.alert is not None)
            row = Tried(record.crosser, record.looks, record.alone, alerted, record.pace)
            known = replace(known, passages=(*known.passages, row))
            if record.alert is not None and record.how == "planted":
                known = _answered(known, record.waited_s)
        case DetectionTrial() if not record.exercise:
            known = replace(known, looks=(*known.looks, record)[-PASSAGES_MOST:], tried=known.tried + 1)
        case SeededOutcome(outcome="answered"):
            known = _answered(known, record.waited_s)
        case SeededOutcome(outcome="missed"):
            known = _answered(known, None)
        case _:
            pass
    return known


def _answered(known: Lessons, waited_s: float | None) -> Lessons:
    in_time = waited_s is not None and waited_s <= ANSWERED_S
    return replace(known, answered=known.answered + in_time, tests=known.tests + 1)


def laws_of(passages: Sequence[Tried]) -> dict[str, PassageLaw]:
    """Return the law of passages of every class of `sensing.detection.CROSSERS`, from passages of all of them."""
    names = [crosser.name for crosser in CROSSERS]
    rows = [[p for p in passages if p.crosser == name] for name in names]
    found = laws([([p.looks for p in of], [p.alone for p in of], [p.alerted for p in of]) for of in rows])
    return dict(zip(names, found, strict=True))
