"""Privacy masks: ground of which nothing is kept and on which nobody is tracked, until two lift one for a time.

Theory: a mask is a polygon of the site.  What a sensor places inside is dropped before anything is kept; what a
camera sees there is painted over before anything looks at the picture; a track that comes inside is told to nobody
while it is there.  Lifting takes a request with a reason and an end, and another person who agrees.  What the line
cannot see through a mask is not reckoned as unseen: keep masks off the way of crossers.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from watchline.domain.policy import MaskLiftAgreed, MaskLiftAsked
from watchline.domain.records import Record

F8 = NDArray[np.float64]
HOURS_MOST = 8.0


@dataclass(frozen=True)
class Masks:
    """areas: id of each mask and its ground, in metres of the site's grid; asked, agreed: lifts by their id."""

    areas: tuple[tuple[str, shapely.Polygon], ...] = ()
    asked: dict[str, MaskLiftAsked] = field(default_factory=dict)
    agreed: frozenset[str] = frozenset()

    def lifted(self, now_s: float) -> frozenset[str]:
        """Return the masks that are lifted at a moment."""
        return frozenset(
            one.area for key, one in self.asked.items() if key in self.agreed and one.t_s <= now_s < one.until_s
        )

    def hides(self, xy_m: F8, now_s: float) -> NDArray[np.bool_]:
        """Return (N,) which places (N, 2) lie under a mask that is not lifted; a place that is not known does not."""
        hidden, lifted = np.zeros(len(xy_m), bool), self.lifted(now_s)
        for area, ground in self.areas:
            if area not in lifted and len(xy_m):
                hidden |= np.asarray(shapely.contains_xy(ground, xy_m[:, 0], xy_m[:, 1]))
        return hidden


def heard(masks: Masks, record: Record) -> Masks:
    """Return the masks after a record; lifts that are over are forgotten."""
    match record:
        case MaskLiftAsked():
            kept = {key: one for key, one in masks.asked.items() if one.until_s > record.t_s}
            return replace(masks, asked=kept | {record.lift: record}, agreed=masks.agreed & kept.keys())
        case MaskLiftAgreed():
            asked = masks.asked.get(record.lift)
            if asked is None or asked.person == record.person:
                return masks  # it takes another person; one who wrote it twice is none
            return replace(masks, agreed=masks.agreed | {record.lift})
        case _:
            return masks
