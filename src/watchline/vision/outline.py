"""Draw the outlines of detections as a mask, from the picture and the boxes alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from watchline.domain.frames import PixelDetection

AROUND_PX = 4  # the surroundings that say whether a subject is warmer or colder


def mask_of(pixels: NDArray[Any], detections: Sequence[PixelDetection]) -> NDArray[np.uint8]:
    """Return (rows, cols) 0/255: in each box, what lies on the subject's side of half height.

    pixels: (rows, cols) counts.  Boxes reaching out of the picture are cut.
    """
    mask = np.zeros(pixels.shape, np.uint8)
    rows, cols = pixels.shape
    for d in detections:
        x, y = max(int(d.bbox_px[0]), 0), max(int(d.bbox_px[1]), 0)
        right, bottom = min(x + max(int(d.bbox_px[2]), 1), cols), min(y + max(int(d.bbox_px[3]), 1), rows)
        if right <= x or bottom <= y:
            continue
        top, left = max(y - AROUND_PX, 0), max(x - AROUND_PX, 0)
        around = float(np.median(pixels[top : bottom + AROUND_PX, left : right + AROUND_PX]))
        inside = pixels[y:bottom, x:right].astype(np.float32) - around
        extreme = float(inside.flat[np.argmax(np.abs(inside))])
        part = (inside * np.sign(extreme) >= 0.5 * abs(extreme)).astype(np.uint8)
        mask[y:bottom, x:right] |= _largest_part(part) * 255
    return mask


def _largest_part(part: NDArray[np.uint8]) -> NDArray[np.uint8]:
    count, label, stats, _ = cv2.connectedComponentsWithStats(part, connectivity=8)
    if count <= 2:
        return part
    return np.asarray(label == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA])), np.uint8)
