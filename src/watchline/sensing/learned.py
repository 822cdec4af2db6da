"""What looks at tracks teach of P_d: corrections by sensor, class and range, made anew as the night goes.

Theory: a look at a subject that other looks hold for certain is a trial with a known outcome.  Looks are counted by
sensor, class of subject and cell of range; each count is shrunk to what its kind of sensor shows in that cell, and
the kind to the prior: a beta-binomial in two layers, stated as a shift of logit P_d.  Looks at one subject are not
independent, so each counts for less; what trials teach of a whole camera is in `posterior.py`.

Rules: only `sensing` turns evidence into P_d; whoever tracks adds to the counts and asks `p_corrected`.
Limits: a correction holds for the conditions under which it was counted, and fades with `MEMORY_S`.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
Rows = NDArray[np.void]

CELLS = 16  # of range, equal shares of the sensor's own
LOOKED, EXPECTED, SEEN = range(3)  # layers of the counts
DISPERSION = 4.0  # looks at one subject count as a quarter of as many, as long as a passage usually lasts
KIND_WEIGHT = 6.0  # independent looks that the prior of a kind is worth in one cell
OWN_WEIGHT = 10.0  # ... that the kind is worth for one of its sensors
SHIFT_MOST = 4.0  # of logit P_d
MEMORY_S = 3600.0  # 1/e time of a count


@numba.njit(cache=True)
def cell_of(range_m: float, range_max_m: float) -> int:
    """Return the range cell of a place."""
    return min(int(range_m / max(range_max_m, 1.0) * CELLS), CELLS - 1)


@numba.njit(cache=True)
def count_look(looks: F8, klass: int, cell: int, looked: float, p: float, seen: float) -> None:
    """Add a look to a sensor's looks (3, classes, CELLS), in place: its weight, its prior P_d, whether it saw
    (0..looked)."""
    looks[LOOKED, klass, cell] += looked
    looks[EXPECTED, klass, cell] += looked * p
    looks[SEEN, klass, cell] += seen


@numba.njit(cache=True)
def fade(looks: F8, dt_s: float) -> None:
    """Let what was counted count for less after dt_s, in place."""
    looks *= math.exp(-dt_s / MEMORY_S)


@numba.njit(cache=True)
def p_corrected(p: float, shift: float) -> float:
    """Return P_d with its logit shifted; 0 stays 0."""
    if p <= 0.0 or shift == 0.0:
        return p
    odds = p / max(1.0 - p, 1e-9) * math.exp(shift)
    return odds / (1.0 + odds)


@numba.njit(cache=True)
def _logit(p: float) -> float:
    p = min(max(p, 1e-3), 0.999)
    return math.log(p / (1.0 - p))


@numba.njit(cache=True)
def corrections(units: Rows, kind: I8, pooled: F8) -> None:
    """Make every unit's shift from its own and its kind's looks, in place; kind (units,) 0.. of each.

    units: rows with fields looks (3, classes, CELLS) and shift (classes, CELLS); pooled (kinds, 3): room to work in.
    """
    if units.shape[0] == 0:
        return
    classes = units[0].shift.shape[0]
    for c in range(classes):
        for q in range(CELLS):
            pooled[:] = 0.0
            for s in range(units.shape[0]):
                for layer in range(3):
                    pooled[kind[s], layer] += units[s].looks[layer, c, q] / DISPERSION
            for s in range(units.shape[0]):
                own = units[s]
                looked, expected, seen = pooled[kind[s], LOOKED], pooled[kind[s], EXPECTED], pooled[kind[s], SEEN]
                own.shift[c, q] = 0.0
                if looked < 1e-9:
                    continue
                prior = expected / looked
                of_kind = (KIND_WEIGHT * prior + seen) / (KIND_WEIGHT + looked)
                n = own.looks[LOOKED, c, q] / DISPERSION
                mine = (OWN_WEIGHT * of_kind + own.looks[SEEN, c, q] / DISPERSION) / (OWN_WEIGHT + n)
                own.shift[c, q] = min(max(_logit(mine) - _logit(prior), -SHIFT_MOST), SHIFT_MOST)
