"""How people go who are out of sight: the law that a cloud of a track and a search's drawn ways have in common.

Theory: a random tour: a way is kept for TURN_S on average, then taken anew about its aim; now and then it leads
anywhere; people rest.  What chance decides is decided by a fixed sequence, so that the same input gives the same
ways: SplitMix64 (Steele, Lea & Flood 2014) of a count and a key.
ASSUMED: every number here; no experiment with people in a desert is behind them.
"""

from __future__ import annotations

import math

import numba
import numpy as np

TURN_S, REST_S, RESTS_S = 120.0, 140.0, 60.0  # how often a way is taken anew, a rest begun, a rest ended
TURN_SD_RAD = 0.35  # of a new way to the old aim
ASTRAY = 0.08  # of new ways lead anywhere


@numba.njit(cache=True)
def even(count: int, key: int) -> float:
    """Return the count-th number of a key's fixed sequence, evenly in (0, 1)."""
    z = np.uint64(count) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(key)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return (float(z >> np.uint64(11)) + 0.5) / 9007199254740992.0


@numba.njit(cache=True)
def normal(count: int, key: int) -> float:
    """Return a standard normal number from the count-th and the next of a key's sequence (Box & Muller 1958)."""
    return math.sqrt(-2.0 * math.log(even(count, key))) * math.cos(2.0 * math.pi * even(count + 1, key))
