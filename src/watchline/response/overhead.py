"""Where a drone flies for an alert: over them once they are at home, else where it sees them from our side; and what
it sweeps when they may be anywhere within an area.

Rules: a drone is not sent across the line; it looks across from `HOME_M` behind it as far as `SEES_M`.  An area is
swept when a circle of `SPREAD_M` does not hold nine tenths of where they may be, and no more of it than there is time
for.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from watchline.geo.line import LineFrame

F8 = NDArray[np.float64]

HOME_M, SEES_M = 50.0, 500.0
SPREAD_M, SHARE = 250.0, 0.9
SWATH_M = 300.0  # between passes: half of what a small drone's payload sweeps, so that they overlap
AROUND_M = 100.0  # beyond the outermost place
TURNS = 0.8  # of the time is flown straight


def seen_from_home(ways_m: F8, line: LineFrame) -> F8:
    """Return (J, T, 2) places at home from which ways (J, T, 2) are seen; NaN where they are too far across."""
    sd = line.sd_from_xy_m(np.nan_to_num(ways_m))
    d = sd[..., 1]
    across = ~np.isnan(ways_m[..., 0]) & (d < HOME_M)
    out = ways_m.copy()
    out[across] = line.xy_m_from_sd(np.column_stack([sd[across, 0], np.full(int(across.sum()), HOME_M)]))
    out[across & (HOME_M - d > SEES_M)] = np.nan
    return out


def area_of(places_m: F8, weight: F8, centre_m: F8, line: LineFrame, flies_m: float) -> F8:
    """Return (4, 2) the corners of what is swept, (0, 2) where a circle does.

    places_m (J, 2): where they may be when it is there, NaN for those gone; weight (J,); flies_m: how far it can fly
    there.
    """
    here = ~np.isnan(places_m[:, 0])
    if not here.any():
        return np.zeros((0, 2))
    at, w = places_m[here], weight[here] / weight[here].sum()
    away = np.hypot(*(at - centre_m).T)
    order = np.argsort(away)
    most = int(np.searchsorted(np.cumsum(w[order]), SHARE)) + 1
    inner = order[:most]
    if away[inner].max() <= SPREAD_M:
        return np.zeros((0, 2))
    box = shapely.minimum_rotated_rectangle(shapely.MultiPoint(at[inner]).buffer(AROUND_M, quad_segs=4))
    corners = shapely.get_coordinates(box)[:4]
    room = flies_m * TURNS * SWATH_M / float(shapely.area(box))
    if room < 1.0:
        corners = corners.mean(axis=0) + np.sqrt(max(room, 0.0)) * (corners - corners.mean(axis=0))
    sd = line.sd_from_xy_m(corners)
    return np.asarray(line.xy_m_from_sd(np.column_stack([sd[:, 0], np.maximum(sd[:, 1], HOME_M)])))
