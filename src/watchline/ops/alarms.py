"""The alarm spine: from tracks and reports to what a desk is shown, one line per stage, no arithmetic.

reports, tracks ─► known activity ─► alert engine ─► alarm management ─► records
                        └► learned movement      └► calibration by what people found
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from watchline.alerting import engine
from watchline.alerting.known import activity, learned
from watchline.alerting.management import manage
from watchline.domain.batches import KIND_FENCE, KIND_GROUND, DetectionBatch, TrackBatch
from watchline.domain.records import (
    Alert,
    Beacon,
    ExplainedTrack,
    FieldReport,
    KnownMovement,
    LearnedMovement,
    OperatorAction,
    PartnerEvent,
    Record,
    SensorHealth,
    Shelving,
    UnitReport,
    Weather,
)
from watchline.domain.site import Site
from watchline.geo.line import LineFrame
from watchline.ops import answers
from watchline.ops.units import Units

F8 = NDArray[np.float64]
R = TypeVar("R", bound=Record)

SILENT_S = 300.0  # a unit that reports every quarter minute and is not heard for this long is lost


@dataclass(frozen=True)
class Setup:
    """What does not change: names of partner units, and the site's clock."""

    line: LineFrame
    partner: frozenset[str]
    zone: ZoneInfo


@dataclass(frozen=True)
class State:
    """Every engine's state; weather: wind by stretch; exercise: units that an exercise plays."""

    setup: Setup
    units: Units
    activity: activity.State
    learned: learned.State
    engine: engine.State
    manage: manage.State
    answered: answers.State = answers.State()  # noqa: RUF009 - a frozen value
    winds: dict[tuple[float, float], float] = field(default_factory=dict)
    exercise: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Heard:
    """What alarms are made from at one moment; records: everything told since the last."""

    now_s: float
    records: tuple[Record, ...]
    detections: DetectionBatch
    tracks: TrackBatch
    dark: frozenset[int]


def init(
    site: Site,
    line: LineFrame,
    places_xy_m: F8,
    pictures: frozenset[int] = frozenset(),
    still_open: tuple[Alert, ...] = (),
    issued: int = 0,
) -> State:
    """Return the spine of a site; places_xy_m (N, 2) where each sensor stands; pictures: who has pictures."""
    partners = {o.id for o in site.organisations if o.partner}
    setup = Setup(
        line, frozenset(u.id for u in site.units if u.organisation in partners), ZoneInfo(site.clock.timezone)
    )
    return State(
        setup,
        Units(line.frame),
        activity.State(line),
        learned.State(),
        engine.init(engine.set_up(site, line, places_xy_m, pictures), still_open, issued),
        manage.State(manage.Setup(site.desk.alarms_per_10_min, len(site.sensors))),
    )


def step(state: State, heard: Heard) -> tuple[State, list[Record]]:
    """Return the spine after this moment, and everything it says, in the order in which it is kept."""
    state, inputs, said = known(state, heard)
    alerts, told = engine.step(state.engine, inputs)
    desk, kept_back = manage.step(state.manage, told, _of(heard.records, Shelving), heard.now_s)
    state = replace(state, engine=alerts, manage=desk, answered=answers.noted(state.answered, told))
    return state, [*said, *told, *kept_back]


def known(state: State, heard: Heard) -> tuple[State, engine.Inputs, list[Record]]:
    """Return what the alert engine is told, once known activity has explained what it can."""
    state = _folded(state, heard.records)
    units, now, hour = state.units, heard.now_s, _hour(state, heard.now_s)
    tracks = heard.tracks.take(np.flatnonzero(heard.tracks.confirmed))
    xy, age = units.xy_m_at(now), now - units.t_s
    lessons, cells = learned.step(state.learned, tracks, hour, now)
    explained, told = activity.step(
        state.activity,
        activity.Inputs(
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
            promoted=tuple(
                (r.track_id, r.source) for r in _of(heard.records, ExplainedTrack) if r.state == "promoted"
            ),
            learned=learned.explains(lessons, tracks, hour),
        ),
    )
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
        silent=tuple((units.ids[k], float(units.t_s[k])) for k in np.flatnonzero((age > SILENT_S) & (units.t_s > 0))),
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
    return replace(state, units=state.units.heard(reports), winds=winds, exercise=exercise, learned=cells, answered=answered)


def _of(records: tuple[Record, ...], kind: type[R]) -> tuple[R, ...]:
    return tuple(r for r in records if isinstance(r, kind))


def _hour(state: State, now_s: float) -> float:
    """Return the hour of the site's clock, 0..24."""
    moment = datetime.fromtimestamp(now_s, state.setup.zone)
    return moment.hour + moment.minute / 60 + moment.second / 3600


def _touches(detections: DetectionBatch) -> tuple[tuple[float, float, int], ...]:
    rows = np.flatnonzero((detections.kind == KIND_FENCE) | (detections.kind == KIND_GROUND))
    return tuple((float(detections.t_s[k]), float(detections.s_m[k]), int(detections.sensor[k])) for k in rows)
