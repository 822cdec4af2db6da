"""Radars and drones of links as the spine hears them: a radar's turn as one look, a drone as a unit in its place.

A radar tells plot after plot, each at its own time, and that its antenna passed north.  What it did not see is known
only for a whole turn: so plots wait for the turn's end and become one look of that moment, empty turns too.  A plot
is then up to one turn old: somebody on foot has gone under 10 m by then.

Rules: simulated and test plots are kept as records and never tracked.  A radar that never tells its turns gives no
looks: without them its silence would mean nothing.  Pure: `step` takes and returns values.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from watchline.domain.records import (
    Direction,
    DroneState,
    NodeDetection,
    NodeStatus,
    RadarPlot,
    RadarService,
    Record,
    UnitPlace,
)

PLOTS_MAX = 2_000  # of one radar in one turn; more is noise, the oldest give way
DRONE_STALE_S = 15.0
Radar = tuple[str, str]


@dataclass(frozen=True)
class State:
    """Plots that wait for their turn's end, by link and radar."""

    waiting: dict[Radar, tuple[RadarPlot, ...]] = field(default_factory=dict)


def step(state: State, came: list[Record]) -> tuple[State, list[Record]]:
    """Return the state and what the records mean for the spine; the records themselves are kept besides."""
    waiting, out = dict(state.waiting), list[Record]()
    for record in came:
        if isinstance(record, RadarPlot) and not record.test:
            key = record.source, record.radar
            waiting[key] = (*waiting.get(key, ()), record)[-PLOTS_MAX:]
        elif isinstance(record, RadarService) and record.what == "north":
            out += _turn(record, waiting.pop((record.source, record.radar), ()))
        elif isinstance(record, DroneState) and record.place is not None:
            out.append(_unit(record))
    return replace(state, waiting=waiting), out


def _turn(north: RadarService, plots: tuple[RadarPlot, ...]) -> list[Record]:
    """Return a turn as reports of a node, all of its last moment."""
    state = NodeStatus(
        id=f"{north.id}-turn", t_s=north.t_s, source=north.source, provenance=(north.id,), node=north.radar,
        state="warning" if north.faults else "ok", detail=", ".join(north.faults),
    )  # fmt: skip
    found = [
        NodeDetection(
            id=f"{plot.id}-turn", t_s=north.t_s, source=plot.source, provenance=(plot.id,), node=plot.radar,
            object_id=str(plot.track_number or plot.id), track=plot.track_number is not None,
            direction=Direction(bearing_rad=plot.azimuth_rad, range_m=plot.range_m),
        )
        for plot in plots
    ]  # fmt: skip
    return [state, *found]


def _unit(drone: DroneState) -> UnitPlace:
    assert drone.place is not None
    return UnitPlace(
        id=f"{drone.id}-place", t_s=drone.t_s, source=drone.source, provenance=(drone.id,), unit=drone.drone,
        place=drone.place, stale_s=drone.t_s + DRONE_STALE_S, what="aircraft", speed_m_s=drone.speed_m_s,
        course_rad=drone.heading_rad, battery=drone.battery,
    )  # fmt: skip
