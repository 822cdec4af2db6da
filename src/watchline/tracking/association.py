"""Which detection belongs to which track: marginal probabilities by loopy belief propagation.

Theory: Williams & Lau, "Approximate evaluation of marginal association probabilities with belief
propagation", IEEE Trans. AES 50(4), 2014.  Messages between tracks and detections are iterated to convergence;
cost is tracks x detections x iterations, and close groups do not explode as joint events do.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]

ITERATIONS = 50
TOLERANCE = 1e-6


@numba.njit(cache=True)
def marginals(weight: F8) -> F8:
    """Return (T, D + 1) probabilities that track i caused detection j; the last column is "none of them".

    weight (T, D): likelihood ratio of "track i caused j" over "i caused nothing and j is clutter", >= 0.
    """
    tracks, detections = weight.shape
    nu = np.ones((tracks, detections))
    mu = np.zeros((tracks, detections))
    for _ in range(ITERATIONS):
        for i in range(tracks):
            total = 1.0
            for j in range(detections):
                total += weight[i, j] * nu[i, j]
            for j in range(detections):
                mu[i, j] = weight[i, j] / (total - weight[i, j] * nu[i, j])
        change = 0.0
        for j in range(detections):
            total = 1.0
            for i in range(tracks):
                total += mu[i, j]
            for i in range(tracks):
                new = 1.0 / (total - mu[i, j])
                change = max(change, abs(new - nu[i, j]))
                nu[i, j] = new
        if change < TOLERANCE:
            break
    out = np.empty((tracks, detections + 1))
    for i in range(tracks):
        total = 1.0
        for j in range(detections):
            out[i, j] = weight[i, j] * nu[i, j]
            total += out[i, j]
        for j in range(detections):
            out[i, j] /= total
        out[i, detections] = 1.0 / total
    return out
