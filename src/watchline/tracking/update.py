"""One look of one sensor: predict what it can see, associate, update existence and state, begin new tracks.

Theory: joint integrated probabilistic data association (Musicki & Evans 2004) with belief propagation for
the marginals; existence falls when a subject that should have been seen was not (negative information), and
not at all behind terrain.  New tracks begin from detections that nothing explains, with the existence that
the undetected density and the sensor's own clutter give them.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from watchline.domain.batches import KIND_FENCE, KIND_GROUND, KIND_RADAR
from watchline.geo.sight import DROP_LIGHT, DROP_RADIO, ray_least_visible
from watchline.sensing.detection import WALKER, p_detect, p_in_sight
from watchline.tracking.association import marginals
from watchline.tracking.measurement import MAX_RANGE_SHARE_SD, gain, innovate
from watchline.tracking.motion import predict, survival

F8 = NDArray[np.float64]
F4 = NDArray[np.float32]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]

GATE_D2 = 25.0  # squared normalised distance; 5 sigma, because terrain makes range errors long-tailed
UNDETECTED_PER_M2 = 2e-8  # subjects nobody has seen yet: one in 50 km^2, until an account of them exists
WALKER_HEIGHT_M = WALKER.height_m
P_TOUCH = 0.3  # chance that a subject who is at the fence now is the one that shakes it
OPEN_CLASS = 0.1  # added to every class of every look, so that no look is taken for certain
LEAST_BIRTH = 0.15  # a detection that is more likely clutter than this begins nothing
MAX_BIRTH = 0.6  # one look alone never makes a track certain
CLUTTER_MEMORY = 0.005  # share of a sensor's clutter rate learned anew in each look


@numba.njit(cache=True)
def all_looks(
    n: int,
    tracks: tuple[F8, F8, F8, F8, F8, F8, F8, I4, I4, I4],
    clutter: F8,
    performance: F8,
    place: F8,
    looks: F8,
    sensors: I4,
    low: I8,
    high: I8,
    dets: F8,
    terrain: F4,
    grid: F8,
) -> int:
    """Use every scan in turn, in place; new tracks are appended.  Return the number of tracks.

    tracks: t, x, p, exist, klass, first, last, hits, sensor, other with room for one more row per detection;
    looks (K, 6), sensors (K,), low and high (K,) the rows of `dets` that belong to each scan.
    """
    t, x, p, exist, klass, first, last, hits, by, other = tracks
    born = np.zeros((max(1, dets.shape[0]), 14))
    for k in range(looks.shape[0]):
        sensor = sensors[k]
        mine = dets[low[k] : high[k]]
        filled = one_look(
            n,
            t,
            x,
            p,
            exist,
            klass,
            last,
            hits,
            by,
            other,
            clutter,
            sensor,
            performance[sensor],
            place[sensor],
            looks[k],
            mine,
            terrain,
            grid,
            born,
        )
        for j in range(filled):
            if born[j, 9] > LEAST_BIRTH:
                t[n], first[n], last[n] = born[j, 0], born[j, 0], born[j, 0]
                x[n] = born[j, 1:5]
                p[n] = 0.0
                p[n, 0, 0], p[n, 0, 1], p[n, 1, 0], p[n, 1, 1] = born[j, 5], born[j, 6], born[j, 6], born[j, 7]
                p[n, 2, 2] = p[n, 3, 3] = born[j, 8]
                exist[n], hits[n], by[n], other[n] = born[j, 9], 1, sensor, -1
                klass[n] = born[j, 10:14]
                n += 1
    return n


@numba.njit(cache=True)
def one_look(
    n: int,
    t: F8,
    x: F8,
    p: F8,
    exist: F8,
    klass: F8,
    last: F8,
    hits: I4,
    by: I4,
    other: I4,
    clutter: F8,
    sensor: int,
    performance: F8,
    place: F8,
    scan: F8,
    dets: F8,
    terrain: F4,
    grid: F8,
    born: F8,
) -> int:
    """Update tracks 0..n-1 in place for one scan; return how many rows of `born` were filled.

    scan (6,): t_s, az0 and az1 (grid bearings), range_m, quality, kind.
    dets (D, 13): z0, z1, sd0, sd1, polar flag, radial speed or NaN, p_class x 4, t_s, snr, axis angle for positions.
    born rows (20,): t, x (4), p (10: upper triangle by position block), r, p_class (4).
    """
    now, kind = scan[0], int(scan[5])
    count = dets.shape[0]
    near = np.empty(n, np.int64)
    pd = np.empty(n)
    m = 0
    for i in range(n):
        dt = now - t[i]
        px, py = x[i, 0] + dt * x[i, 2], x[i, 1] + dt * x[i, 3]
        if not in_look(px, py, p[i], place, scan, kind):
            continue
        if dt > 0.0:
            predict(x[i], p[i], dt)
            exist[i] *= survival(dt)
            t[i] = now
        near[m] = i
        pd[m] = p_seen(x[i], performance, place, scan, terrain, grid) if kind <= KIND_RADAR else P_TOUCH
        m += 1
    if m == 0 and count == 0:
        return 0
    volume = max((scan[2] - scan[1]) * scan[3], 1e-6) if kind <= KIND_RADAR else max(scan[3] * 20.0, 1.0)
    density = clutter[sensor] / volume
    weight = np.zeros((m, count))
    nu, h, s = np.empty(2), np.empty((2, 2)), np.empty((2, 2))
    for a in range(m):
        i = near[a]
        for j in range(count):
            log_l = look_at(x[i], p[i], place, dets[j], nu, h, s)
            if log_l > -np.inf:
                back = density + undetected(dets[j])
                miss = max(1.0 - exist[i] * pd[a], 1e-6)
                weight[a, j] = exist[i] * pd[a] * math.exp(log_l) / (back * miss)
    beta = marginals(weight)
    unexplained = np.ones(count)
    for a in range(m):
        i = near[a]
        spread_update(i, x, p, klass, place, dets, beta[a], count)
        seen = 0.0
        for j in range(count):
            seen += beta[a, j]
            unexplained[j] *= 1.0 - beta[a, j]
        none = beta[a, count]
        # A fence that stays silent says nothing of who is not touching it.
        missed = pd[a] if kind <= KIND_RADAR else 0.0
        exist[i] = min(seen + none * exist[i] * (1.0 - missed) / max(1.0 - exist[i] * missed, 1e-9), 0.9999)
        if seen > 0.5:
            hits[i] += 1
            last[i] = max(last[i], now)  # a look may come late
            if by[i] != sensor:
                other[i] = by[i]
                by[i] = sensor
    noise = 0.0
    for j in range(count):
        mine = undetected(dets[j])
        real = mine / (mine + density)
        noise += unexplained[j] * (1.0 - real)
        begin(born[j], dets[j], place, min(unexplained[j] * real, MAX_BIRTH))
    clutter[sensor] += CLUTTER_MEMORY * (max(noise, 1e-4) - clutter[sensor])
    return int(count)


@numba.njit(cache=True)
def in_look(px: float, py: float, p: F8, place: F8, scan: F8, kind: int) -> bool:
    """Return whether a predicted position may concern this scan, with 3 sigma to spare."""
    if kind in (KIND_FENCE, KIND_GROUND):
        # Away from the watched stretch the chance is nil; `place` is its middle, scan[3] its length.
        reach = 0.5 * scan[3] + 100.0
        return bool(abs(px - place[0]) < reach and abs(py - place[1]) < reach)
    dx, dy = px - place[0], py - place[1]
    distance = math.sqrt(dx * dx + dy * dy)
    spare = 3.0 * math.sqrt(max(p[0, 0], p[1, 1]))
    if distance > scan[3] + spare:
        return False
    if scan[2] - scan[1] >= 2 * math.pi - 1e-6:
        return True
    middle, half = 0.5 * (scan[1] + scan[2]), 0.5 * (scan[2] - scan[1])
    off = abs((math.atan2(dx, dy) - middle + math.pi) % (2 * math.pi) - math.pi)
    return bool(off <= half + min(spare / max(distance, 1.0), 0.5))


@numba.njit(cache=True)
def p_seen(x: F8, performance: F8, place: F8, scan: F8, terrain: F4, grid: F8) -> float:
    """Return P_d of this look at a state: sector, range, terrain, and radial speed for radars."""
    dx, dy = x[0] - place[0], x[1] - place[1]
    distance = math.sqrt(dx * dx + dy * dy)
    if scan[2] - scan[1] < 2 * math.pi - 1e-6:
        middle, half = 0.5 * (scan[1] + scan[2]), 0.5 * (scan[2] - scan[1])
        off = abs((math.atan2(dx, dy) - middle + math.pi) % (2 * math.pi) - math.pi)
        if off > half:
            return 0.0
    radial = (x[2] * dx + x[3] * dy) / max(distance, 1.0)
    pd = p_detect(performance, distance, scan[4], radial)
    if pd < 0.01 or distance > scan[3]:
        return 0.0
    drop = DROP_RADIO if int(scan[5]) == KIND_RADAR else DROP_LIGHT
    hidden = ray_least_visible(terrain, grid[0], grid[1], grid[2], place[0], place[1], place[2], x[0], x[1], drop)
    # Where nobody knows whether it is in sight there is no evidence either way.
    return float(pd * p_in_sight(hidden, WALKER_HEIGHT_M))


@numba.njit(cache=True)
def undetected(det: F8) -> float:
    """Return the density of undetected subjects in the detection's own coordinates."""
    return UNDETECTED_PER_M2 * (max(det[1], 1.0) if det[4] > 0.5 else 1.0)


@numba.njit(cache=True)
def look_at(x: F8, p: F8, place: F8, det: F8, nu: F8, h: F8, s: F8) -> float:
    """Return the log density of a detection given a state, -inf outside the gate; fills nu, h, s."""
    z, r = np.empty(2), np.empty(2)
    z[0], z[1], r[0], r[1] = det[0], det[1], det[2], det[3]
    polar = det[4] > 0.5
    if polar:
        # The error at the predicted range: a far range read as near must not look precise.
        predicted = math.sqrt((x[0] - place[0]) ** 2 + (x[1] - place[1]) ** 2)
        scale = (max(predicted, 1.0) / max(det[1], 1.0)) ** 2
        r[1] = min(max(det[3], det[3] * scale), max(MAX_RANGE_SHARE_SD * predicted, det[3]))
        log_l = innovate(x, p, place, z, r, True, nu, h, s)
    else:
        log_l = innovate(x, p, place, z, r, False, nu, h, s)
    det_s = s[0, 0] * s[1, 1] - s[0, 1] * s[1, 0]
    d2 = -2.0 * (log_l + math.log(2 * math.pi) + 0.5 * math.log(det_s)) if log_l > -np.inf else np.inf
    return log_l if d2 < GATE_D2 else -np.inf


@numba.njit(cache=True)
def spread_update(i: int, x: F8, p: F8, klass: F8, place: F8, dets: F8, beta: F8, count: int) -> None:
    """Update track i with every detection in proportion to its marginal probability (PDA mixture), in place."""
    seen = 0.0
    for j in range(count):
        seen += beta[j]
    if seen < 1e-4:
        return
    nu, h, s, k = np.empty(2), np.empty((2, 2)), np.empty((2, 2)), np.empty((4, 2))
    shift, spread = np.zeros(4), np.zeros((4, 4))
    reduced = np.zeros((4, 4))
    new_class = np.zeros(4)
    for j in range(count):
        if beta[j] < 1e-4:
            continue
        if look_at(x[i], p[i], place, dets[j], nu, h, s) == -np.inf:
            continue
        gain(p[i], h, s, k)
        for a in range(4):
            step_a = k[a, 0] * nu[0] + k[a, 1] * nu[1]
            shift[a] += beta[j] * step_a
            for b in range(4):
                step_b = k[b, 0] * nu[0] + k[b, 1] * nu[1]
                spread[a, b] += beta[j] * step_a * step_b
                ks = 0.0
                for c in range(2):
                    for d in range(2):
                        ks += k[a, c] * s[c, d] * k[b, d]
                reduced[a, b] += beta[j] * ks
        total = 0.0
        for c in range(4):
            total += klass[i, c] * (OPEN_CLASS + dets[j, 6 + c])
        for c in range(4):
            new_class[c] += beta[j] * klass[i, c] * (OPEN_CLASS + dets[j, 6 + c]) / total
    for a in range(4):
        x[i, a] += shift[a]
        klass[i, a] = (1.0 - seen) * klass[i, a] + new_class[a]
        for b in range(4):
            p[i, a, b] += spread[a, b] - shift[a] * shift[b] - reduced[a, b]
    for a in range(4):
        for b in range(a):
            mean = 0.5 * (p[i, a, b] + p[i, b, a])
            p[i, a, b] = mean
            p[i, b, a] = mean
    total = klass[i].sum()
    for c in range(4):
        klass[i, c] /= total


@numba.njit(cache=True)
def begin(born: F8, det: F8, place: F8, r: float) -> None:
    """Fill one row of `born`: t, x, position covariance (xx, xy, yy), velocity variance, r, p_class."""
    born[0] = det[10]
    if det[4] > 0.5:
        u, v = math.sin(det[0]), math.cos(det[0])
        born[1], born[2] = place[0] + det[1] * u, place[1] + det[1] * v
        across, along = (det[1] * det[2]) ** 2, det[3] ** 2
    else:
        u, v = math.sin(det[12]), math.cos(det[12])
        born[1], born[2] = det[0], det[1]
        across, along = det[3] ** 2, det[2] ** 2
    born[3] = 0.0
    born[4] = 0.0
    born[5] = along * u * u + across * v * v
    born[6] = (along - across) * u * v
    born[7] = along * v * v + across * u * u
    speed = 1.5 + 10.0 * det[7]
    born[8] = speed * speed
    born[9] = r
    # No class is ruled out by one look: what is zero once would stay zero for good.
    total = 0.0
    for c in range(4):
        total += det[6 + c] + OPEN_CLASS
    for c in range(4):
        born[10 + c] = (det[6 + c] + OPEN_CLASS) / total
