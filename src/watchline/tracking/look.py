"""One look of one sensor: who could be seen, what belongs to whom, what is believed after it, who is new.

Theory: track-oriented Poisson multi-Bernoulli filter (Williams 2015).  Each track is there with a probability; a look
that should have seen it and did not takes from that, a detection adds.  A detection that no track explains begins a
track, as likely as the undetected field and the sensor's false detections there make it.  Two hidden states keep
wrong beliefs harmless:
  * whether this sensor can see this track at all (a bush, an awning, a sleeping radar cell): misses first take from
    that, so one sensor with a wrong P_d cannot delete a subject that others hold;
  * whether the track is a rock: a warm stone that one sensor reports now and then and no other ever.  Rocks do not
    move and their own sensor sees them with ROCK_SEEN.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from watchline.domain.batches import KIND_FENCE, KIND_RADAR
from watchline.sensing import learned as lessons
from watchline.sensing.detection import MIN_SPEED, P_SLOW_RADAR, RANGE_MAX, p_detect
from watchline.tracking import clutter as false_alarms
from watchline.tracking.arrays import SEERS, TRACE, Learned, Tracks
from watchline.tracking.association import marginals_of_pairs
from watchline.tracking.field import Ground, per_m2, thin
from watchline.tracking.measurement import (
    ACROSS_M,
    AXIS,
    BEARING,
    CLASS,
    FORM,
    NUMBERS,
    PLACE,
    RANGE,
    SD_BEARING,
    SD_RANGE,
    absorb,
    numbers,
)
from watchline.tracking.motion import (
    BIRTH_MODE,
    BIRTH_SPEED_SD_M_S,
    MODES,
    STAND,
    advance,
    blend,
    survival,
)
from watchline.tracking.registration import align
from watchline.tracking.world import CLASSES, World, p_sight

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]

GATE_D2 = 30.0  # squared normalised distance over up to three numbers
OPEN_CLASS = 0.15  # added to every class of every look, so that no look is taken for certain
P_TOUCH = 0.7  # chance that the fence tells of somebody who goes through it
ROCK_SEEN = 0.3  # a rock's own sensor reports it in about every third look
ROCK_SHARE = 0.005  # of unexplained detections begin a series of false ones at one place
SEEN_AT_FIRST = 0.97  # prior that a sensor with a track in range and sight can see it
SEEN_AGAIN_S = 300.0  # how soon what hides a subject from one sensor changes
LEAST_EXIST = 1e-3  # what is less likely than this is given back to the undetected
MOST_EXIST = 0.99999
MOST_WEIGHT = 1e12
LEAST_SEEN = 0.01  # who stands just outside a sector or behind a bush may be seen after all
GAP_S = 60.0  # longer unseen than this, it is asked whether it is the same subject
STEADY_VAR_M2 = 80.0**2
# Columns of a scan row.
T, AZ0, AZ1, REACH, QUALITY, ID = range(6)


@numba.njit(cache=True)
def normal_cdf(x: float) -> float:
    return 0.5 * math.erfc(-x / 1.4142135623730951)


@numba.njit(cache=True)
def may_concern(world: World, tracks: Tracks, i: int, sensor: int, scan: F8) -> bool:
    """Return whether a track may lie in this look, with 4 sigma to spare."""
    dt = scan[T] - tracks.t[i]
    mean, cov = tracks.mean[i], tracks.cov[i]
    px, py = mean[0] + dt * mean[2], mean[1] + dt * mean[3]
    grown = max(cov[0, 0], cov[1, 1]) + dt * dt * max(cov[2, 2], cov[3, 3]) + 1.0
    spare = 4.0 * math.sqrt(grown) + 2.0 * abs(dt)
    dx, dy = px - world.place[sensor, 0], py - world.place[sensor, 1]
    if world.kind[sensor] >= KIND_FENCE:
        reach = 0.5 * scan[REACH] + 100.0
        return abs(dx) < reach and abs(dy) < reach
    reach = scan[REACH] + spare
    if abs(dx) > reach or abs(dy) > reach:
        return False
    distance = math.sqrt(dx * dx + dy * dy)
    if distance > reach:
        return False
    if scan[AZ1] - scan[AZ0] >= 2 * math.pi - 1e-6 or distance < spare:
        return True
    half = 0.5 * (scan[AZ1] - scan[AZ0])
    off = abs((math.atan2(dx, dy) - 0.5 * (scan[AZ0] + scan[AZ1]) + math.pi) % (2 * math.pi) - math.pi)
    return off <= half + min(spare / distance, 0.5)


@numba.njit(cache=True)
def move_to(tracks: Tracks, i: int, t: float) -> None:
    """Bring a track to the time of a look, never back."""
    dt = t - tracks.t[i]
    if dt <= 0.0:
        return
    advance(tracks.x[i], tracks.p[i], tracks.mu[i], dt)
    blend(tracks.x[i], tracks.p[i], tracks.mu[i], tracks.mean[i], tracks.cov[i])
    tracks.exist[i] *= survival(dt)
    tracks.t[i] = t


@numba.njit(cache=True)
def in_sector(tracks: Tracks, i: int, place: F8, scan: F8) -> float:
    """Return the chance that a track lies between the sides and inside the reach of a look."""
    dx, dy = tracks.mean[i, 0] - place[0], tracks.mean[i, 1] - place[1]
    rho = max(math.sqrt(dx * dx + dy * dy), 1.0)
    ux, uy = dx / rho, dy / rho
    cov = tracks.cov[i]
    along = max(ux * ux * cov[0, 0] + 2 * ux * uy * cov[0, 1] + uy * uy * cov[1, 1], 0.01)
    p = normal_cdf((scan[REACH] - rho) / math.sqrt(along))
    if scan[AZ1] - scan[AZ0] >= 2 * math.pi - 1e-6:
        return p
    across = max(uy * uy * cov[0, 0] - 2 * ux * uy * cov[0, 1] + ux * ux * cov[1, 1], 0.01)
    sd = math.sqrt(across) / rho
    half = 0.5 * (scan[AZ1] - scan[AZ0])
    off = (math.atan2(dx, dy) - 0.5 * (scan[AZ0] + scan[AZ1]) + math.pi) % (2 * math.pi) - math.pi
    return p * (normal_cdf((half - off) / sd) - normal_cdf((-half - off) / sd))


@numba.njit(cache=True)
def chances(world: World, lesson: Learned, tracks: Tracks, i: int, sensor: int, scan: F8, pd: F8, base: F8) -> float:
    """Fill pd (M,) P_d of each way of moving, in sector and sight, and base (CLASSES,) the prior P_d of each class.

    Return the chance of being in sector and in sight.
    """
    place, unit = world.place[sensor], world.unit[sensor]
    mean, cov = tracks.mean[i], tracks.cov[i]
    if world.kind[sensor] >= KIND_FENCE:
        for m in range(MODES):
            pd[m] = P_TOUCH
        return 1.0
    dx, dy = mean[0] - place[0], mean[1] - place[1]
    rho = max(math.sqrt(dx * dx + dy * dy), 1.0)
    inside = in_sector(tracks, i, place, scan)
    if inside < 1e-3:
        pd[:] = 0.0
        return 0.0
    shown = inside * p_sight(world, sensor, mean[0], mean[1], cov[0, 0], cov[0, 1], cov[1, 1])
    p, slow = 0.0, world.performance[0, sensor, MIN_SPEED]
    for c in range(CLASSES):
        row = world.performance[c, sensor]
        base[c] = p_detect(row, min(rho, row[RANGE_MAX]), scan[QUALITY], slow + 1.0)
        share = tracks.klass[i, c] + (tracks.klass[i, CLASSES] if c == 0 else 0.0)
        p += share * lessons.p_corrected(base[c], lesson.shift[unit, c, lessons.cell_of(rho, row[RANGE_MAX])])
    for m in range(MODES):
        moves = 1.0
        if world.kind[sensor] == KIND_RADAR and slow > 0.0:
            x, q = tracks.x[i, m], tracks.p[i, m]
            rate = (dx * x[2] + dy * x[3]) / rho
            var = (dx * dx * q[2, 2] + 2 * dx * dy * q[2, 3] + dy * dy * q[3, 3]) / rho**2
            sd = math.sqrt(max(var, 1e-4))
            moves = 1.0 - normal_cdf((slow - rate) / sd) + normal_cdf((-slow - rate) / sd)
        pd[m] = shown * (moves * p + (1.0 - moves) * min(p, P_SLOW_RADAR))
    return shown


@numba.njit(cache=True)
def seer_of(tracks: Tracks, i: int, unit: int, t: float) -> int:
    """Return the row of a unit among those that a track remembers, brought to time t; the stalest gives way."""
    stalest = 0
    for k in range(SEERS):
        if tracks.seer[i, k] == unit:
            stay = math.exp(-max(t - tracks.seer_t[i, k], 0.0) / SEEN_AGAIN_S)
            tracks.seer_p[i, k] = SEEN_AT_FIRST + (tracks.seer_p[i, k] - SEEN_AT_FIRST) * stay
            tracks.seer_t[i, k] = max(t, tracks.seer_t[i, k])
            return k
        if tracks.seer[i, k] < 0:
            if tracks.seer[i, stalest] >= 0:
                stalest = k
        elif tracks.seer[i, stalest] >= 0 and tracks.seer_t[i, k] < tracks.seer_t[i, stalest]:
            stalest = k
    tracks.seer[i, stalest], tracks.seer_p[i, stalest], tracks.seer_t[i, stalest] = unit, SEEN_AT_FIRST, t
    tracks.seer_hits[i, stalest], tracks.seer_looks[i, stalest] = 0.0, 0.0
    return stalest


@numba.njit(cache=True)
def near_enough(tracks: Tracks, i: int, place: F8, det: F8) -> bool:
    """Return whether a detection may belong to a track, roughly and never too strictly."""
    mean, cov = tracks.mean[i], tracks.cov[i]
    spare = 6.0 * math.sqrt(max(cov[0, 0], cov[1, 1])) + 15.0
    if det[FORM] == PLACE:
        reach = spare + 6.0 * det[SD_BEARING]
        return abs(det[BEARING] - mean[0]) < reach and abs(det[RANGE] - mean[1]) < reach
    dx, dy = mean[0] - place[0], mean[1] - place[1]
    rho = max(math.sqrt(dx * dx + dy * dy), 1.0)
    off = abs((det[BEARING] - math.atan2(dx, dy) + math.pi) % (2 * math.pi) - math.pi)
    if off * rho > spare + 6.0 * det[SD_BEARING] * rho and rho > spare:
        return False
    return math.isnan(det[RANGE]) or abs(det[RANGE] - rho) < spare + 8.0 * det[SD_RANGE] + 0.05 * rho


@numba.njit(cache=True)
def class_gain(klass: F8, det: F8) -> float:
    """Return how much better a detection's class fits a track than it fits anything."""
    total = 0.0
    for c in range(4):
        total += klass[c] * (det[CLASS + c] + OPEN_CLASS)
    return total / (0.25 + OPEN_CLASS)


@numba.njit(cache=True)
def all_pairs(
    world: World, lesson: Learned, tracks: Tracks, near: I8, count: int, sensor: int, dets: F8, pair_track: I8,
    pair_det: I8, pair_x: F8, pair_p: F8, pair_l: F8,
) -> int:  # fmt: skip
    """Fill every pair of a track in view and a detection inside the gate, with the update it would make.

    pair_x (P, M, 4), pair_p (P, M, 4, 4), pair_l (P, M) likelihoods.
    """
    nu, h, r = np.empty(NUMBERS), np.zeros((NUMBERS, 4)), np.empty(NUMBERS)
    place, unit = world.place[sensor], world.unit[sensor]
    n = 0
    for a in range(count):
        i = near[a]
        for j in range(dets.shape[0]):
            if n >= pair_track.shape[0] or not near_enough(tracks, i, place, dets[j]):
                continue
            least = np.inf
            for m in range(MODES):
                k = numbers(tracks.x[i, m], place, dets[j], lesson.bias[unit], lesson.bias_var[unit], nu, h, r)
                log_l, d2 = absorb(tracks.x[i, m], tracks.p[i, m], k, nu, h, r, pair_x[n, m], pair_p[n, m])
                if dets[j, FORM] == PLACE:
                    # Only who is at the fence can shake it; how far across is no measurement.
                    log_l += math.log(math.sqrt(2 * math.pi) * ACROSS_M)
                pair_l[n, m] = math.exp(log_l) if d2 < GATE_D2 else 0.0
                least = min(least, d2)
            if least < GATE_D2:
                pair_track[n], pair_det[n] = a, j
                n += 1
    return n


@numba.njit(cache=True)
def behind(
    world: World, lesson: Learned, ground: Ground, amount: F8, sensor: int, dets: F8, expected: float, back: F8,
    real: F8,
) -> None:
    """Fill back (D,), the density of false detections and of new subjects at each detection, and real (D,) its share
    that is a new subject."""
    unit, place = world.unit[sensor], world.place[sensor]
    row = world.performance[0, sensor]
    for j in range(dets.shape[0]):
        det = dets[j]
        if det[FORM] == PLACE:
            false = false_alarms.FALSE_PER_M_S
            new = per_m2(ground, amount, det[BEARING], det[RANGE]) * P_TOUCH * math.sqrt(2 * math.pi) * ACROSS_M
        else:
            a, q = false_alarms.cell_of(det[BEARING], det[RANGE], row[RANGE_MAX])
            false = false_alarms.density(lesson.clutter, unit, a, q, expected, row[RANGE_MAX])
            if math.isnan(det[RANGE]):
                back[j], real[j] = max(false, 1e-12) * row[RANGE_MAX], 0.0
                continue
            new = 0.0
            for k in range(-1, 2):
                rho = max(det[RANGE] + 1.2 * k * det[SD_RANGE], 1.0)
                x, y = place[0] + rho * math.sin(det[BEARING]), place[1] + rho * math.cos(det[BEARING])
                shift = lesson.shift[unit, 0, lessons.cell_of(rho, row[RANGE_MAX])]
                p = lessons.p_corrected(p_detect(row, min(rho, row[RANGE_MAX]), np.nan, 1.0), shift)
                new += per_m2(ground, amount, x, y) * rho * max(p, 0.02) / 3.0
            if not math.isnan(det[4]):
                # Both densities are per m/s as well: what anything may have as radial speed, evenly within 10 m/s.
                false *= 0.1
                new *= 0.1
        back[j] = false + new
        real[j] = new / max(back[j], 1e-300)


@numba.njit(cache=True)
def one_look(
    world: World, ground: Ground, tracks: Tracks, n: int, lesson: Learned, amount: F8, tally: F8, sensor: int,
    scan: F8, dets: F8, keys: I8,
) -> int:  # fmt: skip
    """Use one scan: tracks 0..n-1 in place, new ones appended; return how many there are then."""
    count = dets.shape[0]
    fence = world.kind[sensor] >= KIND_FENCE
    if fence and count == 0:
        return n  # a fence that stays silent says nothing of who is not touching it
    near, m = np.empty(n, np.int64), 0
    for i in range(n):
        if may_concern(world, tracks, i, sensor, scan):
            move_to(tracks, i, scan[T])
            near[m] = i
            m += 1
    unit = world.unit[sensor]
    pd, base, shown = np.zeros((m, MODES)), np.zeros((m, CLASSES)), np.zeros(m)
    seer = np.empty(m, np.int64)
    for a in range(m):
        shown[a] = chances(world, lesson, tracks, near[a], sensor, scan, pd[a], base[a])
        seer[a] = seer_of(tracks, near[a], unit, scan[T])
    room = min(m * count, 40 * (m + count))
    pair_track, pair_det = np.empty(room, np.int64), np.empty(room, np.int64)
    pair_x, pair_p, pair_l = np.empty((room, MODES, 4)), np.empty((room, MODES, 4, 4)), np.empty((room, MODES))
    pairs = all_pairs(world, lesson, tracks, near, m, sensor, dets, pair_track, pair_det, pair_x, pair_p, pair_l)
    width = scan[AZ1] - scan[AZ0]
    expected = 0.0 if fence else world.false_look[sensor] / max(width * scan[REACH], 1e-6)
    back, real = np.empty(count), np.empty(count)
    behind(world, lesson, ground, amount, sensor, dets, expected, back, real)
    weight, as_real, as_rock, away = np.empty(pairs), np.empty(pairs), np.empty(pairs), np.empty(m)
    for a in range(m):
        away[a] = p_unseen(tracks, near[a], seer[a], pd[a], sensor, shown[a], fence)
    for k in range(pairs):
        a, j = pair_track[k], pair_det[k]
        i = near[a]
        as_real[k], as_rock[k] = likelihoods(tracks, i, seer[a], pd[a], pair_l[k], sensor)
        gain = class_gain(tracks.klass[i], dets[j])
        as_real[k] *= gain
        as_rock[k] *= gain
        left = max(1.0 - tracks.exist[i] + tracks.exist[i] * away[a], 1e-6)
        weight[k] = min(tracks.exist[i] * (as_real[k] + as_rock[k]) / (back[j] * left), MOST_WEIGHT)
    beta, none, new = np.empty(pairs), np.empty(m), np.empty(count)
    marginals_of_pairs(pairs, pair_track, pair_det, weight, m, count, beta, none, new)
    fresh = new * real
    k = 0
    for a in range(m):
        end = k
        while end < pairs and pair_track[end] == a:
            end += 1
        settle(
            world, lesson, tracks, near[a], seer[a], sensor, scan, dets, pd[a], base[a], shown[a], away[a], fence,
            pair_det[k:end], pair_x[k:end], pair_p[k:end], pair_l[k:end], as_real[k:end], as_rock[k:end],
            beta[k:end], none[a], fresh,
        )  # fmt: skip
        k = end
    for j in range(count):
        n = begin(world, tracks, n, sensor, scan, dets[j], new[j], real[j], keys[j])
    if not fence:
        learn_clutter(world, lesson, sensor, scan, dets, new, real)
        thin(ground, amount, tally, world, lesson.shift, sensor, scan, lesson.clock[2])
    return n


@numba.njit(cache=True)
def p_rock_seen(tracks: Tracks, i: int, sensor: int, shown: float) -> float:
    """Return the chance that a rock is reported: only by the sensor that began it."""
    return ROCK_SEEN * shown if tracks.sensor[i] == sensor and tracks.other[i] < 0 else 0.0


@numba.njit(cache=True)
def p_unseen(tracks: Tracks, i: int, seer: int, pd: F8, sensor: int, shown: float, fence: bool) -> float:
    """Return the chance that this look says nothing of a track that is there."""
    if fence:
        return 1.0
    mean = 0.0
    for m in range(MODES):
        mean += tracks.mu[i, m] * pd[m]
    rock = tracks.rock[i]
    return 1.0 - (1.0 - rock) * tracks.seer_p[i, seer] * mean - rock * p_rock_seen(tracks, i, sensor, shown)


@numba.njit(cache=True)
def likelihoods(tracks: Tracks, i: int, seer: int, pd: F8, like: F8, sensor: int) -> tuple[float, float]:
    """Return the likelihood of a detection if the track is a subject and if it is a rock, each with its share."""
    real = 0.0
    for m in range(MODES):
        real += tracks.mu[i, m] * max(pd[m], LEAST_SEEN) * like[m]
    rock = tracks.rock[i]
    return (1.0 - rock) * tracks.seer_p[i, seer] * real, rock * p_rock_seen(tracks, i, sensor, 1.0) * like[STAND]


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
    rock_left = left * rock * (1.0 - p_rock_seen(tracks, i, sensor, shown)) / max(away, 1e-12)
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
    if seen > 1e-4 or mean > 1e-4:
        fuse(tracks, i, pd, v, fence, len(det), new_x, new_p, like, beta, real_left)
    if seen > 0.5:
        gap = scan[T] - tracks.last[i]
        if gap > GAP_S:
            tracks.gap[i], tracks.same[i] = gap, beta[best] / max(beta[best] + fresh[det[best]], 1e-300)
        note(tracks, i, sensor, scan, beta[best])
    learn_class(tracks, i, dets, det, beta, seen)


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
    """Replace x (4,), p (4, 4) by the moments of new_x, new_p (K, ...) with share[:K] and of themselves with the last."""
    count = new_x.shape[0]
    mean, cov = share[count] / total * x, share[count] / total * p
    for k in range(count):
        mean += share[k] / total * new_x[k]
    add_spread(cov, share[count] / total, x, mean)
    for k in range(count):
        if share[k] > 0.0:
            cov += share[k] / total * new_p[k]
            add_spread(cov, share[k] / total, new_x[k], mean)
    x[:] = mean
    p[:] = cov


@numba.njit(cache=True)
def add_spread(cov: F8, share: float, x: F8, mean: F8) -> None:
    """Add share (x - mean)(x - mean)' to cov (4, 4), in place."""
    for c in range(4):
        for e in range(4):
            cov[c, e] += share * (x[c] - mean[c]) * (x[e] - mean[e])


@numba.njit(cache=True)
def note(tracks: Tracks, i: int, sensor: int, scan: F8, share: float) -> None:
    """Remember that this look saw the track."""
    tracks.hits[i] += 1
    tracks.last[i] = max(tracks.last[i], scan[T])
    if tracks.sensor[i] != sensor:
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


@numba.njit(cache=True)
def begin(
    world: World, tracks: Tracks, n: int, sensor: int, scan: F8, det: F8, new: float, real: float, key: int
) -> int:
    """Begin a track from what no track explains of a detection; return how many tracks there are then."""
    subject, rock = new * real, new * (1.0 - real) * ROCK_SHARE
    exist = subject + rock
    if exist < LEAST_EXIST or n >= tracks.t.shape[0] or math.isnan(det[RANGE]):
        return n
    place = world.place[sensor]
    if det[FORM] == PLACE:
        u, v = math.sin(det[AXIS]), math.cos(det[AXIS])
        x, y = det[BEARING], det[RANGE]
        along, across = det[SD_BEARING] ** 2, ACROSS_M**2
    else:
        u, v = math.sin(det[BEARING]), math.cos(det[BEARING])
        x, y = place[0] + det[RANGE] * u, place[1] + det[RANGE] * v
        along, across = det[SD_RANGE] ** 2, (det[RANGE] * det[SD_BEARING]) ** 2 + 0.25
    tracks.key[n], tracks.t[n], tracks.first[n], tracks.last[n] = key, scan[T], scan[T], scan[T]
    tracks.exist[n], tracks.rock[n] = exist, rock / exist
    for m in range(MODES):
        tracks.mu[n, m] = BIRTH_MODE[m]
        tracks.x[n, m] = 0.0
        tracks.x[n, m, 0], tracks.x[n, m, 1] = x, y
        p = tracks.p[n, m]
        p[:] = 0.0
        p[0, 0] = along * u * u + across * v * v
        p[0, 1] = (along - across) * u * v
        p[1, 0] = p[0, 1]
        p[1, 1] = along * v * v + across * u * u
        p[2, 2] = p[3, 3] = BIRTH_SPEED_SD_M_S[m] ** 2
        if det[FORM] != PLACE and not math.isnan(det[4]):
            # A radar's radial speed is known from the first look on.
            var = p[2, 2]
            s = var + det[5] ** 2 + 0.0225
            tracks.x[n, m, 2], tracks.x[n, m, 3] = var / s * det[4] * u, var / s * det[4] * v
            less = var * var / s
            p[2, 2] -= less * u * u
            p[2, 3] = p[3, 2] = -less * u * v
            p[3, 3] -= less * v * v
            tracks.mu[n, m] *= math.exp(-0.5 * det[4] ** 2 / s) / math.sqrt(s)
    total = tracks.mu[n].sum()
    for m in range(MODES):
        tracks.mu[n, m] /= total
    blend(tracks.x[n], tracks.p[n], tracks.mu[n], tracks.mean[n], tracks.cov[n])
    total = 0.0
    for c in range(4):
        total += det[CLASS + c] + OPEN_CLASS
    for c in range(4):
        tracks.klass[n, c] = (det[CLASS + c] + OPEN_CLASS) / total
    tracks.hits[n], tracks.sensor[n], tracks.other[n] = 0, sensor, -1
    tracks.seer[n], tracks.traced[n] = -1, 0
    tracks.shown[n], tracks.shown_s[n] = 0, np.nan
    tracks.gap[n], tracks.same[n] = 0.0, 1.0
    seer = seer_of(tracks, n, world.unit[sensor], scan[T])
    tracks.seer_p[n, seer], tracks.seer_hits[n, seer] = 1.0, 1.0
    note(tracks, n, sensor, scan, 1.0)
    return n + 1


@numba.njit(cache=True)
def learn_clutter(world: World, lesson: Learned, sensor: int, scan: F8, dets: F8, new: F8, real: F8) -> None:
    """Count this look and the false detections in it."""
    unit, reach = world.unit[sensor], world.performance[0, sensor, RANGE_MAX]
    false_alarms.count_look(lesson.clutter, unit, scan[AZ0] % (2 * math.pi), scan[AZ1] - scan[AZ0])
    for j in range(dets.shape[0]):
        if math.isnan(dets[j, RANGE]):
            continue
        a, q = false_alarms.cell_of(dets[j, BEARING], dets[j, RANGE], reach)
        lesson.clutter[false_alarms.FALSE, unit, a, q] += new[j] * (1.0 - real[j])
