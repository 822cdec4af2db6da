"""Looks at somebody whose way is known, as evidence: a planted walk, or an own unit that reports its position.

Theory: while the subject goes its way, every scan that covers its place, with the ground open between, is one look;
it counts as seen when one of the scan's detections lies within GATE standard deviations of where the subject was.
A look that saw nothing is as much evidence as one that did.

Rules: slow movers are no evidence against a radar that cannot see them, and somebody who stands still is none against
a camera, whose background takes up what does not move.
Limits: somebody else beside the subject is taken for it; a chance alarm inside the gate counts as seen, which over a
gate of a few hundred metres happens once in thousands of looks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchline.domain.batches import KIND_RADAR, DetectionBatch, ScanBatch
from watchline.geo.sight import REFRACTION_LIGHT, REFRACTION_RADIO, least_visible_height_m
from watchline.geo.terrain import Terrain
from watchline.sensing.camera import half_height_rad
from watchline.sensing.detection import KIND, MIN_SPEED, Crosser, p_in_sight, performance_table, signal_of
from watchline.sensing.placing import Placed
from watchline.sensing.posterior import Evidence

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]

GATE = 3.0
MOVING_M_S = 0.1
POLAR = ("thermal_camera", "drone_camera", "radar")


@dataclass(frozen=True)
class Walk:
    """One subject's way: number names the passage; t_s (M,) rising; xy_m (M, 2) on the site grid; its class."""

    number: int
    t_s: F8
    xy_m: F8
    crosser: Crosser


@dataclass(frozen=True)
class Looks:
    """Looks at a walk: evidence, and for each row its range_m, t_s and row of the scan batch."""

    evidence: Evidence
    range_m: F8
    t_s: F8
    scan: I8


def looks_at(walk: Walk, scans: ScanBatch, detections: DetectionBatch, placed: Placed, terrain: Terrain) -> Looks:
    """Return every look of cameras and radars at a walk.

    scans: in any order; detections: with their scan_id.  Nominal conditions are those of the performance table, each
    scan's measured quality on top.
    """
    row, xy, v = _covering(walk, scans, placed, terrain)
    sensor = scans.sensor[row].astype(np.int64)
    step = xy - placed.eye_m[sensor, :2]
    range_m = np.hypot(step[:, 0], step[:, 1])
    hidden = _hidden_m(sensor, xy, placed, terrain)
    height = walk.crosser.height_m
    sight = np.array([p_in_sight(h, height) for h in hidden])
    table = performance_table(placed.sensors, walk.crosser)
    signals = [signal_of(table[s], r, q) for s, r, q in zip(sensor, range_m, scans.quality[row], strict=True)]
    ln_signal, depth = np.array(signals).reshape(-1, 2).T
    closing = np.abs((v * step).sum(axis=1)) / np.maximum(range_m, 1.0)
    fair = (table[sensor, KIND] != KIND_RADAR) | (closing >= table[sensor, MIN_SPEED])
    fair &= np.isfinite(ln_signal) & np.isfinite(hidden) & (np.hypot(v[:, 0], v[:, 1]) > MOVING_M_S)
    seen = _seen(row, sensor, step, scans, detections, placed).astype(float)
    ones = np.ones(len(row))
    passage = np.full(len(row), walk.number, np.int64)
    evidence = Evidence(
        sensor[fair], ln_signal[fair], depth[fair], ones[fair], sight[fair], ones[fair], seen[fair], passage[fair]
    )
    return Looks(evidence, range_m[fair], scans.t_s[row][fair], row[fair])


def _hidden_m(sensor: I8, xy_m: F8, placed: Placed, terrain: Terrain) -> F8:
    """Return (R,) what is hidden of a subject, with the refraction of light or of radio."""
    radar = np.array([s.kind == "radar" for s in placed.sensors])[sensor]
    out = np.empty(len(sensor))
    for mask, k in ((radar, REFRACTION_RADIO), (~radar, REFRACTION_LIGHT)):
        out[mask] = least_visible_height_m(terrain, placed.eye_m[sensor[mask]], xy_m[mask], k)
    return out


def _covering(walk: Walk, scans: ScanBatch, placed: Placed, terrain: Terrain) -> tuple[I8, F8, F8]:
    """Return the scans whose sector, range and height of view hold the subject, its place and velocity then."""
    polar = np.array([s.kind in POLAR for s in placed.sensors])
    low, high = walk.xy_m.min(axis=0), walk.xy_m.max(axis=0)
    reach = np.array([s.max_range_m for s in placed.sensors])[:, None]
    near = polar & np.all((placed.eye_m[:, :2] >= low - reach) & (placed.eye_m[:, :2] <= high + reach), axis=1)
    row = np.flatnonzero(near[scans.sensor] & (scans.t_s >= walk.t_s[0]) & (scans.t_s <= walk.t_s[-1]))
    t = scans.t_s[row]
    xy = np.column_stack([np.interp(t, walk.t_s, walk.xy_m[:, k]) for k in (0, 1)])
    rates = np.gradient(walk.xy_m, walk.t_s, axis=0) if len(walk.t_s) > 1 else np.zeros_like(walk.xy_m)
    v = np.column_stack([np.interp(t, walk.t_s, rates[:, k]) for k in (0, 1)])
    sensor = scans.sensor[row]
    step = xy - placed.eye_m[sensor, :2]
    range_m = np.hypot(step[:, 0], step[:, 1])
    held = (range_m <= scans.range_m[row]) & _in_sector(row, sensor, step, scans, placed)
    held &= _in_height(sensor, xy, range_m, walk.crosser, placed, terrain)
    return row[held], xy[held], v[held]


def _in_sector(row: I8, sensor: NDArray[np.int32], step_m: F8, scans: ScanBatch, placed: Placed) -> NDArray[np.bool_]:
    true_bearing = np.arctan2(step_m[:, 0], step_m[:, 1]) - placed.convergence_rad[sensor]
    width = np.minimum(scans.az1_rad[row] - scans.az0_rad[row], 2 * math.pi)
    return np.asarray((true_bearing - scans.az0_rad[row]) % (2 * math.pi) <= width)


def _in_height(
    sensor: NDArray[np.int32], xy_m: F8, range_m: F8, crosser: Crosser, placed: Placed, terrain: Terrain
) -> NDArray[np.bool_]:
    tilt = np.radians([s.tilt_deg for s in placed.sensors])
    half = np.array([half_height_rad(s) for s in placed.sensors])
    z = terrain.height_at(xy_m) + 0.5 * crosser.height_m - placed.eye_m[sensor, 2]
    return np.asarray(np.abs(np.arctan2(z, np.maximum(range_m, 1.0)) - tilt[sensor]) <= half[sensor])


def _seen(
    row: I8, sensor: I8, step_m: F8, scans: ScanBatch, detections: DetectionBatch, placed: Placed
) -> NDArray[np.bool_]:
    """Return (R,) whether a detection of each look lies within the gate of the subject's place."""
    look, det = _pairs(scans.scan_id[row], detections.scan_id)
    range_m = np.hypot(step_m[look, 0], step_m[look, 1])
    bearing = np.arctan2(step_m[look, 0], step_m[look, 1]) - placed.convergence_rad[sensor[look]]
    off = (detections.bearing_rad[det] - bearing + math.pi) % (2 * math.pi) - math.pi
    near = np.abs(off) <= GATE * np.maximum(detections.sd_bearing_rad[det], 1e-3)
    near &= np.abs(detections.range_m[det] - range_m) <= GATE * np.maximum(detections.sd_range_m[det], 0.02 * range_m)
    out = np.zeros(len(row), bool)
    out[look[near]] = True
    return out


def _pairs(scan_id: NDArray[np.int32], of_detection: NDArray[np.int32]) -> tuple[I8, I8]:
    """Return every pair of a look and a detection of the same scan, as two columns of indices."""
    order = np.argsort(of_detection, kind="stable")
    first = np.searchsorted(of_detection[order], scan_id, side="left")
    count = np.searchsorted(of_detection[order], scan_id, side="right") - first
    look = np.repeat(np.arange(len(scan_id)), count)
    within = np.arange(len(look)) - np.repeat(np.cumsum(count) - count, count)
    return look, order[first[look] + within]
