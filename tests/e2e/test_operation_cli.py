"""`watchline operation` on a short demonstration line: orders, sectors, what tracks covered, what remains."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
import rasterio
from command_line import answered

from small_site import write_small_site
from watchline.domain.site import Tasking
from watchline.ops.site_file import read_site, site_text
from watchline.sources.geojson import write_geojson

pytestmark = pytest.mark.slow

FILE = """schema = 1
[operation]
name = "Clean Wells"
kind = "search"
begins = "2026-01-15T00:00:00+03:00"
ends = "2026-01-25T00:00:00+03:00"
area = "area.geojson"
commander = "commander"
end_state = "every well looked at"
[[objectives]]
text = "Sweep the area"
measure = "pod"
aim = 0.8
[[objectives]]
text = "Look at every place"
measure = "places"
aim = 1.0
[[objectives]]
text = "Keep the road open"
[[phases]]
name = "One"
begins = "2026-01-15T00:00:00+03:00"
ends = "2026-01-18T00:00:00+03:00"
text = "West first"
[[forces]]
organisation = "desert_brigade"
commander = "commander"
units = ["P02", "D1", "Q1"]
[[forces]]
organisation = "border_guard_west"
commander = "commander"
units = ["P01"]
zone = "west.geojson"
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("operation")
    path = write_small_site(folder / "site")
    line = read_site(path).line
    for name, (a, b) in {"area": (1000.0, 9000.0), "west": (1000.0, 4000.0)}.items():
        ring = line.xy_m_from_sd(np.array([[a, 300.0], [b, 300.0], [b, 5500.0], [a, 5500.0]]))
        write_geojson(folder / f"{name}.geojson", "Polygon", [np.array(line.frame.lonlat_from_xy_m(ring))])
    (folder / "operation.toml").write_text(FILE, encoding="utf-8")
    return path


def run(capsys: pytest.CaptureFixture[str], site: Path, out: Path, *more: object) -> dict[str, object]:
    file = site.parent.parent / "operation.toml"
    ran = answered(capsys, "operation", file, "--site", site, "--out", out, "--json", *more)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def first(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("first")


def test_orders_sectors_lanes_and_what_they_would_find(site, first, capsys):
    summary = run(capsys, site, first)
    assert summary["pod"] == 0.0
    assert 0.3 < summary["p_next"] <= summary["bound"] <= 1.0
    assert summary["area_km2"] == pytest.approx(41.6, rel=0.15)
    assert set(summary["rights"].values()) == {"shift_commander"}
    english, arabic = ((first / f"orders-{lang}.html").read_text() for lang in ("en", "ar"))
    assert "Clean Wells" in english
    assert "It is over when: every well looked at" in english
    assert "SIMULATED" in english
    assert 'dir="rtl"' in arabic
    with rasterio.open(first / "pod.tif") as file:
        assert file.descriptions == ("pod", "left")


def test_nobody_is_planned_for_across_the_line_in_mines_or_out_of_their_zone(site, first):
    loaded = read_site(site)
    line = loaded.line
    mines = np.concatenate([ring for id_, rings in loaded.areas.items() if id_.startswith("mines") for ring in rings])
    at = line.frame.xy_m_from_lonlat(mines[:, 0], mines[:, 1])
    sectors = [f for f in json.loads((first / "sectors.geojson").read_text())["features"]
               if f["geometry"]["type"] == "Polygon"]  # fmt: skip
    assert {f["properties"]["unit"] for f in sectors} == {"P01", "P02", "Q1", "D1"}
    for feature in sectors:
        ring = np.array(feature["geometry"]["coordinates"][0])
        xy = line.frame.xy_m_from_lonlat(ring[:, 0], ring[:, 1])
        sd = line.sd_from_xy_m(xy)
        assert sd[:, 1].min() > 99.0
        low, high = xy.min(axis=0), xy.max(axis=0)
        assert not np.any(np.all((at > low) & (at < high), axis=1)), feature["properties"]
        if feature["properties"]["unit"] == "P01":
            assert sd[:, 0].max() < 4500.0


def test_what_tracks_covered_counts_and_the_rest_is_planned_anew(site, first, tmp_path, capsys):
    tracks = tmp_path / "tracks"
    tracks.mkdir()
    (tracks / "P02-all.gpx").write_bytes((first / "lanes.gpx").read_bytes())
    later = run(capsys, site, tmp_path / "second", "--tracks", tracks, "--from", "2026-01-18T00:00:00+03:00")
    assert 0.1 < later["pod"] < 1.0
    assert later["left"] < 1.0
    assert later["swept_km2"]["P02"] > 5.0
    assert later["objectives"][0]["reached"] == pytest.approx(later["pod"], abs=1e-4)
    assert later["objectives"][2]["reached"] is None
    (tracks / "ghost.gpx").write_bytes((first / "lanes.gpx").read_bytes())
    file = site.parent.parent / "operation.toml"
    ran = answered(capsys, "operation", file, "--site", site, "--out", tmp_path / "third", "--tracks", tracks)
    assert ran.returncode == 2
    assert "ghost.gpx" in ran.stderr


def test_it_says_the_same_in_words(site, tmp_path, capsys):
    file = site.parent.parent / "operation.toml"
    ran = answered(capsys, "operation", file, "--site", site, "--out", tmp_path / "out")
    assert ran.returncode == 0
    assert "Sweep the area: 0.00 of 0.80" in ran.stdout
    assert "Keep the road open: not measured" in ran.stdout
    assert "a proposal" in ran.stdout


def test_no_unit_without_somebody_who_may_send_it(site, tmp_path, capsys):
    loaded = read_site(site)
    strict = msgspec.structs.replace(
        loaded.site, tasking=(Tasking(by="commander", organisations=("border_guard_west",)),)
    )
    folder = site.parent
    other = folder / "strict.toml"
    other.write_text(site_text(strict), encoding="utf-8")
    file = folder.parent / "operation.toml"
    ran = answered(capsys, "operation", file, "--site", other, "--out", tmp_path / "out")
    assert ran.returncode == 2
    assert "may not send P02" in ran.stderr


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('ends = "2026-01-25T00:00:00+03:00"', 'ends = "2026-01-14T00:00:00+03:00"', "operation.ends"),
        ('commander = "commander"\nend_state', 'commander = "nobody"\nend_state', "operation.commander"),
        ('units = ["P01"]', 'units = ["P02"]', "forces[1].units"),
        ("aim = 0.8", "aim = 1.8", "objectives[0].aim"),
        ('kind = "search"', 'kind = "raid"', "operation.kind"),
        ('area = "area.geojson"', 'area = "none.geojson"', "none.geojson"),
        ('name = "One"', 'nam = "One"', "phases"),
    ],
)
def test_bad_input_is_one_line_that_names_the_field(site, tmp_path, capsys, old, new, field):
    folder = site.parent.parent
    assert old in FILE
    bad = folder / "bad.toml"
    bad.write_text(FILE.replace(old, new), encoding="utf-8")
    ran = answered(capsys, "operation", bad, "--site", site, "--out", tmp_path / "out")
    assert ran.returncode == 2
    assert field in ran.stderr
    assert ran.stderr.count("\n") == 1
