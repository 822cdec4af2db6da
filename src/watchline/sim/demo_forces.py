"""The demonstration line's organisations, sectors, posts without sensors, and units.  All invented."""

from __future__ import annotations

import numpy as np

from watchline.domain.site import Desk, Organisation, Person, Post, Recipient, Sector, Sees, Unit
from watchline.sim.demo_sensors import Plan

ORGANISATIONS = (
    Organisation(id="line_command", name="Joint Line Command"),
    Organisation(id="border_guard_west", name="Border Guard, West Battalion", command="line_command"),
    Organisation(id="border_guard_east", name="Border Guard, East Battalion", command="line_command"),
    Organisation(id="desert_brigade", name="Desert Brigade", command="line_command"),
    Organisation(id="district_police", name="District Police", command="line_command"),
    Organisation(id="local_scouts", name="Local Scouts", command="desert_brigade"),
    Organisation(id="partner", name="Partner Force beyond the line", partner=True),
)

FORCES = ("border_guard_west", "border_guard_east", "desert_brigade", "district_police", "local_scouts")


RECIPIENTS = (
    *(Recipient(id=one.id, kind="own", organisation=one.id) for one in ORGANISATIONS if not one.partner),
    Recipient(id="partner", kind="partner", organisation="partner", sees=(Sees(),)),
)

# The first one's screen is the one that the command line opens.
PEOPLE = (
    Person(name="commander", role="shift_commander", may_release=True),
    Person(name="west-1", role="tower_operator", desk="west"),
    Person(name="west-2", role="tower_operator", desk="west"),
    Person(name="east-1", role="tower_operator", desk="east"),
    Person(name="east-2", role="tower_operator", desk="east"),
    Person(name="scouts-1", role="tower_operator", desk="east", recipient="local_scouts"),
    Person(name="maintainer", role="maintainer"),
    Person(name="auditor", role="auditor"),
)


def desks(plan: Plan) -> tuple[Desk, ...]:
    """Return two desks, each for half of the line."""
    middle, end = plan.km(0.5), plan.km(1.0)
    return (Desk(id="west", from_km=0.0, to_km=middle), Desk(id="east", from_km=middle, to_km=end))


def sectors(plan: Plan) -> tuple[Sector, ...]:
    """Return four sectors that cover the whole line."""
    owners = ("border_guard_west", "desert_brigade", "local_scouts", "border_guard_east")
    edges = [plan.km(share) for share in (0.0, 0.28, 0.52, 0.7, 1.0)]
    return tuple(
        Sector(id=f"sector-{n + 1}", from_km=edges[n], to_km=edges[n + 1], organisation=owner)
        for n, owner in enumerate(owners)
    )


def _force(share: float) -> str:
    return "border_guard_west" if share < 0.5 else "border_guard_east"


def posts(plan: Plan) -> tuple[Post, ...]:
    """Return checkpoints, fixed and mobile, and blocking positions on the home side."""
    rows = [
        (6, "CP", "checkpoint_fixed", 1700.0, "district_police"),
        (4, "MC", "checkpoint_mobile", 2600.0, "desert_brigade"),
        (5, "BP", "blocking_position", 3400.0, "local_scouts"),
    ]
    out = []
    for full, prefix, kind, d_m, owner in rows:
        count = max(1, round(full * plan.share))
        for n in range(count):
            share = (n + 0.5 + plan.rng.uniform(-0.2, 0.2)) / count
            lon, lat = plan.lonlat(share * plan.line.length_m, d_m)
            out.append(
                Post(id=f"{prefix}{n + 1}", kind=kind, lon_deg=lon, lat_deg=lat, organisation=owner)  # type: ignore[arg-type]
            )
    return tuple(out)


def units(plan: Plan, places: tuple[Post, ...]) -> tuple[Unit, ...]:
    """Return 24 patrols of five forces, 3 drones, reserves and medical teams (fewer on a shorter line)."""
    return (*_patrols(plan), *_others(plan, places))


def _patrols(plan: Plan) -> list[Unit]:
    count = max(2, round(24 * plan.share))
    out = []
    for n in range(count):
        share = (n + 0.5) / count
        # Each force has its own neighbourhood, two of them work everywhere.
        owner = _force(share) if n % 2 == 0 else FORCES[2 + (n // 2) % 3]
        d_m = float(plan.rng.choice([220.0, 300.0, 450.0]))
        lon, lat = plan.lonlat(share * plan.line.length_m, d_m)
        out.append(
            Unit(
                id=f"P{n + 1:02d}",
                kind="patrol",
                organisation=owner,
                lon_deg=lon,
                lat_deg=lat,
                speed_m_s=round(float(plan.rng.uniform(5.0, 9.0)), 1),
                patrol_from_km=plan.km(n / count),
                patrol_to_km=plan.km((n + 1) / count),
                patrol_offset_m=d_m,
            )
        )
    return out


def _others(plan: Plan, places: tuple[Post, ...]) -> list[Unit]:
    fixed = [p.id for p in places if p.kind == "checkpoint_fixed"]
    towers = [p.id for p in places if p.kind == "watchtower"]
    rows = [
        ("D", "drone", 3, "desert_brigade", 20.0, towers),
        ("Q", "reserve", 4, "desert_brigade", 11.0, fixed),
        ("M", "medical", 3, "district_police", 12.0, fixed),
    ]
    out = []
    for prefix, kind, full, owner, speed, homes in rows:
        count = max(1, round(full * plan.share))
        for n in range(count):
            at = homes[int(np.clip((n + 0.5) / count * len(homes), 0, len(homes) - 1))]
            unit = Unit(id=f"{prefix}{n + 1}", kind=kind, organisation=owner, post=at, speed_m_s=speed)  # type: ignore[arg-type]
            out.append(unit)
    return out
