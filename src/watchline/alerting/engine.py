"""The alert engine: one step from what is known now to alerts that are new or have changed.

Rules: an alert keeps its id while it grows graver; several tracks walking together are one alert with a count;
what one of our own units explains raises nothing; a verifier that is down never holds an alert back, the alert says
so.  Limits: likelihood levels are rules of thumb until dispositions calibrate them, and `p` is None and says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import msgspec
import numpy as np
from numpy.typing import NDArray

from watchline.alerting import facts as say
from watchline.alerting.forecast import Arrivals, arrivals
from watchline.alerting.rules import GRAVITY, Memory, due, remember
from watchline.domain.batches import CLASSES, TrackBatch
from watchline.domain.records import Alert, AlertKind, Beacon, Eta, Fact, Position, SensorHealth, Verifier
from watchline.domain.site import Site
from watchline.geo.line import LineFrame

F8 = NDArray[np.float64]

PARTY_M = 90.0  # tracks this near each other and moving alike are one party
PARTY_SPEED_M_S = 0.7
OWN_M = 150.0  # a unit's position report is up to 15 s old and good to 20 m
FENCE_S = 60.0  # hits of one stretch within this time are one touch
FENCE_M = 80.0
FENCE_PULLS = 2  # a single pull is wind or a bird
REVISE_S = 30.0  # an open alert is told again at most this often while it only moves
LOST_S = 300.0  # an alert whose track is gone closes after this


@dataclass(frozen=True)
class Setup:
    """What does not change.

    sensor_xy_m (N, 2), sensor_range_m (N,) of eyes and radars (0: cannot verify); with_pictures: indexes of
    the sensors whose pictures can be kept as a clip.
    """

    line: LineFrame
    sensor_ids: tuple[str, ...]
    sensor_xy_m: F8
    sensor_range_m: F8
    with_pictures: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Inputs:
    """What is known at `now_s`.  units_xy_m (U, 2) dead-reckoned to now; dark: indexes of sensors not heard of.

    fence_hits: (t_s, s_m, sensor index); health: changes of sensors' state; beacons: calls for help.
    """

    now_s: float
    tracks: TrackBatch
    unit_ids: tuple[str, ...]
    units_xy_m: F8
    dark: frozenset[int]
    fence_hits: tuple[tuple[float, float, int], ...] = ()
    health: tuple[SensorHealth, ...] = ()
    beacons: tuple[Beacon, ...] = ()


@dataclass(frozen=True)
class State:
    """memory and tracks shown, row for row; alerts open by id; alert of each track; recent fence hits; counters."""

    setup: Setup
    memory: Memory
    tracks: TrackBatch
    open: dict[str, Alert]
    alert_of: dict[int, str]
    dark_alert: dict[str, str]
    hits: tuple[tuple[float, float, int], ...]
    issued: int
    last_s: float | None


def set_up(site: Site, line: LineFrame, places_xy_m: F8, with_pictures: frozenset[int] = frozenset()) -> Setup:
    """Return the engine's setup; places_xy_m (N, 2) where each sensor of the site stands."""
    reach = [s.max_range_m if s.kind in ("thermal_camera", "radar", "drone_camera") else 0.0 for s in site.sensors]
    return Setup(line, tuple(s.id for s in site.sensors), places_xy_m, np.array(reach), with_pictures)


def init(setup: Setup, still_open: Iterable[Alert] = (), issued: int = 0) -> State:
    """Return an engine that has said nothing yet, or goes on after `issued` alerts, some of them still open."""
    open_ = {alert.alert: alert for alert in still_open}
    dark = {alert.sensors[0]: alert.alert for alert in open_.values() if alert.what == "sensor_dark"}
    return State(setup, Memory.none(), TrackBatch.empty(), open_, {}, dark, (), issued, None)


def step(state: State, inputs: Inputs) -> tuple[State, list[Alert]]:
    """Return the engine after this moment, and every alert that is new or has changed."""
    state = replace(
        _copy(state),
        memory=_remember(state, inputs),
        tracks=inputs.tracks.take(np.flatnonzero(inputs.tracks.confirmed)),
    )
    inputs = replace(inputs, tracks=state.tracks)
    out: list[Alert] = []
    coming = arrivals(inputs.tracks, state.setup.line)
    wanted = _wanted(state, inputs, coming)
    if any(_is_news(state, inputs, row, kind) for row, kind in wanted.items()):
        for party in _parties(inputs.tracks, sorted(wanted)):
            state, told = _tell_party(state, inputs, coming, party, wanted)
            out.extend(told)
    for make in (_fence, _beacons, _dark, _close):
        state, told = make(state, inputs)
        out.extend(told)
    return replace(state, last_s=inputs.now_s), out


def _copy(state: State) -> State:
    return replace(
        state,
        open=dict(state.open),
        alert_of=dict(state.alert_of),
        dark_alert=dict(state.dark_alert),
    )


def _remember(state: State, inputs: Inputs) -> Memory:
    tracks = inputs.tracks.take(np.flatnonzero(inputs.tracks.confirmed))
    elapsed = inputs.now_s - state.last_s if state.last_s is not None else 0.0
    own = _own_near(inputs, tracks)
    return remember(state.memory, tracks, own, inputs.now_s, elapsed)


def _own_near(inputs: Inputs, tracks: TrackBatch) -> NDArray[np.bool_]:
    if len(inputs.units_xy_m) == 0 or len(tracks) == 0:
        return np.zeros(len(tracks), bool)
    gap = np.linalg.norm(tracks.xy_m[:, None] - inputs.units_xy_m[None], axis=2).min(axis=1)
    sd = np.sqrt(np.maximum(tracks.cov[:, 0], tracks.cov[:, 2]))
    return np.asarray(gap < OWN_M + np.minimum(2 * sd, 300.0))


def _wanted(state: State, inputs: Inputs, coming: Arrivals) -> dict[int, AlertKind]:
    """Return the alert each row of the shown tracks deserves, rows that deserve none left out."""
    tracks = inputs.tracks
    kinds = due(
        state.memory,
        now_s=inputs.now_s,
        d_m=tracks.d_m,
        eta_s=coming.eta_s,
        p_person=tracks.p_class[:, 0],
        p_animal=tracks.p_class[:, 2],
    )
    return {row: kind for row, kind in enumerate(kinds) if kind is not None}


def _is_news(state: State, inputs: Inputs, row: int, kind: AlertKind) -> bool:
    """Return whether a row says more than its open alert has said already."""
    alert = state.open.get(state.alert_of.get(int(inputs.tracks.track_id[row]), ""))
    return alert is None or GRAVITY[kind] > GRAVITY[alert.what] or inputs.now_s - alert.t_s >= REVISE_S


def _parties(tracks: TrackBatch, rows: list[int]) -> list[list[int]]:
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


def _tell_party(
    state: State, inputs: Inputs, coming: Arrivals, party: list[int], wanted: dict[int, AlertKind]
) -> tuple[State, list[Alert]]:
    tracks, now = inputs.tracks, inputs.now_s
    row = max(party, key=lambda r: (GRAVITY[wanted[r]], -abs(float(tracks.d_m[r]))))
    kind = wanted[row]
    ids = [int(tracks.track_id[r]) for r in party]
    known = [state.alert_of[i] for i in ids if i in state.alert_of]
    alert_id = min(known, key=lambda a: state.open[a].first_s) if known else None
    old = state.open[alert_id] if alert_id is not None else None
    if old is not None and GRAVITY[old.what] > GRAVITY[kind]:
        kind = old.what
    count = max(len(party), old.count if old is not None else 1)
    if old is not None and old.what == kind and old.count == count and now - old.t_s < REVISE_S:
        for i in ids:
            state.alert_of[i] = old.alert
        return state, []
    seen_by = {int(k) for k in (tracks.sensor[row], tracks.other[row]) if k >= 0}
    # Who is across, or at the line, is not on the way to it any more.
    eta_s = float(coming.eta_s[row]) if kind in ("approaching", "loitering") else float("nan")
    facts = say.about_track(tracks, row, state.memory, state.setup.sensor_ids, eta_s, now)
    facts += _kind_facts(inputs, kind, row, state.memory)
    new = _alert(
        state,
        old,
        what=kind,
        now_s=now,
        source="alerting",
        position=_position(state, tracks.xy_m[row]),
        facts=tuple(facts),
        first_s=min(*(float(tracks.first_s[r]) for r in party), old.first_s if old is not None else now),
        track_id=int(tracks.track_id[row]),
        count=count,
        subject=CLASSES[int(np.argmax(tracks.p_class[row]))],
        level=_level(tracks, row, now),
        eta=_eta(coming, row, now),
        sensors=tuple(state.setup.sensor_ids[k] for k in sorted(seen_by)),
        could_be=say.could_be([float(p) for p in tracks.p_class[row]]),
        verifiers=_verifiers(state, inputs, tracks.xy_m[row], frozenset(seen_by)),
        no_clip_reason_key=None if seen_by & state.setup.with_pictures else "noclip.no_pictures",
        provenance=tuple(f"track:{i}" for i in ids),
    )
    for i in ids:
        state.alert_of[i] = new.alert
    return _issue(state, new, old), [new]


def _kind_facts(inputs: Inputs, kind: AlertKind, row: int, memory: Memory) -> list[Fact]:
    tracks, now = inputs.tracks, inputs.now_s
    track_id = int(tracks.track_id[row])
    source, ref = f"track {track_id}", f"track:{track_id}"
    facts = []
    if kind == "crossed":
        facts.append(say.crossed(source, now, ref, float(tracks.s_m[row])))
    if kind == "distress":
        facts.append(say.still(source, now, ref, (now - float(memory.still_s[row])) / 60.0))
    if len(inputs.units_xy_m):
        gap = np.linalg.norm(inputs.units_xy_m - tracks.xy_m[row], axis=1)
        nearest = int(np.argmin(gap))
        facts.append(say.no_own_unit(now, float(gap[nearest]), inputs.unit_ids[nearest]))
    return facts


def _level(tracks: TrackBatch, row: int, now_s: float) -> int:
    """Return 1..4 from how long and by how many sensors it was seen; a rule of thumb, not a calibrated number."""
    minutes = (now_s - float(tracks.first_s[row])) / 60.0
    surely_there = tracks.p_exist[row] > 0.98 and tracks.hits[row] >= 20
    return 2 + int(surely_there and minutes > 1.0) + int(surely_there and minutes > 2.0 and tracks.other[row] >= 0)


def _eta(coming: Arrivals, row: int, now_s: float) -> Eta | None:
    if not np.isfinite(coming.eta_s[row]):
        return None
    return Eta(
        t5_s=round(now_s + float(coming.early_s[row]), 1),
        t50_s=round(now_s + float(coming.eta_s[row]), 1),
        t95_s=round(now_s + float(coming.late_s[row]), 1),
    )


def _verifiers(state: State, inputs: Inputs, xy_m: F8, seen_by: frozenset[int] = frozenset()) -> tuple[Verifier, ...]:
    """Return who confirmed it, and who could have but is dark: nearest first, at most four."""
    setup = state.setup
    gap = np.linalg.norm(setup.sensor_xy_m - xy_m, axis=1)
    able = [int(k) for k in np.argsort(gap, kind="stable") if gap[k] < setup.sensor_range_m[k]]
    told = [k for k in able if k in seen_by or k in inputs.dark][:4]
    return tuple(Verifier(name=setup.sensor_ids[k], up=k not in inputs.dark) for k in told)


def _position(state: State, xy_m: F8) -> Position:
    line = state.setup.line
    lonlat, sd = line.frame.lonlat_from_xy_m(xy_m), line.sd_from_xy_m(xy_m)
    return Position(
        lon_deg=round(float(lonlat[0]), 6),
        lat_deg=round(float(lonlat[1]), 6),
        s_m=round(float(sd[0]), 1),
        d_m=round(float(sd[1]), 1),
    )


def _alert(
    state: State, old: Alert | None, *, now_s: float, position: Position, facts: tuple[Fact, ...], **rest: object
) -> Alert:
    """Return a new alert, or the next revision of `old`."""
    number = old.alert if old is not None else f"A-{state.issued + 1}"
    revision = old.revision + 1 if old is not None else 1
    return msgspec.convert(
        {
            "kind": "alert",
            "id": f"{number}.{revision}",
            "alert": number,
            "revision": revision,
            "t_s": now_s,
            "state": "open",
            "position": position,
            "distance_m": round(abs(position.d_m)),
            "facts": facts,
            **rest,
        },
        Alert,
        from_attributes=True,
    )


def _issue(state: State, new: Alert, old: Alert | None) -> State:
    state.open[new.alert] = new
    return replace(state, issued=state.issued + (old is None))


def _fence(state: State, inputs: Inputs) -> tuple[State, list[Alert]]:
    """Return alerts for stretches of wire that were shaken more than once."""
    hits = tuple(h for h in (*state.hits, *inputs.fence_hits) if inputs.now_s - h[0] <= FENCE_S)
    state, out = replace(state, hits=hits), []
    for hit in inputs.fence_hits:
        group = [h for h in hits if abs(h[1] - hit[1]) <= FENCE_M]
        if len(group) < FENCE_PULLS:
            continue
        old = _open_fence_alert(state, hit[1])
        if old is not None and inputs.now_s - old.t_s < REVISE_S:
            continue
        sensor = state.setup.sensor_ids[hit[2]]
        seconds = max(h[0] for h in group) - min(h[0] for h in group)
        s_m = float(np.mean([h[1] for h in group]))
        xy = state.setup.line.xy_m_from_sd([s_m, 0.0])
        own = bool(len(inputs.units_xy_m)) and bool(np.linalg.norm(inputs.units_xy_m - xy, axis=1).min() < OWN_M)
        if own:
            continue
        new = _alert(
            state,
            old,
            what="fence_touched",
            now_s=inputs.now_s,
            source=sensor,
            position=_position(state, xy),
            facts=(
                say.fence(sensor, hit[0], len(group), seconds),
                say.place(sensor, hit[0], f"sensor:{sensor}", s_m, 0.0),
                *_nearest_unit(inputs, xy),
            ),
            first_s=min(h[0] for h in group),
            level=2 + (len(group) > 3),
            sensors=(sensor,),
            verifiers=_verifiers(state, inputs, xy),
            no_clip_reason_key="noclip.fence",
        )
        state = _issue(state, new, old)
        out.append(new)
    return state, out


def _open_fence_alert(state: State, s_m: float) -> Alert | None:
    for alert in state.open.values():
        if alert.what == "fence_touched" and abs(alert.position.s_m - s_m) < 3 * FENCE_M:
            return alert
    return None


def _nearest_unit(inputs: Inputs, xy_m: F8) -> Iterable[Fact]:
    if len(inputs.units_xy_m):
        gap = np.linalg.norm(inputs.units_xy_m - xy_m, axis=1)
        yield say.no_own_unit(inputs.now_s, float(gap.min()), inputs.unit_ids[int(np.argmin(gap))])


def _beacons(state: State, inputs: Inputs) -> tuple[State, list[Alert]]:
    """Return distress alerts for beacons; a beacon that calls again only moves its alert."""
    out = []
    for beacon in inputs.beacons:
        source = beacon.beacon
        old = next((a for a in state.open.values() if a.what == "distress" and a.source == source), None)
        if old is not None and inputs.now_s - old.t_s < 6 * REVISE_S:
            continue
        xy = state.setup.line.frame.xy_m_from_lonlat(beacon.position.lon_deg, beacon.position.lat_deg)
        new = _alert(
            state,
            old,
            what="distress",
            now_s=inputs.now_s,
            source=source,
            position=beacon.position,
            facts=(
                say.beacon(beacon.beacon, beacon.t_s),
                say.called_for(beacon.beacon, old.first_s if old is not None else beacon.t_s, inputs.now_s),
                say.place(source, beacon.t_s, f"beacon:{beacon.beacon}", beacon.position.s_m, beacon.position.d_m),
                *_nearest_unit(inputs, xy),
            ),
            first_s=old.first_s if old is not None else beacon.t_s,
            level=4,
            subject="person",
            count=beacon.people or 1,
            verifiers=_verifiers(state, inputs, xy),
            no_clip_reason_key="noclip.beacon",
            provenance=(beacon.id,),
        )
        state = _issue(state, new, old)
        out.append(new)
    return state, out


def _dark(state: State, inputs: Inputs) -> tuple[State, list[Alert]]:
    """Return alerts for sensors that fell silent, and close those of sensors that are back."""
    out = []
    for change in inputs.health:
        number = state.dark_alert.get(change.sensor)
        old = state.open.get(number) if number is not None else None
        if change.state == "dark" and old is None:
            new = _dark_alert(state, inputs, change)
            state.dark_alert[change.sensor] = new.alert
            state = _issue(state, new, None)
            out.append(new)
        elif change.state != "dark" and old is not None:
            closed = msgspec.structs.replace(
                old, state="closed", t_s=inputs.now_s, revision=old.revision + 1, id=f"{old.alert}.{old.revision + 1}"
            )
            del state.open[old.alert], state.dark_alert[change.sensor]
            out.append(closed)
    return state, out


def _dark_alert(state: State, inputs: Inputs, change: SensorHealth) -> Alert:
    setup = state.setup
    k = setup.sensor_ids.index(change.sensor)
    position = _position(state, setup.sensor_xy_m[k])
    reach = float(setup.sensor_range_m[k])
    facts = [
        say.silent(change.sensor, change.t_s, inputs.now_s),
        say.cause(change.sensor, inputs.now_s, change.cause),
    ]
    if reach > 0:
        low, high = max(position.s_m - reach, 0.0), min(position.s_m + reach, setup.line.length_m)
        facts.append(say.blind(change.sensor, inputs.now_s, low / 1000, high / 1000))
    return _alert(
        state,
        None,
        what="sensor_dark",
        now_s=inputs.now_s,
        source="health",
        position=position,
        facts=tuple(facts),
        first_s=change.t_s,
        level=4,
        sensors=(change.sensor,),
        verifiers=_verifiers(state, inputs, setup.sensor_xy_m[k]),
        no_clip_reason_key="noclip.dark",
        provenance=(change.id,),
    )


def _close(state: State, inputs: Inputs) -> tuple[State, list[Alert]]:
    """Close alerts whose track has been gone for long; a person has to have the last word on them elsewhere."""
    live = {state.alert_of[int(i)] for i in state.memory.track_id if int(i) in state.alert_of}
    out = []
    for alert in list(state.open.values()):
        by_track = alert.track_id is not None and alert.alert not in live
        by_time = alert.what == "fence_touched" or by_track
        if by_time and inputs.now_s - alert.t_s > LOST_S:
            closed = msgspec.structs.replace(
                alert,
                state="closed",
                t_s=inputs.now_s,
                revision=alert.revision + 1,
                id=f"{alert.alert}.{alert.revision + 1}",
            )
            del state.open[alert.alert]
            out.append(closed)
    for track_id in [i for i, a in state.alert_of.items() if a not in state.open]:
        del state.alert_of[track_id]
    return state, out
