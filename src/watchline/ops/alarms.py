"""The alarm spine: from tracks and reports to what a desk is shown, one line per stage, no arithmetic.

reports, tracks ─► known activity ─► alert engine ─► alarm management ─► records
                        └► learned movement      └► calibration by what people found
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from watchline.alerting import cueing, engine
from watchline.alerting.known import activity, learned
from watchline.alerting.management import manage
from watchline.coverage.in_view import Sight
from watchline.domain.batches import KIND_FENCE, KIND_GROUND, DetectionBatch, ScanBatch, TrackBatch
from watchline.domain.records import (
    Alert,
    Beacon,
    Cue,
    DetectionTrial,
    ExplainedTrack,
    FieldReport,
    KnownMovement,
    LearnedMovement,
    LineStrength,
    OperatorAction,
    PartnerEvent,
    Record,
    SensorHealth,
    Shelving,
    UnitReport,
    Weather,
)
from watchline.domain.respond import LineUncovered, PursuitStep
from watchline.domain.site import Site, own_units, partners
from watchline.geo.line import LineFrame
from watchline.geo.terrain import Terrain
from watchline.ops import answers, own_trials, strength
from watchline.ops.resume import Before
from watchline.ops.units import UNHEARD_S, Units
from watchline.sensing.placing import Placed

F8 = NDArray[np.float64]
R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class Setup:
    """What does not change: names of partner units, and the site's clock."""

    line: LineFrame
    partner: frozenset[str]
    zone: ZoneInfo


@dataclass(frozen=True)
class State:
    """Every engine's state; winds by stretch; exercise: units that an exercise plays.

    stretches, heads, trials: None where nobody asks for them; pointing_rad: true bearing of each head's last look;
    turns: what heads are to do from now on.
    """

    setup: Setup
    units: Units
    activity: activity.State
    learned: learned.State
    engine: engine.State
    manage: manage.State
    stretches: strength.State | None = None
    heads: cueing.State | None = None
    trials: own_trials.State | None = None
    pointing_rad: dict[int, float] = field(default_factory=dict)
    turns: tuple[cueing.Turn, ...] = ()
    answered: answers.State = answers.State()  # noqa: RUF009 - a frozen value
    winds: dict[tuple[float, float], float] = field(default_factory=dict)
    exercise: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Ground:
    """What is asked of the ground: who sees what of the line, where sensors stand, the terrain.

    reckoned: the account tells where the line is weaker, so what is in view is not told besides.
    """

    belt: Sight
    placed: Placed
    terrain: Terrain
    reckoned: bool = False


@dataclass(frozen=True)
class Heard:
    """What alarms are made from at one moment; records: everything told since the last."""

    now_s: float
    records: tuple[Record, ...]
    detections: DetectionBatch
    tracks: TrackBatch
    dark: frozenset[int]
    scans: ScanBatch = ScanBatch.empty()  # noqa: RUF009 - a frozen, empty value


def init(
    site: Site,
    line: LineFrame,
    places_xy_m: F8,
    pictures: frozenset[int] = frozenset(),
    ground: Ground | None = None,
) -> State:
    """Return the spine of a site; places_xy_m (N, 2) where each sensor stands; pictures: who has pictures.

    ground: None where neither the strength of the line, nor cues, nor trials are asked for.
    """
    theirs = partners(site)
    setup = Setup(
        line, frozenset(u.id for u in site.units if u.organisation in theirs), ZoneInfo(site.clock.timezone)
    )
    return State(
        setup,
        Units(line.frame),
        activity.State(line),
        learned.State(),
        engine.init(engine.set_up(site, line, places_xy_m, pictures)),
        manage.State(manage.Setup(site.desk.alarms_per_10_min, len(site.sensors))),
        *(() if ground is None else _with_ground(site, line, ground)),
    )


def _with_ground(
    site: Site, line: LineFrame, ground: Ground
) -> tuple[strength.State | None, cueing.State, own_trials.State]:
    at = ground.placed
    heads = tuple(
        cueing.Head(
            k, s.id, at.eye_m[k], s.max_range_m, math.radians(s.sector_deg[0]), math.radians(s.sector_deg[1]),
            float(at.convergence_rad[k]),
        )
        for k, s in enumerate(site.sensors)
        if s.kind == "thermal_camera" and s.pan is not None
    )  # fmt: skip
    ours = frozenset(u.id for u in own_units(site))
    return (
        None if ground.reckoned else strength.init(ground.belt, tuple(s.id for s in site.sensors)),
        cueing.State(line, ground.terrain, heads),
        own_trials.State(line, ground.terrain, at, ours),
    )


def going_on(state: State, before: Before) -> State:
    """Return the spine as it was when the ledger it goes on with ended."""
    state = _folded(state, tuple(before.told))
    movements, shelvings = _of(tuple(before.told), KnownMovement), _of(tuple(before.told), Shelving)
    open_, now_s, number = before.still_open, before.end_s or 0.0, before.numbers
    stretches, heads, trials = state.stretches, state.heads, state.trials
    return replace(
        state,
        engine=engine.init(state.engine.setup, open_, before.alerts),
        activity=activity.registered(state.activity, movements, now_s),
        manage=manage.going_on(
            state.manage, open_, tuple(before.held.values()), shelvings, number.get("S", 0), now_s
        ),
        learned=replace(state.learned, told=number.get("L", 0)),
        stretches=stretches and replace(stretches, number=number.get("LS", 0)),
        heads=heads and replace(heads, number=number.get("Q", 0)),
        trials=trials and replace(trials, number=number.get("T", 0)),
        answered=answers.folded(
            answers.noted(state.answered, (v.alert for v in before.picture.alerts.values())),
            _of(tuple(before.told), OperatorAction),
        ),
    )


def step(state: State, heard: Heard) -> tuple[State, list[Record]]:
    """Return the spine after this moment, and everything it says, in the order in which it is kept."""
    state, stretches = _strength(state, heard)
    state, inputs, said = known(state, heard)
    inputs = replace(inputs, strength=(*stretches, *_of(heard.records, LineStrength)))
    inputs = replace(inputs, uncovered=_of(heard.records, LineUncovered), pursuits=_of(heard.records, PursuitStep))
    alerts, told = engine.step(state.engine, inputs)
    desk, kept_back = manage.step(state.manage, told, _of(heard.records, Shelving), heard.now_s)
    state = replace(state, engine=alerts, manage=desk, answered=answers.noted(state.answered, told))
    state, cues = _cues(state, heard, told)
    state, trials = _trials(state, heard)
    return state, [*stretches, *said, *told, *kept_back, *cues, *trials]


def _cues(state: State, heard: Heard, told: list[Alert]) -> tuple[State, list[Cue]]:
    if state.heads is None:
        return state, []
    pointing = state.pointing_rad | dict(
        zip(heard.scans.sensor.tolist(), ((heard.scans.az0_rad + heard.scans.az1_rad) / 2).tolist(), strict=True)
    )
    after, cues, turns = cueing.step(
        state.heads, told, heard.detections, pointing, heard.dark, heard.now_s
    )  # fmt: skip
    return replace(state, heads=after, pointing_rad=pointing, turns=tuple(turns)), cues


def _trials(state: State, heard: Heard) -> tuple[State, list[DetectionTrial]]:
    if state.trials is None:
        return state, []
    by_unit = {by: track for track, (rule, by, _) in state.activity.explained.items() if rule == "own_unit"}
    reports = _of(heard.records, UnitReport)
    after, told = own_trials.step(
        state.trials, reports, heard.scans, heard.detections, by_unit, heard.now_s
    )  # fmt: skip
    return replace(state, trials=after), told


def known(state: State, heard: Heard) -> tuple[State, engine.Inputs, list[Record]]:
    """Return what the alert engine is told, once known activity has explained what it can."""
    state = _folded(state, heard.records)
    units, now, hour = state.units, heard.now_s, _hour(state, heard.now_s)
    tracks = heard.tracks.take(np.flatnonzero(heard.tracks.confirmed))
    xy, age = units.xy_m_at(now), now - units.t_s
    lessons, cells = learned.step(state.learned, tracks, hour, now)
    asked = activity.Inputs(
        now_s=now,
        hour=hour,
        tracks=tracks,
        unit_ids=units.ids,
        units_xy_m=xy,
        units_v_m_s=units.v_m_s,
        units_age_s=age,
        partner=state.setup.partner,
        exercise=state.exercise,
        movements=_of(heard.records, KnownMovement),
        promoted=frozenset(r.track_id for r in _of(heard.records, ExplainedTrack) if r.state == "promoted"),
        learned=learned.explains(lessons, tracks, hour),
    )
    explained, told = activity.step(state.activity, asked)
    inputs = engine.Inputs(
        now_s=now,
        tracks=tracks,
        unit_ids=units.ids,
        units_xy_m=xy,
        dark=heard.dark,
        fence_hits=_touches(heard.detections),
        health=_of(heard.records, SensorHealth),
        beacons=_of(heard.records, Beacon),
        reports=_of(heard.records, FieldReport),
        partner_events=_of(heard.records, PartnerEvent),
        partner=state.setup.partner,
        expected=activity.expected(explained, asked),
        silent=tuple(
            (units.ids[k], float(units.t_s[k])) for k in np.flatnonzero((age > UNHEARD_S) & (units.t_s > 0))
        ),
        explained=explained.silent,
        promoted=explained.promoted,
        calibration=state.answered.calibration,
        winds=tuple((a * 1000, b * 1000, wind) for (a, b), wind in state.winds.items()),
    )
    return replace(state, activity=explained, learned=lessons), inputs, [*told, *cells]


def _folded(state: State, records: tuple[Record, ...]) -> State:
    """Return the state with what was told folded in."""
    reports = _of(records, UnitReport)
    exercise = state.exercise
    if reports:
        played = {r.unit for r in reports if r.exercise}
        exercise = (exercise - {r.unit for r in reports}) | played
    winds = dict(state.winds)
    for weather in _of(records, Weather):
        for span in [s for s in winds if s[0] < weather.to_km and s[1] > weather.from_km]:
            del winds[span]
        winds[weather.from_km, weather.to_km] = weather.wind_m_s
    cells = state.learned
    answered = answers.folded(state.answered, _of(records, OperatorAction))
    for record in _of(records, LearnedMovement):
        cells = learned.told(record, cells)
    return replace(
        state, units=state.units.heard(reports), winds=winds, exercise=exercise, learned=cells, answered=answered
    )


def _strength(state: State, heard: Heard) -> tuple[State, tuple[LineStrength, ...]]:
    if state.stretches is None:
        return state, ()
    after, told = strength.step(state.stretches, heard.dark, heard.now_s)
    return replace(state, stretches=after), told


def _of(records: tuple[Record, ...], kind: type[R]) -> tuple[R, ...]:
    return tuple(r for r in records if isinstance(r, kind))


def _hour(state: State, now_s: float) -> float:
    """Return the hour of the site's clock, 0..24."""
    moment = datetime.fromtimestamp(now_s, state.setup.zone)
    return moment.hour + moment.minute / 60 + moment.second / 3600


def _touches(detections: DetectionBatch) -> tuple[tuple[float, float, int], ...]:
    rows = np.flatnonzero((detections.kind == KIND_FENCE) | (detections.kind == KIND_GROUND))
    return tuple((float(detections.t_s[k]), float(detections.s_m[k]), int(detections.sensor[k])) for k in rows)
