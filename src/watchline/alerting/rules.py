"""When an alert is due: each rule is one function of what is remembered of a track.

All thresholds stand here, with their reason.
"""

from __future__ import annotations

from dataclasses import dataclass

from watchline.domain.records import AlertKind

LINE_M = 40.0  # nearer than this is "at the line": wire, trench and the error of a good track
CLEAR_M = 25.0  # a track must be this far over before it is said to have crossed
APPROACH_M = 6000.0  # farther out nobody is said to approach
APPROACH_S = 45 * 60.0  # and nobody who needs longer than this
APPROACH_MOVED_M = 30.0  # net movement that is not the wandering of a track's own error
LOITER_M = 150.0
LOITER_S = 10 * 60.0
LOITER_FROM_LINE_M = 4000.0
STILL_M = 25.0
STILL_S = 15 * 60.0  # somebody who has walked and then lies this long may need help
OWN_SHARE = 0.5  # share of its life in which one of our own units was at the track


@dataclass(frozen=True)
class Memory:
    """What is remembered of one track between steps.

    anchor_*: the place within LOITER_M of which it has stayed since anchor_s; still_*: likewise for STILL_M.
    first_d_m, lowest_d_m, highest_d_m: offsets; own_s of seen_s seconds one of our units was at it.
    moved_m: distance from where it was first confirmed.
    """

    first_s: float
    first_x_m: float
    first_y_m: float
    first_d_m: float
    lowest_d_m: float
    highest_d_m: float
    anchor_x_m: float
    anchor_y_m: float
    anchor_s: float
    still_x_m: float
    still_y_m: float
    still_s: float
    seen_s: float = 0.0
    own_s: float = 0.0
    moved_m: float = 0.0
    farthest_m: float = 0.0


def is_own(memory: Memory) -> bool:
    """Return whether the track is explained by one of our own units."""
    return memory.seen_s > 0 and memory.own_s / memory.seen_s > OWN_SHARE


def due(
    memory: Memory, *, now_s: float, d_m: float, eta_s: float, p_person: float, p_animal: float
) -> AlertKind | None:
    """Return the alert a track deserves now, None if it deserves none; the gravest rule wins.

    d_m offset from the line, positive = home; eta_s seconds to the line, NaN if it does not come nearer.
    """
    came_from_outside = memory.lowest_d_m < -CLEAR_M
    if came_from_outside and d_m > CLEAR_M:
        return "crossed"
    if in_distress(memory, now_s, p_person):
        return "distress"
    if came_from_outside and abs(d_m) <= LINE_M:
        return "crossing"
    if p_animal > 0.6:
        return None  # herds come to the wire every night; at the wire itself the rules above still speak
    if -APPROACH_M < d_m < 0 and eta_s < APPROACH_S and memory.moved_m > APPROACH_MOVED_M:
        return "approaching"
    if -LOITER_FROM_LINE_M < d_m < 0 and now_s - memory.anchor_s > LOITER_S:
        return "loitering"
    return None


def in_distress(memory: Memory, now_s: float, p_person: float) -> bool:
    """Return whether somebody has walked far and has been lying still since."""
    walked = memory.farthest_m > 300.0
    return walked and p_person > 0.5 and now_s - memory.still_s > STILL_S


GRAVITY: dict[AlertKind, int] = {
    "sensor_dark": 0,
    "loitering": 1,
    "approaching": 2,
    "fence_touched": 3,
    "crossing": 4,
    "crossed": 5,
    "distress": 6,
}
"""An alert's kind only ever grows in gravity; distress outranks all."""
