"""`watchline plan tests`: the walks that would leave least doubt, in order, as a table and as tracks for a phone."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from watchline.cli.answer import answer, keep
from watchline.cli.progress import downloads_shown
from watchline.domain.records import GeoPoint, MapShape
from watchline.links.maps import geojson, gpx
from watchline.ops.planning.walk_tests import TestPlan, plan_tests
from watchline.ops.site_check import read_sound_site
from watchline.ops.site_file import LoadedSite

TRACK_STEP_M = 100.0


def tests(site: Path, out: Path, *, count: int, ledger: Path | None, json: bool) -> int:
    """Weigh every kilometre's weakest and straight way as a test, and write the best of them."""
    begun = time.monotonic()
    with downloads_shown(json):
        loaded = read_sound_site(site)
        terrain = loaded.terrain()
    found = plan_tests(loaded, terrain, count=count, ledger=ledger)
    summary = _summary(found, time.monotonic() - begun)
    keep(out, "tests", summary, summary["tests"])
    shapes = _tracks(loaded, found)
    (out / "tests.geojson").write_bytes(geojson.file_of(shapes))
    (out / "tests.gpx").write_bytes(gpx.file_of(shapes))
    answer(summary, _lines(summary, out), json=json)
    return 0


def _summary(found: TestPlan, seconds: float) -> dict[str, Any]:
    worst = np.argsort(-found.sd, kind="stable")[:5]
    return {
        "sd_mean": round(float(found.sd.mean()), 5),
        "most_doubtful": [
            {"km": int(km), "p_detected": round(float(found.chance[km]), 4), "sd": round(float(found.sd[km]), 4)}
            for km in worst
        ],
        "trials_counted": found.trials,
        "ways_weighed": len(found.ways),
        "tests": [
            {
                "order": order,
                "km": found.ways[one.way].km,
                "way": found.ways[one.way].kind,
                "minutes": round(found.ways[one.way].minutes),
                "takes_off_sd": round(one.gain, 6),
                "sd_mean_after": round(one.sd_mean, 6),
            }
            for order, one in enumerate(found.chosen, start=1)
        ],
        "seconds": round(seconds, 1),
    }


def _tracks(loaded: LoadedSite, found: TestPlan) -> list[MapShape]:
    out = []
    for order, one in enumerate(found.chosen, start=1):
        way = found.ways[one.way]
        at = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(way.xy_m, axis=0).T))])
        along = np.append(np.arange(0.0, at[-1], TRACK_STEP_M), at[-1])
        xy = np.column_stack([np.interp(along, at, way.xy_m[:, k]) for k in (0, 1)])
        lonlat = loaded.line.frame.lonlat_from_xy_m(xy)
        points = tuple(GeoPoint(lon_deg=round(float(x), 6), lat_deg=round(float(y), 6)) for x, y in lonlat)
        told = {"km": str(way.km), "way": way.kind, "minutes": f"{way.minutes:.0f}"}
        name = f"test {order}, km {way.km}"
        out.append(MapShape(id=f"test-{order}", t_s=0.0, source="plan", name=name, shape="line", points=points,
                            properties=told))  # fmt: skip
    return out


def _lines(summary: dict[str, Any], out: Path) -> str:
    lines = [
        f"doubt about the weakest way of a kilometre, on the mean: standard deviation {summary['sd_mean']:.4f} "
        f"({summary['trials_counted']} passages of the ledger counted)"
    ]
    for one in summary["most_doubtful"]:
        lines.append(f"  km {one['km']}: {one['p_detected']:.3f} detected, give or take {one['sd']:.3f}")
    for one in summary["tests"]:
        lines.append(
            f"{one['order']}. walk the {one['way']} way over km {one['km']} ({one['minutes']} min): "
            f"then {one['sd_mean_after']:.4f}"
        )
    if not summary["tests"]:
        lines.append("no walk would teach anything: no sensor looks where it is in doubt")
    return "\n".join([*lines, f"written into {out}: tests.csv, tests.gpx, tests.geojson, tests.json"])
