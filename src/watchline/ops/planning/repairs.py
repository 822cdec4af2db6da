"""What each repair of a dark or dim sensor buys back, alone and in the best order, on the site's own ground."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from watchline.coverage.crossing import Crossing, crossing_after
from watchline.coverage.eyes import SEEN_BY_EYE, Eye, add_eye
from watchline.coverage.weakest_path import Ground
from watchline.domain.errors import BadInput
from watchline.geo.line_grid import line_coordinates_m
from watchline.geo.terrain import Terrain
from watchline.ops.mobility import going
from watchline.ops.planning.help_reach import HelpReach, help_on
from watchline.ops.planning.study_file import RepairStudy
from watchline.ops.planning.watched import chance_by_kilometre, take_away, watched
from watchline.ops.replay import replay
from watchline.ops.site_file import LoadedSite
from watchline.planning.repairs import Order, best_order
from watchline.sensing.detection import WALKER, Crosser
from watchline.sensing.situation import Situation

F8 = NDArray[np.float64]

OPEN = 0.5  # a kilometre whose weakest way is noticed less often than this is called open


@dataclass(frozen=True)
class Repair:
    """One thing to mend.  sensor: its index; hours of work, cost; alone (K,): chance by kilometre with it alone."""

    sensor: int
    hours: float
    cost: float
    alone: F8


@dataclass(frozen=True)
class Repairs:
    """broken, whole (K,): chance of detection on the weakest way of each kilometre, with nothing mended and with all;
    after: the same after each step of the order; help_h (2, K): hours from help at the worst place of each
    kilometre's weakest way, with nothing mended and with all."""

    broken: F8
    whole: F8
    jobs: tuple[Repair, ...]
    order: Order
    after: tuple[F8, ...]
    help_h: F8


class Mending:
    """A line with things broken.  Mutable: it remembers what was solved."""

    def __init__(self, site: LoadedSite, terrain: Terrain, now: Situation, crosser: Crosser = WALKER) -> None:
        """Solve the line as it stands (4 s for 200 km)."""
        self._site, self._terrain, self._now, self._crosser = site, terrain, now, crosser
        self._along = line_coordinates_m(site.line, terrain)
        here = watched(site, terrain, self._along, crosser, (now,))
        self._eyes, self._line, self._moving = here.eyes, here.lines[0], here.moving
        self._eye = {eye.index: eye for eye in here.eyes}
        self._table = now.table(site.site.sensors, crosser)
        self._found = self._line.crossing_with(())
        self._reach: HelpReach | None = None

    def chance(self, mended: frozenset[int]) -> F8:
        """Return (K,) the chance of detection on the weakest way of each kilometre when these sensors are mended.

        Cameras and radars: the field is solved again round what they see; anything else: all of it.
        """
        return chance_by_kilometre(self._line, self.solved(mended))

    def help_h(self, mended: frozenset[int]) -> F8:
        """Return (K,) hours from help at the worst place of each kilometre's weakest way, with these mended."""
        if self._reach is None:
            roads = going(self._site, self._terrain).roads
            self._reach = HelpReach(self._line, help_on(self._site, self._terrain, roads))
        return self._reach.farthest(self.solved(mended))

    def solved(self, mended: frozenset[int]) -> Crossing:
        """Return the line's fields when these are mended."""
        if all(self._site.site.sensors[k].kind in SEEN_BY_EYE for k in mended):
            rate, found = self._line.rate_per_s.copy(), self._found
            for k in sorted(mended):
                eye = self._eye[k]
                if k not in self._now.dark:  # dim: what it saw so far goes, what it will see comes
                    lost = np.zeros_like(rate)
                    self._add(lost, eye, self._now.quality_of(k))
                    take_away(rate, lost)
                self._add(rate, eye, float("nan"))
                ground = Ground(rate.copy(), self._line.speed_m_s, self._line.cell_m)
                top, left = eye.corner(self._terrain)
                rows, cols = eye.need.height_m.shape
                found = crossing_after(found, ground, (top, top + rows, left, left + cols))
            return found
        quality = None if self._now.quality is None else self._now.quality.copy()
        if quality is not None:
            quality[list(mended)] = np.nan
        then = replace(self._now, dark=self._now.dark - mended, quality=quality)
        line = watched(self._site, self._terrain, self._along, self._crosser, (then,), self._eyes).lines[0]
        return line.crossing_with(())

    def _add(self, rate: NDArray[np.float32], eye: Eye, quality: float) -> None:
        add_eye(
            rate,
            self._terrain,
            eye,
            self._table[eye.index],
            self._crosser,
            quality,
            moving=self._moving,
            least=self._now.sight_sure,
        )


def figures_of(chance: F8) -> dict[str, float]:
    """Return what is said of a line's chances (K,): mean, weakest and where, how many kilometres are open."""
    return {
        "weakest": round(float(chance.min()), 4), "weakest_km": int(np.argmin(chance)),
        "mean": round(float(chance.mean()), 4), "open_km": int((chance < OPEN).sum()),
    }  # fmt: skip


def broken_of(now: Situation) -> list[int]:
    """Return the sensors that are dark, or see less than their nominal contrast."""
    dim = set() if now.quality is None else set(np.flatnonzero(now.quality < 1.0).tolist())
    return sorted(now.dark | dim)


def plan_repairs(site: LoadedSite, terrain: Terrain, now: Situation, study: RepairStudy) -> Repairs:
    """Return what each repair buys back; BadInput when nothing is dark or dim.

    Risk is the mean over kilometres of the chance to pass unseen on the weakest way of each.
    """
    sensors = site.site.sensors
    broken = broken_of(now)
    if not broken:
        raise BadInput("--dark", "nothing is dark or dim: there is nothing to mend", "name sensors, or give a ledger")
    line = Mending(site, terrain, now)
    chances: dict[frozenset[int], F8] = {}

    def chance(jobs: frozenset[int]) -> F8:
        if jobs not in chances:
            chances[jobs] = line.chance(frozenset(broken[j] for j in jobs))
        return chances[jobs]

    hours = [study.of(sensors[k].kind).hours for k in broken]
    order = best_order(hours, lambda jobs: float(1.0 - chance(jobs).mean()))
    jobs = tuple(
        Repair(k, hours[j], study.of(sensors[k].kind).cost, chance(frozenset({j}))) for j, k in enumerate(broken)
    )
    steps = [frozenset(order.order[: n + 1]) for n in range(len(broken))]
    after = tuple(chance(step) for step in steps)
    help_h = np.array([line.help_h(frozenset()), line.help_h(frozenset(broken))])
    return Repairs(chance(frozenset()), after[-1], jobs, order, after, help_h)


def situation_of(site: LoadedSite, dark: str, ledger: Path | None) -> Situation:
    """Return how things stand: dark by name (with commas), and as a ledger says last of each sensor; BadInput."""
    index = {sensor.id: k for k, sensor in enumerate(site.site.sensors)}
    named = [name.strip() for name in dark.split(",") if name.strip()]
    for name in named:
        if name not in index:
            raise BadInput("--dark", f"{name} is no sensor of the site", "name sensors of the site, with commas")
    gone = {index[name] for name in named}
    quality = np.full(len(index), np.nan)
    if ledger is not None:
        for name, health in replay(ledger).picture.health.items():
            if name in index and health.state == "dark":
                gone.add(index[name])
            elif name in index and health.state == "degraded" and health.quality is not None:
                quality[index[name]] = health.quality
    known = bool(np.isfinite(quality).any())
    return Situation(dark=frozenset(gone), quality=quality if known else None)
