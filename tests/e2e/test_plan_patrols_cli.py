"""`watchline plan patrols`: sheets that keep the rules, sealed, and the seal in the ledger."""

from __future__ import annotations

import csv
import itertools
import json
import stat
from pathlib import Path

import msgspec
import pytest
from command_line import answered

from small_site import write_small_site
from watchline.domain.errors import BadInput
from watchline.domain.patrols import PatrolsSealed
from watchline.domain.records import Position, UnitReport
from watchline.ledger.reader import LedgerReader
from watchline.ledger.writer import Ledger
from watchline.ops.planning.sealing import opened
from watchline.ops.site_file import read_site, site_text

pytestmark = pytest.mark.slow

STUDY = "[patrols]\ndays = 2\n"


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("patrols")
    site = write_small_site(folder / "site")
    (folder / "study.toml").write_text(STUDY)
    with Ledger.create(folder / "ledger", lambda: b"0" * 16):
        pass
    return site, folder


def test_sheets_keep_the_rules_and_the_seal_proves_them(
    planned: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    site, folder = planned
    out = folder / "out"
    said = answered(
        capsys, "plan", "patrols", site, "--out", out, "--study", folder / "study.toml",
        "--ledger", folder / "ledger", "--person", "the planner", "--json",
    )  # fmt: skip
    assert said.returncode == 0, said.stderr
    summary = json.loads(said.stdout)
    assert summary["worst_gap"] < 0.05
    assert all(row["p_timetable"] <= row["p_bound"] for row in summary["beats"])
    sealed = [r for r in _records(folder / "ledger") if isinstance(r, PatrolsSealed)]
    assert [(r.head, r.sheets, r.person) for r in sealed] == [(summary["seal"], summary["sheets"], "the planner")]
    for row in summary["beats"]:
        legs = []
        for day in (1, 2):
            name = f"{row['unit']}-day{day:03d}.csv"
            assert stat.S_IMODE((out / "sealed" / name).stat().st_mode) == 0o600
            lines = opened(out, name, summary["seal"]).decode().splitlines()
            legs += list(csv.DictReader(lines[1:]))
        times, kms = [float(leg["leave_s"]) for leg in legs], [float(leg["km"]) for leg in legs]
        assert all(b - a >= row["leg_s"] - 1.5 for a, b in itertools.pairwise(times))
        assert max(abs(b - a) for a, b in itertools.pairwise(kms)) <= 1.01
        assert row["from_km"] <= min(kms)
        assert max(kms) <= row["to_km"]
        assert {leg["crew"] for leg in legs} == {"1", "2", "3"}
        assert sum(leg["look_at"] != "" for leg in legs) == row["looks_at_places"] <= 2 * 2
        assert (row["away"] > 0.0) == (row["looks_at_places"] > 0)


def _records(ledger: Path) -> list[object]:
    with LedgerReader(ledger) as reader:
        return [entry.value for entry in reader.events()]


def test_a_changed_sheet_is_found_out(planned: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    site, folder = planned
    out = folder / "changed"
    said = answered(capsys, "plan", "patrols", site, "--out", out, "--study", folder / "study.toml", "--json")
    name, head = next((out / "sealed").iterdir()).name, json.loads(said.stdout)["seal"]
    sheet = out / "sealed" / name
    sheet.write_bytes(sheet.read_bytes().replace(b",1,", b",2,", 1))
    with pytest.raises(BadInput, match="not the sheet that was sealed"):
        opened(out, name, head)
    (out / "seal.json").write_text((out / "seal.json").read_text() + " ")
    with pytest.raises(BadInput, match="not the list that the ledger knows"):
        opened(out, name, head)


def test_crews_that_cannot_rest_are_one_line(
    planned: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = tmp_path / "study.toml"
    study.write_text("[patrols]\ncrews = 2\n")
    said = answered(capsys, "plan", "patrols", planned[0], "--out", tmp_path / "out", "--study", study)
    assert said.returncode == 2
    assert "2 crews in turn rest 8 h only" in said.stderr


def test_what_was_walked_is_held_against_the_sheets(
    planned: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site, folder = planned
    out, ledger = tmp_path / "out", tmp_path / "ledger"
    with Ledger.create(ledger, lambda: b"0" * 16):
        pass
    said = answered(
        capsys, "plan", "patrols", site, "--out", out, "--study", folder / "study.toml", "--ledger", ledger,
        "--start", "2026-01-23T00:00:00Z", "--json",
    )  # fmt: skip
    unit, from_s = json.loads(said.stdout)["beats"][0]["unit"], 1_769_126_400.0
    legs = list(csv.DictReader(opened(out, f"{unit}-day001.csv").decode().splitlines()[1:]))[:40]
    with Ledger.open(ledger, lambda: b"1" * 16) as writer:
        for k, leg in enumerate(legs):
            # The first half by the sheet, then it stays where it is.
            at = leg if k < 20 else legs[19]
            where = Position(lon_deg=float(at["lon_deg"]), lat_deg=float(at["lat_deg"]), s_m=0.0, d_m=0.0)
            t_s = from_s + float(leg["leave_s"])
            writer.append(
                UnitReport(id=f"u{k}", t_s=t_s, source="unit", unit=unit, position=where, speed_m_s=0.0,
                           heading_rad=0.0, state="patrolling"), t_s,
            )  # fmt: skip
        writer.commit(t_s)
    held = answered(capsys, "plan", "patrols", site, "--out", out, "--walked", ledger, "--json")
    assert held.returncode == 0, held.stderr
    row = next(one for one in json.loads(held.stdout)["units"] if one["unit"] == unit)
    away = sum(leg["km"] != legs[19]["km"] for leg in legs[20:])
    assert row["kept"] == 40 - away
    assert row["missed"] == away
    assert row["legs"] == 40


def test_patrols_that_push_crossers_beyond_help_are_refused_and_nothing_is_sealed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_small_site(tmp_path / "site")
    site = read_site(path).site
    # Only the first four kilometres are patrolled: who came there goes to the fifth, 0.67 h from help.
    beats = tuple(msgspec.structs.replace(u, patrol_to_km=4.0) for u in site.units if u.id == "P01")
    path.write_text(site_text(msgspec.structs.replace(site, units=beats)), encoding="utf-8")
    (tmp_path / "study.toml").write_text("[towers]\nhelp_limit_h = 0.65\n[patrols]\ndays = 1\n")
    with Ledger.create(tmp_path / "ledger", lambda: b"0" * 16):
        pass
    said = answered(
        capsys, "plan", "patrols", path, "--out", tmp_path / "out", "--study", tmp_path / "study.toml",
        "--ledger", tmp_path / "ledger", "--json",
    )  # fmt: skip
    assert said.returncode == 1, said.stderr
    summary = json.loads(said.stdout)
    assert summary["refused_for_harm"]
    assert summary["pushed_km"] == [0, 1, 2, 3]
    assert not (tmp_path / "out" / "sealed").exists()
    assert not any(isinstance(r, PatrolsSealed) for r in _records(tmp_path / "ledger"))
