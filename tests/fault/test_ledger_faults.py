"""Killed, full, cut short, bit by bit: nothing acknowledged is lost, and nothing harmed goes unnoticed."""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger_builders import counting_salt, files_of, fill, flip_bit, make_drop, make_ledger
from watchline.domain.errors import BadInput
from watchline.ledger import committer
from watchline.ledger.errors import LedgerBusy, LedgerWriteError
from watchline.ledger.reader import LedgerReader
from watchline.ledger.verify import verify
from watchline.ledger.writer import Ledger

LONG = os.environ.get("WATCHLINE_LONG") == "1"  # as `make soak` runs it
KILLS = 200 if LONG else 10
FLIPS = 20_000 if LONG else 600
VICTIM = Path(__file__).with_name("ledger_victim.py")


def _kill_one(directory: Path, first: int, after_s: float) -> tuple[list[int], list[str]]:
    """Let a writer run, kill it, and return (numbers acknowledged, payloads acknowledged as deleted)."""
    with subprocess.Popen(
        [sys.executable, str(VICTIM), str(directory), str(first)], stdout=subprocess.PIPE, text=True
    ) as victim:
        assert victim.stdout is not None
        said = victim.stdout.readline()
        time.sleep(after_s)
        victim.send_signal(signal.SIGKILL)
        said += victim.stdout.read()
    whole_lines = said[: said.rfind("\n") + 1].split("\n")[:-1]
    words = [line.split() for line in whole_lines]
    return [int(w[0]) for w in words if w[0] != "deleted"], [w[1] for w in words if w[0] == "deleted"]


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_when_killed(tmp_path: Path) -> None:
    directory = tmp_path / "ledger"
    Ledger.create(directory, counting_salt()).close()
    seed = random.randrange(10**6)
    print("seed", seed)
    chance = random.Random(seed)
    numbers: list[int] = []
    deleted: list[str] = []
    for _ in range(KILLS):
        new, gone = _kill_one(directory, numbers[-1] + 2 if numbers else 0, chance.uniform(0.0, 0.2))
        numbers += new
        deleted += gone
        verdict = verify(directory)
        assert verdict.whole, verdict.faults
        with LedgerReader(directory) as reader:
            assert set(numbers) <= {e.value.dropped for e in reader.events(kinds=["drop"])}
            assert all(reader.payload(payload_id) is None for payload_id in deleted)
    with Ledger.open(directory, counting_salt()) as ledger:
        assert "rejection" not in ledger.counts  # no tail was torn
        ledger.append(make_drop(10**6), 1e6)
    verdict = verify(directory)
    assert verdict.whole
    assert (verdict.notes, len(deleted) <= verdict.deleted) == ((), True)


@pytest.fixture
def small_disk() -> Iterator[int]:
    """Let no file of this process grow past 300 kB until the test lifts it."""
    limit = 300_000
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    yield limit
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def _commit_pictures(ledger: Ledger, done: list[int]) -> None:
    while True:
        number = len(done)
        ledger.append(make_drop(number), float(number))
        ledger.put_payload(random.Random(number).randbytes(20_000), "image/png")
        ledger.commit(float(number))
        done.append(number)


def test_a_full_disk_is_told_and_nothing_acknowledged_is_lost(
    tmp_path: Path, small_disk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(committer, "RETRY_S", 0.05)
    ledger = Ledger.create(tmp_path / "ledger", counting_salt())
    acknowledged: list[int] = []
    with pytest.raises(LedgerWriteError, match="cannot be written"):
        _commit_pictures(ledger, acknowledged)
    done = len(acknowledged)
    assert 0 < done < 50
    with pytest.raises(LedgerWriteError):
        ledger.append(make_drop(999), 999.0)
    with LedgerReader(tmp_path / "ledger") as reader:
        assert len(list(reader.events())) == done
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    end_s = time.monotonic() + 30.0
    while True:  # there is room again: what waited is written, in order
        try:
            ledger.append(make_drop(1000), 1000.0)
            break
        except LedgerWriteError:
            assert time.monotonic() < end_s
            time.sleep(0.05)
    ledger.close()
    with LedgerReader(tmp_path / "ledger") as reader:
        assert [e.value.dropped for e in reader.events()] == [*range(done + 1), 1000]
    assert verify(tmp_path / "ledger").whole


def test_closing_on_a_full_disk_says_so_and_lets_go(tmp_path: Path, small_disk: int) -> None:
    ledger = Ledger.create(tmp_path / "ledger", counting_salt())
    fill(ledger, 3)
    ledger.wait_durable()
    ledger.put_payload(bytes(small_disk), "image/png")
    with pytest.raises(LedgerWriteError):
        ledger.close()
    with Ledger.open(tmp_path / "ledger", counting_salt()) as again:
        assert again.head[0] == 3
    assert verify(tmp_path / "ledger").whole


def _assert_flips_are_found(directory: Path, names: list[str], flips: int) -> None:
    seed = random.randrange(10**6)
    print("seed", seed)
    chance = random.Random(seed)
    before = files_of(directory)
    paths = [directory / name for name in names]
    weights = [path.stat().st_size for path in paths]
    for _ in range(flips):
        (path,) = chance.choices(paths, weights)
        bit = chance.randrange(path.stat().st_size * 8)
        flip_bit(path, bit)
        verdict = verify(directory)
        assert not verdict.whole, f"bit {bit} of {path.name}"
        path.write_bytes(before[path])
        for extra in set(directory.iterdir()) - set(before):
            extra.unlink()
    assert verify(directory).whole


@pytest.mark.slow
def test_any_flipped_bit_is_found(tmp_path: Path) -> None:
    _assert_flips_are_found(make_ledger(tmp_path / "ledger"), ["ledger.db", "payloads.db"], FLIPS)


def test_every_flipped_bit_of_the_head_is_found(tmp_path: Path) -> None:
    directory = make_ledger(tmp_path / "ledger", 2)
    path = directory / "head.json"
    for bit in range(path.stat().st_size * 8):
        flip_bit(path, bit)
        assert any("head.json" in fault.where for fault in verify(directory).faults), bit
        flip_bit(path, bit)


@pytest.fixture
def left_behind(tmp_path: Path) -> Path:
    """Return a ledger as a killed writer leaves it, with all it wrote in the logs."""
    directory = tmp_path / "alive"
    with Ledger.create(directory, counting_salt()) as ledger:
        fill(ledger, 5)
        ledger.wait_durable()
        left = tmp_path / "left"
        left.mkdir()
        for name in ("ledger.db", "ledger.db-wal", "payloads.db", "payloads.db-wal", "head.json"):
            shutil.copy(directory / name, left / name)
    return left


def test_a_killed_ledger_is_whole_and_continued(left_behind: Path) -> None:
    verdict = verify(left_behind)
    assert verdict.whole
    assert verdict.batches == 5
    assert "did not close" in verdict.notes[0]
    with Ledger.open(left_behind, counting_salt()) as ledger:
        assert ledger.head[0] == 5
        ledger.append(make_drop(7), 7.0)
    assert verify(left_behind).batches == 6


@pytest.mark.slow
def test_any_flipped_bit_of_a_killed_ledger_is_found(left_behind: Path) -> None:
    names = ["ledger.db", "ledger.db-wal", "payloads.db", "payloads.db-wal", "head.json"]
    _assert_flips_are_found(left_behind, names, FLIPS // 3)


def test_a_killed_ledger_on_a_read_only_disk_is_bad_input(left_behind: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    with pytest.raises(BadInput, match="check a copy"):
        verify(left_behind)


def test_a_torn_tail_is_told_in_the_chain(left_behind: Path) -> None:
    log = left_behind / "ledger.db-wal"
    flip_bit(log, (log.stat().st_size - 50) * 8)
    verdict = verify(left_behind)
    assert any("what was written after it is lost" in fault.what for fault in verdict.faults)
    with Ledger.open(left_behind, counting_salt()) as ledger:
        assert ledger.head[0] < 5
    with LedgerReader(left_behind) as reader:
        (entry,) = [e for e in reader.events(kinds=["rejection"]) if e.value.source == "ledger"]
    assert "frame" in entry.value.sample
    assert verify(left_behind).whole


def test_a_torn_tail_that_was_vouched_for_is_refused(left_behind: Path, tmp_path: Path) -> None:
    shutil.copy(tmp_path / "alive" / "head.json", left_behind / "head.json")  # the anchor reaches batch 5
    log = left_behind / "ledger.db-wal"
    log.write_bytes(log.read_bytes()[:-5000])
    assert verify(left_behind).first_broken is not None
    kept = {p: d for p, d in files_of(left_behind).items() if not p.name.endswith("-shm")}
    with pytest.raises(ValueError, match="is missing"):
        Ledger.open(left_behind, counting_salt())
    assert {p: d for p, d in files_of(left_behind).items() if not p.name.endswith("-shm")} == kept


def test_an_unchained_payload_of_a_killed_writer_is_cleared(left_behind: Path) -> None:
    (left_behind / "ledger.db-wal").write_bytes(b"")  # the payloads arrived, the batches did not
    with Ledger.open(left_behind, counting_salt()) as ledger:
        assert ledger.head[0] == 0
        fill(ledger, 2)
    assert verify(left_behind).whole


def test_two_processes_cannot_write_one_ledger(tmp_path: Path) -> None:
    directory = tmp_path / "ledger"
    Ledger.create(directory, counting_salt()).close()
    with subprocess.Popen(
        [sys.executable, str(VICTIM), str(directory), "0"], stdout=subprocess.PIPE, text=True
    ) as victim:
        assert victim.stdout is not None
        victim.stdout.readline()
        with pytest.raises(LedgerBusy, match="another writer"):
            Ledger.open(directory, counting_salt())
        assert verify(directory).whole  # beside a running writer
        with LedgerReader(directory) as reader:
            seen, end_s = reader.last_seq, time.monotonic() + 30.0
            while reader.last_seq <= seen and time.monotonic() < end_s:
                time.sleep(0.05)
            assert reader.last_seq > seen >= 1
        victim.kill()


def test_a_slow_reader_does_not_hold_up_the_writer(tmp_path: Path) -> None:
    with Ledger.create(tmp_path / "ledger", counting_salt()) as ledger:
        fill(ledger, 40)
        ledger.wait_durable()
        with LedgerReader(tmp_path / "ledger") as reader:
            entries = reader.since(0)
            next(entries)
            start = time.monotonic()
            fill(ledger, 20, payloads=False)
            ledger.wait_durable()
            assert time.monotonic() - start < 2.0
            assert sum(1 for _ in entries) >= 119
