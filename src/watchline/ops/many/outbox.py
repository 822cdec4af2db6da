"""A node's outbox: everything it saw, on its disk, until the core's ledger has it.

Theory: SQLite with a write-ahead log and synchronous FULL: what `put` returned for is there after a power cut.  A
message gets its number when it is put, and never another's: the number and this outbox's own name make it known
everywhere.  The core says which numbers it holds (`confirm`), and only then are they removed.

Rules when it is full (its own bound, or the disk): the oldest looks that found nothing give way first, the oldest
detections last.  What gave way leaves its numbers behind with a count of what was lost, and these are sent like any
message: the core knows what it will never get, at most: some of it may have reached it unconfirmed.  While the disk
refuses every write, messages wait in memory, up to `MEMORY_BODIES`, under the same rule; what is lost there is
counted into the next message that can be written.

Mutable; its methods may be called from several threads.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import apsw

from watchline.domain.errors import BadInput
from watchline.domain.nodes import Numbers
from watchline.ops.many.message import FOUND, LOOKS_ONLY, Body, Envelope
from watchline.ops.many.node_state import NodeState

MEMORY_BODIES = 5_000  # while the disk refuses: about twenty minutes of a tower
ROOM_SHARE = 0.05  # of the bound that is made free at once
_REFUSED = (apsw.FullError, apsw.IOError, apsw.BusyError, apsw.CantOpenError, apsw.ReadOnlyError)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
-- By kind, so that what gives way together lies on pages of its own and leaves them free.
CREATE TABLE IF NOT EXISTS message (
  kind INTEGER NOT NULL,                    -- 0 looks only, 1 found, 2 gave way
  first INTEGER NOT NULL, last INTEGER NOT NULL,
  t_s REAL NOT NULL, scans INTEGER NOT NULL, detections INTEGER NOT NULL,
  lost_scans INTEGER NOT NULL, lost_detections INTEGER NOT NULL,
  size INTEGER NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY (kind, first)
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS message_by_number ON message (first, last);
"""
_INSERT = "INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_GAVE_WAY = 2


class Kept(NamedTuple):
    """A message of the outbox.  t_s: the newest time in it."""

    t_s: float
    envelope: Envelope


class Outbox:
    """See the module.  bound_bytes: of bodies."""

    def __init__(self, path: Path, node: str, bound_bytes: int) -> None:
        """Open or make the outbox of a node; BadInput when the file is not one, or another node's."""
        self.node, self._bound = node, bound_bytes
        self._lock = threading.Lock()
        self._waiting: deque[Body] = deque()
        self._lost = [0, 0]
        self.refused = ""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = apsw.Connection(str(path))
            self._db.set_busy_timeout(5000)
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "wal_autocheckpoint = 500"):
                self._db.execute(f"PRAGMA {pragma}").fetchall()
            self._db.execute(_SCHEMA)
            new = [("outbox", os.urandom(8).hex()), ("node", node), ("next", "1")]
            self._db.executemany("INSERT OR IGNORE INTO meta VALUES (?, ?)", new)
            meta = {str(k): str(v) for k, v in self._rows("SELECT name, value FROM meta")}
        except (apsw.Error, OSError) as error:
            raise BadInput(str(path), f"cannot be used as an outbox ({error})", "choose another file") from None
        if meta["node"] != node:
            raise BadInput(str(path), f"is the outbox of {meta['node']}, not of {node}", "choose another file")
        self.id, self._next = meta["outbox"], int(meta["next"])
        self._bytes = self._one("SELECT COALESCE(SUM(size), 0) FROM message")

    def put(self, bodies: Sequence[Body]) -> bool:
        """Keep what was seen; return whether it is on the disk (else it waits in memory)."""
        with self._lock:
            self._waiting.extend(bodies)
            if not self._waiting and not any(self._lost):
                return True
            try:
                self._write()
            except _REFUSED as error:
                self.refused = str(error)
                self._thin_memory()
                return False
            self.refused = ""
            return True

    def confirm(self, numbers: Numbers) -> int:
        """Remove what the core holds for good; return how many messages that were."""
        gone = 0
        with self._lock:
            try:
                with self._whole():
                    for first, last in numbers:
                        freed = self._one(
                            "SELECT COALESCE(SUM(size), 0) FROM message WHERE first >= ? AND first <= ? AND"
                            " last <= ?",
                            first, last, last,
                        )  # fmt: skip
                        self._db.execute(
                            "DELETE FROM message WHERE first >= ? AND first <= ? AND last <= ?",
                            (first, last, last),
                        )
                        gone += self._db.changes()
                        self._bytes -= freed
            except _REFUSED as error:
                self.refused = str(error)
                self._bytes = self._one("SELECT COALESCE(SUM(size), 0) FROM message")
        return gone

    def after(self, number: int, limit: int, until: int = 1 << 62) -> list[Kept]:
        """Return messages numbered above `number`, up to `until`, oldest first."""
        with self._lock:
            rows = self._rows(
                "SELECT t_s, first, last, body, lost_scans, lost_detections FROM message"
                " WHERE first > ? AND first <= ? ORDER BY first LIMIT ?",
                number,
                until,
                limit,
            )
        return [
            Kept(t_s, Envelope(self.node, self.id, first, last, body, *lost))
            for t_s, first, last, body, *lost in rows
        ]

    def last_before(self, t_s: float) -> int:
        """Return the highest number of a message that holds nothing newer than a time, 0 for none."""
        with self._lock:
            return self._one("SELECT COALESCE(MAX(first), 0) FROM message WHERE t_s < ?", t_s)

    @property
    def messages(self) -> int:
        """Return how many messages wait, in memory too."""
        with self._lock:
            return self._one("SELECT COUNT(*) FROM message") + len(self._waiting)

    @property
    def bytes(self) -> int:
        """Return how many bytes of bodies are on the disk."""
        return self._bytes

    def state(self) -> NodeState:
        """Return how it is."""
        with self._lock:
            ((count, oldest_s),) = self._rows("SELECT COUNT(*), MIN(t_s) FROM message WHERE kind != 2")
            if self._waiting and oldest_s is None:
                oldest_s = self._waiting[0].t_s
            waiting = int(count) + len(self._waiting)
            return NodeState(self.node, waiting, self._bytes, self._bound, oldest_s, self.refused)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()

    @contextlib.contextmanager
    def _whole(self) -> Iterator[None]:
        """Let what is done inside be done whole or not at all; a full disk has SQLite roll back by itself."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    # -- below holds the lock ------------------------------------------------------------------------------

    def _rows(self, query: str, *values: float) -> list[tuple[Any, ...]]:
        return self._db.execute(query, values).fetchall()

    def _one(self, query: str, *values: float) -> int:
        return int(self._rows(query, *values)[0][0])

    def _write(self) -> None:
        need = sum(len(body.data) for body in self._waiting)
        try:
            if self._bytes + need > self._bound:
                self._make_room(max(need, round(ROOM_SHARE * self._bound)))
            self._insert(self._waiting)
        except apsw.FullError:
            self._insert_on_a_full_disk(need)
        self._waiting.clear()
        self._lost = [0, 0]

    def _insert_on_a_full_disk(self, need: int) -> None:
        """Let more and more give way: pages are free only once nothing is left on them."""
        for share in (ROOM_SHARE, 0.1, 0.2, 0.4):
            with contextlib.suppress(apsw.FullError):
                self._make_room(max(need, round(share * self._bytes)))
                self._insert(self._waiting)
                return
        raise apsw.FullError("the disk is full, and nothing that could give way makes room")

    def _insert(self, bodies: Sequence[Body]) -> None:
        rows: list[tuple[float | bytes, ...]] = []
        if any(self._lost):
            t_s = self._waiting[0].t_s if self._waiting else 0.0
            rows.append((_GAVE_WAY, self._next, self._next, t_s, 0, 0, *self._lost, 0, b""))
        for number, b in enumerate(bodies, self._next + len(rows)):
            rows.append((b.kind, number, number, b.t_s, b.scans, b.detections, 0, 0, len(b.data), b.data))
        with self._whole():
            self._db.executemany(_INSERT, rows)
            self._db.execute("UPDATE meta SET value = ? WHERE name = 'next'", (str(self._next + len(rows)),))
        self._next += len(rows)
        self._bytes += sum(len(b.data) for b in bodies)

    def _make_room(self, need: int) -> None:
        """Let the oldest give way until there is room, or nothing is left to give: looks first."""
        left = need
        for kind in (LOOKS_ONLY, FOUND):
            while left > 0:
                rows = self._rows(
                    "SELECT first, size, scans, detections FROM message WHERE kind = ? ORDER BY first LIMIT 100",
                    kind,
                )
                if not rows:
                    break
                freed = self._give_way(rows, left)
                self._bytes -= freed
                left -= freed

    def _give_way(self, rows: list[tuple[int, int, int, int]], need: int) -> int:
        freed, runs = 0, list[list[int]]()
        for first, size, scans, detections in rows:
            if freed >= need:
                break
            freed += size
            if runs and runs[-1][1] == first - 1:
                runs[-1][1:] = [first, runs[-1][2] + scans, runs[-1][3] + detections]
            else:
                runs.append([first, first, scans, detections])
        with self._whole():
            for first, last, _, _ in runs:
                self._db.execute("DELETE FROM message WHERE first >= ? AND first <= ?", (first, last))
            gone = [(_GAVE_WAY, first, last, 0.0, 0, 0, *lost, 0, b"") for first, last, *lost in runs]
            self._db.executemany(_INSERT, gone)  # after all are gone: a full disk has room for these only then
        return freed

    def _thin_memory(self) -> None:
        """Give up the oldest looks, then the oldest of all, when too much waits in memory."""
        over = len(self._waiting) - MEMORY_BODIES
        if over <= 0:
            return
        waiting = list(self._waiting)
        by_worth = sorted(range(len(waiting)), key=lambda k: (waiting[k].kind != LOOKS_ONLY, k))
        gone = set(by_worth[:over])
        self._lost[0] += sum(waiting[k].scans for k in gone)
        self._lost[1] += sum(waiting[k].detections for k in gone)
        self._waiting = deque(body for k, body in enumerate(waiting) if k not in gone)
