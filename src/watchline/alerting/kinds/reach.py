"""What responding lost: stretches that nobody free is near, and pursuits whose contact is gone.

One alert stands for the whole line's uncovered stretches and is told anew only when they grow: patrols move all
night, and each of their moves is no news.
"""

from __future__ import annotations

import numpy as np

from watchline.alerting import facts as say
from watchline.alerting import making
from watchline.alerting.state import Inputs, State
from watchline.domain.records import Alert, Fact
from watchline.domain.respond import LineUncovered, PursuitStep, Waits

UNCOVERED = "uncovered"  # the cause of the one alert about stretches
GROWN_KM = 3.0  # so much more without anybody is news


def step(state: State, inputs: Inputs) -> tuple[State, list[Alert]]:
    """Return alerts for what was told of stretches and pursuits; close those that are covered, regained or over."""
    out: list[Alert] = []
    for change in inputs.uncovered:
        state, new = _stretches(state, inputs, change)
        out += new
    for taken in inputs.pursuits:
        state, new = _pursuit(state, inputs, taken)
        out += new
    return state, out


def _stretches(state: State, inputs: Inputs, change: LineUncovered) -> tuple[State, list[Alert]]:
    old = making.open_for(state, UNCOVERED)
    if not change.stretches:
        return state, [] if old is None else [making.closed(state, old, inputs.now_s)]
    total_km = sum(w.to_km - w.from_km for w in change.stretches)
    if old is not None and total_km < _told_km(old) + GROWN_KM:
        return state, []
    worst = max(change.stretches, key=lambda w: (w.wait_s < 0.0, w.to_km - w.from_km))
    xy = state.setup.line.xy_m_from_sd(np.array([500.0 * (worst.from_km + worst.to_km), 0.0]))
    state, new = making.told(
        state,
        old,
        what="line_uncovered",
        now_s=inputs.now_s,
        source=UNCOVERED,
        position=making.position(state.setup, xy),
        facts=(
            say.uncovered(change.id, change.t_s, total_km, len(change.stretches), change.limit_s),
            say.stretch(change.id, change.t_s, worst.from_km, worst.to_km),
            _wait(change, worst),
            *making.nearest_unit(inputs, xy),
        ),
        first_s=old.first_s if old is not None else change.t_s,
        level=4,
        no_clip_reason_key="noclip.units",
        provenance=(change.id,),
    )
    state.by_cause[UNCOVERED] = new.alert
    return state, [new]


def _wait(change: LineUncovered, worst: Waits) -> Fact:
    if worst.wait_s < 0.0:
        return say.nobody_comes(change.id, change.t_s, len(change.busy))
    return say.waits(change.id, change.t_s, worst.wait_s, len(change.busy))


def _told_km(alert: Alert) -> float:
    return float(next(fact.args["total_km"] for fact in alert.facts if fact.text_key == "fact.uncovered"))


def _pursuit(state: State, inputs: Inputs, taken: PursuitStep) -> tuple[State, list[Alert]]:
    cause = f"pursuit:{taken.pursuit}"
    old = making.open_for(state, cause)
    if old is not None and taken.what in ("regained", "closed"):
        return state, [making.closed(state, old, inputs.now_s)]
    if old is not None or taken.what != "lost" or taken.position is None:
        return state, []
    at = taken.position
    state, new = making.told(
        state,
        None,
        what="lost_contact",
        now_s=inputs.now_s,
        source=cause,
        position=at,
        facts=(
            say.pursuit_lost(taken.id, taken.t_s, taken.pursuit, taken.organisation),
            say.last_place(f"pursuit {taken.pursuit}", taken.t_s, at.s_m, at.d_m, f"pursuit:{taken.pursuit}"),
            *making.nearest_unit(inputs, state.setup.line.frame.xy_m_of(at)),
        ),
        first_s=taken.t_s,
        level=4,
        no_clip_reason_key="noclip.units",
        provenance=(taken.id,),
    )
    state.by_cause[cause] = new.alert
    return state, [new]
