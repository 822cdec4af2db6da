"""Which detection belongs to which track: marginal probabilities by loopy belief propagation.

Theory: Williams & Lau, "Approximate evaluation of marginal association probabilities with belief
propagation", IEEE Trans. AES 50(4), 2014.  Messages run along the pairs that are inside the gate only, so the cost is
that of the pairs, and tracks that share no detection never meet: clusters come by themselves.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]

ITERATIONS = 60
TOLERANCE = 1e-5


@numba.njit(cache=True)
def marginals_of_pairs(
    pairs: int, track: I8, detection: I8, weight: F8, tracks: int, detections: int, beta: F8, none: F8, new: F8
) -> None:
    """Fill the marginals of a scan.

    track, detection, weight (>= pairs): likelihood ratio of "track caused detection" over "track caused nothing and
    the detection is new or clutter", >= 0.  beta (>= pairs) probability of each pair; none (tracks,) that a track
    caused nothing; new (detections,) that no track caused a detection.
    """
    nu, mu = np.ones(pairs), np.zeros(pairs)
    by_track, by_detection = np.empty(tracks), np.empty(detections)
    for _ in range(ITERATIONS):
        by_track[:] = 1.0
        for k in range(pairs):
            by_track[track[k]] += weight[k] * nu[k]
        by_detection[:] = 1.0
        for k in range(pairs):
            mu[k] = weight[k] / (by_track[track[k]] - weight[k] * nu[k])
            by_detection[detection[k]] += mu[k]
        change = 0.0
        for k in range(pairs):
            fresh = 1.0 / max(by_detection[detection[k]] - mu[k], 1e-300)
            change = max(change, abs(fresh - nu[k]))
            nu[k] = fresh
        if change < TOLERANCE:
            break
    by_track[:] = 1.0
    by_detection[:] = 1.0
    for k in range(pairs):
        by_track[track[k]] += weight[k] * nu[k]
        by_detection[detection[k]] += mu[k]
    for k in range(pairs):
        beta[k] = weight[k] * nu[k] / by_track[track[k]]
    for i in range(tracks):
        none[i] = 1.0 / by_track[i]
    for j in range(detections):
        new[j] = 1.0 / by_detection[j]


@numba.njit(cache=True)
def marginals(weight: F8) -> F8:
    """Return (T, D + 1) probabilities that track i caused detection j; the last column is "none of them"."""
    tracks, detections = weight.shape
    track, detection = np.empty(weight.size, np.int64), np.empty(weight.size, np.int64)
    for i in range(tracks):
        for j in range(detections):
            track[i * detections + j], detection[i * detections + j] = i, j
    beta, none, new = np.empty(weight.size), np.empty(tracks), np.empty(detections)
    flat = weight.copy().reshape(-1)
    marginals_of_pairs(weight.size, track, detection, flat, tracks, detections, beta, none, new)
    out = np.empty((tracks, detections + 1))
    for i in range(tracks):
        for j in range(detections):
            out[i, j] = beta[i * detections + j]
        out[i, detections] = none[i]
    return out
