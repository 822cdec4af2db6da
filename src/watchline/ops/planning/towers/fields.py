"""What each candidate would see: one viewshed a mast, kept so that none is worked out twice.

By local processes, or by the workers of a Ray cluster that share the folder; the pieces are the same.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from watchline.coverage.exposure import FELT, add_touch, p_touch_at
from watchline.coverage.eyes import SEEN_BY_EYE, add_eye, eye_of
from watchline.coverage.watchers import Watcher, add_watchers, reach_in, standing
from watchline.domain.errors import BadInput
from watchline.ops.planning.towers.ground import PlanningGround
from watchline.ops.planning.towers.store import Store
from watchline.planning.line_ways import Field, LineGround
from watchline.sensing.detection import P_MAX

F4 = NDArray[np.float32]
Progress = Callable[[str, float], None]

QUALITY_UNKNOWN = float("nan")


@dataclass(frozen=True)
class Workers:
    """How many work at a time, and where: processes of this machine, or a Ray cluster (RAY_ADDRESS, else here)."""

    count: int = 1
    on: Literal["processes", "ray"] = "processes"


def with_fields(ground: PlanningGround, store: Store, *, workers: Workers, progress: Progress) -> PlanningGround:
    """Return the ground with every candidate's field at every hour; pieces that are there already are read."""
    missing = [k for k in range(len(ground.candidates)) if not store.has(_name(k))]
    done = len(ground.candidates) - len(missing)
    for _ in _each(ground, store, missing, workers):
        done += 1
        progress("viewsheds", done / len(ground.candidates))
    fields: list[list[Field]] = [[] for _ in ground.hours]
    for k in range(len(ground.candidates)):
        piece = store.read(_name(k))
        top, left = (int(v) for v in piece["corner"])
        for hour in range(len(ground.hours)):
            fields[hour].append(Field(top, left, np.asarray(piece["rate"][hour], np.float32)))
    lines: list[LineGround] = [replace(line, fields=tuple(f)) for line, f in zip(ground.lines, fields, strict=True)]
    return replace(ground, lines=tuple(lines))


def _name(candidate: int) -> str:
    return f"field-{candidate:05d}"


def _each(ground: PlanningGround, store: Store, missing: list[int], workers: Workers) -> Iterable[None]:
    if workers.on == "ray":
        yield from _by_ray(ground, store, missing, workers.count)
        return
    if workers.count <= 1 or len(missing) < 2:
        for k in missing:
            _keep_field(ground, store, k)
            yield
        return
    # Spawned, not forked: a progress bar has a thread by now.
    with multiprocessing.get_context("spawn").Pool(workers.count, _remember, (ground, store)) as pool:
        yield from pool.imap_unordered(_remembered, missing, chunksize=4)


def _by_ray(ground: PlanningGround, store: Store, missing: list[int], count: int) -> Iterable[None]:
    """Yield as workers of Ray finish pieces."""
    try:
        ray: Any = importlib.import_module("ray")
    except ImportError:
        raise BadInput(
            "--on ray", "needs the extra `ray`", "pip install 'watchline[ray]', or --on processes"
        ) from None
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing goes out that was not asked for
    started = not ray.is_initialized()
    if started:
        # A cluster that is there has its own processors.
        own = {} if "RAY_ADDRESS" in os.environ else {"num_cpus": count, "include_dashboard": False}
        ray.init(log_to_driver=False, **own)
    try:
        here, task = ray.put((ground, store)), ray.remote(_by_a_worker)
        running = [task.remote(here, candidate) for candidate in missing]
        while running:
            done, running = ray.wait(running)
            ray.get(done)
            yield
    finally:
        if started:
            ray.shutdown()


def _by_a_worker(here: tuple[PlanningGround, Store], candidate: int) -> None:
    _keep_field(*here, candidate)


_HERE: list[tuple[PlanningGround, Store]] = []


def _remember(ground: PlanningGround, store: Store) -> None:
    _HERE.append((ground, store))


def _remembered(candidate: int) -> None:
    _keep_field(*_HERE[0], candidate)


def _keep_field(ground: PlanningGround, store: Store, candidate: int) -> None:
    top, left, rate = field_of(ground, candidate)
    store.write(_name(candidate), corner=np.array([top, left]), rate=rate)


def field_of(ground: PlanningGround, candidate: int) -> tuple[int, int, F4]:
    """Return the first row and column, and (hours, r, c) rates of a candidate where they matter.

    Nothing outside the belt counts, nor ground that sensors may not look at.
    """
    terrain, place = ground.terrain, ground.candidates[candidate].place
    sensors = ground.sensors_of(candidate)
    seen = [k for k, sensor in enumerate(sensors) if sensor.kind in SEEN_BY_EYE]
    turn = float(ground.convergence_rad[place])
    eyes = [
        eye_of(k, sensors[k], ground.places.xyz_m[place] + [0.0, 0.0, sensors[k].mast_m], turn, terrain) for k in seen
    ]
    people = _people(ground, candidate)
    known: dict[str, F4] = {}
    hourly = []
    for now in ground.situations:
        air, table = now.conditions, now.table(sensors, ground.crosser)
        # A radar sees by day what it sees at night.
        key = f"{table.tobytes().hex()} {(air.is_day, air.visibility_km) if people else ''}"
        if key not in known:
            rate = np.zeros(terrain.height_m.shape, np.float32)
            for eye in eyes:
                add_eye(
                    rate,
                    terrain,
                    eye,
                    table[eye.index],
                    ground.crosser,
                    QUALITY_UNKNOWN,
                    moving=ground.moving,
                    least=now.sight_sure,
                )
            if now.watched:
                add_watchers(
                    rate,
                    terrain,
                    people,
                    ground.crosser,
                    day=air.is_day,
                    visibility_m=1000.0 * air.visibility_km,
                    least=now.sight_sure,
                )
            for sensor, row in zip(sensors, table, strict=True):
                if sensor.kind in FELT:
                    felt = p_touch_at(ground.site.site, ground.crosser, float(row[P_MAX]), ground.under.s_m)
                    add_touch(rate, ground.under, sensor, felt, ground.lines[0].speed_m_s, terrain.cell_m)
            rate[ground.unseen] = 0.0
            known[key] = rate
        hourly.append(known[key])
    some = np.any([rate > 0.0 for rate in known.values()], axis=0)
    rows, cols = np.flatnonzero(some.any(axis=1)), np.flatnonzero(some.any(axis=0))
    if not len(rows):
        return 0, 0, np.zeros((len(hourly), 1, 1), np.float32)
    here = np.s_[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]
    return int(rows[0]), int(cols[0]), np.array([rate[here] for rate in hourly])


def _people(ground: PlanningGround, candidate: int) -> list[Watcher]:
    """Return who watches from a candidate with their own eyes, seeing as far as matters at any of the hours."""
    one = ground.candidates[candidate]
    if not one.mast.manned:
        return []
    reach = max(reach_in(now) for now in ground.situations)
    return standing(ground.terrain, ground.name_of(candidate), ground.places.xyz_m[one.place, :2], reach)
