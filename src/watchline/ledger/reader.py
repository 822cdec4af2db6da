"""Reading a ledger, also while it is written.

Theory: the header lines of all sections lie in one index, so a question about few kinds or a short time touches
few bodies.  Every query is short: a reader never holds up the writer for longer than one.

Rules: intervals are half open, t0_s <= t < t1_s.  `known_at_s` gives the ledger as it was then: only what had been
learned by that time.  What is not durable yet is not seen.
"""

from __future__ import annotations

import hashlib
import heapq
import itertools
import math
import os
import threading
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import apsw
import msgspec
import numpy as np

from watchline.domain.batches import _Batch, batch_types
from watchline.domain.errors import BadInput
from watchline.domain.kinds import AnyRecord, record_types
from watchline.domain.records import ColumnsDeleted, Record
from watchline.ledger import anchor, chain
from watchline.ledger.chain import PAYLOADS, SECTIONS_MAX
from watchline.ledger.columns import COLUMN_NAMES, unpack_columns
from watchline.ledger.errors import LedgerBroken
from watchline.ledger.store import LEDGER_DB, PAYLOADS_DB, inflate, open_to_read

_EVENTS = msgspec.msgpack.Decoder(list[tuple[int, float, AnyRecord]])
_CHUNK = 16  # sections fetched by one query: some tens of megabytes at worst


@dataclass(frozen=True, slots=True)
class Entry:
    """Something appended: in which batch, at which place in it, when it was learned, and what."""

    seq: int
    pos: int
    known_s: float
    value: Record | _Batch


@dataclass(frozen=True, slots=True)
class Payload:
    """Bytes that were stored apart."""

    data: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Held:
    """A section of columns: its batch, rows and times, and whether it goes (not gone yet, and not to be kept)."""

    seq: int
    rows: int
    t0_s: float
    t1_s: float
    goes: bool


@dataclass(frozen=True, slots=True)
class _Window:
    """Which times are asked for."""

    t0_s: float = -math.inf
    t1_s: float = math.inf
    known_at_s: float = math.inf


def require_ledger(directory: Path) -> Path:
    """Return the directory; BadInput when it cannot be read or holds no ledger at all."""
    try:
        names = set(os.listdir(directory))
    except FileNotFoundError:
        raise BadInput(str(directory), "there is no such directory") from None
    except NotADirectoryError:
        raise BadInput(str(directory), "a ledger is a directory, this is a file") from None
    except PermissionError:
        raise BadInput(str(directory), "may not be read by this user") from None
    parts = [LEDGER_DB, PAYLOADS_DB, anchor.NAME]
    if not names & set(parts):
        raise BadInput(str(directory), "is not a ledger", f"a ledger holds {', '.join(parts)}")
    for name in parts:
        path = directory / name
        if name in names and not os.access(path, os.R_OK):
            raise BadInput(str(path), "may not be read by this user")
    return directory


class LedgerReader:
    """A ledger open for reading (mutable: it holds connections).  One per thread is quickest; sharing is safe."""

    def __init__(self, directory: Path | str) -> None:
        directory = require_ledger(Path(directory))
        self._lock = threading.Lock()
        try:
            self._ledger = open_to_read(directory, LEDGER_DB)
            self._payloads = open_to_read(directory, PAYLOADS_DB)
        except apsw.Error as error:
            raise LedgerBroken(str(directory), f"cannot be opened: {error}", "run verify") from error

    @property
    def last_seq(self) -> int:
        """Return the last durable batch, 0 when there is none."""
        return int(self._rows(self._ledger, "SELECT COALESCE(MAX(seq), 0) FROM batch")[0][0])

    @property
    def head(self) -> tuple[int, str]:
        """Return (seq, hash) of the last durable batch."""
        rows = self._rows(self._ledger, "SELECT seq, hash FROM batch ORDER BY seq DESC LIMIT 1")
        return (int(rows[0][0]), rows[0][1].hex()) if rows else (0, chain.GENESIS.hex())

    def heads(self, *seqs: int) -> list[tuple[int, str, float]]:
        """Return (seq, hash, when it was cut) of batches, of those that are there, in order."""
        rows = [
            row
            for seq in dict.fromkeys(seqs)
            for row in self._rows(self._ledger, "SELECT seq, hash, header FROM batch WHERE seq = ?", seq)
        ]
        return [(int(seq), digest.hex(), chain.read_header(header).cut_s) for seq, digest, header in rows]

    def counts(self) -> dict[str, int]:
        """Return how many durable items of each name there are."""
        return dict(self._rows(self._ledger, "SELECT name, SUM(items) FROM section GROUP BY name ORDER BY name"))

    def events(
        self,
        kinds: Iterable[str] | None = None,
        t0_s: float | None = None,
        t1_s: float | None = None,
        known_at_s: float | None = None,
        after_seq: int = 0,
    ) -> Iterator[Entry]:
        """Yield events in chain order, those of some kinds, some time, as known at some time, or after a batch.

        Raises ValueError for a kind that does not exist.
        """
        known = record_types()
        names = sorted(set(known if kinds is None else kinds))
        if missing := [name for name in names if name not in known]:
            raise ValueError(f"no such kind of record: {', '.join(missing)}")
        return self._entries(names, after_seq, _window(t0_s, t1_s, known_at_s))

    def columns(
        self,
        name: str,
        t0_s: float | None = None,
        t1_s: float | None = None,
        known_at_s: float | None = None,
        after_seq: int = 0,
    ) -> Iterator[_Batch]:
        """Yield columnar batches in chain order, cut down to the rows asked for; never an empty one.

        name: one of `batch_types()`, else ValueError.
        """
        for entry in self.column_entries(name, t0_s, t1_s, known_at_s, after_seq):
            assert not isinstance(entry.value, Record)
            yield entry.value

    def column_entries(
        self,
        name: str,
        t0_s: float | None = None,
        t1_s: float | None = None,
        known_at_s: float | None = None,
        after_seq: int = 0,
    ) -> Iterator[Entry]:
        """Yield the same, each with the batch of the ledger that it lies in and when it was learned."""
        if name not in COLUMN_NAMES:
            raise ValueError(f"no such columns: {name}; there are {', '.join(batch_types())}")
        return self._entries([name], after_seq, _window(t0_s, t1_s, known_at_s))

    def before(self, name: str, known_s: float) -> int:
        """Return the last batch before the first that holds records or columns of a name learned then or later.

        One search of the index, however long the ledger is: what comes after it is the way into any hour.
        """
        index = "section INDEXED BY section_by_name"
        query = f"SELECT id, known0_s FROM {index} WHERE name = ? AND id >= ? ORDER BY id LIMIT 1"
        last = self.last_seq
        low, high = 0, (last + 1) * SECTIONS_MAX
        while low < high:
            middle = (low + high) // 2
            rows = self._rows(self._ledger, query, name, middle)
            if not rows or rows[0][1] >= known_s:
                high = middle
            else:
                low = rows[0][0] + 1
        rows = self._rows(self._ledger, query, name, low)
        return int(rows[0][0]) // SECTIONS_MAX - 1 if rows else last

    def since(self, seq: int, known_at_s: float | None = None) -> Iterator[Entry]:
        """Yield everything after a batch, events and columns, in the order in which it was appended."""
        return self._entries([*record_types(), *batch_types()], seq, _window(None, None, known_at_s))

    def payload(self, payload_id: str) -> Payload | None:
        """Return a payload, or None when it is not held (deleted, or not durable yet).

        Raises LedgerBroken when the bytes are not those that were put.
        """
        key = bytes.fromhex(payload_id)
        rows = self._rows(self._payloads, "SELECT salt, media_type, data FROM payload WHERE id = ?", key)
        if not rows:
            return None
        salt, media_type, data = rows[0]
        if hashlib.sha256(salt + data).digest() != key:
            raise LedgerBroken(f"payload {payload_id}", "is not what its hash says", "run verify")
        return Payload(data, media_type)

    def held_columns(
        self, name: str, after_seq: int, before_s: float, keep: Sequence[tuple[float, float]], most: int
    ) -> list[Held]:
        """Return the sections of a name after a batch, at most so many, up to the first that is not before a time.

        keep: spans of time (from_s, to_s) of which nothing goes.
        """
        rows = self._rows(
            self._ledger,
            "SELECT id, items, t0_s, t1_s, length(body) FROM section INDEXED BY section_by_name"
            " WHERE name = ? AND id >= ? ORDER BY id LIMIT ?",
            name,
            (after_seq + 1) * SECTIONS_MAX,
            most,
        )
        return [
            Held(section // SECTIONS_MAX, items, t0_s, t1_s, size > 0 and not _meets(keep, t0_s, t1_s))
            for section, items, t0_s, t1_s, size in itertools.takewhile(lambda row: row[3] < before_s, rows)
        ]

    def emptied_until(self, name: str) -> int:
        """Return the last batch of which an event says that its rows of a name are gone; 0 when there is none."""
        newest = 0
        for entry in self.events(["columns_deleted"]):
            assert isinstance(entry.value, ColumnsDeleted)
            if entry.value.columns == name:
                newest = max(newest, entry.value.batches[-1][1])
        return newest

    def close(self) -> None:
        """Let go."""
        self._ledger.close()
        self._payloads.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _entries(self, names: list[str], after_seq: int, window: _Window) -> Iterator[Entry]:
        sections = heapq.merge(*(self._sections(name, after_seq, window) for name in names))
        for seq, group in itertools.groupby(sections, lambda section: section[0] // SECTIONS_MAX):
            entries = [e for _id, name, body in group for e in _read_section(seq, name, body, window)]
            yield from sorted(entries, key=lambda entry: entry.pos)

    def _sections(self, name: str, after_seq: int, window: _Window) -> Iterator[tuple[int, str, bytes]]:
        last = (after_seq + 1) * SECTIONS_MAX - 1
        while True:
            rows = self._rows(
                self._ledger,
                "SELECT id, size, body FROM section INDEXED BY section_by_name WHERE name = ? AND id > ?"
                " AND t1_s >= ? AND t0_s < ? AND known0_s <= ? ORDER BY id LIMIT ?",
                name,
                last,
                window.t0_s,
                window.t1_s,
                window.known_at_s,
                _CHUNK,
            )
            for section_id, size, body in rows:
                if body:  # what was deleted leaves its line and no body
                    yield section_id, name, _inflate(section_id, body, size)
            if len(rows) < _CHUNK:
                return
            last = rows[-1][0]

    def _rows(self, connection: apsw.Connection, query: str, *values: Any) -> list[tuple[Any, ...]]:
        try:
            with self._lock:
                return connection.execute(query, values).fetchall()
        except apsw.Error as error:
            raise LedgerBroken("ledger", f"cannot be read: {error}", "run verify") from error


def _window(t0_s: float | None, t1_s: float | None, known_at_s: float | None) -> _Window:
    return _Window(
        -math.inf if t0_s is None else t0_s,
        math.inf if t1_s is None else t1_s,
        math.inf if known_at_s is None else known_at_s,
    )


def _meets(spans: Sequence[tuple[float, float]], t0_s: float, t1_s: float) -> bool:
    return any(t0_s <= to_s and t1_s >= from_s for from_s, to_s in spans)


def _inflate(section_id: int, body: bytes, size: int) -> bytes:
    try:
        return inflate(body, size)
    except (ValueError, zlib.error) as error:
        raise LedgerBroken(f"batch {section_id // SECTIONS_MAX}", f"cannot be read: {error}", "run verify") from error


def _read_section(seq: int, name: str, body: bytes, window: _Window) -> Iterator[Entry]:
    assert name != PAYLOADS
    try:
        if name in COLUMN_NAMES:
            yield from _read_column_items(seq, name, body, window)
            return
        for pos, known_s, record in _EVENTS.decode(body):
            if known_s <= window.known_at_s and window.t0_s <= record.t_s < window.t1_s:
                yield Entry(seq, pos, known_s, record)
    except msgspec.MsgspecError as error:
        raise LedgerBroken(f"batch {seq}", f"holds {name} that this version cannot read: {error}") from error


def _read_column_items(seq: int, name: str, body: bytes, window: _Window) -> Iterator[Entry]:
    for item in chain.read_columns(body):
        if item.known_s > window.known_at_s:
            continue
        batch = unpack_columns(name, item.rows, item.columns)
        t_s = batch.columns()["t_s"]
        wanted = (t_s >= window.t0_s) & (t_s < window.t1_s)
        if not np.all(wanted):
            batch = batch.take(wanted)
        if len(batch):
            yield Entry(seq, item.pos, item.known_s, batch)
