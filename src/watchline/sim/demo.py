"""The demonstration line: 200 km of made-up desert border round 33.6 N, crossing 42 E.

Everything is invented: the course, the ground, the places and the forces.  Outside is north, home is south.
Shorter lines of the same make (`length_m`) serve tests and first steps.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from watchline.domain.site import ClockSpec, DeskSpec, LineSpec, Simulation, Site, TerrainSpec
from watchline.geo.frame import GEOD
from watchline.geo.line import LineFrame
from watchline.geo.terrain import Terrain
from watchline.sim import demo_forces, demo_places, demo_sensors
from watchline.sim.ground import build_terrain

F8 = NDArray[np.float64]

MIDDLE_LON_LAT = (42.0, 33.6)
VERTEX_M = 2500.0
START = "2018-01-23T00:00:00Z"


@dataclass(frozen=True)
class Demo:
    """A site ready to run.  files: what lies beside the site file, by name, as bytes; elevation is apart.

    areas_lonlat: id -> (N, 2) ring; roads_lonlat: polylines (N, 2).
    """

    site: Site
    line_lonlat_deg: F8
    line: LineFrame
    terrain: Terrain
    files: dict[str, bytes]
    areas_lonlat: dict[str, F8]
    roads_lonlat: tuple[F8, ...]

    def build_terrain(self, progress: Callable[[float], None] | None = None) -> Terrain:
        """Return the ground, which was needed to place the towers and is kept."""
        if progress is not None:
            progress(1.0)
        return self.terrain


def demo_site(
    seed: int = 1, *, length_m: float = 200_000.0, course: F8 | None = None,
    progress: Callable[[float], None] | None = None,
) -> Demo:  # fmt: skip
    """Return the demonstration line with its ground, towers and forces; 3 to 8 s for 200 km.

    The line is `length_m` long to the millimetre, or follows course (N, 2), longitude and latitude with its home side
    on the right.  Same seed and length or course: the same site.
    """
    lonlat = demo_line(seed, length_m) if course is None else course
    line = LineFrame.of(lonlat, "right")
    terrain = build_terrain(line, seed, progress=progress)
    plan = demo_sensors.Plan(line, terrain, np.random.default_rng([seed, 0xDE30]))
    roads = demo_places.roads_sd(plan)
    areas = demo_places.areas_sd(plan)
    towers = demo_sensors.watchtowers(plan, areas["mines-1"])
    posts = (*(t.post for t in towers), *demo_forces.posts(plan))
    site = Site(
        schema=1,
        name="Demonstration line",
        line=LineSpec(file="line.geojson", home_side="right"),
        terrain=TerrainSpec(file="terrain.tif", surface="bare_earth"),
        clock=ClockSpec(timezone="Asia/Baghdad", partner_timezone="Asia/Damascus"),
        desk=DeskSpec(alarms_per_10_min=1.0, seeded_per_12_h=6.0),
        desks=demo_forces.desks(plan),
        people=demo_forces.PEOPLE,
        organisations=demo_forces.ORGANISATIONS,
        recipients=demo_forces.RECIPIENTS,
        sectors=demo_forces.sectors(plan),
        posts=posts,
        sensors=demo_sensors.sensors(plan, towers),
        barriers=demo_sensors.barriers(plan),
        units=demo_forces.units(plan, posts),
        places=demo_places.places(plan),
        roads=demo_places.ROADS,
        areas=demo_places.AREAS,
        simulation=Simulation(start=START, seed=seed),
    )
    roads_lonlat = {name: [_lonlat(line, sd) for sd in parts] for name, parts in roads.items()}
    areas_lonlat = {name: _lonlat(line, sd) for name, sd in areas.items()}
    files = {"line.geojson": _geojson("LineString", [lonlat])}
    files |= {f"{name}.geojson": _geojson("LineString", parts) for name, parts in roads_lonlat.items()}
    files |= {f"{name}.geojson": _geojson("Polygon", [ring]) for name, ring in areas_lonlat.items()}
    every_road = tuple(part for parts in roads_lonlat.values() for part in parts)
    return Demo(site, lonlat, line, terrain, files, areas_lonlat, every_road)


def demo_line(seed: int, length_m: float) -> F8:
    """Return (N, 2) longitude and latitude of the line, west to east, `length_m` long within a millimetre."""
    rng = np.random.default_rng([seed, 0x11E])
    count = max(3, int(length_m / VERTEX_M) + 1)
    along = np.linspace(-0.5, 0.5, count)
    phase = rng.uniform(0, 2 * np.pi, 3)
    reach = min(1.0, length_m / 60_000.0)
    across = reach * (
        1500 * np.sin(2 * np.pi * along * length_m / 90_000 + phase[0])
        + 700 * np.sin(2 * np.pi * along * length_m / 37_000 + phase[1])
        + 160 * np.sin(2 * np.pi * along * length_m / 13_000 + phase[2])
    )
    low, high = 0.9 * length_m, length_m
    for _ in range(60):
        span = (low + high) / 2
        lonlat = _placed(along * span, across)
        if _length_m(lonlat) < length_m:
            low = span
        else:
            high = span
    return lonlat


def _placed(east_m: F8, north_m: F8) -> F8:
    bearing = np.degrees(np.arctan2(east_m, north_m))
    n = len(east_m)
    lon, lat, _ = GEOD.fwd(
        np.full(n, MIDDLE_LON_LAT[0]), np.full(n, MIDDLE_LON_LAT[1]), bearing, np.hypot(east_m, north_m)
    )
    return np.round(np.column_stack([lon, lat]), 9)


def _length_m(lonlat_deg: F8) -> float:
    return float(GEOD.line_length(lonlat_deg[:, 0], lonlat_deg[:, 1]))


def _lonlat(line: LineFrame, sd_m: F8) -> F8:
    return np.round(line.frame.lonlat_from_xy_m(line.xy_m_from_sd(sd_m)), 6)


def _geojson(kind: str, parts: list[F8]) -> bytes:
    features: list[dict[str, Any]] = []
    for part in parts:
        shape: Any = part.tolist()
        geometry = {"type": kind, "coordinates": [shape] if kind == "Polygon" else shape}
        features.append({"type": "Feature", "properties": {}, "geometry": geometry})
    return json.dumps({"type": "FeatureCollection", "features": features}).encode() + b"\n"
