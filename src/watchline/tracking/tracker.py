"""The tracker: scans and detections in, tracks out.

Rules: tracks are kept in order of birth; a track number is never used twice; the same inputs give the same
tracks.  Limits: one motion model, one class of crosser for P_d; a scan that arrives late is used at its
track's present time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from watchline.domain.batches import (
    KIND_FENCE,
    KIND_GROUND,
    DetectionBatch,
    ScanBatch,
    TrackBatch,
)
from watchline.domain.site import Site
from watchline.geo.line import LineFrame
from watchline.geo.terrain import Terrain
from watchline.sensing.detection import performance_table
from watchline.sensing.placing import placed
from watchline.sensing.subject import with_speed
from watchline.tracking.doubles import doubles
from watchline.tracking.motion import ACCELERATION_PSD, LIFETIME_S
from watchline.tracking.update import LEAST_BIRTH, all_looks

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]

CONFIRM_EXIST = 0.9
CONFIRM_HITS = 4
CONFIRM_S = 4.0  # a track younger than this has not shown motion yet
DROP_CONFIRMED = 0.05
FALSE_START_S = 60.0
LOST_S = 180.0  # a track that no sensor has touched for this long is lost contact
LOST_SD_M = 300.0  # so is one whose place is not known to better than this
ARRAYS = ("t", "x", "p", "exist", "klass", "first", "last", "hits", "sensor", "other")  # what `all_looks` changes


@dataclass(frozen=True)
class Setup:
    """What does not change: where sensors stand and how well they see.

    place (N, 3) grid position of each sensor's eye and its height; convergence_rad (N,); performance (N, 13);
    kinds (N,); axis_rad (N,) grid bearing of the line at fence sensors.
    """

    line: LineFrame
    terrain: Terrain
    place: F8
    convergence_rad: F8
    performance: F8
    axis_rad: F8


@dataclass(frozen=True)
class State:
    """All tracks of the moment, as arrays in order of birth; see `TrackBatch` for the meaning."""

    setup: Setup
    next_id: int
    t: F8
    x: F8
    p: F8
    exist: F8
    klass: F8
    first: F8
    last: F8
    hits: I4
    sensor: I4
    other: I4
    track_id: I4
    confirmed: NDArray[np.uint8]
    clutter: F8


def set_up(site: Site, line: LineFrame, terrain: Terrain) -> Setup:
    """Return where every sensor of a site stands, on the site grid."""
    where = placed(site, line, terrain)
    return Setup(line, terrain, where.eye_m, where.convergence_rad, performance_table(site.sensors), where.axis_rad)


def init(setup: Setup) -> State:
    """Return a tracker that knows of nobody."""
    n = len(setup.place)
    return State(
        setup,
        1,
        np.zeros(0),
        np.zeros((0, 4)),
        np.zeros((0, 4, 4)),
        np.zeros(0),
        np.zeros((0, 4)),
        np.zeros(0),
        np.zeros(0),
        np.zeros(0, np.int32),
        np.zeros(0, np.int32),
        np.zeros(0, np.int32),
        np.zeros(0, np.int32),
        np.zeros(0, np.uint8),
        np.full(n, 0.02),
    )


def step(state: State, scans: ScanBatch, detections: DetectionBatch, now_s: float) -> tuple[State, TrackBatch]:
    """Return the tracker after these looks, and its tracks at `now_s`.

    Scans are used in the order given; each detection belongs to the scan with its `scan_id`, and one without a
    finite place or error is passed over.
    """
    setup = state.setup
    rows = _rows(setup, detections)
    # One detection without a place would leave its sensor's clutter rate unknown for good.
    placed = np.flatnonzero(np.isfinite(rows[:, :4]).all(axis=1))
    order = placed[np.argsort(detections.scan_id[placed], kind="stable")]
    sorted_ids = detections.scan_id[order]
    room: dict[str, Any] = {name: _with_room(getattr(state, name), len(detections)) for name in ARRAYS}
    clutter = state.clutter.copy()
    terrain = setup.terrain
    n = all_looks(
        len(state.t),
        tuple(room.values()),  # in the order of ARRAYS
        clutter,
        setup.performance,
        setup.place,
        _looks(setup, scans),
        scans.sensor,
        np.searchsorted(sorted_ids, scans.scan_id, side="left"),
        np.searchsorted(sorted_ids, scans.scan_id, side="right"),
        rows[order],
        terrain.height_m,
        np.array([terrain.x0_m, terrain.y0_m, terrain.cell_m]),
    )
    new = n - len(state.t)
    state = replace(
        state,
        next_id=state.next_id + new,
        track_id=np.append(state.track_id, np.arange(state.next_id, state.next_id + new, dtype=np.int32)),
        confirmed=np.append(state.confirmed, np.zeros(new, np.uint8)),
        clutter=clutter,
        **{name: array[:n] for name, array in room.items()},
    )
    state = _tidy(state, now_s)
    return state, _report(state, now_s)


def _with_room(array: NDArray[Any], rows: int) -> NDArray[Any]:
    return np.concatenate([array, np.zeros((rows, *array.shape[1:]), array.dtype)])


def _looks(setup: Setup, scans: ScanBatch) -> F8:
    turn = setup.convergence_rad[scans.sensor]
    return np.column_stack(
        [
            scans.t_s,
            scans.az0_rad + turn,
            scans.az1_rad + turn,
            scans.range_m,
            scans.quality,
            setup.performance[scans.sensor, 0],
        ]
    )


def _rows(setup: Setup, detections: DetectionBatch) -> F8:
    """Return (N, 13) rows for `one_look`; chainage hits become positions on the line."""
    polar = (detections.kind != KIND_FENCE) & (detections.kind != KIND_GROUND)
    turn = setup.convergence_rad[detections.sensor]
    s = np.where(polar, 0.0, detections.s_m)
    on_line = setup.line.xy_m_from_sd(np.column_stack([s, np.zeros_like(s)])) if len(s) else np.zeros((0, 2))
    return np.column_stack(
        [
            np.where(polar, detections.bearing_rad + turn, on_line[:, 0]),
            np.where(polar, detections.range_m, on_line[:, 1]),
            np.where(polar, detections.sd_bearing_rad, detections.sd_s_m),
            np.where(polar, detections.sd_range_m, detections.sd_s_m),
            polar.astype(float),
            detections.range_rate_m_s,
            detections.p_class,
            detections.t_s,
            detections.snr,
            setup.axis_rad[detections.sensor],
        ]
    )


def _tidy(state: State, now_s: float) -> State:
    """Confirm what has earned it, drop what is no longer believed, join doubles (the older stays)."""
    if len(state.t) == 0:
        return state
    alive = state.exist * np.exp(-np.maximum(now_s - state.t, 0.0) / LIFETIME_S)
    earned = (alive > CONFIRM_EXIST) & (state.hits >= CONFIRM_HITS) & (state.last - state.first >= CONFIRM_S)
    confirmed = (state.confirmed.astype(bool) | earned).astype(np.uint8)
    keep = alive > np.where(confirmed == 1, DROP_CONFIRMED, LEAST_BIRTH)
    # An unconfirmed track that nothing has touched for long is a false start, wherever it lies.
    unseen_s = now_s - state.last
    keep &= (confirmed == 1) | (unseen_s < FALSE_START_S)
    # A guess this wide is no track: whoever it was is among the undetected again.
    keep &= (unseen_s < LOST_S) & (np.sqrt(_position_variance(state.p, now_s - state.t)) < LOST_SD_M)
    keep &= ~doubles(state.x, state.p, confirmed)
    kept: dict[str, Any] = {name: getattr(state, name)[keep] for name in (*ARRAYS, "track_id")}
    return replace(state, confirmed=confirmed[keep], **kept)


def _position_variance(p: F8, dt_s: F8) -> F8:
    """Return (N,) the larger of the two position variances after dt_s without a look."""
    dt = np.maximum(dt_s, 0.0)
    east = p[:, 0, 0] + 2 * dt * p[:, 0, 2] + dt**2 * p[:, 2, 2]
    north = p[:, 1, 1] + 2 * dt * p[:, 1, 3] + dt**2 * p[:, 3, 3]
    return np.asarray(np.maximum(east, north) + ACCELERATION_PSD * dt**3 / 3)


def _report(state: State, now_s: float) -> TrackBatch:
    n = len(state.t)
    dt = np.maximum(now_s - state.t, 0.0)
    xy = state.x[:, :2] + dt[:, None] * state.x[:, 2:]
    p, dt2 = state.p, dt**2
    cov = np.column_stack(
        [
            p[:, 0, 0] + 2 * dt * p[:, 0, 2] + dt2 * p[:, 2, 2],
            p[:, 0, 1] + dt * (p[:, 0, 3] + p[:, 1, 2]) + dt2 * p[:, 2, 3],
            p[:, 1, 1] + 2 * dt * p[:, 1, 3] + dt2 * p[:, 3, 3],
            0.5 * (p[:, 2, 2] + p[:, 3, 3]),
        ]
    )
    sd = state.setup.line.sd_from_xy_m(xy) if n else np.zeros((0, 2))
    return TrackBatch(
        track_id=state.track_id,
        t_s=np.full(n, now_s),
        xy_m=xy,
        v_m_s=state.x[:, 2:].copy(),
        cov=cov,
        s_m=np.ascontiguousarray(sd[:, 0]),
        d_m=np.ascontiguousarray(sd[:, 1]),
        p_exist=state.exist.copy(),
        p_class=with_speed(state.klass, np.hypot(state.x[:, 2], state.x[:, 3]), np.sqrt(cov[:, 3])),
        count=np.ones(n),
        first_s=state.first,
        last_s=state.last,
        hits=state.hits,
        sensor=state.sensor,
        other=state.other,
        confirmed=state.confirmed,
    )
