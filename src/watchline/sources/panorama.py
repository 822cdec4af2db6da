"""The ground as it would be seen from the top of a mast: a panorama drawn from elevation alone."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from watchline.geo.skyline import skyline
from watchline.geo.terrain import Terrain

F8 = NDArray[np.float64]

WIDE_PX, HIGH_PX = 1800, 260
UP_DEG, DOWN_DEG = 4.0, -8.0
RINGS_M = (15_000.0, 10_000.0, 6000.0, 3500.0, 2000.0, 1000.0, 500.0)
SKY, FAR, NEAR, INK = (245, 235, 225), (200, 195, 190), (90, 110, 120), (50, 40, 30)


def panorama_png(terrain: Terrain, eye_m: F8) -> bytes:
    """Return a PNG, all round from grid north, 4 degrees up to 8 down; eye_m (3,).

    Each ring of ground up to a distance is painted under its own horizon, the farthest first.
    """
    bearing = np.linspace(0.0, 2.0 * np.pi, WIDE_PX, endpoint=False)
    picture = np.full((HIGH_PX, WIDE_PX, 3), SKY, np.uint8)
    rows = np.arange(HIGH_PX)[:, None]
    for k, reach in enumerate(RINGS_M):
        up, _ = skyline(terrain, eye_m, bearing, reach)
        top = (UP_DEG - np.degrees(np.nan_to_num(up, nan=-np.pi / 2))) / (UP_DEG - DOWN_DEG) * HIGH_PX
        share = k / (len(RINGS_M) - 1)
        picture[rows >= top[None, :]] = np.round((1 - share) * np.array(FAR) + share * np.array(NEAR)).astype(
            np.uint8
        )
    for k, name in enumerate(("N", "E", "S", "W")):
        cv2.putText(picture, name, (4 + k * WIDE_PX // 4, 22), cv2.FONT_HERSHEY_SIMPLEX, 0.6, INK, 1, cv2.LINE_AA)
    return bytes(cv2.imencode(".png", picture)[1].tobytes())
