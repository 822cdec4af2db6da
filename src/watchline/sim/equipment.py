"""From the site's sensors to the arrays that the simulator's physics reads."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from watchline.domain.site import Sensor, Site
from watchline.geo.line import LineFrame
from watchline.geo.terrain import Terrain
from watchline.sim.camera_model import Eyes
from watchline.sim.fence_model import Wires
from watchline.sim.looking import Rhythm
from watchline.sim.population import View
from watchline.sim.weather import STRETCH_M

F8 = NDArray[np.float64]

KINDS = {"thermal_camera": 0, "drone_camera": 0, "radar": 1, "fence_sensor": 2, "ground_sensor": 2}


def place_xy_m(site: Site, line: LineFrame, sensor: Sensor) -> F8:
    """Return (2,) where a sensor stands; the middle of its stretch for wire; NaN when it has no place."""
    if sensor.lon_deg is not None and sensor.lat_deg is not None:
        return line.frame.xy_m_of(sensor)
    for post in site.posts:
        if post.id == sensor.post:
            return line.frame.xy_m_of(post)
    if sensor.from_km is not None and sensor.to_km is not None:
        return line.xy_m_from_sd(np.array([500.0 * (sensor.from_km + sensor.to_km), 0.0]))
    return np.full(2, np.nan)


def eyes_of(site: Site, line: LineFrame, terrain: Terrain, bias_rad: float, rng: np.random.Generator) -> Eyes:
    """Return what every sensor is, in the order of the site; `bias_rad`: spread of the towers' bearing bias."""
    n = len(site.sensors)
    xy = np.array([place_xy_m(site, line, s) for s in site.sensors]).reshape(n, 2)
    convergence = np.array([float(line.frame.convergence_rad(p)) if np.isfinite(p).all() else 0.0 for p in xy])
    mast = np.array([s.mast_m for s in site.sensors])
    hfov = np.radians([s.hfov_deg for s in site.sensors])
    shape = np.array([s.height_px / s.width_px for s in site.sensors])
    middle = np.radians([s.azimuth_deg for s in site.sensors])
    span = hfov.copy()
    for k, s in enumerate(site.sensors):
        if s.pan is not None:
            middle[k] = math.radians((s.pan.from_deg + s.pan.to_deg) / 2)
            span[k] += math.radians(s.pan.to_deg - s.pan.from_deg)
    chainage = line.sd_from_xy_m(xy)[:, 0] if n else np.zeros(0)
    last = max(0, math.ceil(line.length_m / STRETCH_M) - 1)
    return Eyes(
        kind=np.array([KINDS[s.kind] for s in site.sensors], np.int32),
        x=xy[:, 0].copy(),
        y=xy[:, 1].copy(),
        z=np.nan_to_num(terrain.height_at(xy)) + mast,
        convergence_rad=convergence,
        hfov_rad=hfov,
        vfov_rad=hfov * shape,
        tilt_rad=np.radians([s.tilt_deg for s in site.sensors]),
        range_m=np.array([s.max_range_m for s in site.sensors]),
        pixel_rad=hfov / np.array([s.width_px for s in site.sensors]),
        netd_k=np.array([s.netd_k for s in site.sensors]),
        bias_rad=rng.normal(0.0, bias_rad, n),
        sd_bearing_rad=np.radians([s.sd_bearing_deg for s in site.sensors]),
        sd_range_m=np.array([s.sd_range_m for s in site.sensors]),
        least_speed=np.array([s.min_speed_m_s for s in site.sensors]),
        stretch=np.clip(np.nan_to_num(chainage) // STRETCH_M, 0, last).astype(np.int32),
        lens=np.ones(n),
        middle=middle + convergence,
        span=span,
    )


def rhythm_of(site: Site, eyes: Eyes, start_s: float, rng: np.random.Generator, silent: frozenset[int]) -> Rhythm:
    """Return when every sensor looks; `silent` ones (rendered, or fed from files) never do here."""
    n = len(site.sensors)
    period = np.array([s.pan.dwell_s if s.pan else s.scan_period_s for s in site.sensors])
    phase = rng.uniform(0.05, 1.0, n) * period
    placed = np.isfinite(eyes.x)
    for k, s in enumerate(site.sensors):
        if k in silent or s.input is not None or not placed[k]:
            period[k] = 0.0
    tours = [_tour_rad(sensor) + eyes.convergence_rad[k] for k, sensor in enumerate(site.sensors)]
    table = np.zeros((n, max(map(len, tours), default=1)))
    for k, tour in enumerate(tours):
        table[k, : len(tour)] = tour
    return Rhythm(
        first_s=start_s + phase,
        period_s=period,
        done=np.zeros(n, np.int64),
        round=np.array([len(tour) for tour in tours], np.int32),
        tour_rad=table,
    )


def _tour_rad(sensor: Sensor) -> F8:
    """Return the true bearing of each look of a head's round; one look of a fixed sensor, which looks elsewhere."""
    pan = sensor.pan
    if pan is None or pan.stops < 2:
        return np.zeros(1)
    first, last = math.radians(pan.from_deg), math.radians(pan.to_deg)
    return first + (last - first) * np.array(pan.tour) / (pan.stops - 1)


def wires_of(site: Site) -> Wires:
    """Return the stretch of every fence sensor, zero length for the others."""
    return Wires(
        np.array([1000.0 * (s.from_km or 0.0) for s in site.sensors]),
        np.array([1000.0 * (s.to_km or 0.0) for s in site.sensors]),
    )


def views_of(site: Site, eyes: Eyes, rendered: frozenset[int]) -> list[View]:
    """Return the cameras' views, for placing birds and the first parties."""
    return [
        View(
            np.array([eyes.x[k], eyes.y[k], eyes.z[k]]),
            float(eyes.middle[k]),
            float(eyes.hfov_rad[k]),
            float(eyes.vfov_rad[k]),
            float(eyes.tilt_rad[k]),
            k in rendered or (s.pictures and s.pan is None),
        )
        for k, s in enumerate(site.sensors)
        if eyes.kind[k] == 0 and np.isfinite(eyes.x[k])
    ]
