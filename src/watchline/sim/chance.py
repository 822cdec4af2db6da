"""Chance by hashing: the same question always has the same answer.

Theory: a 64-bit mix (Steele, Lea & Flood 2014, SplitMix64) of a key and what is asked about: which look,
which body, which draw.  Unlike a stream of numbers it does not depend on the order or the number of draws, so
that neither the size of a step nor a sensor left out changes what the others see.  The key comes from a seeded
numpy Generator.
"""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, inline="always")
def _mix(x: np.uint64) -> np.uint64:
    x = np.uint64(x + np.uint64(0x9E3779B97F4A7C15))
    x = np.uint64((x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9))
    x = np.uint64((x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB))
    return np.uint64(x ^ (x >> np.uint64(31)))


@numba.njit(cache=True)
def uniform(key: int, a: int, b: int, draw: int) -> float:
    """Return a number in (0, 1) for a key and three whole numbers."""
    x = _mix(np.uint64(key) ^ np.uint64(draw) * np.uint64(0xD6E8FEB86659FD93))
    x = _mix(x ^ np.uint64(a))
    x = _mix(x ^ (np.uint64(b) << np.uint64(20)))
    return (float(x >> np.uint64(11)) + 0.5) / 9007199254740992.0


@numba.njit(cache=True)
def normal(key: int, a: int, b: int, draw: int) -> float:
    """Return a standard normal number (Box-Muller)."""
    u, v = uniform(key, a, b, draw), uniform(key, a, b, draw + 1000)
    return float(np.sqrt(-2.0 * np.log(u)) * np.cos(2.0 * np.pi * v))


@numba.njit(cache=True)
def poisson(key: int, a: int, b: int, draw: int, mean: float) -> int:
    """Return a Poisson count by inversion, for means up to 20."""
    u = uniform(key, a, b, draw)
    p = np.exp(-mean)
    total, k = p, 0
    while u > total and k < 60:
        k += 1
        p *= mean / k
        total += p
    return k


@numba.njit(cache=True, inline="always")
def turned(angle_rad: float) -> float:
    """Return the angle in [-pi, pi)."""
    return float((angle_rad + np.pi) % (2.0 * np.pi) - np.pi)
