"""The site grid: one metric plane for a whole line.

Theory: an oblique Mercator projection whose central line joins the ends of the watched line, true to
scale along it (EPSG method 9815, "Hotine variant B", as PROJ `omerc` implements it).  It is conformal,
so bearings stay bearings; its scale error at distance y from the central line is about y^2 / (2 R^2):
5e-6 at 20 km, 1.2e-4 at 100 km.  UTM would break at 42 deg E in the middle of the first line; this does not.

Rules: `xy_m` is (east, north) of the site grid.  Grid north differs from true north by `convergence_rad`;
sensors report true bearings, engines work on grid bearings, and the conversion is made here only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import pyproj
from numpy.typing import ArrayLike, NDArray

GEOD = pyproj.Geod(ellps="WGS84")
F8 = NDArray[np.float64]


class Place(Protocol):
    """Whatever stands somewhere on Earth: a position, a post, a sighting; None where that is not stated."""

    @property
    def lon_deg(self) -> float | None: ...
    @property
    def lat_deg(self) -> float | None: ...


@dataclass(frozen=True)
class SiteFrame:
    """The site grid of one line; value-equal when its three numbers are.

    lat_deg, lon_deg: origin, where the grid reads (0, 0); azimuth_deg: of the central line, from true north.
    """

    lat_deg: float
    lon_deg: float
    azimuth_deg: float

    @classmethod
    def of_line(cls, lonlat_deg: F8) -> SiteFrame:
        """Return the frame whose central line joins the two ends of `lonlat_deg` (N, 2), N >= 2.

        A closed or nearly closed line gets a central line due north through its middle.
        """
        (lon0, lat0), (lon1, lat1) = lonlat_deg[0], lonlat_deg[-1]
        azimuth, _, length_m = GEOD.inv(lon0, lat0, lon1, lat1)
        if length_m < 1.0:
            lon, lat = lonlat_deg.mean(axis=0)
            return cls(round(float(lat), 6), round(float(lon), 6), 0.0)
        lon, lat, back = GEOD.fwd(lon0, lat0, azimuth, length_m / 2)
        # Rounded so that a frame written to a file and read again is the same frame.
        return cls(round(float(lat), 6), round(float(lon), 6), round((float(back) + 180.0) % 360.0, 6))

    @property
    def proj4(self) -> str:
        """Return the PROJ definition, for GeoTIFF files and other tools."""
        return self._omerc(self._alpha_deg)

    @property
    def _alpha_deg(self) -> float:
        # omerc knows a line, not a direction: an azimuth and its opposite are the same projection.
        return 90.0 - (90.0 - self.azimuth_deg) % 180.0

    def _omerc(self, alpha_deg: float) -> str:
        return (
            f"+proj=omerc +lat_0={self.lat_deg:.6f} +lonc={self.lon_deg:.6f} +alpha={alpha_deg:.6f} "
            f"+gamma={alpha_deg:.6f} +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs"
        )

    @cached_property
    def _mirror(self) -> float:
        """Return -1 when east and west change places before and after PROJ.

        With alpha < 0 PROJ's forward omerc throws a strip of about a metre, where the central line runs due
        east-west, to the antipodes; the mirrored line has alpha > 0 and the same plane, mirrored.
        """
        return -1.0 if self._alpha_deg < 0 else 1.0

    @cached_property
    def _transformer(self) -> pyproj.Transformer:
        plane = pyproj.CRS.from_proj4(self._omerc(abs(self._alpha_deg)))
        return pyproj.Transformer.from_crs("EPSG:4326", plane, always_xy=True)

    def __getstate__(self) -> dict[str, float]:
        """Leave the PROJ handles behind: they do not travel between processes."""
        return {"lat_deg": self.lat_deg, "lon_deg": self.lon_deg, "azimuth_deg": self.azimuth_deg}

    def __setstate__(self, state: dict[str, float]) -> None:
        """Restore the three numbers of a frozen value."""
        for name, value in state.items():
            object.__setattr__(self, name, value)

    def xy_m_from_lonlat(self, lon_deg: ArrayLike, lat_deg: ArrayLike) -> F8:
        """Return (..., 2) east, north in metres on the site grid."""
        lon = self.lon_deg + self._mirror * (np.asarray(lon_deg, float) - self.lon_deg)
        x, y = self._transformer.transform(lon, np.asarray(lat_deg, float))
        return np.stack([self._mirror * x, y], axis=-1)

    def xy_m_of(self, place: Place) -> F8:
        """Return (2,) east, north in metres on the site grid of one place, NaN where it is not stated."""
        return self.xy_m_from_lonlat(np.asarray(place.lon_deg, float), np.asarray(place.lat_deg, float))

    def lonlat_from_xy_m(self, xy_m: ArrayLike) -> F8:
        """Return (..., 2) longitude, latitude in degrees (WGS 84)."""
        xy = np.asarray(xy_m, float)
        lon, lat = self._transformer.transform(self._mirror * xy[..., 0], xy[..., 1], direction="INVERSE")
        if self._mirror < 0:
            with np.errstate(invalid="ignore"):  # what is outside the plane is inf, and stays unknown
                lon = (2.0 * self.lon_deg - lon + 180.0) % 360.0 - 180.0
        return np.stack([lon, lat], axis=-1)

    def convergence_rad(self, xy_m: ArrayLike) -> F8:
        """Return (...,) the angle to add to a true bearing to get the grid bearing at `xy_m` (..., 2).

        By differences over 200 m of meridian; good to 1e-6 rad.
        """
        lonlat = self.lonlat_from_xy_m(xy_m)
        step_deg = 1e-3
        south = self.xy_m_from_lonlat(lonlat[..., 0], lonlat[..., 1] - step_deg)
        north = self.xy_m_from_lonlat(lonlat[..., 0], lonlat[..., 1] + step_deg)
        return np.arctan2(north[..., 0] - south[..., 0], north[..., 1] - south[..., 1])


def wrap_pi(angle_rad: ArrayLike) -> F8:
    """Return the angle in (-pi, pi]."""
    angle = np.asarray(angle_rad, float)
    return -((math.pi - angle) % (2 * math.pi) - math.pi)
