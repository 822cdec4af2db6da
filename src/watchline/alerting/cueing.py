"""A hit turns the nearest camera that can see the place: which one, to which angles, and when it stands still.

Theory: pan and tilt are absolute angles towards the place from the camera's own eye.  The head speeds up and slows
down at ACCELERATION and never turns faster than SLEW, so an angle A takes 2 sqrt(A / a) below v^2 / a and
A / v + v / a above; then it swings for SWING_S before pictures can be used.  The larger of pan and tilt counts.

Rules: one cue per alert until it grows graver; a camera keeps looking for LOOK_S and is taken away only for something
graver; where no camera can see the place the cue says so, once.
Limits: the settle time is a model with stated numbers, not measured on a real head.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import msgspec
import numpy as np
from numpy.typing import NDArray

from watchline.alerting.rules import GRAVITY
from watchline.domain.batches import DetectionBatch
from watchline.domain.records import Alert, AlertKind, Cue, GeoPoint
from watchline.geo.line import LineFrame
from watchline.geo.sight import least_visible_height_m
from watchline.geo.terrain import Terrain

F8 = NDArray[np.float64]

SLEW_RAD_S = math.radians(60.0)
ACCELERATION_RAD_S2 = math.radians(120.0)
SWING_S = 0.4
LOOK_S = 12.0
SEEN_M = 1.2  # a person is worth a look when no more than this is hidden
GATE_RAD, GATE_SHARE, GATE_M = math.radians(2.0), 0.15, 150.0
CUES: frozenset[AlertKind] = frozenset(
    {"approaching", "crossing", "crossed", "fence_touched", "lost_contact", "loitering", "distress", "group_arrival"}
)


@dataclass(frozen=True)
class Head:
    """A camera that can be turned.  eye_m (3,) on the site grid; pan limits as true bearings, low below high."""

    sensor: int
    name: str
    eye_m: F8
    range_m: float
    low_rad: float
    high_rad: float
    convergence_rad: float


@dataclass(frozen=True)
class Turn:
    """What the camera is asked to do: absolute angles, from when it stands still until when it is let go."""

    sensor: int
    azimuth_rad: float
    elevation_rad: float
    settled_s: float
    until_s: float


@dataclass(frozen=True)
class State:
    """asked: cues under way, by sensor, with what they are about; done: gravity at which each alert was looked at."""

    line: LineFrame
    terrain: Terrain
    heads: tuple[Head, ...]
    asked: Mapping[int, tuple[Cue, float, int]] = field(default_factory=dict)
    done: Mapping[str, int] = field(default_factory=dict)
    number: int = 0


def step(
    state: State,
    alerts: Iterable[Alert],
    detections: DetectionBatch,
    pointing_rad: Mapping[int, float],
    dark: frozenset[int],
    now_s: float,
) -> tuple[State, list[Cue], list[Turn]]:
    """Return the state, what is asked, found or refused, and how heads are to be turned now.

    pointing_rad: true bearing of each head at its last look; detections: since the last step.
    """
    state = _count(state, detections)
    state, out = _finished(state, now_s)
    turns: list[Turn] = []
    for alert in sorted(alerts, key=lambda a: -GRAVITY[a.what]):
        gravity = GRAVITY[alert.what]
        if alert.state != "open" or alert.what not in CUES or state.done.get(alert.alert, -1) >= gravity:
            continue
        state = replace(state, done={**state.done, alert.alert: gravity})
        state, cue, turn = _ask(state, alert, pointing_rad, dark, now_s)
        out.append(cue)
        turns += [turn] if turn is not None else []
    return state, out, turns


def _ask(
    state: State, alert: Alert, pointing_rad: Mapping[int, float], dark: frozenset[int], now_s: float
) -> tuple[State, Cue, Turn | None]:
    place = alert.position
    xy = state.line.frame.xy_m_of(place)
    state = replace(state, number=state.number + 1)
    head, reason = _nearest(state, xy, GRAVITY[alert.what], dark)
    base = Cue(
        id=f"Q-{state.number}.1", t_s=now_s, source="cueing", provenance=(alert.id,), exercise=alert.exercise,
        cue=f"Q-{state.number}", camera=head.name if head else "", alert=alert.alert,
        place=GeoPoint(lon_deg=place.lon_deg, lat_deg=place.lat_deg), azimuth_rad=0.0, elevation_rad=0.0, range_m=0.0,
        settled_s=now_s, state="refused", reason=reason,
    )  # fmt: skip
    if head is None:
        return state, base, None
    azimuth, elevation, range_m = angles(head, xy, state.terrain)
    settled_s = now_s + settle_s(_apart(azimuth, pointing_rad.get(head.sensor, azimuth + math.pi)))
    cue = msgspec.structs.replace(
        base, azimuth_rad=round(azimuth, 5), elevation_rad=round(elevation, 5), range_m=round(range_m, 1),
        settled_s=round(settled_s, 2), state="asked",
    )  # fmt: skip
    until_s = settled_s + LOOK_S
    asked = {**state.asked, head.sensor: (msgspec.structs.replace(cue, found=0), until_s, GRAVITY[alert.what])}
    return replace(state, asked=asked), cue, Turn(head.sensor, azimuth, elevation, settled_s, until_s)


def _nearest(state: State, xy_m: F8, gravity: int, dark: frozenset[int]) -> tuple[Head | None, str]:
    """Return the nearest head that can see a place, else why none can."""
    near = sorted((float(np.hypot(*(h.eye_m[:2] - xy_m))), k) for k, h in enumerate(state.heads))
    reason = "cue.no_camera"
    for away, k in near:
        head = state.heads[k]
        if away > head.range_m:
            break
        reason = "cue.hidden"
        if not _turns_there(head, xy_m) or head.sensor in dark:
            continue
        busy = state.asked.get(head.sensor)
        if busy is not None and busy[2] >= gravity:
            reason = "cue.busy"
            continue
        if float(least_visible_height_m(state.terrain, head.eye_m[None], xy_m[None])[0]) <= SEEN_M:
            return head, ""
    return None, reason


def angles(head: Head, xy_m: F8, terrain: Terrain) -> tuple[float, float, float]:
    """Return true bearing, elevation and range along the ground from a head to a place on the ground."""
    step = xy_m - head.eye_m[:2]
    range_m = float(np.hypot(*step))
    bearing = (math.atan2(step[0], step[1]) - head.convergence_rad) % math.tau
    up = float(terrain.height_at(xy_m)) - float(head.eye_m[2])
    return bearing, math.atan2(up, range_m), range_m


def settle_s(angle_rad: float) -> float:
    """Return how long a head needs for an angle until its pictures can be used, seconds."""
    knee = SLEW_RAD_S**2 / ACCELERATION_RAD_S2
    if angle_rad < knee:
        return 2.0 * math.sqrt(angle_rad / ACCELERATION_RAD_S2) + SWING_S
    return angle_rad / SLEW_RAD_S + SLEW_RAD_S / ACCELERATION_RAD_S2 + SWING_S


def _turns_there(head: Head, xy_m: F8) -> bool:
    step = xy_m - head.eye_m[:2]
    bearing = math.atan2(step[0], step[1]) - head.convergence_rad
    return (bearing - head.low_rad) % math.tau <= min(head.high_rad - head.low_rad, math.tau)


def _apart(a_rad: float, b_rad: float) -> float:
    return abs((a_rad - b_rad + math.pi) % math.tau - math.pi)


def _count(state: State, detections: DetectionBatch) -> State:
    """Return the state with the detections counted that lie at the places looked at."""
    if not state.asked or len(detections) == 0:
        return state
    asked = dict(state.asked)
    for sensor, (cue, until_s, gravity) in asked.items():
        rows = (detections.sensor == sensor) & (detections.t_s >= cue.settled_s) & (detections.t_s <= until_s)
        off = np.abs((detections.bearing_rad - cue.azimuth_rad + np.pi) % (2 * np.pi) - np.pi)
        far = np.abs(detections.range_m - cue.range_m)
        near = rows & (off < GATE_RAD) & (far < GATE_M + GATE_SHARE * cue.range_m)
        found = (cue.found or 0) + int(near.sum())
        asked[sensor] = msgspec.structs.replace(cue, found=found), until_s, gravity
    return replace(state, asked=asked)


def _finished(state: State, now_s: float) -> tuple[State, list[Cue]]:
    over = {s: cue for s, (cue, until_s, _) in state.asked.items() if now_s >= until_s}
    if not over:
        return state, []
    asked = {s: held for s, held in state.asked.items() if s not in over}
    looked = [
        msgspec.structs.replace(cue, id=f"{cue.cue}.2", t_s=now_s, state="looked") for cue in over.values()
    ]  # fmt: skip
    return replace(state, asked=asked), looked
