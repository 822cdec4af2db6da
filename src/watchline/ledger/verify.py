"""Whether a ledger is whole: every hash again, every index row rebuilt, every page's digest.

Theory: three nets lie over each other.  The chain (headers, bodies, payload ids) names the batch that is harmed.
The page digests and the log's checksums find every other bit: indexes, free space, salts, the files' headers.
The anchor finds a tail that is gone.  SQLite's own check is asked last.

Rules: reads only; a database that cannot be read is an answer, never an exception.
"""

from __future__ import annotations

import bisect
import hashlib
import os
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from watchline.domain.errors import BadInput
from watchline.domain.records import ColumnsDeleted
from watchline.ledger import anchor, chain, store
from watchline.ledger.chain import FORMAT, GENESIS, PAYLOADS, SECTIONS_MAX, Header
from watchline.ledger.checkpoint import Checkpoint, is_signed_by
from watchline.ledger.columns import COLUMN_NAMES
from watchline.ledger.errors import LedgerBroken
from watchline.ledger.pages import connect_to_read, hurt_pages
from watchline.ledger.reader import require_ledger
from watchline.ledger.store import LEDGER_DB, LEDGER_SCHEMA, PAYLOADS_DB, PAYLOADS_SCHEMA
from watchline.ledger.wal import read_wal

FAULTS_MAX = 100  # then the rest is only counted
HARMED = (
    apsw.Error, msgspec.MsgspecError, zlib.error, OSError, MemoryError, ValueError,
    TypeError, AttributeError, LookupError, OverflowError,  # a harmed row may hold a value of any type
)  # fmt: skip
_LIVE_TRIES = 5  # a log that a running writer is just extending is read again


class Fault(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that is not as it was written: where, what, and which batch it belongs to if any."""

    where: str
    what: str
    batch: int | None = None


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a check found.  first_broken: the first batch that is harmed, None if none is.

    head: (seq, hash) of the last batch; deleted: payloads, rows_deleted: rows, of which an event says that they were
    removed; notes: what is worth knowing and no fault.
    """

    ledger: str
    whole: bool
    batches: int
    events: int
    rows: int
    payloads: int
    deleted: int
    rows_deleted: int
    head_seq: int
    head_hash: str
    first_broken: int | None
    faults: tuple[Fault, ...]
    faults_left_out: int
    notes: tuple[str, ...]


def verify(directory: Path | str, pins: Sequence[Checkpoint] = (), key: Ed25519PublicKey | None = None) -> Verdict:
    """Return whether a ledger is whole, and if not what is broken and from which batch on.

    pins: checkpoints that must name batches of this chain, signed by `key`.

    Raises BadInput when there is no ledger at that place or it may not be read.
    Beside a running writer it checks what was durable when it looked.
    """
    check = _Check(require_ledger(Path(directory)), pins, key)
    verdict = check.run()
    if not verdict.whole and not check.live and store.writer_is_alive(check.directory):
        return _Check(check.directory, pins, key).run()  # a writer began in the middle: look again, knowing it
    return verdict


class _Check:
    """One check and what it has found so far (mutable)."""

    def __init__(self, directory: Path, pins: Sequence[Checkpoint] = (), key: Ed25519PublicKey | None = None) -> None:
        self.directory, self.pins, self.key = directory, pins, key
        self.faults: list[Fault] = []
        self.notes: list[str] = []
        self.left_out = 0
        self.batches = self.events = self.rows = self.deleted = self.rows_deleted = 0
        self.emptied: dict[str, list[tuple[int, int]]] = {}  # name -> (batch, rows) of sections without a body
        self.head: tuple[int, bytes] = (0, GENESIS)
        self.chained: dict[bytes, list[tuple[int, int, str]]] = {}  # payload id -> batch, size, media type
        self.anchor: anchor.Anchor | None = None
        self.live = store.writer_is_alive(directory)

    def run(self) -> Verdict:
        try:
            self.anchor = anchor.read_anchor(self.directory)
        except LedgerBroken as error:
            self.fault(anchor.NAME, error.rule)
        still = not self.live and store.directory_is_still(self.directory)
        if not self.live and not still and not os.access(self.directory, os.W_OK):
            raise BadInput(
                str(self.directory), "its last writer left a log, which needs write access to be read", "check a copy"
            )
        if self.live:
            self.notes.append("a writer is at work: only what was durable by now was checked")
        elif self.anchor is not None and not self.anchor.closed:
            self.notes.append("the last writer did not close it; the next one finishes that")
        for name in (LEDGER_DB, PAYLOADS_DB):
            self.check_log(name)
        deletions = self.check_ledger(still)
        self.check_payloads(still, deletions)
        broken = [fault.batch for fault in self.faults if fault.batch is not None]
        return Verdict(
            ledger=str(self.directory),
            whole=not self.faults,
            batches=self.batches,
            events=self.events,
            rows=self.rows,
            payloads=len(self.chained),
            deleted=self.deleted,
            rows_deleted=self.rows_deleted,
            head_seq=self.head[0],
            head_hash=self.head[1].hex(),
            first_broken=min(broken, default=None),
            faults=tuple(self.faults),
            faults_left_out=self.left_out,
            notes=tuple(self.notes),
        )

    def fault(self, where: str, what: str, batch: int | None = None) -> None:
        if len(self.faults) < FAULTS_MAX:
            self.faults.append(Fault(where=where, what=what, batch=batch))
        else:
            self.left_out += 1

    @contextmanager
    def reading(self, where: str, batch: int | None = None) -> Iterator[None]:
        """Turn whatever a harmed database or body says into a fault."""
        try:
            yield
        except HARMED as error:
            self.fault(where, f"cannot be read: {' '.join(str(error).split())}", batch)

    def check_log(self, name: str) -> None:
        """Check the write-ahead log; it grows while a writer is at work."""
        for _ in range(_LIVE_TRIES if self.live else 1):
            state = read_wal(self.directory / name)
            if not state.hurt:
                break
        else:
            self.fault(f"{name}-wal", f"{state.hurt} does not check: what was written after it is lost")
        if state.unfinished and not self.live:
            self.notes.append(f"{name}-wal: {state.unfinished} frames of an unfinished write, never acknowledged")

    def check_ledger(self, still: bool) -> dict[bytes, int]:
        """Check ledger.db; return which payloads events say were deleted, and in which batch."""
        path = self.directory / LEDGER_DB
        if not path.is_file():
            self.fault(LEDGER_DB, "is missing", 1)
            return {}
        deletions: dict[bytes, int] = {}
        with self.reading(LEDGER_DB):
            database = connect_to_read(path, still=still)
            self.check_chain(database)
            self.check_anchored(database)
            self.check_pins(database)
            with self.reading(LEDGER_DB):
                deletions = {payload_id: seq for seq, payload_id in store.deleted_payloads(database)}
            with self.reading(LEDGER_DB):
                self.check_emptied(list(store.emptied_columns(database)))
            self.check_database(LEDGER_DB, database, LEDGER_SCHEMA)
            database.close()
        return deletions

    def check_chain(self, database: apsw.Connection) -> None:
        """Walk the batches by number, so that one that cannot be read does not hide the others."""
        last = self.anchor.seq if self.anchor else 0
        with self.reading(LEDGER_DB):
            # In this order: a running writer may add a batch between the two.
            beyond: Any = database.execute("SELECT MAX(id) FROM section").get
            reached: Any = database.execute("SELECT MAX(seq) FROM batch").get
            last = reached or 0
            if (beyond or 0) // SECTIONS_MAX > last:
                self.fault(LEDGER_DB, "has sections of a batch that is not there", last + 1)
        previous: bytes | None = GENESIS
        for seq in range(1, last + 1):
            previous = self.check_batch(database, seq, previous)

    def check_batch(self, database: apsw.Connection, seq: int, previous: bytes | None) -> bytes | None:
        """Check one batch; return its hash, None when it cannot be known."""
        where = f"batch {seq}"
        with self.reading(where, seq):
            row: Any = database.execute("SELECT header, hash FROM batch WHERE seq = ?", (seq,)).fetchone()
            if row is None:
                self.fault(where, "is missing", seq)
                return None
            header_bytes, written = row
            digest = hashlib.sha256(header_bytes).digest()
            header = chain.read_header(header_bytes)
            if digest != written:
                self.fault(where, "its header is not what its hash says", seq)
            if header.seq != seq or header.format != FORMAT:
                self.fault(where, f"its header says batch {header.seq} of {header.format}", seq)
            if previous is not None and header.previous != previous:
                self.fault(where, "is not linked to the batch before", seq)
            self.check_sections(database, header)
            self.batches += 1
            self.head = (seq, written)
            return bytes(written)
        return None

    def check_sections(self, database: apsw.Connection, header: Header) -> None:
        """Compare what is stored with what the header and the bodies say, row by row."""
        rows: list[Any] = database.execute(
            "SELECT id, name, items, t0_s, t1_s, known0_s, known1_s, size, body FROM section"
            " WHERE id >= ? AND id < ? ORDER BY id",
            (header.seq * SECTIONS_MAX, (header.seq + 1) * SECTIONS_MAX),
        ).fetchall()
        where = f"batch {header.seq}"
        if len(rows) != len(header.sections):
            self.fault(where, f"has {len(rows)} sections, its header says {len(header.sections)}", header.seq)
        for place, (row, line) in enumerate(zip(rows, header.sections, strict=False)):
            named = f"{where}, {line.name}"
            with self.reading(named, header.seq):
                *stored, body_stored = row
                index = [header.seq * SECTIONS_MAX + place, *msgspec.structs.astuple(line)[:-1]]
                if stored != index:
                    self.fault(named, "its row in the index is not what its header says", header.seq)
                if body_stored == b"" and line.name in COLUMN_NAMES:
                    self.emptied.setdefault(line.name, []).append((header.seq, line.items))
                    continue
                body = store.inflate(body_stored, line.size)
                if hashlib.sha256(body).digest() != line.digest:
                    self.fault(named, "is not what its hash says", header.seq)
                    continue
                if chain.describe(line.name, body) != line:
                    self.fault(named, "holds other times or counts than its header says", header.seq)
                self.count(header.seq, line, body)

    def count(self, seq: int, line: chain.SectionLine, body: bytes) -> None:
        if line.name in COLUMN_NAMES:
            self.rows += line.items
        elif line.name == PAYLOADS:
            for item in chain.read_payloads(body):
                self.chained.setdefault(item.payload_id, []).append((seq, item.size, item.media_type))
        else:
            self.events += line.items

    def check_emptied(self, events: list[tuple[int, ColumnsDeleted]]) -> None:
        """Compare the sections that are gone with the events that say so, one by one, both ways."""
        for name, gone in self.emptied.items():
            told = [(first, last, seq) for seq, e in events if e.columns == name for first, last in e.batches]
            told.sort()
            starts = [first for first, _, _ in told]
            for batch, rows in gone:
                place = bisect.bisect_right(starts, batch) - 1
                if place < 0 or not batch <= told[place][1] < told[place][2]:
                    self.fault(f"batch {batch}, {name}", "is gone, and no event says that it was deleted", batch)
                self.rows_deleted += rows
        for seq, event in events:
            gone = self.emptied.get(event.columns, [])
            found = chain.rows_within(gone, event.batches)
            if (len(found), sum(found)) != (event.sections, event.rows) and not self._unfinished():
                what = f"says that {event.sections} sections of {event.columns} are gone, of which {len(found)} are"
                self.fault(f"batch {seq}", what, seq)

    def check_anchored(self, database: apsw.Connection) -> None:
        """Check that the chain reaches what was known durable, and ends there if it was closed."""
        known = self.anchor
        if known is None:
            return
        seq = self.head[0]
        if known.seq > seq:
            self.fault(anchor.NAME, f"the ledger reached batch {known.seq} and now ends at {seq}", seq + 1)
        elif known.seq < seq and known.closed and not self.live:
            self.fault(
                anchor.NAME, f"the ledger was closed at batch {known.seq} and now goes on to {seq}", known.seq + 1
            )
        with self.reading(anchor.NAME):
            found: Any = database.execute("SELECT hash FROM batch WHERE seq = ?", (known.seq,)).get
            if (found or GENESIS).hex() != known.hash and known.seq <= seq:
                self.fault(anchor.NAME, f"names another batch {known.seq} than the ledger holds")

    def check_pins(self, database: apsw.Connection) -> None:
        """Check that each signed checkpoint names a batch of this chain: a chain replaced whole is found so."""
        for pin in self.pins:
            where = f"checkpoint of batch {pin.seq}"
            if self.key is not None and not is_signed_by(pin, self.key):
                self.fault(where, "is not signed by this key")
                continue
            with self.reading(where):
                found: Any = database.execute("SELECT hash FROM batch WHERE seq = ?", (pin.seq,)).get
                first: Any = database.execute("SELECT hash FROM batch WHERE seq = 1").get
                if found is None:
                    self.fault(where, "the ledger does not reach it", self.head[0] + 1)
                elif bytes(found).hex() != pin.hash or bytes(first or b"").hex() != pin.first:
                    self.fault(where, "names another batch than the ledger holds", pin.seq)

    def check_payloads(self, still: bool, deletions: dict[bytes, int]) -> None:
        """Check payloads.db against what the chain names."""
        path = self.directory / PAYLOADS_DB
        if not path.is_file():
            self.fault(PAYLOADS_DB, "is missing")
            return
        held: dict[bytes, int] = {}
        listed = False
        with self.reading(PAYLOADS_DB):
            database = connect_to_read(path, still=still)
            self.check_database(PAYLOADS_DB, database, PAYLOADS_SCHEMA)
            with self.reading(PAYLOADS_DB):
                rows: list[Any] = database.execute("SELECT rowid, id, seq FROM payload NOT INDEXED").fetchall()
                for rowid, payload_id, seq in rows:
                    held[payload_id] = seq
                    self.check_payload(database, rowid, payload_id)
                listed = True
            database.close()
        if self.live:  # deletions may have come since
            with self.reading(LEDGER_DB):
                database = connect_to_read(self.directory / LEDGER_DB, still=False)
                deletions |= {payload_id: seq for seq, payload_id in store.deleted_payloads(database)}
                database.close()
        for payload_id in self.chained if listed else ():
            self.check_presence(payload_id, held.get(payload_id), deletions.get(payload_id))

    def check_presence(self, payload_id: bytes, held: int | None, deleted: int | None) -> None:
        """Compare the batch that a payload is kept for, if it is, with the one that deleted it, if one did."""
        where, first = f"payload {payload_id.hex()}", self.chained[payload_id][0][0]
        if held is None and deleted is not None:
            self.deleted += 1
        elif held is None:
            self.fault(where, "is gone, and no event says that it was deleted", first)
        elif deleted is not None and held <= deleted and not self._unfinished():
            self.fault(where, "was to be deleted and is still there", first)

    def check_payload(self, database: apsw.Connection, rowid: int, payload_id: bytes) -> None:
        where = f"payload {payload_id.hex()}"
        chained = self.chained.get(payload_id)
        if chained is None:
            if not self._unfinished():
                self.fault(where, "is in no batch")
            return
        first = chained[0][0]
        with self.reading(where, first):
            row: Any = database.execute(
                "SELECT seq, salt, media_type, data FROM payload WHERE rowid = ?", (rowid,)
            ).fetchone()
            if row is None:
                return  # deleted while it was checked
            seq, salt, media_type, data = row
            if hashlib.sha256(salt + data).digest() != payload_id:
                self.fault(where, "its bytes or its salt are not what its hash says", first)
            elif (seq, len(data), media_type) not in chained:
                self.fault(where, "its size, type or batch is not what the chain says", first)

    def _unfinished(self) -> bool:
        """Whether a payload may rightly be ahead of the chain or behind it: a writer is at work, or died."""
        return self.live or self.anchor is None or not self.anchor.closed

    def check_database(self, name: str, database: apsw.Connection, schema: tuple[str, ...]) -> None:
        """Check a database as such: its pages, its tables, and SQLite's own opinion."""
        with self.reading(name):
            hurt = list(hurt_pages(self.directory / name))
            owners = _page_owners(database) if hurt else {}
            for number in hurt:
                self.fault(f"{name} page {number}", f"({owners.get(number, 'unused')}) is not as it was written")
        with self.reading(name):
            found = [row[0] for row in database.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")]
            if found != list(schema):
                self.fault(name, "has other tables than a ledger")
        with self.reading(name):
            for (finding,) in database.execute("PRAGMA integrity_check(10)"):
                if finding != "ok":
                    self.fault(name, f"SQLite: {finding}")


def _page_owners(database: apsw.Connection) -> dict[int, str]:
    """Return which table or index each page belongs to, as far as that can be read."""
    owners: dict[int, str] = {1: "the header of the file"}
    try:
        for name, number in database.execute("SELECT name, pageno FROM dbstat"):
            owners.setdefault(int(number), str(name))
    except apsw.Error:
        pass
    return owners
