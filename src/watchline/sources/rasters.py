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
from watchline.sources.view_pictures import nice

F4 = NDArray[np.float32]
U1 = NDArray[np.uint8]

PICTURE_WIDE_PX = 2400
LEGEND_WIDE_PX, STRIP_PX = 960, 110
PAPER, INK, LINE_BGR, ROUTE_BGR = (250, 250, 250), (40, 40, 40), (235, 235, 235), (82, 154, 255)
FONT = cv2.FONT_HERSHEY_SIMPLEX
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


def write_picture(
    path: Path,
    rate_per_s: F4,
    grid: Terrain,
    line_xy_m: NDArray[np.float64],
    routes_xy_m: list[NDArray[np.float64]],
    title: str,
) -> None:
    """Write a field over hill shade as PNG, with the line, routes and a legend; the rate's logarithm is shown."""
    step = max(1, grid.height_m.shape[1] // PICTURE_WIDE_PX)
    height, rate = grid.height_m[::step, ::step], rate_per_s[::step, ::step]
    down, right = np.gradient(np.nan_to_num(height), grid.cell_m * step)
    shade = np.expand_dims(np.clip(0.75 - 2.5 * (right - down), 0.35, 1.15), -1)
    share = np.expand_dims(np.clip((np.log10(np.maximum(rate, 1e-6)) + 4.0) / 4.0, 0.0, 1.0), -1)
    picture = (np.array(NEVER_BGR) * (1 - share) + np.array(ALWAYS_BGR) * share) * shade
    picture = np.ascontiguousarray(np.clip(picture, 0, 255).astype(np.uint8))
    pixel_m = grid.cell_m * step
    zoom = LEGEND_WIDE_PX / picture.shape[1]
    if zoom > 1.0:  # a short line is drawn as wide as what is written under it
        picture = np.asarray(cv2.resize(picture, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_LINEAR), np.uint8)
        pixel_m /= zoom
    _stroke(picture, line_xy_m, grid, pixel_m, LINE_BGR, 1)
    for xy in routes_xy_m:
        _stroke(picture, xy, grid, pixel_m, ROUTE_BGR, 2)
    path.write_bytes(cv2.imencode(".png", _with_legend(picture, pixel_m, title))[1].tobytes())


def _stroke(
    picture: U1, xy_m: NDArray[np.float64], grid: Terrain, pixel_m: float, bgr: tuple[int, int, int], width: int
) -> None:
    at = np.column_stack([xy_m[:, 0] - grid.x0_m, grid.y0_m - xy_m[:, 1]]) / pixel_m
    cv2.polylines(picture, [np.round(at * 8).astype(np.int32)], False, bgr, width, cv2.LINE_AA, shift=3)


def _with_legend(field: U1, pixel_m: float, title: str) -> U1:
    """Return the picture with a strip under it: what is shown, how the colours go, the line, routes, a scale bar."""
    wide = max(field.shape[1], LEGEND_WIDE_PX)
    picture = np.full((field.shape[0] + STRIP_PX, wide, 3), PAPER, np.uint8)
    picture[: field.shape[0], : field.shape[1]] = field
    top = field.shape[0]
    cv2.putText(picture, title, (20, top + 30), FONT, 0.6, INK, 1, cv2.LINE_AA)
    share = np.linspace(0.0, 1.0, 160)[None, :, None]
    picture[top + 50 : top + 64, 20:180] = np.array(NEVER_BGR) * (1 - share) + np.array(ALWAYS_BGR) * share
    _word(picture, "detected once in 3 hours or less .. once a second", 190, top + 63)
    cv2.line(picture, (640, top + 57), (670, top + 57), INK, 1, cv2.LINE_AA)
    _word(picture, "the line", 678, top + 63)
    cv2.line(picture, (770, top + 57), (800, top + 57), ROUTE_BGR, 3, cv2.LINE_AA)
    _word(picture, "weakest routes", 808, top + 63)
    length_m = nice(wide / 5 * pixel_m)
    cv2.rectangle(picture, (20, top + 84), (20 + round(length_m / pixel_m), top + 89), INK, -1)
    _word(picture, f"{length_m / 1000:g} km", 30 + round(length_m / pixel_m), top + 92)
    return picture


def _word(picture: U1, text: str, x: int, y: int) -> None:
    cv2.putText(picture, text, (x, y), FONT, 0.5, INK, 1, cv2.LINE_AA)
