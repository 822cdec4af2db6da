"""`watchline plan repairs` on a short line: by name, by a ledger, and what is wrong in one line."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from command_line import answered

from small_site import write_small_site
from watchline.ops.planning.repairs import Mending
from watchline.ops.site_file import read_site
from watchline.sensing.situation import Situation

pytestmark = pytest.mark.slow


def test_it_ranks_what_is_dark_and_each_step_betters_the_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site, out = write_small_site(tmp_path / "site"), tmp_path / "out"
    sensors = read_site(site).site.sensors
    names = [sensor.id for sensor in sensors[:3]]
    study = tmp_path / "study.toml"
    study.write_text(f'[[repairs.kinds]]\nkind = "{sensors[0].kind}"\nhours = 2.0\ncost = 3.0\n')
    said = answered(
        capsys, "plan", "repairs", site, "--out", out, "--dark", ",".join(names), "--study", study, "--json"
    )
    assert said.returncode == 0, said.stderr
    told = json.loads(said.stdout)
    assert {one["sensor"] for one in told["repairs"]} == set(names)
    assert told["exact"]
    assert {one["hours"] for one in told["repairs"] if one["sensor"] == names[0]} == {2.0}
    means = [told["as_it_is"]["mean"], *(one["then_mean"] for one in told["repairs"])]
    assert means == sorted(means)
    assert means[-1] == told["all_mended"]["mean"]
    assert told["all_mended"]["mean"] > told["as_it_is"]["mean"]
    with (out / "repairs.csv").open() as file:
        assert [row["sensor"] for row in csv.DictReader(file)] == [one["sensor"] for one in told["repairs"]]


def test_a_field_mended_in_its_box_is_the_field_solved_anew(tmp_path: Path) -> None:
    loaded = read_site(write_small_site(tmp_path / "site"))
    terrain = loaded.terrain()
    eyes = [k for k, s in enumerate(loaded.site.sensors) if s.kind in ("thermal_camera", "radar")][:2]
    quality = np.full(len(loaded.site.sensors), np.nan)
    quality[eyes[1]] = 0.3
    broken = Mending(loaded, terrain, Situation(dark=frozenset(eyes[:1]), quality=quality))
    for mended in (eyes[:1], eyes[1:], eyes):
        left = np.where(np.isin(np.arange(len(quality)), mended), np.nan, quality)
        anew = Mending(loaded, terrain, Situation(dark=frozenset(eyes[:1]) - set(mended), quality=left))
        assert broken.chance(frozenset(mended)) == pytest.approx(anew.chance(frozenset()), abs=0.01)


@pytest.mark.parametrize(("words", "line"), [((), "nothing is dark"), (("--dark", "X9"), "X9 is no sensor")])
def test_what_is_wrong_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], line: str
) -> None:
    site = write_small_site(tmp_path / "site")
    said = answered(capsys, "plan", "repairs", site, "--out", tmp_path / "out", *words)
    assert said.returncode == 2
    assert line in said.stderr
    assert len(said.stderr.strip().splitlines()) == 1
