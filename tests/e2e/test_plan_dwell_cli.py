"""`watchline plan dwell` on a short line with heads that pan."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
from command_line import answered

from small_site import write_small_site
from watchline.domain.site import Pan, Sensor
from watchline.ops.planning.dwell import SIGHT_SURE, plan_dwell
from watchline.ops.planning.what_if import WhatIf
from watchline.ops.site_check import read_sound_site
from watchline.ops.site_file import read_site, site_text
from watchline.sensing.situation import Situation

pytestmark = pytest.mark.slow


def _panning(tmp_path: Path) -> Path:
    path = write_small_site(tmp_path / "site")
    site = read_site(path).site

    def turning(s: Sensor) -> Sensor:
        if s.kind != "thermal_camera":
            return s
        pan = Pan(from_deg=s.azimuth_deg - 60.0, to_deg=s.azimuth_deg + 60.0, stops=5, dwell_s=8.0)
        return msgspec.structs.replace(s, hfov_deg=20.0, pan=pan)

    sensors = tuple(turning(s) for s in site.sensors if s.kind != "radar")
    path.write_text(site_text(msgspec.structs.replace(site, sensors=sensors)), encoding="utf-8")
    return path


def test_shares_better_an_even_sweep_and_come_near_the_bound(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site, out = _panning(tmp_path), tmp_path / "out"
    said = answered(capsys, "plan", "dwell", site, "--out", out, "--json")
    assert said.returncode == 0, said.stderr
    told = json.loads(said.stdout)
    assert told["planned"]["weakest_seen"] >= told["today"]["weakest_seen"]
    assert told["planned"]["weakest_seen"] <= told["bound_weakest_seen"] + 0.005
    for head in told["heads"]:
        assert sum(one["share"] for one in head["stops"]) == pytest.approx(1.0, abs=0.002)
        assert sum(one["seconds_a_round"] for one in head["stops"]) == pytest.approx(head["round_s"], abs=0.5)
    with (out / "dwell.csv").open() as file:
        assert len(list(csv.DictReader(file))) == sum(len(head["stops"]) for head in told["heads"])


def test_the_gain_is_real_in_the_site_that_turns_as_planned(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site, out = _panning(tmp_path), tmp_path / "out"
    told = json.loads(answered(capsys, "plan", "dwell", site, "--out", out, "--json").stdout)
    planned = read_sound_site(out / "planned")
    heads = [s for s in planned.site.sensors if s.pan is not None]
    assert all(len(s.pan.shares) == s.pan.stops for s in heads if s.pan is not None)
    terrain = planned.terrain()
    found = plan_dwell(planned, terrain, Situation())
    assert float(found.today.mean()) == pytest.approx(told["planned"]["mean"], abs=0.003)
    assert float(found.today[found.touched].min()) == pytest.approx(told["planned"]["weakest_seen"], abs=0.003)
    assert WhatIf(planned, terrain, Situation(sight_sure=SIGHT_SURE)).before == pytest.approx(found.today, abs=0.003)


def test_for_two_hours_the_worse_of_each_kilometre_counts(tmp_path: Path) -> None:
    loaded = read_site(_panning(tmp_path))
    terrain = loaded.terrain()
    both = plan_dwell(loaded, terrain, Situation(), hours=("night", "day"))
    apart = [plan_dwell(loaded, terrain, Situation(), hours=(hour,)) for hour in ("night", "day")]
    assert both.today == pytest.approx(np.minimum(apart[0].today, apart[1].today), abs=1e-6)
    assert both.planned[both.touched].min() >= both.today[both.touched].min() - 1e-6
    assert both.planned[both.touched].min() <= both.bound.least + 0.005


def test_how_it_turns_today_is_what_the_site_is_reckoned_with(tmp_path: Path) -> None:
    loaded = read_site(_panning(tmp_path))
    terrain = loaded.terrain()
    found = plan_dwell(loaded, terrain, Situation())
    assert found.today == pytest.approx(WhatIf(loaded, terrain, Situation(sight_sure=SIGHT_SURE)).before, abs=0.003)
    assert np.all(found.share >= 0.0)


def test_a_site_without_heads_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_small_site(tmp_path / "site")
    site = read_site(path).site
    still = tuple(msgspec.structs.replace(s, pan=None) for s in site.sensors)
    path.write_text(site_text(msgspec.structs.replace(site, sensors=still)), encoding="utf-8")
    said = answered(capsys, "plan", "dwell", path, "--out", tmp_path / "out")
    assert said.returncode == 2
    assert "no panning head" in said.stderr
    assert len(said.stderr.strip().splitlines()) == 1
