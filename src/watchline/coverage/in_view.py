"""How much of the ground before the line is in sight of a working sensor, per kilometre.

Geometry and health only: range, sector (for a panning head: its whole sweep) and terrain.  It is not a probability
of detection and says nothing of weather; where every sensor that could look is silent, the answer is unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from watchline.domain.site import Sensor
from watchline.geo.line import LineFrame
from watchline.geo.sight import least_visible_height_m
from watchline.geo.terrain import Terrain
from watchline.sensing.detection import WALKER

F8 = NDArray[np.float64]

DEPTH_M = 3000.0  # the belt outside the line that counts
STEP_M = 250.0


@dataclass(frozen=True)
class Sight:
    """Which sensor sees which point: seen (S, P) bool; km (P,) the kilometre, at_m (P, 2) the place of each."""

    seen: NDArray[np.bool_]
    km: NDArray[np.int64]
    kilometres: int
    at_m: F8


@dataclass(frozen=True)
class InView:
    """share (K,) 0..1 per kilometre, NaN where unknown; blind_by: silent sensors that look there when they work."""

    share: F8
    blind_by: tuple[tuple[int, ...], ...]


def sight(line: LineFrame, terrain: Terrain, sensors: tuple[Sensor, ...], place_m: F8, convergence_rad: F8) -> Sight:
    """Return which sensor can see which point of the belt; place_m (S, 3) eyes on the site grid."""
    s = np.arange(STEP_M / 2, line.length_m, STEP_M)
    d = -np.arange(STEP_M / 2, DEPTH_M, STEP_M)
    ss, dd = (grid.ravel() for grid in np.meshgrid(s, d, indexing="ij"))
    points = line.xy_m_from_sd(np.column_stack([ss, dd]))
    seen = np.zeros((len(sensors), len(points)), bool)
    for k, sensor in enumerate(sensors):
        if sensor.kind not in ("thermal_camera", "radar"):
            continue
        step = points - place_m[k, :2]
        near = np.flatnonzero(np.hypot(step[:, 0], step[:, 1]) <= sensor.max_range_m)
        near = near[_in_sector(sensor, step[near], float(convergence_rad[k]))]
        eyes = np.tile(place_m[k], (len(near), 1))
        hidden = least_visible_height_m(terrain, eyes, points[near]) if len(near) else np.zeros(0)
        seen[k, near[hidden <= WALKER.height_m]] = True
    km = (ss // 1000).astype(np.int64)
    # A last bit of line too short for a sample is no kilometre of its own.
    return Sight(seen, km, int(km.max(initial=0)) + 1, points)


def _in_sector(sensor: Sensor, step_m: F8, convergence_rad: float) -> NDArray[np.bool_]:
    low, high = sensor.sector_deg
    bearing = np.degrees(np.arctan2(step_m[:, 0], step_m[:, 1]) - convergence_rad)
    return np.asarray((bearing - low) % 360.0 <= min(high - low, 360.0))


def in_view(belt: Sight, dark: frozenset[int], from_air: Sequence[F8] = ()) -> InView:
    """Return the share of each kilometre in sight of a sensor that is not dark, or of a camera in the air.

    from_air: outlines (N, 2) on the site grid of the ground that drones look at now.
    """
    up = np.array([k not in dark for k in range(len(belt.seen))], bool)
    points = np.bincount(belt.km, minlength=belt.kilometres)
    seen_now = belt.seen[up].any(axis=0) | _inside(belt.at_m, from_air)
    now = np.bincount(belt.km, seen_now, belt.kilometres)
    nominal = np.bincount(belt.km, belt.seen.any(axis=0), belt.kilometres)
    share = now / np.maximum(points, 1)
    unknown = (now == 0) & (nominal > 0)
    blind_by = []
    for km in range(belt.kilometres):
        less = now[km] < nominal[km]
        here = belt.seen[:, belt.km == km].any(axis=1) if less else np.zeros(len(up), bool)
        blind_by.append(tuple(int(k) for k in np.flatnonzero(here & ~up)))
    return InView(np.where(unknown, np.nan, share), tuple(blind_by))


def _inside(at_m: F8, outlines: Sequence[F8]) -> NDArray[np.bool_]:
    """Return (P,) which points lie in any of the outlines."""
    found = np.zeros(len(at_m), bool)
    for outline in outlines:
        area = shapely.make_valid(shapely.Polygon(outline))
        found |= shapely.contains_xy(area, at_m[:, 0], at_m[:, 1])
    return found
