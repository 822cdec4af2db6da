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
Limits: measured on counts; a display picture with automatic gain has none.  Near heat crossover an object has no
contrast to lose: measurements under `LEAST_SHARE` of the commissioned noise-free contrast with the wrong sign
are dropped.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from watchline.sensing.detection import RANGE_MAX, p_detect

F8 = NDArray[np.float64]

# Spread of a and b before anything was measured: a lens may have lost half; air between clear and haze, per metre.
PRIOR_SD = np.array([0.7, 3.0e-4])
# How fast they wander: a lens over days, the air within an hour.
DRIFT_SD_PER_ROOT_S = np.array([0.3 / math.sqrt(86_400.0), 1.0e-4 / math.sqrt(3_600.0)])
TRUST = {"warm": 0.08, "unit": 0.5, "post": 0.35}  # spread of ln contrast that is the object's own
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
        if m.share <= max(LEAST_SHARE, m.sd_share):  # gone, or the wrong sign: heat crossover or nothing there
            continue
        sd = math.hypot(TRUST[m.kind], m.sd_share / m.share)
        row = np.array([1.0, -m.range_m])
        variance = float(row @ cov @ row) + sd * sd
        gain = cov @ row / variance
        mean = mean + gain * (math.log(m.share) - float(row @ mean))
        cov = cov - np.outer(gain, row @ cov)
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


def _drifted(state: State, now_s: float) -> F8:
    """Return the covariance now; never wider than the prior, because lens and air have their usual spread."""
    dt = 0.0 if math.isnan(state.t_s) else max(now_s - state.t_s, 0.0)
    cov = state.cov + np.diag(DRIFT_SD_PER_ROOT_S**2 * dt)
    shrink = np.minimum(1.0, PRIOR_SD / np.sqrt(np.diagonal(cov)))
    return np.asarray(cov * shrink[:, None] * shrink[None, :])
