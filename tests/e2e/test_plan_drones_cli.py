"""`watchline plan drones` on a short line: what the law guarantees, sealed sheets, and what is wrong in one line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import pytest
from command_line import answered

from small_site import write_small_site
from watchline.domain.site import Unit
from watchline.ops.planning.sealing import opened
from watchline.ops.site_file import read_site, site_text

pytestmark = pytest.mark.slow


def _site_with(tmp_path: Path, *drones: Unit) -> Path:
    path = write_small_site(tmp_path / "site")
    site = read_site(path).site
    others = tuple(u for u in site.units if u.kind != "drone")
    path.write_text(site_text(msgspec.structs.replace(site, units=(*others, *drones))), encoding="utf-8")
    return path


def _drone(tmp_path: Path, endurance_s: float) -> Unit:
    post = read_site(write_small_site(tmp_path / "look")).site.posts[0]
    return Unit(
        id="drone-9", kind="drone", organisation=post.organisation, post=post.id, speed_m_s=15.0,
        endurance_s=endurance_s,
    )  # fmt: skip


def test_it_guarantees_more_than_no_drone_and_than_a_timetable(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site, out = _site_with(tmp_path, _drone(tmp_path, 3600.0)), tmp_path / "out"
    study = tmp_path / "study.toml"
    study.write_text("[drones]\ndays = 3\nhours = 4.0\nready_min = 15.0\n")
    said = answered(
        capsys, "plan", "drones", site, "--out", out, "--study", study, "--start", "2026-01-15T18:00:00Z", "--json"
    )
    assert said.returncode == 0, said.stderr
    (row,) = json.loads(said.stdout)["drones"]
    assert row["p_least"] > row["p_without"]
    assert row["p_timetable"] <= row["p_least"] + 1e-6
    assert row["p_mean"] > row["p_mean_without"]
    for day in (1, 2, 3):
        name = f"drone-9-night{day:03d}.csv"
        text = opened(out, name, json.loads(said.stdout)["seal"]).decode().splitlines()
        assert re.match(rf"# drone-9, night {day}, salt [0-9a-f]{{32}}", text[0])
        begun = [float(line.split(",")[0]) for line in text[2:]]
        assert begun == sorted(begun)
        assert all(0.0 <= at < 240.0 for at in begun)
    assert (out / "sealed").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("drones", "study", "line"),
    [
        (0, "", "has no drone"),
        (1, "[drones]\ncrossing_min = 60.0\nhours = 2.0\n", "is not in the air for one crossing"),
        (1, "[drones]\np_pass = 0.0\n", "drones.p_pass"),
    ],
)
def test_what_is_wrong_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], drones: int, study: str, line: str
) -> None:
    site = _site_with(tmp_path, *[_drone(tmp_path, 1800.0)][:drones])
    (tmp_path / "study.toml").write_text(study)
    said = answered(capsys, "plan", "drones", site, "--out", tmp_path / "out", "--study", tmp_path / "study.toml")
    assert said.returncode == 2
    assert line in said.stderr
    assert len(said.stderr.strip().splitlines()) == 1
