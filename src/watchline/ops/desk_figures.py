"""The desk in figures, with the check of its probabilities: alerting counts, assurance judges."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from watchline.alerting.desk.figures import Figures, figures
from watchline.alerting.desk.state import State
from watchline.assurance import calibration
from watchline.assurance.counts import wilson

BETWEEN = 0.9  # intervals are 5 to 95 %


@dataclass(frozen=True)
class Reliability:
    """Of `count` probabilities that were told: Brier score, Spiegelhalter's Z, and the bins of the diagram."""

    count: int
    brier: float | None
    z: float | None
    bins: tuple[calibration.Bin, ...]


@dataclass(frozen=True)
class DeskFigures:
    """What a screen is shown of a desk."""

    figures: Figures
    reliability: Reliability


def desk_figures(state: State, now_s: float, hours: float, desk: str = "") -> DeskFigures:
    """Return the figures of a desk, "" for all, over the last `hours`, and whether its probabilities came true."""
    found = figures(state, now_s, hours, desk, partial(wilson, confidence=BETWEEN))
    return DeskFigures(found, _judged(found.said))


def _judged(said: tuple[tuple[float, bool], ...]) -> Reliability:
    if not said:
        return Reliability(0, None, None, ())
    p, true = zip(*said, strict=True)
    bins = calibration.reliability(p, true)
    return Reliability(len(p), calibration.brier(p, true).score, calibration.spiegelhalter_z(p, true), bins)
