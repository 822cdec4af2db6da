"""Single cells that stand out of the ground as no ground does: errors of the elevation model, or masts."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.transform import Affine
from rasterio.windows import Window

from watchline.sources.heights import F4, F8, Band

SPIKE_M = 8.0  # a single cell this much above all its neighbours is an error or a mast, not ground
SPIKE_TIMES_RELIEF = 2.0  # ... and by this many times the relief around it


def spikes(height_m: NDArray[np.floating[Any]]) -> int:
    """Return how many single cells stand out of their eight neighbours as no ground does; see `spike_cells`."""
    return len(spike_cells(height_m))


def spike_cells(height_m: NDArray[np.floating[Any]]) -> NDArray[np.int64]:
    """Return (n, 2) rows and columns of spikes.

    By more than SPIKE_M above the highest neighbour and SPIKE_TIMES_RELIEF times the relief among them: on steep
    ground a spike of that size hides nothing that the slope does not.
    """
    if min(height_m.shape) < 3:
        return np.empty((0, 2), np.int64)
    middle = height_m[1:-1, 1:-1]
    rows, cols = middle.shape
    around = [
        height_m[i : i + rows, j : j + cols] for i in range(3) for j in range(3) if (i, j) != (1, 1)
    ]  # fmt: skip
    highest, lowest = around[0].copy(), around[0].copy()
    for neighbour in around[1:]:
        np.fmax(highest, neighbour, out=highest)
        np.fmin(lowest, neighbour, out=lowest)
    rise = middle - highest
    return np.argwhere((rise > SPIKE_M) & (rise > SPIKE_TIMES_RELIEF * (highest - lowest))) + 1


def spike_note(name: str, found: int) -> str:
    """Return what is said of spikes."""
    what = f"{found} single cell{'s' if found > 1 else ''} over {SPIKE_M:g} m above all neighbours"
    return f"{name}: {what}: spikes in the data (or masts) throw long shadows"


class SpikeWatch:
    """A band that remembers the spikes in what is read of it, before resampling flattens them."""

    def __init__(self, band: Band) -> None:
        self._band = band
        self._cells: list[NDArray[np.int64]] = []

    @property
    def name(self) -> str:
        """Return the band's name."""
        return self._band.name

    @property
    def crs(self) -> Any:
        """Return its coordinate system."""
        return self._band.crs

    @property
    def transform(self) -> Affine:
        """Return its transform."""
        return self._band.transform

    @property
    def shape(self) -> tuple[int, int]:
        """Return rows, columns."""
        return self._band.shape

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what is to be said, if anything."""
        found = len(np.unique(np.concatenate(self._cells))) if self._cells else 0
        return (spike_note(self.name, found),) if found else ()

    def read(self, window: Window) -> F4 | F8:
        """Return the heights of a window; a cell seen twice in overlapping windows is one spike."""
        heights = self._band.read(window)
        cells = np.add(spike_cells(heights), [int(window.row_off), int(window.col_off)])
        self._cells.append(cells[:, 0] * self.shape[1] + cells[:, 1])
        return heights
