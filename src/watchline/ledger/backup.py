"""A second ledger that follows the first, also while it is written, and the way back.

Theory: a chain only grows, so a backup is a ledger that is some batches behind, and the next run copies what has come
since.  What was deleted meanwhile goes there too: the events that say so are among the new batches, and are carried
out in the backup before the run ends.  So the time that something is kept holds for the copies as well.

Rules: what is copied is checked first, header by header and body by body; a harmed ledger stops the run and harms no
backup.  One read transaction of the ledger, then one of the payloads: a payload that was deleted between the two is
noticed, and the run begins again.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import msgspec

from watchline.domain.errors import BadInput
from watchline.ledger import chain, checkpoint, store
from watchline.ledger.chain import GENESIS, PAYLOADS, SECTIONS_MAX
from watchline.ledger.errors import LedgerBroken
from watchline.ledger.reader import require_ledger
from watchline.ledger.store import LEDGER_DB, PAYLOADS_DB, Store, create_store, open_to_read
from watchline.ledger.verify import verify

BATCHES_A_PIECE = 500
TRIES = 5


class BackedUp(msgspec.Struct, frozen=True, kw_only=True):
    """What a run brought: how far the backup reaches, and what was new."""

    backup: str
    seq: int
    hash: str
    new_batches: int
    new_payloads: int
    deletions: int


def back_up(directory: Path, to: Path) -> BackedUp:
    """Bring a backup up to the last durable batch, making it if there is none.

    Raises BadInput when `directory` holds no ledger or `to` is a backup of another, LedgerBusy when another run is at
    work on `to`, LedgerBroken when what is to be copied does not check.
    """
    require_ledger(directory)
    if to.resolve() == directory.resolve():
        raise BadInput("--to", "is the ledger itself", "give another directory, best on another disk")
    if not (to / LEDGER_DB).exists():
        create_store(to)
    held = Store(to)
    try:
        for _ in range(TRIES):
            run = _Run(directory, held)
            if run.whole():
                break
        else:
            raise LedgerBroken(str(directory), "payloads go while they are copied, again and again", "try later")
    except BaseException:
        held.abandon()
        raise
    held.close()
    if (directory / checkpoint.NAME).is_file():
        _replace(directory / checkpoint.NAME, to / checkpoint.NAME)
    return BackedUp(
        backup=str(to), seq=held.seq, hash=held.hash.hex(), new_batches=run.batches, new_payloads=run.payloads,
        deletions=run.deletions,
    )  # fmt: skip


def restore(backup: Path, to: Path) -> None:
    """Make a ledger of a backup, once all of it has been checked.

    Raises BadInput when there is a ledger at `to` already or the backup does not check.
    """
    require_ledger(backup)
    if to.exists() and any(to.iterdir()):
        raise BadInput(str(to), "holds something already", "give a new directory")
    verdict = verify(backup)
    if not verdict.whole:
        first = verdict.faults[0]
        raise BadInput(str(backup), f"is harmed: {first.where}: {first.what}", "take another backup")
    back_up(backup, to)


class _Run:
    """One look at the source, and what was brought over from it (mutable)."""

    def __init__(self, source: Path, held: Store) -> None:
        self.source, self.held = source, held
        self.batches = self.payloads = self.deletions = 0

    def whole(self) -> bool:
        """Bring everything over; False when a payload went away between the two looks."""
        ledger, payloads = open_to_read(self.source, LEDGER_DB), open_to_read(self.source, PAYLOADS_DB)
        try:
            with ledger, payloads:  # one view of each, of the ledger first
                last: Any = ledger.execute("SELECT COALESCE(MAX(seq), 0) FROM batch").get
                self._follows(ledger, last)
                listed = _Listed(ledger, self.held.seq, last)
                if any(not _holds(payloads, one) for one in listed.payloads - listed.deleted):
                    return False
                self._bring(ledger, payloads, last)
                gone = [
                    (seq, payload) for seq, payload in store.deleted_payloads(ledger) if payload in listed.deleted
                ]
                self.held.erase(gone)
                self.held.empty(listed.emptied)
                self.deletions = len(gone) + len(listed.emptied)
        finally:
            ledger.close()
            payloads.close()
        return True

    def _follows(self, ledger: apsw.Connection, last: int) -> None:
        """Refuse a backup of another chain."""
        mine: Any = ledger.execute("SELECT hash FROM batch WHERE seq = ?", (self.held.seq,)).get
        if last < self.held.seq or (self.held.seq and mine != self.held.hash):
            raise BadInput(
                str(self.held.directory),
                f"is no backup of this ledger: its batch {self.held.seq} is another",
                "give another directory",
            )

    def _bring(self, ledger: apsw.Connection, payloads: apsw.Connection, last: int) -> None:
        previous = self.held.hash if self.held.seq else GENESIS
        headers = ledger.execute(
            "SELECT seq, header, hash FROM batch WHERE seq > ? AND seq <= ? ORDER BY seq", (self.held.seq, last)
        )
        while piece := list(itertools.islice(headers, BATCHES_A_PIECE)):
            sections: list[tuple[Any, ...]] = []
            for seq, header, digest in piece:
                sections += _checked(ledger, seq, header, digest, previous)
                previous = digest
            kept = payloads.execute(
                "SELECT id, seq, salt, media_type, data FROM payload WHERE seq >= ? AND seq <= ?",
                (piece[0][0], piece[-1][0]),
            )
            self.payloads += self.held.take(piece, sections, _whole_payloads(kept))
            self.batches += len(piece)


class _Listed:
    """What the new batches say of payloads and of what was deleted."""

    def __init__(self, ledger: apsw.Connection, after: int, last: int) -> None:
        self.payloads: set[bytes] = set()
        self.deleted: set[bytes] = set()
        self.emptied: list[chain.Stretch] = []
        rows = ledger.execute(
            "SELECT name, size, body FROM section INDEXED BY section_by_name"
            " WHERE name IN (?, 'payload_deleted', 'columns_deleted') AND id >= ? AND id < ?",
            (PAYLOADS, (after + 1) * SECTIONS_MAX, (last + 1) * SECTIONS_MAX),
        )
        for name, size, body in rows:
            data = store.inflate(body, size)
            if name == PAYLOADS:
                self.payloads |= {item.payload_id for item in chain.read_payloads(data)}
                continue
            for _pos, _known_s, event in msgspec.msgpack.decode(data):
                if name == "payload_deleted":
                    self.deleted.add(bytes.fromhex(event["payload_id"]))
                else:
                    self.emptied += [chain.Stretch(event["columns"], *ends) for ends in event["batches"]]


def _holds(payloads: apsw.Connection, payload_id: bytes) -> bool:
    return payloads.execute("SELECT 1 FROM payload WHERE id = ?", (payload_id,)).fetchone() is not None


def _checked(
    ledger: apsw.Connection, seq: int, header_bytes: bytes, digest: bytes, previous: bytes
) -> list[tuple[Any, ...]]:
    """Return the rows of a batch's sections once they are what its header says."""
    try:
        header = chain.read_header(header_bytes)
        if header.seq != seq or header.previous != previous or hashlib.sha256(header_bytes).digest() != digest:
            raise ValueError("it is not linked to the batch before")
        rows: list[tuple[Any, ...]] = ledger.execute(
            "SELECT id, name, items, t0_s, t1_s, known0_s, known1_s, size, body FROM section"
            " WHERE id >= ? AND id < ? ORDER BY id",
            (seq * SECTIONS_MAX, (seq + 1) * SECTIONS_MAX),
        ).fetchall()
        if len(rows) != len(header.sections):
            raise ValueError(f"it has {len(rows)} sections, its header says {len(header.sections)}")
        for row, line in zip(rows, header.sections, strict=True):
            if row[1] != line.name or (
                row[8] != b"" and hashlib.sha256(store.inflate(row[8], line.size)).digest() != line.digest
            ):
                raise ValueError(f"{line.name} is not what its hash says")
    except (msgspec.MsgspecError, ValueError, TypeError, zlib.error) as error:
        raise LedgerBroken(f"batch {seq}", f"was not copied: {error}", "run verify") from error
    return rows


def _whole_payloads(rows: Any) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        if hashlib.sha256(row[2] + row[4]).digest() != row[0]:
            raise LedgerBroken(
                f"payload {row[0].hex()}", "was not copied: it is not what its hash says", "run verify"
            )
        yield row


def _replace(source: Path, target: Path) -> None:
    fresh = target.with_name(target.name + ".new")
    shutil.copyfile(source, fresh)
    os.replace(fresh, target)
