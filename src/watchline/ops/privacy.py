"""The site's privacy masks in the world and in pictures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import shapely
from numpy.typing import NDArray

from watchline.domain.batches import DetectionBatch
from watchline.geo.terrain import Terrain
from watchline.ops.site_file import LoadedSite
from watchline.policy.masks import Masks
from watchline.sensing import placing
from watchline.sensing.camera import Camera

F8 = NDArray[np.float64]
STEP_M = 25.0  # along a mask's edge, so that the ground between its corners is followed
ABOVE_M = 3.0  # somebody on the ground inside reaches no higher
Outline = NDArray[np.int32]
PixelMasks = Mapping[int, Mapping[str, Mapping[int, tuple[Outline, ...]]]]
"""Of each camera, of each mask, at each stop: the parts of the picture to be painted over."""


def masks_of(loaded: LoadedSite) -> Masks:
    """Return the site's masks on its grid."""
    return Masks(tuple((area, shapely.Polygon(ring)) for area, ring in _rings(loaded)))


def _rings(loaded: LoadedSite) -> Iterable[tuple[str, F8]]:
    for area in loaded.site.areas:
        if area.kind == "privacy":
            for ring in loaded.areas.get(area.id, []):
                yield area.id, np.asarray(loaded.line.frame.xy_m_from_lonlat(ring[:, 0], ring[:, 1]))


def places_m(detections: DetectionBatch, place: F8, convergence_rad: F8) -> F8:
    """Return (N, 2) where detections with a bearing and a range lie on the grid; NaN for others.

    place (S, 2 or 3), convergence_rad (S,): of every sensor.
    """
    bearing = detections.bearing_rad + convergence_rad[detections.sensor]
    way = detections.range_m[:, None] * np.column_stack([np.sin(bearing), np.cos(bearing)])
    return np.asarray(place[detections.sensor, :2] + way)


def pixel_masks(loaded: LoadedSite, terrain: Terrain, sensors: Iterable[int]) -> PixelMasks:
    """Return what is painted over in the pictures of these cameras."""
    stand = placing.placed(loaded.site, loaded.line, terrain)
    out: dict[int, dict[str, dict[int, tuple[Outline, ...]]]] = {}
    for k in sensors:
        camera = Camera(loaded.site.sensors[k], stand.eye_m[k], float(stand.convergence_rad[k]))
        stops = camera.sensor.pan.stops if camera.sensor.pan is not None else 1
        for area, ring in _rings(loaded):
            for stop in range(stops):
                found = _outlines(camera, terrain, ring, stop)
                if found:
                    out.setdefault(k, {}).setdefault(area, {})[stop] = found
    return out


def _outlines(camera: Camera, terrain: Terrain, ring: F8, stop: int) -> tuple[Outline, ...]:
    """Return the ground of a mask, the air over it and its sides, as polygons in a picture's pixels."""
    edge = shapely.segmentize(shapely.LinearRing(ring), STEP_M)
    xy = np.asarray(shapely.get_coordinates(edge))
    ground_m = np.asarray(terrain.height_at(xy), float)
    low, high = (_pixels(camera, xy, ground_m + up, stop) for up in (0.0, ABOVE_M))
    seen = np.isfinite(low).all(axis=1) & np.isfinite(high).all(axis=1)
    if not seen.any():
        return ()
    low, high = low[seen], high[seen]
    sides = [np.array([low[k], low[k + 1], high[k + 1], high[k]]) for k in range(len(low) - 1)]
    parts = [part.round().astype(np.int32) for part in (low, high, *sides)]
    wide, tall = camera.sensor.width_px, camera.sensor.height_px
    inside = [p for p in parts if (p.max(0) >= 0).all() and p[:, 0].min() < wide and p[:, 1].min() < tall]
    return tuple(inside)


def _pixels(camera: Camera, xy: F8, height_m: F8, stop: int) -> F8:
    """Return (N, 2) pixels of places, NaN for what is behind the camera; far outside is cut to where paint can go."""
    d = xy - camera.eye_m[:2]
    azimuth = np.arctan2(d[:, 0], d[:, 1]) - camera.convergence_rad
    elevation = np.arctan2(height_m - camera.eye_m[2], np.hypot(d[:, 0], d[:, 1]))
    x, y = camera.pixels(azimuth, elevation, stop)
    return np.clip(np.column_stack([x, y]), -20_000.0, 20_000.0)
