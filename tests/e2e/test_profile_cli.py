from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import rasterio
from command_line import answered
from test_viewshed_cli import COL, ROW, hills, place, write


def profile(
    dem: Path, capsys: pytest.CaptureFixture[str], to: str, *more: str, reach: str = "1500"
) -> tuple[int, str, str]:
    words = ("--at", place(ROW, COL), "--mast", "12", "--target", "1.7", "--range", reach, "--profile", to)
    done = answered(capsys, "viewshed", dem, *words, "--out", dem.parent / "seen.tif", *more)
    return done.returncode, done.stdout, done.stderr


def test_the_profile_of_a_hidden_place_says_what_hides_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    height = np.full((121, 141), 300, np.float32)
    height[:, COL + 20] += 25  # a wall 600 m east
    dem = write(tmp_path / "dem.tif", height)
    code, out, _ = profile(dem, capsys, place(ROW, COL + 40), "--json", "--need", str(tmp_path / "need.tif"))
    assert code == 0
    told = json.loads(out)["profile"]
    assert told["answer"] == "hidden"
    assert told["blocker_m"] == pytest.approx(600.0, abs=0.1)
    assert told["distance_m"] == pytest.approx(1200.0, abs=0.1)
    with rasterio.open(tmp_path / "need.tif") as need:
        assert told["need_m"] == pytest.approx(float(need.read(1)[ROW, COL + 40]), abs=1e-3)
    assert told["need_m"] == pytest.approx(12 + 2 * 13, abs=0.1)  # by similar triangles, but for the Earth's fall
    rows = list(csv.DictReader((tmp_path / "seen.profile.csv").read_text().splitlines()))
    assert [float(rows[0]["distance_m"]), float(rows[-1]["distance_m"])] == pytest.approx([0.0, 1200.0], abs=0.1)
    (blocker,) = [row for row in rows if row["blocks"] == "1"]
    assert float(blocker["ground_m"]) == 325.0
    assert float(blocker["clearance_m"]) < 0
    assert min(float(row["clearance_m"]) for row in rows) == float(blocker["clearance_m"])


def test_the_profile_of_a_seen_place_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dem = write(tmp_path / "dem.tif", np.full((121, 141), 300, np.float32))
    code, out, _ = profile(dem, capsys, place(ROW, COL + 40), "--png", str(tmp_path / "p.png"))
    assert code == 0
    assert ": seen, 1.20 km away; visible from 0.00 m" in out.splitlines()[1]
    for name in ("p.png", "p.need.png", "seen.profile.png"):
        picture = cv2.imread(str(tmp_path / name))
        assert picture is not None
        assert min(picture.shape[:2]) > 400


def test_through_a_void_the_answer_is_unknown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    height = hills()
    height[ROW - 2 : ROW + 3, COL + 10 : COL + 14] = np.nan
    code, out, _ = profile(write(tmp_path / "dem.tif", height), capsys, place(ROW, COL + 30), "--json")
    assert code == 0
    told = json.loads(out)["profile"]
    assert (told["answer"], told["need_m"], told["p_visible"]) == ("unknown", None, None)
    assert "nan" in (tmp_path / "seen.profile.csv").read_text()


@pytest.mark.parametrize(
    ("to", "says"),
    [
        (place(ROW, COL), "observer's own cell"),
        ("10,50", "farther than --range"),
        ("34.5", "--profile: is LON,LAT"),
        ("34.5,141", "longitude comes first"),
    ],
)
def test_a_place_that_cannot_be_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], to: str, says: str
) -> None:
    code, out, err = profile(write(tmp_path / "dem.tif", hills()), capsys, to)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert says in err


def test_the_picture_shows_green_where_seen_and_has_its_legend(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dem = write(tmp_path / "dem.tif", hills())
    code, _, _ = profile(dem, capsys, place(ROW, COL + 30), "--png", str(tmp_path / "p.png"), reach="4500")
    assert code == 0
    picture = cv2.imread(str(tmp_path / "p.png")).astype(int)
    with rasterio.open(tmp_path / "seen.tif") as file:
        seen = file.read(1)
    scale = picture.shape[1] / seen.shape[1]
    rows, cols = ((np.argwhere(seen == 1) + 0.5) * scale).astype(int).T
    blue, green, red = np.moveaxis(picture[rows, cols], -1, 0)
    assert ((green > 1.3 * blue) & (green > 1.3 * red)).mean() > 0.9
    assert picture[-3:, :3].min() >= 250  # the strip under it is paper
    assert (np.abs(picture - (30, 30, 220)).max(axis=-1) < 10).sum() > 100  # the observer's red
