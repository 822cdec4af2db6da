"""Questions to the ground from the map: how far and how high, can this be seen from there, where does the sky begin.

Rules: the console draws and asks; every figure is worked out here, by the same engines that judge a tower's sight.
What the elevation does not hold is null.  Nothing is kept: a question tells nothing of the line.
"""

from __future__ import annotations

import asyncio
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchline.geo.frame import SiteFrame
from watchline.geo.grid_reference import mgrs_of
from watchline.geo.measure import UTM_LAT_DEG, area_m2, legs
from watchline.geo.profile import need_along_m, sight_profile
from watchline.geo.sight import REFRACTION_LIGHT
from watchline.geo.skyline import skyline
from watchline.geo.terrain import Terrain
from watchline.geo.visibility import COPERNICUS_GLO30
from watchline.server.asking import json_answer, number_of

F8 = NDArray[np.float64]

POINTS_MOST = 200  # of a measured way
PROFILE_MOST = 1_200  # points of a profile that are sent: more than a screen is wide
BEARINGS = 720  # of a horizon: every half degree, the width of the moon
HEIGHTS_M = (0.0, 10_000.0)
EYE_M, SUBJECT_M = 1.7, 1.7  # a person standing


class Ground:
    """The answers; one method each."""

    def __init__(self, terrain: Terrain, frame: SiteFrame) -> None:
        self.terrain, self.frame = terrain, frame

    def routes(self) -> list[Route]:
        """Return the doors."""
        return [
            Route("/api/ground/measure", self.measure),
            Route("/api/ground/sight", self.sight),
            Route("/api/ground/horizon", self.horizon),
        ]

    async def measure(self, request: Request) -> Response:
        """Serve lengths, bearings, heights and the area of a way."""
        way = points_of(request, "way", 1, POINTS_MOST)
        return json_answer(await asyncio.to_thread(self._measured, way))

    async def sight(self, request: Request) -> Response:
        """Serve the profile between two points: ground, ray, what is hidden, and how sure that is."""
        ends = points_of(request, "way", 2, 2)
        eye_m, subject_m = height_of(request, "eye_m", EYE_M), height_of(request, "subject_m", SUBJECT_M)
        return json_answer(await asyncio.to_thread(self._seen, ends, eye_m, subject_m))

    async def horizon(self, request: Request) -> Response:
        """Serve the skyline around a point."""
        at = points_of(request, "way", 1, 1)
        return json_answer(await asyncio.to_thread(self._around, at, height_of(request, "eye_m", EYE_M)))

    def _measured(self, way: F8) -> dict[str, Any]:
        height_m = self.terrain.height_at(self.frame.xy_m_from_lonlat(way[:, 0], way[:, 1]))
        found = legs(way)
        distance_m = sum(leg.distance_m for leg in found)
        return {
            "points": [self._point(p, h) for p, h in zip(way, height_m, strict=True)],
            "legs": [
                {
                    "distance_m": round(leg.distance_m, 1),
                    "bearing_deg": round(math.degrees(leg.bearing_rad), 1) % 360.0,
                    "grid_bearing_deg": round(math.degrees(leg.grid_bearing_rad), 1) % 360.0,
                    "zone": leg.zone,
                    "rise_m": number(height_m[k + 1] - height_m[k]),
                }
                for k, leg in enumerate(found)
            ],
            "distance_m": round(distance_m, 1),
            "rise_m": number(height_m[-1] - height_m[0]),
            "area_m2": round(area_m2(way), 1) if len(way) >= 3 else None,
        }

    def _point(self, lonlat_deg: F8, height_m: float) -> dict[str, Any]:
        lon, lat = float(lonlat_deg[0]), float(lonlat_deg[1])
        return {"lon": lon, "lat": lat, "mgrs": mgrs_of(lon, lat), "height_m": number(height_m)}

    def _seen(self, ends: F8, eye_m: float, subject_m: float) -> dict[str, Any]:
        cells = [self._cell(end) for end in ends]
        start, stop = cells
        if start is None or stop is None:
            return {"answer": "no_ground"}
        if start == stop:
            return {"answer": "too_near"}
        terrain = self.terrain
        profile = sight_profile(
            terrain.height_m, start, stop, mast_m=eye_m, target_m=subject_m, cell_m=(terrain.cell_m, terrain.cell_m),
            error=COPERNICUS_GLO30,
        )  # fmt: skip
        need_m = need_along_m(profile)
        known = not math.isnan(profile.need_m)
        blocked = known and math.isfinite(profile.need_m) and profile.need_m > subject_m
        kept = _thinned(len(need_m), profile.blocker)
        return {
            "answer": "unknown" if not known else "hidden" if blocked else "seen",
            "points": [self._point(p, profile.ground_m[k]) for p, k in zip(ends, (0, -1), strict=True)],
            "leg": self._measured(ends)["legs"][0],
            "eye_m": eye_m,
            "subject_m": subject_m,
            "need_m": number(max(profile.need_m, 0.0)) if known else None,
            "blocker_m": number(profile.distance_m[profile.blocker]) if profile.blocker else None,
            "p_visible": round(profile.p_visible, 3) if known else None,
            "sd_m": number(profile.sd_m),
            "elevation_sd_m": round(COPERNICUS_GLO30.sigma_m, 1),
            "refraction_k": round(REFRACTION_LIGHT, 3),
            "cell_m": terrain.cell_m,
            "profile": {
                "distance_m": numbers(profile.distance_m[kept]),
                "ground_m": numbers(profile.ground_m[kept]),
                "drop_m": numbers(profile.drop_m[kept], 2),
                "need_m": numbers(need_m[kept], 2),
            },
        }

    def _cell(self, lonlat_deg: F8) -> tuple[int, int] | None:
        x, y = self.frame.xy_m_from_lonlat(lonlat_deg[0], lonlat_deg[1])
        terrain = self.terrain
        if not (math.isfinite(x) and math.isfinite(y)):
            return None
        row, col = round((terrain.y0_m - y) / terrain.cell_m), round((x - terrain.x0_m) / terrain.cell_m)
        rows, cols = terrain.height_m.shape
        return (row, col) if 0 <= row < rows and 0 <= col < cols else None

    def _around(self, at: F8, eye_m: float) -> dict[str, Any]:
        xy = self.frame.xy_m_from_lonlat(at[0, 0], at[0, 1])
        ground_m = float(self.terrain.height_at(xy))
        if math.isnan(ground_m):
            return {"answer": "no_ground"}
        west, south, east, north = self.terrain.bounds_m
        bearing = np.arange(BEARINGS) * (2.0 * np.pi / BEARINGS)
        grid = np.asarray(bearing + float(self.frame.convergence_rad(xy)), np.float64)
        eye = np.array([*xy, ground_m + eye_m])
        elevation, range_m = skyline(self.terrain, eye, grid, math.hypot(east - west, north - south))
        place = xy + np.column_stack([np.sin(grid), np.cos(grid)]) * range_m[:, None]
        lonlat = self.frame.lonlat_from_xy_m(place)
        height_m = self.terrain.height_at(np.nan_to_num(place, nan=1e12))
        return {
            "answer": "drawn",
            "point": self._point(at[0], ground_m),
            "eye_m": eye_m,
            "elevation_deg": numbers(np.degrees(elevation), 3),
            "range_m": numbers(range_m),
            "height_m": numbers(height_m),
            "lon": numbers(lonlat[:, 0], 6),
            "lat": numbers(lonlat[:, 1], 6),
        }


def points_of(request: Request, name: str, least: int, most: int) -> F8:
    """Return (N, 2) the points of a query, lon,lat;lon,lat; 400 says what is wrong with it."""
    rule = f"{name}: is {least} to {most} points LON,LAT;LON,LAT in degrees"
    said = request.query_params.get(name, "")
    try:
        points = np.array([[float(v) for v in point.split(",")] for point in said.split(";")[: most + 1]])
    except ValueError:
        raise HTTPException(400, rule) from None
    if points.ndim != 2 or points.shape[1] != 2 or not least <= len(points) <= most:
        raise HTTPException(400, rule)
    inside = (np.abs(points[:, 0]) <= 180.0) & (points[:, 1] >= UTM_LAT_DEG[0]) & (points[:, 1] <= UTM_LAT_DEG[1])
    if not inside.all():
        raise HTTPException(400, f"{rule}, longitude first, latitude within {UTM_LAT_DEG[0]:g}..{UTM_LAT_DEG[1]:g}")
    return points


def height_of(request: Request, name: str, otherwise: float) -> float:
    """Return a height above ground of a query; 400 when it is none."""
    value = number_of(request, name)
    if value is not None and not HEIGHTS_M[0] <= value <= HEIGHTS_M[1]:
        raise HTTPException(400, f"{name}: is {HEIGHTS_M[0]:g} to {HEIGHTS_M[1]:g} m above ground")
    return otherwise if value is None else value


def number(value: float, digits: int = 1) -> float | None:
    """Return a rounded number, None for what is not known."""
    return round(float(value), digits) if math.isfinite(value) else None


def numbers(values: F8, digits: int = 1) -> list[float | None]:
    """Return the same of a row."""
    return [number(value, digits) for value in values]


def _thinned(count: int, blocker: int) -> NDArray[np.intp]:
    """Return which points of a profile are sent: its ends, what blocks it, and evenly between."""
    return np.unique([*np.linspace(0, count - 1, min(count, PROFILE_MOST)).round().astype(np.intp), blocker])
