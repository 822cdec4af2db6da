"""Pixels of the sensor that do not look at the scene: dead, stuck or hot ones are found and bridged.

Theory.  Optics spread even a star over several pixels, so a pixel that stands out of its eight neighbours by many
times the noise, picture after picture, while none of them does, is the sensor's and not the scene's.  Under wind
shake such a pixel would move against the scene and look like a walker.  Slow gain and offset patterns of rows and
columns need no care of their own: the background learns them, and its fit takes level and gain steps out.

Rules: a pixel is bridged by the median of its 3 x 3 square; at most `MOST_SHARE` of the picture is, beyond that
the camera has another fault.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

F4 = NDArray[np.float32]
B1 = NDArray[np.bool_]

LOOK_EVERY = 4  # pictures; a dead pixel stays dead
MEMORY_LOOKS = 16.0
LEAST_LOOKS = 12
STEADY, UNSTEADY = 0.15, 0.3  # wander over size: a stone's corner moves under shake, a dead pixel does not
STANDS_OUT = 15.0  # spreads of this kind of difference over the picture
NEIGHBOUR_SHARE = 0.2  # the blur of real optics lets neighbours stand out by more than this
MOST_SHARE = 0.01


@dataclass(slots=True)
class Sensor:
    """What is known of the sensor; changed in place.

    apart: (rows, cols) mean difference to the median of the neighbours, counts; wander: mean size of what it
    strays from that; bad: (rows, cols) or None;
    fresh: those that this picture added or took off, or None; looks, pictures: how many went in, how many came.
    """

    apart: F4
    wander: F4
    bad: B1 | None = None
    fresh: B1 | None = None
    looks: int = 0
    pictures: int = 0


def unknown(shape: tuple[int, ...]) -> Sensor:
    """Return a sensor of this many rows and columns of which nothing is known."""
    return Sensor(np.zeros(shape, np.float32), np.zeros(shape, np.float32))


def mended(sensor: Sensor, picture: F4) -> F4:
    """Return the picture (rows, cols) with bad pixels bridged, and learn from it now and then."""
    learn = sensor.pictures % LOOK_EVERY == 0
    sensor.pictures += 1
    sensor.fresh = None
    if not learn and sensor.bad is None:
        return picture
    middle = np.asarray(cv2.medianBlur(picture, 3), np.float32)
    if learn:
        _learn(sensor, picture - middle)
    return picture if sensor.bad is None else np.where(sensor.bad, middle, picture)


def _learn(sensor: Sensor, apart: F4) -> None:
    sensor.looks += 1
    share = np.float32(1.0 / min(sensor.looks, MEMORY_LOOKS))
    off = apart - sensor.apart
    sensor.apart += share * off
    if sensor.looks > 1:
        sensor.wander += share * (np.abs(off) - sensor.wander)
    if sensor.looks < LEAST_LOOKS:
        return
    size = np.abs(sensor.apart)
    spread = 1.4826 * float(np.median(size[::5, ::5])) + 0.5
    ring = np.ones((3, 3), np.uint8)
    ring[1, 1] = 0
    bad = (
        (size > STANDS_OUT * spread)
        & (sensor.wander < STEADY * size)
        & (np.asarray(cv2.dilate(size, ring)) < NEIGHBOUR_SHARE * size)
    )
    # Once bad, bad as long as it keeps still: one that comes and goes would itself be a change in the scene.
    before = np.zeros_like(bad) if sensor.bad is None else sensor.bad
    known = bad | (before & (sensor.wander < UNSTEADY * size))
    if int(np.count_nonzero(known)) <= MOST_SHARE * bad.size and (known.any() or before.any()):
        sensor.fresh = known ^ before
        sensor.bad = known
