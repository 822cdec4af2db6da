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

from watchline.domain.batches import KIND_FENCE
from watchline.sensing.detection import RANGE_MAX
from watchline.tracking import clutter as false_alarms
from watchline.tracking.arrays import Learned, Tracks
from watchline.tracking.association import marginals_of_pairs
from watchline.tracking.field import Ground, thin
from watchline.tracking.measurement import (
    ACROSS_M,
    AXIS,
    BEARING,
    CLASS,
    FORM,
    PLACE,
    RANGE,
    SD_BEARING,
    SD_RANGE,
)
from watchline.tracking.motion import (
    BIRTH_MODE,
    BIRTH_SPEED_SD_M_S,
    MODES,
    blend,
)
from watchline.tracking.pairing import OPEN_CLASS, all_pairs, behind, class_gain, likelihoods, p_unseen
from watchline.tracking.seeing import chances, may_concern, move_to, seer_of
from watchline.tracking.settling import note, settle
from watchline.tracking.world import AZ0, AZ1, CLASSES, REACH, T, World

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]

ROCK_SHARE = 0.005  # of unexplained detections begin a series of false ones at one place
LEAST_EXIST = 1e-3  # what is less likely than this is given back to the undetected
MOST_WEIGHT = 1e12


@numba.njit(cache=True)
def weigh(
    world: World, tracks: Tracks, near: I8, count: int, seer: I8, pd: F8, sensor: int, shown: F8, fence: bool, dets:
    F8, pairs: int, pair_track: I8, pair_det: I8, pair_l: F8, back: F8, weight: F8, as_real: F8, as_rock: F8, away:
    F8,
) -> None:  # fmt: skip
    """Fill the likelihood ratio of every pair, its parts as a subject and as a rock, and away: chances of no sign."""
    for a in range(count):
        away[a] = p_unseen(world, tracks, near[a], seer[a], pd[a], sensor, shown[a], fence)
    for k in range(pairs):
        a, j = pair_track[k], pair_det[k]
        i = near[a]
        gain = class_gain(tracks.klass[i], dets[j])
        as_real[k], as_rock[k] = likelihoods(world, tracks, i, seer[a], pd[a], pair_l[k], sensor)
        as_real[k] *= gain
        as_rock[k] *= gain
        left = max(1.0 - tracks.exist[i] + tracks.exist[i] * away[a], 1e-6)
        weight[k] = min(tracks.exist[i] * (as_real[k] + as_rock[k]) / (back[j] * left), MOST_WEIGHT)


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
    weigh(
        world, tracks, near, m, seer, pd, sensor, shown, fence, dets, pairs, pair_track, pair_det, pair_l, back,
        weight, as_real, as_rock, away,
    )  # fmt: skip
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
    note(world, tracks, n, sensor, scan, 1.0)
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
