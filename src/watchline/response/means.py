"""How fast our own go over the ground: on foot, on a horse, on wheels, by day and by night.

Theory: a share of the unit's own speed on firm level ground.  Land cover and roads as in `geo.mobility`; a horse goes
where people go.  Slope on foot: Tobler's law (1993) without its downhill bonus, exp(-3.5 |gradient|).

ASSUMED, no source: slope on a horse as on foot and never steeper than `STEEPEST`; on wheels 1 / (1 + (gradient /
0.25)^2); the shares that are kept at night without lights.  What units really took corrects all of it (`eta.py`).
Rules: hazards (mines, flood) and what is closed by the caller are never entered, by nobody, at no price.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from watchline.geo.mobility import speed_factor
from watchline.geo.terrain import Terrain

F4 = NDArray[np.float32]
Mask = NDArray[np.bool_]
Means = Literal["foot", "horse", "wheels"]

STEEPEST = {"foot": 1.5, "horse": 0.6, "wheels": 0.5}  # gradient
NIGHT = {"foot": 0.8, "horse": 0.7, "wheels": 0.7}  # share of the day's speed
WHEELS_HALF = 0.25  # gradient that halves the speed on wheels


def speed_share(
    terrain: Terrain, means: Means, *, cover: NDArray[np.uint8] | None = None, roads: NDArray[np.uint8] | None = None,
    closed: Mask | None = None, night: bool = False,
) -> F4:  # fmt: skip
    """Return (rows, cols) float32 share of a unit's speed on firm level ground, 0 where it never goes.

    cover, roads (rows, cols) as `geo.mobility.speed_factor` has them; closed (rows, cols): hazards and wire.
    Voids of the elevation count as level.
    """
    shape = terrain.height_m.shape
    bare = roads if roads is not None or cover is not None else np.zeros(shape, np.uint8)
    share = speed_factor(cover, bare, "wheels" if means == "wheels" else "foot")
    down, right = np.gradient(terrain.height_m, terrain.cell_m)
    slope = np.nan_to_num(np.hypot(down, right))
    if means == "wheels":
        share = share / (1.0 + (slope / WHEELS_HALF) ** 2)
    else:
        share = share * np.exp(-3.5 * slope)
    share[slope > STEEPEST[means]] = 0.0
    if night:
        share *= NIGHT[means]
    if closed is not None:
        share[closed] = 0.0
    return np.asarray(share, np.float32)


def with_margin(hazards: Mask) -> Mask:
    """Return (rows, cols) the hazards and every cell that touches one: a fix may be wrong by metres.

    >>> with_margin(np.eye(4, dtype=bool) & (np.arange(4) == 0)).sum()
    np.int64(4)
    """
    wide = hazards.copy()
    wide[1:] |= hazards[:-1]
    wide[:-1] |= hazards[1:]
    tall = wide.copy()
    wide[:, 1:] |= tall[:, :-1]
    wide[:, :-1] |= tall[:, 1:]
    return wide
