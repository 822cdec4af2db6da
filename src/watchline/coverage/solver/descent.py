"""From a field of least costs back to the path itself, and what a path really costs.

Theory: a least-cost path runs down the field's gradient.  It is followed in half-cell steps on the bilinear field;
at obstacles and kinks, cell by cell.  What comes out is then tightened: pieces of the polyline are pushed sideways
by hats of many widths while that lowers the cost.  The cost of a path is integrated along it on the bilinear cost,
so it is the cost of a path that can be walked; being at a minimum, it forgives small errors of the path (their
square counts).

Places are (row, column) in cells, cell centres at whole numbers.  An obstacle fills the square of its cell.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]

SAMPLE = 0.25  # cells between samples of the integral; halving it changes 1e-5 on the closed forms
STEP = 0.5  # cells a descent goes at once
HATS = (64, 32, 16, 8, 4, 2, 1)  # half-widths in vertices of the pieces pushed sideways
ROUNDS = 6


@numba.njit(cache=True, inline="always")
def _cost_at(cost: NDArray[np.floating], row: float, col: float) -> float:
    """Return the bilinear cost, obstacles' corners left out; inf inside an obstacle and outside the grid."""
    rows, cols = cost.shape
    at_r, at_c = int(np.floor(row + 0.5)), int(np.floor(col + 0.5))
    if at_r < 0 or at_c < 0 or at_r >= rows or at_c >= cols or not cost[at_r, at_c] < np.inf:
        return np.inf
    r, c = int(np.floor(row)), int(np.floor(col))
    fr, fc = row - r, col - c
    total, weight = 0.0, 0.0
    for dr in range(2):
        for dc in range(2):
            w = (fr if dr else 1.0 - fr) * (fc if dc else 1.0 - fc)
            rr, cc = r + dr, c + dc
            if w > 0.0 and 0 <= rr < rows and 0 <= cc < cols and cost[rr, cc] < np.inf:
                total += w * cost[rr, cc]
                weight += w
    return float(total / weight)


@numba.njit(cache=True)
def _segment(cost: NDArray[np.floating], r0: float, c0: float, r1: float, c1: float) -> float:
    """Return the cost of a straight piece, cut where it passes from one cell's square to the next.

    So no corner of an obstacle is stepped over, however small; going along its very edge is not entering it.
    """
    dr, dc = r1 - r0, c1 - c0
    length = np.hypot(dr, dc)
    total, at = 0.0, 0.0
    # The next borders ahead, at half-integers, as shares of the piece.
    next_r = np.floor(r0 + 0.5) + 0.5 if dr > 0.0 else np.ceil(r0 - 0.5) - 0.5
    next_c = np.floor(c0 + 0.5) + 0.5 if dc > 0.0 else np.ceil(c0 - 0.5) - 0.5
    while at < 1.0:
        to_r = (next_r - r0) / dr if dr != 0.0 else np.inf
        to_c = (next_c - c0) / dc if dc != 0.0 else np.inf
        to = min(1.0, min(to_r, to_c))
        if to_r <= to:
            next_r += 1.0 if dr > 0.0 else -1.0
        if to_c <= to:
            next_c += 1.0 if dc > 0.0 else -1.0
        part = (to - at) * length
        if part > 1e-12:
            n = int(part / SAMPLE) + 1
            for k in range(n):
                f = at + (to - at) * (k + 0.5) / n
                total += _cost_at(cost, r0 + f * dr, c0 + f * dc) * part / n
        at = max(to, at)
    return float(total)


@numba.njit(cache=True)
def cost_along(cost: NDArray[np.floating], path_rc: F8) -> float:
    """Return the integral of `cost` (rows, cols, per cell) along the polyline path_rc (N, 2); inf through obstacles.

    Midpoint rule, four samples a cell or more, on the bilinear cost: second order in the cell.
    """
    total = 0.0
    for n in range(1, path_rc.shape[0]):
        total += _segment(cost, path_rc[n - 1, 0], path_rc[n - 1, 1], path_rc[n, 0], path_rc[n, 1])
    return total


@numba.njit(cache=True)
def _patch(field: F8, row: float, col: float) -> tuple[float, float, float]:
    """Return T and its gradient (per row, per column) at a place; T inf where a corner was never reached."""
    rows, cols = field.shape
    if rows < 2 or cols < 2 or not (0.0 <= row <= rows - 1 and 0.0 <= col <= cols - 1):
        return np.inf, 0.0, 0.0
    r, c = min(int(row), rows - 2), min(int(col), cols - 2)
    fr, fc = row - r, col - c
    a, b, d, e = field[r, c], field[r, c + 1], field[r + 1, c], field[r + 1, c + 1]
    if not max(max(a, b), max(d, e)) < np.inf:
        return np.inf, 0.0, 0.0
    t = (a * (1 - fc) + b * fc) * (1 - fr) + (d * (1 - fc) + e * fc) * fr
    return t, (d - a) * (1 - fc) + (e - b) * fc, (b - a) * (1 - fr) + (e - d) * fr


@numba.njit(cache=True)
def _lower_cell(field: F8, r: int, c: int) -> tuple[int, int]:
    """Return the lowest of the eight cells round (r, c) that is below it and not behind a corner, else (r, c)."""
    rows, cols = field.shape
    best_r, best_c, best = r, c, 0.0
    for dr in range(-1, 2):
        for dc in range(-1, 2):
            rr, cc = r + dr, c + dc
            if not (0 <= rr < rows and 0 <= cc < cols) or not field[rr, cc] < field[r, c]:
                continue
            if dr != 0 and dc != 0 and not (field[rr, c] < np.inf and field[r, cc] < np.inf):
                continue
            fall = (field[r, c] - field[rr, cc]) / np.hypot(float(dr), float(dc))
            if fall > best:
                best_r, best_c, best = rr, cc, fall
    return best_r, best_c


@numba.njit(cache=True)
def descend(field: F8, cost: NDArray[np.floating], row: float, col: float, by_cells: bool) -> F8:
    """Return (N, 2) the way down `field` from a place to a cell from which nothing is lower.

    by_cells: go from centre to centre only; always ends, and serves where the smooth descent does not (which then
    returns an empty array).
    """
    rows, cols = field.shape
    limit = rows * cols + 8 if by_cells else 8 * (rows + cols) + 64
    out = np.empty((1024, 2))
    out[0, 0], out[0, 1] = row, col
    n = 1
    while True:
        if n + 2 >= out.shape[0]:
            more = np.empty((2 * out.shape[0], 2))
            more[:n] = out[:n]
            out = more
        if n > limit:
            return out[:n] if by_cells else out[:0]
        t, gr, gc = _patch(field, row, col)
        slope = np.hypot(gr, gc)
        if not by_cells and t < np.inf and slope > 0.0:
            # No farther than to where the field would be zero: the line through the starts, met square.
            go = min(STEP, t / slope)
            # Heun: the slope half-way, so that bends are followed to second order.
            tm, hr, hc = _patch(field, row - 0.5 * go * gr / slope, col - 0.5 * go * gc / slope)
            half_slope = np.hypot(hr, hc)
            if tm < t and half_slope > 0.0:
                nr = min(max(row - go * hr / half_slope, 0.0), rows - 1.0)
                nc = min(max(col - go * hc / half_slope, 0.0), cols - 1.0)
                if _patch(field, nr, nc)[0] < t and _segment(cost, row, col, nr, nc) < np.inf:
                    row, col = nr, nc
                    out[n, 0], out[n, 1] = row, col
                    n += 1
                    if go < 0.01:
                        return out[:n]
                    continue
        r, c = int(np.floor(row + 0.5)), int(np.floor(col + 0.5))
        lr, lc = _lower_cell(field, r, c)
        if row != r or col != c:
            out[n, 0], out[n, 1] = r, c
            n += 1
        if lr == r and lc == c:
            return out[:n]
        row, col = float(lr), float(lc)
        out[n, 0], out[n, 1] = row, col
        n += 1


@numba.njit(cache=True)
def _window(cost: NDArray[np.floating], path: F8, mid: int, half: int, push_r: float, push_c: float) -> float:
    """Return the cost of the piece around `mid` when a hat of `half` vertices pushes it sideways."""
    last = path.shape[0] - 1
    low, high = max(mid - half, 0), min(mid + half, last)
    total = 0.0
    r0, c0 = path[low, 0], path[low, 1]
    for k in range(low + 1, high + 1):
        w = 1.0 - abs(k - mid) / half if 0 < k < last else 0.0
        r1, c1 = path[k, 0] + w * push_r, path[k, 1] + w * push_c
        total += _segment(cost, r0, c0, r1, c1)
        r0, c0 = r1, c1
    return total


@numba.njit(cache=True)
def _push(cost: NDArray[np.floating], path: F8, mid: int, half: int) -> float:
    """Move one piece to the lowest of a parabola through three pushes; return what it gained."""
    last = path.shape[0] - 1
    low, high = max(mid - half, 0), min(mid + half, last)
    along_r, along_c = path[high, 0] - path[low, 0], path[high, 1] - path[low, 1]
    length = np.hypot(along_r, along_c)
    if length == 0.0:
        return 0.0
    side_r, side_c = -along_c / length, along_r / length
    now = _window(cost, path, mid, half, 0.0, 0.0)
    best, push = now, 0.0
    reach = min(0.5, 0.25 * half)
    left = _window(cost, path, mid, half, -reach * side_r, -reach * side_c)
    right = _window(cost, path, mid, half, reach * side_r, reach * side_c)
    if left < best:
        best, push = left, -reach
    if right < best:
        best, push = right, reach
    bend = left - 2.0 * now + right
    if 0.0 < bend < np.inf:
        foot = 0.5 * reach * (left - right) / bend
        foot = min(max(foot, -4.0 * reach), 4.0 * reach)
        value = _window(cost, path, mid, half, foot * side_r, foot * side_c)
        if value < best:
            best, push = value, foot
    if push == 0.0:
        return 0.0
    for k in range(max(low, 1), min(high, last - 1) + 1):
        w = max(0.0, 1.0 - abs(k - mid) / half)
        path[k, 0] += w * push * side_r
        path[k, 1] += w * push * side_c
    return now - best


@numba.njit(cache=True)
def _thinned(cost: NDArray[np.floating], path: F8) -> F8:
    """Leave out every vertex whose neighbours can be joined at no more cost, up to about a cell apart."""
    keep = np.empty_like(path)
    keep[0] = path[0]
    n, k = 1, 0
    while k < path.shape[0] - 1:
        step = 1
        if k + 2 < path.shape[0]:
            direct = _segment(cost, path[k, 0], path[k, 1], path[k + 2, 0], path[k + 2, 1])
            bent = cost_along(cost, path[k : k + 3])
            if (
                direct <= bent * (1.0 + 1e-9)
                and np.hypot(path[k + 2, 0] - path[k, 0], path[k + 2, 1] - path[k, 1]) <= 2.0
            ):
                step = 2
        k += step
        keep[n] = path[k]
        n += 1
    return keep[:n].copy()


@numba.njit(cache=True)
def tightened(cost: NDArray[np.floating], path_rc: F8) -> F8:
    """Return (M, 2) a path near path_rc (N, 2) that costs no more; its two ends stay where they are."""
    path = _thinned(cost, path_rc)
    whole = cost_along(cost, path)
    for _ in range(ROUNDS):
        gained = 0.0
        for half in HATS:
            if 2 * half > path.shape[0] and half > 1:
                continue
            for mid in range(1, path.shape[0] - 1, max(1, half // 2)):
                gained += _push(cost, path, mid, half)
        if gained < 1e-6 * whole:
            break
    return path
