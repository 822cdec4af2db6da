"""What does not change at the desk during a run: desks, people, limits, and where things stand on the line."""

from __future__ import annotations

import math
from dataclasses import dataclass

from watchline.alerting.desk.phrases import PHRASES
from watchline.alerting.desk.roles import Refused, Who
from watchline.domain.errors import InvariantError
from watchline.domain.records import Alert, Position
from watchline.domain.site import Desk, DeskSpec, Phrase, Site
from watchline.geo.line import LineFrame


@dataclass(frozen=True)
class Setup:
    """exercise: whether this is the desk of an exercise; cameras_s_m: chainage of what has eyes, by id.

    line: None where only the past is read, so that no new place is ever needed.
    """

    line: LineFrame | None
    desks: tuple[Desk, ...]
    people: tuple[Who, ...]
    phrases: tuple[Phrase, ...]
    escalate_after_s: tuple[float, float, float, float]
    distress_after_s: float
    alarms_per_10_min: float
    seeded_per_12_h: float
    evidence_s: float
    cameras_s_m: tuple[tuple[str, float], ...] = ()
    sensors: frozenset[str] = frozenset()
    exercise: bool = False

    def desk_of(self, s_m: float) -> str:
        """Return the desk whose stretch holds a chainage; beyond both ends, and in a gap, the nearest."""
        km = s_m / 1000.0
        return min(self.desks, key=lambda d: max(d.from_km - km, km - d.to_km, 0.0)).id

    @property
    def own_desks(self) -> bool:
        """Return whether people have desks of their own, so that a commander's seat takes none."""
        return any(who.desk for who in self.people)

    @property
    def length_m(self) -> float:
        """Return how long the line is, 0 where there is none."""
        return 0.0 if self.line is None else self.line.length_m

    def position(self, s_m: float, d_m: float) -> Position:
        """Return a place on the line in all its coordinates."""
        if self.line is None:
            raise InvariantError("a desk without a line was asked for a place")
        lon, lat = self.line.frame.lonlat_from_xy_m(self.line.xy_m_from_sd([s_m, d_m]))
        return Position(
            lon_deg=round(float(lon), 6), lat_deg=round(float(lat), 6), s_m=round(s_m, 1), d_m=round(d_m, 1)
        )

    def limit_s(self, alert: Alert) -> float:
        """Return how long an alert may go unanswered before somebody else is told."""
        if alert.what == "distress":
            return self.distress_after_s
        return self.escalate_after_s[min(max(alert.level, 1), 4) - 1]

    def person(self, name: str) -> Who:
        """Return a person of the list; refused when there is none of that name."""
        for who in self.people:
            if who.name == name:
                return who
        raise Refused("wrong", f"{name!r} is not on the site's list of people")


WHOLE = Desk(id="desk", from_km=0.0, to_km=1e6)


def set_up(site: Site, line: LineFrame | None = None, *, exercise: bool = False) -> Setup:
    """Return the desk of a site.

    Without `desks` there is one for the whole line; without `people` everybody of `desk.operators` commands it.
    """
    people = tuple(Who(p.name, p.role, p.desk, p.recipient, p.may_release) for p in site.people)
    return Setup(
        line=line,
        desks=site.desks or (WHOLE,),
        people=people or tuple(Who(name, "shift_commander") for name in site.desk.operators),
        phrases=site.desk.phrases or PHRASES,
        escalate_after_s=site.desk.escalate_after_s,
        distress_after_s=site.desk.distress_after_s,
        alarms_per_10_min=site.desk.alarms_per_10_min,
        seeded_per_12_h=0.0 if exercise else site.desk.seeded_per_12_h,
        evidence_s=site.desk.evidence_days * 86_400.0,
        cameras_s_m=_cameras(site, line) if line is not None else (),
        sensors=frozenset(sensor.id for sensor in site.sensors),
        exercise=exercise,
    )


def _cameras(site: Site, line: LineFrame) -> tuple[tuple[str, float], ...]:
    posts = {post.id: (post.lon_deg, post.lat_deg) for post in site.posts}
    out = []
    for sensor in site.sensors:
        place = posts.get(sensor.post or "", (sensor.lon_deg, sensor.lat_deg))
        if sensor.kind == "thermal_camera" and place[0] is not None and place[1] is not None:
            xy = line.frame.xy_m_from_lonlat(place[0], place[1])
            out.append((sensor.id, float(line.sd_from_xy_m(xy)[0])))
    return tuple(out)


NOWHERE = Setup(
    line=None, desks=(WHOLE,), people=(), phrases=PHRASES, escalate_after_s=DeskSpec().escalate_after_s,
    distress_after_s=DeskSpec().distress_after_s, alarms_per_10_min=1.0, seeded_per_12_h=0.0, evidence_s=math.inf,
)  # fmt: skip
"""The desk of a picture whose site is not known: one for everything."""
