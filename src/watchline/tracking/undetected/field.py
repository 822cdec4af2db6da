"""The undetected field at work: what a scan takes from it, how it spreads, what comes back.

see `domain/undetected`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from watchline.domain.batches import KIND_RADAR
from watchline.sensing.detection import RANGE_MAX, p_detect
from watchline.sensing.learned import CELLS, cell_of, p_corrected
from watchline.tracking.compiled import compiled
from watchline.tracking.sensors.world import World, p_open
from watchline.tracking.track.motion import survival
from watchline.tracking.track.rows import Row

F8 = NDArray[np.float64]
F4 = NDArray[np.float32]
U4 = NDArray[np.uint32]
U2 = NDArray[np.uint16]
I8 = NDArray[np.int64]
U1 = NDArray[np.uint8]

SPREAD_M2_S = 150.0  # a walker of 1.2 m/s that keeps its way for about 100 s diffuses by v^2 tau
BORN, FOUND, RETURNED, LEFT, EXPECTED, SHOWN = range(6)  # of the tally; EXPECTED: found if the scale were 1
BINS = 48  # of bearing: a whole number of them in most sectors
SIGHT_STEPS = 255.0
SPEED_M_S = 1.0  # radial speed a radar may count on in an unseen walker


class Ground(NamedTuple):
    """The fixed part: grid (3,) x0, y0, cell; birth (R, C) per cell and second, births_s their sum; flow (R, C, 2)
    share of a cell that goes east and north each second, (0, 0, 2) where nobody goes anywhere in particular; passes
    (R, C) stretch of the far edge that a cell lies beyond, -1 for none; and which sensors see each cell:

    rows first[c]..first[c + 1] of sensor, part (bin of bearing * CELLS + ring of range, as `sensing.learned` counts
    it) and share in sight in SIGHT_STEPS, > 0, for each flat index c of a cell.
    """

    grid: F8
    birth: F8
    births_s: float
    flow: F8
    passes: I8
    first: I8
    sensor: U2
    part: U2
    sight: U1


@compiled
def _cover(
    world: World, grid: F8, rows: int, cols: int, sensor: int, cell: U4, bearing: F4, rng: F4, sight: F4
) -> int:
    """Fill the cells one sensor reaches; return how many (counts only where the arrays are empty)."""
    eye = world.eyes[sensor]
    x, y = eye.place[0], eye.place[1]
    reach = eye.performance[0, RANGE_MAX]
    n = 0
    for r in range(max(0, int((y - reach - grid[1]) / grid[2])), min(rows, int((y + reach - grid[1]) / grid[2]) + 2)):
        for c in range(
            max(0, int((x - reach - grid[0]) / grid[2])), min(cols, int((x + reach - grid[0]) / grid[2]) + 2)
        ):
            cx, cy = grid[0] + c * grid[2], grid[1] + r * grid[2]
            distance = math.sqrt((cx - x) ** 2 + (cy - y) ** 2)
            if distance > reach:
                continue
            if cell.shape[0] > 0:
                cell[n], rng[n] = r * cols + c, max(distance, 0.3 * grid[2])
                bearing[n] = math.atan2(cx - x, cy - y) % (2 * math.pi)
                sight[n] = p_open(world, eye, cx, cy)
            n += 1
    return n


def ground_of(world: World, grid: F8, birth_per_m2_s: F8) -> Ground:
    """Return the fixed part of a field; birth_per_m2_s (R, C)."""
    rows, cols = birth_per_m2_s.shape
    seeing = [s for s, eye in enumerate(world.eyes) if eye["kind"] <= KIND_RADAR]
    parts = [_in_sight(world, grid, rows, cols, s) for s in seeing]
    none = np.zeros(0)
    cell, part, sight = (np.concatenate([none, *column]).astype(np.int64) for column in zip(*parts, strict=True))
    sensor = np.repeat(seeing, [len(part[0]) for part in parts])
    order = np.argsort(cell, kind="stable")
    first = np.searchsorted(cell[order], np.arange(rows * cols + 1))
    birth = birth_per_m2_s * grid[2] ** 2
    return Ground(
        grid, birth, float(birth.sum()), np.zeros((0, 0, 2)), np.full((rows, cols), -1, np.int64), first,
        sensor[order].astype(np.uint16), part[order].astype(np.uint16), sight[order].astype(np.uint8),
    )  # fmt: skip


def _nothing(n: int) -> tuple[U4, F4, F4, F4]:
    return np.zeros(n, np.uint32), np.zeros(n, np.float32), np.zeros(n, np.float32), np.zeros(n, np.float32)


def _in_sight(world: World, grid: F8, rows: int, cols: int, sensor: int) -> tuple[U4, U2, U1]:
    """Return cell, part and share in sight of what a sensor sees."""
    cell, bearing, rng, share = _nothing(0)
    n = _cover(world, grid, rows, cols, sensor, cell, bearing, rng, share)
    cell, bearing, rng, share = _nothing(n)
    if n:
        _cover(world, grid, rows, cols, sensor, cell, bearing, rng, share)
    sight = np.rint(share * SIGHT_STEPS).astype(np.uint8)
    seen = np.flatnonzero(sight)
    reach = float(world.eyes[sensor]["performance"][0, RANGE_MAX])
    ring = np.array([cell_of(float(r), reach) for r in rng[seen]], np.int64)
    bins = np.minimum((bearing[seen].astype(float) / (2 * math.pi) * BINS).astype(np.int64), BINS - 1)
    return cell[seen], (bins * CELLS + ring).astype(np.uint16), sight[seen]


def nobody_looked(world: World) -> F4:
    """Return (S, BINS * CELLS) ones: see `thin`."""
    return np.ones((len(world.eyes), BINS * CELLS), np.float32)


@compiled
def thin(unseen: F4, eye: Row, own: Row, scan: F8) -> None:
    """Take a scan into a sensor's unseen (BINS * CELLS,), in place.

    unseen: the chance that looks since the field was last told of them have not shown somebody, by part of the view.

    A bin that a look cuts was looked at as far as it lies in it; a ring that its reach cuts, wholly or not at all.
    """
    reach_max = eye.performance[0, RANGE_MAX]
    table, quality = own.p_ring, 1.0 if math.isnan(scan[4]) else scan[4]
    if own.p_ring_at != quality:
        own.p_ring_at = quality
        for q in range(CELLS):
            middle = (q + 0.5) * reach_max / CELLS
            p = p_detect(eye.performance[0], middle, scan[4], SPEED_M_S)
            table[q] = p_corrected(p, own.shift[0, q])
    step, start = 2 * math.pi / BINS, scan[1] - 2 * math.pi * math.floor(scan[1] / (2 * math.pi))
    end = start + min(scan[2] - scan[1], 2 * math.pi)
    rings = min(int(scan[3] / reach_max * CELLS + 0.5), CELLS)
    b = int(start / step)
    while b * step < end:
        share = np.float32((min(end, (b + 1) * step) - max(start, b * step)) / step)
        at = (b % BINS) * CELLS
        for q in range(rings):
            unseen[at + q] *= np.float32(1.0) - share * table[q]
        b += 1


@compiled
def not_seen(ground: Ground, unseen: F4, cell: int) -> float:
    """Return the chance that looks the field has not been told of have not shown somebody in a cell."""
    left = 1.0
    for k in range(ground.first[cell], ground.first[cell + 1]):
        seen = 1.0 - unseen[ground.sensor[k], ground.part[k]]
        left *= 1.0 - seen * (ground.sight[k] * (1.0 / SIGHT_STEPS))
    return left


@compiled
def tell(ground: Ground, amount: F8, unseen: F4, tally: F8, scale: float, left: F8) -> float:
    """Fill left (R * C) with those whom the looks since the last time would not have shown; return how many.

    amount (R * C) expected subjects per cell, which may be left itself; unseen (S, BINS * CELLS) as `thin` fills it
    is ones afterwards.
    """
    found, total = 0.0, 0.0
    for cell in range(amount.shape[0]):
        here = amount[cell]
        there = here
        if ground.first[cell] < ground.first[cell + 1]:
            there = here * not_seen(ground, unseen, cell)
            found += here - there
        left[cell] = there
        total += there
    for s in range(unseen.shape[0]):
        unseen[s] = 1.0
    tally[FOUND] += found
    tally[EXPECTED] += found / scale
    return total


@compiled
def put(values: F8, to: F8) -> None:
    """Copy values, in place."""
    for k in range(values.shape[0]):
        to[k] = values[k]


@compiled
def spread(
    ground: Ground, old: F8, total: float, amount: F8, tally: F8, passed: F8, dt_s: float, scale: float, by: float
) -> None:
    """Fill amount (R * C) with the undetected, old (R * C), total of them, after they moved and new ones came for
    dt_s.

    by: how many times as many they are held to be as before, where nobody goes anywhere in particular.
    """
    share = min(SPREAD_M2_S * dt_s / ground.grid[2] ** 2, 0.2)
    if ground.flow.shape[0] > 0:
        put(old, amount)
        drift(ground, amount, old, tally, share, dt_s)
        go(ground, amount, tally, passed, dt_s, old)
        return
    rows, cols = ground.birth.shape
    stay = survival(dt_s)
    # Beyond the grid it is as here: as many come in as go out.
    for r in range(rows):
        low, up, down = r * cols, (r - 1 if r > 0 else r) * cols, (r + 1 if r + 1 < rows else r) * cols
        smoothed(
            old[low : low + cols], old[up : up + cols], old[down : down + cols], ground.birth[r],
            amount[low : low + cols], by * stay * (1.0 - 4.0 * share), by * stay * share, scale * dt_s,
        )  # fmt: skip
    tally[BORN] += ground.births_s * scale * dt_s + total * (by - 1.0)
    tally[LEFT] += total * by * (1.0 - stay)


@compiled
def smoothed(here: F8, up: F8, down: F8, birth: F8, out: F8, keep: float, share: float, new: float) -> None:
    """Fill a row (C,) of the field from itself, its neighbours and births, in place; simple enough for the compiler
    to take several cells at once."""
    last = here.shape[0] - 1
    for c in range(1, last):
        out[c] = keep * here[c] + share * (up[c] + down[c] + here[c - 1] + here[c + 1]) + new * birth[c]
    for c in (0, last):
        west, east = here[max(c - 1, 0)], here[min(c + 1, last)]
        out[c] = keep * here[c] + share * (up[c] + down[c] + west + east) + new * birth[c]


@compiled
def drift(ground: Ground, amount: F8, old: F8, tally: F8, share: float, dt_s: float) -> None:
    """Let the undetected who go somewhere spread as far as their way does not by itself, and new ones come, in place.

    The upwind flow spreads them by v cell / 2, which is taken off.
    """
    rows, cols = ground.birth.shape
    for r in range(rows):
        for c in range(cols):
            k = r * cols + c
            for a, b in ((r - 1, c), (r + 1, c), (r, c - 1), (r, c + 1)):
                out = max(share - 0.5 * dt_s * abs(ground.flow[r, c, 0 if a == r else 1]), 0.0) * old[k]
                if 0 <= a < rows and 0 <= b < cols:
                    amount[k] -= out
                    amount[a * cols + b] += out
            new = ground.birth[r, c] * dt_s
            amount[k] += new
            tally[BORN] += new


@compiled
def go(ground: Ground, amount: F8, tally: F8, passed: F8, dt_s: float, old: F8) -> None:
    """Let the undetected go their way for dt_s (upwind), and count who is beyond the far edge, in place."""
    rows, cols = ground.birth.shape
    fastest = 0.0
    for r in range(rows):
        for c in range(cols):
            fastest = max(fastest, abs(ground.flow[r, c, 0]), abs(ground.flow[r, c, 1]))
    steps = math.ceil(2.0 * dt_s * fastest)
    part = dt_s / max(steps, 1)
    for _ in range(steps):
        put(amount, old)
        for r in range(rows):
            for c in range(cols):
                k = r * cols + c
                for axis in range(2):
                    flow = ground.flow[r, c, axis] * part
                    a, b = (r, c + (1 if flow > 0.0 else -1)) if axis == 0 else (r + (1 if flow > 0.0 else -1), c)
                    moved = abs(flow) * old[k]
                    amount[k] -= moved
                    if 0 <= a < rows and 0 <= b < cols:
                        amount[a * cols + b] += moved
                    else:
                        tally[LEFT] += moved
    for r in range(rows):
        for c in range(cols):
            k, stretch = r * cols + c, ground.passes[r, c]
            if stretch >= 0:
                passed[stretch] += amount[k]
                tally[LEFT] += amount[k]
                amount[k] = 0.0


@compiled
def per_m2(ground: Ground, amount: F8, unseen: F4, x: float, y: float) -> float:
    """Return the density at a place, 0 outside the grid."""
    rows, cols = ground.birth.shape
    r, c = round((y - ground.grid[1]) / ground.grid[2]), round((x - ground.grid[0]) / ground.grid[2])
    if 0 <= r < rows and 0 <= c < cols:
        cell = int(r) * cols + int(c)
        return float(amount[cell] * not_seen(ground, unseen, cell) / ground.grid[2] ** 2)
    return 0.0


@compiled
def give_back(ground: Ground, amount: F8, tally: F8, x: float, y: float, existence: float) -> None:
    """Return a track that is given up to the undetected, in place; outside the grid it has left."""
    rows, cols = ground.birth.shape
    r, c = round((y - ground.grid[1]) / ground.grid[2]), round((x - ground.grid[0]) / ground.grid[2])
    if 0 <= r < rows and 0 <= c < cols:
        amount[int(r) * cols + int(c)] += existence
        tally[RETURNED] += existence
    else:
        tally[LEFT] += existence
