"""What does not change at the desk during a run: desks, people, limits, and where things stand on the line."""

from __future__ import annotations

from dataclasses import dataclass

from watchline.alerting.desk.phrases import PHRASES
from watchline.alerting.desk.roles import Refused, Who
from watchline.domain.records import Alert, Position
from watchline.domain.site import Desk, Phrase, Site
from watchline.geo.line import LineFrame


@dataclass(frozen=True)
class Setup:
    """exercise: whether this is the desk of an exercise; sensors_s_m: chainage of what can see, by id."""

    line: LineFrame
    desks: tuple[Desk, ...]
    people: tuple[Who, ...]
    phrases: tuple[Phrase, ...]
    escalate_after_s: tuple[float, float, float, float]
    distress_after_s: float
    alarms_per_10_min: float
    seeded_per_12_h: float
    evidence_s: float
    sensors_s_m: tuple[tuple[str, float], ...]
    exercise: bool = False

    def desk_of(self, s_m: float) -> str:
        """Return the desk whose stretch holds a chainage; beyond both ends, and in a gap, the nearest."""
        km = s_m / 1000.0
        return min(self.desks, key=lambda d: max(d.from_km - km, km - d.to_km, 0.0)).id

    def position(self, s_m: float, d_m: float) -> Position:
        """Return a place on the line in all its coordinates."""
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


def set_up(site: Site, line: LineFrame, *, exercise: bool = False) -> Setup:
    """Return the desk of a site.

    Without `desks` there is one for the whole line; without `people` everybody of `desk.operators` commands it.
    """
    whole = Desk(id="desk", from_km=0.0, to_km=line.length_m / 1000.0)
    people = tuple(Who(person.name, person.role, person.desk) for person in site.people)
    return Setup(
        line=line,
        desks=site.desks or (whole,),
        people=people or tuple(Who(name, "shift_commander") for name in site.desk.operators),
        phrases=site.desk.phrases or PHRASES,
        escalate_after_s=site.desk.escalate_after_s,
        distress_after_s=site.desk.distress_after_s,
        alarms_per_10_min=site.desk.alarms_per_10_min,
        seeded_per_12_h=0.0 if exercise else site.desk.seeded_per_12_h,
        evidence_s=site.desk.evidence_days * 86_400.0,
        sensors_s_m=_sensors(site, line),
        exercise=exercise,
    )


def _sensors(site: Site, line: LineFrame) -> tuple[tuple[str, float], ...]:
    posts = {post.id: (post.lon_deg, post.lat_deg) for post in site.posts}
    out = []
    for sensor in site.sensors:
        place = posts.get(sensor.post or "", (sensor.lon_deg, sensor.lat_deg))
        if sensor.kind == "thermal_camera" and place[0] is not None and place[1] is not None:
            xy = line.frame.xy_m_from_lonlat(place[0], place[1])
            out.append((sensor.id, float(line.sd_from_xy_m(xy)[0])))
    return tuple(out)
