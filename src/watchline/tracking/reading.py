"""What comes in, as the compiled loop reads it: scans in order of time, each with its detections.

Rules: how scans and detections came makes no difference: scans are in order of time, of equal times the lower sensor,
then the lower scan number first; within a scan the order is that of the numbers measured.  A detection belongs to the
scan with its `scan_id`; one without a scan, or without a finite bearing or error, is passed over.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from watchline.domain.batches import KIND_CAMERA, KIND_FENCE, KIND_GROUND, DetectionBatch, ScanBatch
from watchline.geo.line import LineFrame
from watchline.tracking.sensors.world import AZ0, AZ1, ID, QUALITY, REACH, T
from watchline.tracking.track.measurement import (
    AFTER_S,
    AXIS,
    BEARING,
    CLASS,
    FORM,
    PLACE,
    POLAR,
    RANGE,
    RATE,
    SCALES,
    SD_BEARING,
    SD_RANGE,
    SD_RATE,
    WIDTH,
)

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]
U1 = NDArray[np.uint8]
Parts = tuple[I4, F8, I8, F8, I8]

SD_RATE_M_S = 0.2
MOST_AFTER_S = 10.0  # of a detection's own time, before or after its scan's
KEYS_PER_SCAN = 4096


@dataclass(frozen=True)
class Scans:
    """Scans and their detections as the compiled loop reads them, in order of time.

    sensor (K,), scan (K, 6) as in `world.py`, first (K + 1,) the first row of each one's detections; det (D, WIDTH)
    as in `measurement.py` and key (D,).
    """

    sensor: I4
    scan: F8
    first: I8
    det: F8
    key: I8

    def part(self, begin: int, end: int) -> Scans:
        """Return scans begin..end - 1 with their detections."""
        a, b = self.first[begin], self.first[end]
        return Scans(
            self.sensor[begin:end],
            self.scan[begin:end],
            self.first[begin : end + 1] - a,
            self.det[a:b],
            self.key[a:b],
        )

    def merged(self, more: Scans) -> Scans:
        """Return both, in order of time."""
        if len(more.sensor) == 0:
            return self
        return Scans(
            *_merged(
                self.sensor, self.scan, self.first, self.det, self.key,
                more.sensor, more.scan, more.first, more.det, more.key,
            )
        )  # fmt: skip


def no_scans() -> Scans:
    """Return nothing at all."""
    none = np.zeros(0, np.int64)
    return Scans(np.zeros(0, np.int32), np.zeros((0, 6)), np.zeros(1, np.int64), np.zeros((0, WIDTH)), none)


def read(line: LineFrame, convergence_rad: F8, scans: ScanBatch, detections: DetectionBatch) -> Scans:
    """Return scans and detections in order; convergence_rad (S,) to add to a sensor's true bearings."""
    found = detections
    fence = np.flatnonzero((found.kind == KIND_FENCE) | (found.kind == KIND_GROUND))
    s_m = found.s_m[fence]
    # Chainage hits become places on the line.
    place = np.empty((len(fence), 3))
    if len(fence):
        place[:, :2] = line.xy_m_from_sd(np.column_stack([s_m, np.zeros(len(s_m))]))
        place[:, 2] = line.heading_rad(s_m)
    return Scans(
        *_read(
            convergence_rad, scans.sensor, scans.scan_id, scans.t_s, scans.az0_rad, scans.az1_rad, scans.range_m,
            scans.quality, found.scan_id, found.sensor, found.kind, found.t_s, found.bearing_rad, found.range_m,
            found.sd_bearing_rad, found.sd_range_m, found.range_rate_m_s, found.sd_s_m, found.p_class, fence, place,
        )
    )  # fmt: skip


@numba.njit(cache=True)
def _read(
    turn: F8, sensor: I4, scan_id: I4, t: F8, az0: F8, az1: F8, reach: F8, quality: F8, of: I4, by: I4, kind: U1,
    det_t: F8, bearing: F8, range_m: F8, sd_bearing: F8, sd_range: F8, rate: F8, sd_s: F8, p_class: F8, fence: I8,
    place: F8,
) -> Parts:  # fmt: skip
    n, m = len(scan_id), len(of)
    order = _in_order(t, sensor, scan_id)
    by_id = np.argsort(scan_id[order], kind="mergesort")
    ids = scan_id[order][by_id]
    owner, count = np.empty(m, np.int64), np.zeros(n + 1, np.int64)
    rows = np.empty((m, WIDTH))
    for j in range(m):
        at = np.searchsorted(ids, of[j])
        owner[j] = by_id[at] if at < n and ids[at] == of[j] else -1
        row = rows[j]
        row[BEARING], row[RANGE] = bearing[j] + turn[by[j]], range_m[j]
        row[SD_BEARING], row[SD_RANGE] = sd_bearing[j], sd_range[j]
        row[RATE], row[SD_RATE], row[FORM], row[AXIS] = rate[j], SD_RATE_M_S, POLAR, 0.0
        row[SCALES] = 1.0 if kind[j] == KIND_CAMERA else 0.0
        row[AFTER_S] = 0.0
        for c in range(4):
            row[CLASS + c] = p_class[j, c]
    for f in range(len(fence)):
        row = rows[fence[f]]
        row[BEARING], row[RANGE], row[AXIS] = place[f, 0], place[f, 1], place[f, 2]
        row[SD_BEARING], row[SD_RANGE] = sd_s[fence[f]], sd_s[fence[f]]
        row[RATE], row[FORM] = np.nan, PLACE
    for j in range(m):
        row = rows[j]
        fit = math.isfinite(row[BEARING]) and math.isfinite(row[SD_BEARING]) and row[SD_BEARING] > 0.0
        if owner[j] >= 0 and fit and (math.isnan(row[RANGE]) or row[SD_RANGE] > 0.0):
            row[AFTER_S] = min(max(det_t[j] - t[order[owner[j]]], -MOST_AFTER_S), MOST_AFTER_S)
            count[owner[j] + 1] += 1
        else:
            owner[j] = -1
    first = np.cumsum(count)
    placed, taken = np.zeros(n, np.int64), np.empty(first[n], np.int64)
    for j in range(m):
        k = owner[j]
        if k < 0:
            continue
        at = first[k] + placed[k]
        while at > first[k] and _sooner(rows[j], rows[taken[at - 1]]):
            taken[at] = taken[at - 1]
            at -= 1
        taken[at] = j
        placed[k] += 1
    det, key = np.empty((len(taken), WIDTH)), np.empty(len(taken), np.int64)
    out, who = np.empty((n, 6)), np.empty(n, np.int32)
    for k in range(n):
        i = order[k]
        who[k] = sensor[i]
        out[k, T], out[k, AZ0], out[k, AZ1] = t[i], az0[i] + turn[sensor[i]], az1[i] + turn[sensor[i]]
        out[k, REACH], out[k, QUALITY], out[k, ID] = reach[i], quality[i], scan_id[i]
        for r in range(first[k], first[k + 1]):
            det[r] = rows[taken[r]]
            key[r] = np.int64(scan_id[i]) * KEYS_PER_SCAN + (r - first[k])
    return who, out, first, det, key


@numba.njit(cache=True)
def _sooner(one: F8, other: F8) -> bool:
    """Return whether a detection comes before another of its scan: by bearing, then range, none last."""
    if one[BEARING] != other[BEARING]:
        return bool(one[BEARING] < other[BEARING])
    return bool(one[RANGE] < other[RANGE] or (math.isnan(other[RANGE]) and not math.isnan(one[RANGE])))


@numba.njit(cache=True)
def _in_order(t: F8, sensor: I4, scan_id: I4) -> I8:
    """Return the order of scans: by time, then sensor, then number."""
    order = np.argsort(t, kind="mergesort")
    for k in range(1, len(order)):
        i, at = order[k], k
        while at > 0 and t[order[at - 1]] == t[i]:
            before = order[at - 1]
            if (sensor[before], scan_id[before]) <= (sensor[i], scan_id[i]):
                break
            order[at] = before
            at -= 1
        order[at] = i
    return order


@numba.njit(cache=True)
def _merged(
    sensor: I4, scan: F8, first: I8, det: F8, key: I8, sensor2: I4, scan2: F8, first2: I8, det2: F8, key2: I8
) -> Parts:
    """Return two such sets as one, each in order of time, then sensor, then number."""
    n, m = len(sensor), len(sensor2)
    who, out, starts = np.empty(n + m, np.int32), np.empty((n + m, 6)), np.zeros(n + m + 1, np.int64)
    dets, keys = np.empty((len(key) + len(key2), WIDTH)), np.empty(len(key) + len(key2), np.int64)
    a, b = 0, 0
    for k in range(n + m):
        own = b == m or (
            a < n
            and (scan[a, T], sensor[a], scan[a, ID]) <= (scan2[b, T], sensor2[b], scan2[b, ID])
        )  # fmt: skip
        if own:
            a = _put(sensor, scan, first, det, key, a, k, who, out, starts, dets, keys)
        else:
            b = _put(sensor2, scan2, first2, det2, key2, b, k, who, out, starts, dets, keys)
    return who, out, starts, dets, keys


@numba.njit(cache=True)
def _put(
    sensor: I4, scan: F8, first: I8, det: F8, key: I8, a: int, k: int, who: I4, out: F8, starts: I8, dets: F8,
    keys: I8,
) -> int:  # fmt: skip
    """Put scan a in row k, in place; return the next one's row."""
    who[k] = sensor[a]
    for c in range(6):
        out[k, c] = scan[a, c]
    at = starts[k]
    for r in range(first[a], first[a + 1]):
        keys[at] = key[r]
        for c in range(WIDTH):
            dets[at, c] = det[r, c]
        at += 1
    starts[k + 1] = at
    return a + 1
