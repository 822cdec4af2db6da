"""How long until somebody of ours is there: the nearest patrol or reserve, in a straight line at its own speed.

Theory: a unit that patrols a stretch is anywhere on it with the same chance, so it needs its mean distance over its
speed; one at a post starts there.  The nearest in time counts; an alert has to be noticed, acknowledged and passed on
first.

Limits: straight lines, no roads, no wadis, every unit free and willing: it errs low.  Drones and medical teams look
and help, and stop nobody; a partner's forces are not ours to send.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchline.coverage.crossing import STRETCH_M, stretches
from watchline.domain.site import Site, Unit, own_units
from watchline.geo.line import LineFrame

F8 = NDArray[np.float64]

ALERT_S = 120.0  # from detection to an acknowledged alert: the time the headline number allows
SITE_WIDE_S = 1800.0  # where a site names nobody who could come: half an hour, an assumption and said to be one
RESPONDERS = ("patrol", "reserve")
PLACES = 21  # of a patrol on its stretch


@dataclass(frozen=True)
class Response:
    """How long the response takes: seconds (K,) for each stretch of the line, and on what basis that is said."""

    seconds: F8
    basis: str


def response_of(site: Site, line: LineFrame, given_s: float | None = None) -> Response:
    """Return the response to each stretch: as given, of the nearest unit, or assumed where a site names none."""
    count = stretches(line.length_m)
    if given_s is not None:
        return Response(np.full(count, given_s), "given, the same everywhere")
    middle_m = np.minimum(STRETCH_M * (np.arange(count) + 0.5), line.length_m)
    nearest = response_s(site, line, middle_m)
    if nearest is None:
        return Response(np.full(count, SITE_WIDE_S), "assumed, the same everywhere: the site names no unit")
    return Response(nearest, f"nearest patrol or reserve, straight at its speed, and {ALERT_S:g} s for the alert")


def response_s(site: Site, line: LineFrame, s_m: F8) -> F8 | None:
    """Return (K,) seconds from detection to the first responder at the line's chainages s_m (K,); None if none is
    named."""
    at = line.xy_m_from_sd(np.column_stack([s_m, np.zeros_like(s_m)]))
    times = []
    for unit in own_units(site):
        places = _places(unit, site, line)
        if unit.kind in RESPONDERS and places is not None:
            away = np.hypot(*(at[:, None, :] - places[None, :, :]).transpose(2, 0, 1)).mean(axis=1)
            times.append(away / unit.speed_m_s)
    return None if not times else np.asarray(ALERT_S + np.min(times, axis=0))


def nearest_s(line: LineFrame, s_m: F8, units_xy_m: F8, speed_m_s: F8) -> F8:
    """Return (K,) seconds from an alert to the first of the units there, as they stand: (U, 2), (U,); inf for none.

    The same as `response_s`, straight at a unit's own speed, but from where it is and not from where it may be.
    """
    if not len(units_xy_m):
        return np.full(len(s_m), np.inf)
    at = line.xy_m_from_sd(np.column_stack([s_m, np.zeros_like(s_m)]))
    away = np.hypot(*(at[:, None, :] - units_xy_m[None, :, :]).transpose(2, 0, 1))
    return np.asarray(ALERT_S + (away / speed_m_s).min(axis=1))


def _places(unit: Unit, site: Site, line: LineFrame) -> F8 | None:
    """Return (P, 2) where a unit may be, equally likely; None where the site does not say."""
    if unit.patrol_from_km is not None and unit.patrol_to_km is not None:
        s = 1000.0 * np.linspace(unit.patrol_from_km, unit.patrol_to_km, PLACES)
        return line.xy_m_from_sd(np.column_stack([s, np.full(PLACES, unit.patrol_offset_m)]))
    post = {p.id: p for p in site.posts}.get(unit.post or "", unit)
    if post.lon_deg is None or post.lat_deg is None:
        return None
    return line.frame.xy_m_of(post).reshape(1, 2)
