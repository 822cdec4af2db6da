"""How much contrast reaches a camera now, at every range, and how surely: measured on reference objects.

Theory.  A reference object at range R whose contrast was C0 on the clear night of commissioning shows C now:

    ln C / C0 = a - b R

a: what lens, focus and core take from every contrast; b: extinction of the air beyond that night's, per metre.
A Kalman filter follows (a, b): each measurement has its own error (noise of the picture, and how far the object's own
warmth can be trusted: a heated plate well, a post or somebody's clothes badly), and between measurements both drift,
so that an old answer is an unsure one.  One object fixes a line's value at one range, two at different ranges its
slope: with one, the prior says how much of the loss is air.

Rules: pure; quality at a range is exp(a - b R), never above 1 for P_d's purpose, with the error of its
logarithm and the age of the newest measurement.  From `UNSURE` on it is unknown (NaN), not one.
A heated plate that is not to be made out any more is a measurement too: its contrast is below what the picture could
show.  The filter takes the moments of the truncated normal law (Tobit), so the loss of all references is a lower
quality and not an older one.

Limits: measured on counts; a display picture with automatic gain has none.  Near heat crossover a post or somebody's
clothes have no contrast to lose: when they are not to be made out, that says nothing and is passed over.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

from watchline.sensing.detection import RANGE_MAX, p_detect

F8 = NDArray[np.float64]

# Spread of a and b before anything was measured: a lens may have lost half; air between clear and haze, per metre.
PRIOR_SD = np.array([0.7, 3.0e-4])
# How fast they wander: a lens over days, the air within an hour.
DRIFT_SD_PER_ROOT_S = np.array([0.3 / math.sqrt(86_400.0), 1.0e-4 / math.sqrt(3_600.0)])
TRUST = {"warm": 0.08, "unit": 0.5, "post": 0.35}  # spread of ln contrast that is the object's own
ALWAYS_WARM = ("warm",)  # have a contrast of their own at every hour
NOT_MADE_OUT = 2.0  # a plate of twice the least share is taken for gone one time in six: what is gone is below that
UNSURE = 0.8  # error of ln quality from which nothing is known
LEAST_SHARE = 0.02
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(7)


@dataclass(frozen=True)
class State:
    """mean (2,) and cov (2, 2) of (a, b) at t_s; measured_s: when the newest measurement was made, NaN for never."""

    mean: F8 = field(default_factory=lambda: np.zeros(2))
    cov: F8 = field(default_factory=lambda: np.diag(PRIOR_SD**2))
    t_s: float = math.nan
    measured_s: float = math.nan


@dataclass(frozen=True)
class Measured:
    """One reference object in one picture: its range, contrast over the commissioned one, the error of that
    share from the picture's noise, and what it is ("warm", "post", "unit")."""

    range_m: float
    share: float
    sd_share: float
    kind: str


@dataclass(frozen=True)
class Quality:
    """quality: contrast over nominal at a range, 0..1 or NaN when unknown; sd_ln: error of its logarithm;
    age_s of what it rests on, NaN for nothing."""

    quality: float
    sd_ln: float
    age_s: float


def step(state: State, seen: tuple[Measured, ...], now_s: float) -> State:
    """Return the state after these measurements, all of `now_s`."""
    mean, cov = state.mean.copy(), _drifted(state, now_s)
    measured_s = state.measured_s
    for m in seen:
        least = max(LEAST_SHARE, m.sd_share)
        gone = m.share <= least
        if gone and m.kind not in ALWAYS_WARM:
            continue
        sd = TRUST[m.kind] if gone else math.hypot(TRUST[m.kind], m.sd_share / m.share)
        row = np.array([1.0, -m.range_m])
        expected, variance = float(row @ mean), float(row @ cov @ row) + sd * sd
        told, kept = _below(math.log(NOT_MADE_OUT * least), expected, variance) if gone else (math.log(m.share), 0.0)
        gain = cov @ row / variance
        mean = mean + gain * (told - expected)
        cov = cov - np.outer(gain, row @ cov) * (1.0 - kept)
        measured_s = now_s
    return State(mean, cov, now_s, measured_s)


def quality_at(state: State, range_m: float, now_s: float) -> Quality:
    """Return contrast over nominal at a range, with its error and age."""
    row = np.array([1.0, -range_m])
    sd = math.sqrt(max(float(row @ _drifted(state, now_s) @ row), 0.0))
    age_s = now_s - state.measured_s
    if math.isnan(state.measured_s) or sd > UNSURE:
        return Quality(math.nan, sd, age_s)
    return Quality(min(1.0, math.exp(float(row @ state.mean))), sd, age_s)


def p_detect_unsure(performance: F8, range_m: float, quality: Quality) -> float:
    """Return P_d of one look (0..1) averaged over what is not known of the contrast; unknown quality counts as
    nominal.
    """
    if math.isnan(quality.quality):
        return float(p_detect(performance, range_m, math.nan, math.inf))
    total = 0.0
    for node, weight in zip(NODES, WEIGHTS, strict=True):
        q = min(1.0, quality.quality * math.exp(quality.sd_ln * float(node)))
        total += float(weight) * float(p_detect(performance, range_m, q, math.inf))
    return total / float(WEIGHTS.sum())


def effective_range_m(performance: F8, state: State, now_s: float, p: float = 0.5) -> tuple[float, float, float]:
    """Return the range up to which one look detects with at least `p`, now: middle, and 5 and 95 % points.

    performance (13,) of `detection.performance_table`; 0 where even the nearest look does not.  When contrast
    was never measured, or too long ago, the interval spans what the prior leaves open.
    """
    ranges = np.geomspace(50.0, max(60.0, float(performance[RANGE_MAX])), 200)
    cov = _drifted(state, now_s)
    points = []
    for z in (0.0, -1.645, 1.645):
        farthest = 0.0
        for r in ranges:
            row = np.array([1.0, -r])
            ln_q = float(row @ state.mean) + z * math.sqrt(float(row @ cov @ row))
            if p_detect(performance, float(r), min(1.0, math.exp(min(ln_q, 0.0))), math.inf) >= p:
                farthest = float(r)
        points.append(farthest)
    return points[0], points[1], points[2]


def _below(limit: float, mean: float, variance: float) -> tuple[float, float]:
    """Return the mean of a normal law given that it is below a limit, and the share of its variance that is left."""
    sd = math.sqrt(variance)
    z = (limit - mean) / sd
    ratio = math.exp(-0.5 * z * z - 0.5 * math.log(2.0 * math.pi) - float(log_ndtr(z)))
    return mean - sd * ratio, min(max(1.0 - ratio * (z + ratio), 0.0), 1.0)


def _drifted(state: State, now_s: float) -> F8:
    """Return the covariance now; never wider than the prior, because lens and air have their usual spread."""
    dt = 0.0 if math.isnan(state.t_s) else max(now_s - state.t_s, 0.0)
    cov = state.cov + np.diag(DRIFT_SD_PER_ROOT_S**2 * dt)
    shrink = np.minimum(1.0, PRIOR_SD / np.sqrt(np.diagonal(cov)))
    return np.asarray(cov * shrink[:, None] * shrink[None, :])
