"""The lasting errors of each sensor, learned from subjects that other sensors hold too.

Theory: a tower that is turned by a milliradian puts everybody beside where they are, and says so with conviction.
The innovation of a detection is the sensor's lasting error plus the track's: a scalar Kalman filter per error
takes it in, for tracks that another sensor has fixed lately.  What is not known of the error is added to the
detection's own (a consider filter), so that an unaligned sensor is trusted less, not wrongly; and as it does not
average out, it is added once more to where a track is said to be, as far as that rests on the sensor.
A camera's range comes from the depression of its ray: an error of elevation d gives a range error of d r^2 / h.

Rules: two errors per sensor, TURN (bearing, rad) and LIFT (share of range squared, 1/m; cameras only).
Limits: errors that all sensors share cannot be told from a shift of everybody.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from watchline.tracking.compiled import compiled
from watchline.tracking.track.measurement import LIFT, RANGE, SD_BEARING, SD_RANGE, TURN, numbers
from watchline.tracking.track.rows import SEERS, Row

F8 = NDArray[np.float64]
Rows = NDArray[np.void]

TOLD_S = 40.0  # how long a detection weighs in where a track is
LASTS = 0.5  # of what is unknown of an error; the other half stands in each detection's own error
LATELY_S = 30.0  # another sensor must have seen the track within this
OTHER_HITS = 3.0
SHARED = 0.4  # of the others' errors that geometry and ranges do not resolve; tuned on seeds 12, 13 with 1 mrad
REPEATED = 4.0  # errors of one track repeat from look to look: each look counts for a quarter


@compiled
def align(units: Rows, track: Row, eye: Row, tools: Row, det: F8, t: float) -> None:
    """Learn a sensor's lasting errors from a detection of a track, before the track has taken it in; in place."""
    own = units[eye.unit]
    if track.exist < 0.95 or (own.bias_var[0] <= 0.0 and own.bias_var[1] <= 0.0):
        return
    if not held_by_another(track, eye.unit, t):
        return
    h, cov = tools.h, track.cov
    count = numbers(track.mean, eye.place, det, own.bias, own.bias_var, tools.nu, h, tools.r)
    rho = math.hypot(track.mean[0] - eye.place[0], track.mean[1] - eye.place[1])
    for c in range(min(count, 2)):
        if own.bias_var[c] <= 0.0:
            continue
        others, fresh = news(units, track, eye.unit, c)
        gain = 1.0 if c == TURN else rho * rho
        spread = tools.r[c] - own.bias_var[c] * gain * gain
        for a in range(4):
            for b in range(4):
                spread += h[c, a] * cov[a, b] * h[c, b]
        take_in(own, c, tools.nu[c], fresh * gain, REPEATED * spread, others / fresh**2)


@compiled
def take_in(own: Row, c: int, nu: float, gain: float, var: float, floor: float) -> None:
    """Update one error, in place; floor: what the others' own errors leave unknown of it."""
    before = own.bias_var[c]
    s = before * gain * gain + var
    if nu * nu > 9.0 * s:
        return
    k = before * gain / s
    own.bias[c] += k * nu
    # Two sensors see the difference of their errors only: neither is ever known much better than the other.
    own.bias_var[c] = max((1.0 - k * gain) * before, min(before, SHARED * floor))


@compiled
def news(units: Rows, track: Row, unit: int, c: int) -> tuple[float, float]:
    """Return what the others' errors add to a track's, as a variance, and how far a track is not this sensor's own.

    A track has taken in a sensor's error as far as it rests on that sensor: the rest shows in the innovation.
    """
    total, mine, others = 0.0, 0.0, 0.0
    for k in range(SEERS):
        if track.seer[k] >= 0:
            total += track.seer_hits[k]
    for k in range(SEERS):
        if track.seer[k] >= 0:
            share = track.seer_hits[k] / max(total, 1e-9)
            if track.seer[k] == unit:
                mine = share
            else:
                others += share * share * units[track.seer[k]].bias_var[c]
    return others, max(1.0 - mine, 0.2)


@compiled
def rests_on(track: Row, seer: int, own: Row, sensor: int, det: F8, t: float) -> None:
    """Count what a detection tells of a track's place across and along the sensor's view, 1/m^2, in place."""
    if math.isnan(det[RANGE]):
        return
    told, old = track.seer_told[seer], math.exp(-max(t - track.seer_told_s[seer], 0.0) / TOLD_S)
    track.seer_told_s[seer], track.seer_eye[seer] = t, sensor
    across = det[RANGE] ** 2 * (det[SD_BEARING] ** 2 + own.bias_var[TURN])
    along = det[SD_RANGE] ** 2 + det[RANGE] ** 4 * own.bias_var[LIFT]
    told[0] = old * told[0] + 1.0 / max(across, 0.01)
    told[1] = old * told[1] + 1.0 / max(along, 0.01)


@numba.njit(cache=True)
def lasting(tracks: Rows, units: Rows, eyes: Rows, now: float) -> F8:
    """Return (N, 2, 2) what the sensors' lasting errors add to each track's covariance.

    A track is the mean of what its sensors tell, each weighted by how much that is; what lasts does not average out.
    """
    out, room = np.zeros((tracks.shape[0], 2, 2)), np.zeros((SEERS, 6))
    for i in range(tracks.shape[0]):
        track = tracks[i]
        a, b, c = what_was_told(track, eyes, now, room)
        area = a * c - b * b
        for k in range(SEERS):
            if track.seer[k] < 0 or track.seer_eye[k] < 0:
                continue
            own, (u, v, rho, ka, kb, kc) = units[track.seer[k]], room[k]
            for error in range(2):
                x, y = (-v, u) if error == TURN else (u, v)
                var = LASTS * own.bias_var[error] * rho ** (2 if error == TURN else 4)
                tx, ty = ka * x + kb * y, kb * x + kc * y
                east, north = (c * tx - b * ty) / area, (a * ty - b * tx) / area
                out[i, 0, 0] += var * east * east
                out[i, 0, 1] += var * east * north
                out[i, 1, 1] += var * north * north
        out[i, 1, 0] = out[i, 0, 1]
    return out


@compiled
def what_was_told(track: Row, eyes: Rows, now: float, room: F8) -> tuple[float, float, float]:
    """Return the sum of what a track's sensors told of its place (east-east, east-north, north-north), 1/m^2.

    Fills room (SEERS, 6): each one's direction and distance, and its part of the sum.
    """
    a, b, c = 1e-6, 0.0, 1e-6
    for k in range(SEERS):
        if track.seer[k] < 0 or track.seer_eye[k] < 0:
            continue
        eye, told = eyes[track.seer_eye[k]], track.seer_told[k]
        east, north = track.mean[0] - eye.place[0], track.mean[1] - eye.place[1]
        rho = max(math.hypot(east, north), 1.0)
        u, v = east / rho, north / rho
        old = math.exp(-max(now - track.seer_told_s[k], 0.0) / TOLD_S)
        across, along = old * told[0], old * told[1]
        room[k, 0], room[k, 1], room[k, 2] = u, v, rho
        room[k, 3], room[k, 4] = along * u * u + across * v * v, (along - across) * u * v
        room[k, 5] = along * v * v + across * u * u
        a, b, c = a + room[k, 3], b + room[k, 4], c + room[k, 5]
    return a, b, c


@compiled
def held_by_another(track: Row, unit: int, t: float) -> bool:
    """Return whether another sensor has fixed a track lately."""
    for k in range(SEERS):
        other = track.seer[k] >= 0 and track.seer[k] != unit
        if other and track.seer_hits[k] >= OTHER_HITS and t - track.seer_t[k] < LATELY_S:
            return True
    return False
