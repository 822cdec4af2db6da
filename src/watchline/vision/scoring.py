"""What a tracklet's past adds to a candidate: the final score, confirmation, and a modest class.

Score, on the scale of minus log10 of chance detections per picture: most of the single-picture score, half
the temporal score (the two see the same pixels, so they are not independent), a little for each repeat and for
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

STILL_WEIGHT, STILL_LEAST = 0.7, -2.1  # a detector that saw nothing subtracts this much and no more
MOVING_WEIGHT, MOVING_LEAST, MOVING_MOST = 0.5, -1.5, 4.0
HIT_WEIGHT = 0.05  # per hit among the last pictures
PATH_WEIGHT = 0.5  # per decade of (1 + distance travelled in px)
EVIDENCE_WEIGHT, EVIDENCE_SHIFT = 0.4, -0.6  # a tracklet that only the temporal detector sees
WALK_MOST = 6.0
LEAST_WALK, FAST_PX, PLAIN_MOVING = 0.5, 0.5, 1.5  # see `travels`
UNCHANGED = -2.0  # mean temporal score of what the temporal detector has hardly ever seen
EVIDENCE_MOST = 1.6  # beyond, what is seen decides: a branch can have a long past, too
SCORE_SHIFT = -0.4  # brings the sum onto the scale of the module's first line
PICTURES_PER_TRACKLET = 10.0  # for which a chance tracklet that could be confirmed is seen (compressed video)
LEAST_HITS, SURE_HITS = 5, 10  # hits among the last 16 pictures: with motion, without
LEAST_PATH_PX = 2.0
PATH_PER_SIZE = 0.3  # the outline of a large region wanders by about this share of it
HOLE_HITS = 6
LEAST_MOVING = 0.0  # a lamp or a warm stone stands out for ever; only what changes is confirmed
SURE_SCORE = 1.5  # without motion
LEAST_SCORE = 1.0  # a tracklet below this is clutter of the scene, however often it repeats


def joint_score(t: Tracklet) -> float:
    """Return the score of a tracklet's newest candidate."""
    still = STILL_WEIGHT * max(t.still, STILL_LEAST)
    moving = min(max(t.moving, MOVING_LEAST), MOVING_MOST)
    past = HIT_WEIGHT * t.hits_in_window + PATH_WEIGHT * math.log10(1.0 + t.path_px)
    both = still + MOVING_WEIGHT * moving + past + SCORE_SHIFT
    travelled = min(1.0, 0.5 * t.path_px / least_path_px(t))
    if not travels(t):
        return max(both, min(t.walk, WALK_MOST))
    past_alone = min(EVIDENCE_WEIGHT * t.evidence * travelled + EVIDENCE_SHIFT, EVIDENCE_MOST)
    walk = min(t.walk, WALK_MOST)
    return max(both, past_alone + 0.2 * min(both, 0.0), walk)


def travels(t: Tracklet) -> bool:
    """Say whether a tracklet's repeats are those of one thing on its way, not of noise that wanders about.

    The sums along walks must agree, unless it is too fast for them or strong enough to be plain in each picture.
    """
    return t.walk >= LEAST_WALK or t.path_px >= FAST_PX * t.age or t.moving >= PLAIN_MOVING


def stands(t: Tracklet) -> bool:
    """Say whether nothing of it changes: only its outline in the single picture is there, or it has not come far."""
    unchanged = t.moving < UNCHANGED and t.walk < LEAST_WALK
    return unchanged or (t.path_px < least_path_px(t) and t.moving < PLAIN_MOVING and t.walk < LEAST_WALK)


def least_path_px(t: Tracklet) -> float:
    """Return how far a tracklet must come before it counts as moving.

    Compressed video repeats its errors in place, and a region that warms changes its outline: only from
    twice this distance on is a repeat full evidence.
    """
    return max(LEAST_PATH_PX, PATH_PER_SIZE * max(t.size_px))


def is_confirmed(t: Tracklet, rate_hz: float, false_alarms_per_hour: float) -> bool:
    """Say whether chance tracklets of this evidence are as rare as asked for.

    rate_hz: pictures per second; false_alarms_per_hour: chance confirmations tolerated per camera-hour.
    """
    needed = math.log10(3600.0 * rate_hz / false_alarms_per_hour)
    if t.moving < LEAST_MOVING:
        return False
    if t.path_px >= least_path_px(t):
        return travels(t) and t.hits_in_window >= LEAST_HITS and t.evidence >= needed and t.score >= LEAST_SCORE
    return t.hits_in_window >= SURE_HITS and t.score >= SURE_SCORE


def needed_score(rate_hz: float, false_alarms_per_hour: float) -> float:
    """Return the score, on the camera's own scale, of a candidate in a tracklet that may be confirmed."""
    return math.log10(3600.0 * rate_hz / (false_alarms_per_hour * PICTURES_PER_TRACKLET))


def is_hole(t: Tracklet) -> bool:
    """Say whether a tracklet is the place a subject has left: it looks like one for long and never moved."""
    return t.count >= HOLE_HITS and t.hole > 0.7 and t.path_px < LEAST_PATH_PX


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
