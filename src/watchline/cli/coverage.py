"""`watchline coverage`: where could someone cross unseen, with all sensors as the site says they are."""

from __future__ import annotations

import csv
import math
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from watchline.cli.progress import downloads_shown
from watchline.domain.errors import BadInput
from watchline.ops.plan import FRAILTY_K, HOME_EDGE_M, ClassCoverage, Coverage
from watchline.ops.plan import coverage as cover
from watchline.ops.site_check import read_sound_site
from watchline.ops.site_file import LoadedSite
from watchline.sources.rasters import write_field, write_picture


def coverage(site: Path, /, *, out: Path, json: bool = False) -> int:
    """Write exposure.tif, strip.csv, weakest.geojson, summary.json and coverage.png of SITE.toml into a folder.

    Exposure is a detection rate (1/s) for each class of crosser; probabilities are priors: nothing has been tried on
    this site yet.

    Parameters
    ----------
    site
        The site file, or its folder.
    out
        The folder to write into; made when it is not there.
    json
        Print the summary as one JSON object.
    """
    with downloads_shown(json):
        loaded = read_sound_site(site)
    if out.exists() and not out.is_dir():
        raise BadInput(f"--out {out}", "is not a folder", "choose another")
    with downloads_shown(json):
        elevation = loaded.elevation()
    for note in elevation.notes:
        print(f"watchline: {note}", file=sys.stderr)
    started = time.monotonic()
    found = cover(loaded, elevation.terrain)
    summary = {**_summary(loaded, found), "seconds": round(time.monotonic() - started, 1)}
    try:
        out.mkdir(parents=True, exist_ok=True)
        _write(out, loaded, found, summary)
    except OSError as error:
        raise BadInput(f"--out {out}", f"cannot be written ({error.strerror})", "choose another") from None
    print(msgspec.json.encode(summary).decode() if json else _lines(summary, out))
    return 0


def _write(out: Path, loaded: LoadedSite, found: Coverage, summary: dict[str, Any]) -> None:
    bands = {one.crosser.name: one.rate_per_s for one in found.classes}
    write_field(out / "exposure.tif", bands, found.terrain, loaded.line.frame)
    walker = found.classes[0]
    grid = found.terrain
    ways = [route.xy_m(grid.x0_m, grid.y0_m, grid.cell_m) for route in walker.routes]
    write_picture(out / "coverage.png", walker.rate_per_s, grid, ways)
    with (out / "strip.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["from_km", "to_km", "class", "weakest_exposure", "p_unseen_weakest", "p_unseen_straight"])
        for one in found.classes:
            for km, (weakest, p_weak, p_straight) in enumerate(
                zip(one.weakest, one.p_miss_weakest, one.straight, strict=True)
            ):
                exposure = f"{weakest:.5g}" if math.isfinite(weakest) else ""
                rows.writerow([km, km + 1, one.crosser.name, exposure, f"{p_weak:.4f}", f"{p_straight:.4f}"])
    (out / "weakest.geojson").write_text(msgspec.json.encode(_routes(loaded, found)).decode() + "\n")
    (out / "summary.json").write_text(msgspec.json.format(msgspec.json.encode(summary)).decode() + "\n")


def _routes(loaded: LoadedSite, found: Coverage) -> dict[str, Any]:
    grid, features = found.terrain, []
    for one in found.classes:
        for rank, route in enumerate(one.routes, start=1):
            lonlat = loaded.line.frame.lonlat_from_xy_m(route.xy_m(grid.x0_m, grid.y0_m, grid.cell_m))
            features.append(
                {
                    "type": "Feature",
                    "properties": {
                        "class": one.crosser.name,
                        "rank": rank,
                        "exposure": round(route.exposure, 6),
                        "minutes": round(route.time_s / 60, 1),
                        "length_m": round(route.length_m),
                        "crosses_km": _crosses_km(loaded, found, route.path_rc),
                    },
                    "geometry": {"type": "LineString", "coordinates": lonlat.round(6).tolist()},
                }
            )
    return {"type": "FeatureCollection", "features": features}


def _crosses_km(loaded: LoadedSite, found: Coverage, path_rc: np.ndarray[Any, Any]) -> float:
    grid = found.terrain
    xy = np.column_stack([grid.x0_m + path_rc[:, 1] * grid.cell_m, grid.y0_m - path_rc[:, 0] * grid.cell_m])
    sd = loaded.line.sd_from_xy_m(xy)
    return round(float(sd[int(np.argmin(np.abs(sd[:, 1]))), 0]) / 1000, 2)


def _summary(loaded: LoadedSite, found: Coverage) -> dict[str, Any]:
    return {
        "site": loaded.site.name,
        "length_km": round(loaded.line.length_m / 1000, 3),
        "outside_depth_m": loaded.site.line.outside_depth_m,
        "home_edge_m": HOME_EDGE_M,
        "frailty_k": FRAILTY_K,
        "status": "prior: no trial of this site has been counted",
        "classes": {one.crosser.name: _class_summary(one) for one in found.classes},
    }


def _class_summary(one: ClassCoverage) -> dict[str, Any]:
    unseen = one.p_miss_weakest
    worst = int(np.argmax(unseen))
    return {
        "worst_km": [worst, worst + 1],
        "p_unseen_weakest_worst": round(float(unseen[worst]), 4),
        "p_unseen_weakest_mean": round(float(unseen.mean()), 4),
        "p_unseen_straight_mean": round(float(one.straight.mean()), 4),
        "km_with_weakest_over_half": int((unseen > 0.5).sum()),
    }


def _lines(summary: dict[str, Any], out: Path) -> str:
    lines = [f"{summary['site']}, {summary['length_km']} km, {summary['seconds']} s; {summary['status']}"]
    for name, one in summary["classes"].items():
        lines.append(
            f"{name:8} best informed route: worst km {one['worst_km'][0]} "
            f"({one['p_unseen_weakest_worst']:.2f} unseen), over a half on {one['km_with_weakest_over_half']} km; "
            f"straight across, mean {one['p_unseen_straight_mean']:.2f} unseen"
        )
    return "\n".join([*lines, f"written into {out}"])
