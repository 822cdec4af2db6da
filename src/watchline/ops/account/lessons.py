"""What trials and test alerts have shown, gathered from their records: what the account's draws rest on."""

from __future__ import annotations

from dataclasses import dataclass, replace

from watchline.domain.desk import SeededOutcome
from watchline.domain.records import DetectionTrial, Record
from watchline.domain.trials import PassageTrial

ANSWERED_S = 120.0  # from an alert to a person's acknowledgement: the time the headline number allows
PASSAGES_MOST = 2000  # some forty for each sensor of 200 km; what is older is of other nights


@dataclass(frozen=True)
class Lessons:
    """passages: exposure to looks, exposure to what alerts alone, and 1 for an alert, 0 for none.

    looks: passages of own units before single sensors, the latest PASSAGES_MOST; tried: how many there ever were.
    answered of tests: alerts of which it is known whether somebody acknowledged them in time.
    """

    passages: tuple[tuple[float, float, float], ...] = ()
    answered: int = 0
    tests: int = 0
    looks: tuple[DetectionTrial, ...] = ()
    tried: int = 0


def gathered(known: Lessons, record: Record) -> Lessons:
    """Return the lessons with one more record; most records are none.

    A test alert that was withdrawn measures nothing, and neither does a simulated passage measure who answers.
    """
    match record:
        case PassageTrial():
            row = (record.looks, record.alone, float(record.alert is not None))
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
