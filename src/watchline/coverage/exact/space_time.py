"""Crossing under a patrol that moves: the best path in space and time, phase known or not.

Theory: time is cut into steps; at each the crosser stays or moves and takes the hazard of the cell it is then in.  If
it knows the patrol's phase, the least exposure is a dynamic programme over (step, cell).  If it does not, it faces
the mean of exp(-H) over phases, which is no sum over steps, so a path is kept with its exposure in every phase, and
one is dropped only if another one in the same cell at the same step is no worse in all of them.  Both are exact.

Limits: small grids (hundreds of cells, tens of steps and phases); paths kept are bounded and counted, never
silently cut.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]
Cell = tuple[int, int]

MOVES: tuple[Cell, ...] = ((0, 0), (0, -1), (0, 1), (1, 0))  # stay, left, right, forward (one row on)
PATHS_MAX = 200_000  # kept at one step; beyond it the grid is too large for an exact answer


@dataclass(frozen=True)
class SpaceTimePath:
    """cells (row, column) from the first row to the last; exposure (P,) in each phase; p_miss the mean of exp(-H)."""

    cells: tuple[Cell, ...]
    exposure: F8
    p_miss: float


def best_crossing(
    hazard: F8, *, moves_max: int, moves: tuple[Cell, ...] = MOVES, first_counts: bool = True
) -> SpaceTimePath:
    """Return the path from row 0 to the last row with the best mean miss, exact.

    hazard (phases, steps, rows, cols) >= 0: exposure of standing in a cell at a step, in each phase of the patrol;
    one phase means that the crosser knows it.  moves_max: at most so many moves, so steps >= moves_max + 1.
    first_counts: whether the starting cell's hazard at step 0 counts.
    """
    phases, steps, rows, cols = hazard.shape
    if steps < moves_max + 1:
        raise ValueError(f"hazard has {steps} steps, {moves_max} moves need {moves_max + 1}")
    if not float(hazard.min()) >= 0.0:
        raise ValueError("hazard must be >= 0 and never NaN")
    zero = np.zeros(phases)
    kept: dict[Cell, list[tuple[F8, tuple[Cell, ...]]]] = {
        (0, c): [(hazard[:, 0, 0, c] if first_counts else zero, ((0, c),))] for c in range(cols)
    }
    best: SpaceTimePath | None = None
    for step in range(moves_max + 1):
        if step:
            kept = _moved(kept, hazard[:, step], moves, (rows, cols))
        for exposure, cells in _arrived(kept, rows - 1):
            p = float(np.exp(-exposure).mean())
            if best is None or p > best.p_miss:
                best = SpaceTimePath(cells, exposure, p)
    if best is None:
        raise ValueError(f"no path crosses {rows} rows in {moves_max} moves")
    return best


def _arrived(kept: dict[Cell, list[tuple[F8, tuple[Cell, ...]]]], last_row: int) -> list[tuple[F8, tuple[Cell, ...]]]:
    """Take out and return what stands in the last row: it is across."""
    done = [cell for cell in kept if cell[0] == last_row]
    return [path for cell in done for path in kept.pop(cell)]


def _moved(
    kept: dict[Cell, list[tuple[F8, tuple[Cell, ...]]]], hazard: F8, moves: tuple[Cell, ...], shape: Cell
) -> dict[Cell, list[tuple[F8, tuple[Cell, ...]]]]:
    out: dict[Cell, list[tuple[F8, tuple[Cell, ...]]]] = {}
    for (row, col), paths in kept.items():
        for dr, dc in moves:
            there = (row + dr, col + dc)
            if not (0 <= there[0] < shape[0] and 0 <= there[1] < shape[1]):
                continue
            step = hazard[:, there[0], there[1]]
            out.setdefault(there, []).extend((exposure + step, (*cells, there)) for exposure, cells in paths)
    out = {cell: _undominated(paths) for cell, paths in out.items()}
    if sum(len(paths) for paths in out.values()) > PATHS_MAX:
        raise ValueError(f"more than {PATHS_MAX} paths to keep: take fewer phases or a smaller grid")
    return out


def _undominated(paths: list[tuple[F8, tuple[Cell, ...]]]) -> list[tuple[F8, tuple[Cell, ...]]]:
    keep: list[tuple[F8, tuple[Cell, ...]]] = []
    for exposure, cells in sorted(paths, key=lambda p: float(p[0].sum())):
        if not keep or not bool(np.any(np.all(np.array([k[0] for k in keep]) <= exposure, axis=1))):
            keep.append((exposure, cells))
    return keep


def patrol_hazard(
    column_at: NDArray[np.int64], row: int, shape: Cell, steps: int, by_distance: tuple[float, ...]
) -> F8:
    """Return (phases, steps, rows, cols) hazard of a patrol that walks and watches one row, in every phase of its
    cycle.

    column_at (T,): the column at each step of the cycle; by_distance: hazard in its row at 0, 1, ... columns from it.
    """
    rows, cols = shape
    if not 0 <= row < rows or len(column_at) == 0:
        raise ValueError(
            f"row must be in 0..{rows - 1} and column_at not empty, got {row} and {len(column_at)} columns"
        )
    period = len(column_at)
    levels = np.array([*by_distance, 0.0])
    at = np.asarray(column_at)[(np.arange(period)[:, None] + np.arange(steps)[None, :]) % period]
    distance = np.abs(np.arange(cols) - at[:, :, None])
    out = np.zeros((period, steps, rows, cols))
    out[:, :, row, :] = levels[np.minimum(distance, len(by_distance))]
    return out
