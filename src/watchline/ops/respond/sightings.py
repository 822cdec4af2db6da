"""Where those of an alert were seen last, which way they went, and how long ago that was.

While a track is held that is the track; once it is lost, what it was when it was last held.  Mutable: it remembers
that for the alerts that are open.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from watchline.domain.records import Alert
from watchline.geo.line import LineFrame
from watchline.ops.picture import Picture

F8 = NDArray[np.float64]


@dataclass(frozen=True)
class Sighting:
    """at_m, v_m_s (2,) on the site grid; sd_m_s the error of its speed; t_s: when that was."""

    at_m: F8
    v_m_s: F8
    sd_m_s: float
    t_s: float


class Sightings:
    """Remembers."""

    def __init__(self, line: LineFrame) -> None:
        self._line = line
        self._last: dict[str, Sighting] = {}

    def look(self, picture: Picture, now_s: float) -> None:
        """Note where the tracks of open alerts are."""
        row = {int(number): k for k, number in enumerate(picture.tracks.track_id)}
        open_ = {item.alert.alert: item.alert for item in picture.alerts.values() if item.alert.state == "open"}
        self._last = {name: seen for name, seen in self._last.items() if name in open_}
        for name, alert in open_.items():
            k = row.get(-1 if alert.track_id is None else alert.track_id)
            if k is not None:
                tracks = picture.tracks
                at, v = tracks.xy_m[k].astype(float), tracks.v_m_s[k].astype(float)
                self._last[name] = Sighting(at, v, float(np.sqrt(tracks.cov[k, 3])), now_s)

    def of(self, alert: Alert) -> Sighting:
        """Return what is known of an alert; one that never had a track stands where and when it was told."""
        place = alert.position
        at = self._line.frame.xy_m_of(place)
        last = self._last.get(alert.alert)
        if last is None:
            return Sighting(at, np.zeros(2), 0.0, alert.t_s)
        # One that was told of elsewhere since then (wire was touched) is there.
        later = alert.what != "lost_contact" and alert.t_s > last.t_s
        return replace(last, at_m=at, t_s=alert.t_s) if later else last
