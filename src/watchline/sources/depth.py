"""How many bits a picture really has, and what kind of pictures a source gives.

Recorders store 8 bits stretched over 16, or 14 bits shifted to the top: all counts are then multiples of one step.
Such pictures are divided by it, so that one count is one step of the camera and thresholds on counts mean the same.

An 8-bit thermal picture is a display picture: the camera has spread its counts over the greys of a screen, anew every
few seconds (automatic gain).  It is told by its greys reaching both ends; its contrasts are relative, no
temperature and no transmission can be measured in it, and what is said of it says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAST_VALUES = 16  # a picture of fewer different counts tells nothing of its step
STEPS = (2, 4, 8, 16, 32, 64, 128, 256, 257)
AGC_LOW, AGC_HIGH = 40.0, 215.0  # greys that the lowest and highest 0.5 % of a stretched picture reach


@dataclass(frozen=True, slots=True)
class Depth:
    """bits: in use, 8..16, or 0 for floating point; step: counts between neighbouring values in the file;
    automatic_gain: a display picture whose contrasts are relative."""

    bits: int
    step: int
    automatic_gain: bool

    def __str__(self) -> str:
        if self.bits == 0:
            return "floating point"
        if self.bits > 8:
            return f"{self.bits} bit counts" + (f" in steps of {self.step}" if self.step > 1 else "")
        return "8 bit, automatic gain: contrasts are relative" if self.automatic_gain else "8 bit"


def depth_of(pixels: NDArray[Any]) -> Depth:
    """Return what a picture's own counts say of it; pixels (rows, cols) as read from the file."""
    if not np.issubdtype(pixels.dtype, np.integer):
        return Depth(0, 1, False)
    step = _step_of(pixels) if pixels.dtype.itemsize > 1 else 1
    highest = int(pixels.max(initial=0)) // step
    if pixels.dtype.itemsize == 1 or step >= 256:
        low, high = np.percentile(pixels[::2, ::2] // step, [0.5, 99.5])
        return Depth(8, step, bool(low <= AGC_LOW and high >= AGC_HIGH))
    return Depth(max(9, highest.bit_length()), step, False)


def brought_to_steps(pixels: NDArray[Any], depth: Depth) -> NDArray[Any]:
    """Return the picture in steps of its own: 8 bits stretched over 16 come back as uint8, others as they are."""
    if depth.step == 1:
        return pixels
    return (pixels // depth.step).astype(np.uint8 if depth.bits == 8 else pixels.dtype)


def _step_of(pixels: NDArray[Any]) -> int:
    values = np.unique(pixels)
    if len(values) < LEAST_VALUES:
        return 1
    step = int(np.gcd.reduce(values.astype(np.int64)))
    return step if step in STEPS else 1
