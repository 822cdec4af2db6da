"""The open benchmark scores what it says, and the page keeps to its time."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

import page  # noqa: E402
from open_line import gospa, score  # noqa: E402


def test_gospa_counts_place_errors_missed_and_false() -> None:
    true = np.array([[0.0, 0.0], [1000.0, 0.0], [5000.0, 0.0]])
    told = np.array([[3.0, 4.0], [1000.0, 0.0], [9000.0, 0.0]])
    assert gospa(true, told) == (25.0, 2.0, 1, 1)
    assert gospa(true, told[:0]) == (0.0, 0.0, 3, 0)


def _write(path: Path, head: str, rows: list[str]) -> None:
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")


def test_an_answer_is_scored_against_truth_and_crossings(tmp_path: Path) -> None:
    times = (5.0, 10.0)
    where = [f"{t},7,1,0,{100.0 * t},0,0,0" for t in times] + [f"{t},8,2,0,9000,0,0,0" for t in times]
    _write(tmp_path / "truth.csv", "t,body,party,own,x,y,s,d", where)
    _write(tmp_path / "crossings.csv", "t,body,s,inwards", ["11,7,0,1", "11,8,0,1", "11,8,0,0"])
    _write(tmp_path / "answer.csv", "t,track_id,x,y", [f"{t},1,{100.0 * t + 3.0},4" for t in times])
    scores = score(tmp_path, tmp_path / "answer.csv")
    assert scores == {
        "gospa_m": pytest.approx((25.0 + 5000.0) ** 0.5, abs=0.1), "place_error_m": 5.0, "missed_per_subject": 0.5,
        "false_per_subject": 0.0, "crossings_inwards": 2, "crossings_tracked": 0.5,
    }  # fmt: skip


def test_the_pages_parts_are_there_and_take_twenty_minutes_at_most(tmp_path: Path) -> None:
    made = page.parts("python", "python", tmp_path)
    assert sum(part.limit_s for part in made) <= 1200.0
    assert [part.command[0] for part in made if not (ROOT / "benchmarks" / part.command[0]).is_file()] == []


def test_the_page_says_what_was_stopped_and_what_failed(tmp_path: Path) -> None:
    made = page.parts(None, None, tmp_path)[:3]
    outs = [
        {"command": list(part.command), "code": code, "said": "x", "load": 1.0, "wall_s": 2.0}
        for part, code in zip(made, (0, None, 2), strict=True)
    ]
    text = page.page(list(zip(made, outs, strict=True)), ["- a machine"])
    assert text.count("**") == 4
    assert "**stopped after 150 s**" in text
    assert "**exit 2**" in text
