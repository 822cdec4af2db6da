"""A set of message numbers as intervals: small however many there are, as long as few are missing between them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from watchline.domain.nodes import Numbers


class NumberSet:
    """A growing set of whole numbers.  Mutable."""

    def __init__(self, intervals: Iterable[tuple[int, int]] = ()) -> None:
        self._first: list[int] = []
        self._last: list[int] = []
        for first, last in intervals:
            self.add(first, last)

    def holds(self, first: int, last: int) -> bool:
        """Return whether every number of first..last is in it."""
        at = bisect_right(self._first, first) - 1
        return at >= 0 and last <= self._last[at]

    def add(self, first: int, last: int) -> None:
        """Add first..last, both included; ValueError when they are not in order.

        >>> numbers = NumberSet([(1, 3), (7, 7)])
        >>> numbers.add(4, 5)
        >>> numbers.intervals
        ((1, 5), (7, 7))
        """
        if not 0 < first <= last:
            raise ValueError(f"numbers run upwards from 1, got {first}..{last}")
        low = bisect_right(self._first, first)
        if low and self._last[low - 1] >= first - 1:
            low -= 1
        high = bisect_right(self._first, last + 1)
        if low < high:
            first, last = min(first, self._first[low]), max(last, self._last[high - 1])
        self._first[low:high], self._last[low:high] = [first], [last]

    @property
    def intervals(self) -> Numbers:
        """Return the set as closed intervals, ascending and apart."""
        return tuple(zip(self._first, self._last, strict=True))
