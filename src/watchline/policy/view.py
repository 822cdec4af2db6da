"""What a person's screen may show: the stretches of the line that their recipient sees exactly and at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchline.domain.policy import Told
from watchline.policy.terms import Terms


@dataclass(frozen=True)
class View:
    """Stretches by kind of thing, in metres; None for all of the line.  imagery: films and maps of alerts."""

    stretches: dict[Told, tuple[tuple[float, float], ...]] | None = None
    films: tuple[tuple[float, float], ...] = ()

    @property
    def whole(self) -> bool:
        """Return whether nothing is hidden from this person."""
        return self.stretches is None

    def shows(self, what: Told, s_m: float) -> bool:
        """Return whether such a thing at a chainage may be shown."""
        return self.stretches is None or _within(self.stretches.get(what, ()), s_m)

    def shows_alert(self, kind: str, s_m: float) -> bool:
        """Return whether an alert may be shown: one of distress to all who are told of distress there."""
        return self.shows("distress" if kind == "distress" else "alerts", s_m)

    def shows_film(self, s_m: float) -> bool:
        """Return whether films and maps of an alert at a chainage may be shown."""
        return self.stretches is None or _within(self.films, s_m)

    def mask(self, what: Told, s_m: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return (N,) which chainages may be shown; one that is not known is not."""
        if self.stretches is None:
            return np.ones(len(s_m), bool)
        inside = np.zeros(len(s_m), bool)
        for low, high in self.stretches.get(what, ()):
            inside |= (s_m >= low) & (s_m <= high)
        return inside


WHOLE = View()


def view_of(terms: Iterable[Terms]) -> View:
    """Return what the exact terms of a recipient show."""
    exact = [one for one in terms if one.exact]
    kinds = {one.what for one in exact}
    stretches: dict[Told, tuple[tuple[float, float], ...]] = {
        kind: tuple((one.from_m, one.to_m) for one in exact if one.what == kind) for kind in sorted(kinds)
    }
    return View(stretches, tuple((one.from_m, one.to_m) for one in exact if one.what == "alerts" and one.imagery))


def _within(stretches: tuple[tuple[float, float], ...], s_m: float) -> bool:
    return any(low <= s_m <= high for low, high in stretches)
