"""A node's clock: the wall's, as it was when the node began, going on with the machine's steady one.

Theory: detections must not change their order because somebody set the clock.  The time told is the wall's at the
beginning plus what has gone by on the monotonic clock; how far the wall has moved away from that is measured at every
look, and when it is more than `JUMP_S`, a record says so and the node's time follows the wall from there.
"""

from __future__ import annotations

from collections.abc import Callable

from watchline.domain.nodes import ClockJump

JUMP_S = 0.5  # more than a clock that is slewed drifts between two looks, and less than tracking would notice


class NodeClock:
    """wall, steady: the two clocks, in seconds.  Mutable: it knows how far they are apart."""

    def __init__(self, node: str, wall: Callable[[], float], steady: Callable[[], float]) -> None:
        self._node, self._wall, self._steady = node, wall, steady
        self._offset_s = wall() - steady()
        self._jumps = 0

    def now_s(self) -> float:
        """Return the node's time."""
        return self._steady() + self._offset_s

    def look(self) -> ClockJump | None:
        """Return a record when the wall's clock has jumped since the last look; small changes are followed."""
        moved_s = self._wall() - self._steady() - self._offset_s
        before_s = self.now_s()
        self._offset_s += moved_s
        if abs(moved_s) <= JUMP_S:
            return None
        self._jumps += 1
        number = f"clock-{self._node}-{before_s:.0f}-{self._jumps}"
        return ClockJump(id=number, t_s=before_s, source=self._node, node=self._node, jump_s=round(moved_s, 3))
