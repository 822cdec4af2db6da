"""The alert engine: one step from what is known now to alerts that are new or have changed.

Rules: an alert keeps its id while it grows graver; several tracks walking together are one alert with a count;
what known activity explains raises nothing; a verifier that is down never holds an alert back, the alert says so.
Which alerts a desk is shown, and when, is not decided here but in `management`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from watchline.alerting.forecast import arrivals
from watchline.alerting.kinds import distress, ending, fence, mass, meeting, outages, party, reach, told
from watchline.alerting.rules import remember
from watchline.alerting.state import Inputs, Setup, State, init, set_up
from watchline.domain.records import Alert

__all__ = ["Inputs", "Setup", "State", "init", "set_up", "step"]


def step(state: State, inputs: Inputs) -> tuple[State, list[Alert]]:
    """Return the engine after this moment, and every alert that is new or has changed."""
    tracks = inputs.tracks.take(np.flatnonzero(inputs.tracks.confirmed))
    inputs = replace(inputs, tracks=tracks)
    elapsed_s = inputs.now_s - state.last_s if state.last_s is not None else 0.0
    state = replace(
        state,
        open=dict(state.open),
        alert_of=dict(state.alert_of),
        by_cause=dict(state.by_cause),
        memory=remember(state.memory, tracks, inputs.now_s, elapsed_s),
        tracks=tracks,
    )
    out: list[Alert] = []
    state, new = party.step(state, inputs, arrivals(tracks, state.setup.line))
    out += new
    for kind in (fence, distress, told, outages, meeting, reach, ending):
        state, new = kind.step(state, inputs)
        out += new
    state, new = mass.step(state, inputs, out)
    return replace(state, last_s=inputs.now_s), out + new
