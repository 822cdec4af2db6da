"""Which sensors are being heard, and how well: silence becomes "dark", a fault "degraded", a sound voice "up"."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from watchline.domain.records import SensorHealth
from watchline.domain.site import Sensor

F8 = NDArray[np.float64]

MISSED_LOOKS = 3.0  # looks that may fail before a sensor is called dark
LEAST_S = 10.0  # and never sooner than this, because links hiccup
TELL_EVERY_S = 5.0  # changes of one sensor's faults are told no faster
TOUCH_PERIOD_S = 10.0  # fence and ground sensors say "all quiet" this often


@dataclass(frozen=True)
class State:
    """heard_s (N,) when each sensor was last heard; dark: indexes of those that are silent.

    faulty: what is wrong with those that are heard, as it was last told, and when that was.
    """

    ids: tuple[str, ...]
    patience_s: F8
    heard_s: F8
    dark: frozenset[int]
    told: int = 0
    faulty: Mapping[int, tuple[str, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Condition:
    """What one sensor's own pictures say of it: faults in words, empty when sound, and its quality, NaN if
    unknown.
    """

    faults: tuple[str, ...]
    quality: float = float("nan")


def init(sensors: tuple[Sensor, ...], now_s: float, dark: frozenset[str] = frozenset(), told: int = 0) -> State:
    """Return a state in which every sensor has just been heard, but those known to be dark.

    told: how many changes were told before, so that no number is given twice.
    """
    ids = tuple(s.id for s in sensors)
    patience = np.array([patience_s(sensor) for sensor in sensors])
    silent = np.array([id_ in dark for id_ in ids], bool)
    heard = np.where(silent, now_s - 2.0 * patience, now_s)
    return State(ids, patience, heard, frozenset(int(k) for k in np.flatnonzero(silent)), told)


def step(
    state: State,
    sensor: NDArray[np.int32],
    t_s: F8,
    now_s: float,
    causes: Mapping[int, str] = MappingProxyType({}),
    conditions: Mapping[int, Condition] = MappingProxyType({}),
) -> tuple[State, list[SensorHealth]]:
    """Return the state after these looks, and which sensors fell silent, are back, got worse or better.

    sensor, t_s (N,): every scan heard since the last step; causes: what is known of sensors that could not see;
    conditions: of the sensors whose pictures came during this step; the others' are as they were.
    """
    heard = state.heard_s.copy()
    np.maximum.at(heard, sensor, t_s)
    dark = frozenset(int(k) for k in np.flatnonzero(now_s - heard > state.patience_s))
    changes: list[SensorHealth] = []
    for k in sorted(dark ^ state.dark):
        fell = k in dark
        number = state.told + len(changes) + 1
        changes.append(
            SensorHealth(
                id=f"H-{number}",
                t_s=float(heard[k]) if fell else now_s,
                source="health",
                sensor=state.ids[k],
                state="dark" if fell else "up",
                cause=causes.get(k) or state.faulty.get(k, ("", 0.0))[0] or "silent" if fell else "heard again",
            )
        )
    state = replace(state, heard_s=heard, dark=dark, told=state.told + len(changes))
    state, graded = _grade(state, now_s, conditions)
    return state, [*changes, *graded]


def _grade(state: State, now_s: float, conditions: Mapping[int, Condition]) -> tuple[State, list[SensorHealth]]:
    """Tell what is wrong with sensors that are heard: when it begins, changes or ends, and not more often."""
    faulty = {k: v for k, v in state.faulty.items() if k not in state.dark}
    changes: list[SensorHealth] = []
    for k in sorted(conditions.keys() - state.dark):
        said, told_s = faulty.get(k, ("", -math.inf))
        cause = "; ".join(conditions[k].faults)
        if cause == said or now_s - told_s < TELL_EVERY_S:
            continue
        quality = conditions[k].quality
        changes.append(
            SensorHealth(
                id=f"H-{state.told + len(changes) + 1}",
                t_s=now_s,
                source="health",
                sensor=state.ids[k],
                state="degraded" if cause else "up",
                cause=cause or "sound again",
                quality=None if math.isnan(quality) else round(quality, 3),
            )
        )
        faulty[k] = (cause, now_s)
    return replace(state, faulty=faulty, told=state.told + len(changes)), changes


def patience_s(sensor: Sensor) -> float:
    """Return how long a sensor may be silent before it is called dark."""
    return max(MISSED_LOOKS * _period_s(sensor), LEAST_S)


def _period_s(sensor: Sensor) -> float:
    if sensor.kind in ("fence_sensor", "ground_sensor"):
        return TOUCH_PERIOD_S
    return sensor.pan.dwell_s if sensor.pan is not None else sensor.scan_period_s
