"""Where undetected subjects come from and where they go, once somebody says how many set out to cross.

Theory: crossers come in over the outer edge of the watched belt, stretch by stretch, and go straight for its far edge
at SPEED_M_S, which on a grid is an upwind flow; whoever reaches the far edge undetected has passed and is counted,
who strays round the ends with the nearest stretch.  Nobody leaves otherwise: in the long run what comes in is found
or passes.

Limits: one class goes for all: rates of classes are added.  The flow blurs places as a diffusion of v cell / 2 would.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from watchline.domain.undetected import Births
from watchline.geo.line import LineFrame
from watchline.tracking.undetected.field import Ground

F8 = NDArray[np.float64]

SPEED_M_S = 1.0


def fed(ground: Ground, line: LineFrame, births: Births) -> Ground:
    """Return the field's fixed part with crossers coming in as `births` says; refuses a belt that is off the grid.

    Raises ValueError when a stretch has no cell on its outer or far edge.
    """
    rows, cols = ground.birth.shape
    x0, y0, cell = ground.grid
    y, x = np.mgrid[0:rows, 0:cols] * cell
    xy = np.stack([x + x0, y + y0], axis=-1)
    s, d = np.moveaxis(line.sd_from_xy_m(xy), -1, 0)
    stretch = np.searchsorted(births.edges_m, s, side="right") - 1
    on = (s >= births.edges_m[0]) & (s < births.edges_m[-1])
    outer = on & (d >= births.outer_m - cell / 2) & (d < births.outer_m + cell / 2)
    far, nearest = d >= births.far_m, np.clip(stretch, 0, len(births.per_h) - 1)
    birth = np.zeros((rows, cols))
    for k in range(len(births.per_h)):
        here = outer & (stretch == k)
        if not here.any() or not (on & far & (stretch == k)).any():
            raise ValueError(f"Births: stretch {k} has no cell on the outer or far edge of the field's grid")
        birth[here] = births.per_h[k].sum() / 3600.0 / here.sum()
    toward = _home(line, s, d) * (SPEED_M_S / cell)
    # Nobody before the outer edge is on the way: what strays there is turned back with the rest.
    passes = np.where(far, nearest, -1).astype(np.int64)
    return ground._replace(birth=birth, births_s=float(birth.sum()), flow=toward, passes=passes)


def _home(line: LineFrame, s: F8, d: F8) -> F8:
    """Return (R, C, 2) the unit step in which the offset grows, at each cell."""
    at = np.stack([s, d], axis=-1)
    step = line.xy_m_from_sd(at + np.array([0.0, 1.0])) - line.xy_m_from_sd(at)
    return np.asarray(step / np.linalg.norm(step, axis=-1, keepdims=True))
