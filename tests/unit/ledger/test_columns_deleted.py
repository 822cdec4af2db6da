"""Rows that went: what is left of them on the disk, what a check says, and what a crash leaves to be done."""

from __future__ import annotations

from pathlib import Path

import apsw
import numpy as np
import pytest

from ledger_builders import counting_salt, fill, make_detections
from watchline.ledger.checkpoint import append, make_keys, read_public_key, read_signing_key, sign
from watchline.ledger.pages import connect_to_write
from watchline.ledger.proof import check_proof, write_proof
from watchline.ledger.reader import LedgerReader
from watchline.ledger.store import Store
from watchline.ledger.verify import verify
from watchline.ledger.writer import Ledger


def _made(directory: Path, batches: int = 12) -> Ledger:
    ledger, rng = Ledger.create(directory, counting_salt()), np.random.default_rng(1)
    for k in range(batches):
        rows = make_detections(8, float(k))
        values = {
            n: c if n == "t_s" or c.dtype != float else rng.normal(size=c.shape) for n, c in rows.columns().items()
        }
        ledger.append_columns(type(rows)(**values), float(k))
        fill(ledger, 1, payloads=False)
    ledger.commit(float(batches))
    return ledger


def _delete(ledger: Ledger, before_s: float = 6.0) -> None:
    with LedgerReader(ledger.directory) as reader:
        found = reader.held_columns("detections", 0, before_s, [], 1000)
    ledger.delete_columns("detections", found, "retention: tracks_days 90", 100.0, "retention")


def _tamper(directory: Path, *statements: str) -> None:
    database = connect_to_write(directory / "ledger.db")
    for statement in statements:
        database.execute(statement)
    database.close()


def test_nothing_of_the_rows_is_left_in_any_file(tmp_path: Path) -> None:
    with _made(tmp_path / "ledger") as ledger:
        body = _body(tmp_path / "ledger", 2)
        _delete(ledger)
        ledger.commit(101.0)
    for path in (tmp_path / "ledger").iterdir():
        assert body not in path.read_bytes(), path.name
    verdict = verify(tmp_path / "ledger")
    assert (verdict.whole, verdict.rows_deleted) == (True, 48)


def _body(directory: Path, batch: int) -> bytes:
    database = apsw.Connection(str(directory / "ledger.db"), flags=apsw.SQLITE_OPEN_READONLY)
    body = database.execute("SELECT body FROM section WHERE name = 'detections' AND id / 256 = ?", (batch,)).get
    database.close()
    assert isinstance(body, bytes)
    return body


def test_rows_that_went_without_an_event_are_found(tmp_path: Path) -> None:
    _made(tmp_path / "ledger").close()
    _tamper(tmp_path / "ledger", "UPDATE section SET body = x'' WHERE name = 'detections' AND id / 256 = 4")
    verdict = verify(tmp_path / "ledger")
    assert (verdict.whole, verdict.first_broken) == (False, 4)
    assert "no event says that it was deleted" in verdict.faults[0].what


def test_only_columns_may_go_so(tmp_path: Path) -> None:
    _made(tmp_path / "ledger").close()
    _tamper(tmp_path / "ledger", "UPDATE section SET body = x'' WHERE name = 'drop' AND id / 256 = 4")
    assert verify(tmp_path / "ledger").first_broken == 4


def test_rows_that_were_to_go_and_came_back_are_found(tmp_path: Path) -> None:
    with _made(tmp_path / "ledger") as ledger:
        body = _body(tmp_path / "ledger", 3)
        _delete(ledger)
    _tamper(
        tmp_path / "ledger",
        f"UPDATE section SET body = x'{body.hex()}' WHERE name = 'detections' AND id / 256 = 3",
    )
    verdict = verify(tmp_path / "ledger")
    assert not verdict.whole
    assert "says that 6 sections of detections are gone, of which 5 are" in verdict.faults[0].what


def test_what_a_crash_left_is_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = _made(tmp_path / "ledger")
    _delete(ledger, 3.0)
    ledger.commit(100.0)
    monkeypatch.setattr(Store, "empty", lambda *_: None)  # as if killed between the event and the removal
    _delete(ledger, 6.0)
    ledger.commit(101.0)
    monkeypatch.undo()
    ledger._stop = lambda: None  # type: ignore[method-assign]
    ledger._committer.stop()
    ledger._store.abandon()
    with LedgerReader(tmp_path / "ledger") as reader:
        assert [batch.t_s[0] for batch in reader.columns("detections", t1_s=6.0)] == [3.0, 4.0, 5.0]
    with Ledger.open(tmp_path / "ledger", counting_salt()), LedgerReader(tmp_path / "ledger") as reader:
        assert [batch.t_s[0] for batch in reader.columns("detections")] == [6.0 + k for k in range(6)]
    assert verify(tmp_path / "ledger").whole


def test_a_proof_tells_of_rows_that_went(tmp_path: Path) -> None:
    make_keys(tmp_path / "key")
    with _made(tmp_path / "ledger") as ledger:
        _delete(ledger)
        ledger.commit(100.0)
        with LedgerReader(tmp_path / "ledger") as reader:
            (_, first, _), (seq, digest, cut_s) = reader.heads(1, reader.last_seq)
    pin = sign(first, seq, digest, cut_s, read_signing_key(tmp_path / "key"))
    append(tmp_path / "ledger", pin)
    write_proof(tmp_path / "ledger", [pin], 0.0, 100.0, tmp_path / "proof")
    proven = check_proof(tmp_path / "proof", read_public_key(tmp_path / "key.pub"))
    assert proven.faults == ()
    assert proven.deleted == (("48 detections", "retention: tracks_days 90"),)
