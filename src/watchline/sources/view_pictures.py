"""What one observer sees, and one disputed sight line, as PNG pictures for people without a map program."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from watchline.domain.errors import BadInput
from watchline.geo.profile import SightProfile
from watchline.geo.viewshed import HIDDEN, SEEN, UNKNOWN

U1 = NDArray[np.uint8]
F8 = NDArray[np.float64]
SIDE_PX = (900, 1800)  # the longer side of the map: small fields are enlarged, large ones reduced
SHADED_SLOPE = 0.35  # mean slope in the picture, whatever the ground's
INK, PAPER, FAINT = (50, 40, 30), (250, 250, 250), (205, 200, 195)  # blue, green, red
ANSWERS = (
    (SEEN, "seen", (95, 190, 95)), (HIDDEN, "hidden", (150, 150, 160)),
    (UNKNOWN, "unknown or out of range", (110, 80, 95)),
)  # fmt: skip
STEPS_M = (0.5, 1.7, 5.0, 20.0)  # lying or crawling, standing, riding or driving, a house
NEEDS = (
    (0, "0.5 m", (110, 200, 90)), (1, "1.7 m", (120, 215, 190)), (2, "5 m", (90, 190, 240)),
    (3, "20 m", (80, 120, 225)), (4, "more", (150, 150, 160)), (UNKNOWN, "unknown", (110, 80, 95)),
)  # fmt: skip
OBSERVER_BGR, SIGHT_BGR, BLOCK_BGR, GROUND_BGR = (30, 30, 220), (90, 150, 40), (30, 30, 220), (120, 160, 190)
PROFILE_PX, LEFT_PX = (1400, 620), 90
FONT, MARGIN_PX, STRIP_PX = cv2.FONT_HERSHEY_SIMPLEX, 14, 136


@dataclass(frozen=True)
class View:
    """What a picture shows: heights and answers (rows, cols), the observer's cell, the size of a cell, and words.

    legend: code of an answer, what it is called, its colour (blue, green, red).
    """

    height_m: NDArray[np.floating[Any]]
    answers: U1
    row: int
    col: int
    cell_m: tuple[float, float]
    title: str
    target: tuple[int, int] | None = None
    legend: tuple[tuple[int, str, tuple[int, int, int]], ...] = ANSWERS


def write_view(path: Path, view: View) -> None:
    """Write shaded ground in the colours of the answers, with observer, scale bar, legend."""
    rows, cols = view.answers.shape
    across_m, down_m = cols * view.cell_m[0], rows * view.cell_m[1]
    longest = max(across_m, down_m)
    side_px = min(max(max(rows, cols), SIDE_PX[0]), SIDE_PX[1])
    per_m = side_px / longest
    size = max(1, round(across_m * per_m)), max(1, round(down_m * per_m))
    smoothly = cv2.INTER_AREA if per_m * min(view.cell_m) < 1 else cv2.INTER_LINEAR
    shade = cv2.resize(_shade(view).astype(np.float32), size, interpolation=smoothly)
    answers = cv2.resize(view.answers, size, interpolation=cv2.INTER_NEAREST)
    colour = np.zeros((*answers.shape, 3))
    for code, _, bgr in view.legend:
        colour[answers == code] = bgr
    light = np.where(answers == UNKNOWN, 1.0, 0.35 + 0.9 * shade)[:, :, None]
    ground = np.clip(colour * light, 0, 255).astype(np.uint8)
    _mark(ground, view, per_m)
    _save(path, _with_legend(ground, view, per_m))


def write_need(path: Path, view: View, need_m: NDArray[np.float32]) -> None:
    """Write the same ground coloured by how high above it one must reach to be seen."""
    steps = np.digitize(np.nan_to_num(need_m), STEPS_M, right=True).astype(np.uint8)
    steps[np.isnan(need_m)] = UNKNOWN
    write_view(
        path, replace(view, answers=steps, legend=NEEDS, title=f"how high one must reach to be seen {view.title}")
    )


def write_profile(path: Path, profile: SightProfile, target_m: float, title: str) -> None:
    """Write one sight line: the ground as it falls away under a straight line, what blocks it, and the answer."""
    picture = np.full((PROFILE_PX[1], PROFILE_PX[0], 3), PAPER, np.uint8)
    far_km = profile.distance_m / 1000
    ground, sight = profile.ground_m - profile.drop_m, profile.sight_m - profile.drop_m
    shown = np.append(ground, sight[[0, -1]])
    low, tall = float(np.nanmin(shown)), float(np.nanmax(shown))
    spare = 0.08 * max(tall - low, 1.0)
    axes = Axes(float(far_km[-1]), low - spare, tall + spare)
    _grid_lines(picture, axes)
    _ground(picture, axes, far_km, ground)
    visible = profile.need_m <= target_m
    _stroke(picture, axes, far_km[[0, -1]], sight[[0, -1]], SIGHT_BGR if visible else BLOCK_BGR, 2)
    for k in (0, -1):  # the mast and the subject
        _stroke(picture, axes, far_km[[k, k]], np.array([ground[k], sight[k]]), INK, 3)
    if 0 < profile.blocker < len(far_km) - 1:
        x, y = axes.pixel(far_km[profile.blocker], ground[profile.blocker]).tolist()
        cv2.circle(picture, (x, y), 7, INK if visible else BLOCK_BGR, 2, cv2.LINE_AA)
    cv2.putText(picture, title, (LEFT_PX, 34), FONT, 0.62, INK, 1, cv2.LINE_AA)
    _save(path, picture)


@dataclass(frozen=True)
class Axes:
    """From kilometres along and metres up to pixels of a profile."""

    far_km: float
    low_m: float
    tall_m: float

    def pixel(self, x_km: Any, z_m: Any) -> NDArray[np.int32]:
        """Return (..., 2) pixels."""
        wide, high = PROFILE_PX
        x = LEFT_PX + (wide - LEFT_PX - 40) * np.asarray(x_km) / self.far_km
        y = 60 + (high - 120) * (self.tall_m - np.asarray(z_m)) / (self.tall_m - self.low_m)
        return np.round(np.stack(np.broadcast_arrays(x, y), axis=-1)).astype(np.int32)


def _ground(picture: U1, axes: Axes, far_km: F8, ground_m: F8) -> None:
    """Fill the ground, left open where it is not known."""
    known = np.flatnonzero(np.isfinite(ground_m))
    for run in np.split(known, np.flatnonzero(np.diff(known) > 1) + 1):
        if len(run) > 1:
            edge = axes.pixel(far_km[run], ground_m[run])
            cv2.fillPoly(picture, [np.concatenate([edge, axes.pixel(far_km[run[[-1, 0]]], axes.low_m)])], GROUND_BGR)
            cv2.polylines(picture, [edge], False, INK, 1, cv2.LINE_AA)


def _stroke(picture: U1, axes: Axes, x_km: F8, z_m: F8, bgr: tuple[int, int, int], width: int) -> None:
    if np.isfinite(z_m).all():
        cv2.polylines(picture, [axes.pixel(x_km, z_m)], False, bgr, width, cv2.LINE_AA)


def _mark(ground: U1, view: View, per_m: float) -> None:
    """Draw the observer, and the line to a disputed place."""
    at = _pixel(view, view.row, view.col, per_m)
    if view.target is not None:
        there = _pixel(view, *view.target, per_m)
        cv2.line(ground, at, there, INK, 2, cv2.LINE_AA)
        cv2.drawMarker(ground, there, INK, cv2.MARKER_TILTED_CROSS, 18, 3, cv2.LINE_AA)
    cv2.circle(ground, at, 9, PAPER, -1, cv2.LINE_AA)
    cv2.circle(ground, at, 7, OBSERVER_BGR, -1, cv2.LINE_AA)


def _shade(view: View) -> F8:
    """Return (rows, cols) light 0..1 from the north-west; relief is drawn so that a plain shows."""
    height = view.height_m.astype(np.float64)
    height = np.where(np.isnan(height), np.nanmean(height), height)
    slope_x: Any = np.zeros(height.shape)
    slope_y: Any = np.zeros(height.shape)
    if min(height.shape) > 1:
        slope_y, slope_x = np.gradient(height, view.cell_m[1], view.cell_m[0])
    times = min(20.0, SHADED_SLOPE / max(float(np.hypot(slope_x, slope_y).mean()), 1e-6))
    slope_x, slope_y = times * slope_x, times * slope_y
    light = (1.0 + 0.7 * slope_x + 0.7 * slope_y) / np.sqrt(1.0 + slope_x**2 + slope_y**2) / 1.42
    return np.asarray(np.clip(light, 0.0, 1.0))


def _pixel(view: View, row: int, col: int, per_m: float) -> tuple[int, int]:
    return round((col + 0.5) * view.cell_m[0] * per_m), round((row + 0.5) * view.cell_m[1] * per_m)


def _with_legend(ground: U1, view: View, per_m: float) -> U1:
    """Return the map with a strip under it: title, what the colours mean, scale bar, north."""
    wide = max(ground.shape[1], 760)
    picture = np.full((ground.shape[0] + STRIP_PX, wide, 3), PAPER, np.uint8)
    picture[: ground.shape[0], : ground.shape[1]] = ground
    line_1, line_2 = ground.shape[0] + 34, ground.shape[0] + 74
    needed_px = cv2.getTextSize(view.title, FONT, 0.6, 1)[0][0]
    letters = 0.6 * min(1.0, (wide - 2 * MARGIN_PX) / needed_px)
    cv2.putText(picture, view.title, (MARGIN_PX, line_1), FONT, letters, INK, 1, cv2.LINE_AA)
    x = MARGIN_PX
    for _, word, bgr in view.legend:
        cv2.rectangle(picture, (x, line_2 - 15), (x + 22, line_2 + 3), bgr, -1)
        cv2.putText(picture, word, (x + 30, line_2), FONT, 0.55, INK, 1, cv2.LINE_AA)
        x += 30 + cv2.getTextSize(word, FONT, 0.55, 1)[0][0] + 26
    cv2.circle(picture, (x + 8, line_2 - 6), 7, OBSERVER_BGR, -1, cv2.LINE_AA)
    cv2.putText(picture, "observer", (x + 24, line_2), FONT, 0.55, INK, 1, cv2.LINE_AA)
    _scale_bar(picture, ground.shape[0] + 114, per_m)
    return picture


def _scale_bar(picture: U1, y: int, per_m: float) -> None:
    length_m = nice(picture.shape[1] / 4 / per_m)
    start, end = MARGIN_PX, MARGIN_PX + round(length_m * per_m)
    cv2.rectangle(picture, (start, y - 10), (end, y - 4), INK, -1)
    label = f"{length_m / 1000:g} km" if length_m >= 1000 else f"{length_m:g} m"
    cv2.putText(picture, label, (end + 10, y), FONT, 0.5, INK, 1, cv2.LINE_AA)
    cv2.arrowedLine(picture, (end + 110, y + 4), (end + 110, y - 22), INK, 2, cv2.LINE_AA, tipLength=0.35)
    cv2.putText(picture, "north of the grid", (end + 122, y), FONT, 0.5, INK, 1, cv2.LINE_AA)


def nice(value: float) -> float:
    """Return the largest of 1, 2, 5 times a power of ten that is not above `value` > 0.

    >>> nice(437.0), nice(0.9), nice(2000.0)
    (200.0, 0.5, 2000.0)
    """
    power = 10.0 ** math.floor(math.log10(value))
    return max(step * power for step in (1.0, 2.0, 5.0) if step * power <= value * (1 + 1e-9))


def _grid_lines(picture: U1, axes: Axes) -> None:
    step_z, step_x = nice((axes.tall_m - axes.low_m) / 4), nice(axes.far_km / 6)
    for z in np.arange(math.ceil(axes.low_m / step_z), math.floor(axes.tall_m / step_z) + 1) * step_z:
        (x0, y0), (x1, _) = axes.pixel([0.0, axes.far_km], z).tolist()
        cv2.line(picture, (x0, y0), (x1, y0), FAINT, 1)
        cv2.putText(picture, f"{z:g} m", (8, y0 + 5), FONT, 0.45, INK, 1, cv2.LINE_AA)
    for x in np.arange(0, math.floor(axes.far_km / step_x + 1e-9) + 1) * step_x:
        px, py = axes.pixel(x, axes.low_m).tolist()
        cv2.line(picture, (px, py), (px, py + 6), INK, 1)
        cv2.putText(picture, f"{x:g} km", (px - 14, py + 26), FONT, 0.45, INK, 1, cv2.LINE_AA)


def _save(path: Path, picture: U1) -> None:
    try:
        path.write_bytes(cv2.imencode(".png", picture)[1].tobytes())
    except OSError as error:
        raise BadInput(str(path), f"cannot be written ({error.strerror})") from None
