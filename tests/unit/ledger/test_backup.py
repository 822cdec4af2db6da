"""A backup follows a ledger that is written, forgets what it forgets, and becomes one again."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from ledger_builders import counting_salt, fill, make_drop, make_ledger
from watchline.cli import main
from watchline.domain.errors import BadInput
from watchline.ledger.backup import back_up, restore
from watchline.ledger.errors import LedgerBroken
from watchline.ledger.pages import connect_to_write
from watchline.ledger.reader import LedgerReader
from watchline.ledger.verify import verify
from watchline.ledger.writer import Ledger


def _everything(directory: Path) -> list[object]:
    with LedgerReader(directory) as reader:
        return [(e.seq, e.pos, e.known_s, repr(e.value)) for e in reader.since(0)]


def test_runs_bring_what_is_new_and_the_whole_is_the_same(tmp_path: Path) -> None:
    source, copy = tmp_path / "ledger", tmp_path / "copy"
    with Ledger.create(source, counting_salt()) as ledger:
        fill(ledger, 5)
        ledger.wait_durable()
        first = back_up(source, copy)
        assert (first.seq, first.new_batches, first.new_payloads) == (5, 5, 3)
        fill(ledger, 3)
        ledger.wait_durable()
        second = back_up(source, copy)
        assert (second.seq, second.new_batches, second.hash) == (8, 3, ledger.head[1])
        assert back_up(source, copy).new_batches == 0
    assert verify(copy).whole
    assert _everything(copy) == _everything(source)


def test_what_is_deleted_goes_from_the_backup_too(tmp_path: Path) -> None:
    source, copy = tmp_path / "ledger", tmp_path / "copy"
    with Ledger.create(source, counting_salt()) as ledger:
        (gone, *_) = fill(ledger, 6)
        ledger.wait_durable()
        back_up(source, copy)
        ledger.delete_payload(gone, "kept 30 days", 10.0)
        with LedgerReader(source) as reader:
            ledger.delete_columns("scans", reader.held_columns("scans", 0, 3.0, [], 99), "kept 90 days", 11.0)
        ledger.commit(12.0)
        assert back_up(source, copy).deletions == 2
    verdict = verify(copy)
    assert (verdict.whole, verdict.deleted, verdict.rows_deleted) == (True, 1, 60)
    late = tmp_path / "late"
    back_up(source, late)  # one that begins after the deletions never sees the bytes
    assert verify(late).whole


def test_a_backup_beside_a_busy_writer_is_whole_at_every_moment(tmp_path: Path) -> None:
    source, copy = tmp_path / "ledger", tmp_path / "copy"
    with Ledger.create(source, counting_salt()) as ledger:

        def write() -> None:
            for k in range(150):
                (payload, *_) = fill(ledger, 1)
                if k % 3 == 0:
                    ledger.delete_payload(payload, "at once", float(k))

        writer = threading.Thread(target=write)
        writer.start()
        runs = 0
        while writer.is_alive() or runs == 0:
            back_up(source, copy)
            runs += 1
            assert verify(copy).whole
        writer.join()
        ledger.wait_durable()
        back_up(source, copy)
    assert _everything(copy) == _everything(source)
    assert verify(copy).deleted == 50


def test_a_restored_ledger_goes_on(tmp_path: Path) -> None:
    source, copy, again = make_ledger(tmp_path / "ledger"), tmp_path / "copy", tmp_path / "again"
    back_up(source, copy)
    restore(copy, again)
    with Ledger.open(again, counting_salt()) as ledger:
        ledger.append(make_drop(9), 9.0)
    assert verify(again).whole
    assert _everything(again)[:-1] == _everything(source)
    with pytest.raises(BadInput, match="something already"):
        restore(copy, again)


def test_another_ledger_and_a_harmed_one_leave_the_backup_alone(tmp_path: Path) -> None:
    source, copy = make_ledger(tmp_path / "ledger"), tmp_path / "copy"
    back_up(source, copy)
    with Ledger.create(tmp_path / "other", counting_salt()) as other:
        fill(other, 7, payloads=False)
    with pytest.raises(BadInput, match="no backup of this ledger"):
        back_up(tmp_path / "other", copy)
    with Ledger.open(source, counting_salt()) as ledger:
        fill(ledger, 3)
    database = connect_to_write(source / "ledger.db")
    database.execute("UPDATE section SET body = (SELECT body FROM section WHERE id = 1024) WHERE id = 1792")
    database.close()
    with pytest.raises(LedgerBroken, match="batch 7: was not copied"):
        back_up(source, copy)
    assert verify(copy).whole
    assert verify(copy).head_seq == 5
    with pytest.raises(BadInput, match="is harmed"):
        restore(source, tmp_path / "never")


def test_the_verbs_say_what_they_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = make_ledger(tmp_path / "ledger")
    for words in (
        ("backup", str(source), "--to", str(tmp_path / "b")),
        ("restore", str(tmp_path / "b"), "--to", str(tmp_path / "r")),
    ):
        with pytest.raises(SystemExit) as done:
            main(list(words))
        assert done.value.code in (0, None)
    told = capsys.readouterr().out
    assert "5 new batches, 3 new payloads" in told
    assert "5 batches, head 5" in told
