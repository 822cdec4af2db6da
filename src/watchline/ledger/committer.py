"""The writer's thread: what is sealed is made durable in groups.

Rules: the queue is bounded and drops nothing: `put` waits for room (invariant 7).  A group is written at most
`GROUP_S` after its first batch was queued, at once when somebody waits for it.  A failed write is kept and tried
again; until it succeeds every call raises, so nothing fails silently and nothing failed is acknowledged.
Real time decides only how batches are grouped on the disk, never what is in them.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from watchline.ledger.chain import Batch
from watchline.ledger.errors import LedgerWriteError

GROUP_S = 0.05
QUEUE_BYTES_MAX = 64 * 2**20  # about a minute of a whole line at full rate
QUEUE_BATCHES_MAX = 1024
RETRY_S = 1.0
IDLE_S = 1.0


class Committer:
    """A bounded queue of sealed batches and the one thread that writes them."""

    def __init__(self, write: Callable[[Sequence[Batch]], None], idle: Callable[[], None], seq: int) -> None:
        self._write = write
        self._idle = idle
        self._changed = threading.Condition()
        self._queue: deque[tuple[float, Batch]] = deque()  # (real time queued, batch)
        self._bytes = 0
        self._durable = seq
        self._wanted = 0
        self._failure: Exception | None = None
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="ledger-writer", daemon=True)
        self._thread.start()

    @property
    def durable_seq(self) -> int:
        """Return the last batch that is on the disk."""
        return self._durable

    def check(self) -> None:
        """Raise LedgerWriteError while the last write has not succeeded."""
        failure = self._failure
        if failure is not None:
            raise LedgerWriteError(f"the ledger cannot be written: {failure}") from failure

    def put(self, batch: Batch) -> None:
        """Queue a batch, after waiting for room.  It is queued even when this raises: what is sealed is kept."""
        with self._changed:
            self._changed.wait_for(lambda: self._has_room(batch.size) or self._failure is not None)
            self._queue.append((time.monotonic(), batch))
            self._bytes += batch.size
            self._changed.notify_all()
        self.check()

    def wait(self, seq: int) -> None:
        """Return when a batch is durable; LedgerWriteError when it cannot be made so."""
        with self._changed:
            self._wanted = max(self._wanted, seq)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._durable >= seq or self._failure is not None)
            if self._durable >= seq:
                return
        self.check()

    def stop(self) -> None:
        """Write what is queued, one last time if need be, and end the thread; raises if that failed."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        self.check()

    def _has_room(self, size: int) -> bool:
        return not self._queue or (self._bytes + size <= QUEUE_BYTES_MAX and len(self._queue) < QUEUE_BATCHES_MAX)

    def _run(self) -> None:
        while group := self._next_group():
            if not self._write_group(group):
                return

    def _next_group(self) -> list[Batch]:
        """Return the batches of the next transaction; none when there will be no more."""
        while True:
            with self._changed:
                if not self._queue and not self._closing:
                    self._changed.wait(IDLE_S)
                if self._queue or self._closing:
                    while not self._due():
                        self._changed.wait(max(0.0, self._queue[0][0] + GROUP_S - time.monotonic()))
                    return [batch for _queued_s, batch in self._queue]
            self._attempt(self._idle)

    def _due(self) -> bool:
        return (
            self._closing
            or self._wanted > self._durable
            or self._bytes > QUEUE_BYTES_MAX // 2
            or time.monotonic() - self._queue[0][0] >= GROUP_S
        )

    def _write_group(self, group: list[Batch]) -> bool:
        """Write until it succeeds; False when it did not and the ledger is being closed."""
        while not self._attempt(lambda: self._write(group)):
            with self._changed:
                if self._closing:
                    return False
                self._changed.wait_for(lambda: self._closing, RETRY_S)
        with self._changed:
            self._durable = group[-1].seq
            for batch in group:
                self._queue.popleft()
                self._bytes -= batch.size
            self._changed.notify_all()
        return True

    def _attempt(self, action: Callable[[], None]) -> bool:
        try:
            action()
        except Exception as error:  # noqa: BLE001  whatever it is, it must reach the caller: a dead thread tells nobody
            failure: Exception | None = error
        else:
            failure = None
        with self._changed:
            self._failure = failure
            self._changed.notify_all()
        return failure is None
