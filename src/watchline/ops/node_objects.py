"""Which object a node means: its own numbers and places of the last seconds, so that a track of ours can name them.

Tracking does not carry others' numbers along; the object of a node that lay nearest to the track within `HOLDS_S` is
taken for it, if it lies within `NEAR_M`.  Mutable: it is told of every detection.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]

HOLDS_S = 10.0
NEAR_M = 100.0  # a walker's way in that time, and a camera's error in range
OBJECTS_MAX = 10_000  # of all nodes; the oldest give way


class NodeObjects:
    """Objects by node and number: when and where they were last seen, on the site grid."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], tuple[float, float, float]] = {}

    def saw(self, node: str, object_id: str, t_s: float, xy_m: F8) -> None:
        """Remember where a node saw an object, (2,) metres."""
        self._seen.pop((node, object_id), None)
        self._seen[node, object_id] = (t_s, float(xy_m[0]), float(xy_m[1]))
        if len(self._seen) > OBJECTS_MAX:
            self._seen.pop(next(iter(self._seen)))

    def nearest(self, node: str, now_s: float, xy_m: F8) -> str | None:
        """Return the node's number of what it saw at (2,) metres, None if it saw nothing there lately."""
        found, best_m = None, NEAR_M
        for (by, object_id), (t_s, x, y) in self._seen.items():
            away_m = math.hypot(x - float(xy_m[0]), y - float(xy_m[1]))
            if by == node and now_s - t_s <= HOLDS_S and away_m <= best_m:
                found, best_m = object_id, away_m
        return found
