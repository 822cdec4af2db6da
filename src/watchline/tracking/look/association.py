"""Which detection belongs to which track: marginal probabilities by loopy belief propagation.

Theory: Williams & Lau, "Approximate evaluation of marginal association probabilities with belief
propagation", IEEE Trans. AES 50(4), 2014.  Messages run along the pairs that are inside the gate only, so the cost is
that of the pairs, and tracks that share no detection never meet: clusters come by themselves.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from watchline.tracking.compiled import compiled
from watchline.tracking.look.scratch import FOUND, PAIR, VIEW

F8 = NDArray[np.float64]
Rows = NDArray[np.void]

ITERATIONS = 60
TOLERANCE = 1e-5
LEAST_CHOICE = 0.01
LEANS = 2.0  # 1: marginals as they are; infinite: the likeliest way alone
DEALS = 12  # rounds of scaling


@compiled
def associate(pairs: Rows, count: int, views: Rows, tracks: int, found: Rows, detections: int) -> None:
    """Fill beta of the pairs 0..count-1, none of the views 0..tracks-1 and new of what was found, in place.

    A pair's weight: likelihood ratio of "track caused detection" over "track caused nothing and the detection is new
    or clutter", >= 0.
    """
    for k in range(count):
        pairs[k].fro = 1.0
        pairs[k].to = 0.0
    for _ in range(ITERATIONS if count > 0 else 0):
        sum_by_track(pairs, count, views, tracks)
        for j in range(detections):
            found[j].total = 1.0
        for k in range(count):
            pair = pairs[k]
            pair.to = pair.weight / (views[pair.of].total - pair.weight * pair.fro)
            found[pair.det].total += pair.to
        change = 0.0
        for k in range(count):
            pair = pairs[k]
            fresh = 1.0 / max(found[pair.det].total - pair.to, 1e-300)
            change = max(change, abs(fresh - pair.fro))
            pair.fro = fresh
        if change < TOLERANCE:
            break
    sum_by_track(pairs, count, views, tracks)
    for j in range(detections):
        found[j].total = 1.0
    for k in range(count):
        pair = pairs[k]
        pair.beta = pair.weight * pair.fro / views[pair.of].total
        found[pair.det].total += pair.to
    for a in range(tracks):
        views[a].none = 1.0 / views[a].total
    for j in range(detections):
        found[j].new = 1.0 / found[j].total


@compiled
def deal(pairs: Rows, count: int, views: Rows, tracks: int, found: Rows, detections: int) -> None:
    """Lean to the likelier way of dealing the same detections to the same tracks, in place.

    Marginals alone draw tracks that walk together into one place.  How likely each track gave a sign, and each
    detection is a track's, stays as it is; where that leaves no choice nothing changes (Sinkhorn scaling of powers).
    """
    for a in range(tracks):
        views[a].total, views[a].shared = 0.0, 0.0
    for j in range(detections):
        found[j].total = 0.0
    for k in range(count):
        views[pairs[k].of].total += pairs[k].beta
        found[pairs[k].det].total += pairs[k].beta
    choice = False
    for k in range(count):
        beta = pairs[k].beta
        views[pairs[k].of].shared += beta * (found[pairs[k].det].total - beta)
        others = min(views[pairs[k].of].total, found[pairs[k].det].total) - beta
        choice = choice or (beta > LEAST_CHOICE and others > LEAST_CHOICE)
    if not choice:
        return
    for k in range(count):
        pairs[k].beta = pairs[k].beta ** LEANS
    for _ in range(DEALS):
        for j in range(detections):
            found[j].dealt = 0.0
        for k in range(count):
            found[pairs[k].det].dealt += pairs[k].beta
        for a in range(tracks):
            views[a].dealt = 0.0
        for k in range(count):
            told = found[pairs[k].det]
            pairs[k].beta *= told.total / max(told.dealt, 1e-300)
            views[pairs[k].of].dealt += pairs[k].beta
        for k in range(count):
            view = views[pairs[k].of]
            pairs[k].beta *= view.total / max(view.dealt, 1e-300)


@compiled
def sum_by_track(pairs: Rows, count: int, views: Rows, tracks: int) -> None:
    for a in range(tracks):
        views[a].total = 1.0
    for k in range(count):
        views[pairs[k].of].total += pairs[k].weight * pairs[k].fro


def marginals(weight: F8, leaning: bool = False) -> F8:
    """Return (T, D + 1) probabilities that track i caused detection j; the last column is "none of them".

    leaning: as `deal` leaves them.
    """
    tracks, detections = weight.shape
    pairs, views, found = np.zeros(weight.size, PAIR), np.zeros(tracks, VIEW), np.zeros(detections, FOUND)
    pairs["of"], pairs["det"] = np.divmod(np.arange(weight.size), max(detections, 1))
    pairs["weight"] = weight.ravel()
    associate(pairs, weight.size, views, tracks, found, detections)
    if leaning:
        deal(pairs, weight.size, views, tracks, found, detections)
    return np.column_stack([pairs["beta"].reshape(weight.shape), views["none"]])
