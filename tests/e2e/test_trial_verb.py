"""`watchline trial`: the red team's short form, and a planted walk against a ledger."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
from command_line import answered, watchline

from small_site import write_small_site
from watchline.domain.site import Site
from watchline.geo.line import LineFrame
from watchline.ops.site_file import read_site, site_text
from watchline.sim.world import start_of


@pytest.fixture(scope="module")
def shallow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a short line whose belt begins near it, so that a crossing takes an hour and not three."""
    path = write_small_site(tmp_path_factory.mktemp("site"))
    site: Site = read_site(path).site
    line = msgspec.structs.replace(site.line, outside_depth_m=800.0)
    path.write_text(site_text(msgspec.structs.replace(site, line=line)), encoding="utf-8")
    return path


@pytest.mark.slow
def test_the_red_team_judges_and_goes_on_with_its_nights(shallow: Path, tmp_path: Path) -> None:
    size = ("--hours", 2, "--nights", 1, "--per-hour", 500, "--taught", 8, "--worlds", 10)
    words = ("trial", shallow, "--red-team", "--out", tmp_path / "red", *size, "--json")
    first = watchline(*words)
    assert first.returncode in (0, 1), first.stderr
    said = json.loads(first.stdout)
    assert first.returncode == (0 if said["passed"] else 1)
    assert said["crossings"] >= 10
    assert sum(one["taught_by"] for one in said["classes"].values()) == 8
    for one in said["classes"].values():
        # A dozen crossings judge no tenth; they do tell a figure that is wrong everywhere.
        assert abs(one["models"]["live"]["z"]) < 4.0
        assert set(one["bounds"]) == {"1", "5", "20"}
    assert "# The red team's verdict" in (tmp_path / "red" / "verdict.md").read_text(encoding="utf-8")
    again = watchline(*words)
    assert {**json.loads(again.stdout), "seconds": 0} == {**said, "seconds": 0}
    assert "of 2 h" not in again.stderr


def _gpx(line: LineFrame, start_s: float, s_m: float) -> str:
    d = np.arange(-1500.0, 2200.0, 25.0)
    lon, lat = line.frame.lonlat_from_xy_m(line.xy_m_from_sd(np.column_stack([np.full_like(d, s_m), d]))).T
    stamps = np.datetime64(int(start_s), "s") + ((d - d[0]) / 1.2).astype(int).astype("timedelta64[s]")
    points = "".join(
        f'<trkpt lon="{x:.6f}" lat="{y:.6f}"><time>{t}Z</time></trkpt>'
        for x, y, t in zip(lon, lat, stamps, strict=True)
    )
    return f'<gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1"><trk><trkseg>{points}</trkseg></trk></gpx>'


@pytest.mark.slow
def test_a_planted_walk_becomes_a_trial_in_the_ledger(shallow: Path, tmp_path: Path) -> None:
    ledger, track = tmp_path / "led", tmp_path / "W-1.gpx"
    ran = watchline("run", shallow, "--headless", "--fidelity", "detections", "--for", 120, "--ledger", ledger)
    assert ran.returncode == 0, ran.stderr
    loaded = read_site(shallow)
    track.write_text(_gpx(loaded.line, start_of(loaded.site) - 800.0, 8000.0), encoding="utf-8")
    words = ("trial", shallow, "--walk", track, "--ledger", ledger, "--json")
    tried = watchline(*words, "--record")
    assert tried.returncode == 0, tried.stderr
    found = json.loads(tried.stdout)
    assert found["walk"] == "W-1"
    assert found["s_m"] == pytest.approx(8000.0, abs=20.0)
    assert found["looks"] > 0.0
    assert found.get("alert") is None  # nobody walked there in the simulator's world
    assert json.loads(watchline("verify", ledger, "--json").stdout)["whole"] is True


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ((), "one of them, must be given"),
        (("--walk", "nothing.gpx"), "--ledger"),
        (("--red-team",), "--out"),
        (("--red-team", "--out", "x", "--hours", "0.5"), "at least 1"),
    ],
)
def test_what_cannot_be_tried_is_said_in_one_line(
    shallow: Path, capsys: pytest.CaptureFixture[str], more: tuple[str, ...], says: str
) -> None:
    done = answered(capsys, "trial", shallow, *more)
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
