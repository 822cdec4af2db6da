"""The compiled steps of `live_path.py`: the cost of a step, the march back in time, the way forwards, its integral.

Rules: `least` (N + 1, rows, cols) is the cost to the far edge at each step's begin, `gathered` the running sum of the
rate over time, `cell_s` (rows, cols) the seconds to walk a cell's side, inf in an obstacle; times in steps of `dt`
seconds, places in cells.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]
F4 = NDArray[np.float32]
Mask = NDArray[np.bool_]

DIRECTIONS = 16
SAMPLE_CELLS = 0.25  # between samples of the exposure along a route


@numba.njit(cache=True)
def durations(steps_a_cell: F8, toward: F8) -> F4:
    """Return (D, rows, cols) how many steps a cell takes in each direction, inf where a corner is an obstacle."""
    rows, cols = steps_a_cell.shape
    out = np.full((toward.shape[0], rows, cols), np.float32(np.inf), np.float32)
    for k in range(toward.shape[0]):
        for r in range(rows):
            for c in range(cols):
                pace, whole = _between(steps_a_cell, r + toward[k, 0], c + toward[k, 1])
                if whole and steps_a_cell[r, c] < np.inf:
                    # Nobody arrives within the step in which they leave: rounding of the fastest.
                    out[k, r, c] = max(0.5 * (pace + steps_a_cell[r, c]), 1.0)
    return out


@numba.njit(cache=True)
def _between(field: NDArray[np.floating], row: float, col: float) -> tuple[float, bool]:
    """Return the bilinear value, obstacles (inf) left out, and whether none had to be left out."""
    rows, cols = field.shape
    r, c = int(np.floor(row)), int(np.floor(col))
    total, weight = 0.0, 0.0
    for dr in range(2):
        for dc in range(2):
            w = (row - r if dr else 1.0 - row + r) * (col - c if dc else 1.0 - col + c)
            if w < 1e-9 or not (0 <= r + dr < rows and 0 <= c + dc < cols):
                continue
            if field[r + dr, c + dc] < np.inf:
                total += w * field[r + dr, c + dc]
                weight += w
    return (total / weight if weight > 0.0 else np.inf), weight > 1.0 - 1e-6


@numba.njit(cache=True, inline="always")
def _in_time(field: F4, t: float, r: int, c: int, beyond: bool) -> float:
    """Return a cell's value at time t in steps; after the last level carried on linearly (beyond) or held."""
    n = min(int(t), field.shape[0] - 2)
    f = t - n
    if not beyond:
        f = min(f, 1.0)
    return float((1.0 - f) * field[n, r, c] + f * field[n + 1, r, c])


@numba.njit(cache=True)
def _going(
    least: F4,
    gathered: F4,
    share: float,
    cell_s: F8,
    t: float,
    row: float,
    col: float,
    dr: float,
    dc: float,
    price: float,
    dt: float,
) -> tuple[float, float]:
    """Return cost to the far edge of going from (row, col) at time t by (dr, dc) first, and how many steps it takes.

    share: of `gathered` that `least` holds besides.  (dr, dc) is one cell long, so it takes at least one step.
    Obstacles' corners are left out; inf if the end lies in an obstacle's square or off the grid.
    """
    rows, cols = cell_s.shape
    to_r, to_c = row + dr, col + dc
    near_r, near_c = int(np.floor(to_r + 0.5)), int(np.floor(to_c + 0.5))
    if not (0 <= near_r < rows and 0 <= near_c < cols) or cell_s[near_r, near_c] == np.inf:
        return np.inf, 0.0
    at_r, at_c = int(np.floor(row + 0.5)), int(np.floor(col + 0.5))
    # Squares that touch at corners hold together.
    if near_r != at_r and near_c != at_c and (cell_s[near_r, at_c] == np.inf or cell_s[at_r, near_c] == np.inf):
        return np.inf, 0.0
    here, _ = _between(cell_s, row, col)
    there, _ = _between(cell_s, to_r, to_c)
    took = max(0.5 * np.hypot(dr, dc) * (here + there) / dt, 1.0)
    total = price * took * dt
    for end in range(2):
        at_row, at_col = (to_r, to_c) if end else (row, col)
        r, c = int(np.floor(at_row)), int(np.floor(at_col))
        part, weight = 0.0, 0.0
        for a in range(2):
            for b in range(2):
                w = (at_row - r if a else 1.0 - at_row + r) * (at_col - c if b else 1.0 - at_col + c)
                if w < 1e-9 or not (0 <= r + a < rows and 0 <= c + b < cols) or cell_s[r + a, c + b] == np.inf:
                    continue
                rise = _in_time(gathered, t + took, r + a, c + b, True) - _in_time(gathered, t, r + a, c + b, True)
                part += w * 0.5 * rise
                if end:
                    held = _in_time(gathered, t + took, r + a, c + b, False) if share > 0.0 else 0.0
                    part += w * (_in_time(least, t + took, r + a, c + b, False) - share * held)
                weight += w
        total += part / weight
    return total, took


@numba.njit(cache=True)
def _bettered(before: float, best: float, behind: float) -> float:
    """Return where between the neighbouring directions a parabola has its foot, -0.5..0.5; 0 without one."""
    bend = before - 2.0 * best + behind
    return 0.5 * (before - behind) / bend if 0.0 < bend < np.inf else 0.0


@numba.njit(cache=True)
def backwards(
    least: F4,
    gathered: F4,
    cell_s: F8,
    took: F4,
    toward: F8,
    goal: Mask,
    price: float,
    dt: float,
    waiting: bool,
) -> None:
    """Fill `least` from the last level down.

    Until the end it holds V + G / 2, so that one look at a corner tells the rest of the way and half of the rate's
    integral; the other half is that of the cell itself.
    """
    least[-1] += np.float32(0.5) * gathered[-1]
    levels, rows, cols = least.shape
    costs = np.empty(toward.shape[0])
    step, weight = _corners(toward, cols)
    flat, sums = least.reshape((levels, rows * cols)), gathered.reshape((levels, rows * cols))
    tooks = took.reshape((toward.shape[0], rows * cols))
    for n in range(levels - 2, -1, -1):
        for r in range(rows):
            for c in range(cols):
                if goal[r, c] or cell_s[r, c] == np.inf:
                    least[n, r, c] = np.float32(0.5) * gathered[n, r, c] if goal[r, c] else np.inf
                    continue
                best = np.inf
                if waiting:
                    best = price * dt + 0.5 * gathered[n + 1, r, c] - gathered[n, r, c] + least[n + 1, r, c]
                which = _tried(flat, sums, tooks, step, weight, n, r * cols + c, price * dt, costs)
                if costs[which] < np.inf:
                    count = toward.shape[0]
                    lean = _bettered(costs[which - 1], costs[which], costs[(which + 1) % count])
                    best = min(best, costs[which])
                    if lean != 0.0:
                        angle = 2.0 * np.pi * (which + lean) / count
                        dr, dc = np.sin(angle), np.cos(angle)
                        best = min(best, _going(least, gathered, 0.5, cell_s, float(n), r, c, dr, dc, price, dt)[0])
                least[n, r, c] = best + 0.5 * gathered[n, r, c]
    for n in range(levels):
        least[n] -= np.float32(0.5) * gathered[n]


@numba.njit(cache=True)
def _corners(toward: F8, cols: int) -> tuple[NDArray[np.int64], F4]:
    """Return (D, 4) the cells between which a direction ends, as steps from the flat index, and their weights."""
    step, weight = np.zeros((toward.shape[0], 4), np.int64), np.zeros((toward.shape[0], 4), np.float32)
    for k in range(toward.shape[0]):
        i, j = int(np.floor(toward[k, 0])), int(np.floor(toward[k, 1]))
        fi, fj = toward[k, 0] - i, toward[k, 1] - j
        for m in range(4):
            a, b = m // 2, m % 2
            w = (fi if a else 1.0 - fi) * (fj if b else 1.0 - fj)
            if w > 1e-9:  # else the cell itself without weight, so that nothing off the grid is looked at
                step[k, m], weight[k, m] = (i + a) * cols + j + b, w
    return step, weight


@numba.njit(cache=True, inline="always")
def _tried(
    least: F4, gathered: F4, took: F4, step: NDArray[np.int64], weight: F4, n: int, cell: int, price: float, costs: F8
) -> int:
    """Fill the cost of every direction from a cell's centre at level n; return the best one; grids flat."""
    last = least.shape[0] - 1
    half = np.float32(0.5)
    now = gathered[n]
    which = 0
    for k in range(weight.shape[0]):
        tau = took[k, cell]
        costs[k] = np.inf
        if tau == np.inf:
            continue
        m = min(n + int(tau), last - 1)
        f = np.float32(n + tau - m)
        over = max(f - np.float32(1.0), np.float32(0.0))  # steps beyond the horizon: what holds there is added below
        f -= over
        before, behind = least[m], least[m + 1]
        total = np.float32(0.0)
        for q in range(4):
            j = np.uint64(cell + step[k, q])
            total += weight[k, q] * (before[j] + f * (behind[j] - before[j]) - half * now[j])
        i = np.uint64(cell)
        own = gathered[m, i] + f * (gathered[m + 1, i] - gathered[m, i]) - now[i]
        if over > 0.0:
            own += np.float32(2.0) * over * (gathered[last, i] - gathered[last - 1, i])
        costs[k] = price * tau + half * own + total
        if costs[k] < costs[which]:
            which = k
    return which


@numba.njit(cache=True)
def traced(
    least: F4,
    gathered: F4,
    cell_s: F8,
    goal: Mask,
    t: float,
    row: float,
    col: float,
    price: float,
    dt: float,
    waiting: bool,
) -> tuple[F8, F8]:
    """Return the way from a place and time to the goal or the horizon, (M, 2) and its times in steps (M,)."""
    last = least.shape[0] - 1
    # A leg ends with the step, or takes one, or leads to a centre from which one does.
    limit = 3 * last + 4
    path, times = np.empty((limit + 1, 2)), np.empty(limit + 1)
    path[0, 0], path[0, 1], times[0] = row, col, t
    costs = np.empty(DIRECTIONS)
    n = 1
    while t < last and n <= limit and not goal[int(np.floor(row + 0.5)), int(np.floor(col + 0.5))]:
        which = 0
        for k in range(DIRECTIONS):
            angle = 2.0 * np.pi * k / DIRECTIONS
            costs[k] = _going(least, gathered, 0.0, cell_s, t, row, col, np.sin(angle), np.cos(angle), price, dt)[0]
            if costs[k] < costs[which]:
                which = k
        if costs[which] == np.inf:
            # Beside walls a place between centres may have no clear direction: its cell's centre has.
            near_r, near_c = np.floor(row + 0.5), np.floor(col + 0.5)
            if row == near_r and col == near_c:
                break
            t += np.hypot(row - near_r, col - near_c) * cell_s[int(near_r), int(near_c)] / dt
            row, col = near_r, near_c
            path[n, 0], path[n, 1], times[n] = row, col, t
            n += 1
            continue
        lean = _bettered(costs[which - 1], costs[which], costs[(which + 1) % DIRECTIONS])
        angle = 2.0 * np.pi * (which + lean) / DIRECTIONS
        dr, dc = np.sin(angle), np.cos(angle)
        cost, steps = _going(least, gathered, 0.0, cell_s, t, row, col, dr, dc, price, dt)
        if not cost <= costs[which]:
            angle = 2.0 * np.pi * which / DIRECTIONS
            dr, dc = np.sin(angle), np.cos(angle)
            cost, steps = _going(least, gathered, 0.0, cell_s, t, row, col, dr, dc, price, dt)
        if waiting and _staying(least, gathered, cell_s, t, row, col, price * dt) < cost:
            t = np.floor(t) + 1.0
        else:
            row, col, t = row + dr, col + dc, t + steps
        path[n, 0], path[n, 1], times[n] = row, col, t
        n += 1
    return path[:n].copy(), times[:n].copy()


@numba.njit(cache=True)
def _staying(least: F4, gathered: F4, cell_s: F8, t: float, row: float, col: float, price: float) -> float:
    """Return the cost of waiting where one is until the next step begins."""
    rows, cols = cell_s.shape
    until = np.floor(t) + 1.0
    r, c = int(np.floor(row)), int(np.floor(col))
    total, weight = 0.0, 0.0
    for a in range(2):
        for b in range(2):
            w = (row - r if a else 1.0 - row + r) * (col - c if b else 1.0 - col + c)
            if w < 1e-9 or not (0 <= r + a < rows and 0 <= c + b < cols) or cell_s[r + a, c + b] == np.inf:
                continue
            rise = _in_time(gathered, until, r + a, c + b, True) - _in_time(gathered, t, r + a, c + b, True)
            total += w * (rise + _in_time(least, until, r + a, c + b, False))
            weight += w
    return float(total / weight + price * (until - t))


@numba.njit(cache=True)
def along(rate: F4, after: NDArray[np.floating], dt: float, path: F8, t_s: F8) -> float:
    """Return the integral of the rate along a way, cut at the bounds of time steps and every quarter of a cell."""
    total = 0.0
    for n in range(1, len(t_s)):
        whole = t_s[n] - t_s[n - 1]
        begin = t_s[n - 1]
        while begin < t_s[n] - 1e-9 * dt:
            step = int(begin / dt + 1e-9)
            end = min((step + 1.0) * dt, t_s[n])
            way = np.hypot(path[n, 0] - path[n - 1, 0], path[n, 1] - path[n - 1, 1]) * (end - begin) / whole
            pieces = int(way / SAMPLE_CELLS) + 1
            for k in range(pieces):
                f = (begin - t_s[n - 1] + (k + 0.5) / pieces * (end - begin)) / whole
                row = path[n - 1, 0] + f * (path[n, 0] - path[n - 1, 0])
                col = path[n - 1, 1] + f * (path[n, 1] - path[n - 1, 1])
                here = _between(rate[step], row, col)[0] if step < rate.shape[0] else _between(after, row, col)[0]
                total += here * (end - begin) / pieces
            begin = end
    return total
