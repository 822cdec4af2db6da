"""What a look makes of a track: is it there, a rock, seen by this sensor, where, what, and the same as before?

Theory: marginal association probabilities weigh what each detection, and none, would make of the track; models are
moment-matched each on its own.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from watchline.sensing import learned as lessons
from watchline.sensing.detection import MIN_SPEED, RANGE_MAX
from watchline.tracking.arrays import TRACE, Learned, Tracks
from watchline.tracking.measurement import (
    CLASS,
    FORM,
    PLACE,
    RANGE,
)
from watchline.tracking.motion import (
    MODES,
    blend,
)
from watchline.tracking.pairing import LEAST_SEEN, OPEN_CLASS, p_rock_seen
from watchline.tracking.registration import align
from watchline.tracking.world import CLASSES, ID, T, World

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]

STEADY_VAR_M2 = 80.0**2
MOST_EXIST = 0.99999
GAP_S = 60.0  # longer unseen than this, it is asked whether it is the same subject
HIDER = 0.25  # chance that somebody else was hidden where a subject went out of view; until an account says better
HIDER_M_S = 2.0  # as far as anybody walks


@numba.njit(cache=True)
def settle(
    world: World, lesson: Learned, tracks: Tracks, i: int, seer: int, sensor: int, scan: F8, dets: F8, pd: F8,
    base: F8, shown: float, away: float, fence: bool, det: I8, new_x: F8, new_p: F8, like: F8, as_real: F8,
    as_rock: F8, beta: F8, none: float, fresh: F8,
) -> None:  # fmt: skip
    """Give a track what this look says of it, in place: is it there, a rock, seen by this sensor, where and what."""
    v, rock, exist = tracks.seer_p[i, seer], tracks.rock[i], tracks.exist[i]
    seen, real_seen, best = 0.0, 0.0, -1
    for k in range(len(det)):
        seen += beta[k]
        real_seen += beta[k] * as_real[k] / max(as_real[k] + as_rock[k], 1e-300)
        if best < 0 or beta[k] > beta[best]:
            best = k
    mean = 0.0
    for m in range(MODES):
        mean += tracks.mu[i, m] * pd[m]
    if fence:
        mean = 0.0
    left = none * exist * away / max(1.0 - exist + exist * away, 1e-12)
    rock_left = left * rock * (1.0 - p_rock_seen(world, tracks, i, sensor, shown)) / max(away, 1e-12)
    real_left = max(left - rock_left, 0.0)
    total = seen + left
    tracks.exist[i] = min(total, MOST_EXIST)
    tracks.rock[i] = min(max((seen - real_seen + rock_left) / max(total, 1e-12), 0.0), 1.0)
    if not fence:
        teach(world, lesson, tracks, i, sensor, scan, base, shown, v, real_seen)
        blind = (1.0 - v) / max(1.0 - v * mean, 1e-12)
        real = max(real_seen + real_left, 1e-12)
        tracks.seer_p[i, seer] = (real_seen + real_left * (1.0 - blind)) / real
        tracks.seer_looks[i, seer] += mean
    tracks.seer_hits[i, seer] += seen
    if not fence and seen > 0.9 and best >= 0:
        align(world, lesson, tracks, i, sensor, dets[det[best]], scan[T])
    if seen > 0.5:
        identify(world, tracks, i, sensor, scan, dets[det[best]], like[best], beta[best], fresh[det[best]])
        note(world, tracks, i, sensor, scan, beta[best])
    if seen > 1e-4 or mean > 1e-4:
        fuse(tracks, i, pd, v, fence, len(det), new_x, new_p, like, beta, real_left)
    learn_class(tracks, i, dets, det, beta, seen)


@numba.njit(cache=True)
def identify(
    world: World, tracks: Tracks, i: int, sensor: int, scan: F8, det: F8, like: F8, beta: float, fresh: float
) -> None:
    """Say how likely a track that comes back after a gap is still the same subject, in place."""
    gap = scan[T] - tracks.last[i]
    if gap > GAP_S:
        tracks.gap[i] = gap
        tracks.same[i] = p_same(tracks, i, world.place[sensor], det, like, gap) * beta / max(beta + fresh, 1e-300)


@numba.njit(cache=True)
def p_same(tracks: Tracks, i: int, place: F8, det: F8, like: F8, gap: float) -> float:
    """Return the chance that who comes back into view is who went out of it, and not somebody who hid there.

    like (M,) likelihood of the detection for each way of moving of the track; anybody else may come out anywhere that
    can be walked to in the gap.
    """
    if det[FORM] == PLACE or math.isnan(det[RANGE]):
        return 1.0 - HIDER
    mine = 0.0
    for m in range(MODES):
        mine += tracks.mu[i, m] * like[m]
    others = max(det[RANGE], 1.0) / (math.pi * (HIDER_M_S * gap) ** 2)
    if not math.isnan(det[4]):
        others *= 0.3
    return float((1.0 - HIDER) * mine / max((1.0 - HIDER) * mine + HIDER * others, 1e-300))


@numba.njit(cache=True)
def fuse(
    tracks: Tracks, i: int, pd: F8, v: float, fence: bool, count: int, new_x: F8, new_p: F8, like: F8, beta: F8,
    unseen: float,
) -> None:  # fmt: skip
    """Replace a track's state by the mixture of what each detection and none of them make of it, moment-matched."""
    mu, x, p = tracks.mu[i], tracks.x[i], tracks.p[i]
    share = np.zeros((count + 1, MODES))
    for k in range(count):
        divide(mu, pd, like[k], beta[k], share[k])
    norm = 0.0
    for m in range(MODES):
        share[count, m] = mu[m] * (1.0 if fence else 1.0 - v * pd[m])
        norm += share[count, m]
    share[count] *= unseen / max(norm, 1e-300)
    total = share.sum()
    if total <= 0.0:
        return
    norm = 0.0
    for m in range(MODES):
        own = share[:, m].sum()
        mu[m] = max(own / total, 1e-6)
        norm += mu[m]
        if own > 1e-12 * total:
            match(x[m], p[m], new_x[:, m], new_p[:, m], share[:, m], own)
    mu /= norm
    blend(x, p, mu, tracks.mean[i], tracks.cov[i])


@numba.njit(cache=True)
def divide(mu: F8, pd: F8, like: F8, beta: float, out: F8) -> None:
    """Fill out (M,): a detection's probability divided among the ways of moving."""
    norm = 0.0
    for m in range(MODES):
        out[m] = mu[m] * max(pd[m], LEAST_SEEN) * like[m]
        norm += out[m]
    for m in range(MODES):
        out[m] *= beta / max(norm, 1e-300)


@numba.njit(cache=True)
def match(x: F8, p: F8, new_x: F8, new_p: F8, share: F8, total: float) -> None:
    """Replace x (4,), p (4, 4) by the moments of new_x, new_p (K, ...), share[:K], and of themselves, share[K]."""
    count = new_x.shape[0]
    mean, cov = share[count] / total * x, share[count] / total * p
    for k in range(count):
        mean += share[k] / total * new_x[k]
    add_spread(cov, float(share[count] / total), x, mean)
    for k in range(count):
        if share[k] > 0.0:
            cov += share[k] / total * new_p[k]
            add_spread(cov, float(share[k] / total), new_x[k], mean)
    x[:] = mean
    p[:] = cov


@numba.njit(cache=True)
def add_spread(cov: F8, share: float, x: F8, mean: F8) -> None:
    """Add share (x - mean)(x - mean)' to cov (4, 4), in place."""
    for c in range(4):
        for e in range(4):
            cov[c, e] += share * (x[c] - mean[c]) * (x[e] - mean[e])


@numba.njit(cache=True)
def note(world: World, tracks: Tracks, i: int, sensor: int, scan: F8, share: float) -> None:
    """Remember that this look saw the track."""
    tracks.hits[i] += 1
    tracks.last[i] = max(tracks.last[i], scan[T])
    if world.unit[tracks.sensor[i]] != world.unit[sensor]:
        tracks.other[i] = tracks.sensor[i]
    tracks.sensor[i] = sensor
    row = tracks.traced[i] % TRACE
    tracks.trace[i, row, 0], tracks.trace[i, row, 1] = scan[T], scan[ID]
    tracks.trace[i, row, 2], tracks.trace[i, row, 3] = sensor, share
    tracks.traced[i] += 1


@numba.njit(cache=True)
def learn_class(tracks: Tracks, i: int, dets: F8, det: I8, beta: F8, seen: float) -> None:
    """Let the classes of the detections speak, in proportion."""
    if seen < 1e-4:
        return
    old = tracks.klass[i].copy()
    for c in range(4):
        tracks.klass[i, c] *= 1.0 - seen
    for k in range(len(det)):
        total = 0.0
        for c in range(4):
            total += old[c] * (OPEN_CLASS + dets[det[k], CLASS + c])
        for c in range(4):
            tracks.klass[i, c] += beta[k] * old[c] * (OPEN_CLASS + dets[det[k], CLASS + c]) / total
    total = 0.0
    for c in range(4):
        # No class is ever ruled out: what is zero once would stay zero for good.
        tracks.klass[i, c] = max(tracks.klass[i, c], 1e-3)
        total += tracks.klass[i, c]
    for c in range(4):
        tracks.klass[i, c] /= total


@numba.njit(cache=True)
def teach(
    world: World, lesson: Learned, tracks: Tracks, i: int, sensor: int, scan: F8, base: F8, shown: float, v: float,
    seen: float,
) -> None:  # fmt: skip
    """Count this look as evidence of P_d, if the track is surely there, in sight and moving."""
    sure = tracks.exist[i] * (1.0 - tracks.rock[i])
    if sure < 0.95 or shown < 0.9 or tracks.cov[i, 0, 0] + tracks.cov[i, 1, 1] > STEADY_VAR_M2:
        return
    dx, dy = tracks.mean[i, 0] - world.place[sensor, 0], tracks.mean[i, 1] - world.place[sensor, 1]
    rho = max(math.sqrt(dx * dx + dy * dy), 1.0)
    slow = world.performance[0, sensor, MIN_SPEED]
    if abs(dx * tracks.mean[i, 2] + dy * tracks.mean[i, 3]) / rho < 2.0 * slow:
        return
    q = lessons.cell_of(rho, world.performance[0, sensor, RANGE_MAX])
    looked = max(v, seen)
    for c in range(CLASSES):
        share = tracks.klass[i, c] + (tracks.klass[i, CLASSES] if c == 0 else 0.0)
        lessons.count_look(lesson.looks, world.unit[sensor], c, q, share * looked, base[c] * shown, share * seen)
