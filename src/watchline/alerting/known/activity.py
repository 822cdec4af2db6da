"""What known activity explains a track: a unit's reported place, a registered movement, what was learned of a place.

Theory: a source explains a track while the track has been within it for most of the last minute: share' = near, with
time constant SHARE_S, and more than HALF explains.  So a track that leaves a patrol, or a flock's ground, is on its
own again after SHARE_S ln 2 = 21 s of leaving, and one that only passes a patrol is never explained by it.

Rules: nothing but a reported unit explains anybody within LINE_M of the line; every explanation is told as a record
and stays visible; a person may promote a track, and from then on nothing explains it away.
Limits: somebody who walks beside a patrol, as fast as it goes, is taken for its people as long as they do.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from watchline.alerting.known.places import Ground, holds, there
from watchline.domain.batches import TrackBatch
from watchline.domain.records import ExplainedTrack, KnownMovement, Position
from watchline.geo.line import LineFrame

F8 = NDArray[np.float64]
B1 = NDArray[np.bool_]

SHARE_S = 30.0
HALF = 0.5
UNIT_M = 150.0  # a report is up to 15 s old, in which a patrol starts, stops or turns
UNIT_MOST_M = 350.0  # however badly the track is known
ALIKE_M_S, ALIKE_SHARE = 1.0, 0.8  # a unit and its track go alike: so much, and this share of its speed, between them
FRESH_S = 90.0  # an older report explains nothing
LINE_M = 300.0  # so near the line only our own are explained
Rule = Literal["own_unit", "partner_unit", "movement", "road", "learned"]


@dataclass(frozen=True)
class Inputs:
    """What is known at `now_s`.

    units_xy_m, units_v_m_s (U, 2), units_age_s (U,) since their report; partner, exercise: names of such units.
    hour: of the site's clock, 0..24; movements: told since the last step; promoted: tracks, likewise.
    learned: cells (rule "learned") that explain tracks, by track id, as `learned.explains` gives them.
    """

    now_s: float
    hour: float
    tracks: TrackBatch
    unit_ids: tuple[str, ...]
    units_xy_m: F8
    units_v_m_s: F8
    units_age_s: F8
    partner: frozenset[str] = frozenset()
    exercise: frozenset[str] = frozenset()
    movements: tuple[KnownMovement, ...] = ()
    promoted: frozenset[int] = frozenset()
    learned: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class State:
    """share (N, K): how much of the last while each track (track_id, N, rising) was within each source (K names).

    rows (N,): which row of the tracks as they came each is.
    explained: track -> (rule, by, exercise) as last told; promoted: tracks that nothing explains away.
    """

    line: LineFrame
    grounds: dict[str, Ground] = field(default_factory=dict)
    track_id: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    names: tuple[str, ...] = ()
    share: F8 = field(default_factory=lambda: np.zeros((0, 0)))
    rows: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    explained: dict[int, tuple[Rule, str, bool]] = field(default_factory=dict)
    promoted: frozenset[int] = frozenset()
    last_s: float | None = None

    @property
    def silent(self) -> frozenset[int]:
        """Return the tracks that raise no alert."""
        return frozenset(self.explained) - self.promoted


def step(state: State, inputs: Inputs) -> tuple[State, list[ExplainedTrack]]:
    """Return the state after this moment, and what is newly explained, or explained no more."""
    state = registered(state, inputs.movements, inputs.now_s)
    state = replace(state, promoted=state.promoted | inputs.promoted)
    state = _shares(state, inputs)
    now = _explained(state, inputs)
    told = _changes(state, inputs, now)
    live = frozenset(inputs.tracks.track_id.tolist())
    return replace(state, explained=now, promoted=state.promoted & live, last_s=inputs.now_s), told


def registered(state: State, movements: tuple[KnownMovement, ...], now_s: float) -> State:
    """Return the state with movements registered, changed or withdrawn, and without those that have run out."""
    if not movements and all(g.until_s > now_s for g in state.grounds.values()):
        return state
    grounds = {name: g for name, g in state.grounds.items() if g.until_s > now_s}
    for movement in movements:
        grounds.pop(movement.movement, None)
        if not movement.withdrawn and movement.until_s > now_s:
            grounds[movement.movement] = Ground.of(movement, state.line)
    return replace(state, grounds=grounds)


def expected(state: State, inputs: Inputs) -> frozenset[frozenset[str]]:
    """Return the pairs of units that know of each other: both are where a registered patrol says they may be."""
    pairs = set()
    for ground in state.grounds.values():
        if ground.what == "patrol":
            inside = there(ground, inputs.units_xy_m, inputs.hour, inputs.now_s)
            names = [inputs.unit_ids[k] for k in np.flatnonzero(inside)]
            pairs |= {frozenset(pair) for pair in itertools.combinations(names, 2)}
    return frozenset(pairs)


def _shares(state: State, inputs: Inputs) -> State:
    """Return the state with every share moved on.

    A new track begins with whether it is at a unit's place, however it goes: a track's first velocity is a guess.
    """
    tracks, names = inputs.tracks, (*inputs.unit_ids, *state.grounds)
    at_unit, with_unit = _by_units(inputs)
    # Whoever is a unit's stays so at its place however they go: a patrol stops and turns between two reports.
    with_unit |= at_unit & _held(state, inputs)
    within = [_within(g, inputs)[:, None] for g in state.grounds.values()]
    share = np.column_stack([at_unit, *within]).astype(float)
    near = np.column_stack([with_unit, *within]).astype(float)
    gain = 1.0 - np.exp(-(inputs.now_s - state.last_s) / SHARE_S) if state.last_s is not None else 0.0
    at = np.searchsorted(state.track_id, tracks.track_id)
    at = np.minimum(at, max(len(state.track_id) - 1, 0))
    known = state.track_id[at] == tracks.track_id if len(state.track_id) else np.zeros(len(tracks), bool)
    columns = [(k, state.names.index(name)) for k, name in enumerate(names) if name in state.names]
    if known.any() and columns:
        new, was = (np.array(c) for c in zip(*columns, strict=True))
        rows = np.flatnonzero(known)
        before = state.share[np.ix_(at[rows], was)]
        share[np.ix_(rows, new)] = before + gain * (near[np.ix_(rows, new)] - before)
    order = np.argsort(tracks.track_id, kind="stable")
    return replace(state, track_id=tracks.track_id[order], rows=order, names=names, share=share[order])


def _held(state: State, inputs: Inputs) -> B1:
    """Return (N, U) which unit explains each track already."""
    out = np.zeros((len(inputs.tracks), len(inputs.unit_ids)), bool)
    column = {name: k for k, name in enumerate(inputs.unit_ids)}
    for row, track in enumerate(inputs.tracks.track_id.tolist()):
        rule, by, _ = state.explained.get(track, ("", "", False))
        if rule in ("own_unit", "partner_unit") and by in column:
            out[row, column[by]] = True
    return out


def _by_units(inputs: Inputs) -> tuple[B1, B1]:
    """Return (N, U) whether each track is where a unit says it is, and whether it also goes as it goes."""
    tracks = inputs.tracks
    if len(tracks) == 0 or len(inputs.units_xy_m) == 0:
        nobody = np.zeros((len(tracks), len(inputs.units_xy_m)), bool)
        return nobody, nobody
    gap = np.linalg.norm(tracks.xy_m[:, None] - inputs.units_xy_m[None], axis=2)
    sd = np.sqrt(np.maximum(tracks.cov[:, 0], tracks.cov[:, 2]))
    room = np.minimum(UNIT_M + 2.0 * sd, UNIT_MOST_M)
    drift = np.linalg.norm(tracks.v_m_s[:, None] - inputs.units_v_m_s[None], axis=2)
    pace = np.linalg.norm(inputs.units_v_m_s, axis=1)
    alike = drift < ALIKE_M_S + ALIKE_SHARE * pace[None] + 2.0 * np.sqrt(tracks.cov[:, 3])[:, None]
    near = (gap < room[:, None]) & (inputs.units_age_s < FRESH_S)[None]
    # Somebody is one unit's, not two's: the nearest.
    nearest = np.argmin(np.where(near, gap, np.inf), axis=1)
    mine = near & (np.arange(near.shape[1])[None] == nearest[:, None])
    return mine, mine & alike


def _within(ground: Ground, inputs: Inputs) -> B1:
    """Return (N,) whether each track is what a registered movement speaks of, at its place and hour."""
    tracks = inputs.tracks
    out = holds(ground, tracks.xy_m, tracks.p_class, inputs.hour, inputs.now_s)
    out &= np.abs(tracks.d_m) > LINE_M
    if ground.most is not None and float(np.maximum(tracks.count[out], 1.0).sum()) > ground.most:
        # More than were registered: none of them is explained, for it cannot be told which.
        return np.zeros(len(tracks), bool)
    return out


def _explained(state: State, inputs: Inputs) -> dict[int, tuple[Rule, str, bool]]:
    out: dict[int, tuple[Rule, str, bool]] = {}
    units = len(inputs.unit_ids)
    best = np.argmax(state.share, axis=1) if state.share.shape[1] else np.zeros(len(state.track_id), np.int64)
    surely = state.share[np.arange(len(best)), best] > HALF if state.share.shape[1] else np.zeros(len(best), bool)
    for k in np.flatnonzero(surely).tolist():
        name = state.names[int(best[k])]
        own = int(best[k]) < units
        rule: Rule = "own_unit" if own else "road" if state.grounds[name].what == "road" else "movement"
        if own and name in inputs.partner:
            rule = "partner_unit"
        out[int(state.track_id[k])] = (rule, name, name in inputs.exercise)
    d_m = inputs.tracks.d_m[state.rows]
    for k, track in enumerate(state.track_id.tolist()):
        if track not in out and track in inputs.learned and abs(float(d_m[k])) > LINE_M:
            out[track] = ("learned", inputs.learned[track], False)
    return out


def _changes(state: State, inputs: Inputs, now: dict[int, tuple[Rule, str, bool]]) -> list[ExplainedTrack]:
    row_of = {int(i): k for k, i in enumerate(inputs.tracks.track_id)}
    out = []
    for track, why in now.items():
        if state.explained.get(track) != why:
            out.append(_record(state, inputs, track, row_of[track], why, "explained"))
    for track, why in state.explained.items():
        if track not in now and track in row_of:
            out.append(_record(state, inputs, track, row_of[track], why, "ended"))
    return out


def _record(
    state: State,
    inputs: Inputs,
    track: int,
    row: int,
    why: tuple[Rule, str, bool],
    what: Literal["explained", "ended"],
) -> ExplainedTrack:
    tracks = inputs.tracks
    lonlat = state.line.frame.lonlat_from_xy_m(tracks.xy_m[row])
    at = Position(
        lon_deg=round(float(lonlat[0]), 6), lat_deg=round(float(lonlat[1]), 6),
        s_m=round(float(tracks.s_m[row]), 1), d_m=round(float(tracks.d_m[row]), 1),
    )  # fmt: skip
    return ExplainedTrack(
        id=f"E-{track}-{what}-{inputs.now_s:.0f}", t_s=inputs.now_s, source="alerting", track_id=track, rule=why[0],
        by=why[1], state=what, position=at, exercise=why[2], provenance=(f"track:{track}",),
    )  # fmt: skip
