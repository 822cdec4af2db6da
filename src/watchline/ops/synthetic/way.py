"""Where a synthetic crosser goes: over real ground, straight for home, as this camera would show it.

Its contrast is what the site says a person shows near this camera, less what the air takes by range, less what the
camera's pictures have lost by now.  Where the ground hides more than its legs it is not drawn, and no look counts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchline.domain.site import Synthetic
from watchline.geo.line import LineFrame
from watchline.geo.sight import DROP_LIGHT, least_visible_height_m
from watchline.geo.terrain import Terrain
from watchline.sensing.camera import Camera
from watchline.sensing.detection import DEPTH, DEPTH_POWER, WALKER, performance_table
from watchline.sensing.figure import Drawn

F8 = NDArray[np.float64]

LASTS_S, EVERY_S, SPEED_M_S = 60.0, 0.5, 1.2
TALL_M, WIDE_M = 1.7, 0.5
HIDDEN_MOST_M = 0.6  # legs
WITHIN = 0.7  # of the picture's width: where they begin
SHOWN_LEAST = 0.5  # of the way: else another place is tried


@dataclass(frozen=True)
class Way:
    """drawn: in the camera's pictures; sd_m (N, 2), range_m (N,) at the times of `drawn`."""

    drawn: Drawn
    sd_m: F8
    range_m: F8


def way(
    crosser: str,
    spec: Synthetic,
    camera: Camera,
    line: LineFrame,
    terrain: Terrain,
    *,
    begins_s: float,
    quality: float,
    chance: tuple[float, float],
) -> Way | None:
    """Return a way that this camera could see, None when most of the one that chance gave is hidden or out of view.

    quality: of the camera's contrast now, NaN counts as 1; chance: two numbers 0..1, where it begins in bearing and
    range.
    """
    across = (chance[0] - 0.5) * WITHIN * math.radians(camera.sensor.hfov_deg)
    near, far = spec.from_m**2, spec.to_m**2
    start_m = math.sqrt(near + chance[1] * (far - near))  # as likely on one square metre as on the next
    toward = camera.azimuth_rad(0) + across + camera.convergence_rad
    first = camera.eye_m[:2] + start_m * np.array([math.sin(toward), math.cos(toward)])
    sd = line.sd_from_xy_m(first[None])
    home = line.xy_m_from_sd(sd + np.array([[0.0, 1.0]]))[0] - line.xy_m_from_sd(sd)[0]
    t = np.arange(0.0, LASTS_S + EVERY_S / 2, EVERY_S)
    xy = first + np.outer(t * SPEED_M_S, home / np.linalg.norm(home))
    off = xy - camera.eye_m[:2]
    range_m = np.hypot(*off.T)
    azimuth = np.arctan2(off[:, 0], off[:, 1]) - camera.convergence_rad
    rise = terrain.height_at(xy) - DROP_LIGHT * range_m**2 - camera.eye_m[2]
    x, foot = camera.pixels(azimuth, np.arctan2(rise, range_m), 0)
    tall, wide = (size / (camera.ifov_rad * range_m) for size in (TALL_M, WIDE_M))
    hidden = least_visible_height_m(terrain, np.repeat(camera.eye_m[None], len(xy), axis=0), xy)
    shown = (hidden <= HIDDEN_MOST_M) & (x > wide) & (x < camera.sensor.width_px - 1 - wide)
    shown &= (foot - tall > 0.0) & (foot < camera.sensor.height_px - 1)
    if shown.mean() < SHOWN_LEAST:
        return None
    row = performance_table((camera.sensor,), WALKER)[0]
    air = np.exp(-row[DEPTH] * (range_m / 1000.0) ** row[DEPTH_POWER])
    counts = spec.person_counts * (quality if math.isfinite(quality) else 1.0) * air
    x, foot = np.where(shown, x, np.nan), np.where(shown, foot, np.nan)
    return Way(Drawn(crosser, 0, begins_s + t, x, foot, wide, tall, counts), line.sd_from_xy_m(xy), range_m)
