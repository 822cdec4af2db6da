"""Elevation as people really have it, through every verb that reads it: one clear line, or the right answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np
import pytest
import rasterio
from command_line import answered
from rasterio.transform import Affine, from_origin

from builders import camera, site, straight_line, write_site

UTM = "EPSG:32638"  # the line lies about 42 E, 33.6 N: the very west of this zone
ROWS, COLS, CELL_M = 400, 700, 30.0
WEST_M, NORTH_M = 211_000.0, 3_728_000.0
AT = "42.0,33.6"
Rows = np.ndarray


def hills(seed: int = 1) -> Rows:
    y, x = np.indices((ROWS, COLS))
    return (300 + 15 * np.sin(x / 17) * np.cos(y / 23)).astype(np.float32)


def write(path: Path, height: Rows, crs: str | None = UTM, grid: Affine | None = None, **more: Any) -> Path:
    bands = height if height.ndim == 3 else height[None]
    tags = {name: more.pop(name) for name in ("units", "scales", "offsets") if name in more}
    with rasterio.open(
        path, "w", driver="GTiff", height=bands.shape[1], width=bands.shape[2], count=len(bands), dtype=bands.dtype,
        crs=crs, transform=grid or from_origin(WEST_M, NORTH_M, CELL_M, CELL_M), **more,
    ) as file:  # fmt: skip
        file.write(bands)
        for name, value in tags.items():
            setattr(file, name, (value,))
    return path


def with_void(rows: slice, cols: slice) -> Callable[[Path], object]:
    def make(path: Path) -> Path:
        height = hills()
        height[rows, cols] = np.nan
        return write(path, height, nodata=float("nan"))

    return make


def truncated(path: Path) -> None:
    write(path, np.random.default_rng(1).normal(300, 9, (ROWS, COLS)).astype(np.float32), compress="deflate")
    path.write_bytes(path.read_bytes()[:400_000])


def picture(path: Path) -> None:
    path.write_bytes(cv2.imencode(".png", hills().astype(np.uint8))[1].tobytes())


def folder(path: Path) -> None:
    path.mkdir()
    (path / "notes.txt").write_text("tiles to come")


TURNED = Affine.translation(205_000, 3_732_000) * Affine.rotation(-20) * Affine.scale(30, -30)


@dataclass(frozen=True)
class Bad:
    make: Callable[[Path], object]
    viewshed: str
    site: str


REFUSED = {
    "nothing": Bad(lambda path: None, "no such file", "no such file"),
    "0 bytes": Bad(lambda path: path.write_bytes(b""), "is empty", "is empty"),
    "a folder": Bad(folder, "holds no elevation tiles", "holds no elevation tiles"),
    "a picture": Bad(picture, "names no coordinate system", "names no coordinate system"),
    "text": Bad(lambda path: path.write_text("x,y,z\n1,2,3\n"), "cannot be read as a raster", "cannot be read"),
    "truncated": Bad(truncated, "truncated", "truncated"),
    "no coordinate system": Bad(
        lambda path: write(path, hills(), None), "names no coordinate system", "names no coordinate system"
    ),
    "wrong coordinate system": Bad(
        lambda path: write(path, hills(), "EPSG:32610"), "does not hold the observer", "does not cover any"
    ),
    "three bands": Bad(
        lambda path: write(path, np.stack([hills()] * 3)), "has 3 bands", "has 3 bands, and heights are one"
    ),
    "a unit nobody knows": Bad(lambda path: write(path, hills(), units="cubits"), "'cubits'", "'cubits'"),
    "65535 for voids": Bad(
        lambda path: write(path, np.full((ROWS, COLS), 65535, np.uint16)), "above any mountain", "above any mountain"
    ),
    "the line beside the tile": Bad(
        lambda path: write(path, hills(), UTM, from_origin(WEST_M + 300_000, NORTH_M, 30, 30)),
        "does not hold the observer", "does not cover any",
    ),
    "nothing but voids": Bad(with_void(slice(None), slice(None)), "a void", "does not cover any"),
}  # fmt: skip


@pytest.fixture
def terrain(tmp_path: Path) -> Path:
    """Return the place of a site's elevation, the site written and the elevation taken away."""
    write_site(tmp_path / "site", site(camera()))
    path = tmp_path / "site" / "terrain.tif"
    path.unlink()
    return path


def viewshed(capsys: pytest.CaptureFixture[str], dem: Path, out: Path, *more: str) -> Any:
    words = ("--at", AT, "--mast", "20", "--target", "1.7", "--range", "3000", "--out", out, *more)
    return answered(capsys, "viewshed", dem, *words)


@pytest.mark.parametrize("name", REFUSED)
def test_viewshed_refuses_with_one_line(
    terrain: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    REFUSED[name].make(terrain)
    done = viewshed(capsys, terrain, tmp_path / "seen.tif")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"watchline: {terrain}: ")
    assert done.stderr.count("\n") == 1
    assert REFUSED[name].viewshed in done.stderr
    assert not (tmp_path / "seen.tif").exists()


@pytest.mark.parametrize("name", REFUSED)
def test_check_and_coverage_refuse_with_one_line(
    terrain: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    REFUSED[name].make(terrain)
    checked = json.loads(answered(capsys, "check", terrain.parent, "--json").stdout)
    assert [fault["field"] for fault in checked["faults"]] == ["terrain.file"]
    assert REFUSED[name].site in checked["faults"][0]["rule"]
    done = answered(capsys, "coverage", terrain.parent, "--out", tmp_path / "out")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("watchline: site.toml: terrain.file: ")
    assert done.stderr.count("\n") == 1
    assert REFUSED[name].site in done.stderr


def test_a_void_at_the_observer(terrain: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with_void(slice(150, 350), slice(200, 400))(terrain)
    done = viewshed(capsys, terrain, tmp_path / "seen.tif")
    assert done.returncode == 2
    assert "has no height at the observer" in done.stderr
    rules = _rules(capsys, terrain, "faults")
    assert any("stands where there is no elevation" in rule for rule in rules)
    assert any("elevation is missing along" in rule and "of the line" in rule for rule in rules)
    done = answered(capsys, "coverage", terrain.parent, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def _rules(capsys: pytest.CaptureFixture[str], terrain: Path, severity: str) -> list[str]:
    checked = json.loads(answered(capsys, "check", terrain.parent, "--json").stdout)
    return [f"{fault['field']}: {fault['rule']}" for fault in checked[severity]]


def field(capsys: pytest.CaptureFixture[str], dem: Path, note: str = "") -> Rows:
    """Return the least visible heights of a viewshed that goes well, and check what it noted."""
    need = dem.with_name("need.tif")
    done = viewshed(capsys, dem, dem.with_name("seen.tif"), "--need", str(need))
    assert done.returncode == 0, done.stderr
    assert note in done.stderr
    assert done.stderr.count("\n") == (1 if note else 0)
    with rasterio.open(need) as file:
        return np.asarray(file.read(1))


def ground(capsys: pytest.CaptureFixture[str], terrain: Path, note: str = "") -> None:
    """Check that the site of this elevation has no fault, and that the note is there."""
    checked = json.loads(answered(capsys, "check", terrain.parent, "--json").stdout)
    assert checked["faults"] == []
    assert not note or sum(note in fault["rule"] for fault in checked["notes"]) == 1


SAME = {
    "feet named by the band": (
        lambda path: write(path, hills() / np.float32(0.3048), units="ft"), "heights in ft are converted to metres"
    ),
    "feet named by the coordinate system": (
        lambda path: write(path, hills() / np.float32(1200 / 3937), "EPSG:32638+6360"), "US survey foot"
    ),
    "scale and offset": (
        lambda path: write(path, ((hills() - 200) * 100).round().astype(np.int16), scales=0.01, offsets=200.0), ""
    ),
    "metres named": (lambda path: write(path, hills(), units="metre"), ""),
    "wide numbers": (lambda path: write(path, hills().astype(np.float64)), ""),
}  # fmt: skip


@pytest.mark.parametrize("name", SAME)
def test_the_same_ground_written_otherwise_gives_the_same_answer(
    terrain: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    plain = field(capsys, write(tmp_path / "plain.tif", hills()))
    make, note = SAME[name]
    make(terrain)
    other = field(capsys, terrain, note)
    assert np.array_equal(np.isnan(plain), np.isnan(other))
    assert np.nanmax(np.abs(plain - other)) < (0.3 if name == "scale and offset" else 0.01)
    ground(capsys, terrain, note)


@pytest.mark.parametrize("mark", [-32768, -9999])
def test_voids_without_a_nodata_value_are_recognised(
    terrain: Path, capsys: pytest.CaptureFixture[str], mark: int
) -> None:
    height = hills().round().astype(np.int16)
    height[20:30, 30:60] = mark
    height[190:195, 250:255] = mark
    write(terrain, height)
    need = field(capsys, terrain, f"{mark} is taken as a void, though the file names no nodata value")
    assert np.isnan(need[190:195, 250:255]).all()
    ground(capsys, terrain, "is taken as a void")


def test_spikes_of_12_m_are_noted(terrain: Path, capsys: pytest.CaptureFixture[str]) -> None:
    height = hills()
    height[180, 300] += 12
    height[220, 320] += 12
    write(terrain, height)
    field(capsys, terrain, "2 single cells over 8 m above all neighbours")
    ground(capsys, terrain, "2 single cells over 8 m above all neighbours")


def test_degrees_are_resampled_and_said_so(terrain: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(terrain, hills(), "EPSG:4326", from_origin(41.85, 33.68, 1 / 2400, 1 / 2400))
    field(capsys, terrain, "in degrees; resampled")
    ground(capsys, terrain)


def test_web_mercator_is_resampled_and_said_so(terrain: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(terrain, hills(), "EPSG:3857", from_origin(4_660_000.0, 3_983_000.0, 45.0, 45.0))
    field(capsys, terrain, "a projection whose scale here is 1.")
    ground(capsys, terrain)


def test_a_turned_grid_is_refused_by_viewshed_and_straightened_for_a_site(
    terrain: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(terrain, np.full((700, 900), 300, np.float32), UTM, TURNED)
    done = viewshed(capsys, terrain, tmp_path / "seen.tif")
    assert done.returncode == 2
    assert "lies on a turned grid" in done.stderr
    ground(capsys, terrain)


def test_a_surface_model_and_bare_earth_are_said_once(terrain: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(terrain, hills())
    said = _rules(capsys, terrain, "notes")
    assert sum("heights include trees and roofs" in rule for rule in said) == 1
    text = (terrain.parent / "site.toml").read_text()
    (terrain.parent / "site.toml").write_text(text.replace("[terrain]", '[terrain]\nsurface = "bare_earth"'))
    assert sum("leave out trees and roofs" in rule for rule in _rules(capsys, terrain, "notes")) == 1


@pytest.mark.parametrize(("crs", "datum"), [("EPSG:32638+5773", "EGM96"), ("EPSG:32638+5703", "NAVD88 height")])
def test_a_datum_that_is_not_the_sites_is_warned_of(
    terrain: Path, capsys: pytest.CaptureFixture[str], crs: str, datum: str
) -> None:
    write(terrain, hills(), crs)
    (said,) = [rule for rule in _rules(capsys, terrain, "warnings") if rule.startswith("terrain.vertical_datum")]
    assert f"is EGM2008, but the elevation is above {datum} and stays there" in said


COVER_GRID = from_origin(41.85, 33.75, 1 / 6000, 1 / 6000)


def _with_cover(terrain: Path, cover: Rows, **more: Any) -> None:
    write(terrain, hills())
    write(terrain.with_name("cover.tif"), cover, "EPSG:4326", COVER_GRID, **more)
    text = (terrain.parent / "site.toml").read_text()
    (terrain.parent / "site.toml").write_text(f'{text}\n[land_cover]\nfile = "cover.tif"\n')


def test_a_tower_among_trees_on_a_surface_model_is_warned_of(
    terrain: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _with_cover(terrain, np.full((1800, 1800), 10, np.uint8))
    assert any("stands in tree cover" in rule for rule in _rules(capsys, terrain, "warnings"))


@pytest.mark.parametrize(
    ("cover", "more", "says"),
    [
        (np.full((1800, 1800), 7, np.uint8), {}, "holds class 7"),
        (np.full((1800, 1800), 60, np.float32), {}, "holds float32 numbers"),
        (np.full((3, 1800, 1800), 60, np.uint8), {}, "has 3 bands"),
        (np.zeros((1800, 1800), np.uint8), {}, "does not cover any"),
    ],
)
def test_land_cover_that_is_none_is_a_fault(
    terrain: Path, capsys: pytest.CaptureFixture[str], cover: Rows, more: dict[str, Any], says: str
) -> None:
    _with_cover(terrain, cover, **more)
    (said,) = _rules(capsys, terrain, "faults")
    assert said.startswith("land_cover.file")
    assert says in said


def test_land_cover_that_is_not_there_is_a_fault(terrain: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _with_cover(terrain, np.full((9, 9), 60, np.uint8))
    terrain.with_name("cover.tif").unlink()
    assert any("no such file" in rule for rule in _rules(capsys, terrain, "faults"))


def test_a_site_written_with_land_cover_keeps_it() -> None:
    from watchline.domain.site import LandCoverSpec
    from watchline.ops.site_file import site_text

    with_cover = msgspec.structs.replace(site(camera()), land_cover=LandCoverSpec(file="cover.tif"))
    assert '[land_cover]\nfile = "cover.tif"' in site_text(with_cover)
    assert "land_cover" not in site_text(site(camera()))


def test_the_line_is_where_the_files_are() -> None:
    lon, lat = straight_line().lonlat_deg.mean(axis=0)
    assert (lon, lat) == pytest.approx((42.0, 33.6), abs=0.01)


@pytest.mark.slow
def test_coverage_says_what_was_done_to_the_elevation_and_goes_on(
    terrain: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(terrain, hills() / np.float32(0.3048), units="ft")
    done = answered(capsys, "coverage", terrain.parent, "--out", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("heights in ft are converted to metres") == 1
    with rasterio.open(tmp_path / "out" / "exposure.tif") as file:
        assert float(np.nanmax(file.read(1))) > 0.0
