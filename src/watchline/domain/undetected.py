"""Subjects that nobody has detected: their expected number per square metre, on a grid along and around the line.

Theory: the Poisson part of a Poisson multi-Bernoulli filter (Williams, IEEE Trans. AES 51(3), 2015).  Every scan
thins it by its P_d, motion spreads it, births feed it, and a track that is given up returns to it.

Rules: born - found + returned - left is what is there: nothing is lost in between (`balance`).
Limits: one class of subject, no direction of motion; a cell is in sight or not as its middle is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]


@dataclass(frozen=True)
class Births:
    """How many set out to cross, as whoever keeps account says.

    edges_m (K + 1,): chainages between K stretches, growing; per_h (K, C): crossers an hour by stretch and class,
    `batches.CLASSES`; outer_m, far_m: offsets of the belt's outer and far edge, outer below far.
    """

    edges_m: F8
    per_h: F8
    outer_m: float
    far_m: float

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if self.edges_m.ndim != 1 or len(self.edges_m) < 2 or np.any(np.diff(self.edges_m) <= 0):
            raise ValueError("Births.edges_m must be at least two growing chainages")
        if self.per_h.ndim != 2 or len(self.per_h) != len(self.edges_m) - 1:
            raise ValueError(f"Births.per_h: expected {len(self.edges_m) - 1} rows, got {self.per_h.shape}")
        if not np.all(np.isfinite(self.per_h) & (self.per_h >= 0)):
            raise ValueError("Births.per_h must be finite and at least 0")
        if not self.outer_m < self.far_m:
            raise ValueError("Births.outer_m must be below far_m")


@dataclass(frozen=True)
class Undetected:
    """The field at one moment.

    per_m2 (R, C) expected undetected subjects per square metre; x0_m, y0_m: grid position of the middle of cell
    (0, 0); x grows with columns and y with rows; cell_m: side of a cell; birth_per_m2_s (R, C): how many appear.
    start: how many there were at first; born, found, returned, left: what has been added and taken since.
    passed (K,): of those who left, how many passed the far edge undetected, by stretch of `Births`; empty without.
    """

    per_m2: F8
    x0_m: float
    y0_m: float
    cell_m: float
    birth_per_m2_s: F8
    start: float
    born: float
    found: float
    returned: float
    left: float
    passed: F8

    @property
    def expected(self) -> float:
        """Return how many undetected subjects there are on the whole grid."""
        return float(self.per_m2.sum() * self.cell_m**2)

    @property
    def balance(self) -> float:
        """Return what is there less what should be; 0 to rounding."""
        return self.expected - (self.start + self.born + self.returned - self.found - self.left)

    def at(self, xy_m: F8) -> F8:
        """Return (N,) the density at grid positions (N, 2); 0 outside the grid."""
        col = np.rint((xy_m[:, 0] - self.x0_m) / self.cell_m).astype(np.int64)
        row = np.rint((xy_m[:, 1] - self.y0_m) / self.cell_m).astype(np.int64)
        rows, cols = self.per_m2.shape
        inside = (row >= 0) & (row < rows) & (col >= 0) & (col < cols)
        return np.where(inside, self.per_m2[np.clip(row, 0, rows - 1), np.clip(col, 0, cols - 1)], 0.0)
