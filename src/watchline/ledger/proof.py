"""A proof for outsiders: the headers of a stretch of the chain, its signed checkpoints, and what was lawfully
deleted.

Theory: a header holds the digests, counts and time spans of everything in its batch, and the hash of the header
before. With the headers alone anybody can check that the chain is unbroken from one signed checkpoint to another,
how much of what kind it holds and when it was learned, without seeing any of it.  The events that say a payload was
deleted are given whole, with the sections they stand in, so that each deletion can be checked against the digest in
its header.

Rules: a file of one gzip stream of MessagePack values, written and read in one pass; what does not check is a line in
the answer, never an exception.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from watchline.domain.errors import BadInput
from watchline.ledger import chain, store
from watchline.ledger.checkpoint import Checkpoint, is_signed_by
from watchline.ledger.columns import COLUMN_NAMES
from watchline.ledger.store import LEDGER_DB, open_to_read

FORMAT = "watchline-proof-1"
DELETED = "payload_deleted"
COLUMNS_GONE = "columns_deleted"
FAULTS_MAX = 50
VALUE_MAX = 64 << 20  # bytes of one value of the file


class Proven(msgspec.Struct, frozen=True, kw_only=True):
    """What a proof shows.  holds: it checks, and stands between two checkpoints of the key.

    deleted: (payload or name of columns, reason) of each removal.
    counts: of events by kind, of rows by column name; from_s, to_s: when its first and last batch were cut.
    """

    holds: bool
    first_seq: int
    last_seq: int
    from_s: float
    to_s: float
    counts: dict[str, int]
    deleted: tuple[tuple[str, str], ...]
    checkpoints: int
    faults: tuple[str, ...]


def write_proof(directory: Path, checkpoints: Iterable[Checkpoint], from_s: float, to_s: float, out: Path) -> int:
    """Write the proof of what was cut in from_s..to_s, out to the checkpoints around it; return how many batches.

    BadInput when no checkpoint stands at or after the end: nothing would pin it.
    """
    ordered = sorted(checkpoints, key=lambda one: one.seq)
    before = [one for one in ordered if one.cut_s <= from_s]
    after = [one for one in ordered if one.cut_s >= to_s]
    if not after:
        last = max((one.cut_s for one in ordered), default=None)
        told = "there is none" if last is None else f"the last is of {last:.0f}"
        raise BadInput("--to", f"no checkpoint stands at or after it ({told})", "sign one: watchline checkpoint sign")
    first_seq, last_seq = (before[-1].seq if before else 1), after[0].seq
    database = open_to_read(directory, LEDGER_DB)
    encode, count = msgspec.msgpack.encode, 0
    try:
        with gzip.open(out, "wb", compresslevel=6) as file:
            pins = [one for one in ordered if first_seq <= one.seq <= last_seq]
            file.write(_framed(encode([FORMAT, msgspec.to_builtins(pins)])))
            for seq, header in database.execute(
                "SELECT seq, header FROM batch WHERE seq BETWEEN ? AND ? ORDER BY seq", (first_seq, last_seq)
            ):
                deletions = [
                    body for _, name, body in store.read_sections(database, seq) if name in (COLUMNS_GONE, DELETED)
                ]
                file.write(_framed(encode([header, deletions])))
                count += 1
    finally:
        database.close()
    return count


def _framed(value: bytes) -> bytes:
    return len(value).to_bytes(4, "big") + value


def check_proof(path: Path, key: Ed25519PublicKey) -> Proven:
    """Return what a proof shows under a public key; BadInput when it is none at all."""
    check = _Check(key)
    try:
        with gzip.open(path, "rb") as file:
            values = _values(file)
            head = next(values, None)
            if not isinstance(head, list) or len(head) != 2 or head[0] != FORMAT:
                raise BadInput(str(path), "is no proof of a ledger", "write one: watchline checkpoint proof")
            check.pins = {one.seq: one for one in msgspec.convert(head[1], list[Checkpoint])}
            for value in values:
                check.batch(value)
    except (OSError, EOFError, zlib.error, msgspec.MsgspecError, ValueError, TypeError, LookupError) as error:
        if isinstance(error, BadInput):
            raise
        check.fault(f"after batch {check.seq}: cannot be read ({error})")
    return check.proven()


def _values(file: Any) -> Iterator[Any]:
    while head := file.read(4):
        size = int.from_bytes(head, "big")
        if len(head) < 4 or size > VALUE_MAX:
            raise ValueError("a value of it has no length")
        data = file.read(size)
        if len(data) < size:
            raise ValueError("it ends inside a value")
        yield msgspec.msgpack.decode(data)


class _Check:
    """What was found so far (mutable)."""

    def __init__(self, key: Ed25519PublicKey) -> None:
        self.key = key
        self.pins: dict[int, Checkpoint] = {}
        self.faults: list[str] = []
        self.counts: Counter[str] = Counter()
        self.deleted: list[tuple[str, str]] = []
        self.lines: dict[str, list[tuple[int, int]]] = {}  # name of columns -> (batch, rows)
        self.seq, self.first_seq, self.hash = 0, 0, b""
        self.from_s = self.to_s = 0.0
        self.pinned: list[int] = []

    def fault(self, what: str) -> None:
        if len(self.faults) < FAULTS_MAX:
            self.faults.append(what)

    def batch(self, value: Any) -> None:
        """Check the next header against the one before, its deletions, and a checkpoint that names it."""
        header_bytes, told = value
        header = chain.read_header(header_bytes)
        if not self.first_seq:
            self.first_seq, self.from_s = header.seq, header.cut_s
            if header.seq == 1 and header.previous != chain.GENESIS:
                self.fault("batch 1: is not the beginning of a chain")
        elif header.seq != self.seq + 1 or header.previous != self.hash:
            self.fault(f"batch {header.seq}: is not linked to batch {self.seq}")
        self.seq, self.hash, self.to_s = header.seq, hashlib.sha256(header_bytes).digest(), header.cut_s
        for line in header.sections:
            self.counts[line.name] += line.items
            if line.name in COLUMN_NAMES:
                self.lines.setdefault(line.name, []).append((header.seq, line.items))
        expected = [line.digest for line in header.sections if line.name in (COLUMNS_GONE, DELETED)]
        if [hashlib.sha256(body).digest() for body in told] != expected:
            self.fault(f"batch {header.seq}: what it says was deleted is not what its header says")
        for body in told:
            for _pos, _known_s, event in msgspec.msgpack.decode(body):
                if event["kind"] == DELETED:
                    self.deleted.append((event["payload_id"], event["reason"]))
                else:
                    self.emptied(header.seq, event)
        self._pin(header.seq)

    def emptied(self, seq: int, event: Any) -> None:
        """Compare what is said to be gone with what the headers said was there, as far as they are here."""
        name, stretches = event["columns"], event["batches"]
        self.deleted.append((f"{event['rows']} {name}", event["reason"]))
        if stretches[-1][1] >= seq:
            self.fault(f"batch {seq}: it says that {name} of a later batch are gone")
        if stretches[0][0] < self.first_seq:
            return  # written before this proof begins
        found = chain.rows_within(self.lines.get(name, []), stretches)
        if (len(found), sum(found)) != (event["sections"], event["rows"]):
            self.fault(f"batch {seq}: the {name} that it says are gone are not those that headers tell of")

    def _pin(self, seq: int) -> None:
        pin = self.pins.get(seq)
        if pin is None:
            return
        if pin.hash != self.hash.hex():
            self.fault(f"batch {seq}: is not the one that its checkpoint names")
        elif not is_signed_by(pin, self.key):
            self.fault(f"batch {seq}: its checkpoint is not signed by this key")
        else:
            self.pinned.append(seq)

    def proven(self) -> Proven:
        """Return the answer."""
        if not self.seq:
            self.fault("it holds no batch")
        elif self.seq not in self.pinned:
            self.fault(f"batch {self.seq}: its end is not pinned by a checkpoint of this key")
        if self.first_seq > 1 and self.first_seq not in self.pinned:
            self.fault(f"batch {self.first_seq}: its beginning is not pinned by a checkpoint of this key")
        missing = sorted(set(self.pins) - set(self.pinned))
        if missing and not self.faults:
            self.fault(f"batch {missing[0]}: a checkpoint names it and it is not here")
        names = {name: count for name, count in self.counts.items() if name in COLUMN_NAMES or count}
        return Proven(
            holds=not self.faults, first_seq=self.first_seq, last_seq=self.seq, from_s=self.from_s, to_s=self.to_s,
            counts=names, deleted=tuple(self.deleted), checkpoints=len(self.pinned), faults=tuple(self.faults),
        )  # fmt: skip
