"""`watchline plan tests` on a short line."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from command_line import answered

from small_site import write_small_site

pytestmark = pytest.mark.slow


def test_it_names_walks_that_take_doubt_away(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site, out = write_small_site(tmp_path / "site"), tmp_path / "out"
    said = answered(capsys, "plan", "tests", site, "--out", out, "--count", "3", "--json")
    assert said.returncode == 0, said.stderr
    summary = json.loads(said.stdout)
    after = [one["sd_mean_after"] for one in summary["tests"]]
    assert after
    assert [summary["sd_mean"] + 1e-4, *after] == sorted([summary["sd_mean"] + 1e-4, *after], reverse=True)
    with (out / "tests.csv").open() as file:
        assert [int(row["km"]) for row in csv.DictReader(file)] == [one["km"] for one in summary["tests"]]
    assert b"<trk>" in (out / "tests.gpx").read_bytes() or b"<rte>" in (out / "tests.gpx").read_bytes()
    assert len(json.loads((out / "tests.geojson").read_bytes())["features"]) == len(summary["tests"])
