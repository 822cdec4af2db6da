"""The contrast of reference objects in the picture: a heated plate, a post, somewhere the camera always sees.

Theory: mean inside the object's box less the median of a frame around it that keeps two pixels off, averaged over
`PICTURES`; its error is the camera's temporal noise over the number of pixels, plus the surroundings' own
spread over the root of theirs.
Rules: counts only.  In a display picture (8 bit) the camera sets the gain anew, so a contrast is relative: None.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

GAP_PX, FRAME_PX = 2, 4
MEMORY = 0.1  # share of each picture in the running mean


@dataclass(frozen=True, slots=True)
class Contrast:
    """counts: object less surroundings, running mean; sd: its error; pictures that went in."""

    counts: float = 0.0
    sd: float = float("inf")
    pictures: int = 0


def measure(before: Contrast, pixels: NDArray[Any], box_px: tuple[float, float, float, float]) -> Contrast | None:
    """Return the contrast after one more picture; None where it cannot be measured.

    pixels: (rows, cols), counts deeper than 8 bits; box_px: x, y, w, h of the object.
    """
    if pixels.dtype == np.uint8:
        return None
    x, y, w, h = (round(v) for v in box_px)
    far = GAP_PX + FRAME_PX
    if w < 1 or h < 1 or x < far or y < far or x + w + far > pixels.shape[1] or y + h + far > pixels.shape[0]:
        return None
    inside = np.asarray(pixels[y : y + h, x : x + w], np.float64)
    around = np.asarray(pixels[y - far : y + h + far, x - far : x + w + far], np.float64)
    frame = np.ones(around.shape, bool)
    frame[FRAME_PX : around.shape[0] - FRAME_PX, FRAME_PX : around.shape[1] - FRAME_PX] = False
    outside = around[frame]
    counts = float(inside.mean() - np.median(outside))
    spread = 1.4826 * float(np.median(np.abs(outside - np.median(outside))))
    one = spread / np.sqrt(inside.size) + 1.2533 * spread / np.sqrt(outside.size)
    weight = max(MEMORY, 1.0 / (before.pictures + 1))
    mean = before.counts + weight * (counts - before.counts)
    # The surroundings' texture does not average out, so the error of many pictures is hardly smaller than of one.
    return Contrast(mean, float(one), before.pictures + 1)
