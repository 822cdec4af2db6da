"""A field of least costs after a change in one place, without solving the rest again.

Theory: costs change in a box.  Cells round it are solved again, with the old field held on a rim of two cells;
everything a change can reach must reach the cells just inside the rim first.  If these come out as they were, so does
everything beyond; if not, the box is widened and solved again.

Limits: a change that moves the field of the whole line ends as a full solution; then nothing is gained.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from watchline.coverage.eikonal import least_cost
from watchline.coverage.weakest_path import Ends

F8 = NDArray[np.float64]

RIM = 2  # the solver's difference reaches over two cells
MARGIN_CELLS = 64  # round the change at first; four times as many until it ends inside
SAME_CELLS = 0.05  # a value has stayed if it moved by less than this share of its cell's own cost
SAME_SHARE = 1e-6

Box = tuple[int, int, int, int]


def least_cost_after(cost_per_m: NDArray[np.floating], cell_m: float, start: Ends, before: F8, changed: Box) -> F8:
    """Return (rows, cols) the field of the new costs, given the one of the old costs.

    cost_per_m: the new costs; before: field of the old costs from the same `start`; changed: first row, row after the
    last, first column, column after the last, of the box outside of which both costs are the same.
    Equal to a full solution within a twentieth of a cell's cost (`tests/property/test_update_property.py`).
    """
    rows, cols = before.shape
    margin = MARGIN_CELLS
    while True:
        box = _widened(changed, margin, rows, cols)
        if (box[1] - box[0]) * (box[3] - box[2]) > 0.7 * rows * cols:
            return least_cost(cost_per_m, cell_m, start.cell, start.cost)
        field = _solved(cost_per_m, cell_m, start, before, box)
        inside = np.s_[box[0] : box[1], box[2] : box[3]]
        if _stayed(field, before[inside], cost_per_m[inside], cell_m, box, (rows, cols)):
            out = before.copy()
            out[inside] = field
            return out
        margin *= 4


def _widened(box: Box, margin: int, rows: int, cols: int) -> Box:
    return max(box[0] - margin, 0), min(box[1] + margin, rows), max(box[2] - margin, 0), min(box[3] + margin, cols)


def _rim(box: Box, shape: tuple[int, int], first: int, last: int) -> NDArray[np.bool_]:
    """Return the cells of the box first..last from its edges, but not from edges of the grid."""
    rows, cols = box[1] - box[0], box[3] - box[2]
    mask = np.zeros((rows, cols), bool)
    if box[0] > 0:
        mask[first:last] = True
    if box[1] < shape[0]:
        mask[rows - last : rows - first] = True
    if box[2] > 0:
        mask[:, first:last] = True
    if box[3] < shape[1]:
        mask[:, cols - last : cols - first] = True
    return mask


def _solved(cost: NDArray[np.floating], cell_m: float, start: Ends, before: F8, box: Box) -> F8:
    inside = np.s_[box[0] : box[1], box[2] : box[3]]
    old = before[inside]
    held = np.flatnonzero(_rim(box, before.shape, 0, RIM) & np.isfinite(old))
    row, col = np.divmod(start.cell, before.shape[1])
    here = (row >= box[0]) & (row < box[1]) & (col >= box[2]) & (col < box[3])
    own = (row[here] - box[0]) * (box[3] - box[2]) + col[here] - box[2]
    cell = np.concatenate([held, own]).astype(np.int64)
    value = np.concatenate([old.ravel()[held], start.cost[here]])
    return least_cost(np.ascontiguousarray(cost[inside]), cell_m, cell, value)


def _stayed(field: F8, old: F8, cost: NDArray[np.floating], cell_m: float, box: Box, shape: tuple[int, int]) -> bool:
    edge = _rim(box, shape, 0, RIM + 2)
    new, was, own = field[edge], old[edge], cost[edge]
    known = np.isfinite(was)
    if not np.array_equal(known, np.isfinite(new)):
        return False
    moved = np.abs(new[known] - was[known])
    return bool(np.all(moved <= SAME_CELLS * own[known] * cell_m + SAME_SHARE * was[known]))
