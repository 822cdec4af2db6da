from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from ledger_builders import files_of, flip_bit, make_ledger
from watchline.ledger.pages import PAGE_BYTES, connect_to_write, hurt_pages, page_is_whole
from watchline.ledger.wal import read_wal, wal_path


def test_every_page_of_a_closed_ledger_is_whole(tmp_path: Path) -> None:
    make_ledger(tmp_path / "ledger", 30)
    for name in ("ledger.db", "payloads.db"):
        assert list(hurt_pages(tmp_path / "ledger" / name)) == []


def test_every_bit_of_a_page_counts(tmp_path: Path) -> None:
    page = bytearray(make_ledger(tmp_path / "ledger").joinpath("ledger.db").read_bytes()[:PAGE_BYTES])
    assert page_is_whole(1, bytes(page))
    for bit in range(PAGE_BYTES * 8):
        page[bit // 8] ^= 1 << bit % 8
        assert not page_is_whole(1, bytes(page)), bit
        page[bit // 8] ^= 1 << bit % 8


def test_a_page_in_another_place_is_hurt(tmp_path: Path) -> None:
    page = make_ledger(tmp_path / "ledger").joinpath("ledger.db").read_bytes()[:PAGE_BYTES]
    assert not page_is_whole(2, page)


def test_a_page_never_written_is_whole_and_a_short_one_is_not() -> None:
    assert page_is_whole(3, bytes(PAGE_BYTES))
    assert not page_is_whole(3, bytes(100))


def test_a_truncated_file_is_hurt(tmp_path: Path) -> None:
    path = make_ledger(tmp_path / "ledger") / "ledger.db"
    path.write_bytes(path.read_bytes()[:-7])
    assert list(hurt_pages(path)) == [path.stat().st_size // PAGE_BYTES + 1]
    path.write_bytes(b"")
    assert list(hurt_pages(path)) == [1]


@pytest.fixture
def logged(tmp_path: Path) -> Path:
    """Return a database whose writer died: all of it is in the log."""
    path = tmp_path / "a.db"
    database = connect_to_write(path, create=True)
    database.execute("CREATE TABLE t (x)")
    for i in range(3):
        database.execute("INSERT INTO t VALUES (?)", (bytes([i]) * 3000,))
    left = files_of(tmp_path)
    database.close()
    for file, data in left.items():
        file.write_bytes(data)
    return path


def test_a_log_is_read_whole(logged: Path) -> None:
    state = read_wal(logged)
    assert state.committed >= 4
    assert (state.unfinished, state.hurt) == (0, "")
    reader = apsw.Connection(str(logged))
    assert reader.execute("SELECT count(*) FROM t").get == 3
    reader.close()


def test_every_bit_of_a_log_counts(logged: Path) -> None:
    log = wal_path(logged)
    size = log.stat().st_size * 8
    for bit in [*range(56 * 8), *range(56 * 8, size, 331)]:
        flip_bit(log, bit)
        assert read_wal(logged).hurt, bit
        flip_bit(log, bit)
    assert not read_wal(logged).hurt


def test_an_unfinished_write_is_no_damage(logged: Path) -> None:
    log = wal_path(logged)
    whole = read_wal(logged)
    log.write_bytes(log.read_bytes()[:-1000])
    state = read_wal(logged)
    assert state.hurt == ""
    assert state.committed < whole.committed
    assert state.unfinished >= 1


def test_frames_from_before_the_log_started_over_are_no_damage(logged: Path) -> None:
    log = wal_path(logged)
    data = log.read_bytes()
    frame = 24 + PAGE_BYTES
    old = bytearray(data[-frame:])
    old[8:16] = bytes(b ^ 0x5A for b in old[8:16])
    log.write_bytes(data + old)
    assert read_wal(logged).hurt == ""
    log.write_bytes(data + old + data[-frame:])  # but none of ours can follow them
    assert read_wal(logged).hurt


def test_no_log_holds_nothing(tmp_path: Path) -> None:
    assert read_wal(tmp_path / "a.db").committed == 0
    (tmp_path / "a.db-wal").write_bytes(b"")
    assert read_wal(tmp_path / "a.db").hurt == ""
    (tmp_path / "a.db-wal").write_bytes(b"short")
    assert read_wal(tmp_path / "a.db").unfinished == 1
    (tmp_path / "a.db-wal").write_bytes(b"x" * 40)
    assert "header" in read_wal(tmp_path / "a.db").hurt
