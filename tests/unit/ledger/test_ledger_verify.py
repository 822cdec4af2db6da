"""Damage done with care: the page digests are renewed, so only the chain can tell."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from ledger_builders import counting_salt, fill, flip_bit, make_drop, make_ledger
from watchline.domain.errors import BadInput
from watchline.ledger.anchor import Anchor, read_anchor, render
from watchline.ledger.errors import LedgerBroken
from watchline.ledger.pages import connect_to_write
from watchline.ledger.reader import LedgerReader
from watchline.ledger.verify import verify
from watchline.ledger.writer import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return make_ledger(tmp_path / "ledger")


def _tamper(directory: Path, statement: str, name: str = "ledger.db") -> None:
    database = connect_to_write(directory / name)
    database.execute(statement)
    database.close()


def test_a_fresh_and_a_filled_ledger_are_whole(ledger: Path, tmp_path: Path) -> None:
    Ledger.create(tmp_path / "empty", counting_salt()).close()
    assert verify(tmp_path / "empty").whole
    verdict = verify(ledger)
    assert verdict.whole
    assert (verdict.batches, verdict.events, verdict.rows, verdict.payloads) == (5, 10, 100, 3)


def test_checking_changes_no_file(ledger: Path) -> None:
    before = {p: p.read_bytes() for p in ledger.iterdir()}
    verify(ledger)
    assert {p: p.read_bytes() for p in ledger.iterdir()} == before


@pytest.mark.parametrize(
    ("statement", "batch"),
    [
        ("UPDATE batch SET hash = randomblob(32) WHERE seq = 3", 3),
        ("UPDATE batch SET header = (SELECT header FROM batch WHERE seq = 1) WHERE seq = 2", 2),
        ("DELETE FROM batch WHERE seq = 2", 2),
        ("DELETE FROM batch WHERE seq = 5", 5),
        ("UPDATE section SET body = (SELECT body FROM section WHERE id = 512) WHERE id = 1024", 4),
        ("UPDATE section SET t0_s = t0_s - 1 WHERE id = 768", 3),
        ("UPDATE section SET items = items + 1 WHERE id = 769", 3),
        ("UPDATE section SET name = 'rejection' WHERE id = 1024", 4),
        ("DELETE FROM section WHERE id = 1024", 4),
        ("INSERT INTO section SELECT id + 100, name, items, t0_s, t1_s, known0_s, known1_s, size, body"
         " FROM section WHERE id = 256", 1),
        ("INSERT INTO section SELECT 1536, name, items, t0_s, t1_s, known0_s, known1_s, size, body"
         " FROM section WHERE id = 256", 6),
    ],
)  # fmt: skip
def test_a_change_is_found_in_its_batch(ledger: Path, statement: str, batch: int) -> None:
    _tamper(ledger, statement)
    assert verify(ledger).first_broken == batch


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE payload SET data = 'x' || data WHERE seq = 3",
        "UPDATE payload SET salt = zeroblob(16) WHERE seq = 3",
        "UPDATE payload SET media_type = 'text/html' WHERE seq = 3",
        "UPDATE payload SET seq = 4 WHERE seq = 3",
        "DELETE FROM payload WHERE seq = 3",
    ],
)
def test_a_change_to_a_payload_is_found_in_the_batch_that_chains_it(ledger: Path, statement: str) -> None:
    _tamper(ledger, statement.replace("'x' || data", "CAST('x' || data AS BLOB)"), "payloads.db")
    assert verify(ledger).first_broken == 3


def test_a_payload_that_nobody_chained_is_found(ledger: Path) -> None:
    _tamper(ledger, "INSERT INTO payload VALUES (zeroblob(32), 1, zeroblob(16), 'a/b', zeroblob(1))", "payloads.db")
    (fault,) = verify(ledger).faults
    assert "in no batch" in fault.what


def test_another_table_is_found(ledger: Path) -> None:
    _tamper(ledger, "CREATE TABLE more (x)")
    assert any("other tables" in fault.what for fault in verify(ledger).faults)


def test_a_lost_tail_is_noticed_by_the_anchor(ledger: Path) -> None:
    _tamper(ledger, "DELETE FROM section WHERE id >= 1280")
    _tamper(ledger, "DELETE FROM batch WHERE seq = 5")
    assert verify(ledger).first_broken == 5
    with pytest.raises(LedgerBroken, match="batch 5: is missing"):
        Ledger.open(ledger, counting_salt())


def test_a_tail_that_grew_after_closing_is_noticed(ledger: Path) -> None:
    known = read_anchor(ledger)
    with Ledger.open(ledger, counting_salt()) as writer:
        writer.append(make_drop(9), 9.0)
    (ledger / "head.json").write_bytes(render(known))
    assert verify(ledger).first_broken == 6


def test_another_history_is_noticed_by_the_anchor(ledger: Path) -> None:
    (ledger / "head.json").write_bytes(render(Anchor(seq=4, hash="ab" * 32, closed=False)))
    assert any("another batch 4" in fault.what for fault in verify(ledger).faults)
    with pytest.raises(LedgerBroken, match=r"head\.json names"):
        Ledger.open(ledger, counting_salt())


def test_a_broken_tail_is_not_continued(ledger: Path) -> None:
    _tamper(ledger, "UPDATE section SET body = zeroblob(9) WHERE id = 1280")
    with pytest.raises(LedgerBroken, match="batch 5"):
        Ledger.open(ledger, counting_salt())


def test_beside_a_running_writer_it_is_whole_and_says_so(ledger: Path) -> None:
    with Ledger.open(ledger, counting_salt()) as writer:
        fill(writer, 3)
        writer.wait_durable()
        verdict = verify(ledger)
    assert verdict.whole
    assert "writer is at work" in verdict.notes[0]


@pytest.mark.parametrize("name", ["ledger.db", "payloads.db", "head.json"])
def test_a_missing_file_is_an_answer(ledger: Path, name: str) -> None:
    (ledger / name).unlink()
    verdict = verify(ledger)
    assert any("is missing" in fault.what for fault in verdict.faults)
    with pytest.raises(LedgerBroken, match="missing"):
        Ledger.open(ledger, counting_salt())


@pytest.mark.parametrize(
    "damage", [lambda d: b"", lambda d: d[:100], lambda d: d[: len(d) // 2], lambda d: b"x" * 9000]
)
@pytest.mark.parametrize("name", ["ledger.db", "payloads.db", "head.json"])
def test_a_ruined_file_is_an_answer(ledger: Path, name: str, damage: Callable[[bytes], bytes]) -> None:
    path = ledger / name
    path.write_bytes(damage(path.read_bytes()))
    assert not verify(ledger).whole


def test_what_is_no_ledger_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for path, rule in ((tmp_path, "not a ledger"), (tmp_path / "none", "no such"), (tmp_path / "file", "is a file")):
        for door in (verify, LedgerReader, lambda p: Ledger.open(p, counting_salt())):
            with pytest.raises(BadInput, match=rule):
                door(path)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_bad_input(ledger: Path) -> None:
    (ledger / "ledger.db").chmod(0)
    with pytest.raises(BadInput, match="may not be read"):
        verify(ledger)


def test_a_read_only_ledger_is_read_and_checked(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    with LedgerReader(ledger) as reader:
        assert reader.last_seq == 5
    assert sorted(p.name for p in ledger.iterdir()) == ["head.json", "ledger.db", "payloads.db"]


def test_a_harmless_page_is_named(ledger: Path) -> None:
    database = apsw.Connection(str(ledger / "ledger.db"))
    (page,) = database.execute("SELECT pageno FROM dbstat WHERE name = 'section_by_name' LIMIT 1").fetchone() or (0,)
    database.close()
    flip_bit(ledger / "ledger.db", (int(page) * 4096 - 1200) * 8)  # between the cells and their pointers
    verdict = verify(ledger)
    assert not verdict.whole
    assert "section_by_name" in verdict.faults[0].what


def test_a_deletion_leaves_no_byte_behind(tmp_path: Path) -> None:
    directory = tmp_path / "ledger"
    secret = bytes(range(65, 91)) * 3000
    with Ledger.create(directory, lambda: b"saltsaltsaltsalt") as writer:
        payload_id = writer.put_payload(secret, "image/png")
        writer.commit(1.0)
        writer.delete_payload(payload_id, "asked for", 2.0)
        left = b"".join(p.read_bytes() for p in directory.iterdir())
    assert secret[:26] not in left
    assert b"saltsalt" not in left
    assert verify(directory).deleted == 1
