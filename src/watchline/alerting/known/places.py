"""Where and when a registered movement holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchline.domain.batches import CLASSES
from watchline.domain.records import KnownMovement
from watchline.geo.line import LineFrame

F8 = NDArray[np.float64]
B1 = NDArray[np.bool_]

LEAST_CLASS = 0.5  # the classes that a movement speaks of, and "unknown", must make up this much of a track


@dataclass(frozen=True)
class Ground:
    """A registered movement on the site grid: xy_m (P, 2) of its route or outline, closed for an area."""

    what: str
    xy_m: F8
    area: bool
    width_m: float
    hours: tuple[float, float]
    from_s: float
    until_s: float
    columns: tuple[int, ...]
    most: int | None

    @classmethod
    def of(cls, movement: KnownMovement, line: LineFrame) -> Ground:
        """Return the ground of a record."""
        xy = line.frame.xy_m_from_lonlat([p.lon_deg for p in movement.points], [p.lat_deg for p in movement.points])
        area = movement.shape == "area"
        return cls(
            movement.what,
            np.concatenate([xy, xy[:1]]) if area else xy,
            area,
            movement.width_m,
            (movement.from_hour, movement.to_hour),
            movement.from_s,
            movement.until_s,
            tuple(CLASSES.index(name) for name in (*movement.classes, "unknown")),
            movement.most,
        )


def holds(ground: Ground, xy_m: F8, p_class: F8, hour: float, now_s: float) -> B1:
    """Return (N,) whether subjects at (N, 2) of classes (N, 4) are what the movement speaks of."""
    if len(xy_m) == 0 or not ground.from_s <= now_s < ground.until_s or not _in_hours(ground.hours, hour):
        return np.zeros(len(xy_m), bool)
    fits = p_class[:, list(ground.columns)].sum(axis=1) >= LEAST_CLASS
    there = distance_m(ground.xy_m, xy_m) <= ground.width_m
    if ground.area:
        there |= inside(ground.xy_m, xy_m)
    return np.asarray(fits & there)


def _in_hours(hours: tuple[float, float], hour: float) -> bool:
    first, last = hours
    return first <= hour < last if first <= last else hour >= first or hour < last


def distance_m(way_m: F8, xy_m: F8) -> F8:
    """Return (N,) how far points (N, 2) are from the nearest piece of a way (P, 2)."""
    a, b = way_m[:-1], way_m[1:]
    if len(a) == 0:
        return np.asarray(np.hypot(*(xy_m - way_m[0]).T))
    along = b - a
    length2 = np.maximum((along**2).sum(axis=1), 1e-9)
    f = np.clip(((xy_m[:, None] - a[None]) * along[None]).sum(axis=2) / length2[None], 0.0, 1.0)
    foot = a[None] + f[..., None] * along[None]
    return np.asarray(np.linalg.norm(xy_m[:, None] - foot, axis=2).min(axis=1))


def inside(ring_m: F8, xy_m: F8) -> B1:
    """Return (N,) whether points lie inside a closed ring (P, 2), by counting crossings of a ray."""
    x, y = xy_m[:, 0][:, None], xy_m[:, 1][:, None]
    x0, y0, x1, y1 = ring_m[:-1, 0], ring_m[:-1, 1], ring_m[1:, 0], ring_m[1:, 1]
    spans = (y0 > y) != (y1 > y)
    at = x0 + (y - y0) * (x1 - x0) / np.where(y1 == y0, 1.0, y1 - y0)
    return np.asarray((spans & (x < at)).sum(axis=1) % 2 == 1)
