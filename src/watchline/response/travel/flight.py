"""A drone's flight: how long it needs in wind, how long it can stay, whether it comes back with a reserve.

Theory: the wind triangle.  Along a leg with air speed a and wind w, ground speed is w_along + sqrt(a^2 - w_across^2);
where that is not above 0 it cannot go there.  It must come home from the farthest place with `RESERVE` of its
endurance unused.
Limits: one wind for the whole flight, climbs not counted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

F8 = NDArray[np.float64]

RESERVE = 0.2  # of a full battery, never planned with
APART_M = 300.0  # between two drones in the air: one that would come nearer is not sent


@dataclass(frozen=True)
class Sortie:
    """Seconds: out_s to the place, back_s home, station_s it can stay there; refused: why not, "" if it can go."""

    out_s: float
    back_s: float
    station_s: float
    refused: str = ""


def leg_s(from_m: ArrayLike, to_m: ArrayLike, air_m_s: float, wind_m_s: ArrayLike) -> F8:
    """Return (...,) seconds from (..., 2) to (..., 2); wind (2,) the way the air moves; inf against too strong a one.

    >>> float(leg_s([0.0, 0.0], [0.0, 1000.0], 10.0, [0.0, -5.0]))
    200.0
    """
    way = np.asarray(to_m, float) - np.asarray(from_m, float)
    wind = np.asarray(wind_m_s, float)
    length = np.hypot(way[..., 0], way[..., 1])
    toward = way / np.maximum(length, 1e-9)[..., None]
    along = toward @ wind
    across = toward[..., 0] * wind[1] - toward[..., 1] * wind[0]
    room = air_m_s**2 - across**2
    ground = along + np.sqrt(np.maximum(room, 0.0))
    can = (room >= 0.0) & (ground > 1e-6)
    return np.asarray(np.where(length == 0.0, 0.0, np.where(can, length / np.where(can, ground, 1.0), np.inf)))


def sortie(
    here_m: F8, home_m: F8, place_m: F8, *, air_m_s: float, wind_m_s: F8, left_s: float, endurance_s: float,
    link_range_m: float = math.inf,
) -> Sortie:  # fmt: skip
    """Return what a flight to a place would be; left_s: how long its battery still lasts, endurance_s when full."""
    out_s, back_s = (float(leg_s(a, b, air_m_s, wind_m_s)) for a, b in ((here_m, place_m), (place_m, home_m)))
    station_s = left_s - RESERVE * endurance_s - out_s - back_s
    refused = ""
    if not math.isfinite(out_s + back_s):
        refused = "the wind is too strong"
    elif np.hypot(*(place_m - home_m)) > link_range_m:
        refused = "beyond its link's range"
    elif station_s <= 0.0:
        refused = "it would not come back with its reserve"
    return Sortie(out_s, back_s, station_s, refused)


@dataclass(frozen=True)
class Leg:
    """A straight flight: from_m to to_m (2,), between two times in seconds."""

    who: str
    from_m: F8
    to_m: F8
    from_s: float
    to_s: float

    def at(self, t_s: float) -> F8:
        """Return where it is at a time within the flight."""
        share = (t_s - self.from_s) / (self.to_s - self.from_s) if self.to_s > self.from_s else 1.0
        return np.asarray(self.from_m + min(max(share, 0.0), 1.0) * (self.to_m - self.from_m))


def separation_m(a: Leg, b: Leg) -> float:
    """Return how near two flights come to each other while both are in the air; inf when they never are together."""
    begin, end = max(a.from_s, b.from_s), min(a.to_s, b.to_s)
    if begin > end:
        return math.inf
    gap0, gap1 = a.at(begin) - b.at(begin), a.at(end) - b.at(end)
    step = gap1 - gap0
    square = float(step @ step)
    share = min(max(-float(gap0 @ step) / square, 0.0), 1.0) if square > 0.0 else 0.0
    return float(np.hypot(*(gap0 + share * step)))
