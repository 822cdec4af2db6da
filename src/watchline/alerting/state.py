"""What the alert engine is set up with, what it is told, and what it remembers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from watchline.alerting.likelihood import Calibration
from watchline.alerting.rules import Memory
from watchline.domain.batches import TrackBatch
from watchline.domain.records import Alert, Beacon, FieldReport, LineStrength, PartnerEvent, SensorHealth
from watchline.domain.respond import LineUncovered, PursuitStep
from watchline.domain.site import Place, Site
from watchline.geo.line import LineFrame

F8 = NDArray[np.float64]

LOOKING = ("thermal_camera", "radar", "drone_camera")


@dataclass(frozen=True)
class Setup:
    """What does not change.

    sensor_xy_m (N, 2), sensor_range_m (N,) of eyes and radars (0: cannot verify); supplies: the power and link of
    each sensor; with_pictures: indexes of the sensors whose pictures can be kept as a clip.
    cover, cover_xy_m (C, 2): places of the site where somebody is out of sight.
    """

    line: LineFrame
    sensor_ids: tuple[str, ...]
    sensor_xy_m: F8
    sensor_range_m: F8
    with_pictures: frozenset[int] = frozenset()
    supplies: tuple[tuple[str, ...], ...] = ()
    cover: tuple[str, ...] = ()
    cover_xy_m: F8 = field(default_factory=lambda: np.zeros((0, 2)))


@dataclass(frozen=True)
class Inputs:
    """What is known at `now_s`.

    unit_ids, units_xy_m (U, 2) dead-reckoned to now; partner: units of a partner; expected: pairs of units that know
    of each other.  silent: units not heard of for too long, with the time of their last report.
    dark: indexes of sensors not heard of; fence_hits: (t_s, s_m, sensor index); health: changes of sensors' state;
    beacons: calls for help; reports, partner_events: what people tell; strength: stretches whose strength changed.
    uncovered, pursuits: what responding tells of stretches nobody is near, of pursuits.
    explained: tracks that known activity explains; promoted: tracks a person wants to be told of all the same.
    winds: (from_m, to_m, m/s) along the line.
    """

    now_s: float
    tracks: TrackBatch
    unit_ids: tuple[str, ...]
    units_xy_m: F8
    dark: frozenset[int]
    fence_hits: tuple[tuple[float, float, int], ...] = ()
    health: tuple[SensorHealth, ...] = ()
    beacons: tuple[Beacon, ...] = ()
    reports: tuple[FieldReport, ...] = ()
    partner_events: tuple[PartnerEvent, ...] = ()
    strength: tuple[LineStrength, ...] = ()
    uncovered: tuple[LineUncovered, ...] = ()
    pursuits: tuple[PursuitStep, ...] = ()
    partner: frozenset[str] = frozenset()
    expected: frozenset[frozenset[str]] = frozenset()
    silent: tuple[tuple[str, float], ...] = ()
    explained: frozenset[int] = frozenset()
    promoted: frozenset[int] = frozenset()
    winds: tuple[tuple[float, float, float], ...] = ()
    calibration: Calibration = Calibration()  # noqa: RUF009 - a frozen value

    def wind_at(self, s_m: float) -> float:
        """Return how hard it blows at a chainage, m/s; 0 where nobody told."""
        return max((wind for a, b, wind in self.winds if a <= s_m <= b), default=0.0)


@dataclass(frozen=True)
class State:
    """memory and tracks shown, row for row; alerts open by id; alert of each track and of each other cause.

    by_cause: "dark:SENSOR", "beacon:NAME", "stretch:A:B" and so on -> alert id; hits: recent touches of the wire;
    firsts: (t_s, alert) of the last minutes, by which many at once are known; due: (t_s, sensor, track) of tracks
    that first deserved an alert lately.
    """

    setup: Setup
    memory: Memory
    tracks: TrackBatch
    open: dict[str, Alert]
    alert_of: dict[int, str]
    by_cause: dict[str, str]
    hits: tuple[tuple[float, float, int], ...]
    firsts: tuple[tuple[float, str], ...]
    issued: int
    last_s: float | None
    due: tuple[tuple[float, int, int], ...] = ()


def set_up(site: Site, line: LineFrame, places_xy_m: F8, with_pictures: frozenset[int] = frozenset()) -> Setup:
    """Return the engine's setup; places_xy_m (N, 2) where each sensor of the site stands."""
    reach = [s.max_range_m if s.kind in LOOKING else 0.0 for s in site.sensors]
    hiding = [place for place in site.places if place.kind in ("cave", "ruin", "camp", "village")]
    return Setup(
        line,
        tuple(s.id for s in site.sensors),
        places_xy_m,
        np.array(reach),
        with_pictures,
        tuple(tuple(name for name in (s.power, s.link) if name is not None) for s in site.sensors),
        tuple(place.id for place in hiding),
        _places_xy_m(hiding, line),
    )


def _places_xy_m(places: list[Place], line: LineFrame) -> F8:
    if not places:
        return np.zeros((0, 2))
    return line.frame.xy_m_from_lonlat([p.lon_deg for p in places], [p.lat_deg for p in places])


def init(setup: Setup, still_open: Iterable[Alert] = (), issued: int = 0) -> State:
    """Return an engine that has said nothing yet, or goes on after `issued` alerts, some of them still open."""
    open_ = {alert.alert: alert for alert in still_open}
    causes = {cause: alert.alert for alert in open_.values() for cause in causes_of(alert)}
    return State(setup, Memory.none(), TrackBatch.empty(), open_, {}, causes, (), (), issued, None)


def causes_of(alert: Alert) -> tuple[str, ...]:
    """Return by what an alert without a track is found again."""
    match alert.what:
        case "sensor_dark":
            return tuple(f"dark:{sensor}" for sensor in alert.sensors)
        case "line_weakened" | "line_uncovered" | "units_meeting" | "mass_event" | "group_arrival" | "lost_contact":
            return (alert.source,) if alert.track_id is None else ()
        case "distress":
            return (f"beacon:{alert.source}",) if alert.track_id is None else ()
        case _:
            return ()
