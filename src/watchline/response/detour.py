"""The ways round a checkpoint: how much longer somebody takes who does not want to come to it, and who sees them.

Theory: two travel times over the same ground between two places on its road, one before and one behind it: with the
road open, and with the ground within `keep_m` of it closed.  What its people see of the way round is the inverse-cube
law along it (`sensing.observer`), under one frailty.
Limits: open ground (a fold that hides them lowers the chance to be noticed); they know where it stands.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from watchline.response.travel.reach import Ways, reach
from watchline.sensing.detection import Crosser
from watchline.sensing.glimpse import p_miss
from watchline.sensing.observer import MOST_PER_S, eye_constant_m3_s, seen_from_m, sweep_width_m

F8 = NDArray[np.float64]

ROOM_M = 6000.0  # round the two ends: whoever goes farther round does not come to this road
STEP_M = 10.0  # of a way, for what is seen of it


@dataclass(frozen=True)
class Detour:
    """Seconds on the road and round it; way_m (N, 2) round it; extra_m: how much longer that is."""

    through_s: float
    round_s: float
    extra_m: float
    way_m: F8


def detour(ways: Ways, speed_m_s: float, ends_m: F8, post_m: F8, keep_m: float) -> Detour | None:
    """Return the quickest way between two ends (2, 2) that stays keep_m from a post (2,), None for none."""
    cut = ways.window(ends_m, ROOM_M)
    rows, cols = np.indices(cut.pace.shape)
    near = np.hypot(*np.moveaxis(cut.xy_m(np.stack([rows, cols], axis=-1).astype(float)) - post_m, -1, 0)) < keep_m
    shut = replace(cut, pace=np.where(near, np.float32(np.inf), cut.pace))
    through, round_ = (reach(w, ends_m[0], speed_m_s) for w in (cut, shut))
    straight, way = through.route(ends_m[1], tight=False), round_.route(ends_m[1], tight=False)
    if straight is None or way is None:
        return None
    return Detour(
        float(through.at(ends_m[1])), float(round_.at(ends_m[1])), length_m(way) - length_m(straight), way
    )  # fmt: skip


def length_m(way_m: F8) -> float:
    """Return the length of a polyline (N, 2)."""
    return float(np.hypot(*np.diff(way_m, axis=0).T).sum())


def noticed(
    way_m: F8, lasts_s: float, post_m: F8, observers: int, crosser: Crosser, frailty_k: float, *, day: bool,
    visibility_m: float,
) -> float:  # fmt: skip
    """Return the chance that a post's people notice somebody on a way (N, 2) that lasts so long."""
    legs = np.hypot(*np.diff(way_m, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(legs)])
    if along[-1] <= 0.0:
        return 0.0
    at = np.arange(0.0, along[-1], STEP_M) + 0.5 * STEP_M
    places = np.column_stack([np.interp(at, along, way_m[:, k]) for k in (0, 1)])
    away_m = np.maximum(np.hypot(*(places - post_m).T), 1.0)
    seen_m = seen_from_m(crosser.area_m2, day=day, visibility_m=visibility_m)
    rate = observers * np.minimum(eye_constant_m3_s(sweep_width_m(seen_m)) / away_m**3, MOST_PER_S)
    return 1.0 - float(p_miss(np.array([rate.sum() * lasts_s * STEP_M / along[-1]]), frailty_k)[0])
