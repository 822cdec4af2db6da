"""A small map of a place, a PNG kept as evidence: shaded ground, the line, where a track had been, who was near."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from watchline.geo.terrain import Terrain

F8 = NDArray[np.float64]
U1 = NDArray[np.uint8]

SIDE_PX = 360
LIGHT = np.array([-1.0, 1.0, 1.2]) / np.sqrt(3.44)  # from the north-west, as on paper maps
STEP = 6  # shades of grey are this far apart: a fifth of the bytes, and no eye sees it
RELIEF = 3.0  # heights are drawn so much steeper: desert is flat
# Blue, green, red; the same signs as on the screen: straw the party, blue our own, white the line.
LINE_BGR, TRAIL_BGR, OWN_BGR, PLACE_BGR = (255, 255, 255), (164, 226, 239), (242, 199, 124), (82, 154, 255)


def map_cutout(
    terrain: Terrain, line_xy_m: F8, centre_xy_m: F8, width_m: float, trail_xy_m: F8, units_xy_m: F8
) -> bytes:
    """Return a PNG of the square of `width_m` round a place, grid north up.

    line_xy_m (N, 2), trail_xy_m (N, 2) and units_xy_m (U, 2) metres on the site's grid; ground that is not known is
    left dark.
    """
    picture = _ground(terrain, centre_xy_m, width_m)

    def pixels(xy_m: F8) -> NDArray[np.int32]:
        shift = (np.asarray(xy_m, float).reshape(-1, 2) - centre_xy_m) / width_m
        return np.column_stack([(0.5 + shift[:, 0]) * SIDE_PX, (0.5 - shift[:, 1]) * SIDE_PX]).astype(np.int32)

    cv2.polylines(picture, [pixels(line_xy_m)], False, LINE_BGR, 2, cv2.LINE_AA)
    if len(trail_xy_m) > 1:
        cv2.polylines(picture, [pixels(trail_xy_m)], False, TRAIL_BGR, 2, cv2.LINE_AA)
    for x, y in pixels(units_xy_m).tolist():
        cv2.rectangle(picture, (x - 6, y - 4), (x + 6, y + 4), OWN_BGR, 2, cv2.LINE_AA)
    half = SIDE_PX // 2
    cv2.drawMarker(picture, (half, half), PLACE_BGR, cv2.MARKER_TILTED_CROSS, 16, 2, cv2.LINE_AA)
    done, data = cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    assert done
    return bytes(data)


def _ground(terrain: Terrain, centre_xy_m: F8, width_m: float) -> U1:
    steps = (np.arange(SIDE_PX) + 0.5) / SIDE_PX - 0.5
    x, y = np.meshgrid(centre_xy_m[0] + steps * width_m, centre_xy_m[1] - steps * width_m)
    height = terrain.height_at(np.column_stack([x.ravel(), y.ravel()])).reshape(SIDE_PX, SIDE_PX)
    down, right = np.gradient(height * RELIEF, width_m / SIDE_PX)
    normal = np.stack([-right, down, np.ones_like(height)], axis=2)
    normal /= np.linalg.norm(normal, axis=2, keepdims=True)
    shade = np.nan_to_num(np.clip(normal @ LIGHT, 0.0, 1.0), nan=0.05)
    grey = (20 + STEP * np.round(120 / STEP * shade)).astype(np.uint8)
    return np.asarray(cv2.merge([grey, grey, grey]))
