"""Calls for help: they outrank everything, and nothing holds them back."""

from __future__ import annotations

from watchline.alerting import facts as say
from watchline.alerting import making
from watchline.alerting.making import REVISE_S
from watchline.alerting.state import Inputs, State
from watchline.domain.records import Alert, Beacon


def step(state: State, inputs: Inputs) -> tuple[State, list[Alert]]:
    """Return distress alerts for beacons; a beacon that calls again only moves its alert."""
    out = []
    for beacon in inputs.beacons:
        cause = f"beacon:{beacon.beacon}"
        old = making.open_for(state, cause)
        if old is not None and inputs.now_s - old.t_s < 6 * REVISE_S:
            continue
        state, new = _tell(state, inputs, beacon, old)
        state.by_cause[cause] = new.alert
        out.append(new)
    return state, out


def _tell(state: State, inputs: Inputs, beacon: Beacon, old: Alert | None) -> tuple[State, Alert]:
    at, source = beacon.position, beacon.beacon
    xy = state.setup.line.frame.xy_m_of(at)
    first_s = old.first_s if old is not None else beacon.t_s
    return making.told(
        state,
        old,
        what="distress",
        now_s=inputs.now_s,
        source=source,
        position=at,
        facts=(
            say.beacon(source, beacon.t_s),
            say.called_for(source, first_s, inputs.now_s),
            say.place(source, beacon.t_s, f"beacon:{source}", at.s_m, at.d_m),
            *making.nearest_unit(inputs, xy),
        ),
        first_s=first_s,
        level=4,
        subject="person",
        count=beacon.people or 1,
        verifiers=making.verifiers(state, inputs, xy),
        no_clip_reason_key="noclip.beacon",
        provenance=(beacon.id,),
        exercise=beacon.exercise,
    )
