"""A field of least costs after a change in one place, without solving the rest again.

Theory: costs change in a box.  A window round it is solved again, with the old field held on a rim of two cells;
everything a change can reach must reach the cells just inside the rim first.  If these come out as they were, so does
everything beyond.  If not, the window is widened on those of its four sides where they moved, and solved again: a
change reaches far behind itself, less far to the sides, and hardly towards the start.

Limits: a change that moves the field of the whole grid ends as a full solution; then nothing is gained.  Where each
side of a line is walked on its own side (`crossing.py`) it hardly happens: behind the change comes the line.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from watchline.coverage.solver.eikonal import least_cost
from watchline.coverage.weakest_path import Ends

F8 = NDArray[np.float64]

RIM = 2  # the solver's difference reaches over two cells
MARGIN_CELLS = 96  # round the change at first
WIDER = 3  # times the margin of a side where the field moved at the rim
SAME_CELLS = 0.05  # a value has stayed if it moved by less than this share of its cell's own cost
SAME_SHARE = 1e-6
WHOLE = 0.7  # share of the grid beyond which a window is not worth its rim

Box = tuple[int, int, int, int]


def least_cost_after(cost_per_m: NDArray[np.floating], cell_m: float, start: Ends, before: F8, changed: Box) -> F8:
    """Return (rows, cols) the field of the new costs, given the one of the old costs.

    cost_per_m: the new costs; before: field of the old costs from the same `start`; changed: first row, row after the
    last, first column, column after the last, of the box outside of which both costs are the same.
    Equal to a full solution within a twentieth of a cell's cost (`tests/property/test_update_property.py`).
    """
    rows, cols = before.shape
    margin = np.full(4, MARGIN_CELLS)
    while True:
        box = _widened(changed, margin, rows, cols)
        if (box[1] - box[0]) * (box[3] - box[2]) > WHOLE * rows * cols:
            return least_cost(cost_per_m, cell_m, start.cell, start.cost)
        field = _solved(cost_per_m, cell_m, start, before, box)
        moved = _moved(field, before, cost_per_m, cell_m, box)
        if not moved.any():
            out = before.copy()
            out[box[0] : box[1], box[2] : box[3]] = field
            return out
        margin[moved] *= WIDER


def _widened(box: Box, margin: NDArray[np.int64], rows: int, cols: int) -> Box:
    top, bottom, left, right = (int(m) for m in margin)
    return max(box[0] - top, 0), min(box[1] + bottom, rows), max(box[2] - left, 0), min(box[3] + right, cols)


def _rims(box: Box, shape: tuple[int, int], deep: int) -> list[tuple[slice, slice] | None]:
    """Return the `deep` cells along each side of the window (top, bottom, left, right), None at edges of the grid."""
    rows, cols = box[1] - box[0], box[3] - box[2]
    return [
        np.s_[:deep, :] if box[0] > 0 else None,
        np.s_[rows - deep :, :] if box[1] < shape[0] else None,
        np.s_[:, :deep] if box[2] > 0 else None,
        np.s_[:, cols - deep :] if box[3] < shape[1] else None,
    ]


def _solved(cost: NDArray[np.floating], cell_m: float, start: Ends, before: F8, box: Box) -> F8:
    inside = np.s_[box[0] : box[1], box[2] : box[3]]
    old = before[inside]
    rim = np.zeros(old.shape, bool)
    for part in _rims(box, before.shape, RIM):
        if part is not None:
            rim[part] = True
    held = np.flatnonzero(rim & np.isfinite(old))
    row, col = np.divmod(start.cell, before.shape[1])
    here = (row >= box[0]) & (row < box[1]) & (col >= box[2]) & (col < box[3])
    own = (row[here] - box[0]) * (box[3] - box[2]) + col[here] - box[2]
    cell = np.concatenate([held, own]).astype(np.int64)
    value = np.concatenate([old.ravel()[held], start.cost[here]])
    return least_cost(np.ascontiguousarray(cost[inside]), cell_m, cell, value)


def _moved(field: F8, before: F8, cost: NDArray[np.floating], cell_m: float, box: Box) -> NDArray[np.bool_]:
    """Return (4,) at which sides of the window the cells next to the rim are not what they were."""
    inside = np.s_[box[0] : box[1], box[2] : box[3]]
    out = np.zeros(4, bool)
    for side, part in enumerate(_rims(box, before.shape, RIM + 2)):
        if part is None:
            continue
        new, was, own = field[part], before[inside][part], cost[inside][part]
        known = np.isfinite(was)
        step = np.abs(new[known] - was[known])
        stayed = step <= SAME_CELLS * own[known] * cell_m + SAME_SHARE * was[known]
        out[side] = not (np.array_equal(known, np.isfinite(new)) and bool(np.all(stayed)))
    return out
