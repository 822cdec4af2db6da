"""What a tracklet's past adds to a candidate: the final score, confirmation, and a modest class.

Score, on the scale of minus log10 of chance detections per picture: the single-picture score, half the
temporal score (the two see the same pixels, so they are not independent), a little for each repeat and for
distance travelled against the scene.  The weights were set on the public drone clips at one threshold for
all clips (benchmarks/vision_real.py, design/003) and are the same for every camera.

Class: from the box alone nothing certain can be said at range; most of the probability stays "unknown".
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from watchline.vision.confirmation import Tracklet

F8 = NDArray[np.float64]

STILL_LEAST = -1.5  # a detector that saw nothing subtracts this much and no more
MOVING_WEIGHT, MOVING_MOST = 0.5, 4.0
HIT_WEIGHT = 0.05  # per hit among the last pictures
PATH_WEIGHT = 0.5  # per decade of (1 + distance travelled in px)
SCORE_SHIFT = -0.4  # brings the sum onto the scale of the module's first line
LEAST_HITS, SURE_HITS = 5, 10  # hits among the last 16 pictures: with motion, without
LEAST_PATH_PX = 1.5
LEAST_SCORE = 0.5  # a tracklet below this is clutter of the scene, however often it repeats


def joint_score(t: Tracklet) -> float:
    """Return the score of a tracklet's newest candidate."""
    still = max(t.still, STILL_LEAST)
    moving = min(max(t.moving, STILL_LEAST), MOVING_MOST)
    past = HIT_WEIGHT * t.hits_in_window + PATH_WEIGHT * math.log10(1.0 + t.path_px)
    return still + MOVING_WEIGHT * moving + past + SCORE_SHIFT


def is_confirmed(t: Tracklet, rate_hz: float, false_alarms_per_hour: float) -> bool:
    """Say whether chance tracklets of this evidence are as rare as asked for.

    rate_hz: pictures per second; false_alarms_per_hour: chance confirmations tolerated per camera-hour.
    """
    needed = math.log10(3600.0 * rate_hz / false_alarms_per_hour)
    enough = t.hits_in_window >= (LEAST_HITS if t.path_px >= LEAST_PATH_PX else SURE_HITS)
    return enough and t.evidence >= needed and joint_score(t) >= LEAST_SCORE


def p_class(bbox_px: F8) -> tuple[float, float, float, float]:
    """Return (person, vehicle, animal, unknown) from a box (x, y, w, h) alone."""
    w, h = max(float(bbox_px[2]), 1.0), max(float(bbox_px[3]), 1.0)
    if w * h < 12.0:  # too few pixels to have a shape
        return (0.1, 0.05, 0.05, 0.8)
    ratio = h / w
    if ratio >= 1.3:
        return (0.35, 0.05, 0.05, 0.55)
    if ratio <= 0.6:
        return (0.05, 0.25, 0.15, 0.55)
    return (0.15, 0.1, 0.15, 0.6)


def box(bbox_px: F8) -> tuple[float, float, float, float]:
    """Return a row of boxes as plain numbers."""
    x, y, w, h = (float(v) for v in bbox_px)
    return (x, y, w, h)
