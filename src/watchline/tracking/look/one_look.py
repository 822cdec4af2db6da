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

import numpy as np
from numpy.typing import NDArray

from watchline.domain.batches import KIND_FENCE
from watchline.sensing.detection import RANGE_MAX
from watchline.tracking.compiled import compiled
from watchline.tracking.hidden.cloud import FREE
from watchline.tracking.look.association import associate, deal
from watchline.tracking.look.pairing import OPEN_CLASS, all_pairs, behind, p_unseen, weigh
from watchline.tracking.look.scratch import Scratch
from watchline.tracking.look.seeing import (
    beside,
    chances,
    chances_out,
    go_home,
    locate,
    may_concern,
    seer_of,
    sides_of,
    walk_to,
    within,
)
from watchline.tracking.look.settling import note, settle
from watchline.tracking.sensors import clutter as false_alarms
from watchline.tracking.sensors.world import AZ0, AZ1, REACH, T, World
from watchline.tracking.track.measurement import (
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
from watchline.tracking.track.motion import BIRTH_MODE, BIRTH_SPEED_SD_M_S, MODES, age, blend, move_to
from watchline.tracking.track.rows import Row
from watchline.tracking.undetected.field import Ground, thin

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]
Rows = NDArray[np.void]

ROCK_SHARE = 0.005  # of unexplained detections begin a series of false ones at one place
LEAST_EXIST = 1e-3  # what is less likely than this is given back to the undetected
LONGEST_S = 5.0  # a track that no detection has come near is brought along after this at the latest
AGAIN_S = 6.0  # errors of bearings are alike by 0.6 after 1.6 s (cameras on a ship): news comes every 2 tau = 6 s
TIDY_S = 1.0  # how often tracks are tidied: until then they stay about at home


@compiled
def one_look(
    world: World, ground: Ground, tracks: Rows, n: int, near: I4, clouds: Rows, units: Rows, room: Scratch,
    amount: F8, unseen: F4, sensor: int, scan: F8, dets: F8, keys: I8,
) -> int:  # fmt: skip
    """Use one scan: tracks 0..n-1 in place, new ones appended; return how many there are then.

    near: rows that may concern this sensor, in order.
    """
    eye, count = world.eyes[sensor], dets.shape[0]
    own = units[eye.unit]
    fence = eye.kind >= KIND_FENCE
    if fence and count == 0:
        return n  # a fence that stays silent says nothing of who is not touching it
    if not fence and says_it_again(own, scan[T], dets):
        return n
    m = in_view(world, tracks, near, clouds, own, room, sensor, scan)
    pairs, some, views, found = room.pairs, 0, room.views, room.found
    if count > 0:
        some = all_pairs(eye, own, tracks, clouds, room, m, dets, scan[T])
        width = scan[AZ1] - scan[AZ0]
        expected = 0.0 if fence else eye.false_look / max(width * scan[REACH], 1e-6)
        behind(eye, own, ground, amount, unseen, dets, expected, found)
        for k in range(some):
            view = views[pairs[k].of]
            weigh(tracks[view.row], view, pairs[k], dets[pairs[k].det], found[pairs[k].det].back)
        associate(pairs, some, views, m, found, count)
        deal(pairs, some, views, m, found, count)
    k = 0
    for a in range(m):
        end = k
        while end < some and pairs[end].of == a:
            end += 1
        view = views[a]
        settle(world, units, clouds, tracks[view.row], view, room, pairs, k, end, sensor, scan, dets)
        k = end
    if count > 0:
        n = begin_all(world, tracks, n, room.blank[0], sensor, scan, dets, found, keys)
    if not fence:
        learn_clutter(eye, own, scan, dets, found)
        thin(unseen[sensor], eye, own, scan)
    return n


@compiled
def says_it_again(own: Row, t: float, dets: F8) -> bool:
    """Return whether a look of a unit that tells bearings only follows too soon on the last that was used.

    Such cameras look many times a second, and what they get wrong, or do not see, is the same for seconds.
    """
    if dets.shape[0] > 0 and not math.isnan(dets[0, RANGE]):
        own.bears_s = -np.inf
    elif dets.shape[0] > 0 or own.bears_s > -np.inf:
        if t - own.bears_s < AGAIN_S:
            return True
        own.bears_s = t
    return False


@compiled
def in_view(
    world: World, tracks: Rows, near: I4, clouds: Rows, own: Row, room: Scratch, sensor: int, scan: F8
) -> int:
    """Fill room's views with the tracks this look concerns, as they are by its time; return how many.

    A track itself is brought there by the first detection near it: most looks see nobody, and cost little.
    """
    eye, m, home, sides = world.eyes[sensor], 0, room.home, room.sides
    fence = eye.kind >= KIND_FENCE
    sides_of(scan, sides)
    for k in range(near.shape[0]):
        row = near[k]
        dx, dy, around = home[row, 0] - eye.place[0], home[row, 1] - eye.place[1], home[row, 2]
        if beside(dx, dy, around, sides) or not within(dx, dy, around, scan[REACH]):
            continue
        track = tracks[row]
        if not may_concern(eye, track, scan, sides):
            continue
        if track.cloud >= 0:
            walk_to(world, track, clouds[track.cloud], scan[T])
        elif scan[T] - track.t > LONGEST_S:
            move_to(track, scan[T], room.work[0])
        age(track, scan[T])
        view = room.views[m]
        view.row = row
        locate(eye, track, view, scan[T])
        if track.cloud >= 0:
            chances_out(world, eye, own, track, clouds[track.cloud], view, scan)
        else:
            chances(world, eye, own, track, view, scan)
        view.seer = seer_of(track, eye.unit, scan[T])
        view.alone = world.eyes[track.sensor].unit == eye.unit and track.other < 0
        view.away = p_unseen(track, view, fence)
        view.none, view.shared = 1.0, 0.0
        m += 1
    return m


@compiled
def begin_all(
    world: World, tracks: Rows, n: int, blank: Row, sensor: int, scan: F8, dets: F8, found: Rows, keys: I8
) -> int:
    """Begin a track from each detection as far as no track explains it; return how many tracks there are then."""
    before = n
    for j in range(dets.shape[0]):
        n = begin(world, tracks, n, blank, sensor, scan, dets[j], found[j], keys[j])
    for i in range(before, n):
        go_home(tracks[i], scan[T], TIDY_S)
    return n


@compiled
def begin(
    world: World, tracks: Rows, n: int, blank: Row, sensor: int, scan: F8, det: F8, found: Row, key: int
) -> int:
    """Begin a track from what no track explains of a detection; return how many tracks there are then."""
    subject, rock = found.new * found.real, found.new * (1.0 - found.real) * ROCK_SHARE
    exist = subject + rock
    if exist < LEAST_EXIST or n >= tracks.shape[0] or math.isnan(det[RANGE]):
        return n
    tracks[n] = blank
    eye, track = world.eyes[sensor], tracks[n]
    if det[FORM] == PLACE:
        u, v = math.sin(det[AXIS]), math.cos(det[AXIS])
        x, y = det[BEARING], det[RANGE]
        along, across = det[SD_BEARING] ** 2, ACROSS_M**2
    else:
        u, v = math.sin(det[BEARING]), math.cos(det[BEARING])
        x, y = eye.place[0] + det[RANGE] * u, eye.place[1] + det[RANGE] * v
        along, across = det[SD_RANGE] ** 2, (det[RANGE] * det[SD_BEARING]) ** 2 + 0.25
    track.key, track.t, track.first, track.last = key, scan[T], scan[T], scan[T]
    track.exist, track.exist_t, track.rock = exist, scan[T], rock / exist
    for m in range(MODES):
        stand(track, m, x, y, u, v, along, across)
        if det[FORM] != PLACE and not math.isnan(det[4]):
            heed_rate(track, m, u, v, det[4], det[5])
    total = 0.0
    for m in range(MODES):
        total += track.mu[m]
    for m in range(MODES):
        track.mu[m] /= total
    blend(track)
    total = 0.0
    for c in range(4):
        total += det[CLASS + c] + OPEN_CLASS
    for c in range(4):
        track.klass[c] = (det[CLASS + c] + OPEN_CLASS) / total
    track.hits, track.sensor, track.other, track.traced, track.mixed = 0, sensor, -1, 0, 0.0
    track.seer[:] = -1
    track.cloud = FREE
    track.shown, track.shown_s, track.gap, track.same = 0, np.nan, 0.0, 1.0
    seer = seer_of(track, eye.unit, scan[T])
    track.seer_p[seer], track.seer_hits[seer] = 1.0, 1.0
    note(world, track, sensor, scan, 1.0)
    return n + 1


@compiled
def stand(track: Row, m: int, x: float, y: float, u: float, v: float, along: float, across: float) -> None:
    """Begin model m at a place with variances along and across (u, v), its speed open, in place."""
    track.mu[m] = BIRTH_MODE[m]
    track.x[m, 0], track.x[m, 1], track.x[m, 2], track.x[m, 3] = x, y, 0.0, 0.0
    p = track.p
    p[m] = 0.0
    p[m, 0, 0] = along * u * u + across * v * v
    p[m, 0, 1] = p[m, 1, 0] = (along - across) * u * v
    p[m, 1, 1] = along * v * v + across * u * u
    p[m, 2, 2] = p[m, 3, 3] = BIRTH_SPEED_SD_M_S[m] ** 2


@compiled
def heed_rate(track: Row, m: int, u: float, v: float, rate: float, sd: float) -> None:
    """Let model m take in a radial speed along (u, v): a radar's is known from the first look on; in place."""
    p = track.p
    var = p[m, 2, 2]
    s = var + sd**2 + 0.0225
    track.x[m, 2], track.x[m, 3] = var / s * rate * u, var / s * rate * v
    less = var * var / s
    p[m, 2, 2] -= less * u * u
    p[m, 2, 3] = p[m, 3, 2] = -less * u * v
    p[m, 3, 3] -= less * v * v
    track.mu[m] *= math.exp(-0.5 * rate**2 / s) / math.sqrt(s)


@compiled
def learn_clutter(eye: Row, own: Row, scan: F8, dets: F8, found: Rows) -> None:
    """Count this look and the false detections in it."""
    reach = eye.performance[0, RANGE_MAX]
    false_alarms.count_look(own.turns, scan[AZ0], scan[AZ1] - scan[AZ0])
    for j in range(dets.shape[0]):
        if not math.isnan(dets[j, RANGE]):
            a, q = false_alarms.cell_of(dets[j, BEARING], dets[j, RANGE], reach)
            own.false[a, q] += found[j].new * (1.0 - found[j].real)
