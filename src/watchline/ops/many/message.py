"""What travels from a node to the core: looks, what they found, and records, as bytes and back.

Theory: a body is made once, when something was seen, and never touched again; an envelope with the node's name and
the numbers its outbox gave is put around it when it is sent.  Looks that found nothing travel in bodies of their own,
so that a full outbox can give them up before any detection.  Sensors go by their ids: a node whose site file is older
than the core's must not have its detections told of another sensor.

Limits: a look's detections stay together, so a body may hold more than `FINDS` of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from watchline.domain.batches import DetectionBatch, ScanBatch
from watchline.domain.kinds import AnyRecord
from watchline.domain.records import Record

FINDS = 50  # detections of one message: a disk flush per message is what a transport costs
LOOKS = 500  # empty looks of one message
MESSAGE_BYTES_MAX = 900_000  # NATS carries a megabyte

LOOKS_ONLY, FOUND = 0, 1
B = TypeVar("B", ScanBatch, DetectionBatch)


class _Rows(msgspec.Struct, frozen=True, array_like=True):
    """A batch: its columns in the order of `COLUMNS`, little-endian."""

    rows: int
    columns: tuple[bytes, ...]


class _Body(msgspec.Struct, frozen=True, array_like=True):
    schema: Literal[1]
    sensors: tuple[str, ...]
    scans: _Rows
    detections: _Rows
    records: tuple[AnyRecord, ...] = ()


class Envelope(msgspec.Struct, frozen=True, array_like=True):
    """A body on its way.  first, last: its number, or those of several that gave way; body: b"" when they did."""

    node: str
    outbox: str
    first: int
    last: int
    body: bytes
    lost_scans: int = 0
    lost_detections: int = 0


@dataclass(frozen=True)
class Body:
    """Bytes to keep, and what is in them.  kind: LOOKS_ONLY or FOUND; t_s: the newest time in it."""

    kind: int
    t_s: float
    scans: int
    detections: int
    data: bytes


@dataclass(frozen=True)
class Content:
    """A body as it is read: `sensor` of its batches points into `sensors`."""

    sensors: tuple[str, ...]
    scans: ScanBatch
    detections: DetectionBatch
    records: tuple[Record, ...]


_ENCODE = msgspec.msgpack.Encoder().encode
_BODY = msgspec.msgpack.Decoder(_Body)
_ENVELOPE = msgspec.msgpack.Decoder(Envelope)


def bodies(
    sensors: tuple[str, ...], scans: ScanBatch, detections: DetectionBatch, records: tuple[Record, ...], now_s: float
) -> list[Body]:
    """Return what to keep of one step.  sensors: ids that `sensor` of the batches points into."""
    found = np.isin(scans.scan_id, detections.scan_id)
    out: list[Body] = []
    quiet = scans.take(np.flatnonzero(~found))
    for at in range(0, len(quiet), LOOKS):
        out.append(_made(LOOKS_ONLY, sensors, quiet.take(slice(at, at + LOOKS)), DetectionBatch.empty(), (), now_s))
    order = np.argsort(detections.scan_id, kind="stable")
    detections = detections.take(order)
    looks = scans.take(np.flatnonzero(found))
    for part in _chunks(detections.scan_id):
        mine = detections.take(part)
        out.append(_made(FOUND, sensors, looks.take(np.isin(looks.scan_id, mine.scan_id)), mine, (), now_s))
    for some in _portions(records):
        out.append(_made(FOUND, sensors, ScanBatch.empty(), DetectionBatch.empty(), some, now_s))
    return out


def _portions(records: tuple[Record, ...]) -> Iterator[tuple[Record, ...]]:
    """Yield the records in their order, as many at a time as one message carries."""
    some: list[Record] = []
    size = 0
    for record in records:
        more = len(_ENCODE(record))
        if some and size + more > MESSAGE_BYTES_MAX:
            yield tuple(some)
            some, size = [], 0
        some.append(record)
        size += more
    if some:
        yield tuple(some)


def _chunks(scan_id: NDArray[np.int32]) -> list[slice]:
    """Return slices of sorted numbers, each of FINDS rows or a few more, never between two rows of one look."""
    out, begin = [], 0
    while begin < len(scan_id):
        end = int(np.searchsorted(scan_id, scan_id[min(begin + FINDS, len(scan_id)) - 1], side="right"))
        out.append(slice(begin, end))
        begin = end
    return out


def _made(
    kind: int,
    sensors: tuple[str, ...],
    scans: ScanBatch,
    detections: DetectionBatch,
    records: tuple[Record, ...],
    now_s: float,
) -> Body:
    used, at = np.unique(np.concatenate([scans.sensor, detections.sensor]), return_inverse=True)
    place: NDArray[np.int32] = at.astype(np.int32)
    body = _Body(
        1,
        tuple(sensors[k] for k in used),
        _rows(scans, place[: len(scans)]),
        _rows(detections, place[len(scans) :]),
        records,  # type: ignore[arg-type]  # every record is one of AnyRecord
    )
    times = [*scans.t_s, *detections.t_s]
    newest_s = float(max(times)) if times else now_s
    return Body(kind, newest_s, len(scans), len(detections), _ENCODE(body))


def _rows(batch: ScanBatch | DetectionBatch, sensor: NDArray[np.int32]) -> _Rows:
    columns = {**batch.columns(), "sensor": sensor}
    data = (np.ascontiguousarray(c, c.dtype.newbyteorder("<")).tobytes() for c in columns.values())
    return _Rows(len(batch), tuple(data))


def encode(envelope: Envelope) -> bytes:
    """Return what is sent."""
    return _ENCODE(envelope)


def read_envelope(data: bytes) -> Envelope:
    """Return who sent what; ValueError says what is wrong with it."""
    try:
        envelope = _ENVELOPE.decode(data)
    except msgspec.MsgspecError as error:
        raise ValueError(f"is no message of a node ({error})") from None
    if not 0 < envelope.first <= envelope.last < 1 << 62:
        raise ValueError(f"has the numbers {envelope.first}..{envelope.last}")
    return envelope


def read_body(data: bytes) -> Content:
    """Return what a body holds; ValueError says what is wrong with it."""
    try:
        body = _BODY.decode(data)
    except msgspec.MsgspecError as error:
        raise ValueError(f"holds what this version does not know ({error})") from None
    scans = _read(ScanBatch, body.scans, len(body.sensors))
    detections = _read(DetectionBatch, body.detections, len(body.sensors))
    return Content(body.sensors, scans, detections, tuple(body.records))


def _read(kind: type[B], rows: _Rows, sensors: int) -> B:
    if len(rows.columns) != len(kind.COLUMNS):
        raise ValueError(f"{kind.__name__} has {len(kind.COLUMNS)} columns, got {len(rows.columns)}")
    arrays: dict[str, NDArray[Any]] = {}
    for (name, (dtype, extra)), data in zip(kind.COLUMNS.items(), rows.columns, strict=True):
        little = np.dtype(dtype).newbyteorder("<")
        if len(data) != rows.rows * int(np.prod(extra, dtype=int)) * little.itemsize:
            raise ValueError(f"{kind.__name__}.{name} has {len(data)} bytes for {rows.rows} rows")
        arrays[name] = np.frombuffer(data, little).astype(dtype, copy=False).reshape(rows.rows, *extra)
    if not np.isfinite(arrays["t_s"]).all():
        raise ValueError(f"{kind.__name__}.t_s must be finite")
    if rows.rows and not (arrays["sensor"].min() >= 0 and arrays["sensor"].max() < sensors):
        raise ValueError(f"{kind.__name__}.sensor points beyond its {sensors} sensors")
    return kind(**arrays)
