"""Alerts about the wire: a stretch that was shaken more than once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from watchline.alerting import facts as say
from watchline.alerting import likelihood, making
from watchline.alerting.making import REVISE_S
from watchline.alerting.rules import RAISE_P
from watchline.alerting.state import F8, Inputs, State
from watchline.domain.records import Alert
from watchline.sensing.touch import TOGETHER_S

FENCE_M = 80.0
FENCE_PULLS = 2  # a single pull is wind or a bird
AT_WIRE_M = 250.0  # a party this near a shaken stretch is who shook it


def step(state: State, inputs: Inputs) -> tuple[State, list[Alert]]:
    """Return alerts for stretches that were shaken; where a party is known to be there, its alert stands for it."""
    hits = tuple(h for h in (*state.hits, *inputs.fence_hits) if inputs.now_s - h[0] <= TOGETHER_S)
    state, out = replace(state, hits=hits), []
    for hit in inputs.fence_hits:
        group = [h for h in hits if abs(h[1] - hit[1]) <= FENCE_M]
        if len(group) < FENCE_PULLS:
            continue
        s_m = float(np.mean([h[1] for h in group]))
        old = _open_here(state, s_m)
        if old is not None and (old.what != "fence_touched" or inputs.now_s - old.t_s < REVISE_S):
            continue
        xy = state.setup.line.xy_m_from_sd([s_m, 0.0])
        if making.own_at(inputs, xy):
            continue
        state, told = _tell(state, inputs, old, group, hit[2], s_m, xy)
        out += told
    return state, out


def _tell(
    state: State, inputs: Inputs, old: Alert | None, group: list[tuple[float, float, int]], k: int, s_m: float, xy: F8
) -> tuple[State, list[Alert]]:
    sensor = state.setup.sensor_ids[k]
    first, last = min(h[0] for h in group), max(h[0] for h in group)
    near = bool(len(inputs.units_xy_m)) and float(np.hypot(*(inputs.units_xy_m - xy).T).min()) < 600.0
    wind = inputs.wind_at(s_m)
    p = likelihood.of_fence(len(group), last - first, wind, near, inputs.calibration)
    if old is None and p < RAISE_P:
        return state, []
    state, new = making.told(
        state,
        old,
        what="fence_touched",
        now_s=inputs.now_s,
        source=sensor,
        position=making.position(state.setup, xy),
        facts=(
            say.fence(sensor, last, len(group), last - first),
            say.place(sensor, last, f"sensor:{sensor}", s_m, 0.0),
            say.wind(inputs.now_s, wind),
            *making.nearest_unit(inputs, xy),
        ),
        first_s=first,
        p=round(p, 3),
        level=likelihood.level(p),
        sensors=(sensor,),
        could_be=(("unknown", round(p, 2)), ("environment", round(1.0 - p, 2))),
        verifiers=making.verifiers(state, inputs, xy),
        no_clip_reason_key="noclip.fence",
    )
    return state, [new]


def _open_here(state: State, s_m: float) -> Alert | None:
    """Return the open alert of this stretch of wire, else that of a party at it."""
    at_wire = [
        alert
        for alert in state.open.values()
        if (alert.what == "fence_touched" and abs(alert.position.s_m - s_m) < 3 * FENCE_M)
        or (alert.track_id is not None and np.hypot(alert.position.s_m - s_m, alert.position.d_m) < AT_WIRE_M)
    ]
    return min(at_wire, key=lambda a: a.what != "fence_touched", default=None)
