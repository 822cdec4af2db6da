"""Movers in a thermal picture: which box each one fills, what hides it, and how its warmth is drawn."""

from __future__ import annotations

import math
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from watchline.geo.terrain import Terrain
from watchline.sensing import signature
from watchline.sim.scene import Scene
from watchline.sim.sight import fan_hidden_m
from watchline.sim.thermal_scene import FAR_M, Optics
from watchline.sim.weather import transmission

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]

SEEN_SPARE_PX = 12.0  # bodies just outside the picture still bleed into it
HEAD_SHARE = 0.16  # of a standing body's height
HEAD_K = 4.0  # bare face over the mean of the clothed body


class Box(NamedTuple):
    """One mover in the picture: its id, centre and size in pixels of what is to be seen, range, and shown share."""

    id: int
    kind: int
    x_px: float
    y_px: float
    w_px: float
    h_px: float
    range_m: float
    shown: float
    surface_c: float


def boxes_of(optics: Optics, terrain: Terrain, scene: Scene, t_s: float) -> list[Box]:
    """Return the movers in or near the picture at `t_s`, the far ones first; those the ground hides are left out."""
    xy = scene.xy_m + scene.v_m_s * (t_s - scene.t_s)
    near = np.hypot(*(xy - optics.eye_m[:2]).T) < FAR_M if len(xy) else np.zeros(0, bool)
    ground = terrain.height_at(xy)
    feet = np.column_stack([xy, ground + scene.above_m])
    place = optics.project(feet)
    col, row, away = place.T
    spare = SEEN_SPARE_PX + optics.focal_px * 4.0 / np.maximum(away, 1.0)
    inside = (col > -spare) & (col < optics.width_px + spare) & (row > -spare) & (row < optics.height_px + 2 * spare)
    out = []
    for k in np.flatnonzero(near & inside & (away > 5.0)):
        wide, tall = scene.size_m[k]
        hidden = _hidden_m(optics, terrain, xy[k])
        above = float(scene.above_m[k])
        covered = min(tall, max(0.0, hidden - above))
        if covered >= tall:
            continue
        scale = optics.focal_px / float(away[k])
        # Vehicles and beasts show their length only from the side.
        if scene.kind[k] in (signature.VEHICLE, signature.SHEEP, signature.CAMEL, signature.DOG, signature.GAZELLE):
            aside = scene.heading_rad[k] - math.atan2(*(xy[k] - optics.eye_m[:2]))
            wide = wide * max(abs(math.sin(aside)), 0.45)
        shown = float(tall - covered)
        middle = float(row[k]) - scale * (covered + shown / 2)
        box = Box(
            int(scene.id[k]),
            int(scene.kind[k]),
            float(col[k]),
            middle,
            scale * float(wide),
            scale * shown,
            float(away[k]),
            shown / float(tall),
            float(scene.surface_c[k]),
        )
        out.append(box)
    return sorted(out, key=lambda b: -b.range_m)


def _hidden_m(optics: Optics, terrain: Terrain, xy_m: F8) -> float:
    off = xy_m - optics.eye_m[:2]
    away = np.array([math.hypot(*off)])
    return float(fan_hidden_m(terrain, optics.eye_m, np.array([math.atan2(*off)]), away)[0, 0])


def draw(
    picture: F4,
    boxes: list[Box],
    scene: Scene,
    weather: tuple[float, float],
    shift_px: tuple[float, float],
    sd_px: float,
) -> None:
    """Draw the boxes into a picture of temperatures; sd_px: blur of optics and pixel; weather: dust, rain."""
    dx, dy = shift_px
    for box in boxes:
        tau = transmission(box.range_m, *weather)
        seen_c = box.surface_c * tau + scene.air_c * (1 - tau)
        x, y = box.x_px + dx, box.y_px + dy
        upright = box.kind in (signature.PERSON, signature.CHILD) and box.h_px > 1.5 * box.w_px
        if upright and box.shown > 0.3:
            head = HEAD_SHARE * box.h_px / box.shown
            _box(picture, x, y + head / 2, 0.85 * box.w_px, box.h_px - head, seen_c, sd_px)
            _box(picture, x, y - box.h_px / 2 + head / 2, 0.45 * box.w_px, head, seen_c + HEAD_K * tau, sd_px)
        else:
            _box(picture, x, y, box.w_px, box.h_px, seen_c, sd_px)


@numba.njit(cache=True)
def _box(picture: F4, x: float, y: float, w: float, h: float, seen_c: float, sd: float) -> None:
    """Blend a rectangle of one temperature, blurred by a Gaussian, into the picture."""
    rows, cols = picture.shape
    reach = 3.5 * sd + 1.0
    c0, c1 = max(0, int(x - w / 2 - reach)), min(cols - 1, int(x + w / 2 + reach) + 1)
    r0, r1 = max(0, int(y - h / 2 - reach)), min(rows - 1, int(y + h / 2 + reach) + 1)
    root = math.sqrt(2.0) * sd
    for r in range(r0, r1 + 1):
        down = 0.5 * (math.erf((r - y + h / 2) / root) - math.erf((r - y - h / 2) / root))
        for c in range(c0, c1 + 1):
            across = 0.5 * (math.erf((c - x + w / 2) / root) - math.erf((c - x - w / 2) / root))
            picture[r, c] += np.float32(down * across * (seen_c - picture[r, c]))


@numba.njit(cache=True, fastmath=True)
def blend(
    before: F4,
    after: F4,
    share: np.float32,
    shrub: F4,
    phase: F4,
    sway_k: np.float32,
    turn: np.float32,
    shimmer_x: F4,
    shimmer_y: F4,
    dx: np.float32,
    dy: np.float32,
    margin: int,
) -> F4:
    """Return the still picture shifted by (dx, dy) pixels, with shimmer and swaying shrubs, margin cut off."""
    rows, cols = before.shape[0] - 2 * margin, before.shape[1] - 2 * margin
    out = np.empty((rows, cols), np.float32)
    one = np.float32(1.0)
    for r in range(rows):
        for c in range(cols):
            y = np.float32(r + margin) - dy + shimmer_y[r + margin, c + margin]
            x = np.float32(c + margin) - dx + shimmer_x[r + margin, c + margin]
            i, j = int(y), int(x)
            fy, fx = y - np.float32(i), x - np.float32(j)
            a = before[i, j] + share * (after[i, j] - before[i, j])
            b = before[i, j + 1] + share * (after[i, j + 1] - before[i, j + 1])
            e = before[i + 1, j] + share * (after[i + 1, j] - before[i + 1, j])
            f = before[i + 1, j + 1] + share * (after[i + 1, j + 1] - before[i + 1, j + 1])
            value = (a * (one - fx) + b * fx) * (one - fy) + (e * (one - fx) + f * fx) * fy
            bush = shrub[i, j]
            if bush > 0:
                value += bush * sway_k * np.float32(math.sin(phase[i, j] + turn))
            out[r, c] = value
    return out
