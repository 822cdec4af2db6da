"""What a subject may be: person, group, vehicle, animal, bird or unknown, from its size in metres and its speed.

Theory: for each kind the logarithms of width, height and cross speed follow a normal law, measured on what
vision makes of rendered subjects (`builders/fit_subject_kinds.py`: blur, broken outlines, wakes and range
errors are in it, which field sizes alone would leave out).  What a box is worse than those were is added to the
covariance; what was not measured is left out of it.  "Unknown" is a law six times as wide around all of them: what
fits nobody is unknown, and a poor measurement leaves everything open.  Kinds are equally likely beforehand: a
site knows better, a detector does not.
Periodic motion (`vision.gait`) can speak for person or animal together, never for one of them, and is not kept.

Six kinds here, four `CLASSES` in records: a group is persons and a bird is an animal there.  That keeps the
ledger's format and the tracker's state; a group's number belongs into `TrackBatch.count`, which is a number
and no class.
Limits: kinds whose outlines are alike at range (a far group and a vehicle that stands) stay mixed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]

KINDS = ("person", "group", "vehicle", "animal", "bird", "unknown")
FEATURES = ("ln width_m", "ln height_m", "ln (cross_speed_m_s + 0.2)")
# Rows of KINDS to columns of `domain.batches.CLASSES`: person, vehicle, animal, unknown.
TO_CLASSES = np.array(
    [[1.0, 0, 0, 0], [1.0, 0, 0, 0], [0, 1.0, 0, 0], [0, 0, 1.0, 0], [0, 0, 1.0, 0], [0, 0, 0, 1.0]]
)

TABLE: dict[str, tuple[list[float], list[list[float]]]] = {
    "person": ([-0.31, -0.02, -0.07], [[0.40, 0.04, 0.05], [0.04, 0.14, 0.00], [0.05, 0.00, 0.22]]),
    "group": ([0.54, 0.38, -0.04], [[0.37, 0.04, -0.10], [0.04, 0.09, 0.00], [-0.10, 0.00, 0.24]]),
    "vehicle": ([0.52, 0.33, 0.69], [[0.23, 0.05, 0.24], [0.05, 0.09, 0.02], [0.24, 0.02, 0.95]]),
    "animal": ([-0.11, -0.20, -0.03], [[0.36, 0.19, 0.13], [0.19, 0.29, 0.01], [0.13, 0.01, 0.50]]),
    "bird": ([0.23, -0.28, 1.49], [[0.32, 0.12, 0.05], [0.12, 0.19, 0.05], [0.05, 0.05, 0.53]]),
}
"""Mean and covariance of FEATURES by kind: 1256, 525, 513, 1952 and 102 looks of builders/fit_subject_kinds.py
--seed 1. Measured boxes, so the error of a box's side at those ranges is in the covariance already; `kind_of`
adds only what a side's error exceeds `USUAL_ERROR` by."""
UNKNOWN_WIDTH, UNKNOWN_PRIOR = 6.0, 0.1  # of its law over all the others' together; of being none of these
SPEED_FLOOR_M_S, LEAST_M = 0.2, 0.05
USUAL_ERROR = 0.5  # of a box's side over its size, in the rows behind TABLE (median)
SOFTEN = 0.8  # power of the likelihood: looks at one subject err alike (best calibrated on seed 2, checked on seed 3)


def kind_of(width_m: F8, height_m: F8, sd_m: F8, cross_speed_m_s: F8 | None = None) -> F8:
    """Return (N, 6) probabilities over `KINDS`.

    width_m, height_m (N,) of what shows, sd_m (N,) error of both; cross_speed_m_s (N,) across the line of sight, NaN
    where not known, None for nobody.  Calibrated on rendered scenes of other seeds (benchmarks/what_is_it.py).
    """
    size = np.maximum(np.column_stack([width_m, height_m]), LEAST_M)
    error = np.maximum((np.asarray(sd_m, float)[:, None] / size) ** 2 - USUAL_ERROR**2, 0.0)
    speed = np.full(len(size), np.nan) if cross_speed_m_s is None else np.asarray(cross_speed_m_s, float)
    x = np.column_stack([np.log(size), np.log(np.abs(speed) + SPEED_FLOOR_M_S)])
    extra = np.column_stack([error, np.zeros(len(size))])
    known = np.isfinite(speed)
    out = np.empty((len(size), len(KINDS)))
    for rows, columns in ((known, [0, 1, 2]), (~known, [0, 1])):
        out[rows] = _posterior(x[np.ix_(rows, columns)], extra[np.ix_(rows, columns)], columns)
    return out


def to_classes(p_kind: F8) -> F8:
    """Return (N, 4) probabilities over `domain.batches.CLASSES`."""
    return np.asarray(p_kind @ TO_CLASSES)


def _posterior(x: F8, extra: F8, columns: list[int]) -> F8:
    """Return (N, 6) for measured columns x (N, K) whose own variances are `extra` (N, K)."""
    laws = [(np.array(m)[columns], np.array(c)[np.ix_(columns, columns)]) for m, c in TABLE.values()]
    means = np.array([m for m, _ in laws])
    wide = UNKNOWN_WIDTH * (np.mean([c for _, c in laws], axis=0) + np.cov(means.T))
    laws.append((means.mean(axis=0), wide))
    log = np.column_stack([_log_normal(x, mean, cov, extra) for mean, cov in laws])
    prior = np.append(np.full(len(laws) - 1, (1.0 - UNKNOWN_PRIOR) / (len(laws) - 1)), UNKNOWN_PRIOR)
    log = SOFTEN * (log - log.max(axis=1, keepdims=True)) + np.log(prior)
    p = np.exp(log - log.max(axis=1, keepdims=True))
    return np.asarray(p / p.sum(axis=1, keepdims=True))


def _log_normal(x: F8, mean: F8, cov: F8, extra: F8) -> F8:
    full = cov[None] + extra[:, :, None] * np.eye(x.shape[1])[None]
    off = x - mean
    solved = np.linalg.solve(full, off[..., None])[..., 0]
    return np.asarray(-0.5 * (np.sum(off * solved, axis=1) + np.linalg.slogdet(full)[1]))
