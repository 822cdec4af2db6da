"""When an alert is due: each rule is a condition on what is remembered of tracks, one row per track.

All thresholds stand here, with their reason.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from watchline.domain.batches import TrackBatch
from watchline.domain.records import AlertKind

F8 = NDArray[np.float64]
B1 = NDArray[np.bool_]

LINE_M = 40.0  # nearer than this is "at the line": wire, trench and the error of a good track
CLEAR_M = 25.0  # a track must be this far over before it is said to have crossed
APPROACH_M = 6000.0  # farther out nobody is said to approach
APPROACH_S = 45 * 60.0  # and nobody who needs longer than this
MOVED_M = 30.0  # nobody is said to move who has not moved this far
GOES_M_S = 0.5  # or who goes at least so fast,
GOES_SD = 2.0  # and so many times the error of their velocity, over
GOES_S = 20.0  # a while: a rock's track is fast now and then, and every time another way
MOVED_SD = 3.0  # and this many times the error of both places: a hot rock's track wanders within its own error
LOITER_M = 150.0
LOITER_S = 10 * 60.0
LOITER_FROM_LINE_M = 4000.0
STILL_M = 25.0
STILL_S = 15 * 60.0  # somebody who has walked and then lies this long may need help
WALKED_M = 300.0
LEAST_PERSON = 0.3  # lying still, a person looks much like an animal: help is sent to look
ANIMAL = 0.6  # herds come to the wire every night; surer than this, only the line itself raises an alert
GROUP = 8  # so many together come openly and need water, medics, reception
RAISE_P = 0.15  # less likely than this is not told at all: one in seven would be true


@dataclass(frozen=True)
class Memory:
    """What is remembered of tracks between steps; every field (N,), one row per shown track.

    anchor_*: the place within LOITER_M of which it has stayed since anchor_s; still_*: likewise for STILL_M.
    first_*: where it was first shown; lowest_d_m, highest_d_m: offsets so far; moved_m, farthest_m: distance from the
    first place, now and at most; first_sd_m: error of the first place; moving: 1 once it has moved farther than
    errors explain; mean_v*: velocity over the last GOES_S, from rest.
    """

    track_id: NDArray[np.int32]
    first_x_m: F8
    first_y_m: F8
    lowest_d_m: F8
    highest_d_m: F8
    anchor_x_m: F8
    anchor_y_m: F8
    anchor_s: F8
    still_x_m: F8
    still_y_m: F8
    still_s: F8
    moved_m: F8
    farthest_m: F8
    first_sd_m: F8
    moving: F8
    mean_vx_m_s: F8
    mean_vy_m_s: F8

    @classmethod
    def none(cls) -> Memory:
        """Return the memory of nobody."""
        return cls(np.zeros(0, np.int32), *(np.zeros(0) for _ in fields(cls)[1:]))

    def row(self, track_id: int) -> int | None:
        """Return the row of a track, None if it is not remembered."""
        at = np.flatnonzero(self.track_id == track_id)
        return int(at[0]) if len(at) else None

    def take(self, rows: NDArray[np.int64]) -> Memory:
        """Return the rows chosen."""
        return Memory(*(getattr(self, field.name)[rows] for field in fields(self)))


def remember(old: Memory, tracks: TrackBatch, now_s: float, elapsed_s: float) -> Memory:
    """Return the memory of the tracks shown now; rows in their order, tracks that are gone are forgotten."""
    track_id, d_m = tracks.track_id, tracks.d_m
    x, y = tracks.xy_m[:, 0], tracks.xy_m[:, 1]
    sd_m = np.sqrt(np.maximum(tracks.cov[:, 0], tracks.cov[:, 2]))
    zero = np.zeros(len(track_id))
    begun = np.full(len(track_id), now_s)
    new = Memory(track_id, x, y, d_m, d_m, x, y, begun, x, y, begun, zero, zero, sd_m, zero, zero, zero)
    order = np.argsort(old.track_id)
    at = np.searchsorted(old.track_id[order], track_id)
    at = order[np.minimum(at, len(order) - 1)] if len(order) else np.zeros(len(track_id), np.int64)
    known = old.track_id[at] == track_id if len(order) else np.zeros(len(track_id), bool)

    def was(name: str) -> F8:
        before = getattr(old, name)
        fresh: F8 = getattr(new, name)
        return np.where(known, before[at], fresh) if len(order) else fresh

    gain = 1.0 - np.exp(-elapsed_s / GOES_S)
    mean_vx = was("mean_vx_m_s") + gain * (tracks.v_m_s[:, 0] - was("mean_vx_m_s"))
    mean_vy = was("mean_vy_m_s") + gain * (tracks.v_m_s[:, 1] - was("mean_vy_m_s"))
    speed = np.hypot(mean_vx, mean_vy)
    goes = (speed > GOES_M_S) & (speed > GOES_SD * np.sqrt(tracks.cov[:, 3]))
    moved = np.hypot(x - was("first_x_m"), y - was("first_y_m"))
    left = np.hypot(x - was("anchor_x_m"), y - was("anchor_y_m")) > LOITER_M
    stirred = np.hypot(x - was("still_x_m"), y - was("still_y_m")) > STILL_M
    return Memory(
        track_id=track_id,
        first_x_m=was("first_x_m"),
        first_y_m=was("first_y_m"),
        lowest_d_m=np.minimum(was("lowest_d_m"), d_m),
        highest_d_m=np.maximum(was("highest_d_m"), d_m),
        anchor_x_m=np.where(left, x, was("anchor_x_m")),
        anchor_y_m=np.where(left, y, was("anchor_y_m")),
        anchor_s=np.where(left, now_s, was("anchor_s")),
        still_x_m=np.where(stirred, x, was("still_x_m")),
        still_y_m=np.where(stirred, y, was("still_y_m")),
        still_s=np.where(stirred, now_s, was("still_s")),
        moved_m=moved,
        farthest_m=np.maximum(was("farthest_m"), moved),
        first_sd_m=was("first_sd_m"),
        moving=np.maximum(
            was("moving"), goes | (moved > np.maximum(MOVED_M, MOVED_SD * np.hypot(was("first_sd_m"), sd_m)))
        ),
        mean_vx_m_s=mean_vx,
        mean_vy_m_s=mean_vy,
    )


def in_distress(memory: Memory, p_person: F8, now_s: float) -> B1:
    """Return (N,) whether somebody has walked far and has been lying still since."""
    walked = (memory.moving > 0) & (memory.farthest_m > WALKED_M)
    return np.asarray(walked & (p_person > LEAST_PERSON) & (now_s - memory.still_s > STILL_S))


def due(memory: Memory, *, now_s: float, d_m: F8, eta_s: F8, p_person: F8, p_animal: F8) -> list[AlertKind | None]:
    """Return the alert each track deserves now, None where it deserves none; the gravest rule wins.

    d_m (N,) offset from the line, positive = home; eta_s (N,) seconds to the line, NaN if it does not come nearer.
    """
    moving = memory.moving > 0
    came = moving & (memory.lowest_d_m < -CLEAR_M)
    calm = p_animal <= ANIMAL
    outside = d_m < 0
    rules: tuple[tuple[AlertKind, B1], ...] = (
        ("distress", in_distress(memory, p_person, now_s)),
        ("crossed", came & (d_m > CLEAR_M)),
        ("crossing", came & (np.abs(d_m) <= LINE_M)),
        (
            "approaching",
            calm & moving & outside & (d_m > -APPROACH_M) & (eta_s < APPROACH_S),
        ),
        (
            "loitering",
            calm & moving & outside & (d_m > -LOITER_FROM_LINE_M) & (now_s - memory.anchor_s > LOITER_S),
        ),
    )
    out: list[AlertKind | None] = [None] * len(d_m)
    for kind, holds in reversed(rules):
        for row in np.flatnonzero(holds):
            out[row] = kind
    return out


GRAVITY: dict[AlertKind, int] = {
    "sensor_dark": 0,
    "line_weakened": 1,
    "line_uncovered": 1,
    "units_meeting": 2,
    "loitering": 3,
    "approaching": 4,
    "lost_contact": 5,
    "fence_touched": 6,
    "crossing": 7,
    "crossed": 8,
    "group_arrival": 9,
    "mass_event": 10,
    "distress": 11,
}
"""An alert's kind only ever grows in gravity; distress outranks all."""
