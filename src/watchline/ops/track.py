"""Recorded arrays of scans and detections through the tracker: the same engine as the live picture."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchline.domain.batches import CLASSES, DetectionBatch, ScanBatch, TrackBatch
from watchline.domain.site import Sensor
from watchline.geo.frame import SiteFrame
from watchline.geo.line import LineFrame
from watchline.sources.track_arrays import TrackArrays
from watchline.tracking import tracker

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]

CLASS_SURE = 0.7  # a class label of a far subject is right about so often
KIND_NAMES = ("thermal_camera", "radar", "fence_sensor")
MDV_M_S = 0.3  # least radial speed of a ground radar that does not state its own
NETD_K = 0.05
MDV_COLUMN = 13  # of `sensors`, where it is given


@dataclass(frozen=True)
class Recorded:
    """What a recording is made of: the tracker's setup and every scan and detection with its time of arrival."""

    setup: tracker.Setup
    scans: ScanBatch
    scan_arrive_s: F8
    detections: DetectionBatch
    det_arrive_s: F8
    duration_s: float


def recorded(arrays: TrackArrays) -> Recorded:
    """Return a recording in the tracker's words: bearings clockwise from grid north instead of from the x axis."""
    return Recorded(
        _setup(arrays),
        _scans(arrays),
        arrays.scan_t_arrive,
        _detections(arrays),
        arrays.det_t_arrive,
        arrays.duration,
    )


def tracks_of(recording: Recorded, order: str, every_s: float) -> Iterator[TrackBatch]:
    """Yield the tracks at every_s, 2 every_s, ... seconds; order "arrival" or "time" says when scans are heard."""
    state = tracker.init(recording.setup)
    by_arrival = order == "arrival"
    scan_key = recording.scan_arrive_s if by_arrival else recording.scans.t_s
    det_key = recording.det_arrive_s if by_arrival else _scan_time_of(recording)
    scan_order, det_order = np.argsort(scan_key, kind="stable"), np.argsort(det_key, kind="stable")
    scans, detections = recording.scans.take(scan_order), recording.detections.take(det_order)
    times = every_s * np.arange(1, math.floor(recording.duration_s / every_s + 1e-9) + 1)
    scan_end = np.searchsorted(scan_key[scan_order], times, side="right")
    det_end = np.searchsorted(det_key[det_order], times, side="right")
    a = b = 0
    for now_s, a1, b1 in zip(times.tolist(), scan_end.tolist(), det_end.tolist(), strict=True):
        state, tracks = tracker.step(state, scans.take(slice(a, a1)), detections.take(slice(b, b1)), now_s)
        a, b = a1, b1
        yield tracks


def _scan_time_of(recording: Recorded) -> F8:
    order = np.argsort(recording.scans.scan_id, kind="stable")
    at = np.searchsorted(recording.scans.scan_id[order], recording.detections.scan_id)
    return recording.scans.t_s[order][at]


def _setup(arrays: TrackArrays) -> tracker.Setup:
    rows = arrays.sensors
    xy, s = arrays.line[:, :2], arrays.line[:, 2]
    # Places are already metric: the frame gives the line its words and is never asked for longitude and latitude.
    frame = SiteFrame(0.0, 0.0, 0.0)
    line = LineFrame(frame, np.zeros((len(xy), 2)), np.ascontiguousarray(xy), np.ascontiguousarray(s), 1.0)
    eye = np.column_stack([rows[:, 1], rows[:, 2], rows[:, 3]])
    fence = rows[:, 0] >= 2
    if fence.any():
        middle = rows[fence, 1] + 0.5 * rows[fence, 8]
        eye[fence, :2] = line.xy_m_from_sd(np.column_stack([middle, np.zeros(len(middle))]))
    return tracker.set_up_places(
        line, tuple(_sensor(k, row) for k, row in enumerate(rows)), eye, _units(arrays), np.zeros(len(rows)),
        np.zeros((1, 1), np.float32), np.array([0.0, 0.0, 1.0]), arrays.blind,
    )  # fmt: skip


def _sensor(number: int, row: F8) -> Sensor:
    """Return a row of `sensors` as a sensor with the performance one may expect of such a thing."""
    kind = KIND_NAMES[int(row[0])]
    hfov_deg = 360.0 / max(row[6], 1.0)
    # A camera points as finely as its pixels: its bearing error is about one of them.
    width_px = 2.0 * math.tan(math.radians(min(hfov_deg, 179.0)) / 2.0) / max(row[9], 1e-5)
    return Sensor(
        id=f"sensor-{number}", kind=kind, organisation="own", mast_m=float(row[3]), max_range_m=float(row[8]),  # type: ignore[arg-type]
        scan_period_s=float(row[4]), hfov_deg=hfov_deg, width_px=max(round(width_px), 1), netd_k=NETD_K,
        min_speed_m_s=(float(row[MDV_COLUMN]) if len(row) > MDV_COLUMN else MDV_M_S) if kind == "radar" else 0.0,
    )  # fmt: skip


def _units(arrays: TrackArrays) -> I8:
    """Return which sensor each row is: rows alike in all but place, with one scan each, are one that moves."""
    rows = arrays.sensors
    once = np.bincount(arrays.scan_sensor, minlength=len(rows)) == 1
    like = np.delete(rows, [1, 2], axis=1)
    names: dict[bytes, int] = {}
    unit = np.zeros(len(rows), np.int64)
    for k in range(len(rows)):
        name = like[k].tobytes() if once[k] else k.to_bytes(8, "little")
        unit[k] = names.setdefault(name, len(names))
    return unit


def _scans(arrays: TrackArrays) -> ScanBatch:
    n = len(arrays.scan_id)
    fence = arrays.sensors[arrays.scan_sensor, 0] >= 2
    return ScanBatch(
        scan_id=arrays.scan_id.astype(np.int32),
        sensor=arrays.scan_sensor.astype(np.int32),
        t_s=arrays.scan_t,
        az0_rad=np.where(fence, np.nan, 0.5 * math.pi - arrays.scan_az1),
        az1_rad=np.where(fence, np.nan, 0.5 * math.pi - arrays.scan_az0),
        range_m=arrays.sensors[arrays.scan_sensor, 8],
        quality=np.full(n, np.nan),
        detections=np.zeros(n, np.int32),
    ).validate()


def _detections(arrays: TrackArrays) -> DetectionBatch:
    n, fence = len(arrays.det_t), arrays.det_kind == 2
    z, sd = arrays.det_z, arrays.det_sd
    p_class = np.full((n, len(CLASSES)), 0.25)
    told = np.flatnonzero((arrays.det_class >= 1) & (arrays.det_class <= 3))
    p_class[told] = (1.0 - CLASS_SURE) / 3.0
    p_class[told, arrays.det_class[told] - 1] = CLASS_SURE
    return DetectionBatch(
        scan_id=arrays.det_scan.astype(np.int32),
        sensor=arrays.det_sensor.astype(np.int32),
        kind=arrays.det_kind.astype(np.uint8),
        t_s=arrays.det_t,
        bearing_rad=np.where(fence, np.nan, 0.5 * math.pi - z[:, 0]),
        range_m=np.where(fence, np.nan, z[:, 1]),
        sd_bearing_rad=np.where(fence, np.nan, sd[:, 0]),
        sd_range_m=np.where(fence, np.nan, sd[:, 1]),
        range_rate_m_s=z[:, 2],
        s_m=np.where(fence, z[:, 0], np.nan),
        sd_s_m=np.where(fence, sd[:, 0], np.nan),
        snr=arrays.det_snr,
        p_class=p_class,
        frame=np.full(n, -1, np.int32),
        bbox_px=np.full((n, 4), np.nan),
    ).validate()
