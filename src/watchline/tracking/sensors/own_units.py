"""Own units that say where they are: what detections of them tell of a sensor's lasting errors.

Theory: a unit's place is known from elsewhere, so the whole innovation is the sensor's: the scalar filters of
`registration.py` take it in with nothing shared and nothing of it in a track.  So errors that all sensors have in
common, which common targets cannot show, become known.

Rules: a report counts for LASTS_S; a detection counts only where it alone of its look, and no other unit, may be the
unit's, so that a party on foot teaches nothing; whatever is learned is learned in every state that is still kept, for
a late scan takes one of them up again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numba
import numpy as np
from numpy.typing import NDArray

from watchline.tracking.history import Known
from watchline.tracking.reading import Scans
from watchline.tracking.sensors.registration import REPEATED, take_in
from watchline.tracking.sensors.world import T, World
from watchline.tracking.track.measurement import (
    AFTER_S,
    BEARING,
    FORM,
    LIFT,
    POLAR,
    RANGE,
    SCALES,
    SD_BEARING,
    TURN,
    range_sd,
    turned,
)
from watchline.tracking.track.rows import Row, copied

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
Rows = NDArray[np.void]

LASTS_S = 3.0  # how long a unit is taken to go on as it said
FIX_SD_M = 4.0  # ASSUMED of a report's place, per axis
PACE_SD_M_S = 1.0  # ... and of its velocity
WIDE_D = 4.0  # standard errors within which a detection may be a unit's
LEAST_M = 200.0  # nearer than this a unit's own error is an angle too large to teach


@dataclass(frozen=True)
class OwnUnits:
    """Where units said they were.  t_s (N,); xy_m, v_m_s (N, 2) on the grid; one row per unit, its latest report."""

    t_s: F8
    xy_m: F8
    v_m_s: F8


NOBODY = OwnUnits(np.zeros(0), np.zeros((0, 2)), np.zeros((0, 2)))


def taught(world: World, states: tuple[Known, ...], scans: Scans, own: OwnUnits) -> tuple[Known, ...]:
    """Return the states with the sensors' lasting errors as these scans of own units show them."""
    out = []
    for known in states:
        units = copied(known.units)
        _teach(world.eyes, units, scans.sensor, scans.scan, scans.first, scans.det, own.t_s, own.xy_m, own.v_m_s)
        out.append(replace(known, units=units))
    return tuple(out)


@numba.njit(cache=True)
def _teach(
    eyes: Rows, units: Rows, sensors: NDArray[np.int32], scans: F8, first: I8, dets: F8, said_s: F8, xy: F8, v: F8
) -> None:
    """Take in what scans show of own units, in place."""
    nu, var = np.zeros(2), np.zeros(2)
    for k in range(scans.shape[0]):
        eye = eyes[sensors[k]]
        own = units[eye.unit]
        if own.bias_var[TURN] <= 0.0 and own.bias_var[LIFT] <= 0.0:
            continue
        for u in range(said_s.shape[0]):
            only = -1
            for j in range(first[k], first[k + 1]):
                if _fits(eye, own, dets[j], scans[k, T], said_s[u], xy[u], v[u], nu, var):
                    only = j if only == -1 else -2
            if only < 0:
                continue
            for other in range(said_s.shape[0]):
                if other != u and _fits(
                    eye, own, dets[only], scans[k, T], said_s[other], xy[other], v[other], nu, var
                ):
                    only = -2
                    break
            if only < 0:
                continue
            rho = _fits_at(eye, own, dets[only], scans[k, T], said_s[u], xy[u], v[u], nu, var)
            if own.bias_var[TURN] > 0.0:
                take_in(own, TURN, nu[TURN], 1.0, REPEATED * var[TURN], 0.0)
            if own.bias_var[LIFT] > 0.0:
                take_in(own, LIFT, nu[LIFT], rho * rho, REPEATED * var[LIFT], 0.0)


@numba.njit(cache=True)
def _fits(eye: Row, own: Row, det: F8, t: float, said_s: float, xy: F8, v: F8, nu: F8, var: F8) -> bool:
    """Return whether a detection may be a unit's, and fill what `_fits_at` fills."""
    rho = _fits_at(eye, own, det, t, said_s, xy, v, nu, var)
    if not rho > LEAST_M:
        return False
    lift = own.bias_var[LIFT] * rho**4
    return bool(
        nu[TURN] ** 2 < WIDE_D**2 * (var[TURN] + own.bias_var[TURN])
        and nu[LIFT] ** 2 < WIDE_D**2 * (var[LIFT] + lift)
    )


@numba.njit(cache=True)
def _fits_at(eye: Row, own: Row, det: F8, t: float, said_s: float, xy: F8, v: F8, nu: F8, var: F8) -> float:
    """Fill innovations nu (2,) in bearing and range and their variances but for lasting errors; return the range.

    NaN for a report that is too old and for a detection without a range.
    """
    after = t + det[AFTER_S] - said_s
    if abs(after) > LASTS_S or det[FORM] != POLAR or math.isnan(det[RANGE]):
        return math.nan
    east, north = xy[0] + after * v[0] - eye.place[0], xy[1] + after * v[1] - eye.place[1]
    rho = max(math.hypot(east, north), 1.0)
    place = FIX_SD_M**2 + (after * PACE_SD_M_S) ** 2
    nu[TURN] = turned(det[BEARING] - own.bias[TURN] - math.atan2(east, north))
    nu[LIFT] = det[RANGE] - rho - (own.bias[LIFT] * rho * rho if det[SCALES] > 0.5 else 0.0)
    var[TURN] = det[SD_BEARING] ** 2 + place / (rho * rho)
    var[LIFT] = range_sd(det, rho) ** 2 + place
    return rho
