"""How long until somebody of ours is there: the nearest patrol or reserve, in a straight line at its own speed.

Theory: a unit that patrols a stretch is anywhere on it with the same chance, so it needs its mean distance over its
speed; one at a post starts there.  The nearest in time counts; an alert has to be noticed, acknowledged and passed on
first.

Limits: straight lines, no roads, no wadis, every unit free and willing: it errs low.  Drones and medical teams look
and help, and stop nobody; a partner's forces are not ours to send.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from watchline.domain.site import Site, Unit
from watchline.geo.line import LineFrame

F8 = NDArray[np.float64]

ALERT_S = 120.0  # from detection to an acknowledged alert: the time the headline number allows
SITE_WIDE_S = 1800.0  # where a site names nobody who could come: half an hour, an assumption and said to be one
RESPONDERS = ("patrol", "reserve")
PLACES = 21  # of a patrol on its stretch


def response_s(site: Site, line: LineFrame, s_m: F8) -> F8 | None:
    """Return (K,) seconds from detection to the first responder at the line's chainages s_m (K,); None if none is
    named."""
    at = line.xy_m_from_sd(np.column_stack([s_m, np.zeros_like(s_m)]))
    partners = {organisation.id for organisation in site.organisations if organisation.partner}
    times = []
    for unit in site.units:
        places = _places(unit, site, line)
        if unit.kind in RESPONDERS and unit.organisation not in partners and places is not None:
            away = np.hypot(*(at[:, None, :] - places[None, :, :]).transpose(2, 0, 1)).mean(axis=1)
            times.append(away / unit.speed_m_s)
    return None if not times else np.asarray(ALERT_S + np.min(times, axis=0))


def _places(unit: Unit, site: Site, line: LineFrame) -> F8 | None:
    """Return (P, 2) where a unit may be, equally likely; None where the site does not say."""
    if unit.patrol_from_km is not None and unit.patrol_to_km is not None:
        s = 1000.0 * np.linspace(unit.patrol_from_km, unit.patrol_to_km, PLACES)
        return line.xy_m_from_sd(np.column_stack([s, np.full(PLACES, unit.patrol_offset_m)]))
    post = {p.id: p for p in site.posts}.get(unit.post or "", unit)
    if post.lon_deg is None or post.lat_deg is None:
        return None
    return line.frame.xy_m_from_lonlat(post.lon_deg, post.lat_deg).reshape(1, 2)
