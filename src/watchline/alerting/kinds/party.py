"""Alerts about tracks: whoever walks together is one alert, which grows graver as they come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from watchline.alerting import facts as say
from watchline.alerting import likelihood, making
from watchline.alerting.forecast import Arrivals, eta_of, nearest_cover
from watchline.alerting.making import REVISE_S
from watchline.alerting.rules import GRAVITY, GROUP, RAISE_P, due
from watchline.alerting.state import F8, Inputs, State
from watchline.domain.batches import CLASSES, TrackBatch
from watchline.domain.records import Alert, AlertKind, Fact

PARTY_M = 90.0  # tracks this near each other and moving alike are one party
PARTY_SPEED_M_S = 0.7
SAME_PARTY_M = 150.0  # a track that begins so near an open alert's party is of that party
WALKING_M_S = 2.0
FARTHEST_M = 600.0
HOWEVER_UNLIKELY: tuple[AlertKind, ...] = ("distress", "loitering")  # few, and worth a look


@dataclass(frozen=True)
class Wanted:
    """What tracks deserve: row -> kind, and row -> probability, of the rows that deserve anything."""

    kind: dict[int, AlertKind]
    p: dict[int, float]


def step(state: State, inputs: Inputs, coming: Arrivals) -> tuple[State, list[Alert]]:
    """Return alerts of parties that are new or have changed."""
    kinds = due_rows(state, inputs, coming)
    out: list[Alert] = []
    if not kinds:
        return state, out
    groups = parties(inputs.tracks, sorted(kinds))
    wanted = _likely(state, inputs, coming, kinds, groups)
    for party in groups:
        state, told = _tell(state, inputs, coming, party, wanted)
        out.extend(told)
    return state, out


def due_rows(state: State, inputs: Inputs, coming: Arrivals) -> dict[int, AlertKind]:
    tracks = inputs.tracks
    kinds = due(
        state.memory,
        now_s=inputs.now_s,
        d_m=tracks.d_m,
        eta_s=coming.eta_s,
        p_person=tracks.p_class[:, 0],
        p_animal=tracks.p_class[:, 2],
    )
    explained = inputs.explained - inputs.promoted
    return {
        row: kind for row, kind in enumerate(kinds) if kind is not None and int(tracks.track_id[row]) not in explained
    }


def _likely(
    state: State, inputs: Inputs, coming: Arrivals, kinds: dict[int, AlertKind], parties: list[list[int]]
) -> Wanted:
    """Return how likely each is what it says."""
    rows = sorted(kinds)
    x = features_of(state, inputs, coming, rows, [kinds[r] for r in rows], parties)
    p = likelihood.of_tracks(x, inputs.calibration)
    return Wanted(kinds, dict(zip(rows, p.tolist(), strict=True)))


def features_of(
    state: State, inputs: Inputs, coming: Arrivals, rows: list[int], kinds: list[AlertKind], parties: list[list[int]]
) -> F8:
    """Return what the model of likelihood reads of these rows."""
    at = np.array(rows, np.int64)
    size = {row: len(party) for party in parties for row in party}
    tracks = inputs.tracks.take(at)
    gap = np.full(len(rows), 1e6)
    if len(inputs.units_xy_m):
        gap = np.linalg.norm(tracks.xy_m[:, None] - inputs.units_xy_m[None], axis=2).min(axis=1)
    reach = state.setup.sensor_range_m[np.maximum(tracks.sensor, 0)]
    return likelihood.features(
        tracks,
        state.memory.take(at),
        kinds,
        coming.closing_m_s[at],
        np.array([max(size.get(r, 1), float(inputs.tracks.count[r])) for r in rows]),
        gap,
        (reach > likelihood.RADAR_REACH_M).astype(float),
    )


def parties(tracks: TrackBatch, rows: list[int]) -> list[list[int]]:
    """Return the rows in groups that walk together, in order of their first row."""
    left = list(rows)
    parties = []
    while left:
        party, queue = [left.pop(0)], [0]
        while queue:
            at = party[queue.pop()]
            for row in list(left):
                near = np.hypot(*(tracks.xy_m[row] - tracks.xy_m[at])) < PARTY_M
                alike = np.hypot(*(tracks.v_m_s[row] - tracks.v_m_s[at])) < PARTY_SPEED_M_S
                if near and alike:
                    left.remove(row)
                    party.append(row)
                    queue.append(len(party) - 1)
        parties.append(sorted(party))
    return parties


def _tell(
    state: State, inputs: Inputs, coming: Arrivals, party: list[int], wanted: Wanted
) -> tuple[State, list[Alert]]:
    tracks, now = inputs.tracks, inputs.now_s
    row = max(party, key=lambda r: (GRAVITY[wanted.kind[r]], wanted.p[r], -abs(float(tracks.d_m[r]))))
    kind, p = wanted.kind[row], wanted.p[row]
    ids = [int(tracks.track_id[r]) for r in party]
    old = _known(state, inputs, ids, row)
    if old is None and p < RAISE_P and kind not in HOWEVER_UNLIKELY and not set(ids) & inputs.promoted:
        return state, []  # not yet an alert: most likely nobody
    size = max(len(party), round(max(float(tracks.count[r]) for r in party)))
    if size >= GROUP and kind in ("approaching", "crossing", "crossed"):
        kind = "group_arrival"
    if old is not None and GRAVITY[old.what] > GRAVITY[kind] and not _seen_again(old, kind):
        kind = old.what
    for i in ids:
        if old is not None:
            state.alert_of[i] = old.alert
    count = max(size, old.count if old is not None else 1)
    if old is not None and old.what == kind and old.count == count and now - old.t_s < REVISE_S:
        return state, []
    seen_by = {int(k) for k in (tracks.sensor[row], tracks.other[row]) if k >= 0}
    # Who is across, or at the line, is not on the way to it any more.
    eta_s = float(coming.eta_s[row]) if kind in ("approaching", "loitering", "group_arrival") else float("nan")
    facts = say.about_track(tracks, row, state.memory, state.setup.sensor_ids, eta_s, now)
    facts += _of_kind(inputs, kind, row, state, size)
    facts += making.nearest_unit(inputs, tracks.xy_m[row])
    state, new = making.told(
        state,
        old,
        what=kind,
        now_s=now,
        source="alerting",
        position=making.position(state.setup, tracks.xy_m[row]),
        facts=tuple(facts),
        first_s=min(*(float(tracks.first_s[r]) for r in party), old.first_s if old is not None else now),
        track_id=int(tracks.track_id[row]),
        count=count,
        subject=CLASSES[int(np.argmax(tracks.p_class[row]))],
        p=round(p, 3),
        level=likelihood.level(p),
        eta=eta_of(coming, row, now),
        cover=nearest_cover(state.setup.cover, state.setup.cover_xy_m, tracks.xy_m[row], tracks.v_m_s[row], now),
        sensors=tuple(state.setup.sensor_ids[k] for k in sorted(seen_by)),
        could_be=say.could_be([float(p) for p in tracks.p_class[row]], p),
        verifiers=making.verifiers(state, inputs, tracks.xy_m[row], frozenset(seen_by)),
        no_clip_reason_key=None if seen_by & state.setup.with_pictures else "noclip.no_pictures",
        provenance=tuple(f"track:{i}" for i in ids),
    )
    for i in ids:
        state.alert_of[i] = new.alert
    return state, [new]


def _seen_again(old: Alert, kind: AlertKind) -> bool:
    return old.what == "lost_contact" and kind in ("approaching", "loitering")


def _known(state: State, inputs: Inputs, ids: list[int], row: int) -> Alert | None:
    """Return the alert these tracks belong to: their own, or that of a party that is, or was lost, just here."""
    known = [state.alert_of[i] for i in ids if i in state.alert_of]
    if known:
        return state.open[min(known, key=lambda a: state.open[a].first_s)]
    tracks = inputs.tracks
    live = {state.alert_of[i] for i in tracks.track_id.tolist() if i in state.alert_of}
    best: tuple[float, Alert] | None = None
    for alert in state.open.values():
        if alert.track_id is None:
            continue
        away = float(np.hypot(alert.position.s_m - tracks.s_m[row], alert.position.d_m - tracks.d_m[row]))
        # An alert is told again every half minute; nobody on foot is farther than this from where they were.
        room = min(SAME_PARTY_M + WALKING_M_S * (inputs.now_s - alert.t_s), FARTHEST_M)
        if away < room and (alert.alert not in live or inputs.now_s - alert.t_s <= REVISE_S + 5.0):
            best = (away, alert) if best is None or away < best[0] else best
    return best[1] if best is not None else None


def _of_kind(inputs: Inputs, kind: AlertKind, row: int, state: State, size: int) -> list[Fact]:
    tracks, now = inputs.tracks, inputs.now_s
    track_id = int(tracks.track_id[row])
    source, ref = f"track {track_id}", f"track:{track_id}"
    facts = [say.place(source, now, ref, float(tracks.s_m[row]), float(tracks.d_m[row]))]
    if kind == "crossed":
        facts.insert(0, say.crossed(source, now, ref, float(tracks.s_m[row])))
    if kind == "distress":
        facts.insert(0, say.still(source, now, ref, (now - float(state.memory.still_s[row])) / 60.0))
    if size >= GROUP:
        facts.insert(0, say.many(source, now, ref, size))
    return facts
