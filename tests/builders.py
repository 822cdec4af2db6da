"""Small lines, grounds, sites, batches and records, for the tests of most rooms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from watchline.domain.batches import KIND_CAMERA, KIND_RADAR, DetectionBatch, ScanBatch, TrackBatch
from watchline.domain.records import Alert, Beacon, OperatorAction, Position, SensorHealth, UnitReport
from watchline.domain.site import (
    LineSpec,
    Organisation,
    Pan,
    Post,
    Recipient,
    Sector,
    Sensor,
    Simulation,
    Site,
    TerrainSpec,
    Unit,
)
from watchline.geo.frame import GEOD
from watchline.geo.line import LineFrame
from watchline.geo.terrain import Terrain
from watchline.ops.site_file import site_text
from watchline.sensing.detection import KINDS
from watchline.sources.elevation import write_terrain
from watchline.sources.geojson import write_geojson

F8 = NDArray[np.float64]
T0_S = 1_516_665_600.0  # 2018-01-23T00:00:00Z


def alike(one: NDArray[Any], two: NDArray[Any]) -> bool:
    """Return whether two arrays hold the same, field by field, NaN like NaN."""
    if one.dtype.names is None:
        return np.array_equal(one, two, equal_nan=True)
    return all(alike(one[name], two[name]) for name in one.dtype.names)


# -- lines and grounds -------------------------------------------------------------------------------------


def straight_line(length_m: float = 10_000.0, home_side: str = "right") -> LineFrame:
    """Return a line due east through 42 E, 33.6 N; with home right, outside is north and y grows outwards."""
    start = GEOD.fwd(42.0, 33.6, 270.0, length_m / 2)[:2]
    end = GEOD.fwd(42.0, 33.6, 90.0, length_m / 2)[:2]
    return LineFrame.of(np.array([start, end]), home_side)


def wavy_lonlat(length_m: float = 200_000.0, vertices: int = 80) -> F8:
    """Return a gently bending course from west to east, as long as told within a few kilometres, through 42 E."""
    along = np.linspace(-0.5, 0.5, vertices)
    east = along * length_m
    north = 1500 * np.sin(2 * np.pi * east / 90_000) + 600 * np.cos(2 * np.pi * east / 40_000)
    bearing = np.degrees(np.arctan2(east, north))
    n = len(east)
    lon, lat, _ = GEOD.fwd(np.full(n, 42.0), np.full(n, 33.6), bearing, np.hypot(east, north))
    return np.column_stack([lon, lat])


def level(half_m: float = 8_000.0, height_m: float = 200.0, cell_m: float = 30.0) -> Terrain:
    """Return level ground around the grid's origin."""
    n = int(2 * half_m / cell_m) + 1
    return Terrain(np.full((n, n), height_m, np.float32), -half_m, half_m, cell_m)


def with_wall(ground: Terrain, y_m: float, rise_m: float) -> Terrain:
    """Return the ground with a wall from west to east at grid north `y_m`."""
    height = ground.height_m.copy()
    height[round((ground.y0_m - y_m) / ground.cell_m)] += rise_m
    return Terrain(height, ground.x0_m, ground.y0_m, ground.cell_m)


def rough(seed: int = 1, cells: int = 201, cell_m: float = 30.0, rise_m: float = 60.0) -> Terrain:
    """Return smooth hills around the grid's origin."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:cells, 0:cells] / cells
    height = np.zeros((cells, cells))
    for k in range(1, 7):
        u, v, phase = rng.uniform(-1, 1), rng.uniform(-1, 1), rng.uniform(0, 2 * np.pi)
        height += rise_m / k * np.sin(2 * np.pi * k * (u * x + v * y) + phase)
    half = (cells - 1) / 2 * cell_m
    return Terrain((300.0 + height).astype(np.float32), -half, half, cell_m)


# -- sites -------------------------------------------------------------------------------------------------


def camera(sensor_id: str = "cam", post: str = "tower", **more: Any) -> Sensor:
    """Return a camera that sees the whole northern half in one look."""
    fields: dict[str, Any] = {"mast_m": 30.0, "max_range_m": 4000.0, "scan_period_s": 1.0, "azimuth_deg": 0.0}
    fields |= {"hfov_deg": 20.0, "width_px": 1280, "height_px": 512, "netd_k": 0.03}
    return Sensor(id=sensor_id, kind="thermal_camera", organisation="own", post=post, **(fields | more))


def radar(sensor_id: str = "radar", post: str = "tower", **more: Any) -> Sensor:
    """Return a radar that looks all round."""
    fields: dict[str, Any] = {"mast_m": 20.0, "max_range_m": 6000.0, "scan_period_s": 2.0, "min_speed_m_s": 0.3}
    return Sensor(id=sensor_id, kind="radar", organisation="own", post=post, **(fields | more))


def fence(sensor_id: str = "fence", from_km: float = 0.0, to_km: float = 10.0) -> Sensor:
    return Sensor(id=sensor_id, kind="fence_sensor", organisation="own", from_km=from_km, to_km=to_km)


def site(*sensors: Sensor, line: LineFrame | None = None, posts_sd_m: dict[str, Any] | None = None) -> Site:
    """Return a site on `straight_line()` with one tower (or the named ones) and these sensors."""
    line = line or straight_line()
    middle = line.length_m / 2
    places = posts_sd_m or {"tower": (middle, 100.0)}
    lonlat = {name: line.frame.lonlat_from_xy_m(line.xy_m_from_sd(sd)) for name, sd in places.items()}
    return Site(
        schema=1,
        name="Test line",
        line=LineSpec(
            file="line.geojson", home_side="right", outside_depth_m=4000.0, home_depth_m=2000.0, beyond_ends_m=2000.0
        ),
        terrain=TerrainSpec(file="terrain.tif"),
        organisations=(Organisation(id="own", name="Own force"),),
        recipients=(Recipient(id="ours", kind="own", organisation="own"),),
        sectors=(Sector(id="S1", from_km=0.0, to_km=round(line.length_m / 1000, 3), organisation="own"),),
        posts=tuple(
            Post(id=name, kind="watchtower", lon_deg=float(p[0]), lat_deg=float(p[1]), organisation="own")
            for name, p in lonlat.items()
        ),
        sensors=sensors,
        units=(Unit(id="patrol-1", kind="patrol", organisation="own", post=next(iter(lonlat))),),
        simulation=Simulation(start="2018-01-23T00:00:00Z"),
    )


def write_site(directory: Path, what: Site, line: LineFrame | None = None, ground: Terrain | None = None) -> Path:
    """Write a site with its line and level ground; return the site file."""
    line = line or straight_line()
    directory.mkdir(parents=True, exist_ok=True)
    write_geojson(directory / what.line.file, "LineString", [line.lonlat_deg[[0, -1]]])
    write_terrain(directory / what.terrain.file, ground or level(13_000.0, cell_m=100.0), line.frame)
    path = directory / "site.toml"
    path.write_text(site_text(what), encoding="utf-8")
    return path


def panning(sensor_id: str = "pan", **more: Any) -> Sensor:
    """Return a camera on a head with five stops over the north."""
    return camera(sensor_id, hfov_deg=16.0, pan=Pan(from_deg=-40.0, to_deg=40.0, stops=5, dwell_s=6.0), **more)


# -- batches -----------------------------------------------------------------------------------------------


def batch_of(kind: type[Any], rows: int, /, **columns: Any) -> Any:
    """Return a batch of ones (probabilities: all on the first class), with the columns given."""
    values = {name: np.ones((rows, *extra), dtype) for name, (dtype, extra) in kind.COLUMNS.items()}
    if "p_class" in values:
        values["p_class"][:, 1:] = 0.0
    for name, value in columns.items():
        dtype, extra = kind.COLUMNS[name]
        values[name] = np.broadcast_to(np.asarray(value, dtype), (rows, *extra)).copy()
    return kind(**values).validate()


def tracks(xy_m: Any, line: LineFrame, now_s: float = T0_S, **columns: Any) -> TrackBatch:
    """Return confirmed tracks of people at grid positions, five minutes old, known to 5 m."""
    xy = np.asarray(xy_m, float).reshape(-1, 2)
    sd = line.sd_from_xy_m(xy)
    n = len(xy)
    given: dict[str, Any] = {
        "track_id": np.arange(1, n + 1),
        "t_s": now_s,
        "xy_m": xy,
        "v_m_s": 0.0,
        "cov": [25.0, 0.0, 25.0, 0.04],
        "s_m": sd[:, 0],
        "d_m": sd[:, 1],
        "p_exist": 0.999,
        "count": 1.0,
        "first_s": now_s - 300.0,
        "last_s": now_s,
        "hits": 100,
        "sensor": 0,
        "other": -1,
    }
    batch: TrackBatch = batch_of(TrackBatch, n, **(given | columns))
    return batch


def scan(
    scan_id: int, sensor: int, t_s: float, *, az_rad: tuple[float, float] = (0.0, 2 * np.pi), **columns: Any
) -> ScanBatch:
    """Return one look."""
    given = {"scan_id": scan_id, "sensor": sensor, "t_s": t_s, "az0_rad": az_rad[0], "az1_rad": az_rad[1]}
    given |= {"range_m": 6000.0, "quality": np.nan, "detections": 0}
    batch: ScanBatch = batch_of(ScanBatch, 1, **(given | columns))
    return batch


def sighting(scan_id: int, sensor: int, spec: Sensor, t_s: float, offset_m: Any, **columns: Any) -> DetectionBatch:
    """Return what a sensor says of subjects at (east, north) from it, true north up; errors 0.5 mrad and 15 m."""
    step = np.asarray(offset_m, float).reshape(-1, 2)
    given: dict[str, Any] = {
        "scan_id": scan_id,
        "sensor": sensor,
        "kind": KINDS[spec.kind],
        "t_s": t_s,
        "bearing_rad": np.arctan2(step[:, 0], step[:, 1]),
        "range_m": np.hypot(step[:, 0], step[:, 1]),
        "sd_bearing_rad": 2e-3 if KINDS[spec.kind] == KIND_RADAR else 5e-4,
        "sd_range_m": 10.0 if KINDS[spec.kind] == KIND_RADAR else 40.0,
        "range_rate_m_s": np.nan,
        "s_m": np.nan,
        "sd_s_m": np.nan,
        "snr": 10.0,
        "frame": -1,
        "bbox_px": np.nan,
    }
    assert KINDS[spec.kind] in (KIND_CAMERA, KIND_RADAR)
    batch: DetectionBatch = batch_of(DetectionBatch, len(step), **(given | columns))
    return batch


# -- records -----------------------------------------------------------------------------------------------


def position(line: LineFrame, s_m: float, d_m: float) -> Position:
    lon, lat = line.frame.lonlat_from_xy_m(line.xy_m_from_sd([s_m, d_m]))
    return Position(lon_deg=float(lon), lat_deg=float(lat), s_m=s_m, d_m=d_m)


def alert(alert_id: str = "A-1", t_s: float = T0_S, *, revision: int = 1, **more: Any) -> Alert:
    fields: dict[str, Any] = {
        "what": "approaching",
        "first_s": t_s,
        "state": "open",
        "position": Position(lon_deg=42.0, lat_deg=33.6, s_m=1000.0, d_m=-500.0),
        "level": 2,
        "facts": (),
    }
    return Alert(
        id=f"{alert_id}.{revision}",
        t_s=t_s,
        source="alerting",
        alert=alert_id,
        revision=revision,
        **(fields | more),
    )


def action(number: int, what: str, t_s: float = T0_S, alert_id: str = "A-1", **more: Any) -> OperatorAction:
    return OperatorAction(
        id=f"O-{number}",
        t_s=t_s,
        source="desk",
        alert=alert_id,
        operator="desk",
        action=what,  # type: ignore[arg-type]
        key=f"key-{number:08}",
        **more,
    )


def beacon(line: LineFrame, s_m: float = 5000.0, d_m: float = -2000.0, t_s: float = T0_S) -> Beacon:
    return Beacon(
        id=f"B-{t_s}", t_s=t_s, source="beacon", beacon="PLB-7", position=position(line, s_m, d_m), people=3
    )


def health(sensor: str, state: Any, t_s: float = T0_S, number: int = 1) -> SensorHealth:
    return SensorHealth(id=f"H-{number}", t_s=t_s, source="health", sensor=sensor, state=state, cause="silent")


def report(
    unit: str, at: Position, t_s: float = T0_S, speed_m_s: float = 0.0, heading_rad: float = 0.0
) -> UnitReport:
    return UnitReport(
        id=f"U-{unit}-{t_s}",
        t_s=t_s,
        source=unit,
        unit=unit,
        position=at,
        speed_m_s=speed_m_s,
        heading_rad=heading_rad,
        state="patrolling",
    )
