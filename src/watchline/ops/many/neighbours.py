"""What the cores of one line tell each other once a second: their tracks, open alerts, and which sensors they hear.

It is of the moment: the next word replaces the last, nothing of it is kept, and whoever is silent for `SILENT_S` is
away.  Nothing but values passes; each core's ledger holds what its own nodes saw.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from watchline.domain.batches import ScanBatch, TrackBatch
from watchline.domain.records import Alert
from watchline.domain.site import Site
from watchline.ops.picture import Picture

SILENT_S = 10.0
EVERY_S = 1.0
ALERTS_MOST = 200
TRACKS_MOST = 4000


class _Word(msgspec.Struct, frozen=True, array_like=True):
    schema: Literal[1]
    shard: int
    now_s: float
    rows: int
    tracks: tuple[bytes, ...]
    sensors: tuple[str, ...]
    looks: tuple[tuple[float, float, float, float], ...]
    alerts: tuple[Alert, ...]


@dataclass(frozen=True)
class Part:
    """What one core says: its tracks at now_s, the latest look of each sensor it hears, its open alerts."""

    shard: int
    now_s: float
    tracks: TrackBatch
    looks: ScanBatch
    alerts: tuple[Alert, ...]


_ENCODE = msgspec.msgpack.Encoder().encode
_WORD = msgspec.msgpack.Decoder(_Word)


def word(shard: int, site: Site, mine: NDArray[np.int64], picture: Picture) -> bytes:
    """Return what a core says of its picture; mine: indexes of the sensors that it hears, dark ones left out."""
    shown = picture.tracks.take(np.flatnonzero(picture.tracks.confirmed))
    tracks = shown.take(slice(0, TRACKS_MOST))
    heard = [int(k) for k in mine if np.isfinite(picture.heard_s[k])]
    at, low, high, reach = (c.tolist() for c in (picture.heard_s, picture.az0_rad, picture.az1_rad, picture.range_m))
    looks = tuple((at[k], low[k], high[k], reach[k]) for k in heard)
    open_ = [item.alert for item in picture.alerts.values() if item.state(picture.now_s) == "open"]
    return _ENCODE(
        _Word(
            1, shard, picture.now_s, len(tracks),
            tuple(np.ascontiguousarray(c, c.dtype.newbyteorder("<")).tobytes() for c in tracks.columns().values()),
            tuple(site.sensors[k].id for k in heard), looks, tuple(open_[-ALERTS_MOST:]),
        )
    )  # fmt: skip


def read_word(data: bytes, site: Site) -> Part:
    """Return what another core says; ValueError tells what is wrong with it."""
    try:
        said = _WORD.decode(data)
    except msgspec.MsgspecError as error:
        raise ValueError(f"is no word of a core ({error})") from None
    index = {sensor.id: k for k, sensor in enumerate(site.sensors)}
    known = [k for k, name in enumerate(said.sensors) if name in index]
    if len(said.looks) != len(said.sensors) or len(said.tracks) != len(TrackBatch.COLUMNS):
        raise ValueError("its columns do not fit together")
    tracks: dict[str, NDArray[Any]] = {}
    for (name, (dtype, extra)), column in zip(TrackBatch.COLUMNS.items(), said.tracks, strict=True):
        little = np.dtype(dtype).newbyteorder("<")
        if len(column) != said.rows * int(np.prod(extra, dtype=int)) * little.itemsize:
            raise ValueError(f"tracks.{name} has {len(column)} bytes for {said.rows} rows")
        tracks[name] = np.frombuffer(column, little).astype(dtype, copy=True).reshape(said.rows, *extra)
    n, looks = len(known), np.array([said.looks[k] for k in known], float).reshape(-1, 4)
    scans = ScanBatch(
        scan_id=np.full(n, -1, np.int32), sensor=np.array([index[said.sensors[k]] for k in known], np.int32),
        t_s=looks[:, 0].copy(), az0_rad=looks[:, 1].copy(), az1_rad=looks[:, 2].copy(), range_m=looks[:, 3].copy(),
        quality=np.full(n, np.nan), detections=np.zeros(n, np.int32),
    )  # fmt: skip
    return Part(said.shard, said.now_s, TrackBatch(**tracks), scans, said.alerts)


class Neighbours:
    """What other cores said last.  Mutable: the receiver's thread writes it, the core reads it.

    shard: which of how many we are, from 0; others: sensors of the other cores' nodes; outgoing: what we say, as
    bytes; trouble: of the last word that was bad.
    """

    def __init__(self, site: Site, shard: int, others: frozenset[int] = frozenset()) -> None:
        self._site, self.shard, self.others = site, shard, others
        self._parts: dict[int, Part] = {}
        self.outgoing: bytes | None = None
        self.trouble = ""

    def heard(self, data: bytes) -> None:
        """Take the word of another core."""
        try:
            part = read_word(data, self._site)
        except ValueError as error:
            self.trouble = str(error)
            return
        if part.shard != self.shard:
            self._parts[part.shard] = part

    def parts(self, now_s: float) -> dict[int, Part]:
        """Return the cores that are there, by their place on the line."""
        return {k: part for k, part in dict(self._parts).items() if abs(now_s - part.now_s) <= SILENT_S}

    def looks(self, now_s: float) -> ScanBatch:
        """Return the latest look of every sensor that another core hears."""
        return ScanBatch.join([part.looks for part in self.parts(now_s).values()])
