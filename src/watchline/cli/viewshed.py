"""`watchline viewshed`: elevation and an observer in, what it sees out.  Files, clock and progress are here."""

from __future__ import annotations

import json as jsons
import math
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import rasterio
from cyclopts import Parameter
from numpy.typing import NDArray
from rasterio.errors import RasterioError

from watchline.cli.options import Json
from watchline.cli.progress import busy, downloads_shown
from watchline.cli.sight_profile import Pair, place, profile_to
from watchline.domain.errors import BadInput
from watchline.geo.viewshed import RADIUS_CELLS_MAX, SEEN, UNKNOWN, least_visible_field_m, seen_from_need
from watchline.sources.dem import Dem, read_dem_around


def viewshed(
    dem: Path,
    *,
    at: Annotated[str, Parameter(allow_leading_hyphen=True)],
    mast: float,
    target: float,
    range: float,
    out: Path,
    need: Path | None = None,
    exact: Annotated[bool, Parameter(negative="--fast")] = True,
    refraction: float | None = None,
    png: Path | None = None,
    profile: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    json: Json = False,
) -> int:
    """Find what one observer sees.

    Parameters
    ----------
    dem:
        Elevation: a raster, a folder of one-degree tiles (Copernicus, SRTM), or the web address of Copernicus tiles.
    at:
        Where the observer stands: LON,LAT in degrees (WGS 84); it is put at the centre of its cell.
    mast:
        Height of the eye above the ground, metres.
    target:
        Height of the subject above the ground, metres.
    range:
        How far to look, metres.
    out:
        GeoTIFF to write: 1 seen, 0 hidden, 255 no data, beyond the range, or a sight line that touches a void.
    need:
        Also write the least visible height in metres (float32).
    exact:
        Exact on the bilinear surface (default), or fast: up to 0.3 % of cells wrong in a tenth of the time.
    refraction:
        Share of the Earth's curvature that refraction takes back: 0.143 for light (default), 0.25 for radio.
    png:
        Also write pictures: shaded ground, green where seen, and as .need.png how high one must reach to be seen.
    profile:
        LON,LAT of a disputed place: also write the sight line to it beside OUT, as .profile.csv and .profile.png.
    json:
        Print one JSON object instead of the summary.
    """
    k = 1 / 7 if refraction is None else refraction
    lon, lat = place("--at", at)
    _check(mast, target, range, k)
    with downloads_shown(json), busy(json, f"reading {dem.name}"):
        ground = read_dem_around(dem, lon, lat, range)
    if range > RADIUS_CELLS_MAX * min(ground.cell_m):
        raise BadInput("--range", f"is over {RADIUS_CELLS_MAX} cells of {min(ground.cell_m):g} m, got {range:g}")
    for note in ground.notes:
        print(f"watchline: {note}", file=sys.stderr)
    started = time.monotonic()
    with busy(json, "looking"):
        field = least_visible_field_m(
            ground.height_m, ground.row, ground.col, mast_m=mast, range_m=range, cell_m=ground.cell_m,
            refraction_k=k, exact=exact,
        )  # fmt: skip
    seconds = time.monotonic() - started
    seen = seen_from_need(field, target)
    if int((seen != UNKNOWN).sum()) <= 1:
        rule = f"nothing is known within {range:g} m of the observer"
        raise BadInput(str(dem), rule, "give a longer --range, or elevation without voids here")
    tags = {"MAST_M": mast, "TARGET_M": target, "RANGE_M": range, "REFRACTION_K": k, "OBSERVER": at}
    tags |= {"METHOD": "exact" if exact else "fast"}
    _write(out, seen, UNKNOWN, np.uint8, ground, tags)
    if need is not None:
        _write(need, field, math.nan, np.float32, ground, tags)
    pair = None
    if profile is not None:
        pair = profile_to(profile, ground, field, mast_m=mast, target_m=target, refraction_k=k, beside=out)
    if png is not None:
        title = f"from {at}, mast {mast:g} m, subject {target:g} m, out to {range / 1000:g} km"
        _pictures(png, seen, field, ground, title, pair)
    _report(json, dem, out, seen, ground, seconds, exact, range, pair)
    return 0


def _check(mast: float, target: float, range_m: float, k: float) -> None:
    if not (math.isfinite(mast) and mast > 0.0):
        raise BadInput("--mast", f"must be above 0 m, got {mast:g}")
    if not (math.isfinite(target) and target >= 0.0):
        raise BadInput("--target", f"must be at least 0 m, got {target:g}")
    if not (math.isfinite(range_m) and range_m > 0.0):
        raise BadInput("--range", f"must be above 0 m, got {range_m:g}")
    if not 0.0 <= k <= 1.0:
        raise BadInput("--refraction", f"must be from 0 to 1, got {k:g}")


def _write(path: Path, window: NDArray[Any], nodata: float, dtype: type, ground: Dem, tags: dict[str, Any]) -> None:
    """Write a window of the output grid; the rest of the grid is nodata."""
    whole = window
    if window.shape != ground.shape:
        whole = np.full(ground.shape, nodata, dtype)
        rows, cols = window.shape
        whole[ground.top : ground.top + rows, ground.left : ground.left + cols] = window
    try:
        with rasterio.open(
            path, "w", driver="GTiff", height=whole.shape[0], width=whole.shape[1], count=1, dtype=dtype,
            crs=ground.crs, transform=ground.transform, nodata=nodata, compress="deflate", tiled=True,
        ) as file:  # fmt: skip
            file.write(whole, 1)
            file.update_tags(**tags)
    except (RasterioError, OSError) as error:
        raise BadInput(str(path), f"cannot be written ({' '.join(str(error).split())})") from None


def _pictures(
    path: Path, seen: NDArray[np.uint8], field: NDArray[np.float32], ground: Dem, title: str, pair: Pair | None
) -> None:
    """Write what is seen, and beside it how high one must reach to be seen."""
    from watchline.sources.view_pictures import View, write_need, write_view

    target = pair.cell if pair is not None else None
    view = View(ground.height_m, seen, ground.row, ground.col, ground.cell_m, title, target)
    write_view(path, view)
    write_need(path.with_suffix(".need.png"), view, field)


def _report(
    as_json: bool,
    dem: Path,
    out: Path,
    seen: NDArray[np.uint8],
    ground: Dem,
    seconds: float,
    exact: bool,
    range_m: float,
    pair: Pair | None,
) -> None:
    down = (np.arange(seen.shape[0]) - ground.row) * ground.cell_m[1]
    across = (np.arange(seen.shape[1]) - ground.col) * ground.cell_m[0]
    away = np.hypot(down[:, None], across[None, :])
    inside = away <= range_m
    visible, known = int((seen == SEEN).sum()), int((seen != UNKNOWN).sum())
    unknown = int((inside & (seen == UNKNOWN)).sum())
    area_km2 = ground.cell_m[0] * ground.cell_m[1] / 1e6
    share = visible / known
    if as_json:
        summary: dict[str, Any] = {
            "dem": str(dem),
            "out": str(out),
            "method": "exact" if exact else "fast",
            "cells": known,
            "seen": visible,
            "unknown": unknown,
            "p_seen": round(share, 6),
            "seen_km2": round(visible * area_km2, 4),
            "cell_m": [round(c, 4) for c in ground.cell_m],
            "seconds": round(seconds, 3),
            "vertical_datum": ground.datum,
            "notes": list(ground.notes),
        }
        if pair is not None:
            summary["profile"] = pair.summary()
        print(jsons.dumps(summary, ensure_ascii=False))
        return
    print(f"{share:.1%} of {known} cells seen, {visible * area_km2:.1f} km2; {unknown} cells unknown -> {out}")
    if pair is not None:
        print(pair.line())
