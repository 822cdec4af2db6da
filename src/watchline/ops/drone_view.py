"""What a drone's camera sees of our own ground, from what it says of itself.

The aircraft's own corners rest on its own idea of the ground; these rest on the site's terrain.  What it sees counts
as looked at for `FRESH_S`: the live view adds it to what the towers see, and the ledger keeps it for the account.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import shapely
from numpy.typing import NDArray

from watchline.coverage.watchers import DRONE_SEEN_FROM_M
from watchline.domain.records import GeoPoint, GroundSeen, Record, VideoGeometry
from watchline.geo.footprint import footprint_xyz_m, turn
from watchline.geo.line import LineFrame
from watchline.geo.terrain import Terrain
from watchline.ops.picture import Picture
from watchline.sensing.observer import sweep_width_m

EVERY_S = 1.0  # of one camera; its geometry comes with every picture
FRESH_S = 10.0
SWEEPS_M = sweep_width_m(DRONE_SEEN_FROM_M)


def looks(
    came: Iterable[Record], last_s: dict[str, float], line: LineFrame, terrain: Terrain
) -> Iterator[GroundSeen]:
    """Yield the ground that airborne cameras looked at, once in `EVERY_S` each; last_s: when each was last told."""
    for record in came:
        if not isinstance(record, VideoGeometry):
            continue
        name = f"{record.platform} {record.sensor}".strip()
        if 0.0 <= record.t_s - last_s.get(name, -EVERY_S) < EVERY_S:
            continue
        outline = seen_ground(record, line, terrain)
        if outline:
            last_s[name] = record.t_s
            yield GroundSeen(
                id=f"{record.id}-ground", t_s=record.t_s, source=record.source, provenance=(record.id,),
                exercise=record.exercise, platform=name, outline=outline,
            )  # fmt: skip


def seen_now(picture: Picture) -> Iterator[GroundSeen]:
    """Yield the ground that drones look at now.  Called with the core's lock held."""
    for one in picture.outside.seen.values():
        if 0.0 <= picture.now_s - one.t_s < FRESH_S:
            yield one


def outline_m(seen: GroundSeen, line: LineFrame) -> NDArray[np.float64]:
    """Return (N, 2) an outline on the site grid, metres."""
    lon, lat = ([getattr(point, name) for point in seen.outline] for name in ("lon_deg", "lat_deg"))
    return np.asarray(line.frame.xy_m_from_lonlat(lon, lat), float)


def strip_of(outline: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Return the centre (2,) of a picture on the ground, and how wide a strip it sweeps at most, metres.

    That is its shorter side, and never more than a drone's payload sweeps.
    """
    ring = shapely.Polygon(outline)
    corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(ring))
    sides = np.hypot(*np.diff(corners, axis=0).T)
    at = shapely.get_coordinates(shapely.centroid(ring)).reshape(2)
    return np.asarray(at), float(min(sides.min(initial=np.inf), SWEEPS_M))


def seen_ground(record: VideoGeometry, line: LineFrame, terrain: Terrain, per_side: int = 8) -> tuple[GeoPoint, ...]:
    """Return a picture's outline on the ground; () unless place, height, heading, tilt and fields of view are told.

    Parts of the outline above the horizon or off the terrain are left out; fewer than three points are no outline.
    Heights must be above mean sea level, as the site's are.
    """
    told = record.heading_rad, record.camera_elevation_rad, record.hfov_rad, record.vfov_rad
    if record.place is None or record.place.msl_m is None or None in told:
        return ()
    heading_rad, tilt_rad, hfov_rad, vfov_rad = (float(value or 0.0) for value in told)
    xy_m = line.frame.xy_m_of(record.place)
    grid_rad = heading_rad + float(line.frame.convergence_rad(xy_m))
    platform = turn(grid_rad, record.pitch_rad or 0.0, record.roll_rad or 0.0)
    camera = turn(record.camera_azimuth_rad or 0.0, tilt_rad, record.camera_roll_rad or 0.0)
    origin = np.append(np.asarray(xy_m, float), record.place.msl_m)
    met = footprint_xyz_m(terrain, origin, platform @ camera, (hfov_rad, vfov_rad), per_side=per_side)
    return _points(met[np.isfinite(met[:, 0])], line)


def _points(met: NDArray[np.float64], line: LineFrame) -> tuple[GeoPoint, ...]:
    if len(met) < 3:
        return ()
    lonlat = line.frame.lonlat_from_xy_m(met[:, :2])
    return tuple(
        GeoPoint(lon_deg=float(lon), lat_deg=float(lat), msl_m=float(z))
        for (lon, lat), z in zip(lonlat, met[:, 2], strict=True)
    )
