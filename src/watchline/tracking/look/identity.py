"""Is it still the same one? What is said when a track comes back after a gap."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from watchline.tracking.compiled import compiled
from watchline.tracking.hidden.coming_out import HIDER, p_same_out
from watchline.tracking.sensors.world import T, World
from watchline.tracking.track.measurement import FORM, PLACE, RANGE
from watchline.tracking.track.motion import MODES
from watchline.tracking.track.rows import Row

F8 = NDArray[np.float64]
Rows = NDArray[np.void]

GAP_S = 60.0  # longer unseen than this, it is asked whether it is the same subject
HIDER_M_S = 2.0  # as far as anybody walks


@compiled
def identify(world: World, clouds: Rows, track: Row, eye: Row, scan: F8, det: F8, pair: Row, found: Row) -> None:
    """Say how likely a track that comes back after a gap is still the same subject, in place."""
    gap = scan[T] - track.last
    if gap > GAP_S:
        track.gap = gap
        fresh = found.new * found.real
        if det[FORM] == PLACE or math.isnan(det[RANGE]):
            same = 1.0 - HIDER
        elif track.cloud >= 0:
            same = p_same_out(world, eye, clouds[track.cloud], det)
        else:
            same = p_same(track, det, pair.like, gap)
        track.same = same * pair.beta / max(pair.beta + fresh, 1e-300)


@compiled
def p_same(track: Row, det: F8, like: F8, gap: float) -> float:
    """Return the chance that who comes back into view is who went out of it, and not somebody who hid there.

    like (M,) likelihood of the detection for each way of moving of the track; anybody else may come out anywhere that
    can be walked to in the gap.
    """
    mine = 0.0
    for m in range(MODES):
        mine += track.mu[m] * like[m]
    others = max(det[RANGE], 1.0) / (math.pi * (HIDER_M_S * gap) ** 2)
    if not math.isnan(det[4]):
        others *= 0.3
    return float((1.0 - HIDER) * mine / max((1.0 - HIDER) * mine + HIDER * others, 1e-300))
