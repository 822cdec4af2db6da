"""How strong each stretch of the line is now: the share of it that working sensors have in view.

Told when it has changed for longer than links hiccup, so that a stretch that weakened is an alert and one that is
back is not.  Geometry and health only (`coverage.in_view`): weather is not in it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from watchline.coverage.in_view import InView, Sight, in_view
from watchline.domain.records import LineStrength

STRETCH_KM = 10
LASTS_S = 60.0
TELL_CHANGE = 0.1


@dataclass(frozen=True)
class State:
    """usual (K,) strength of each stretch with all sensors at work, as told last in told; dark since dark_s."""

    belt: Sight
    sensor_ids: tuple[str, ...]
    usual: tuple[float, ...]
    told: tuple[float, ...]
    dark: frozenset[int] = frozenset()
    dark_s: float = 0.0
    due: bool = False
    number: int = 0


def init(belt: Sight, sensor_ids: tuple[str, ...]) -> State:
    """Return the strength of a line whose sensors all work."""
    usual = _by_stretch(in_view(belt, frozenset()))
    return State(belt, sensor_ids, usual, usual)


def step(state: State, dark: frozenset[int], now_s: float) -> tuple[State, tuple[LineStrength, ...]]:
    """Return the state after this moment, and the stretches whose strength is not what was last told."""
    if dark != state.dark:
        return replace(state, dark=dark, dark_s=now_s, due=True), ()
    if not state.due or now_s - state.dark_s < LASTS_S:
        return state, ()
    view = in_view(state.belt, dark)
    now = _by_stretch(view)
    told, out = list(state.told), list[LineStrength]()
    for k, strength in enumerate(now):
        back = strength == state.usual[k] != told[k]
        if abs(strength - told[k]) < TELL_CHANGE and not back:
            continue
        told[k] = strength
        first, last = k * STRETCH_KM, min((k + 1) * STRETCH_KM, len(view.blind_by))
        causes = sorted({s for km in range(first, last) for s in view.blind_by[km]})
        out.append(
            LineStrength(
                id=f"LS-{state.number + len(out) + 1}", t_s=now_s, source="coverage", from_km=float(first),
                to_km=float(last), strength=round(strength, 3), usual=round(state.usual[k], 3),
                causes=tuple(state.sensor_ids[s] for s in causes),
            )
        )  # fmt: skip
    return replace(state, told=tuple(told), due=False, number=state.number + len(out)), tuple(out)


def _by_stretch(view: InView) -> tuple[float, ...]:
    """Return the mean share in view of each stretch; where every sensor is silent nothing is in view."""
    share = np.nan_to_num(view.share)
    return tuple(float(share[k : k + STRETCH_KM].mean()) for k in range(0, len(share), STRETCH_KM))
