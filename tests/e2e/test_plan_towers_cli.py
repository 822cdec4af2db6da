"""`watchline plan towers` on a short line: what it writes, that a kill costs nothing, and what it refuses."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from command_line import answered

from small_site import write_small_site
from watchline.ops.site_check import read_sound_site

pytestmark = pytest.mark.slow

STUDY = """
[towers]
choose = 2
candidates = 10
radio_km = 0.0
gap = 0.0
mean_gap = 1.0

[[towers.masts]]
name = "short mast"

[[towers.masts.sensors]]
id = "radar"
kind = "radar"
organisation = ""
mast_m = 12.0
max_range_m = 2500.0
scan_period_s = 2.5
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_site(tmp_path_factory.mktemp("towers") / "site")


@pytest.fixture(scope="module")
def study(site: Path) -> Path:
    path = site.parent / "study.toml"
    path.write_text(STUDY, encoding="utf-8")
    return path


def _plan(capsys: pytest.CaptureFixture[str], site: Path, study: Path, out: Path, *more: str) -> dict[str, Any]:
    words = ("plan", "towers", site, "--out", out, "--study", study, "--workers", "1", "--json", *more)
    said = answered(capsys, *words)
    assert said.returncode == 0, said.stderr
    return json.loads(said.stdout)


@pytest.fixture(scope="module")
def planned(site: Path, study: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    out = tmp_path_factory.mktemp("planned")
    command = [sys.executable, "-m", "watchline", "plan", "towers", site, "--out", out, "--study", study, "--json"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert ran.returncode == 0, ran.stderr
    return out, ran.stdout


def test_it_writes_a_plan_that_betters_what_is_there(planned: tuple[Path, str]) -> None:
    out, said = planned
    summary = json.loads(said)
    assert len(summary["chosen"]) <= 2
    without = max(summary[name]["weakest"] for name in ("before", "even", "greedy"))
    assert summary["planned"]["weakest"] >= without - 1e-3
    assert summary["planned"]["weakest"] <= summary["bound_weakest"] + 1e-6
    assert summary["proved_gap"] <= 0.01
    with (out / "strip.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert min(float(row["p_planned"]) for row in rows) == pytest.approx(summary["planned"]["weakest"], abs=2e-3)
    for name in ("towers.csv", "plan.geojson", "plan.gpkg", "plan.kmz", "map.png", "plan.pdf"):
        assert (out / name).stat().st_size > 100


def test_the_site_with_the_masts_is_a_site(planned: tuple[Path, str]) -> None:
    out, said = planned
    loaded = read_sound_site(out / "planned")
    posts = {post.id for post in loaded.site.posts}
    assert set(json.loads(said)["chosen"]) <= posts
    assert any(sensor.post in json.loads(said)["chosen"] for sensor in loaded.site.sensors)


def test_a_kill_costs_nothing_that_was_done(
    site: Path, study: Path, planned: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "watchline", "plan", "towers", site, "--out", out, "--study", study,
               "--workers", "1"]  # fmt: skip
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 120.0
    while len(list(out.glob("study-*/field-*.npz"))) < 3 and running.poll() is None and time.monotonic() < until:
        time.sleep(0.01)
    running.send_signal(signal.SIGKILL)
    running.wait()
    done = {path: path.stat().st_mtime_ns for path in out.glob("study-*/*.npz")}
    assert len(done) >= 3
    again = _plan(capsys, site, study, out)
    first = json.loads(planned[1])
    assert {k: v for k, v in again.items() if k != "seconds"} == {k: v for k, v in first.items() if k != "seconds"}
    assert {path: path.stat().st_mtime_ns for path in done} == done


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[towers]\nchoose = 0\n", "towers.choose: must be 1"),
        ("[towers]\nchose = 3\n", "unknown field"),
        ("[towers]\nfrom_m = 50000.0\nto_m = 60000.0\n", "no place along the line"),
        ("towers = [", "is not TOML"),
    ],
)
def test_a_study_that_cannot_be_is_one_line(
    site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, words: str
) -> None:
    study = tmp_path / "study.toml"
    study.write_text(text, encoding="utf-8")
    said = answered(capsys, "plan", "towers", site, "--out", tmp_path / "out", "--study", study)
    assert said.returncode == 2
    assert words in said.stderr
    assert said.stderr.count("\n") == 1


def test_fences_masts_of_two_kinds_and_a_budget(
    site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = tmp_path / "study.toml"
    study.write_text(
        '[towers]\nchoose = 3\nbudget = 4.0\ncandidates = 4\nradio_km = 0.0\nmean_gap = 1.0\npeople = false\n'
        'road_cost_per_km = 0.1\n'
        '[[towers.masts]]\nname = "short mast"\ncost = 2.0\n'
        '[[towers.masts.sensors]]\nid = "radar"\nkind = "radar"\norganisation = ""\nmast_m = 12.0\n'
        'max_range_m = 2500.0\nscan_period_s = 2.5\n'
        '[[towers.masts]]\nname = "fence"\n'
        '[[towers.masts.sensors]]\nid = "fence"\nkind = "fence_sensor"\norganisation = ""\nfrom_km = -2.0\n'
        'to_km = 2.0\nscan_period_s = 10.0\n',
        encoding="utf-8",
    )  # fmt: skip
    out = tmp_path / "out"
    summary = _plan(capsys, site, study, out)
    assert summary["cost"] <= 4.0
    with (out / "towers.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len({row["chainage_m"] for row in rows}) == len(rows)  # one to a place
    loaded = read_sound_site(out / "planned")
    added = [s for s in loaded.site.sensors if s.id.startswith("P")]
    assert {s.kind for s in added} <= {"radar", "fence_sensor"}
    for fence in (s for s in added if s.kind == "fence_sensor"):
        assert fence.from_km is not None
        assert fence.to_km is not None
        assert 0.0 <= fence.from_km < fence.to_km <= 12.001


def test_two_workers_of_ray_find_what_processes_find(
    site: Path, study: Path, planned: tuple[Path, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("ray")
    words = ("plan", "towers", site, "--out", tmp_path, "--study", study, "--workers", "2", "--on", "ray", "--json")
    said = answered(capfd, *words)
    first, second = json.loads(planned[1]), json.loads(said.stdout.splitlines()[-1])
    assert {k: v for k, v in first.items() if k != "seconds"} == {k: v for k, v in second.items() if k != "seconds"}


def test_a_plan_that_pushes_crossers_beyond_help_is_ruled_out_or_refused(
    site: Path, study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    strict = tmp_path / "strict.toml"
    limited = STUDY.replace("choose = 2", "choose = 1\nhelp_limit_h = 0.3").replace(
        "candidates = 10", "candidates = 3"
    )
    strict.write_text(limited, encoding="utf-8")
    summary = _plan(capsys, site, strict, tmp_path / "out")
    assert summary["ruled_out_for_harm"]
    assert not summary["refused_for_harm"]
    with (tmp_path / "out" / "strip.csv").open() as file:
        rows = list(csv.DictReader(file))
    pushed = [r for r in rows if float(r["help_h_planned"]) > max(0.3, float(r["help_h_before"]) + 1e-6)]
    assert pushed == []
