"""A short line with three patrols of two commands, a walker whom a radar sees, and who may send whom."""

from __future__ import annotations

import msgspec

from builders import T0_S, position, report, site, straight_line
from core_builders import SENSORS, Step, ticks, walker_seen_by_radar
from watchline.domain.respond import Proposal
from watchline.domain.site import Organisation, Person, Sector, Site, Tasking, Unit
from watchline.ops.core import Core

LINE = straight_line()
NEAR, FAR = (5600.0, 500.0), (2000.0, 500.0)
PEOPLE = (
    Person(name="lead", role="shift_commander"),
    Person(name="deputy", role="tower_operator"),
    Person(name="other", role="shift_commander"),
    Person(name="audit", role="auditor"),
)


def with_units() -> Site:
    """Return a line with two patrols of one command and one of another, and who may send whom."""
    made = site(*SENSORS)
    place, near = ({"lon_deg": p.lon_deg, "lat_deg": p.lat_deg} for p in (position(LINE, *at) for at in (FAR, NEAR)))
    return msgspec.structs.replace(
        made,
        organisations=(*made.organisations, Organisation(id="guard", name="Guard")),
        sectors=(Sector(id="S1", from_km=0.0, to_km=10.0, organisation="own"),),
        people=PEOPLE,
        units=(
            Unit(id="patrol-1", kind="patrol", organisation="own", speed_m_s=6.0, **near),
            Unit(id="patrol-2", kind="patrol", organisation="own", speed_m_s=6.0, **place),
            Unit(id="guard-1", kind="patrol", organisation="guard", speed_m_s=6.0, **near),
        ),
        tasking=(
            Tasking(by="lead", organisations=("own",), delegated=("deputy",)),
            Tasking(by="other", organisations=("guard",)),
        ),
    )


AT = {"patrol-1": NEAR, "patrol-2": FAR, "guard-1": (5650.0, 700.0)}


def script(now_s: float) -> Step:
    """Return a walker seen by a radar, and units that tell where they are every ten seconds."""
    step = walker_seen_by_radar(now_s)
    if round(now_s - T0_S) % 10 == 1:
        step.records += [report(unit, position(LINE, *at), now_s) for unit, at in AT.items()]
    return step


def first_proposal(core: Core) -> Proposal:
    for _ in range(60):
        ticks(core, 1)
        for proposal in core.picture.tasking.proposals.values():
            if proposal.options:
                return proposal
    raise AssertionError("nobody was proposed")
