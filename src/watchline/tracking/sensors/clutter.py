"""False detections: how many a look of each sensor gives, cell by cell, learned as the night goes.

Theory: gamma-Poisson in two layers.  A sensor's rate per look is shrunk to what is expected of it; a cell's rate (by
bearing and range) to the sensor's.  So a hot rock, a waving bush, a flapping sheet make their own cell noisy and
no other.

Rules: a detection counts as false as far as no track and no new subject explains it.
Limits: within a cell false detections are taken as even; a rock that is followed as a thing of its own is
`look/pairing.py`'s.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from watchline.tracking.compiled import compiled

F8 = NDArray[np.float64]

SECTORS, RINGS = 16, 8
SENSOR_WEIGHT = 20.0  # whole turns that the expected rate is worth
CELL_WEIGHT = 60.0  # turns that the sensor's rate is worth in one of its cells
MEMORY_S = 1800.0  # 1/e time of a count
FALSE_PER_M_S = 3e-7  # of a fence: one in an hour and a kilometre


@compiled
def cell_of(bearing_rad: float, range_m: float, range_max_m: float) -> tuple[int, int]:
    """Return sector and ring of a place as a sensor sees it."""
    a = int((bearing_rad % (2 * math.pi)) / (2 * math.pi) * SECTORS)
    return min(a, SECTORS - 1), min(int(range_m / max(range_max_m, 1.0) * RINGS), RINGS - 1)


@compiled
def count_look(turns: F8, start_rad: float, width_rad: float) -> None:
    """Add a look to the turns (SECTORS,): each sector as far as it was looked at."""
    step = 2 * math.pi / SECTORS
    width = min(width_rad, 2 * math.pi)
    start = start_rad % (2 * math.pi)
    for a in range(SECTORS):
        off = a * step - start
        if off < 0.0:
            off += 2 * math.pi
        share = max(0.0, min(width - off, step))
        # The sector that holds the start is looked at from the start on.
        share += max(0.0, min(off + step - 2 * math.pi, width))
        turns[a] += min(share, step) / step


@compiled
def per_look(turns: F8, false: F8, expected: float, range_max_m: float) -> float:
    """Return false detections per radian and metre of one look anywhere, as the sensor's own counts have it.

    turns (SECTORS,), false (SECTORS, RINGS); expected: per rad and m before anything is learned.
    """
    looks, total = 0.0, 0.0
    for a in range(SECTORS):
        looks += turns[a]
        for q in range(RINGS):
            total += false[a, q]
    return (SENSOR_WEIGHT * expected + total / (2 * math.pi * range_max_m)) / (SENSOR_WEIGHT + looks / SECTORS)


@compiled
def density(turns: F8, false: F8, a: int, q: int, own: float, range_max_m: float) -> float:
    """Return false detections per radian and metre of one look in sector a and ring q; own: `per_look`'s."""
    area = 2 * math.pi / SECTORS * range_max_m / RINGS
    return float((CELL_WEIGHT * own + false[a, q] / area) / (CELL_WEIGHT + turns[a]))
