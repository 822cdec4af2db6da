"""The undetected field at work: what a scan takes from it, how it spreads, what comes back.

see `domain/undetected`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from watchline.domain.batches import KIND_RADAR
from watchline.sensing.detection import RANGE_MAX, p_detect
from watchline.sensing.learned import CELLS, cell_of, p_corrected
from watchline.tracking.sensors.world import World, p_open
from watchline.tracking.track.motion import survival
from watchline.tracking.track.rows import Row

F8 = NDArray[np.float64]
F4 = NDArray[np.float32]
U4 = NDArray[np.uint32]
I8 = NDArray[np.int64]
U1 = NDArray[np.uint8]

SPREAD_M2_S = 150.0  # a walker of 1.2 m/s that keeps its way for about 100 s diffuses by v^2 tau
BORN, FOUND, RETURNED, LEFT, EXPECTED, SHOWN = range(6)  # of the tally; EXPECTED: found if the scale were 1
BINS = 64
SIGHT_STEPS = 255.0
SPEED_M_S = 1.0  # radial speed a radar may count on in an unseen walker


class Ground(NamedTuple):
    """The fixed part: grid (3,) x0, y0, cell; birth (R, C) per cell and second; flow (R, C, 2) share of a cell that
    goes east and north each second, (0, 0, 2) where nobody goes anywhere in particular; passes (R, C) stretch of the
    far edge that a cell lies beyond, -1 for none; and which cells each sensor sees:

    rows first[s, b]..first[s, b + 1] of cell (flat index), bearing, range, ring (of range, as `sensing.learned`
    counts) and share in sight in SIGHT_STEPS, > 0, for each of BINS of bearing; within one in order of cells.  Narrow
    types and neighbours together: this is what a scan reads most of.
    """

    grid: F8
    birth: F8
    flow: F8
    passes: I8
    first: I8
    cell: U4
    bearing: F4
    range: F4
    ring: U1
    sight: U1


@numba.njit(cache=True)
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
    parts, first, n = [], np.zeros((len(world.eyes), BINS + 1), np.int64), 0
    for s, eye in enumerate(world.eyes):
        part = _in_sight(world, grid, rows, cols, s) if eye["kind"] <= KIND_RADAR else _seen_nowhere()
        parts.append(part)
        first[s] = n + np.concatenate([[0], np.cumsum(np.bincount(_bin_of(part[1]), minlength=BINS))])
        n += len(part[0])
    cell, bearing, rng, ring, sight = (np.concatenate(column) for column in zip(*parts, strict=True))
    birth, nowhere = birth_per_m2_s * grid[2] ** 2, np.full((rows, cols), -1, np.int64)
    return Ground(
        grid, birth, np.zeros((0, 0, 2)), nowhere, first, cell, bearing, rng, ring, sight
    )  # fmt: skip


def _nothing(n: int) -> tuple[U4, F4, F4, F4]:
    return np.zeros(n, np.uint32), np.zeros(n, np.float32), np.zeros(n, np.float32), np.zeros(n, np.float32)


def _seen_nowhere() -> tuple[U4, F4, F4, U1, U1]:
    cell, bearing, rng, _ = _nothing(0)
    return cell, bearing, rng, np.zeros(0, np.uint8), np.zeros(0, np.uint8)


def _bin_of(bearing: F4) -> I8:
    return np.minimum((bearing.astype(float) / (2 * math.pi) * BINS).astype(np.int64), BINS - 1)


def _in_sight(world: World, grid: F8, rows: int, cols: int, sensor: int) -> tuple[U4, F4, F4, U1, U1]:
    """Return columns of the cells a sensor sees, in order of the bins of bearing and then of cells."""
    cell, bearing, rng, share = _nothing(0)
    n = _cover(world, grid, rows, cols, sensor, cell, bearing, rng, share)
    cell, bearing, rng, share = _nothing(n)
    if n:
        _cover(world, grid, rows, cols, sensor, cell, bearing, rng, share)
    sight = np.rint(share * SIGHT_STEPS).astype(np.uint8)
    order = np.lexsort((cell, _bin_of(bearing)))
    order = order[sight[order] > 0]
    reach = float(world.eyes[sensor]["performance"][0, RANGE_MAX])
    ring = np.array([cell_of(float(r), reach) for r in rng[order]], np.uint8)
    return cell[order], bearing[order], rng[order], ring, sight[order]


@numba.njit(cache=True)
def thin(ground: Ground, amount: F8, tally: F8, eye: Row, own: Row, sensor: int, scan: F8, scale: float) -> None:
    """Take from the field what this scan would have seen: amount (R * C) expected subjects per cell, in place."""
    if ground.first[sensor, 0] == ground.first[sensor, BINS]:
        return
    row, table = eye.performance[0], own.p_ring
    quality = 1.0 if math.isnan(scan[4]) else scan[4]
    if own.p_ring_at != quality:
        own.p_ring_at = quality
        for q in range(CELLS):
            middle = (q + 0.5) * row[RANGE_MAX] / CELLS
            table[q] = p_corrected(p_detect(row, middle, scan[4], SPEED_M_S), own.shift[0, q])
    found = _thin_sector(
        ground.first[sensor], ground.cell, ground.bearing, ground.range, ground.ring, ground.sight, amount, table,
        scan[1], scan[2], scan[3] if scan[3] < row[RANGE_MAX] else math.inf,
    )  # fmt: skip
    tally[FOUND] += found
    tally[EXPECTED] += found / scale


@numba.njit(cache=True)
def _thin_sector(
    first: I8, cell: U4, bearing: F4, rng: F4, ring: U1, sight: U1, amount: F8, table: F8, az0: float, az1: float,
    reach: float,
) -> float:  # fmt: skip
    """Thin the cells between two bearings, within a reach if that is finite; return how many were found."""
    width, start, step, found = min(az1 - az0, 2 * math.pi), az0 % (2 * math.pi), 2 * math.pi / BINS, 0.0
    begin = int(start / step)
    for n in range(BINS):
        b = begin + n
        if b * step >= start + width:
            break
        low, high = first[b % BINS], first[b % BINS + 1]
        if reach == math.inf and b * step >= start and (b + 1) * step <= start + width:
            for k in range(low, high):
                here = amount[cell[k]]
                taken = here * (table[ring[k]] * (sight[k] * (1.0 / SIGHT_STEPS)))
                amount[cell[k]] = here - taken
                found += taken
            continue
        for k in range(low, high):
            off = bearing[k] - start
            if rng[k] <= reach and (off if off >= 0.0 else off + 2 * math.pi) < width:
                here = amount[cell[k]]
                taken = here * (table[ring[k]] * (sight[k] * (1.0 / SIGHT_STEPS)))
                amount[cell[k]] = here - taken
                found += taken
    return found


@numba.njit(cache=True)
def spread(ground: Ground, amount: F8, tally: F8, passed: F8, dt_s: float, scale: float) -> None:
    """Let the undetected move for dt_s and new ones appear, in place."""
    rows, cols = ground.birth.shape
    share = min(SPREAD_M2_S * dt_s / ground.grid[2] ** 2, 0.2)
    old, birth = amount.copy(), ground.birth.reshape(-1)
    if ground.flow.shape[0] > 0:
        drift(ground, amount, old, tally, share, dt_s)
        go(ground, amount, tally, passed, dt_s)
        return
    stay, born, left = survival(dt_s), 0.0, 0.0
    for r in range(rows):
        # Beyond the grid it is as here: as many come in as go out.
        here, up, down = r * cols, (r - 1 if r > 0 else r) * cols, (r + 1 if r + 1 < rows else r) * cols
        for c in range(cols):
            west, east = here + (c - 1 if c > 0 else c), here + (c + 1 if c + 1 < cols else c)
            around = old[up + c] + old[down + c] + old[west] + old[east]
            amount[here + c] = old[here + c] + share * (around - 4.0 * old[here + c])
    for k in range(amount.shape[0]):
        left += amount[k] * (1.0 - stay)
        new = birth[k] * (scale * dt_s)
        born += new
        amount[k] = amount[k] * stay + new
    tally[BORN] += born
    tally[LEFT] += left


@numba.njit(cache=True)
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


@numba.njit(cache=True)
def go(ground: Ground, amount: F8, tally: F8, passed: F8, dt_s: float) -> None:
    """Let the undetected go their way for dt_s (upwind), and count who is beyond the far edge, in place."""
    rows, cols = ground.birth.shape
    steps = math.ceil(2.0 * dt_s * np.abs(ground.flow).max())
    part = dt_s / max(steps, 1)
    for _ in range(steps):
        old = amount.copy()
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


@numba.njit(cache=True)
def per_m2(ground: Ground, amount: F8, x: float, y: float) -> float:
    """Return the density at a place, 0 outside the grid."""
    rows, cols = ground.birth.shape
    r, c = round((y - ground.grid[1]) / ground.grid[2]), round((x - ground.grid[0]) / ground.grid[2])
    if 0 <= r < rows and 0 <= c < cols:
        return float(amount[int(r) * cols + int(c)] / ground.grid[2] ** 2)
    return 0.0


@numba.njit(cache=True)
def give_back(ground: Ground, amount: F8, tally: F8, x: float, y: float, existence: float) -> None:
    """Return a track that is given up to the undetected, in place; outside the grid it has left."""
    rows, cols = ground.birth.shape
    r, c = round((y - ground.grid[1]) / ground.grid[2]), round((x - ground.grid[0]) / ground.grid[2])
    if 0 <= r < rows and 0 <= c < cols:
        amount[int(r) * cols + int(c)] += existence
        tally[RETURNED] += existence
    else:
        tally[LEFT] += existence
