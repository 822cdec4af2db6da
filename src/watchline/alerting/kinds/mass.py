"""Many alerts and outages at once are one event: ranked, with everything it stands for, and one card to act on.

A line is breached in many places when cameras and links go first; the desk then needs the whole, not eighty cards.
Theory: on a quiet line parties come a few times an hour; MASS_ALERTS of them within MASS_S by chance is less likely
than 1e-9 at 3 an hour (Poisson), with DARK_ALERTS and a third of the cameras silent at the same time 1e-2 of that.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from watchline.alerting import facts as say
from watchline.alerting import making
from watchline.alerting.making import REVISE_S
from watchline.alerting.rules import GRAVITY
from watchline.alerting.state import Inputs, State
from watchline.domain.records import Alert

MASS_S = 600.0
MASS_ALERTS = 12
DARK_ALERTS = 6
DARK_SHARE = 0.33
MEMBER_P = 0.5  # what more likely is nobody is no part of a breach
OVER = 3  # the event is over when fewer than this came within MASS_S,
LEFT = 5  # and no more of its members are open than a desk can take at once: its end puts them on the queue
PLACE_M = 1000.0
KINDS = ("approaching", "crossing", "crossed", "fence_touched", "lost_contact", "group_arrival", "loitering")
CAUSE = "mass"


def step(state: State, inputs: Inputs, told: list[Alert]) -> tuple[State, list[Alert]]:
    """Return the mass event if there is one, new or revised; told: the other alerts of this moment."""
    known = {name for _, name in state.firsts}
    fresh = {a.alert for a in told if _counts(a) and a.alert not in known}
    firsts = (*state.firsts, *((inputs.now_s, name) for name in sorted(fresh)))
    firsts = tuple(f for f in firsts if inputs.now_s - f[0] <= MASS_S)
    state = replace(state, firsts=firsts)
    old = making.open_for(state, CAUSE)
    dark = _dark_share(state, inputs)
    enough = len(firsts) >= MASS_ALERTS or (len(firsts) >= DARK_ALERTS and dark >= DARK_SHARE)
    if old is None and not enough:
        return state, []
    names = {*(name for _, name in firsts), *(old.members if old is not None else ())}
    members = sorted((state.open[n] for n in names if n in state.open), key=_rank)
    if old is not None and len(firsts) < OVER and len(members) <= LEFT:
        return state, [making.closed(state, old, inputs.now_s)]
    if not members or (old is not None and inputs.now_s - old.t_s < REVISE_S and not fresh):
        return state, []
    state, new = _tell(state, inputs, old, members, dark)
    state.by_cause[CAUSE] = new.alert
    return state, [new]


def _counts(alert: Alert) -> bool:
    real = alert.what in KINDS and alert.state == "open" and not alert.exercise
    return real and (alert.p is None or alert.p >= MEMBER_P)


def _rank(alert: Alert) -> tuple[float, float, str]:
    """Return by what members are ordered: gravest first, then likeliest."""
    return -GRAVITY[alert.what], -(alert.p if alert.p is not None else 1.0), alert.alert


def _dark_share(state: State, inputs: Inputs) -> float:
    looking = np.flatnonzero(state.setup.sensor_range_m > 0)
    return sum(int(k) in inputs.dark for k in looking) / max(len(looking), 1)


def _tell(state: State, inputs: Inputs, old: Alert | None, members: list[Alert], dark: float) -> tuple[State, Alert]:
    now, s = inputs.now_s, [m.position.s_m for m in members]
    places = len({round(v / PLACE_M) for v in s})
    ref = "alerts"
    return making.told(
        state,
        old,
        what="mass_event",
        now_s=now,
        source=CAUSE,
        position=members[0].position,
        facts=(
            say.at_once(now, ref, len(members), places),
            say.stretch(ref, now, min(s) / 1000, max(s) / 1000),
            say.dark_share(
                now, len(inputs.dark & set(np.flatnonzero(state.setup.sensor_range_m > 0).tolist())), dark
            ),
            say.gravest(now, members[0].alert, members[0].what),
        ),
        first_s=min(m.first_s for m in members),
        level=4,
        count=len(members),
        members=tuple(m.alert for m in members),
        no_clip_reason_key="noclip.mass",
        provenance=tuple(m.id for m in members),
    )
