"""Small worlds for the simulator's tests."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from watchline.domain.site import LineSpec, Organisation, Pan, Post, Sensor, Simulation, Site, TerrainSpec
from watchline.geo.frame import GEOD
from watchline.geo.line import LineFrame
from watchline.geo.terrain import Terrain
from watchline.sensing.signature import PERSON
from watchline.sim.demo import Demo, demo_site
from watchline.sim.movers import Path
from watchline.sim.scene import Scene
from watchline.sim.world import World, start_of

START_S = 1_516_665_600.0


@lru_cache
def short_demo(length_m: float = 16_000.0) -> Demo:
    """Return a short line of the demonstration's make."""
    return demo_site(1, length_m=length_m)


def short_world(demo: Demo, *, seed: int = 1, rendered: frozenset[int] = frozenset()) -> World:
    """Return a world on a demonstration line, with its mines known."""
    mines = tuple(demo.areas_lonlat[a.id] for a in demo.site.areas if a.kind == "mines")
    return World(
        demo.site,
        demo.line,
        demo.terrain,
        seed=seed,
        start_s=start_of(demo.site),
        rendered=rendered,
        mines_lonlat_deg=mines,
    )


def flat_line(length_m: float = 10_000.0) -> LineFrame:
    """Return a straight line eastwards from 42 E, 33.6 N; outside is north."""
    lon, lat, _ = GEOD.fwd(42.0, 33.6, 91.0, length_m)
    return LineFrame.of(np.array([[42.0, 33.6], [lon, lat]]), "right")


def flat_terrain(half_m: float = 12_000.0, ridge_at_m: float | None = None) -> Terrain:
    """Return level ground at 200 m; with `ridge_at_m` a 30 m wall of that grid north across all of it."""
    n = int(2 * half_m / 30) + 1
    height = np.full((n, n), 200.0, np.float32)
    if ridge_at_m is not None:
        height[round((half_m - ridge_at_m) / 30)] = 230.0
    # Barely uneven, so that it does not count as water.
    height += np.float32(0.01) * (np.indices((n, n)).sum(axis=0) % 2).astype(np.float32)
    return Terrain(height, -half_m, half_m, 30.0)


def one_sensor_site(kind: str = "thermal_camera", pan: Pan | None = None, **more: float) -> Site:
    """Return a site with one sensor in the middle of `flat_line`, looking north, and nobody of its own."""
    lon, lat = flat_line().frame.lonlat_from_xy_m(np.array([0.0, -100.0])).tolist()
    fields: dict[str, float] = {"mast_m": 25.0, "max_range_m": 6000.0, "scan_period_s": 2.0, "tilt_deg": -3.0}
    fields |= {"hfov_deg": 18.0, "width_px": 320, "height_px": 256, "rate_hz": 3.0, "netd_k": 0.05}
    sensor = Sensor(id="S1", kind=kind, organisation="guard", post="T1", pan=pan, **(fields | more))  # type: ignore[arg-type]
    return Site(
        schema=1,
        name="one sensor",
        line=LineSpec(file="line.geojson", home_side="right"),
        terrain=TerrainSpec(file="terrain.tif"),
        organisations=(Organisation(id="guard", name="Guard"),),
        posts=(Post(id="T1", kind="watchtower", lon_deg=lon, lat_deg=lat, organisation="guard"),),
        sensors=(sensor,),
        simulation=Simulation(start="2018-01-23T00:00:00Z", activity=0.0, dark_sensors=0),
    )


def empty_world(site: Site, terrain: Terrain | None = None, *, seed: int = 1) -> World:
    """Return a world of a site without anybody in it."""
    return World(site, flat_line(), terrain or flat_terrain(), seed=seed, start_s=START_S)


def put_walker(world: World, start_m: tuple[float, float], end_m: tuple[float, float], speed_m_s: float = 1.2) -> int:
    """Put a person on a straight way from now on; return the body's id."""
    way = np.array([start_m, end_m], float)
    lasts = float(np.linalg.norm(way[1] - way[0])) / speed_m_s
    path = Path(np.array([world.now_s, world.now_s + lasts]), way, np.zeros(2, np.uint8))
    return world.movers.add(path, PERSON, party=1)


def scene_with(xy_m: list[tuple[float, float]], *, surface_c: float = 12.0, dust: float = 0.0) -> Scene:
    """Return a night scene over level ground with standing people at grid positions."""
    n = len(xy_m)
    xy: NDArray[np.float64] = np.array(xy_m, float).reshape(n, 2)
    return Scene(
        t_s=START_S,
        id=np.arange(1, n + 1, dtype=np.int32),
        xy_m=xy,
        v_m_s=np.zeros((n, 2)),
        heading_rad=np.zeros(n),
        kind=np.zeros(n, np.uint8),
        posture=np.zeros(n, np.uint8),
        surface_c=np.full(n, surface_c),
        size_m=np.tile([0.5, 1.7], (n, 1)),
        above_m=np.zeros(n),
        air_c=4.0,
        ground_c=1.0,
        sun=0.0,
        visibility_m=np.full(1, 20_000.0),
        dust=np.full(1, dust),
        rain_mm_h=np.zeros(1),
        wind_m_s=np.full(1, 1.0),
        sensor_up=np.ones(1, bool),
        lens=np.ones(1),
    )
