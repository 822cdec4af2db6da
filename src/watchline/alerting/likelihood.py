"""How likely an alert is what it says: a fitted model, levels, and correction by what people found.

Theory: logistic regression on what is known of a track when the alert is told; each feature below is a number that
can be read off the track and its memory.  Weights are fitted on simulated days (`builders/fit_alert_likelihood.py`)
whose seeds are not those it is judged on.  Live, people's dispositions move it: p' = logit^-1(a + b logit p), a and
b the mode of their posterior under a normal prior round (0, 1), so that few dispositions move it little
(Platt 1999; the prior is worth about PRIOR_ALERTS dispositions).

Level: 1 unlikely (p < 0.2), 2 possible, 3 likely (p >= 0.5), 4 nearly certain (p >= 0.8): four-stage likelihood
alarms are answered better than two-stage ones.

Limits: what the simulator does not do, the weights do not know; a new site starts from them and is corrected by its
own dispositions only.  Kinds that are statements of fact (a sensor is dark) carry no p.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchline.alerting.rules import Memory
from watchline.alerting.weights import FENCE, TRACK
from watchline.domain.batches import TrackBatch
from watchline.domain.records import AlertKind

F8 = NDArray[np.float64]

LEVELS = (0.2, 0.5, 0.8)
PRIOR_ALERTS = 30.0
TRACK_KINDS: tuple[AlertKind, ...] = ("approaching", "loitering", "crossing", "crossed", "distress")
NAMES = (
    "one", *TRACK_KINDS[1:], "exists", "person", "vehicle", "animal", "hits", "minutes", "second_sensor",
    "speed", "fast", "net_speed", "straight", "error", "toward", "distance", "progress", "party", "silent",
    "unit_near", "radar",
)  # fmt: skip
"""Names of the features, in the order of the columns that `features` returns."""
RADAR_REACH_M = 5000.0


def features(
    tracks: TrackBatch, memory: Memory, kinds: list[AlertKind], closing_m_s: F8, party: F8, unit_gap_m: F8, radar: F8
) -> F8:
    """Return (N, len(NAMES)) numbers of about unit size, one row per track.

    kinds: what each would be an alert of; closing_m_s (N,) speed towards the line; party (N,) how many walk together;
    unit_gap_m (N,) distance of the nearest unit of ours; radar (N,) whether a radar saw it last.
    """
    now, n = tracks.t_s, len(tracks)
    age_s = np.maximum(now - tracks.first_s, 1.0)
    speed = np.hypot(tracks.v_m_s[:, 0], tracks.v_m_s[:, 1])
    sd = np.sqrt(np.maximum(tracks.cov[:, 0], tracks.cov[:, 2]))
    exist = np.clip(tracks.p_exist, 1e-4, 1 - 1e-4)
    columns = [
        np.ones(n),
        *(np.array([kind == k for kind in kinds], float) for k in TRACK_KINDS[1:]),
        np.log(exist / (1 - exist)) / 4.0,
        tracks.p_class[:, 0],
        tracks.p_class[:, 1],
        tracks.p_class[:, 2],
        np.log1p(tracks.hits) / 3.0,
        np.log1p(age_s / 60.0),
        (tracks.other >= 0).astype(float),
        np.minimum(speed, 4.0) / 2.0,
        np.clip(speed - 4.0, 0.0, 12.0) / 6.0,
        np.minimum(memory.moved_m / age_s, 12.0) / 2.0,
        memory.moved_m / np.maximum(memory.farthest_m, 1.0),
        np.log(np.maximum(sd, 1.0)) / 3.0,
        np.clip(closing_m_s / np.maximum(speed, 0.3), -1.0, 1.0),
        np.minimum(np.abs(tracks.d_m), 6000.0) / 2000.0,
        np.clip(tracks.d_m - memory.lowest_d_m, 0.0, 3000.0) / 1000.0,
        np.log(np.maximum(party, 1.0)),
        np.minimum(now - tracks.last_s, 120.0) / 60.0,
        np.exp(-unit_gap_m / 300.0),
        radar,
    ]
    return np.column_stack(columns) if n else np.zeros((0, len(NAMES)))


@dataclass(frozen=True)
class Calibration:
    """How people's dispositions correct the model: p' = logit^-1(shift + slope logit p); learned from `count`."""

    shift: float = 0.0
    slope: float = 1.0
    count: int = 0

    def of(self, p: float) -> float:
        """Return the corrected probability."""
        z = self.shift + self.slope * _logit(p)
        return 1.0 / (1.0 + math.exp(-z))


def calibrated(said: list[tuple[float, bool]]) -> Calibration:
    """Return the correction from what the model said and what people found: (p, true) of each alert answered.

    Newton's method on the posterior; prior: normal, shift 0 and slope 1 with the weight of PRIOR_ALERTS alerts.
    """
    if not said:
        return Calibration()
    z = np.array([_logit(p) for p, _ in said])
    y = np.array([found for _, found in said], float)
    x = np.column_stack([np.ones(len(z)), z])
    prior, weight = np.array([0.0, 1.0]), PRIOR_ALERTS / 4.0 * np.diag([1.0, 4.0])
    w = prior.copy()
    for _ in range(25):
        p = 1.0 / (1.0 + np.exp(-x @ w))
        gradient = x.T @ (y - p) - weight @ (w - prior)
        hessian = (x * (p * (1 - p))[:, None]).T @ x + weight
        step = np.linalg.solve(hessian, gradient)
        w = w + step
        if float(np.abs(step).max()) < 1e-9:
            break
    return Calibration(float(w[0]), float(np.clip(w[1], 0.2, 3.0)), len(said))


def of_tracks(x: F8, calibration: Calibration) -> F8:
    """Return (N,) the probability of each row of `features`."""
    return np.array([calibration.of(p) for p in _logistic(x @ np.array(TRACK))])


def of_fence(pulls: int, seconds: float, wind_m_s: float, own_near: bool, calibration: Calibration) -> float:
    """Return the probability that somebody is at the wire, from how often it was pulled and how hard it blows."""
    return calibration.of(float(_logistic(fence_features(pulls, seconds, wind_m_s, own_near) @ np.array(FENCE))))


def fence_features(pulls: int, seconds: float, wind_m_s: float, own_near: bool) -> F8:
    """Return the numbers that the model of the wire reads."""
    return np.array([1.0, math.log(max(pulls, 1)), wind_m_s / 10.0, seconds / 60.0, float(own_near)])


def level(p: float | None) -> int:
    """Return 1..4; what carries no probability is a statement of fact, 4."""
    return 4 if p is None else 1 + sum(p >= edge for edge in LEVELS)


def spiegelhalter_z(said: list[tuple[float, bool]]) -> float:
    """Return Spiegelhalter's Z of (p, true): within +-1.96 in 95 of 100 cases when p is calibrated (1986)."""
    p = np.array([s for s, _ in said])
    y = np.array([found for _, found in said], float)
    spread = float(((1 - 2 * p) ** 2 * p * (1 - p)).sum())
    return float(((y - p) * (1 - 2 * p)).sum() / math.sqrt(spread)) if spread > 0 else 0.0


def reliability(said: list[tuple[float, bool]], bins: int = 10) -> list[tuple[float, float, int]]:
    """Return of each filled bin the mean p said, the share found true, and how many: the reliability diagram."""
    out = []
    for k in range(bins):
        here = [(p, y) for p, y in said if k / bins <= p < (k + 1) / bins or (p == 1.0 and k == bins - 1)]
        if here:
            out.append(
                (float(np.mean([p for p, _ in here])), float(np.mean([y for _, y in here])), len(here))
            )  # fmt: skip
    return out


def _logistic(z: F8) -> F8:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(z, -30.0, 30.0))))


def _logit(p: float) -> float:
    p = min(max(p, 1e-4), 1 - 1e-4)
    return math.log(p / (1 - p))
