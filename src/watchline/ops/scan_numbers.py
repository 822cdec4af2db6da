"""Who numbers looks from where, so that no two of one run have the same number: tracking goes by it alone.

A feed's own looks are numbered by whoever makes them, from 0; everyone else who makes looks has a range of its own.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from watchline.domain.batches import ScanBatch
from watchline.domain.errors import InvariantError

Maker = Literal["feed", "links", "nodes", "pictures"]
RANGES: dict[Maker, range] = {
    "feed": range(1 << 29),
    "links": range(1 << 29, 3 << 28),
    "nodes": range(3 << 28, 1 << 30),
    "pictures": range(1 << 30, (1 << 31) - 1),
}
"""Disjoint, within int32."""


def first(maker: Maker) -> int:
    """Return the number of a maker's first look."""
    return RANGES[maker].start


def next_numbers(maker: Maker, begin: int, count: int) -> range:
    """Return the numbers of a maker's next looks, from `begin`; those after them begin at its `stop`.

    At the end of the range they begin anew: after a quarter of a milliard looks none of the first is open any more.
    """
    if begin + count > RANGES[maker].stop:
        begin = first(maker)
    return range(begin, begin + count)


def refuse_doubles(scans: ScanBatch) -> None:
    """Raise InvariantError when two looks of one step have the same number."""
    in_order = np.sort(scans.scan_id)
    double = in_order[1:][in_order[1:] == in_order[:-1]]
    if len(double):
        raise InvariantError(f"{len(double)} looks have a number that another of the same step has: {double[0]}")
