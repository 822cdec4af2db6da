"""`watchline plan checkpoints` on a short line: the law, what is sealed, places with values, what is wrong."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from command_line import answered

from small_site import write_small_site
from watchline.ops.planning.sealing import opened

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_site(tmp_path_factory.mktemp("checkpoints") / "site")


def test_nobody_is_met_less_than_the_law_says_and_a_timetable_falls(
    site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study, out = tmp_path / "study.toml", tmp_path / "out"
    study.write_text("[checkpoints]\ndays = 3\nplaces = 40\nwithin_h = 1.5\n")
    said = answered(capsys, "plan", "checkpoints", site, "--out", out, "--study", study, "--json")
    assert said.returncode == 0, said.stderr
    told = json.loads(said.stdout)
    places = told["places"]
    assert len(places) >= 3
    # One post over N places: each with a chance of 1 / N.
    assert told["p_met_least"] == pytest.approx(0.8 / len(places), abs=1e-3)
    assert told["gain_most"] == pytest.approx(1.0 - told["p_met_least"], abs=1e-3)
    assert told["gain_most_by_timetable"] == 1.0
    names = {place["place"] for place in places}
    for sheet in (out / "sealed").iterdir():
        rows = list(csv.DictReader(opened(out, sheet.name).decode().splitlines()[1:]))
        assert [row["from_clock"] for row in rows] == ["00:00", "08:00", "16:00"]
        assert {row["place"] for row in rows} <= names
    assert told["sheets"] == len(told["posts"]) * 3


def test_places_with_values_are_manned_for_what_they_are_worth(
    site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = tmp_path / "first"
    every = answered(capsys, "plan", "checkpoints", site, "--out", first, "--json")
    a, b, *_ = json.loads(every.stdout)["places"]
    study = tmp_path / "study.toml"
    study.write_text(
        "[checkpoints]\np_stop = 1.0\ndays = 1\nwithin_h = 5.0\n"
        f"[[checkpoints.values]]\nname = 'ford'\nlon_deg = {a['lon_deg']}\nlat_deg = {a['lat_deg']}\nmissed = 4.0\n"
        f"[[checkpoints.values]]\nname = 'track'\nlon_deg = {b['lon_deg']}\nlat_deg = {b['lat_deg']}\nmissed = 1.0\n"
    )
    said = answered(capsys, "plan", "checkpoints", site, "--out", tmp_path / "out", "--study", study, "--json")
    assert said.returncode == 0, said.stderr
    ford, track = json.loads(said.stdout)["places"]
    # One post: 4 (1 - c) = 1 - (1 - c), the two gains alike.
    assert ford["manned"] == pytest.approx(0.8, abs=1e-3)
    assert track["gain"] == pytest.approx(ford["gain"], abs=1e-3)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("within_h = 0.0001", "no place that a mobile checkpoint reaches"),
        ("p_stop = 0.0", "checkpoints.p_stop"),
        ("[[checkpoints.values]]\nname = 'far'\nlon_deg = 10.0\nlat_deg = 10.0", "off the terrain"),
    ],
)
def test_what_cannot_be_is_one_line(
    site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, word: str
) -> None:
    study = tmp_path / "study.toml"
    study.write_text(f"[checkpoints]\n{text}\n")
    said = answered(capsys, "plan", "checkpoints", site, "--out", tmp_path / "out", "--study", study)
    assert said.returncode == 2
    assert word in said.stderr
    assert len(said.stderr.strip().splitlines()) == 1
