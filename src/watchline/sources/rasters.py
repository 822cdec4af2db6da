"""Fields on the site grid as GeoTIFF, and as a picture for people without a map program."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.transform import from_origin

from watchline.geo.frame import SiteFrame
from watchline.geo.terrain import Terrain

F4 = NDArray[np.float32]

PICTURE_WIDE_PX = 2400
NEVER_BGR, ALWAYS_BGR = (40, 32, 28), (250, 215, 120)  # dark where nobody looks, pale blue where looks are many


def write_field(path: Path, bands: dict[str, F4], grid: Terrain, frame: SiteFrame) -> None:
    """Write named float32 bands on the cells of `grid`; NaN is nodata."""
    rows, cols = grid.height_m.shape
    half = grid.cell_m / 2
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=rows,
        width=cols,
        count=len(bands),
        dtype="float32",
        crs=rasterio.crs.CRS.from_proj4(frame.proj4),
        transform=from_origin(grid.x0_m - half, grid.y0_m + half, grid.cell_m, grid.cell_m),
        nodata=float("nan"),
        compress="deflate",
        zlevel=1,
        tiled=True,
    ) as file:
        for number, (name, band) in enumerate(bands.items(), start=1):
            file.write(band, number)
            file.set_band_description(number, name)


def write_picture(path: Path, rate_per_s: F4, grid: Terrain, routes_xy_m: list[NDArray[np.float64]]) -> None:
    """Write a field over hill shade as PNG, with routes in orange; the logarithm of the rate is shown."""
    step = max(1, grid.height_m.shape[1] // PICTURE_WIDE_PX)
    height, rate = grid.height_m[::step, ::step], rate_per_s[::step, ::step]
    down, right = np.gradient(np.nan_to_num(height), grid.cell_m * step)
    shade = np.expand_dims(np.clip(0.75 - 2.5 * (right - down), 0.35, 1.15), -1)
    share = np.expand_dims(np.clip((np.log10(np.maximum(rate, 1e-6)) + 4.0) / 4.0, 0.0, 1.0), -1)
    picture = (np.array(NEVER_BGR) * (1 - share) + np.array(ALWAYS_BGR) * share) * shade
    picture = np.ascontiguousarray(np.clip(picture, 0, 255).astype(np.uint8))
    for xy in routes_xy_m:
        at = np.column_stack([(xy[:, 0] - grid.x0_m), (grid.y0_m - xy[:, 1])]) / (grid.cell_m * step)
        cv2.polylines(picture, [np.round(at * 8).astype(np.int32)], False, (82, 154, 255), 2, cv2.LINE_AA, shift=3)
    path.write_bytes(cv2.imencode(".png", picture)[1].tobytes())
