"""The ledger as those who write it see it: append, cut, wait.

Theory: `append` encodes at once and keeps the bytes; `cut` seals what was appended into a batch and hashes it,
so `head` is exact the moment it returns; compression and the disk are the business of the committer's thread.
`commit` is cut and wait: when it returns, what was appended may be acknowledged (invariant 4).

Rules: the chain depends only on what was appended, where it was cut and the salts.  A batch that grows past
`PENDING_BYTES_MAX` is sealed by itself, at the newest time anything in it was learned.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
import numpy as np

from watchline.domain.batches import _Batch
from watchline.domain.kinds import AnyRecord, kind_of
from watchline.domain.records import ColumnsDeleted, PayloadDeleted, Record, Rejection
from watchline.ledger import chain
from watchline.ledger.columns import column_name_of, pack_columns
from watchline.ledger.committer import Committer
from watchline.ledger.reader import Held, LedgerReader, require_ledger
from watchline.ledger.store import Store, create_store

PENDING_BYTES_MAX = 32 * 2**20  # the most that one batch holds in memory before it seals itself
PAYLOAD_BYTES_MAX = 256 * 2**20  # a payload is held in memory whole; SQLite's own limit is 1 GB
SALT_BYTES_MIN = 16  # so that nobody can find deleted bytes by trying

_CHECK = msgspec.msgpack.Decoder(AnyRecord)
_ENCODE = msgspec.msgpack.Encoder(order="deterministic").encode


class Ledger:
    """A ledger held for writing (mutable).  Its methods may be called from several threads."""

    def __init__(self, store: Store, salt: Callable[[], bytes]) -> None:
        self._store = store
        self._directory = store.directory
        self._salt = salt
        self._lock = threading.RLock()
        self._counts = store.counts()
        self._seq, self._hash = store.seq, store.hash
        self._newest_s = store.header.cut_s if store.header else 0.0
        self._pending = chain.Pending()
        self._committer = Committer(store.write, store.idle, store.seq)
        self._closed = False
        self._whole = 0
        if store.torn:
            self.append(_torn_tail(store.torn, self._seq, self._newest_s), self._newest_s)

    @classmethod
    def create(cls, directory: Path | str, salt: Callable[[], bytes]) -> Self:
        """Make an empty ledger and hold it.  salt: gives >= 16 fresh random bytes for each payload.

        Raises BadInput when there is a ledger already.
        """
        create_store(Path(directory))
        return cls.open(directory, salt)

    @classmethod
    def open(cls, directory: Path | str, salt: Callable[[], bytes]) -> Self:
        """Hold an existing ledger and continue its chain, finishing what a crash left.

        Raises BadInput when it is no ledger, LedgerBusy when another writer holds it, LedgerBroken when the chain
        does not reach what was known durable or its last batch is not whole.  An unfinished tail that nobody
        was told of is left out, and if it was not plainly unfinished a Rejection in the chain says so.
        """
        return cls(Store(require_ledger(Path(directory))), salt)

    @property
    def directory(self) -> Path:
        """Return where it lies."""
        return self._directory

    @property
    def head(self) -> tuple[int, str]:
        """Return (seq, hash) of the last sealed batch; (0, 64 zeros) before the first."""
        with self._lock:
            return self._seq, self._hash.hex()

    @property
    def durable_seq(self) -> int:
        """Return the last batch that is on the disk."""
        return self._committer.durable_seq

    @property
    def waiting(self) -> int:
        """Return how many sealed batches are not on the disk yet."""
        return self._seq - self._committer.durable_seq

    @property
    def counts(self) -> dict[str, int]:
        """Return how many events (by kind), rows (by column name) and payloads were appended, in all runs."""
        with self._lock:
            return dict(self._counts)

    def append(self, record: Record, known_s: float) -> None:
        """Add a record to the current batch.  known_s: when it was learned, the injected clock.

        Raises ValueError when the record could not be read back or a time is not finite, LedgerWriteError while
        the disk refuses earlier batches: then it was not taken.
        """
        if isinstance(record, PayloadDeleted | ColumnsDeleted):
            verb = "delete_payload" if isinstance(record, PayloadDeleted) else "delete_columns"
            raise ValueError(f"{kind_of(record)} says that bytes are gone: use {verb}, which removes them")
        self._append(record, known_s)

    def _append(self, record: Record, known_s: float) -> None:
        try:
            record = _CHECK.decode(_ENCODE(record))  # as it will be read: a whole number given for a real one is real
        except msgspec.MsgspecError as error:
            raise ValueError(f"{type(record).__name__} cannot be kept: {error}") from error
        kind = kind_of(record)
        t_s, known_s = _finite(f"{kind}.t_s", record.t_s), _finite("known_s", known_s)
        with self._lock:
            self._require_open()
            self._pending.add_event(kind, t_s, known_s, record)
            self._taken(kind, 1, known_s)

    def append_columns(self, batch: _Batch, known_s: float) -> None:
        """Add scans, detections or track states to the current batch; nothing if there are no rows.

        Raises as `append` does, and ValueError when `validate` does or a `t_s` is not finite.
        """
        name = column_name_of(batch)
        rows = len(batch.validate())
        if rows == 0:
            return
        t_s = batch.columns()["t_s"]
        t0_s, t1_s = float(np.min(t_s)), float(np.max(t_s))
        _finite(f"{name}.t_s", t0_s + t1_s)
        known_s = _finite("known_s", known_s)
        columns = pack_columns(batch)
        with self._lock:
            self._require_open()
            item = chain.ColumnItem(pos=0, known_s=known_s, rows=rows, columns=columns, salt=self._fresh_salt())
            self._pending.add_columns(name, item, t0_s, t1_s)
            self._taken(name, rows, item.known_s)

    def put_payload(self, data: bytes, media_type: str) -> str:
        """Keep bytes apart, their salted hash in the current batch, and return their id (64 hex digits).

        Raises ValueError when they are too many or the salt too short.
        """
        if len(data) > PAYLOAD_BYTES_MAX:
            raise ValueError(f"a payload has at most {PAYLOAD_BYTES_MAX} bytes, got {len(data)}")
        salt = self._fresh_salt()
        payload_id = hashlib.sha256(salt + data).digest()
        with self._lock:
            self._require_open()
            self._pending.add_payload(chain.StoredPayload(payload_id, salt, media_type, bytes(data)))
            self._taken(chain.PAYLOADS, 1, self._newest_s)
        return payload_id.hex()

    def delete_payload(self, payload_id: str, reason: str, now_s: float, source: str = "ledger") -> PayloadDeleted:
        """Remove a payload's bytes and salt for good; return the event that proves it, durable.

        source: who ordered it.  Raises ValueError when no such payload is held.
        """
        with self._lock:
            self.commit(now_s)
            with LedgerReader(self._directory) as reader:
                if reader.payload(payload_id) is None:
                    raise ValueError(f"no payload {payload_id} is held")
            event = PayloadDeleted(
                id=f"deleted-{payload_id}", t_s=now_s, source=source, payload_id=payload_id, reason=reason
            )
            self._append(event, now_s)
            self._pending.erased.append(bytes.fromhex(payload_id))
            self.commit(now_s)
        return event

    def delete_columns(
        self, name: str, found: Sequence[Held], reason: str, now_s: float, source: str = "ledger"
    ) -> ColumnsDeleted:
        """Remove the rows of the sections found (`LedgerReader.held_columns`, in order) for good; return the proof.

        The proof is durable with the next commit, and the bytes go after it.
        """
        stretches = [chain.Stretch(name, first, last) for first, last in _stretches(found)]
        gone = [one for one in found if one.goes]
        if not gone:
            raise ValueError(f"no {name} to delete")
        event = ColumnsDeleted(
            id=f"deleted-{name}-{gone[0].seq}-{gone[-1].seq}",
            t_s=now_s,
            source=source,
            columns=name,
            batches=tuple((one.first, one.last) for one in stretches),
            sections=len(gone),
            rows=sum(one.rows for one in gone),
            from_s=min(one.t0_s for one in gone),
            to_s=max(one.t1_s for one in gone),
            reason=reason,
        )
        with self._lock:
            self._append(event, now_s)
            self._pending.emptied.extend(stretches)
        return event

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Let what is appended inside lie in one batch, however large: what speaks of the rest must not part from it.

        Other threads wait until it is over.
        """
        with self._lock:
            self._whole += 1
            try:
                yield
            finally:
                self._whole -= 1

    def cut(self, now_s: float) -> int:
        """Seal what was appended since the last cut and return the last seq; no batch is made of nothing.

        May wait for room in the queue.  Raises LedgerWriteError while the disk refuses; what was appended is kept.
        """
        with self._lock:
            self._committer.check()
            if self._pending.sections:
                self._seal(_finite("now_s", now_s))
            return self._seq

    def wait(self, seq: int) -> None:
        """Return when the batch is durable; LedgerWriteError if it cannot be made so now."""
        if seq > self._seq:
            raise ValueError(f"batch {seq} is not sealed yet, the last is {self._seq}")
        self._committer.wait(seq)

    def wait_durable(self) -> None:
        """Return when every sealed batch is durable."""
        self.wait(self._seq)

    def commit(self, now_s: float) -> None:
        """Cut, and wait until all of it is durable: after this it may be acknowledged."""
        self.wait(self.cut(now_s))

    def close(self, now_s: float | None = None) -> None:
        """Cut (at now_s, else at the newest time learned), write everything, and let go.  Twice is once."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            try:
                if self._pending.sections:
                    self._seal(self._newest_s if now_s is None else _finite("now_s", now_s))
            finally:
                self._stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _fresh_salt(self) -> bytes:
        salt = self._salt()
        if len(salt) < SALT_BYTES_MIN:
            raise ValueError(f"a salt has at least {SALT_BYTES_MIN} bytes, got {len(salt)}")
        return salt

    def _stop(self) -> None:
        try:
            self._committer.stop()
        except BaseException:
            self._store.abandon()
            raise
        self._store.close()

    def _require_open(self) -> None:
        """Refuse while the disk does, and after the end."""
        if self._closed:
            raise ValueError("the ledger is closed")
        self._committer.check()

    def _taken(self, name: str, items: int, known_s: float) -> None:
        """Count what was added, and seal what has grown too large."""
        self._counts[name] = self._counts.get(name, 0) + items
        if known_s > self._newest_s:
            self._newest_s = known_s
        if self._pending.size > PENDING_BYTES_MAX and not self._whole:
            self._seal(self._newest_s)

    def _seal(self, cut_s: float) -> None:
        batch = chain.seal(self._pending, seq=self._seq + 1, cut_s=cut_s, previous=self._hash)
        self._pending = chain.Pending()
        self._seq, self._hash = batch.seq, batch.hash
        self._committer.put(batch)


def _finite(what: str, value: float) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{what} must be finite, got {value}")
    return number


def _stretches(found: Sequence[Held]) -> Iterator[tuple[int, int]]:
    """Yield (first, last) batch of each run of sections that go, broken where one stays."""
    for goes, run in itertools.groupby(found, key=lambda one: one.goes):
        if goes:
            seqs = [one.seq for one in run]
            yield seqs[0], seqs[-1]


def _torn_tail(torn: str, seq: int, t_s: float) -> Rejection:
    return Rejection(
        id=f"torn-tail-{seq}",
        t_s=t_s,
        source="ledger",
        what="the tail of the ledger's log",
        rule="what the last run wrote after this batch did not check and was left out; it was not acknowledged "
        "unless the disk was damaged",
        sample=torn,
    )
