from __future__ import annotations

import json
from pathlib import Path

import pytest

from ledger_builders import flip_bit, make_ledger
from watchline.cli import main


def _run(*argv: str) -> int:
    with pytest.raises(SystemExit) as stop:
        main(["verify", *argv])
    return int(stop.value.code or 0)


def test_a_whole_ledger_is_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ledger = make_ledger(tmp_path / "ledger")
    assert _run(str(ledger)) == 0
    out = capsys.readouterr().out
    assert out.startswith("whole: 5 batches, 10 events, 100 rows, 3 payloads, head 5 ")
    assert len(out.splitlines()) == 1


def test_the_first_broken_batch_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ledger = make_ledger(tmp_path / "ledger")
    place = (ledger / "payloads.db").read_bytes().index(b"picture 2")
    flip_bit(ledger / "payloads.db", place * 8)
    assert _run(str(ledger)) == 1
    assert capsys.readouterr().out.startswith("broken: first broken batch 3 (payload ")


def test_json_is_one_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ledger = make_ledger(tmp_path / "ledger")
    flip_bit(ledger / "head.json", 100)
    assert _run(str(ledger), "--json") == 1
    verdict = json.loads(capsys.readouterr().out)
    assert (verdict["whole"], verdict["first_broken"], verdict["head_seq"]) == (False, None, 5)
    assert verdict["faults"][0]["where"] == "head.json"


def test_what_is_no_ledger_is_one_line_and_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(str(tmp_path / "nothing")) == 2
    assert _run(str(tmp_path)) == 2
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 2
    assert all(line.startswith("watchline: ") for line in errors)
