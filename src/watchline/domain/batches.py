"""Columnar batches: many scans, detections or track states as equal-length arrays.

Rules: every array has one row per item; a batch is checked once at a room's door with `validate`;
rows are ordered as they were learned.  NaN means "this sensor does not measure it".
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
U1 = NDArray[np.uint8]

CLASSES: tuple[str, ...] = ("person", "vehicle", "animal", "unknown")
"""What a detection or a track may be.  Never who it is, and never a judgement."""

KIND_CAMERA, KIND_RADAR, KIND_FENCE, KIND_GROUND = 0, 1, 2, 3


class _Batch:
    """Shared arithmetic of the batches below: validate, with_columns, empty, join, take."""

    # column name -> (dtype, extra shape)
    COLUMNS: dict[str, tuple[type[np.generic], tuple[int, ...]]]
    # columns, the last ones, that ledgers of earlier versions do not have -> what is read there
    ADDED: ClassVar[dict[str, float]] = {}

    def __len__(self) -> int:
        first = next(iter(self.COLUMNS))
        return int(getattr(self, first).shape[0])

    def columns(self) -> dict[str, NDArray[Any]]:
        """Return the arrays by name, in the order in which they are written to the ledger."""
        return {name: getattr(self, name) for name in self.COLUMNS}

    def validate(self) -> Self:
        """Return self if every column has the promised dtype and length; ValueError names the field."""
        n = len(self)
        for name, (dtype, extra) in self.COLUMNS.items():
            array = getattr(self, name)
            if array.shape != (n, *extra) or array.dtype != dtype:
                expected = f"{np.dtype(dtype).name}{(n, *extra)}"
                raise ValueError(
                    f"{type(self).__name__}.{name}: expected {expected}, got {array.dtype.name}{array.shape}"
                )
        return self

    def with_columns(self, **columns: NDArray[Any]) -> Self:
        """Return the same rows with these columns in place of theirs."""
        return type(self)(**{**self.columns(), **columns})

    @classmethod
    def empty(cls) -> Self:
        """Return a batch with no rows."""
        return cls(**{name: np.empty((0, *extra), dtype) for name, (dtype, extra) in cls.COLUMNS.items()})

    @classmethod
    def join(cls, parts: list[Self]) -> Self:
        """Return the rows of all parts, in the order given."""
        if not parts:
            return cls.empty()
        if len(parts) == 1:
            return parts[0]
        return cls(**{name: np.concatenate([getattr(p, name) for p in parts]) for name in cls.COLUMNS})

    def take(self, index: NDArray[Any] | slice) -> Self:
        """Return the rows chosen by an index or mask array; by a slice without copying."""
        return type(self)(**{name: getattr(self, name)[index] for name in self.COLUMNS})


@dataclass(frozen=True, slots=True)
class ScanBatch(_Batch):
    """What was looked at, even when nothing was seen: the negative information of the spine.

    scan_id (N,) a number that never repeats within a run; sensor (N,) index into `Site.sensors`;
    t_s (N,) seconds since the Unix epoch, UTC;
    az0_rad, az1_rad (N,) the sector looked at, clockwise from true north, az1 may exceed 2 pi;
    range_m (N,) out to which distance the sensor can have seen anything in this look;
    quality (N,) 0..1, the sensor's own measured fraction of its nominal contrast, NaN when not measured;
    detections (N,) how many detections came from this look.
    Fence and ground sensors: az NaN, range_m the length watched.
    """

    COLUMNS = {  # noqa: RUF012
        "scan_id": (np.int32, ()),
        "sensor": (np.int32, ()),
        "t_s": (np.float64, ()),
        "az0_rad": (np.float64, ()),
        "az1_rad": (np.float64, ()),
        "range_m": (np.float64, ()),
        "quality": (np.float64, ()),
        "detections": (np.int32, ()),
    }
    scan_id: I4
    sensor: I4
    t_s: F8
    az0_rad: F8
    az1_rad: F8
    range_m: F8
    quality: F8
    detections: I4


@dataclass(frozen=True, slots=True)
class DetectionBatch(_Batch):
    """What sensors reported, before any association.

    scan_id (N,) the look it came from; sensor (N,) index into `Site.sensors`; kind (N,) KIND_*;
    t_s (N,) when it was measured;
    bearing_rad (N,) clockwise from true north at the sensor; range_m (N,) along the ground;
    sd_bearing_rad, sd_range_m (N,) their 1-sigma errors; range_rate_m_s (N,) radar only;
    s_m, sd_s_m (N,) chainage of a fence or ground hit, else NaN;
    snr (N,) peak contrast over local noise; p_class (N, 4) over `CLASSES`, rows sum to 1;
    frame (N,) picture number or -1; bbox_px (N, 4) x, y, w, h in that picture or NaN.
    """

    COLUMNS = {  # noqa: RUF012
        "scan_id": (np.int32, ()),
        "sensor": (np.int32, ()),
        "kind": (np.uint8, ()),
        "t_s": (np.float64, ()),
        "bearing_rad": (np.float64, ()),
        "range_m": (np.float64, ()),
        "sd_bearing_rad": (np.float64, ()),
        "sd_range_m": (np.float64, ()),
        "range_rate_m_s": (np.float64, ()),
        "s_m": (np.float64, ()),
        "sd_s_m": (np.float64, ()),
        "snr": (np.float64, ()),
        "p_class": (np.float64, (4,)),
        "frame": (np.int32, ()),
        "bbox_px": (np.float64, (4,)),
    }
    scan_id: I4
    sensor: I4
    kind: U1
    t_s: F8
    bearing_rad: F8
    range_m: F8
    sd_bearing_rad: F8
    sd_range_m: F8
    range_rate_m_s: F8
    s_m: F8
    sd_s_m: F8
    snr: F8
    p_class: F8
    frame: I4
    bbox_px: F8


@dataclass(frozen=True, slots=True)
class TrackBatch(_Batch):
    """The tracks of one moment.

    track_id (N,) never reused within a ledger; t_s (N,) time of the state;
    xy_m (N, 2) east, north in the site grid; v_m_s (N, 2) likewise; cov (N, 4) xx, xy, yy of position
    in m^2 and mean velocity variance in m^2/s^2; s_m, d_m (N,) line coordinates (d > 0 = home side);
    p_exist (N,) 0..1; p_class (N, 4) over `CLASSES`; count (N,) likely number of subjects in the
    party it walks in, 1 for who walks alone;
    first_s, last_s (N,) first and latest detection; hits (N,) detections so far;
    sensor, other (N,) index of the sensor that saw it last, and of the last different one, -1 if none;
    confirmed (N,) 1 when shown to an operator.
    """

    COLUMNS = {  # noqa: RUF012
        "track_id": (np.int32, ()),
        "t_s": (np.float64, ()),
        "xy_m": (np.float64, (2,)),
        "v_m_s": (np.float64, (2,)),
        "cov": (np.float64, (4,)),
        "s_m": (np.float64, ()),
        "d_m": (np.float64, ()),
        "p_exist": (np.float64, ()),
        "p_class": (np.float64, (4,)),
        "count": (np.float64, ()),
        "first_s": (np.float64, ()),
        "last_s": (np.float64, ()),
        "hits": (np.int32, ()),
        "sensor": (np.int32, ()),
        "other": (np.int32, ()),
        "confirmed": (np.uint8, ()),
    }
    track_id: I4
    t_s: F8
    xy_m: F8
    v_m_s: F8
    cov: F8
    s_m: F8
    d_m: F8
    p_exist: F8
    p_class: F8
    count: F8
    first_s: F8
    last_s: F8
    hits: I4
    sensor: I4
    other: I4
    confirmed: U1


@dataclass(frozen=True, slots=True)
class MissBatch(_Batch):
    """The account of a stretch and a class of crosser over some time: how well the line could see there.

    t_s (N,) when it began; hours (N,) how long; stretch (N,) index; crosser (N,) index into
    `sensing.detection.CROSSERS`; share (N,) length in whole stretches, 0 where none can cross;
    mean, low, high (N,) pi_avg and its 5 and 95 % points, NaN where no reference route leads; adversary (N,) pi_adv
    of one who knows what works and who is where now (L2), 0 where none can cross; informed (N,) the same of one who
    knows where sensors are and how patrols go by their law, and not what is dark (L1), NaN where it was not reckoned.
    """

    COLUMNS = {  # noqa: RUF012
        "t_s": (np.float64, ()),
        "hours": (np.float64, ()),
        "stretch": (np.int32, ()),
        "crosser": (np.uint8, ()),
        "share": (np.float64, ()),
        "mean": (np.float64, ()),
        "low": (np.float64, ()),
        "high": (np.float64, ()),
        "adversary": (np.float64, ()),
        "informed": (np.float64, ()),
    }
    ADDED = {"informed": np.nan}  # noqa: RUF012
    t_s: F8
    hours: F8
    stretch: I4
    crosser: U1
    share: F8
    mean: F8
    low: F8
    high: F8
    adversary: F8
    informed: F8


def standing(rows: MissBatch) -> MissBatch:
    """Return the rows that stand, in their order: of those of one time, stretch and class the last one learned.

    Looks that come late let a minute be reckoned anew; its earlier rows stay in the ledger.
    """
    key = np.rec.fromarrays([rows.t_s, rows.stretch, rows.crosser])[::-1]
    _, newest = np.unique(key, return_index=True)
    return rows.take(np.sort(len(rows) - 1 - newest))


@dataclass(frozen=True, slots=True)
class InterruptionBatch(_Batch):
    """How likely whoever crosses a stretch by the best way is noticed in time for somebody of ours to be there.

    t_s (N,) when the minute began; stretch (N,), crosser (N,) as in `MissBatch`; response_s (N,) from an alert to the
    first of ours there, as they stand, inf where nobody is heard; p (N,) P_I, 1 where none can cross.
    """

    COLUMNS = {  # noqa: RUF012
        "t_s": (np.float64, ()),
        "stretch": (np.int32, ()),
        "crosser": (np.uint8, ()),
        "response_s": (np.float64, ()),
        "p": (np.float64, ()),
    }
    t_s: F8
    stretch: I4
    crosser: U1
    response_s: F8
    p: F8


def batch_types() -> dict[str, type[_Batch]]:
    """Return the batch kinds by the name under which the ledger stores them."""
    return {
        "scans": ScanBatch,
        "detections": DetectionBatch,
        "tracks": TrackBatch,
        "misses": MissBatch,
        "interruptions": InterruptionBatch,
    }


def _columns_match_fields() -> None:
    for kind in batch_types().values():
        names = [f.name for f in fields(kind)]  # type: ignore[arg-type]
        assert names == list(kind.COLUMNS), kind


_columns_match_fields()
