"""How an alert is made and revised, whatever it is about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import msgspec
import numpy as np

from watchline.alerting import facts as say
from watchline.alerting.state import F8, Inputs, Setup, State
from watchline.domain.records import Alert, Fact, Position, Verifier

REVISE_S = 30.0  # an open alert is told again at most this often while it only moves
OWN_M = 150.0  # a unit's position report is up to 15 s old and good to 20 m


def told(
    state: State, old: Alert | None, *, now_s: float, position: Position, facts: tuple[Fact, ...], **rest: object
) -> tuple[State, Alert]:
    """Return a new alert, or the next revision of `old`, and the engine that has it open."""
    number = old.alert if old is not None else f"A-{state.issued + 1}"
    revision = old.revision + 1 if old is not None else 1
    alert = msgspec.convert(
        {
            "kind": "alert",
            "id": f"{number}.{revision}",
            "alert": number,
            "revision": revision,
            "t_s": now_s,
            "state": "open",
            "position": position,
            "distance_m": round(abs(position.d_m)),
            "facts": facts,
            **rest,
        },
        Alert,
        from_attributes=True,
    )
    state.open[number] = alert
    return replace(state, issued=state.issued + (old is None)), alert


def closed(state: State, alert: Alert, now_s: float) -> Alert:
    """Take an alert from the open ones and return its last revision."""
    state.open.pop(alert.alert, None)
    for cause in [c for c, number in state.by_cause.items() if number == alert.alert]:
        del state.by_cause[cause]
    revision = alert.revision + 1
    return msgspec.structs.replace(
        alert, state="closed", t_s=now_s, revision=revision, id=f"{alert.alert}.{revision}"
    )


def open_for(state: State, cause: str) -> Alert | None:
    """Return the open alert of a cause."""
    return state.open.get(state.by_cause.get(cause, ""))


def position(setup: Setup, xy_m: F8) -> Position:
    """Return a grid position as people read it."""
    line = setup.line
    lonlat, sd = line.frame.lonlat_from_xy_m(xy_m), line.sd_from_xy_m(xy_m)
    return Position(
        lon_deg=round(float(lonlat[0]), 6),
        lat_deg=round(float(lonlat[1]), 6),
        s_m=round(float(sd[0]), 1),
        d_m=round(float(sd[1]), 1),
    )


def verifiers(state: State, inputs: Inputs, xy_m: F8, seen_by: frozenset[int] = frozenset()) -> tuple[Verifier, ...]:
    """Return who confirmed it, and who could have but is dark: nearest first, at most four.

    An alert passes without them (it fails open) and says who was missing.
    """
    setup = state.setup
    gap = np.hypot(*(setup.sensor_xy_m - xy_m).T)
    able = np.flatnonzero(gap < setup.sensor_range_m)
    able = able[np.argsort(gap[able], kind="stable")]
    named = [k for k in able.tolist() if k in seen_by or k in inputs.dark][:4]
    return tuple(Verifier(name=setup.sensor_ids[k], up=k not in inputs.dark) for k in named)


def nearest_unit(inputs: Inputs, xy_m: F8) -> Iterable[Fact]:
    """Return how far the nearest of our own units is, if any is heard."""
    if len(inputs.units_xy_m):
        gap = np.hypot(*(inputs.units_xy_m - xy_m).T)
        nearest = int(np.argmin(gap))
        yield say.no_own_unit(inputs.now_s, float(gap[nearest]), inputs.unit_ids[nearest])


def own_at(inputs: Inputs, xy_m: F8) -> bool:
    """Return whether one of the units whose place is known stands at a place."""
    return bool(len(inputs.units_xy_m)) and bool(np.hypot(*(inputs.units_xy_m - xy_m).T).min() < OWN_M)
