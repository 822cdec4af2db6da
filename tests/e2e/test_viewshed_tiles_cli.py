"""`watchline viewshed` on tiles of a folder and of a web address."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from command_line import answered

sys.path.append(str(Path(__file__).parents[1] / "unit" / "sources"))

from test_tiles import copernicus, srtm
from tile_server import serving

AT = ("--at", "41.5,33.5", "--mast", "20", "--target", "1.7", "--range", "9000")


def test_a_folder_and_an_address_give_the_same_view(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHLINE_CACHE", str(tmp_path / "cache"))
    (tmp_path / "web").mkdir()
    copernicus(tmp_path / "web", 33, 41, 1200)
    with serving(tmp_path / "web") as (address, manners):
        told = [
            json.loads(answered(capsys, "viewshed", where, *AT, "--out", tmp_path / "s.tif", "--json").stdout)
            for where in (tmp_path / "web", address)
        ]
        before = len(manners.requests)
        again = answered(capsys, "viewshed", address, *AT, "--out", tmp_path / "s.tif", "--json")
        assert not [request for request in manners.requests[before:] if request[0] == "GET"]
    assert json.loads(again.stdout)["seen"] == told[0]["seen"] == told[1]["seen"]
    assert told[0]["vertical_datum"] == "EGM2008"
    assert sum("surface models" in note for note in told[0]["notes"]) == 1


def test_srtm_tiles_are_above_egm96(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    srtm(tmp_path / "N33E041.hgt", 33, 41)
    told = json.loads(answered(capsys, "viewshed", tmp_path, *AT, "--out", tmp_path / "s.tif", "--json").stdout)
    assert told["vertical_datum"] == "EGM96"


def test_a_sea_all_round_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copernicus(tmp_path, 10, 10)
    done = answered(capsys, "viewshed", tmp_path, *AT, "--out", tmp_path / "s.tif")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "has none of the 1 tiles needed here (N33E041" in done.stderr


@pytest.mark.parametrize(("answer", "says"), [(403, "refuses it (403)"), (503, "fails (503)")])
def test_a_server_that_fails_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, answer: int, says: str
) -> None:
    from watchline.sources import web

    monkeypatch.setenv("WATCHLINE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(web, "PAUSE_S", 0.0)
    with serving(tmp_path) as (address, manners):
        manners.answer = answer
        done = answered(capsys, "viewshed", address, *AT, "--out", tmp_path / "s.tif")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert says in done.stderr
