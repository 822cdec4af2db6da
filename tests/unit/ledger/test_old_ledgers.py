"""Ledgers that earlier versions wrote: read, checked, gone on with, swept and backed up by this one."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from core_builders import SENSORS, make_core, ticks
from desk_builders import two_desks
from ledger_builders import counting_salt
from watchline.ledger.backup import back_up
from watchline.ledger.reader import LedgerReader
from watchline.ledger.verify import verify
from watchline.ledger.writer import Ledger

HERE = Path(__file__).parent
HEADS = {"written_by_0_1_0": "ba60ef8ac141455d390dec727713b55eece655597f0f7e165c27744b0bd81505"}


@pytest.fixture(params=sorted(HEADS))
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    with tarfile.open(HERE / request.param / "ledger.tar.xz") as file:
        file.extractall(tmp_path, filter="data")
    assert verify(tmp_path / "ledger").head_hash == HEADS[request.param]
    return tmp_path


def test_it_is_whole_and_every_record_is_read(old: Path) -> None:
    verdict = verify(old / "ledger")
    assert (verdict.whole, verdict.deleted) == (True, 2)
    with LedgerReader(old / "ledger") as reader:
        entries = list(reader.since(0))
        counts = reader.counts()
    assert len(entries) > 100
    assert {"alert", "tracks", "detections", "scans", "payload_deleted"} <= set(counts)


def test_a_core_goes_on_with_it(old: Path) -> None:
    core = make_core(old, what=two_desks(*SENSORS, evidence_days=1.0))
    assert len(core.picture.alerts) == 1
    ticks(core, 5)
    core.close()
    assert verify(old / "ledger").whole


def test_its_rows_go_and_its_backup_is_whole(old: Path) -> None:
    with Ledger.open(old / "ledger", counting_salt()) as ledger:
        with LedgerReader(old / "ledger") as reader:
            found = reader.held_columns("tracks", 0, float("inf"), [], 1000)
        event = ledger.delete_columns("tracks", found, "retention", 1.0)
        ledger.commit(2.0)
        assert event.rows > 0
        back_up(old / "ledger", old / "copy")
    for directory in ("ledger", "copy"):
        verdict = verify(old / directory)
        assert (verdict.whole, verdict.rows_deleted) == (True, event.rows)
