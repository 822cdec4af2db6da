"""The exposure field: how fast a subject gathers detection at each place, from everything that is working.

Theory: rates (1/s) of cameras and radars (`eyes.py`) and of people and drones (`watchers.py`) add.  A fence or a
ground sensor gives its exposure once, across the cells it runs through.

Rules: a silent sensor gives nothing; so does a place whose sight is unknown.
Limits: looks of one sensor are not independent of each other: turn exposure into a probability by frailty
(`sensing.glimpse.p_miss`), never by exp(-H).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchline.coverage.eyes import Eye, add_eye
from watchline.coverage.watchers import Watcher, add_watchers
from watchline.domain.site import Sensor, Site
from watchline.geo.line import LineFrame
from watchline.geo.terrain import Terrain
from watchline.sensing.detection import P_MAX, Crosser
from watchline.sensing.situation import Situation
from watchline.sensing.touch import p_felt

F8 = NDArray[np.float64]
F4 = NDArray[np.float32]

FELT = ("fence_sensor", "ground_sensor")
WIRE, HOLDING = ("wire",), ("wire", "trench")
NOW_NOMINAL = Situation()


def rate_per_s(
    terrain: Terrain,
    eyes: Sequence[Eye],
    watchers: list[Watcher],
    site: Site,
    crosser: Crosser,
    now: Situation,
    moving: F4 | None = None,
) -> F4:
    """Return (rows, cols) float32 detection rate on the terrain's cells, from eyes that are not dark and from people.

    watchers: as `watchers_of` gives them for a reach of at least `watchers.reach_m` in these conditions; moving: as
    `moving` below has it, since looks at somebody who stands do not count (people who watch see them).
    """
    rate = np.zeros(terrain.height_m.shape, np.float32)
    table = now.table(site.sensors, crosser)
    for eye in eyes:
        if eye.index not in now.dark:
            add_eye(
                rate,
                terrain,
                eye,
                table[eye.index],
                crosser,
                now.quality_of(eye.index),
                moving=moving,
                least=now.sight_sure,
            )
    if now.watched:
        add_watchers(
            rate,
            terrain,
            watchers,
            crosser,
            day=now.conditions.is_day,
            visibility_m=1000.0 * now.conditions.visibility_km,
            least=now.sight_sure,
        )
    return rate


@dataclass(frozen=True)
class Ribbon:
    """The cells the line runs through: cell (M,) flat indices, s_m (M,) chainage of each."""

    cell: NDArray[np.int64]
    s_m: F8


def ribbon(line: LineFrame, terrain: Terrain) -> Ribbon:
    """Return the cells under the line, each once, in order of chainage; 8-connected."""
    return _cells_under(line, terrain, 0.0, line.length_m)


def beyond_ends(line: LineFrame, terrain: Terrain, reach_m: float) -> tuple[Ribbon, Ribbon]:
    """Return the cells under the line's straight extensions of reach_m before its start and past its end."""
    length = line.length_m
    return _cells_under(line, terrain, -reach_m, 0.0), _cells_under(line, terrain, length, length + reach_m)


def _cells_under(line: LineFrame, terrain: Terrain, from_m: float, to_m: float) -> Ribbon:
    s = np.arange(from_m, to_m, terrain.cell_m / 3.0)
    xy = line.xy_m_from_sd(np.column_stack([s, np.zeros_like(s)]))
    rows, cols = terrain.height_m.shape
    col = np.rint((xy[:, 0] - terrain.x0_m) / terrain.cell_m).astype(np.int64)
    row = np.rint((terrain.y0_m - xy[:, 1]) / terrain.cell_m).astype(np.int64)
    inside = (row >= 0) & (row < rows) & (col >= 0) & (col < cols)
    cell, first = np.unique(row[inside] * cols + col[inside], return_index=True)
    order = np.argsort(first)
    return Ribbon(cell[order], s[inside][first[order]])


def add_fences(
    rate: F4,
    under: Ribbon,
    site: Site,
    crosser: Crosser,
    speed_m_s: F4,
    cell_m: float,
    now: Situation = NOW_NOMINAL,
) -> None:
    """Add what fences and ground sensors notice, in place: one touch, spread over the time in a cell."""
    table = now.table(site.sensors, crosser)
    for k, sensor in enumerate(site.sensors):
        if sensor.kind in FELT and k not in now.dark:
            felt = p_touch_at(site, crosser, float(table[k, P_MAX]), under.s_m)
            add_touch(rate, under, sensor, felt, speed_m_s, cell_m)


def add_touch(rate: F4, under: Ribbon, sensor: Sensor, p_touch: F8, speed_m_s: F4, cell_m: float) -> None:
    """Add what one fence or ground sensor notices of a touch, in place, to the cells it runs through.

    p_touch (M,) under the line; speed_m_s (rows, cols): a touch is one, however long wire holds somebody up.
    """
    here = (under.s_m >= 1000.0 * (sensor.from_km or 0.0)) & (under.s_m <= 1000.0 * (sensor.to_km or 0.0))
    cell = under.cell[here]
    rate.ravel()[cell] += (-np.log1p(-p_touch[here]) * speed_m_s.ravel()[cell] / cell_m).astype(np.float32)


def held_s(site: Site, crosser: Crosser, s_m: F8, kinds: tuple[str, ...] = HOLDING) -> F8:
    """Return (...,) how long wire and trench hold a crosser up at these chainages, as worn as they are."""
    total = np.zeros(np.shape(s_m))
    for barrier in (b for b in site.barriers if b.kind in kinds):
        delay_s = barrier.delay_vehicle_s if crosser.goes == "wheels" else barrier.delay_walker_s
        here = (s_m >= 1000.0 * barrier.from_km) & (s_m <= 1000.0 * barrier.to_km)
        total += np.where(here, delay_s * barrier.condition, 0.0)
    return total


def p_touch_at(site: Site, crosser: Crosser, p_touch: float, s_m: F8) -> F8:
    """Return (...,) the chance that a fence tells of a crosser at these chainages; p_touch: of one over at once.

    Wire that holds them up spreads their pulls (`sensing.touch`); wire that is gone is pulled by nobody.
    """
    stands, built = (np.zeros(np.shape(s_m), bool) for _ in range(2))
    for wire in (b for b in site.barriers if b.kind == "wire"):
        here = (s_m >= 1000.0 * wire.from_km) & (s_m <= 1000.0 * wire.to_km)
        built |= here
        stands |= here & (wire.condition > 0.0)
    return np.where(built & ~stands, 0.0, p_felt(p_touch, held_s(site, crosser, s_m, WIRE)))


def speed_m_s(
    terrain: Terrain, under: Ribbon, site: Site, crosser: Crosser, going: NDArray[np.floating] | float = 1.0
) -> F4:
    """Return (rows, cols) how fast a crosser goes: slower on slopes, held up by wire and trench, 0 where it cannot.

    going (rows, cols): factors for land cover and roads, as `geo.mobility.speed_factor` has them.
    Slope: v exp(-3.5 |gradient|), Tobler's law without its downhill bonus; barriers: their delay for walkers or
    vehicles times their condition, spent in the cells they run through.
    """
    down, right = np.gradient(terrain.height_m, terrain.cell_m)
    slope = np.hypot(down, right)
    speed = (crosser.speed_m_s * going * np.exp(-3.5 * slope)).astype(np.float32)
    speed[~(slope <= crosser.slope_max)] = 0.0
    flat = speed.ravel()
    pace = 1.0 / np.maximum(flat[under.cell], 1e-6) + held_s(site, crosser, under.s_m) / terrain.cell_m
    flat[under.cell] = np.where(flat[under.cell] > 0, 1.0 / pace, 0.0)
    return np.asarray(speed, np.float32)


def moving(speed_m_s: F4, under: Ribbon, site: Site, crosser: Crosser, cell_m: float) -> F4:
    """Return (rows, cols) in which share of the time spent in a cell one goes, and does not stand at wire or trench.

    speed_m_s: as above.  Whoever stands there is no target to a radar, and a track that only stood raises no alert.
    """
    out = np.ones_like(speed_m_s)
    at_line = speed_m_s.ravel()[under.cell]
    out.ravel()[under.cell] = 1.0 - at_line * held_s(site, crosser, under.s_m) / cell_m
    return out
