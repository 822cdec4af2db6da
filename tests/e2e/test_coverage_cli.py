"""`watchline coverage` on a short demonstration line."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from command_line import answered

from builders import T0_S
from small_site import write_small_site
from watchline.ops.plan import Coverage, coverage
from watchline.ops.site_file import LoadedSite, read_site
from watchline.sensing.air.conditions import at
from watchline.sensing.situation import Situation

pytestmark = pytest.mark.slow

SOLVER_ROUNDING = 1e-4  # second-order upwind differences switch on and off; measured: 4e-5 at most
PRICE_OF_TIME = 1e-3  # what the solver's price of time takes from a route of eleven hours in the blind


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_site(tmp_path_factory.mktemp("coverage") / "site")


@pytest.fixture(scope="module")
def loaded(site: Path) -> LoadedSite:
    return read_site(site)


@pytest.fixture(scope="module")
def whole(loaded: LoadedSite) -> Coverage:
    return coverage(loaded, loaded.terrain())


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "watchline", "coverage", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)


def test_it_writes_what_it_promises(site: Path, tmp_path: Path) -> None:
    ran = _run(str(site), "--out", str(tmp_path / "out"), "--json")
    assert ran.returncode == 0, ran.stderr
    summary: dict[str, Any] = json.loads(ran.stdout)
    assert set(summary["classes"]) == {"walker", "crawler", "rider", "vehicle"}
    for one in summary["classes"].values():
        assert len(one["p_unseen_round_ends"]) == 2
        low, high = one["p_unseen_weakest_worst_5_95"]
        assert 0.0 <= low <= high <= 1.0
    with rasterio.open(tmp_path / "out" / "exposure.tif") as file:
        assert file.crs is not None
        assert file.descriptions == ("walker", "crawler", "rider", "vehicle")
        assert (file.read(1) >= 0).all()
    with (tmp_path / "out" / "strip.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4 * 12
    assert all(0.0 <= float(row["p_unseen_weakest"]) <= 1.0 for row in rows)
    assert all(0.0 <= float(row["p_timely_weakest"]) <= 1.0 - float(row["p_unseen_weakest"]) + 1e-4 for row in rows)
    assert "patrol" in summary["response"]["basis"]
    with rasterio.open(tmp_path / "out" / "through.tif") as file:
        p_through = file.read(1)
    walker = [float(row["p_unseen_weakest"]) for row in rows if row["class"] == "walker"]
    assert np.nanmax(p_through) == pytest.approx(max(walker), abs=1e-3)
    routes = json.loads((tmp_path / "out" / "weakest.geojson").read_text())["features"]
    assert {route["properties"]["class"] for route in routes} == set(summary["classes"])
    assert (tmp_path / "out" / "coverage.png").read_bytes().startswith(b"\x89PNG")


def test_the_best_informed_route_is_never_seen_more_than_a_straight_one(whole: Coverage) -> None:
    for one in whole.classes:
        # Where no straight lane of a kilometre meets ground nobody can take.
        assert (one.p_miss_weakest >= one.straight - PRICE_OF_TIME).mean() > 0.9


def test_a_sensor_that_goes_dark_never_raises_exposure(loaded: LoadedSite, whole: Coverage) -> None:
    less = coverage(loaded, loaded.terrain(), Situation(dark=frozenset({0, 1})))
    for before, after in zip(whole.classes, less.classes, strict=True):
        assert (after.rate_per_s <= before.rate_per_s + 1e-9).all()
        known = np.isfinite(before.weakest)
        assert (after.weakest[known] <= before.weakest[known] * (1 + SOLVER_ROUNDING)).all()
    assert (less.classes[0].rate_per_s < whole.classes[0].rate_per_s).any()


def test_worse_contrast_never_raises_exposure(loaded: LoadedSite) -> None:
    terrain = loaded.terrain()
    night = {"lat_deg": 33.6, "lon_deg": 42.0, "t_s": T0_S}
    clear, storm = (
        coverage(loaded, terrain, Situation(at(**night, visibility_km=v, dust=v < 2.0))) for v in (23.0, 1.0)
    )
    weak = coverage(loaded, terrain, Situation(at(**night), quality=np.full(len(loaded.site.sensors), 0.4)))
    for worse in (storm, weak):
        for before, after in zip(clear.classes, worse.classes, strict=True):
            assert (after.rate_per_s <= before.rate_per_s + 1e-9).all()
            assert after.rate_per_s.sum() < before.rate_per_s.sum()


def test_the_hour_and_the_weather_are_said_and_count(
    site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    night = ("--at", "2026-01-23T02:00:00+03:00")
    storm = (*night, "--weather.visibility-km", "0.8", "--weather.dust", "--dark", "T01-C")
    seen = []
    for k, options in enumerate((night, storm)):
        ran = answered(capsys, "coverage", site, "--out", tmp_path / f"out{k}", "--json", *options)
        assert ran.returncode == 0, ran.stderr
        seen.append(json.loads(ran.stdout))
    assert "night" in seen[0]["conditions"]
    assert seen[1]["dark"] == ["T01-C"]
    unseen = [one["classes"]["walker"]["p_unseen_straight_mean"] for one in seen]
    assert unseen[0] < unseen[1]


@pytest.mark.parametrize(
    "options",
    [
        ("--at", "yesterday"),
        ("--at", "2026-01-23T02:00:00"),
        ("--weather.air-c", "20"),
        ("--at", "2026-01-23T02:00:00Z", "--weather.visibility-km", "0"),
        ("--at", "2026-01-23T02:00:00Z", "--weather.dust"),
        ("--dark", "T99"),
    ],
)
def test_an_odd_hour_weather_or_sensor_is_one_line(
    site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...]
) -> None:
    ran = answered(capsys, "coverage", site, "--out", str(tmp_path / "out"), *options)
    assert ran.returncode == 2
    assert len(ran.stderr.strip().splitlines()) == 1
    assert options[0] in ran.stderr or "--weather" in ran.stderr


def test_an_out_that_is_a_file_is_one_line(site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out").write_text("mine")
    ran = answered(capsys, "coverage", site, "--out", str(tmp_path / "out"))
    assert ran.returncode == 2
    assert len(ran.stderr.strip().splitlines()) == 1


def test_a_slower_response_is_in_time_less_often(loaded: LoadedSite) -> None:
    terrain = loaded.terrain()
    quick, slow = (coverage(loaded, terrain, response_time_s=s) for s in (60.0, 3600.0))
    assert "given" in slow.response.basis
    for one, other in zip(quick.classes, slow.classes, strict=True):
        known = np.isfinite(one.timely)
        assert (other.timely[known] <= one.timely[known]).all()
        assert (other.p_timely[known] < one.p_timely[known]).any()
        assert one.p_timely[known] == pytest.approx(1.0 - one.p_miss_weakest[known], abs=0.3)


def test_a_response_that_is_no_time_is_one_line(
    site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = answered(capsys, "coverage", site, "--out", str(tmp_path / "out"), "--response-s", "-5")
    assert ran.returncode == 2
    assert "--response-s" in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1
