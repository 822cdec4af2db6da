"""Where every sensor of a site stands on the site grid, for tracking, coverage, trials and the live view alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchline.domain.site import Sensor, Site
from watchline.geo.line import LineFrame
from watchline.geo.terrain import Terrain

F8 = NDArray[np.float64]


@dataclass(frozen=True)
class Placed:
    """Sensors in their places, rows in the site's order.

    eye_m (N, 3): east, north and height of the eye (fence and ground sensors: middle of their stretch, height 0);
    convergence_rad (N,): add it to a true bearing to get a grid bearing; axis_rad (N,): grid bearing of the line at
    fence and ground sensors, else 0.
    """

    sensors: tuple[Sensor, ...]
    eye_m: F8
    convergence_rad: F8
    axis_rad: F8


def placed(site: Site, line: LineFrame, terrain: Terrain) -> Placed:
    """Return where every sensor stands; heights over voids and outside the terrain are NaN."""
    posts = {post.id: post for post in site.posts}
    n = len(site.sensors)
    eye, axis = np.zeros((n, 3)), np.zeros(n)
    for k, sensor in enumerate(site.sensors):
        if sensor.from_km is not None and sensor.to_km is not None:
            middle_m = 500.0 * (sensor.from_km + sensor.to_km)
            eye[k, :2] = line.xy_m_from_sd([middle_m, 0.0])
            axis[k] = line.heading_rad(middle_m)
        else:
            post = posts.get(sensor.post or "", sensor)
            eye[k, :2] = line.frame.xy_m_from_lonlat(post.lon_deg or 0.0, post.lat_deg or 0.0)
            eye[k, 2] = terrain.height_at(eye[k, :2]) + sensor.mast_m
    return Placed(site.sensors, eye, line.frame.convergence_rad(eye[:, :2]), axis)
