"""How likely a reference crosser passes each stretch without an alert that a person answers in time: pi_avg, live.

Theory: the exposures of each reference route (`coverage.reference_routes`) under each draw of what is believed of
the sensors gives a chance of raising no alert (`passage_law.py`, whose parameters are drawn too); an alert counts
only if it is acknowledged, p_ack drawn from what tests showed:
    pi = mean over routes of 1 - p_ack (1 - miss).
The mean over draws is the number, its 5 and 95 % points over draws the interval.

Rules: what is not heard adds no exposure, so more silence never lowers pi.
Limits: crossings of one route are alike but for frailty; a checkpoint's own check is counted where it stands only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchline.assurance.pace import Pace
from watchline.assurance.passage_law import PassageLaw

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]

ACK_PRIOR = (8.0, 2.0)  # Beta: mean 0.8, worth ten tests; never 1 (mathematics of observers' misses)


@dataclass(frozen=True)
class Miss:
    """pi_avg (S,) by stretch and its 5 and 95 % points; NaN where no reference route leads."""

    mean: F8
    low: F8
    high: F8


@dataclass(frozen=True)
class Draws:
    """What is not known and shared by all stretches, J draws: the law of passages at a class's pace, p_ack (J,)."""

    law: PassageLaw
    p_ack: F8

    def unnoticed(self, looks: F8, alone: F8) -> F8:
        """Return (J, R) the chance that nobody answers an alert about passages of these exposures (J, R)."""
        return 1.0 - self.p_ack[:, None] * (1.0 - self.law.miss(looks, alone))


def draws(rng: np.random.Generator, count: int, law: PassageLaw, pace: Pace, *, answered: int, tests: int) -> Draws:
    """Return draws of a class's law of passages at its pace, and of the share of alerts answered in time (Beta)."""
    drawn = law.drawn(rng, count)
    p_ack = rng.beta(ACK_PRIOR[0] + answered, ACK_PRIOR[1] + tests - answered, count)
    return Draws(drawn.at_pace(pace.drawn(rng, count)), p_ack)


def miss(looks: F8, alone: F8, stretch: I8, stretches: int, shared: Draws) -> Miss:
    """Return pi_avg: exposures (J, R) of each route under each draw, stretch (R,) that each route enters."""
    pi = shared.unnoticed(looks, alone)
    count = np.bincount(stretch, minlength=stretches).astype(float)
    total = np.stack([np.bincount(stretch, row, stretches) for row in pi])
    with np.errstate(invalid="ignore", divide="ignore"):
        by_stretch = total / count
    low, high = np.quantile(by_stretch, (0.05, 0.95), axis=0)
    return Miss(by_stretch.mean(axis=0), low, high)


def adversary(exposure: F8, shared: Draws) -> F8:
    """Return (S,) pi_adv for the least exposure of any route (J, S) under each draw; 0 where none can cross (inf).

    exposure: in looks, what alerts alone counted as `PassageLaw.looks_alike` of them.
    """
    pi = shared.unnoticed(np.minimum(exposure, 1e9), np.zeros_like(exposure))
    return np.where(np.isfinite(exposure).all(axis=0), pi.mean(axis=0), 0.0)


LIKE = 24  # groups of reference routes by exposure
NOTHING = 1e-4  # an exposure below this is none


def drawn_like(exposure: F8, reference: F8, median: F8) -> F8:
    """Return (J, S) exposures under each draw of routes whose exposure (S,) is known under the median performance.

    reference (J, R) and median (R,): the same of the reference routes.  A weak route's exposure comes from far and
    hidden looks, which are uncertain in the same way as those of reference routes that are equally weak.
    """
    ln_h, ln_j = np.log(median + NOTHING), np.log(reference + NOTHING)
    group = np.array_split(np.argsort(ln_h, kind="stable"), min(LIKE, max(1, len(ln_h))))
    at = np.array([ln_h[g].mean() if len(g) else 0.0 for g in group])
    excess = np.array([(ln_j[:, g] - ln_h[g]).mean(axis=1) if len(g) else np.zeros(len(ln_j)) for g in group])
    finite = np.where(np.isfinite(exposure), exposure, 0.0)
    ln = np.log(finite + NOTHING)
    out = np.exp(ln + np.stack([np.interp(ln, at, each) for each in excess.T])) - NOTHING
    return np.where(np.isfinite(exposure), np.maximum(out, 0.0), np.inf)
