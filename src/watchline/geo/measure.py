"""Measuring on the ellipsoid: how far, in which direction, how large.

Theory: geodesics of WGS 84 by PROJ (Karney 2013, to nanometres).  A grid bearing is what is read off a map sheet:
the direction between two positions on the UTM plane of the zone in which the first one lies.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyproj
from numpy.typing import NDArray

from watchline.geo.frame import GEOD
from watchline.geo.grid_reference import zone_of

F8 = NDArray[np.float64]
UTM_LAT_DEG = (-80.0, 84.0)  # DMA TM 8358.2, 2-2.2: beyond, the grid is another


@dataclass(frozen=True)
class Leg:
    """From one point to the next: along the ellipsoid, true bearing at its start, grid bearing in `zone`."""

    distance_m: float
    bearing_rad: float
    grid_bearing_rad: float
    zone: int


def legs(lonlat_deg: F8) -> list[Leg]:
    """Return the N - 1 legs of a way (N, 2) of longitudes and latitudes; bearings in [0, 2 pi).

    Raises ValueError beyond the latitudes of UTM.

    >>> one = legs(np.array([[45.0, 34.0], [45.0, 35.0]]))[0]  # on the central meridian of zone 38
    >>> round(one.distance_m, 1), one.bearing_rad, one.grid_bearing_rad, one.zone
    (110931.5, 0.0, 0.0, 38)
    """
    return [_leg(start, stop) for start, stop in pairwise(lonlat_deg)]


def _leg(start: F8, stop: F8) -> Leg:
    if not (UTM_LAT_DEG[0] <= min(start[1], stop[1]) and max(start[1], stop[1]) <= UTM_LAT_DEG[1]):
        raise ValueError(f"latitudes of UTM are {UTM_LAT_DEG[0]:g} to {UTM_LAT_DEG[1]:g} degrees")
    azimuth, _, distance_m = GEOD.inv(start[0], start[1], stop[0], stop[1])
    zone = int(zone_of(float(start[0]), float(start[1]))[:-1])
    east, north = _plane(zone, bool(start[1] < 0.0)).transform([start[0], stop[0]], [start[1], stop[1]])
    grid = np.arctan2(east[1] - east[0], north[1] - north[0])
    whole = 2.0 * np.pi
    return Leg(float(distance_m), float(np.radians(azimuth) % whole), float(grid % whole), zone)


@functools.lru_cache(maxsize=8)
def _plane(zone: int, south: bool) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs("EPSG:4326", f"EPSG:{32700 + zone if south else 32600 + zone}", always_xy=True)


def area_m2(lonlat_deg: F8) -> float:
    """Return the area inside a closed way (N, 2), N >= 3, on the ellipsoid; its last point is joined to the first.

    A way that crosses itself counts what it goes round in one sense less what it goes round in the other.
    """
    area, _ = GEOD.polygon_area_perimeter(lonlat_deg[:, 0], lonlat_deg[:, 1])
    return abs(float(area))
