"""The least cost of getting to every cell, in the continuum sense: |grad T| = cost.

Theory: a cell's least cost T obeys the eikonal equation, not a sum over the edges of a graph, so paths may run
at any angle.  Upwind differences (Godunov, four neighbours; Rouy & Tourin 1992) of second order (Sethian 1999,
"Level Set Methods and Fast Marching Methods", ch. 8.3) on cell centres.  Cells are accepted in order of T from a
circular array of buckets; a cell accepted too early is taken up again when a lower value turns up, so the width
of the buckets changes the time and not the answer.  Where the cost jumps by more than `JUMP` between neighbours
the difference is of first order and the cost is the mean of both cells: half of the way lies in each.

Rules: cost is per metre, > 0; NaN and inf are obstacles.  Four neighbours: a wall of cells that touch only at
corners holds.  Accuracy on a smooth cost: second order in the cell, see `design/006-weakest-path.md`.
Limits: isotropic; a cost that depends on the direction of travel needs another solver.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]

PAD = 2  # rim of unreachable cells, so that second neighbours need no bounds check
JUMP = 2.0  # ratio of neighbours' costs above which a difference over both means nothing
BUCKETS = 1 << 16  # live buckets; what lies farther ahead waits in one list
SAMPLED = 100_000  # cells looked at to learn what a dear one costs
FINEST = 4096  # buckets a dear cell spans at most
REOPEN = 1e-3  # an accepted cell is taken up again when it gains this share of one cell's cost
CELL_LIMIT = 2**31 - 1  # indices are int32


def least_cost(
    cost_per_m: NDArray[np.floating], cell_m: float, start_cell: I8, start_cost: F8, *, order: int = 2
) -> F8:
    """Return (rows, cols) float64 the least cost of reaching each cell's centre, inf where none can.

    cost_per_m: (rows, cols) cost of a metre, > 0; NaN or inf is an obstacle.  cell_m: side of a square cell, > 0.
    start_cell: (M,) flat indices of the cells one may start from; start_cost: (M,) the cost of being there.
    order: 2, or 1 for the plain first-order scheme, which is monotone in the cost and errs high.
    Raises ValueError for a cost <= 0, a start outside the grid or without a cost, an order that is neither.
    Memory: 24 bytes a cell besides the input, the 8 of the answer included.

    >>> least_cost(np.ones((3, 4)), 10.0, np.array([0, 4, 8]), np.zeros(3))[1].tolist()
    [0.0, 10.0, 20.0, 30.0]
    """
    rows, cols = cost_per_m.shape
    _check(cost_per_m, cell_m, start_cell, start_cost, order)
    width = cols + 2 * PAD
    cells = np.empty(((rows + 2 * PAD) * width, 2))
    smallest, harmonic = _lay_out(cells, cost_per_m, cell_m)
    if smallest <= 0.0:
        raise ValueError("cost_per_m must be > 0 in every cell that is no obstacle: add a price of time")
    if np.isfinite(smallest):
        # Near the cheapest cell's cost, but never so fine that dear cells lie beyond the live buckets, or that a few
        # cheap cells make millions of empty ones.
        bucket = max(smallest, 0.01 * harmonic, _dear(cells[:, 1], width) / FINEST)
        at = (start_cell // cols + PAD) * width + start_cell % cols + PAD
        _march(cells, cells.view(np.int64), width, at, start_cost, bucket, order == 2)
    return _least(cells, rows, cols)


def _check(cost: NDArray[np.floating], cell_m: float, start_cell: I8, start_cost: F8, order: int) -> None:
    if not 0.0 < cell_m < np.inf:
        raise ValueError(f"cell_m must be > 0, got {cell_m}")
    if order not in (1, 2):
        raise ValueError(f"order must be 1 or 2, got {order}")
    if start_cell.shape != start_cost.shape or start_cell.ndim != 1:
        raise ValueError(f"start_cell {start_cell.shape} and start_cost {start_cost.shape} must be (M,) both")
    if np.any((start_cell < 0) | (start_cell >= cost.size)) or not np.all(np.isfinite(start_cost)):
        raise ValueError("every start must be a cell of the grid, with a finite cost")
    if (cost.shape[0] + 2 * PAD) * (cost.shape[1] + 2 * PAD) > CELL_LIMIT:
        raise ValueError(f"at most {CELL_LIMIT} cells, got {cost.shape}")


def _dear(cost: F8, width: int) -> float:
    """Return about what the dearest hundredth of the cells costs; 0 if the sample holds obstacles only."""
    stride = max(1, len(cost) // SAMPLED)
    while math.gcd(stride, width) > 1:  # else a few columns would stand for all
        stride += 1
    sample = cost[::stride]
    sample = sample[np.isfinite(sample)]
    return float(np.quantile(sample, 0.99)) if len(sample) else 0.0


@numba.njit(cache=True)
def _lay_out(cells: F8, cost: NDArray[np.floating], cell_m: float) -> tuple[float, float]:
    """Fill `cells` and return the least cost of a cell and the harmonic mean of all.

    cells (N, 2) T and cost of one cell side by side, for the cache's sake.
    """
    rows, cols = cost.shape
    width = cols + 2 * PAD
    cells[:] = np.inf
    smallest, inverse, n = np.inf, 0.0, 0
    for r in range(rows):
        for c in range(cols):
            v = float(cost[r, c]) * cell_m
            if not abs(v) < np.inf:
                continue
            cells[(r + PAD) * width + c + PAD, 1] = v
            n += 1
            smallest = min(smallest, v)
            if v > 0.0:
                inverse += 1.0 / v
    return smallest, (n / inverse if inverse > 0.0 else np.inf)


@numba.njit(cache=True)
def _least(cells: F8, rows: int, cols: int) -> F8:
    out = np.empty((rows, cols))
    for r in range(rows):
        for c in range(cols):
            out[r, c] = cells[(r + PAD) * (cols + 2 * PAD) + c + PAD, 0]
    return out


@numba.njit(cache=True, inline="always", error_model="numpy")
def _axis(cells: F8, j: int, step: int, here: float, second: bool) -> tuple[float, float, float]:
    """Return t, root of the weight, cost of one axis of the quadratic weight (T - t)^2; t inf: neither side is known.

    Written without branches: which side is taken and whether the order is two is as good as random to a processor.
    """
    before, behind = cells[j - step, 0], cells[j + step, 0]
    out = -step if before <= behind else step
    t = min(before, behind)
    near, far = abs(cells[j + out, 1]), cells[j + 2 * out, 0]
    smooth = (near <= JUMP * here) & (near * JUMP >= here)
    two = second & smooth & (far < t)
    rise = (t - far) / 3.0 if two else 0.0
    return t + rise, (1.5 if two else 1.0), (0.5 * (here + near) if second & (not smooth) else here)


@numba.njit(cache=True, inline="always", error_model="numpy")
def _arrival(cells: F8, j: int, width: int, here: float, second: bool) -> float:
    """Return T of cell j from the cells round it (Godunov's upwind choice)."""
    ta, wa, ca = _axis(cells, j, 1, here, second)
    tb, wb, cb = _axis(cells, j, width, here, second)
    swap = tb < ta
    t1 = tb if swap else ta
    w1 = wb if swap else wa
    c1 = cb if swap else ca
    gap = ta - tb if swap else tb - ta
    a1, a2 = w1 * w1, (wa * wa if swap else wb * wb)
    if w1 * gap >= c1:
        return t1 + c1 / w1
    # Both axes: the front's cost is that of the side the front comes from.
    both = a1 + a2
    return float(t1 + (a2 * gap + np.sqrt(both * c1 * c1 - a1 * a2 * gap * gap)) / both)


@numba.njit(cache=True)
def _grown(array: I4) -> I4:
    out = np.empty(2 * len(array), np.int32)
    out[: len(array)] = array
    return out


@numba.njit(cache=True, error_model="numpy")
def _march(  # noqa: C901  one compiled loop; split further, it would pay for it on every cell
    cells: F8, bits: I8, width: int, start: I8, start_cost: F8, bucket: float, second: bool
) -> None:
    """Fill T.  Invariant: the last bit of T says that it is accepted; a tentative T has it clear.

    A start has its cost negated: what is known there is lowered only by what gains more than a cell's cost.
    """
    per = 1.0 / bucket
    mask = BUCKETS - 1
    heads = np.full(BUCKETS, np.int32(-1), np.int32)
    cell, after = np.empty(1 << 16, np.int32), np.empty(1 << 16, np.int32)
    unused, top = np.int32(-1), np.int32(0)  # chain of entries given back; entries never used yet
    ahead, ahead_first, live = np.int32(-1), np.int64(1 << 62), 0  # what lies beyond the live buckets
    for m in range(len(start)):
        j = start[m]
        if cells[j, 1] == np.inf or cells[j, 0] <= start_cost[m]:
            continue
        if top == len(cell):
            cell, after = _grown(cell), _grown(after)
        cells[j, 0] = start_cost[m]
        cells[j, 1] = -abs(cells[j, 1])
        bits[j, 0] &= ~np.int64(1)
        cell[top], after[top] = j, ahead
        ahead, ahead_first = top, min(ahead_first, np.int64(start_cost[m] * per))
        top += 1
    base = ahead_first
    while live > 0 or ahead >= 0:
        if live == 0:
            base = max(base, ahead_first)
        if ahead >= 0 and base >= ahead_first:
            e, ahead, ahead_first = ahead, np.int32(-1), np.int64(1 << 62)
            while e >= 0:
                onward = after[e]
                b = max(base, np.int64(cells[cell[e], 0] * per))
                if b - base >= BUCKETS:
                    after[e], ahead, ahead_first = ahead, e, min(ahead_first, b)
                else:
                    after[e], heads[b & mask] = heads[b & mask], e
                    live += 1
                e = onward
        e = heads[base & mask]
        if e < 0:
            base += 1
            continue
        heads[base & mask] = -1
        while e >= 0:
            i, onward = cell[e], after[e]
            after[e], unused = unused, e
            e = onward
            live -= 1
            if bits[i, 0] & 1:
                continue
            bits[i, 0] |= 1
            t_here = cells[i, 0]
            for turn in range(4):
                j = i + (1 - 2 * (turn & 1)) * (1 if turn < 2 else width)
                was, here = cells[j, 0], cells[j, 1]
                # Obstacles are never reached; what is already lower cannot gain from here.
                if was <= t_here or here == np.inf:
                    continue
                t = _arrival(cells, j, width, abs(here), second)
                accepted = bits[j, 0] & 1
                least = was
                if here < 0.0:
                    least = was + here
                elif accepted:
                    least = was - REOPEN * here
                if t >= least:
                    continue
                cells[j, 0] = t
                bits[j, 0] &= ~np.int64(1)
                b = max(base, np.int64(t * per))
                if not accepted and was < np.inf and b != base and np.int64(was * per) == b:
                    continue
                if unused >= 0:
                    n = unused
                    unused = after[n]
                else:
                    if top == len(cell):
                        cell, after = _grown(cell), _grown(after)
                    n = top
                    top += 1
                cell[n] = j
                if b - base >= BUCKETS:
                    after[n], ahead, ahead_first = ahead, n, min(ahead_first, b)
                else:
                    after[n], heads[b & mask] = heads[b & mask], n
                    live += 1
