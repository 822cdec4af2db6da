"""`watchline coverage`: where could someone cross unseen, with all sensors as the site says they are."""

from __future__ import annotations

import csv
import math
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from watchline.cli.options import Json
from watchline.cli.progress import downloads_shown
from watchline.cli.situation import Weather, situation
from watchline.coverage.too_late import Critical
from watchline.domain.errors import BadInput
from watchline.ops.as_found import read_as_found
from watchline.ops.json_file import write_json
from watchline.ops.plan import FRAILTY_K, HOME_EDGE_M, ClassCoverage, Coverage
from watchline.ops.plan import coverage as cover
from watchline.ops.site_check import read_sound_site
from watchline.ops.site_file import LoadedSite
from watchline.sensing.situation import Situation
from watchline.sources.rasters import write_field, write_picture

STRIP = (
    "from_km",
    "to_km",
    "class",
    "weakest_exposure",
    "p_unseen_weakest",
    "p_unseen_straight",
    "response_s",
    "timely_exposure",
    "p_timely_weakest",
)


def coverage(
    site: Path,
    /,
    *,
    out: Path,
    at: str | None = None,
    weather: Weather | None = None,
    dark: tuple[str, ...] = (),
    ledger: Path | None = None,
    response_s: float | None = None,
    json: Json = False,
) -> int:
    """Write exposure.tif, through.tif, strip.csv, weakest.geojson, summary.json and coverage.png of SITE.toml.

    Exposure is a detection rate (1/s) for each class of crosser; through.tif the chance that a walker passes unseen
    by the best route through each cell; probabilities are priors: nothing has been tried on this site yet.
    "Timely" is what is detected while there is still time for the response before the far edge.

    Parameters
    ----------
    site
        The site file, or its folder.
    out
        The folder to write into; made when it is not there.
    at
        The time it is asked for, with its zone: contrast and light by the hour, clear unless weather is told.
        Without it a clear desert winter night.
    weather
        What the weather is at that time.
    dark
        Sensors that are silent, by id.
    ledger
        What is known of the site: wire, trench and towers as inspections found them, sensors that are dark or weak.
    response_s
        Seconds from a detection until somebody is there, everywhere; else the nearest patrol's or reserve's time.
    json
        Print the summary as one JSON object.
    """
    with downloads_shown(json):
        loaded = read_sound_site(site)
    if out.exists() and not out.is_dir():
        raise BadInput(f"--out {out}", "is not a folder", "choose another")
    if response_s is not None and not 0.0 <= response_s < math.inf:
        raise BadInput("--response-s", f"must be >= 0 and finite, got {response_s:g}", "give seconds, such as 1200")
    now = situation(loaded, at, weather, dark)
    if ledger is not None:
        loaded, now = read_as_found(loaded, now, ledger)
    with downloads_shown(json):
        elevation = loaded.elevation()
    for note in elevation.notes:
        print(f"watchline: {note}", file=sys.stderr)
    started = time.monotonic()
    found = cover(loaded, elevation.terrain, now, response_time_s=response_s)
    summary = {**_summary(loaded, found), **_told(now, loaded), "seconds": round(time.monotonic() - started, 1)}
    try:
        out.mkdir(parents=True, exist_ok=True)
        _write(out, loaded, found, now, summary)
    except OSError as error:
        raise BadInput(f"--out {out}", f"cannot be written ({error.strerror})", "choose another") from None
    print(msgspec.json.encode(summary).decode() if json else _lines(summary, out))
    return 0


def _write(out: Path, loaded: LoadedSite, found: Coverage, now: Situation, summary: dict[str, Any]) -> None:
    bands = {one.crosser.name: one.rate_per_s for one in found.classes}
    write_field(out / "exposure.tif", bands, found.terrain, loaded.line.frame)
    walker = found.classes[0]
    if walker.p_through is not None:
        write_field(out / "through.tif", {"p_unseen_walker": walker.p_through}, found.terrain, loaded.line.frame)
    grid = found.terrain
    ways = [route.xy_m(grid.x0_m, grid.y0_m, grid.cell_m) for route in walker.routes]
    title = f"{loaded.site.name}: how often a walker is detected, {'day' if now.conditions.is_day else 'night'}"
    write_picture(out / "coverage.png", walker.rate_per_s, grid, loaded.line.xy_m, ways, title)
    with (out / "strip.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(STRIP)
        for one in found.classes:
            rows.writerows(_strip(one, found))
    (out / "weakest.geojson").write_text(msgspec.json.encode(_routes(loaded, found)).decode() + "\n")
    write_json(out / "summary.json", summary)


def _strip(one: ClassCoverage, found: Coverage) -> Iterator[list[Any]]:
    columns = (one.weakest, one.p_miss_weakest, one.straight, found.response.seconds, one.timely, one.p_timely)
    for km, (weakest, p_weak, p_straight, response_s, timely, p_timely) in enumerate(zip(*columns, strict=True)):
        yield [
            km,
            km + 1,
            one.crosser.name,
            _known(weakest, ".5g"),
            f"{p_weak:.4f}",
            f"{p_straight:.4f}",
            f"{response_s:.0f}",
            _known(timely, ".5g"),
            _known(p_timely, ".4f"),
        ]


def _known(value: float, form: str) -> str:
    """Return a number as text, nothing where no route leads."""
    return format(value, form) if math.isfinite(value) else ""


def _routes(loaded: LoadedSite, found: Coverage) -> dict[str, Any]:
    grid, features = found.terrain, []
    for one in found.classes:
        for rank, (route, chance, critical) in enumerate(
            zip(one.routes, one.unseen, one.critical, strict=True), start=1
        ):
            lonlat = loaded.line.frame.lonlat_from_xy_m(route.xy_m(grid.x0_m, grid.y0_m, grid.cell_m))
            features.append(
                {
                    "type": "Feature",
                    "properties": {
                        "class": one.crosser.name,
                        "rank": rank,
                        "exposure": round(route.exposure, 6),
                        "p_unseen": round(chance.mean, 4),
                        "p_unseen_5_95": [round(chance.low, 4), round(chance.high, 4)],
                        "minutes": round(route.time_s / 60, 1),
                        "length_m": round(route.length_m),
                        "crosses_km": _crosses_km(loaded, found, route.path_rc),
                        **_critical(loaded, found, critical),
                    },
                    "geometry": {"type": "LineString", "coordinates": lonlat.round(6).tolist()},
                }
            )
    return {"type": "FeatureCollection", "features": features}


def _critical(loaded: LoadedSite, found: Coverage, critical: Critical | None) -> dict[str, Any]:
    """Return the critical detection point: from there on a detection is too late."""
    if critical is None:
        return {}
    (row, col), grid = critical.place_rc, found.terrain
    place = np.array([grid.x0_m + col * grid.cell_m, grid.y0_m - row * grid.cell_m])
    return {
        "too_late_after_m": round(critical.after_m),
        "too_late_from_lon_lat": loaded.line.frame.lonlat_from_xy_m(place).round(6).tolist(),
        "exposure_before": round(critical.exposure, 6),
    }


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
        "response": {
            "basis": found.response.basis,
            "median_s": round(float(np.median(found.response.seconds))),
            "longest_s": round(float(found.response.seconds.max())),
        },
        "status": "prior: no trial of this site has been counted",
        "classes": {one.crosser.name: _class_summary(one) for one in found.classes},
    }


def _told(now: Situation, loaded: LoadedSite) -> dict[str, Any]:
    return {"conditions": str(now.conditions), "dark": [loaded.site.sensors[k].id for k in sorted(now.dark)]}


def _class_summary(one: ClassCoverage) -> dict[str, Any]:
    unseen = one.p_miss_weakest
    worst = int(np.argmax(unseen))
    return {
        "worst_km": [worst, worst + 1],
        "p_unseen_weakest_worst": round(float(unseen[worst]), 4),
        "p_unseen_weakest_worst_5_95": _spread(one),
        "p_unseen_round_ends": one.p_miss_round_ends.round(4).tolist(),
        "p_unseen_weakest_mean": round(float(unseen.mean()), 4),
        "p_unseen_straight_mean": round(float(one.straight.mean()), 4),
        "km_with_weakest_over_half": int((unseen > 0.5).sum()),
        "p_timely_weakest_mean": _mean(one.p_timely),
        "km_with_timely_under_half": int((one.p_timely < 0.5).sum()),
    }


def _spread(one: ClassCoverage) -> list[float] | None:
    """Return the 5 and 95 % points of the weakest route's chance, by the belief about sensors and by frailty."""
    return [round(one.unseen[0].low, 4), round(one.unseen[0].high, 4)] if one.unseen else None


def _mean(values: np.ndarray[Any, Any]) -> float | None:
    """Return the mean of what is known, None if nothing is."""
    known = values[np.isfinite(values)]
    return round(float(known.mean()), 4) if len(known) else None


def _interval(one: dict[str, Any]) -> str:
    """Return the spread of the worst route's chance; nothing where no route crosses."""
    spread = one["p_unseen_weakest_worst_5_95"]
    return f", {spread[0]:.2f} to {spread[1]:.2f}" if spread else ""


def _lines(summary: dict[str, Any], out: Path) -> str:
    lines = [
        f"{summary['site']}, {summary['length_km']} km, {summary['seconds']} s; {summary['status']}",
        summary["conditions"] + (f"; dark: {', '.join(summary['dark'])}" if summary["dark"] else ""),
    ]
    for name, one in summary["classes"].items():
        lines.append(
            f"{name:8} best informed route: worst km {one['worst_km'][0]} "
            f"({one['p_unseen_weakest_worst']:.2f} unseen{_interval(one)}), "
            f"over a half on {one['km_with_weakest_over_half']} km; "
            f"straight across, mean {one['p_unseen_straight_mean']:.2f} unseen; "
            f"round the ends {one['p_unseen_round_ends'][0]:.2f} and {one['p_unseen_round_ends'][1]:.2f}; "
            f"in time less than a half on {one['km_with_timely_under_half']} km"
        )
    response = summary["response"]
    lines.append(
        f"response: median {response['median_s']} s, longest {response['longest_s']} s ({response['basis']})"
    )
    return "\n".join([*lines, f"written into {out}"])
