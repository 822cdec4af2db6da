"""Our own terrain as map tiles: web-Mercator squares with height in the colours (Terrarium encoding)."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from watchline.geo.frame import SiteFrame
from watchline.geo.terrain import Terrain

SIZE_PX = 256
EARTH_AROUND_M = 40_075_016.7  # equator, WGS 84


def max_zoom(cell_m: float, lat_deg: float) -> int:
    """Return the zoom beyond which tiles would only repeat the elevation's own cells."""
    metres = EARTH_AROUND_M * math.cos(math.radians(lat_deg)) / SIZE_PX
    return max(6, min(15, round(math.log2(metres / cell_m))))


def terrain_tile(terrain: Terrain, frame: SiteFrame, z: int, x: int, y: int) -> bytes:
    """Return a PNG whose red, green and blue are (height + 32768 m) in 256ths, as `raster-dem` sources read them.

    Outside the terrain the nearest edge's height goes on, so that hill shading shows no cliff there.
    """
    pixels = (np.arange(SIZE_PX) + 0.5) / SIZE_PX
    n = 2.0**z
    lon = (x + pixels) / n * 360.0 - 180.0
    lat = np.degrees(np.arctan(np.sinh(np.pi * (1.0 - 2.0 * (y + pixels) / n))))
    lon_grid, lat_grid = np.meshgrid(lon, lat)
    xy = frame.xy_m_from_lonlat(lon_grid, lat_grid)
    xy = np.where(np.isfinite(xy), xy, 0.0)
    west, south, east, north = terrain.bounds_m
    inside = np.stack([np.clip(xy[..., 0], west, east), np.clip(xy[..., 1], south, north)], axis=-1)
    height = np.nan_to_num(terrain.height_at(inside), nan=0.0)
    return _png(height)


def _png(height_m: NDArray[np.float64]) -> bytes:
    value = np.clip(np.round((height_m + 32768.0) * 256.0), 0, 2**24 - 1).astype(np.uint32)
    bgr = np.stack([value & 255, (value >> 8) & 255, value >> 16], axis=-1).astype(np.uint8)
    done, data = cv2.imencode(".png", bgr, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    if not done:
        raise RuntimeError("a tile could not be encoded")
    return data.tobytes()
