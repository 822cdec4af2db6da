"""False detections: how many a look of each sensor gives, cell by cell, learned as the night goes.

Theory: gamma-Poisson in two layers.  A sensor's rate per look is shrunk to what is expected of it; a cell's rate (by
bearing and range) to the sensor's.  So a hot rock, a waving bush, a flapping sheet make their own cell noisy and
no other.

Rules: a detection counts as false as far as no track and no new subject explains it.
Limits: within a cell false detections are taken as even; a rock that is followed as a thing of its own is
`look.py`'s.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]

SECTORS, RINGS = 16, 8
LOOKS, FALSE = range(2)  # layers of the counts
SENSOR_WEIGHT = 20.0  # whole turns that the expected rate is worth
CELL_WEIGHT = 60.0  # turns that the sensor's rate is worth in one of its cells
MEMORY_S = 1800.0  # 1/e time of a count
FALSE_PER_M_S = 3e-7  # of a fence: one in an hour and a kilometre


def no_counts(units: int) -> F8:
    """Return (2, units, SECTORS, RINGS) counts, all zero."""
    return np.zeros((2, units, SECTORS, RINGS))


@numba.njit(cache=True)
def cell_of(bearing_rad: float, range_m: float, range_max_m: float) -> tuple[int, int]:
    """Return sector and ring of a place as a sensor sees it."""
    a = int((bearing_rad % (2 * math.pi)) / (2 * math.pi) * SECTORS)
    return min(a, SECTORS - 1), min(int(range_m / max(range_max_m, 1.0) * RINGS), RINGS - 1)


@numba.njit(cache=True)
def count_look(counts: F8, unit: int, start_rad: float, width_rad: float) -> None:
    """Add a look to the counts: each sector as far as it was looked at."""
    step = 2 * math.pi / SECTORS
    width = min(width_rad, 2 * math.pi)
    for a in range(SECTORS):
        off = (a * step - start_rad) % (2 * math.pi)
        share = max(0.0, min(width - off, step))
        # The sector that holds the start is looked at from the start on.
        share += max(0.0, min(off + step - 2 * math.pi, width))
        share = min(share, step)
        if share > 0.0:
            for q in range(RINGS):
                counts[LOOKS, unit, a, q] += share / step


@numba.njit(cache=True)
def density(counts: F8, unit: int, a: int, q: int, expected: float, range_max_m: float) -> float:
    """Return false detections per radian and metre of one look.

    expected: per rad and m before anything is learned.
    """
    area = 2 * math.pi / SECTORS * range_max_m / RINGS
    looks, false = 0.0, 0.0
    for b in range(SECTORS):
        looks += counts[LOOKS, unit, b, 0]
        for k in range(RINGS):
            false += counts[FALSE, unit, b, k]
    turns = looks / SECTORS
    own = (SENSOR_WEIGHT * expected + false / (2 * math.pi * range_max_m)) / (SENSOR_WEIGHT + turns)
    return float((CELL_WEIGHT * own + counts[FALSE, unit, a, q] / area) / (CELL_WEIGHT + counts[LOOKS, unit, a, q]))
