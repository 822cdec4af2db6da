"""Which sensors are being heard: silence is turned into "dark", and a voice into "up"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from watchline.domain.records import SensorHealth
from watchline.domain.site import Sensor

F8 = NDArray[np.float64]

MISSED_LOOKS = 3.0  # looks that may fail before a sensor is called dark
LEAST_S = 10.0  # and never sooner than this, because links hiccup
TOUCH_PERIOD_S = 10.0  # fence and ground sensors say "all quiet" this often


@dataclass(frozen=True)
class State:
    """heard_s (N,) when each sensor was last heard; dark: indexes of those that are silent."""

    ids: tuple[str, ...]
    patience_s: F8
    heard_s: F8
    dark: frozenset[int]
    told: int = 0


def init(sensors: tuple[Sensor, ...], now_s: float, dark: frozenset[str] = frozenset(), told: int = 0) -> State:
    """Return a state in which every sensor has just been heard, but those known to be dark.

    told: how many changes were told before, so that no number is given twice.
    """
    ids = tuple(s.id for s in sensors)
    patience = np.array([max(MISSED_LOOKS * _period_s(sensor), LEAST_S) for sensor in sensors])
    silent = np.array([id_ in dark for id_ in ids], bool)
    heard = np.where(silent, now_s - 2.0 * patience, now_s)
    return State(ids, patience, heard, frozenset(int(k) for k in np.flatnonzero(silent)), told)


def step(
    state: State,
    sensor: NDArray[np.int32],
    t_s: F8,
    now_s: float,
    causes: Mapping[int, str] = MappingProxyType({}),
) -> tuple[State, list[SensorHealth]]:
    """Return the state after these looks, and which sensors fell silent or are back.

    sensor, t_s (N,): every scan heard since the last step; causes: what is known of sensors that could not see.
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
                cause=causes.get(k, "silent") if fell else "heard again",
            )
        )
    return State(state.ids, state.patience_s, heard, dark, state.told + len(changes)), changes


def _period_s(sensor: Sensor) -> float:
    if sensor.kind in ("fence_sensor", "ground_sensor"):
        return TOUCH_PERIOD_S
    return sensor.pan.dwell_s if sensor.pan is not None else sensor.scan_period_s
