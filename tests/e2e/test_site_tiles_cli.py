"""A site whose elevation is a folder or a web address of tiles."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from command_line import answered

from builders import straight_line
from watchline.cli.progress import downloads_shown
from watchline.sources.geojson import write_geojson
from watchline.sources.ranged import watching

sys.path.append(str(Path(__file__).parents[1] / "unit" / "sources"))

from test_tiles import copernicus, srtm
from tile_server import serving


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WATCHLINE_CACHE", str(tmp_path / "cache"))
    write_geojson(tmp_path / "line.geojson", "LineString", [straight_line().lonlat_deg[[0, -1]]])
    return tmp_path / "line.geojson"


def checked(capsys: pytest.CaptureFixture[str], site: Path) -> dict[str, list[dict[str, str]]]:
    return json.loads(answered(capsys, "check", site, "--json").stdout)


def test_a_new_site_on_tiles_of_the_web(tmp_path: Path, line: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "web").mkdir()
    for lon in (41, 42):
        copernicus(tmp_path / "web", 33, lon, 600)
    with serving(tmp_path / "web") as (address, _):
        made = answered(capsys, "init", tmp_path / "site", "--line", line, "--dem", address)
        assert made.returncode == 0, made.stderr
        assert f'file = "{address}"' in (tmp_path / "site" / "site.toml").read_text()
        found = checked(capsys, tmp_path / "site")
    assert found["faults"] == []
    assert not [fault for fault in found["warnings"] if fault["field"].startswith("terrain")]
    # What was fetched is kept: the same check without a server.
    again = checked(capsys, tmp_path / "site")
    assert again == found


def test_a_coast_is_said(tmp_path: Path, line: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "tiles").mkdir()
    copernicus(tmp_path / "tiles", 33, 41, 600)
    assert answered(capsys, "init", tmp_path / "site", "--line", line, "--dem", tmp_path / "tiles").returncode == 0
    notes = [note["rule"] for note in checked(capsys, tmp_path / "site")["notes"]]
    assert sum("N33E042: no tile, taken as sea at 0 m" in note for note in notes) == 1


def test_srtm_under_a_site_on_egm2008_is_warned_of(
    tmp_path: Path, line: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tiles").mkdir()
    for lon in (41, 42):
        srtm(tmp_path / "tiles" / f"N33E0{lon}.hgt", 33, lon)
    assert answered(capsys, "init", tmp_path / "site", "--line", line, "--dem", tmp_path / "tiles").returncode == 0
    (said,) = [w for w in checked(capsys, tmp_path / "site")["warnings"] if w["field"] == "terrain.vertical_datum"]
    assert "the elevation is above EGM96 and stays there" in said["rule"]
    assert "pyproj sync" in said["do"]


def test_a_server_that_cannot_be_reached_is_a_fault_of_the_site(
    tmp_path: Path, line: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from watchline.sources import web

    monkeypatch.setattr(web, "PAUSE_S", 0.0)
    words = ("--line", line, "--dem", "http://127.0.0.1:9/tiles")
    assert answered(capsys, "init", tmp_path / "site", *words).returncode == 0
    (said,) = checked(capsys, tmp_path / "site")["faults"]
    assert "cannot be reached" in said["rule"]


WATCHED = [(False, True, True), (True, True, False), (False, False, False)]


@pytest.mark.parametrize(("json_wanted", "terminal", "shown"), WATCHED)
def test_progress_is_for_terminals_only(
    monkeypatch: pytest.MonkeyPatch, json_wanted: bool, terminal: bool, shown: bool
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)
    with downloads_shown(json_wanted):
        show = watching.get()
        assert (show is not None) == shown
        if show is not None:
            for done in np.linspace(0, 1000, 5).astype(int):
                show("tile.tif", int(done), 1000)
    assert watching.get() is None
