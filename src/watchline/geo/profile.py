"""One line of sight drawn out: the ground under it, the line, what blocks it, and how sure that is.

Made for a disputed pair: whoever doubts a cell of a viewshed sees here why it is hidden.  The numbers come from
the same bilinear surface as `viewshed_exact.py`, sampled at every crossing with a grid line; a rise between two
crossings (saddles only) may lift the true need above this by centimetres, so the field is the authority.

Theory of the error: with the blocking point at fraction f of the way, the least visible height is
need = (z_b - drop_b - eye) / f + eye + drop - z_t, so an error e of the heights moves it by
(e_b - (1 - f) e_o - f e_t) / f, whose variance follows from the model of `visibility.DemError`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from watchline.geo.sight import MEAN_EARTH_RADIUS_M, REFRACTION_LIGHT
from watchline.geo.visibility import DemError

F8 = NDArray[np.float64]


@dataclass(frozen=True)
class SightProfile:
    """A line from an eye to a target, N points from the observer's cell to the target's.

    distance_m, ground_m, drop_m (N,): along the ground, height of the ground (NaN in a void), and how far the Earth
    has fallen away there; sight_m (N,): height of the straight line to the top of the subject, on the ground's
    datum (curvature added back); need_m: least visible height, before clipping at 0, NaN when a void is touched;
    blocker: index of the point that sets it; sd_m: its standard deviation by the error model; p_visible.
    """

    distance_m: F8
    ground_m: F8
    drop_m: F8
    sight_m: F8
    need_m: float
    blocker: int
    sd_m: float
    p_visible: float


def sight_profile(
    height_m: NDArray[np.floating[Any]],
    start: tuple[int, int],
    stop: tuple[int, int],
    *,
    mast_m: float,
    target_m: float,
    cell_m: tuple[float, float],
    error: DemError,
    refraction_k: float = REFRACTION_LIGHT,
) -> SightProfile:
    """Return the profile between the centres of two cells (row, col) of `height_m`.

    mast_m, target_m: above ground at either end; cell_m: size along columns' and rows' direction.
    p_visible treats the blocking point alone (first order): too high where several ridges are nearly level,
    as `visibility.p_visible_field` shows.  Raises ValueError when both cells are the same or off the grid.
    """
    dr, dc = stop[0] - start[0], stop[1] - start[1]
    if (dr, dc) == (0, 0):
        raise ValueError("the observer and the target share a cell")
    rows, cols = height_m.shape
    for row, col in (start, stop):
        if not (0 <= row < rows and 0 <= col < cols):
            raise ValueError(f"row {row}, column {col} is off the grid of {height_m.shape}")
    share = _crossings(dr, dc)
    whole_m = math.hypot(dr * cell_m[1], dc * cell_m[0])
    distance = share * whole_m
    ground = _bilinear(height_m, start[0] + dr * share, start[1] + dc * share)
    drop = (1.0 - refraction_k) / (2.0 * MEAN_EARTH_RADIUS_M) * distance**2
    eye = ground[0] + mast_m
    top = ground[-1] + target_m
    sight = eye + (top - drop[-1] - eye) * share + drop
    slope = np.full(len(share), -np.inf)
    slope[1:-1] = (ground[1:-1] - drop[1:-1] - eye) / distance[1:-1]
    if np.isnan(ground).any():
        return SightProfile(distance, ground, drop, sight, math.nan, 0, math.nan, math.nan)
    if len(share) == 2:
        return SightProfile(distance, ground, drop, sight, -math.inf, 0, 0.0, 1.0)
    blocker = int(np.argmax(slope))
    need = float(eye + slope[blocker] * whole_m + drop[-1] - ground[-1])
    sd = error.need_sd_m(float(distance[blocker]), whole_m)
    p = 0.5 * math.erfc((need - target_m) / (sd * math.sqrt(2.0))) if sd > 0.0 else float(need <= target_m)
    return SightProfile(distance, ground, drop, sight, need, blocker, sd, p)


def need_along_m(profile: SightProfile) -> F8:
    """Return (N,) how high above ground a subject must reach to be seen at each point of a line, 0 where all is.

    From the void onwards NaN.  The last value is the profile's own `need_m`, clipped at 0.
    """
    eye = profile.sight_m[0]
    slope = np.full(len(profile.distance_m), -np.inf)
    slope[1:] = (profile.ground_m[1:] - profile.drop_m[1:] - eye) / profile.distance_m[1:]
    if np.isnan(profile.ground_m[0]):
        return np.full(len(slope), np.nan)
    before = np.full(len(slope), -np.inf)
    before[1:] = np.maximum.accumulate(slope)[:-1]
    need = np.zeros(len(slope))
    reached = before != -np.inf  # NaN too
    rise = (profile.drop_m - profile.ground_m)[reached]
    need[reached] = eye + before[reached] * profile.distance_m[reached] + rise
    return np.asarray(np.where(np.isnan(profile.ground_m), np.nan, np.maximum(need, 0.0)))


def _crossings(dr: int, dc: int) -> F8:
    """Return the sorted fractions of the way, 0 and 1 among them, at which the line crosses a grid line."""
    cuts = [np.arange(0, abs(d) + 1) / abs(d) for d in (dr, dc) if d]
    merged = np.unique(np.concatenate(cuts))
    return np.asarray(merged[np.concatenate([[True], np.diff(merged) > 1e-12])])


def _bilinear(height: NDArray[np.floating[Any]], row: F8, col: F8) -> F8:
    """Return heights at fractional places; a node on the line counts alone, so that a void beside it does not."""
    r, c = (
        np.where(np.abs(row - np.round(row)) < 1e-9, np.round(row), row),
        np.where(np.abs(col - np.round(col)) < 1e-9, np.round(col), col),
    )
    r0, c0 = np.floor(r).astype(int), np.floor(c).astype(int)
    fr, fc = r - r0, c - c0
    r1, c1 = np.where(fr > 0, r0 + 1, r0), np.where(fc > 0, c0 + 1, c0)
    h = height.astype(np.float64, copy=False)
    return np.asarray(
        (h[r0, c0] * (1 - fc) + h[r0, c1] * fc) * (1 - fr) + (h[r1, c0] * (1 - fc) + h[r1, c1] * fc) * fr
    )
