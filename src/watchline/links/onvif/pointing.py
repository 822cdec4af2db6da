"""From a bearing and an elevation to a head's pan and tilt, and back; from a place to bearing and elevation.

Theory: ONVIF heads take positions in spaces.  The spherical one has degrees; the generic one -1..1, which means
whatever the maker's stops are, so the site says it: `pan_span_deg` from -1 to 1, `tilt_low_deg` at -1,
`tilt_high_deg` at 1.  `north_deg` is the true bearing at pan 0; `pan_sign`, `tilt_sign` -1 for heads that hang or
count the other way.
Limits: a plane of the head that is level; its lean belongs to the camera's pose (`sensing.pose`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from pyproj import Geod

from watchline.domain.records import Direction, GeoPoint
from watchline.links.contract import LocalError

DEGREES = "http://www.onvif.org/ver10/tptz/PanTiltSpaces/SphericalPositionSpaceDegrees"
GENERIC = "http://www.onvif.org/ver10/tptz/PanTiltSpaces/PositionGenericSpace"
ZOOM = "http://www.onvif.org/ver10/tptz/ZoomSpaces/PositionGenericSpace"
EARTH_M = 6_371_008.8
BENT = 0.13  # of the Earth's curvature is made good by refraction in the standard air
_GEOD = Geod(ellps="WGS84")


@dataclass(frozen=True)
class Space:
    """A space of absolute positions that a head takes: its name, lowest and highest x and y."""

    uri: str
    x: tuple[float, float]
    y: tuple[float, float]


@dataclass(frozen=True)
class Mount:
    """How a head stands: see the module; None where the site does not say."""

    north_deg: float | None
    pan_span_deg: float = 360.0
    tilt_low_deg: float = -90.0
    tilt_high_deg: float = 90.0
    pan_sign: float = 1.0
    tilt_sign: float = 1.0
    eye: GeoPoint | None = None

    @classmethod
    def of(cls, options: Mapping[str, str | int | float | bool]) -> Mount:
        """Return what a link's options say."""

        def number(name: str, otherwise: float) -> float:
            return float(options.get(name, otherwise))

        eye = None
        if "lon_deg" in options and "lat_deg" in options:
            msl_m = float(options["msl_m"]) if "msl_m" in options else None
            eye = GeoPoint(lon_deg=float(options["lon_deg"]), lat_deg=float(options["lat_deg"]), msl_m=msl_m)
        return cls(
            float(options["north_deg"]) if "north_deg" in options else None,
            number("pan_span_deg", 360.0), number("tilt_low_deg", -90.0), number("tilt_high_deg", 90.0),
            math.copysign(1.0, number("pan_sign", 1.0)), math.copysign(1.0, number("tilt_sign", 1.0)), eye,
        )  # fmt: skip


def position_of(looks: Direction, mount: Mount, space: Space) -> tuple[float, float]:
    """Return (x, y) in a space; LocalError where the head cannot point there, or the site does not say how it
    stands."""
    if mount.north_deg is None:
        raise LocalError("options.north_deg: which way pan 0 looks is not known")
    if looks.elevation_rad is None:
        raise LocalError("the elevation to look at is not known")
    pan = mount.pan_sign * (math.degrees(looks.bearing_rad) - mount.north_deg)
    tilt = mount.tilt_sign * math.degrees(looks.elevation_rad)
    turns = [(pan + 180.0) % 360.0 - 180.0 + turn for turn in (0.0, 360.0, -360.0)]
    x = next((x for x in (_x(turn, mount, space) for turn in turns) if space.x[0] <= x <= space.x[1]), None)
    y = _y(tilt, mount, space)
    if x is None or not space.y[0] <= y <= space.y[1]:
        where = f"{math.degrees(looks.bearing_rad):.1f} deg, {math.degrees(looks.elevation_rad):.1f} deg up"
        raise LocalError(f"{where}: is beyond the stops of the head")
    return x, y


def looks_of(x: float, y: float, mount: Mount, uri: str) -> Direction | None:
    """Return where a head looks; None where the site does not say how it stands, or in an unknown space."""
    if mount.north_deg is None or uri not in (DEGREES, GENERIC):
        return None
    if uri == GENERIC:
        x *= mount.pan_span_deg / 2.0
        y = mount.tilt_low_deg + (y + 1.0) / 2.0 * (mount.tilt_high_deg - mount.tilt_low_deg)
    bearing = math.radians(mount.north_deg + mount.pan_sign * x) % math.tau
    return Direction(bearing_rad=bearing, elevation_rad=math.radians(mount.tilt_sign * y))


def _x(pan_deg: float, mount: Mount, space: Space) -> float:
    return pan_deg if space.uri == DEGREES else pan_deg / (mount.pan_span_deg / 2.0)


def _y(tilt_deg: float, mount: Mount, space: Space) -> float:
    if space.uri == DEGREES:
        return tilt_deg
    return 2.0 * (tilt_deg - mount.tilt_low_deg) / (mount.tilt_high_deg - mount.tilt_low_deg) - 1.0


def towards(place: GeoPoint, mount: Mount) -> Direction:
    """Return the direction from a head to a place, over the curved Earth; LocalError where a height is not known."""
    eye = mount.eye
    if eye is None or eye.msl_m is None:
        raise LocalError("options lon_deg, lat_deg, msl_m: where the head stands is not known")
    if place.msl_m is None:
        raise LocalError("the height of the place to look at is not known")
    bearing_deg, _, distance_m = _GEOD.inv(eye.lon_deg, eye.lat_deg, place.lon_deg, place.lat_deg)
    drop_m = (1.0 - BENT) * distance_m**2 / (2.0 * EARTH_M)
    elevation = math.atan2(place.msl_m - eye.msl_m - drop_m, max(distance_m, 1.0))
    return Direction(bearing_rad=math.radians(bearing_deg) % math.tau, elevation_rad=elevation, range_m=distance_m)
