"""The newest pictures of cameras that somebody is looking at, beside the core's own work.

Rules: nothing is made of a camera that nobody asked for within WANTED_S; at most MOST cameras, and all together no
more than MOST_PER_S pictures, whoever asks how often: one that is looked at alone moves, EVERY_S apart, and many
stand.  A picture is replaced by the next and never kept: what is kept is clips of alerts.  Times here are of the
wall, since only people look.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from watchline.ops.cameras import CameraPool, Still

WANTED_S = 5.0
EVERY_S = 0.2
MOST_PER_S = 12.0
MOST = 18


class Stills:
    """What is wanted, and the newest of each.  Mutable: screens ask from their threads, the core answers in its."""

    def __init__(self, wall_s: Callable[[], float]) -> None:
        """wall_s: seconds of a clock that never goes back."""
        self._wall_s, self._lock = wall_s, threading.Lock()
        self._wanted: dict[int, float] = {}
        self._newest: dict[int, Still] = {}
        self._made_s = -float("inf")

    def asked(self, sensor: int) -> Still | None:
        """Return the newest picture of a camera, None while none is there, and have it followed for a while."""
        now_s = self._wall_s()
        with self._lock:
            self._drop(now_s)
            if sensor in self._wanted or len(self._wanted) < MOST:
                self._wanted[sensor] = now_s
            return self._newest.get(sensor)

    def follows(self, sensor: int) -> bool:
        """Return whether a camera that was asked for is one of the MOST that are followed."""
        with self._lock:
            return sensor in self._wanted

    def step(self, cameras: CameraPool) -> None:
        """Make new pictures of what is wanted, if it is time."""
        now_s = self._wall_s()
        with self._lock:
            self._drop(now_s)
            wanted = tuple(self._wanted)
        if not wanted or now_s - self._made_s < max(EVERY_S, len(wanted) / MOST_PER_S):
            return
        self._made_s = now_s
        made = cameras.stills(wanted)
        with self._lock:
            self._newest |= made

    def _drop(self, now_s: float) -> None:
        self._wanted = {k: t_s for k, t_s in self._wanted.items() if now_s - t_s < WANTED_S}
        self._newest = {k: still for k, still in self._newest.items() if k in self._wanted}
