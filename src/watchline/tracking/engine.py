"""The compiled loop: scans in order of time, tidying as time goes by; see `look/` for one scan.

Rules: what happens depends on the scans and their order of time only, never on how they were cut into steps.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from watchline.domain.batches import KIND_FENCE
from watchline.sensing import learned as lessons
from watchline.sensing.detection import RANGE_MAX
from watchline.tracking.compiled import compiled
from watchline.tracking.hidden.cloud import CLOUD_S, FREE, become, moments
from watchline.tracking.look.one_look import LEAST_EXIST, TIDY_S, one_look
from watchline.tracking.look.scratch import Scratch
from watchline.tracking.look.seeing import LEAST_REACH_M, SEEN_AT_FIRST, go_home, within
from watchline.tracking.sensors import clutter as false_alarms
from watchline.tracking.sensors.world import REACH, T, World
from watchline.tracking.track.motion import LIFETIME_S
from watchline.tracking.track.rows import LOST_KEPT, Row
from watchline.tracking.undetected.field import EXPECTED, SHOWN, Ground, give_back, spread, tell

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]
Rows = NDArray[np.void]

NEXT_TIDY, LAST_SPREAD, SCALE = range(3)  # of a clock; SCALE: of the undetected field
SPREAD_S = 10.0  # how often the undetected move and the corrections of P_d are made anew
SHOW = 0.5  # a subject likelier than this is shown ...
HIDE = 0.08  # ... until it is less likely than this: one turn without a sign hides nobody
SHOW_HITS = 2
SHOW_SD_M = 150.0  # and nobody whose place is less sure than this is said to be anywhere
HIDDEN_SD_M = 60.0  # ... who is out of sight is where the ground lets them be, or nowhere
SCALE_WEIGHT = 3.0  # subjects that the expected density is worth
LOST_S = 330.0  # a track that no sensor has touched for this long is lost contact
LOST_SD_M = 500.0  # so is one whose place is not known to better than this
NOT_THERE, FALSE_SOURCE, PLACE_UNKNOWN, NEVER = range(4)


@compiled
def run(
    world: World, ground: Ground, tracks: Rows, n: int, units: Rows, clock: F8, clouds: Rows, lost: Rows, ever: I8,
    amount: F8, unseen: F4, tally: F8, passed: F8, begin: int, sensors: I4, scans: F8, first: I8, dets: F8, keys: I8,
    room: Scratch,
) -> tuple[int, int]:  # fmt: skip
    """Use every scan from begin on in turn, in place; new tracks are appended.

    scans (K, 6) in order of time, sensors (K,), first (K + 1,) the first row of dets of each; keys (D,).  Return the
    number of tracks, and the scan before which it stopped for want of room for pairs, K if there was enough.
    """
    who_looks(world, sensors, scans, first, room)
    all_near(world, tracks, n, room)
    for k in range(begin, scans.shape[0]):
        t, s = scans[k, T], sensors[k]
        if not t < clock[NEXT_TIDY]:
            n = up_to(
                world, ground, tracks, n, units, clock, clouds, lost, ever, amount, unseen, tally, passed, t, room
            )
            all_near(world, tracks, n, room)
        if room.kept[s] * (first[k + 1] - first[k]) > room.pairs.shape[0]:
            return n, k
        before = n
        n = one_look(
            world, ground, tracks, n, room.near[s, : room.kept[s]], clouds, units, room, amount, unseen, s, scans[k],
            dets[first[k] : first[k + 1]], keys[first[k] : first[k + 1]],
        )  # fmt: skip
        for i in range(before, n):
            is_near(world, room, i, tracks[i])
    return n, scans.shape[0]


@compiled
def who_looks(world: World, sensors: I4, scans: F8, first: I8, room: Scratch) -> None:
    """Fill room's reach of each sensor that has something to say, and which sensors those are, from west to east."""
    room.reach[:], room.farthest[0] = -1.0, LEAST_REACH_M
    for k in range(scans.shape[0]):
        s = sensors[k]
        if world.eyes[s].kind >= KIND_FENCE and first[k] == first[k + 1]:
            continue  # see `one_look`
        room.reach[s] = max(room.reach[s], scans[k, REACH], world.eyes[s].performance[0, RANGE_MAX])
        room.farthest[0] = max(room.farthest[0], room.reach[s])
    n = 0
    for s in world.by_east:
        if room.reach[s] >= 0.0:
            room.active[n] = s
            n += 1
    room.looking[0] = n


@compiled
def all_near(world: World, tracks: Rows, n: int, room: Scratch) -> None:
    """Fill room's homes of the tracks, and which of them may concern each sensor until the next tidying."""
    room.kept[:] = 0
    for i in range(n):
        is_near(world, room, i, tracks[i])


@compiled
def is_near(world: World, room: Scratch, i: int, track: Row) -> None:
    """Note a track's home in its row, and the row with the sensors that it may concern."""
    x, y, around = track.home[0], track.home[1], track.home[2]
    room.home[i, 0], room.home[i, 1], room.home[i, 2] = x, y, around
    active, low, high = room.active, 0, room.looking[0]
    west = x - around - room.farthest[0]
    while low < high:
        middle = (low + high) // 2
        if world.eyes[active[middle]].place[0] < west:
            low = middle + 1
        else:
            high = middle
    east = 2.0 * x - west
    for a in range(low, room.looking[0]):
        s = active[a]
        place = world.eyes[s].place
        if place[0] > east:
            break
        if within(x - place[0], y - place[1], around, room.reach[s]):
            room.near[s, room.kept[s]] = i
            room.kept[s] += 1


@compiled
def up_to(
    world: World, ground: Ground, tracks: Rows, n: int, units: Rows, clock: F8, clouds: Rows, lost: Rows, ever: I8,
    amount: F8, unseen: F4, tally: F8, passed: F8, t: float, room: Scratch,
) -> int:  # fmt: skip
    """Tidy as is due at time t; return the number of tracks."""
    if not clock[NEXT_TIDY] > -np.inf:
        clock[LAST_SPREAD] = math.floor(t / SPREAD_S) * SPREAD_S
        clock[SCALE] = 1.0
    # After a silence one tidying does for all that were due.
    clock[NEXT_TIDY] = math.floor(t / TIDY_S) * TIDY_S
    n = tidy(ground, tracks, n, clouds, lost, ever, amount, tally, clock[NEXT_TIDY])
    clock[NEXT_TIDY] += TIDY_S
    if t >= clock[LAST_SPREAD] + SPREAD_S:
        now = math.floor(t / SPREAD_S) * SPREAD_S
        dt, clock[LAST_SPREAD] = now - clock[LAST_SPREAD], now
        total = tell(ground, amount, unseen, tally, clock[SCALE], room.before)
        by = rescale(clock, tally) if ground.flow.shape[0] == 0 else 1.0
        spread(ground, room.before, total, amount, tally, passed, dt, clock[SCALE], by)
        for u in range(units.shape[0]):
            fade(units[u], dt)
        lessons.corrections(units, world.unit_kind, room.pooled)
        for u in range(units.shape[0]):
            units[u].p_ring_at = -1.0
    return n


@compiled
def fade(own: Row, dt_s: float) -> None:
    """Let what was learned of a sensor count for less, in place."""
    old = math.exp(-dt_s / false_alarms.MEMORY_S)
    for a in range(false_alarms.SECTORS):
        own.turns[a] *= old
        for q in range(false_alarms.RINGS):
            own.false[a, q] *= old
    lessons.fade(own.looks, dt_s)


@compiled
def rescale(clock: F8, tally: F8) -> float:
    """Let the number of subjects shown so far set the field's scale (gamma-Poisson), in place; return by how much."""
    old = clock[SCALE]
    clock[SCALE] = (SCALE_WEIGHT + tally[SHOWN]) / (SCALE_WEIGHT + tally[EXPECTED])
    return float(clock[SCALE] / old)


@compiled
def tidy(
    ground: Ground, tracks: Rows, n: int, clouds: Rows, lost: Rows, ever: I8, amount: F8, tally: F8, now: float
) -> int:
    """Show what has earned it, give up what is no longer believed, in place; return the number of tracks."""
    kept = 0
    for i in range(n):
        track = tracks[i]
        alive = track.exist * (1.0 - track.rock) * math.exp(-max(now - track.exist_t, 0.0) / LIFETIME_S)
        var = variance_at(track, now)
        show(track, alive, var, tally, now)
        why = reason(track, alive, var, now)
        if why < 0:
            if track.cloud < 0 and now - track.last > CLOUD_S and not math.isnan(track.shown_s):
                hide(track, clouds)
            go_home(track, now, TIDY_S)
            if kept != i:
                tracks[kept] = track
            kept += 1
            continue
        if track.cloud >= 0:
            clouds[track.cloud].key = FREE
        give_back(ground, amount, tally, track.mean[0], track.mean[1], alive)
        if not math.isnan(track.shown_s):
            row = lost[ever[0] % LOST_KEPT]
            row.key, row.t, row.exist, row.rock, row.why = track.key, now, track.exist, track.rock, why
            ever[0] += 1
    return kept


@compiled
def hide(track: Row, clouds: Rows) -> None:
    """Make a cloud of a track that is out of sight, if there is room for one, in place."""
    for c in range(clouds.shape[0]):
        if clouds[c].key == FREE:
            become(clouds[c], track)
            moments(clouds[c], track)
            track.cloud = c
            track.seer_p[:] = SEEN_AT_FIRST
            return


@compiled
def show(track: Row, alive: float, var: float, tally: F8, now: float) -> None:
    """Show a track that has earned it, hide one that is no longer believed, in place."""
    most = HIDDEN_SD_M if track.cloud >= 0 else SHOW_SD_M
    if track.shown == 0 and alive > SHOW and track.hits >= SHOW_HITS and var < most**2:
        track.shown = 1
        if math.isnan(track.shown_s):
            track.shown_s = now
            tally[SHOWN] += 1.0
    elif track.shown == 1 and (alive < HIDE or var > (1.3 * most) ** 2):
        track.shown = 0


@compiled
def variance_at(track: Row, now: float) -> float:
    """Return the larger of the two position variances of a track by now, if nobody looks."""
    dt, grown, cov = max(now - track.t, 0.0), 0.0, track.cov
    for a in range(2):
        grown = max(grown, cov[a, a] + 2 * dt * cov[a, a + 2] + dt * dt * cov[a + 2, a + 2])
    return grown


@compiled
def reason(track: Row, alive: float, var: float, now: float) -> int:
    """Return why a track has to go, -1 if it stays."""
    if track.exist < LEAST_EXIST:
        return FALSE_SOURCE if track.rock > 0.5 else NOT_THERE
    if alive < LEAST_EXIST and track.rock < 0.9:
        return NOT_THERE
    unseen = now - track.last
    if unseen > LOST_S:
        return PLACE_UNKNOWN
    if unseen > 5.0 and var > LOST_SD_M**2 and track.hits > 1:
        return PLACE_UNKNOWN
    if track.hits < SHOW_HITS and unseen > 60.0 and alive < 0.5:
        return NEVER
    return -1
