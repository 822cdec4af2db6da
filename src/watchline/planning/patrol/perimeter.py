"""Robots or vehicles on a ring that turn by chance, against one who sees all of it.

Theory: patrols d segments apart go round in step and turn with one chance per step; an intruder appears in segment i
ahead of a patrol, knowing everything, and needs t steps.  What counts is the least chance over i that a patrol
comes by within t steps (Agmon, Kaminka & Kraus, JAIR 42, 2011).  One patrol passing either way is enough: by symmetry
the ring of d segments with one patrol stands for all.

Models: "turn" (directed, turning costs nothing: goes on with p, else turns and goes the other way), "step" (goes
right with p, else left).  Facts: t >= d: certain; t < d / 2 - 1 / 2: some segment is never reached in time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

F8 = NDArray[np.float64]
Model = Literal["turn", "step"]

TRIED = 200


@dataclass(frozen=True)
class Perimeter:
    """The best chance of going on (or right), and the least chance of detection it gives anywhere."""

    p: float
    value: float


def detection(d: int, t: int, p: float, model: Model) -> F8:
    """Return (d,) chance that segment i = 1..d ahead of the patrol is visited within t steps, the start not counted.

    Segment d is where the patrol stands.

    >>> detection(3, 2, 0.5, "turn").round(4).tolist()
    [0.75, 0.75, 0.5]
    """
    out = np.empty(d)
    for target in range(1, d + 1):
        # State: place on the ring, direction; mass of those that have not been there yet.
        mass = np.zeros((d, 2))
        mass[0, 0] = 1.0
        found = 0.0
        for _ in range(t):
            right = p * mass[:, 0] + (1.0 - p) * mass[:, 1] if model == "turn" else p * mass.sum(axis=1)
            left = p * mass[:, 1] + (1.0 - p) * mass[:, 0] if model == "turn" else (1.0 - p) * mass.sum(axis=1)
            mass = np.column_stack([np.roll(right, 1), np.roll(left, -1)])
            found += float(mass[target % d].sum())
            mass[target % d] = 0.0
        out[target - 1] = found
    return out


def best_perimeter(d: int, t: int, model: Model) -> Perimeter:
    """Return the chance that makes the least detection largest: the pieces between a fine grid, each searched."""

    def least(p: float) -> float:
        return float(detection(d, t, p, model).min())

    grid = np.linspace(0.0, 1.0, TRIED + 1)
    best = int(np.argmax([least(float(p)) for p in grid]))
    low, high = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, TRIED)])
    found = minimize_scalar(lambda p: -least(p), bounds=(low, high), method="bounded", options={"xatol": 1e-10})
    p = float(found.x) if -found.fun > least(float(grid[best])) else float(grid[best])
    return Perimeter(p, least(p))
