"""`watchline plan towers` with a mobile post that may move, at hours that weigh against each other."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from command_line import answered

from small_site import write_small_site
from watchline.ops.planning.what_if import WhatIf
from watchline.ops.site_check import read_sound_site
from watchline.ops.site_file import read_site, site_text
from watchline.sensing.situation import Situation

pytestmark = pytest.mark.slow

STUDY = """
[towers]
choose = 0
gap = 0.0
mean_gap = 1.0
hours = ["night", "dust"]
weights = [3.0, 1.0]

[towers.moves]
most = 1
places = 5
cost = 0.5
cost_per_h = 1.0
within_h = WITHIN
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short line whose radar of 9 km stands at its mobile checkpoint."""
    path = write_small_site(tmp_path_factory.mktemp("moves") / "site")
    there = read_site(path).site
    sensors = tuple(
        msgspec.structs.replace(s, post="MC1", max_range_m=9000.0, mast_m=30.0) if s.kind == "radar" else s
        for s in there.sensors
    )
    path.write_text(site_text(msgspec.structs.replace(there, sensors=sensors)), encoding="utf-8")
    return path


def _planned(
    capsys: pytest.CaptureFixture[str], site: Path, out: Path, within_h: str
) -> tuple[dict[str, Any], list[dict[str, str]]]:
    study = out.parent / f"{out.name}.toml"
    study.write_text(STUDY.replace("WITHIN", within_h), encoding="utf-8")
    words = ("plan", "towers", site, "--out", out, "--study", study, "--workers", "1", "--json")
    said = answered(capsys, *words)
    assert said.returncode == 0, said.stderr
    with (out / "towers.csv").open() as file:
        return json.loads(said.stdout), list(csv.DictReader(file))


def test_the_post_moves_with_what_it_carries_and_the_site_says_as_much(
    site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    summary, rows = _planned(capsys, site, tmp_path / "out", "1.0")
    assert summary["proved_gap"] <= 1e-3
    assert summary["planned"]["weakest"] > summary["before"]["weakest"]
    assert [row["name"].split("-")[0] for row in rows] == ["MC1"]
    drive_h = float(rows[0]["drive_h"])
    assert 0.0 < drive_h <= 1.0
    assert summary["cost"] == pytest.approx(0.5 + drive_h, abs=0.01)
    was, will = read_sound_site(site).site, read_sound_site(tmp_path / "out" / "planned").site
    assert {post.id for post in was.posts} == {post.id for post in will.posts}
    moved = [post.id for post, then in zip(was.posts, will.posts, strict=True) if post != then]
    assert moved == ["MC1"]
    assert [s.id for s in was.sensors] == [s.id for s in will.sensors]
    by_hour = [summary["weakest_by_hour"][hour]["planned"] for hour in ("night", "dust")]
    assert summary["planned"]["weakest"] == pytest.approx(float(np.dot([0.75, 0.25], by_hour)), abs=2e-3)
    # What is promised for the night is what the site with the post there has at night by every other verb.
    loaded = read_site(tmp_path / "out" / "planned" / "site.toml")
    assert WhatIf(loaded, loaded.terrain(), Situation()).before.min() == pytest.approx(by_hour[0], abs=5e-3)


def test_a_post_with_no_place_near_enough_stays(
    site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = tmp_path / "study.toml"
    study.write_text(STUDY.replace("WITHIN", "0.001"), encoding="utf-8")
    said = answered(capsys, "plan", "towers", site, "--out", tmp_path / "out", "--study", study)
    assert said.returncode == 2
    assert "no place along the line fits" in said.stderr
