"""`watchline search` on a short demonstration line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
from command_line import answered

from small_site import write_small_site
from watchline.ops.site_file import read_site

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_site(tmp_path_factory.mktemp("search") / "site")


def last_seen(site: Path, folder: Path, more: str = "", **changed: str) -> Path:
    line = read_site(site).line
    lon, lat = line.frame.lonlat_from_xy_m(line.xy_m_from_sd([6000.0, 1500.0]))
    fields = {"at": '"2026-01-15T02:10:00+03:00"', "lon_deg": f"{lon:.6f}", "lat_deg": f"{lat:.6f}"} | changed
    path = folder / "last.toml"
    body = "\n".join(f"{key} = {value}" for key, value in fields.items())
    rest = more or "[search]\nhours = 0.5\n"
    path.write_text(f"schema = 1\n[last_seen]\n{body}\n{rest}", encoding="utf-8")
    return path


def test_it_writes_map_plan_sheets_and_summary(site, tmp_path, capsys):
    out = tmp_path / "out"
    ran = answered(capsys, "search", last_seen(site, tmp_path), "--site", site, "--out", out, "--json")
    assert ran.returncode == 0, ran.stderr
    summary = json.loads(ran.stdout)
    assert 0.0 < summary["p_found"] <= summary["bound"] <= 1.0
    with rasterio.open(out / "probability.tif") as file:
        assert file.descriptions[0] == "after_10_min"
        assert float(np.nansum(file.read(1))) == pytest.approx(1.0, abs=0.01)
    plan = json.loads((out / "plan.geojson").read_text())
    assert {f["geometry"]["type"] for f in plan["features"]} == {"Point", "LineString", "Polygon"}
    assert all(f["properties"]["simulated"] == "true" for f in plan["features"])
    assert "proposal" in (out / "sheet-en.html").read_text()
    assert 'dir="rtl"' in (out / "sheet-ar.html").read_text()
    # Nobody of ours is sent across the line.
    line = read_site(site).line
    for feature in plan["features"]:
        if feature["geometry"]["type"] == "LineString":
            lonlat = np.array(feature["geometry"]["coordinates"])
            assert line.sd_from_xy_m(line.frame.xy_m_from_lonlat(lonlat[:, 0], lonlat[:, 1]))[:, 1].min() > 99.0


def test_a_flown_track_counts_as_a_look_in_vain(site, tmp_path, capsys):
    out = tmp_path / "first"
    answered(capsys, "search", last_seen(site, tmp_path), "--site", site, "--out", out, "--json")
    (tmp_path / "flown.gpx").write_bytes((out / "plan.gpx").read_bytes())
    later = '[search]\nhours = 0.5\nbegins = "2026-01-15T02:50:00+03:00"\n'
    more = later + '[[looked]]\nfile = "flown.gpx"\nwidth_m = 600.0\n'
    path = last_seen(site, tmp_path, more)
    ran = answered(capsys, "search", path, "--site", site, "--out", tmp_path / "second", "--json")
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["p_found_before"] > 0.2


@pytest.mark.parametrize(
    ("field", "changed", "more"),
    [
        ("last_seen.at", {"at": '"2026-01-15T02:10:00"'}, ""),
        ("last_seen.lat_deg", {"lat_deg": "95.0"}, ""),
        ("last_seen.subject", {"subject": '"ghost"'}, ""),
        ("last_seen", {"lat_deg": "10.0"}, ""),
        ("search.units", {}, '[search]\nunits = ["nobody"]\n'),
        ("intents", {}, "[intents]\nonward = 0.4\n"),
        ("looked", {}, '[[looked]]\nfile = "none.gpx"\nwidth_m = 100.0\n'),
        ("search", {}, "[search]\nhour = 2.0\n"),
    ],
)
def test_bad_input_is_one_line_that_names_the_field(site, tmp_path, capsys, field, changed, more):
    path = last_seen(site, tmp_path, more, **changed)
    ran = answered(capsys, "search", path, "--site", site, "--out", tmp_path / "out")
    assert ran.returncode == 2
    assert field in ran.stderr
    assert ran.stderr.count("\n") == 1
