"""Where a drone's camera is and looks, by its own word (CAMERA_FOV_STATUS).

Standard: `common.xml` message 271.  Places in 1e-7 degrees and millimetres above mean sea level, 2^31 - 1 where
unknown; the quaternion turns (north, east, down) to (forward, right, down) of the camera; fields of view in degrees,
NaN where unknown.
"""

from __future__ import annotations

import math

from watchline.domain.records import DroneState, GeoPoint, VideoGeometry
from watchline.links.air.mavlink.frames import Message

UNKNOWN = 2**31 - 1


def geometry_of(m: Message, drone: DroneState) -> VideoGeometry:
    """Return the geometry of a drone's picture; drone: its state, whose time and id it bears.

    The camera's angles are told against north and level, so the platform's pitch and roll are 0 here, and its heading
    is the drone's own only if that is known.  ValueError for what cannot be.
    """
    yaw_rad, pitch_rad, roll_rad = angles_of(m)
    heading_rad = drone.heading_rad if drone.heading_rad is not None else yaw_rad
    return VideoGeometry(
        id=f"{drone.id}-view", t_s=drone.t_s, source=drone.source, platform=drone.drone, sensor="",
        place=_place(m, "camera"), heading_rad=heading_rad, pitch_rad=0.0, roll_rad=0.0,
        camera_azimuth_rad=math.remainder(yaw_rad - heading_rad, math.tau), camera_elevation_rad=pitch_rad,
        camera_roll_rad=roll_rad, hfov_rad=_angle(m, "hfov"), vfov_rad=_angle(m, "vfov"),
        frame_centre=_place(m, "image"),
    )  # fmt: skip


def angles_of(m: Message) -> tuple[float, float, float]:
    """Return azimuth, elevation and roll of a message's quaternion; ValueError when it is none."""
    q = m.values["q"]
    assert isinstance(q, tuple)
    size = math.sqrt(sum(part * part for part in q))
    if not 0.5 < size < 2.0:
        raise ValueError("the quaternion is none")
    w, x, y, z = (part / size for part in q)
    return (
        math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z)),
        math.asin(max(-1.0, min(1.0, 2 * (w * y - z * x)))),
        math.atan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y)),
    )


def _place(m: Message, of: str) -> GeoPoint | None:
    lat, lon, alt = (m.whole(f"{name}_{of}") for name in ("lat", "lon", "alt"))
    if UNKNOWN in (lat, lon) or lat == lon == 0:
        return None
    if abs(lat) > 900_000_000 or abs(lon) > 1_800_000_000:
        raise ValueError(f"latitude {lat / 1e7:g}, longitude {lon / 1e7:g} is no place")
    return GeoPoint(lon_deg=lon / 1e7, lat_deg=lat / 1e7, msl_m=None if alt == UNKNOWN else alt / 1e3)


def _angle(m: Message, name: str) -> float | None:
    degrees = m.real(name)
    return math.radians(degrees) if math.isfinite(degrees) and 0.0 < degrees < 180.0 else None
