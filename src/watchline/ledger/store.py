"""The SQLite engine: two databases in a directory, one holder at a time.

Rules: payloads reach the disk before the batch that names them, erasures after the event that proves them,
so whatever the moment of a crash the chain names everything that is there.  `open` finishes what a crash left.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import apsw
import msgspec

from watchline.domain.errors import BadInput
from watchline.domain.records import ColumnsDeleted
from watchline.ledger import anchor, chain
from watchline.ledger.anchor import Anchor
from watchline.ledger.chain import GENESIS, SECTIONS_MAX, Batch, Stretch
from watchline.ledger.errors import LedgerBroken, LedgerBusy
from watchline.ledger.pages import connect_to_read, connect_to_write
from watchline.ledger.wal import read_wal, wal_path

LEDGER_DB = "ledger.db"
PAYLOADS_DB = "payloads.db"
LEDGER_SCHEMA = (
    "CREATE TABLE batch (seq INTEGER PRIMARY KEY, header BLOB NOT NULL, hash BLOB NOT NULL) STRICT",
    "CREATE TABLE section (id INTEGER PRIMARY KEY, name TEXT NOT NULL, items INTEGER NOT NULL, t0_s REAL, t1_s REAL,"
    " known0_s REAL, known1_s REAL, size INTEGER NOT NULL, body BLOB NOT NULL) STRICT",
    "CREATE INDEX section_by_name ON section (name, id, t0_s, t1_s, known0_s, items)",
)
PAYLOADS_SCHEMA = (
    "CREATE TABLE payload (id BLOB PRIMARY KEY, seq INTEGER NOT NULL, salt BLOB NOT NULL, media_type TEXT NOT NULL,"
    " data BLOB NOT NULL) STRICT",
)
DEFLATE_LEVEL = 1  # level 6 takes 2.2 times as long for 4 % less, on the load of benchmarks/ledger_rate.py
WAL_BYTES_MAX = 4 * 2**20  # then the log is moved into the database; at full rate about every ten seconds
ANCHOR_EVERY_S = 1.0  # real time; bounds how much of an unsynced tail an anchor cannot vouch for
BUSY_MS = 20  # how long a checkpoint waits for readers; it is tried again after the next group
ERASE_BUSY_MS = 5000  # an erasure is not done while the log still holds the bytes
_LOCK_TRIES = 10


class StoreLock:
    """The right to write a directory: an advisory lock on the directory itself, gone when its holder dies."""

    def __init__(self, directory: Path) -> None:
        self._handle = os.open(directory, os.O_RDONLY)
        for attempt in range(_LOCK_TRIES):  # a check looks for a holder by taking the lock for an instant
            try:
                fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if attempt < _LOCK_TRIES - 1:
                    time.sleep(0.02)
        os.close(self._handle)
        raise LedgerBusy(str(directory), "another writer holds this ledger", "stop it first")

    def release(self) -> None:
        """Give the directory back."""
        os.close(self._handle)


def writer_is_alive(directory: Path) -> bool:
    """Return whether somebody holds the right to write."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def create_store(directory: Path) -> None:
    """Make an empty ledger in a directory, which is made if need be; BadInput if there is one already."""
    directory.mkdir(parents=True, exist_ok=True)
    lock = StoreLock(directory)
    try:
        for name in (LEDGER_DB, PAYLOADS_DB, anchor.NAME):
            if (directory / name).exists():
                raise BadInput(str(directory / name), "is there already", "open it, or choose another directory")
        for name, schema in ((LEDGER_DB, LEDGER_SCHEMA), (PAYLOADS_DB, PAYLOADS_SCHEMA)):
            connection = connect_to_write(directory / name, create=True)
            with connection:
                for statement in schema:
                    connection.execute(statement)
            connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
            connection.close()
        anchor.write_anchor(directory, Anchor(seq=0, hash=GENESIS.hex(), closed=True))
    finally:
        lock.release()


class Store:
    """A ledger held for writing.  After `open`, all calls come from one thread."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        for name in (LEDGER_DB, PAYLOADS_DB):
            if not (directory / name).is_file():
                raise LedgerBroken(str(directory / name), "is missing", "nothing can be continued from here")
        self._lock = StoreLock(directory)
        try:
            self._open()
        except BaseException:
            self._lock.release()
            raise

    def _open(self) -> None:
        known = anchor.read_anchor(self.directory)
        self.torn = "; ".join(
            f"{name}: {state.hurt}"
            for name in (LEDGER_DB, PAYLOADS_DB)
            if (state := read_wal(self.directory / name)).hurt
        )
        try:
            self._ledger = connect_to_write(self.directory / LEDGER_DB)
            self._payloads = connect_to_write(self.directory / PAYLOADS_DB)
            for connection in (self._ledger, self._payloads):
                connection.pragma("secure_delete", 1)  # freed bytes are overwritten: a deletion is one
            for connection in (self._ledger, self._payloads):  # until the tail is known to be good, touch nothing
                connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
            self.header, self.hash = read_tail(self._ledger, known)
            for connection in (self._ledger, self._payloads):
                connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0)
                connection.set_busy_timeout(BUSY_MS)
            self._finish_what_a_crash_left()
            self._checkpoint(always=True)
        except apsw.Error as error:
            raise LedgerBroken(str(self.directory), f"its tail cannot be read: {error}") from error
        self._anchored = self.seq
        self._anchored_at = time.monotonic()
        self._write_anchor(closed=False)

    @property
    def seq(self) -> int:
        """Return the last durable batch; 0 when there is none."""
        return self.header.seq if self.header else 0

    def counts(self) -> dict[str, int]:
        """Return how many items of each name the ledger holds."""
        return dict(self._ledger.execute("SELECT name, SUM(items) FROM section GROUP BY name ORDER BY name"))

    def write(self, batches: Sequence[Batch]) -> None:
        """Make batches durable, in one transaction; those already durable are passed over, so it can be repeated."""
        fresh = [b for b in batches if b.seq > self.seq]
        kept = [(p.payload_id, b.seq, p.salt, p.media_type, p.data) for b in fresh for p in b.payloads]
        if kept:
            with self._payloads:
                self._payloads.executemany("INSERT OR IGNORE INTO payload VALUES (?, ?, ?, ?, ?)", kept)
        if fresh:
            with self._ledger:
                self._ledger.executemany(
                    "INSERT INTO batch VALUES (?, ?, ?)", [(b.seq, b.header_bytes, b.hash) for b in fresh]
                )
                self._ledger.executemany(
                    "INSERT INTO section VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (row for b in fresh for row in _rows(b))
                )
            self.header, self.hash = fresh[-1].header, fresh[-1].hash
        self.erase([(b.seq, payload_id) for b in batches for payload_id in b.erased])
        self.empty([stretch for b in batches for stretch in b.emptied])
        self._checkpoint()
        if time.monotonic() - self._anchored_at >= ANCHOR_EVERY_S:
            self._write_anchor(closed=False)

    def take(
        self,
        batches: Sequence[tuple[int, bytes, bytes]],
        sections: Iterable[tuple[Any, ...]],
        payloads: Iterable[Any],
    ) -> int:
        """Make rows of another ledger's batches durable, which its reader has checked; return how many payloads."""
        before = self._payloads.total_changes()
        with self._payloads:
            self._payloads.executemany("INSERT OR IGNORE INTO payload VALUES (?, ?, ?, ?, ?)", payloads)
        with self._ledger:
            self._ledger.executemany("INSERT INTO batch VALUES (?, ?, ?)", batches)
            self._ledger.executemany("INSERT INTO section VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", sections)
        _seq, header, digest = batches[-1]
        self.header, self.hash = chain.read_header(header), digest
        self._checkpoint()
        return self._payloads.total_changes() - before

    def idle(self) -> None:
        """Do what can wait: bring the anchor up to the last batch."""
        if self._anchored != self.seq:
            self._write_anchor(closed=False)

    def erase(self, deletions: Sequence[tuple[int, bytes]]) -> None:
        """Remove payloads put before the (batch, id) of their deletion, with their salts, also from the log."""
        if not deletions:
            return
        with self._payloads:
            self._payloads.executemany("DELETE FROM payload WHERE seq <= ? AND id = ?", deletions)
        _truncate_log(self._payloads)

    def empty(self, stretches: Sequence[Stretch]) -> None:
        """Remove the bodies of columns, their salts in them, also from the log; their lines stay."""
        if not stretches:
            return
        with self._ledger:
            self._ledger.executemany(
                "UPDATE section SET body = x'' WHERE name = ? AND id >= ? AND id < ?",
                [(one.name, one.first * SECTIONS_MAX, (one.last + 1) * SECTIONS_MAX) for one in stretches],
            )
        _truncate_log(self._ledger)

    def close(self) -> None:
        """Leave a closed ledger: empty logs and a closed anchor."""
        try:
            self._checkpoint(always=True)
            self._write_anchor(closed=True)
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Let go without another write."""
        self._ledger.close()
        self._payloads.close()
        self._lock.release()

    def _checkpoint(self, *, always: bool = False) -> None:
        for name, connection in ((LEDGER_DB, self._ledger), (PAYLOADS_DB, self._payloads)):
            try:
                size = os.stat(wal_path(self.directory / name)).st_size
            except FileNotFoundError:
                continue
            if size and (always or size > WAL_BYTES_MAX):
                # A reader may be in the middle of something: then the log waits for the next time.
                with contextlib.suppress(apsw.BusyError):
                    connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)

    def _write_anchor(self, *, closed: bool) -> None:
        anchor.write_anchor(self.directory, Anchor(seq=self.seq, hash=self.hash.hex(), closed=closed))
        self._anchored = self.seq
        self._anchored_at = time.monotonic()

    def _finish_what_a_crash_left(self) -> None:
        newest: Any = self._payloads.execute("SELECT seq FROM payload ORDER BY rowid DESC LIMIT 1").get
        if newest is not None and newest > self.seq:
            with self._payloads:
                self._payloads.execute("DELETE FROM payload WHERE seq > ?", (self.seq,))
        if newest is not None:
            self.erase(list(deleted_payloads(self._ledger)))
        self.empty(list(self._left_to_empty()))

    def _left_to_empty(self) -> Iterator[Stretch]:
        """Yield what events say is gone and is not: of the newest back to the first that was carried out."""
        for _seq, event in emptied_columns(self._ledger, newest_first=True):
            stretches = [Stretch(event.columns, first, last) for first, last in event.batches]
            if not any(self._holds(one) for one in stretches):
                return
            yield from stretches

    def _holds(self, one: Stretch) -> bool:
        found: Any = self._ledger.execute(
            "SELECT COUNT(*) FROM section WHERE name = ? AND id >= ? AND id < ? AND length(body) > 0",
            (one.name, one.first * SECTIONS_MAX, (one.last + 1) * SECTIONS_MAX),
        ).get
        return bool(found)


def deleted_payloads(ledger: apsw.Connection) -> Iterator[tuple[int, bytes]]:
    """Yield (seq, payload id) of every event that says a payload was deleted."""
    rows = ledger.execute("SELECT id, size, body FROM section WHERE name = 'payload_deleted' ORDER BY id")
    for section_id, size, body in rows:
        for item in msgspec.msgpack.decode(inflate(body, size)):
            yield section_id // SECTIONS_MAX, bytes.fromhex(item[2]["payload_id"])


def _truncate_log(database: apsw.Connection) -> None:
    """Bring everything into the database and empty its log, so that what was removed is in neither."""
    database.set_busy_timeout(ERASE_BUSY_MS)
    database.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    database.set_busy_timeout(BUSY_MS)


def emptied_columns(ledger: apsw.Connection, *, newest_first: bool = False) -> Iterator[tuple[int, ColumnsDeleted]]:
    """Yield (seq, event) of every event that says rows were deleted."""
    order = "DESC" if newest_first else "ASC"
    for section_id, size, body in ledger.execute(
        f"SELECT id, size, body FROM section WHERE name = 'columns_deleted' ORDER BY id {order}"
    ):
        events = msgspec.msgpack.decode(inflate(body, size), type=list[tuple[int, float, ColumnsDeleted]])
        for _pos, _known_s, event in reversed(events) if newest_first else events:
            yield section_id // SECTIONS_MAX, event


def read_tail(ledger: apsw.Connection, known: Anchor) -> tuple[chain.Header | None, bytes]:
    """Return the last header and its hash.

    Raises LedgerBroken unless the last batch is whole, linked to the one before, and the anchor is in the chain.
    """
    last: list[Any] = ledger.execute("SELECT seq, header, hash FROM batch ORDER BY seq DESC LIMIT 2").fetchall()
    newest: Any = ledger.execute("SELECT MAX(id) FROM section").get
    seq = last[0][0] if last else 0
    if known.seq > seq:
        raise LedgerBroken(
            f"batch {seq + 1}",
            f"is missing: the ledger reached batch {known.seq} and now ends at {seq}",
            "run verify",
        )
    if known.seq and ledger.execute("SELECT hash FROM batch WHERE seq = ?", (known.seq,)).get != bytes.fromhex(
        known.hash
    ):
        raise LedgerBroken(f"batch {known.seq}", "is not the one that head.json names", "run verify")
    if not last:
        return None, GENESIS
    header = _read_last(ledger, last[0], last[1][2] if len(last) > 1 else GENESIS)
    if newest is None or newest // SECTIONS_MAX != seq:
        raise LedgerBroken(f"batch {seq}", "has sections of another batch after it", "run verify")
    return header, last[0][2]


def _read_last(ledger: apsw.Connection, row: tuple[int, bytes, bytes], previous: bytes) -> chain.Header:
    seq, header_bytes, digest = row
    try:
        header = chain.read_header(header_bytes)
        lines = tuple(chain.describe(name, body) for _id, name, body in read_sections(ledger, seq))
    except (msgspec.MsgspecError, ValueError, TypeError, zlib.error) as error:
        raise LedgerBroken(f"batch {seq}", f"cannot be read: {error}", "run verify") from error
    whole = (
        hashlib.sha256(header_bytes).digest() == digest
        and header.seq == seq
        and header.previous == previous
        and header.sections == lines
    )
    if not whole:
        raise LedgerBroken(f"batch {seq}", "is not what its hash says", "run verify")
    return header


def read_sections(ledger: apsw.Connection, seq: int) -> Iterator[tuple[int, str, bytes]]:
    """Yield (id, name, body) of a batch's sections in order, those whose rows were deleted left out.

    ValueError or zlib.error when one does not unpack.
    """
    rows = ledger.execute(
        "SELECT id, name, size, body FROM section WHERE id >= ? AND id < ? ORDER BY id",
        (seq * SECTIONS_MAX, (seq + 1) * SECTIONS_MAX),
    )
    for section_id, name, size, body in rows:
        if body != b"":
            yield section_id, name, inflate(body, size)


def inflate(stored: bytes, size: int) -> bytes:
    """Return a body of the size promised; never more, whatever the stored bytes claim."""
    if not isinstance(stored, bytes) or not isinstance(size, int):
        raise ValueError("a body is not stored as bytes and a size")  # one bit turns a blob into a text
    stream = zlib.decompressobj()
    body = stream.decompress(stored, size + 1)
    if len(body) != size or not stream.eof or stream.unused_data:
        raise ValueError(f"a body of {size} bytes was stored, {len(body)} came back")
    return body


def _rows(
    batch: Batch,
) -> Iterator[tuple[int, str, int, float | None, float | None, float | None, float | None, int, bytes]]:
    for place, (line, body) in enumerate(zip(batch.header.sections, batch.bodies, strict=True)):
        yield (
            batch.seq * SECTIONS_MAX + place,
            line.name,
            line.items,
            line.t0_s,
            line.t1_s,
            line.known0_s,
            line.known1_s,
            line.size,
            zlib.compress(body, DEFLATE_LEVEL),
        )


def directory_is_still(directory: Path) -> bool:
    """Return whether nothing writes a ledger and nothing waits in its logs."""
    logs = (wal_path(directory / name) for name in (LEDGER_DB, PAYLOADS_DB))
    return not writer_is_alive(directory) and not any(log.exists() and log.stat().st_size for log in logs)


def open_to_read(directory: Path, name: str) -> apsw.Connection:
    """Open one of the databases for reading beside a writer, or on a read-only disk."""
    still = not os.access(directory, os.W_OK) and directory_is_still(directory)
    return connect_to_read(directory / name, still=still)
