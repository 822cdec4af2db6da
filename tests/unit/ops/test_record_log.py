"""The log: a decision about every kind of record, no place of anybody in any line, followed while it is written."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from builders import position, report, straight_line
from core_builders import SENSORS, Step, make_core, ticks, walker_seen_by_radar
from desk_builders import two_desks
from ledger_builders import counting_salt, make_drop
from watchline.cli import main
from watchline.domain.kinds import record_types
from watchline.domain.records import Rejection
from watchline.ledger.writer import Ledger
from watchline.ops.record_log import LOGGED, UNLOGGED, line_of, words_of

PLACES = ("lon", "lat", "s_m", "d_m", "position", "place", "text", "note", "points", "people", "count", "from_km")


def test_every_kind_is_either_logged_or_left_out_on_purpose() -> None:
    assert set(LOGGED) | UNLOGGED == set(record_types())
    assert not set(LOGGED) & UNLOGGED


def test_no_field_that_is_logged_says_where_anybody_is_or_what_was_written() -> None:
    for kind, (_, names) in LOGGED.items():
        fields = set(record_types()[kind].__struct_fields__)
        assert set(names) <= fields, kind
        assert not set(names) & set(PLACES), kind


def test_a_line_is_said_in_words_and_what_has_spaces_is_quoted() -> None:
    refused = Rejection(id="r", t_s=60.0, source="radar-1", what="a plot", rule='range "far"', sample="secret bytes")
    line = line_of(refused, 3, 61.0)
    assert line is not None
    assert words_of(line, "1970-01-01T00:01:00Z") == (
        '1970-01-01T00:01:00Z warning rejection        radar-1 what="a plot" rule="range \\"far\\""'
    )


def test_a_run_is_told_without_places(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def walk(now_s: float) -> Step:
        step = walker_seen_by_radar(now_s)
        return Step(
            [report("patrol-1", position(straight_line(), 4000.0, 200.0), now_s)], step.scans, step.detections
        )

    ticks(make_core(tmp_path, walk, two_desks(*SENSORS)), 60).close()
    for words in (("--json",), ("--level", "warning", "--json")):
        with pytest.raises(SystemExit) as done:
            main(["log", str(tmp_path / "ledger"), *words])
        assert done.value.code in (0, None)
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        kinds = {line["kind"] for line in lines}
        if len(words) == 1:
            assert {"run_started", "alert", "run_ended"} <= kinds
            assert [line["seq"] for line in lines] == sorted(line["seq"] for line in lines)
        assert not kinds & UNLOGGED
        assert all(line["level"] != "info" for line in lines) == (len(words) > 1)


def test_a_log_follows_a_ledger_that_is_written(tmp_path: Path) -> None:
    with Ledger.create(tmp_path / "ledger", counting_salt()) as ledger:
        ledger.append(make_drop(1), 1.0)
        ledger.commit(1.0)
        words = [sys.executable, "-m", "watchline", "log", str(tmp_path / "ledger"), "--follow", "--json"]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as follower:
            assert follower.stdout is not None
            try:
                assert json.loads(follower.stdout.readline())["fields"] == {"queue": "q", "dropped": 1}
                ledger.append(make_drop(2), 2.0)
                ledger.commit(2.0)
                assert json.loads(follower.stdout.readline())["fields"]["dropped"] == 2
            finally:
                follower.terminate()
