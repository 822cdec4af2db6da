"""Alerts about what people tell: sightings of checkpoints and patrols, people displaced beyond the line."""

from __future__ import annotations

from watchline.alerting import facts as say
from watchline.alerting import making
from watchline.alerting.rules import APPROACH_M, CLEAR_M, GRAVITY, GROUP, LINE_M
from watchline.alerting.state import Inputs, State
from watchline.domain.records import Alert, AlertKind, FieldReport, GeoPoint, PartnerEvent, Position

SAME_M = 400.0  # what is told of people already on the queue belongs to them


def step(state: State, inputs: Inputs) -> tuple[State, list[Alert]]:
    """Return alerts for what people reported."""
    out = []
    for report in inputs.reports:
        if report.what != "sighting" or report.place is None or report.subject == "animal":
            continue
        state, told = _sighting(state, inputs, report, report.place)
        out += told
    for event in inputs.partner_events:
        if event.what == "displaced_people":
            state, new = _displaced(state, inputs, event)
            out.append(new)
    return state, out


def _sighting(state: State, inputs: Inputs, report: FieldReport, place: GeoPoint) -> tuple[State, list[Alert]]:
    at = _at(state, place)
    near = [
        a for a in state.open.values()
        if a.track_id is not None and abs(a.position.s_m - at.s_m) < SAME_M and abs(a.position.d_m - at.d_m) < SAME_M
    ]  # fmt: skip
    kind = _kind(report, at)
    if kind is None or any(GRAVITY[a.what] >= GRAVITY[kind] for a in near):
        return state, []
    ref = f"report:{report.id}"
    facts = [
        say.reported(report.reporter, report.t_s, ref, report.subject, report.count or 1),
        say.place(report.reporter, report.t_s, ref, at.s_m, at.d_m),
        say.report_age(report.reporter, ref, report.t_s, inputs.now_s),
    ]
    if (report.count or 1) >= GROUP:
        facts.insert(0, say.many(report.reporter, report.t_s, ref, report.count or 1))
    state, new = making.told(
        state,
        None,
        what=kind,
        now_s=inputs.now_s,
        source=f"report:{report.reporter}",
        position=at,
        facts=tuple(facts),
        first_s=report.t_s,
        level=4,
        subject="vehicle" if report.subject == "vehicle" else "person",
        count=report.count or 1,
        no_clip_reason_key="noclip.report",
        provenance=(report.id,),
        exercise=report.exercise,
    )
    return state, [new]


def _kind(report: FieldReport, at: Position) -> AlertKind | None:
    if (report.count or 1) >= GROUP:
        return "group_arrival"
    if abs(at.d_m) <= LINE_M:
        return "crossing"
    if at.d_m > CLEAR_M:
        return "crossed"
    return "approaching" if at.d_m > -APPROACH_M else None


def _displaced(state: State, inputs: Inputs, event: PartnerEvent) -> tuple[State, Alert]:
    at, ref = _at(state, event.place), f"report:{event.id}"
    cause = f"displaced:{event.organisation}"
    facts = (
        say.many(event.organisation, event.t_s, ref, event.people or 1),
        say.place(event.organisation, event.t_s, ref, at.s_m, at.d_m),
        say.report_age(event.organisation, ref, event.t_s, inputs.now_s),
    )
    state, new = making.told(
        state,
        making.open_for(state, cause),
        what="group_arrival",
        now_s=inputs.now_s,
        source=cause,
        position=at,
        facts=facts,
        first_s=event.t_s,
        level=4,
        p=round(event.confidence, 3),
        subject="person",
        count=event.people or 1,
        no_clip_reason_key="noclip.report",
        provenance=(event.id,),
        exercise=event.exercise,
    )
    state.by_cause[cause] = new.alert
    return state, new


def _at(state: State, place: GeoPoint) -> Position:
    return making.position(state.setup, state.setup.line.frame.xy_m_of(place))
