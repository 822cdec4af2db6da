"""Sensors that fell silent, and stretches of the line that are weaker for it.

What fails together is told together: sensors that fall silent within GATHER_S and share a supply or a link are one
alert, for the cause is one and so is what to do.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from watchline.alerting import facts as say
from watchline.alerting import making
from watchline.alerting.state import Inputs, State
from watchline.domain.records import Alert, Fact, LineStrength, SensorHealth

GATHER_S = 120.0
WEAK_LOSS = 0.3  # a stretch that lost this much of what is usually in view is told
UNNOTICED_LOSS = 0.2  # ... of the chance that somebody who crosses is noticed
MENDS = 0.05  # a patrol that would bring less is not proposed
BACK_LOSS = 0.1  # and is well again when it lacks less than this


def step(state: State, inputs: Inputs) -> tuple[State, list[Alert]]:
    """Return alerts for sensors that fell silent and stretches that weakened; close those that are back."""
    state, out = _dark(state, inputs)
    state, more = _weak(state, inputs)
    return state, out + more


def _dark(state: State, inputs: Inputs) -> tuple[State, list[Alert]]:
    out: list[Alert] = []
    for change in inputs.health:
        if change.sensor not in state.setup.sensor_ids:
            continue
        cause = f"dark:{change.sensor}"
        old = making.open_for(state, cause)
        if change.state == "dark" and old is None:
            with_it = _shared(state, inputs, change)
            state, new = _tell_dark(state, inputs, change, with_it)
            state.by_cause[cause] = new.alert
            out.append(new)
        elif change.state != "dark" and old is not None:
            del state.by_cause[cause]
            if not any(state.by_cause.get(f"dark:{s}") == old.alert for s in old.sensors):
                out.append(making.closed(state, old, inputs.now_s))
    return state, out


def _shared(state: State, inputs: Inputs, change: SensorHealth) -> Alert | None:
    """Return the open alert of a sensor that fell silent just before and hangs on the same supply or link."""
    setup = state.setup
    mine = set(setup.supplies[setup.sensor_ids.index(change.sensor)]) if setup.supplies else set()
    for alert in state.open.values():
        if alert.what != "sensor_dark" or inputs.now_s - alert.first_s > GATHER_S:
            continue
        others = [set(setup.supplies[setup.sensor_ids.index(s)]) for s in alert.sensors]
        if all(mine & other for other in others):
            return alert
    return None


def _tell_dark(state: State, inputs: Inputs, change: SensorHealth, old: Alert | None) -> tuple[State, Alert]:
    setup = state.setup
    sensors = (*(old.sensors if old is not None else ()), change.sensor)
    rows = [setup.sensor_ids.index(s) for s in sensors]
    at = making.position(setup, setup.sensor_xy_m[rows].mean(axis=0))
    facts = [
        say.silent(change.sensor, change.t_s, inputs.now_s),
        say.cause(change.sensor, inputs.now_s, change.cause),
        say.place(change.sensor, inputs.now_s, f"sensor:{change.sensor}", at.s_m, at.d_m),
    ]
    if len(sensors) > 1:
        common = set.intersection(*(set(setup.supplies[k]) for k in rows))
        facts.append(say.together(inputs.now_s, len(sensors), min(common, default="")))
    spans = [_blind_m(state, k) for k in rows if setup.sensor_range_m[k] > 0]
    if spans:
        low, high = min(a for a, _ in spans), max(b for _, b in spans)
        facts.append(say.blind(change.sensor, inputs.now_s, low / 1000, high / 1000))
    return making.told(
        state,
        old,
        what="sensor_dark",
        now_s=inputs.now_s,
        source="health",
        position=at,
        facts=tuple(facts),
        first_s=old.first_s if old is not None else change.t_s,
        level=4,
        count=len(sensors),
        sensors=sensors,
        verifiers=making.verifiers(state, inputs, setup.sensor_xy_m[rows[0]]),
        no_clip_reason_key="noclip.dark",
        provenance=(*(old.provenance if old is not None else ()), change.id),
    )


def _blind_m(state: State, k: int) -> tuple[float, float]:
    s_m, reach = float(state.setup.line.sd_from_xy_m(state.setup.sensor_xy_m[k])[0]), state.setup.sensor_range_m[k]
    return max(s_m - float(reach), 0.0), min(s_m + float(reach), state.setup.line.length_m)


def _weak(state: State, inputs: Inputs) -> tuple[State, list[Alert]]:
    out = []
    for change in inputs.strength:
        cause = f"stretch:{change.from_km:g}:{change.to_km:g}"
        old = making.open_for(state, cause)
        loss = change.usual - change.strength
        least = UNNOTICED_LOSS if change.measure == "noticed" else WEAK_LOSS
        if loss >= least - 1e-9 and (old is None or abs(_told_loss(old) - loss) >= least / 2):
            state, new = _tell_weak(state, inputs, change, cause, old)
            state.by_cause[cause] = new.alert
            out.append(new)
        elif old is not None and loss < BACK_LOSS:
            out.append(making.closed(state, old, inputs.now_s))
    return state, out


def _told_loss(alert: Alert) -> float:
    args = next(fact.args for fact in alert.facts if fact.text_key in ("fact.strength", "fact.noticed"))
    return (float(args["usual_pct"]) - float(args["now_pct"])) / 100.0


def _tell_weak(
    state: State, inputs: Inputs, change: LineStrength, cause: str, old: Alert | None
) -> tuple[State, Alert]:
    s_m = 500.0 * (change.from_km + change.to_km)
    xy = state.setup.line.xy_m_from_sd(np.array([s_m, 0.0]))
    ref = f"strength:{change.id}"
    return making.told(
        state,
        old,
        what="line_weakened",
        now_s=inputs.now_s,
        source=cause,
        position=making.position(state.setup, xy),
        facts=(
            say.strength(ref, inputs.now_s, change.usual, change.strength, change.measure),
            say.stretch(ref, inputs.now_s, change.from_km, change.to_km),
            say.missing(ref, inputs.now_s, change.causes),
            *_mended_by(change, inputs.now_s),
            *making.nearest_unit(inputs, xy),
        ),
        first_s=old.first_s if old is not None else change.t_s,
        level=4,
        sensors=change.causes,
        no_clip_reason_key="noclip.dark",
        provenance=(change.id,),
    )


def _mended_by(change: LineStrength, now_s: float) -> Iterable[Fact]:
    if change.with_patrol is not None and change.with_patrol - change.strength >= MENDS:
        middle_km = 0.5 * (change.from_km + change.to_km)
        yield say.with_patrol(f"strength:{change.id}", now_s, middle_km, change.with_patrol, change.patrol)
