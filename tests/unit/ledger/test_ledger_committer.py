from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Sequence

import pytest

from ledger_builders import make_drop
from watchline.ledger import committer as committer_module
from watchline.ledger.chain import GENESIS, Batch, Pending, seal
from watchline.ledger.committer import Committer
from watchline.ledger.errors import LedgerWriteError


def _batch(seq: int) -> Batch:
    pending = Pending()
    pending.add_event("drop", 1.0, 1.0, make_drop(seq))
    return seal(pending, seq=seq, cut_s=1.0, previous=GENESIS)


class Disk:
    """A disk that can be held up or be full (mutable)."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.free = threading.Event()
        self.free.set()
        self.full = False

    def write(self, batches: Sequence[Batch]) -> None:
        self.free.wait(60)
        if self.full:
            raise OSError(28, "no space left")
        self.groups.append([b.seq for b in batches])


def _until(true: Callable[[], bool], seconds: float = 30.0) -> None:
    end_s = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end_s
        time.sleep(0.01)


def _works(committer: Committer) -> bool:
    with contextlib.suppress(LedgerWriteError):
        committer.check()
        return True
    return False


def test_what_is_queued_together_is_written_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(committer_module, "GROUP_S", 1.0)
    disk = Disk()
    committer = Committer(disk.write, lambda: None, 0)
    for seq in range(1, 6):
        committer.put(_batch(seq))
    _until(lambda: committer.durable_seq == 5)
    assert disk.groups == [[1, 2, 3, 4, 5]]
    committer.stop()


def test_waiting_does_not_wait_for_the_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(committer_module, "GROUP_S", 5.0)
    disk = Disk()
    committer = Committer(disk.write, lambda: None, 0)
    start = time.monotonic()
    for seq in range(1, 21):
        committer.put(_batch(seq))
        committer.wait(seq)
    assert time.monotonic() - start < 20 * committer_module.GROUP_S
    committer.stop()


def test_a_full_queue_holds_the_caller_and_drops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(committer_module, "QUEUE_BATCHES_MAX", 3)
    disk = Disk()
    disk.free.clear()
    committer = Committer(disk.write, lambda: None, 0)
    feeder = threading.Thread(target=lambda: [committer.put(_batch(seq)) for seq in range(1, 11)])
    feeder.start()
    time.sleep(0.1)
    assert feeder.is_alive()
    disk.free.set()
    feeder.join(60)
    committer.stop()
    assert [seq for group in disk.groups for seq in group] == list(range(1, 11))


def test_a_full_disk_is_told_and_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(committer_module, "RETRY_S", 0.02)
    disk = Disk()
    disk.full = True
    committer = Committer(disk.write, lambda: None, 0)
    committer.put(_batch(1))
    with pytest.raises(LedgerWriteError, match="no space left"):
        committer.wait(1)
    with pytest.raises(LedgerWriteError):
        committer.check()
    with pytest.raises(LedgerWriteError):
        committer.put(_batch(2))
    disk.full = False
    _until(lambda: _works(committer))
    committer.wait(2)
    assert [seq for group in disk.groups for seq in group] == [1, 2]
    committer.stop()


def test_stopping_on_a_full_disk_says_so_and_ends() -> None:
    disk = Disk()
    disk.full = True
    committer = Committer(disk.write, lambda: None, 0)
    committer.put(_batch(1))
    with pytest.raises(LedgerWriteError):
        committer.stop()


def test_idle_work_is_done_when_nothing_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(committer_module, "IDLE_S", 0.02)
    idle = threading.Event()
    committer = Committer(Disk().write, idle.set, 0)
    assert idle.wait(60)
    committer.stop()
