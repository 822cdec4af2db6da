"""Parties of ours or of a partner that come near each other and do not expect to; and units that fell silent.

Two units expect each other when they belong to one command, or when a registered movement says so.
"""

from __future__ import annotations

import numpy as np

from watchline.alerting import facts as say
from watchline.alerting import making
from watchline.alerting.state import Inputs, State
from watchline.domain.records import Alert

NEAR_M = 600.0  # patrols in the dark are within rifle shot and thermal sight of each other
APART_M = 1000.0


def step(state: State, inputs: Inputs) -> tuple[State, list[Alert]]:
    """Return warnings of units that come near each other, and of units not heard of for too long."""
    state, out = _meetings(state, inputs)
    state, more = _silent(state, inputs)
    return state, out + more


def _meetings(state: State, inputs: Inputs) -> tuple[State, list[Alert]]:
    out: list[Alert] = []
    ids = inputs.unit_ids
    partners = [k for k, name in enumerate(ids) if name in inputs.partner]
    ours = [k for k, name in enumerate(ids) if name not in inputs.partner]
    if not partners or not ours:
        return state, out
    xy = inputs.units_xy_m
    gap = np.linalg.norm(xy[partners][:, None] - xy[ours][None], axis=2)
    for i, j in np.argwhere(gap < APART_M):
        a, b = ids[partners[int(i)]], ids[ours[int(j)]]
        cause = f"meeting:{a}:{b}"
        if making.open_for(state, cause) is not None or gap[i, j] >= NEAR_M or frozenset((a, b)) in inputs.expected:
            continue
        state, new = _tell(state, inputs, cause, (partners[int(i)], ours[int(j)]), float(gap[i, j]))
        state.by_cause[cause] = new.alert
        out.append(new)
    for alert in [a for a in state.open.values() if a.what == "units_meeting"]:
        _, a, b = alert.source.split(":")
        if a in ids and b in ids and np.hypot(*(xy[ids.index(a)] - xy[ids.index(b)])) > APART_M:
            out.append(making.closed(state, alert, inputs.now_s))
    return state, out


def _tell(state: State, inputs: Inputs, cause: str, pair: tuple[int, int], gap_m: float) -> tuple[State, Alert]:
    names = [inputs.unit_ids[k] for k in pair]
    at = making.position(state.setup, inputs.units_xy_m[list(pair)].mean(axis=0))
    return making.told(
        state,
        None,
        what="units_meeting",
        now_s=inputs.now_s,
        source=cause,
        position=at,
        facts=(
            say.apart(inputs.now_s, names[0], names[1], gap_m),
            say.partner(inputs.now_s, names[0]),
            say.place(names[1], inputs.now_s, f"unit:{names[1]}", at.s_m, at.d_m),
        ),
        first_s=inputs.now_s,
        level=4,
        count=2,
        no_clip_reason_key="noclip.units",
    )


def _silent(state: State, inputs: Inputs) -> tuple[State, list[Alert]]:
    """Return alerts for units of ours that are not heard of any more, where they last said they were."""
    out: list[Alert] = []
    quiet = dict(inputs.silent)
    for name, last_s in inputs.silent:
        cause = f"silent:{name}"
        if making.open_for(state, cause) is not None or name not in inputs.unit_ids:
            continue
        at = making.position(state.setup, inputs.units_xy_m[inputs.unit_ids.index(name)])
        state, new = making.told(
            state,
            None,
            what="lost_contact",
            now_s=inputs.now_s,
            source=cause,
            position=at,
            facts=(
                say.unit_silent(name, last_s, inputs.now_s),
                say.last_place(name, last_s, at.s_m, at.d_m),
                say.place(name, inputs.now_s, f"unit:{name}", at.s_m, at.d_m),
            ),
            first_s=last_s,
            level=4,
            no_clip_reason_key="noclip.units",
        )
        state.by_cause[cause] = new.alert
        out.append(new)
    for alert in [a for a in state.open.values() if a.what == "lost_contact" and a.source.startswith("silent:")]:
        if alert.source.removeprefix("silent:") not in quiet:
            out.append(making.closed(state, alert, inputs.now_s))
    return state, out
