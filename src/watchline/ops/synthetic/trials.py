"""The book of synthetic crossers: when one begins, what the camera made of it, who answered.

A figure is painted into a copy of one camera's pictures, which a copy of that camera's vision watches; the camera's
own pictures, its tracks, alerts, films and counts never hold it.  What comes of it is three kinds of records:
`SyntheticCrosser` when it begins, `DetectionTrial` when it is over (P_d), and, once found, a `SeededTest` at the desk
of the place (p_ack), which is shown there and nowhere else.

Rules: one at a time for a camera; none where a real detection lies on the figure counts as a look.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import msgspec
import numpy as np

from watchline.alerting.desk.clockwork import SHIFT_S, can_be_tested, next_test
from watchline.alerting.desk.made import made_alert
from watchline.alerting.desk.state import State as Desk
from watchline.domain.desk import SeededTest
from watchline.domain.records import AlertKind, DetectionTrial, Position, Record
from watchline.domain.site import Synthetic
from watchline.domain.trials import SyntheticCrosser
from watchline.geo.line import LineFrame
from watchline.geo.terrain import Terrain
from watchline.ops.cameras import Look
from watchline.ops.site_file import LoadedSite
from watchline.ops.synthetic.way import Way, way
from watchline.sensing.camera import Camera
from watchline.sensing.figure import Drawn

LOOK_S = 1.0  # pictures of this while are one look, as for tracking
LEAST_LOOKS = 3  # fewer teach nothing
TOLD_LOOKS = 3  # found in so many, and somebody is told
AFTER_S = 3.0  # pictures may come late
CHANCES = 8  # numbers that each specification needs at each step


@dataclass(frozen=True)
class Setup:
    """specs by the index of their sensor; cameras: those with pictures here, by sensor index."""

    specs: Mapping[int, Synthetic]
    cameras: Mapping[int, Camera]
    line: LineFrame
    terrain: Terrain


@dataclass(frozen=True)
class Going:
    """A crosser on its way: which looks (their whole seconds) could show it, in which it was found, its test."""

    crosser: SyntheticCrosser
    way: Way
    shown: frozenset[int] = frozenset()
    found: frozenset[int] = frozenset()
    told: bool = False


@dataclass(frozen=True)
class State:
    """going: by sensor index; number: of the last crosser; quality: each camera's last word on its contrast."""

    setup: Setup
    number: int = 0
    going: Mapping[int, Going] = field(default_factory=dict)
    quality: Mapping[int, float] = field(default_factory=dict)


def init(loaded: LoadedSite, terrain: Terrain, cameras: Mapping[int, Camera], number: int) -> State:
    """Return an empty book; cameras: those with pictures here, by sensor index; number: of the last crosser ever."""
    ids = [sensor.id for sensor in loaded.site.sensors]
    specs = {ids.index(spec.sensor): spec for spec in loaded.site.synthetic}
    specs = {k: spec for k, spec in specs.items() if k in cameras}
    return State(Setup(specs, cameras, loaded.line, terrain), number)


def step(
    state: State, looks: tuple[Look, ...], desk: Desk, since_s: float, now_s: float, chance: tuple[float, ...]
) -> tuple[State, list[Record], dict[int, Drawn]]:
    """Return the book after this step, what it says, and what is to be drawn from now on, by sensor index.

    chance: CHANCES numbers 0..1 for every specification in the order of their sensors.
    """
    state = _seen(state, looks)
    said = list[Record]()
    drawn = dict[int, Drawn]()
    for n, (k, spec) in enumerate(sorted(state.setup.specs.items())):
        mine = chance[CHANCES * n : CHANCES * (n + 1)]
        state, records = _known(state, k, desk, now_s, mine)
        said += records
        if k not in state.going and mine[0] < 1.0 - np.exp(-spec.per_12_h / SHIFT_S * max(now_s - since_s, 0.0)):
            state, begun = _begun(state, k, spec, now_s, mine)
            said += begun
            if begun:
                drawn[k] = state.going[k].way.drawn
    return state, said, drawn


def _seen(state: State, looks: tuple[Look, ...]) -> State:
    going, quality = dict(state.going), dict(state.quality)
    for look in looks:
        quality[look.sensor] = look.health.quality
        one, tried = going.get(look.sensor), look.tried
        if one is None or tried is None or tried.crosser != one.crosser.id:
            continue
        second = frozenset({int(look.t_s // LOOK_S)})
        going[look.sensor] = replace(
            one, shown=one.shown | second, found=one.found | second if tried.found else one.found
        )
    return replace(state, going=going, quality=quality)


def _begun(
    state: State, k: int, spec: Synthetic, now_s: float, chance: tuple[float, ...]
) -> tuple[State, list[Record]]:
    camera, setup = state.setup.cameras[k], state.setup
    name = f"X-{state.number + 1}"
    found = way(
        name, spec, camera, setup.line, setup.terrain, begins_s=now_s,
        quality=state.quality.get(k, float("nan")), chance=(chance[1], chance[2]),
    )  # fmt: skip
    if found is None:
        return state, []
    at = np.flatnonzero(np.isfinite(found.drawn.x_px))[0]
    crosser = SyntheticCrosser(
        id=name, t_s=now_s, source="trial", sensor=spec.sensor, to_s=float(found.drawn.t_s[-1]),
        range_m=round(float(found.range_m[at]), 1), counts=round(float(found.drawn.counts[at]), 2),
        tall_px=round(float(found.drawn.tall_px[at]), 2), position=_position(state, found, int(at)),
    )  # fmt: skip
    return replace(state, number=state.number + 1, going={**state.going, k: Going(crosser, found)}), [crosser]


def _known(
    state: State, k: int, desk: Desk, now_s: float, chance: tuple[float, ...]
) -> tuple[State, Iterator[Record]]:
    """Return the book and its records once a crosser was found often enough, or is over."""
    one = state.going.get(k)
    if one is None:
        return state, iter(())
    said = list[Record]()
    if not one.told and len(one.found) >= TOLD_LOOKS:
        one = replace(one, told=True)
        said += _test(one, desk, now_s, chance)
    going = {**state.going, k: one}
    if now_s > one.crosser.to_s + AFTER_S:
        del going[k]
        said += _trial(one)
    return replace(state, going=going), iter(said)


def _test(one: Going, desk: Desk, now_s: float, chance: tuple[float, ...]) -> Iterator[Record]:
    """Tell whoever has the desk of the place, if they have time, as of a seeded test."""
    at = int(np.searchsorted(one.way.drawn.t_s, now_s).clip(0, len(one.way.sd_m) - 1))
    s_m, d_m = (float(v) for v in one.way.sd_m[at])
    mine = next((d for d in desk.setup.desks if d.id == desk.setup.desk_of(s_m)), None)
    if mine is None or not can_be_tested(desk, mine, now_s):
        return
    number = next_test(desk)
    what: AlertKind = "approaching" if d_m < 0.0 else "crossed"
    alert = made_alert(desk.setup, number, what, s_m, d_m, now_s, (*chance[3:6], 0.0))
    alert = msgspec.structs.replace(alert, sensors=(one.crosser.sensor,))
    yield SeededTest(
        id=f"seeded-{number}", t_s=now_s, source="desk", provenance=(one.crosser.id,), test=number, desk=mine.id,
        person=desk.holders[mine.id], alert=alert,
    )  # fmt: skip


def _trial(one: Going) -> Iterator[Record]:
    if len(one.shown) < LEAST_LOOKS:
        return
    crosser = one.crosser
    yield DetectionTrial(
        id=f"{crosser.id}.seen", t_s=crosser.to_s, source="trial", provenance=(crosser.id,), sensor=crosser.sensor,
        unit=crosser.id, from_s=crosser.t_s, to_s=crosser.to_s, looks=len(one.shown),
        detected=len(one.found & one.shown), range_m=round(float(one.way.range_m.min()), 1),
        position=crosser.position, subject="person",
    )  # fmt: skip


def _position(state: State, found: Way, at: int) -> Position:
    line = state.setup.line
    lonlat = line.frame.lonlat_from_xy_m(line.xy_m_from_sd(found.sd_m[at][None])[0])
    return Position(
        lon_deg=round(float(lonlat[0]), 6), lat_deg=round(float(lonlat[1]), 6),
        s_m=round(float(found.sd_m[at, 0]), 1), d_m=round(float(found.sd_m[at, 1]), 1),
    )  # fmt: skip
