"""What is known of drones, aircraft, missions and tasks: the part of the picture that links and their desk live by.

Mutable: it is folded with the picture.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

from watchline.domain.federation import ToldPartner
from watchline.domain.records import (
    AircraftReport,
    AirspaceBlock,
    Cue,
    DroneState,
    GroundSeen,
    HeadState,
    Inspection,
    MissionApproval,
    MissionOutcome,
    MissionPlan,
    NodeAnswer,
    NodeTask,
    Record,
    UnitPlace,
)

KEPT = 200  # newest missions, tasks, aircraft and so on that are shown
K = TypeVar("K")
V = TypeVar("V")
R = TypeVar("R", bound=Record)


def keep_newest(table: dict[K, R], key: K, record: R) -> None:
    """Keep a record unless a later one was learned before it: reports may arrive out of order."""
    if key not in table or record.t_s >= table[key].t_s:
        table[key] = record


def drop_oldest(table: dict[str, V]) -> None:
    """Leave only the newest `KEPT` of a table."""
    while len(table) > KEPT:
        del table[next(iter(table))]


@dataclass
class MissionView:
    """A mission as it stands: the plan, who approved which step, how each ended."""

    plan: MissionPlan
    approvals: list[MissionApproval] = field(default_factory=list)
    outcomes: list[MissionOutcome] = field(default_factory=list)


@dataclass
class TaskView:
    """A task, ours to somebody or asked of us, and what was answered."""

    task: NodeTask
    answers: list[NodeAnswer] = field(default_factory=list)


@dataclass
class Outside:
    """The latest of each: drones, aircraft by name, heads and ground seen by camera; missions by digest, tasks, cues.

    airspace: blocks told by hand, by record id; inspections: all, in the order learned; told: to partners, by id.
    """

    drones: dict[str, DroneState] = field(default_factory=dict)
    aircraft: dict[str, AircraftReport | UnitPlace] = field(default_factory=dict)
    heads: dict[str, HeadState] = field(default_factory=dict)
    seen: dict[str, GroundSeen] = field(default_factory=dict)
    airspace: dict[str, AirspaceBlock] = field(default_factory=dict)
    inspections: list[Inspection] = field(default_factory=list)
    missions: dict[str, MissionView] = field(default_factory=dict)
    tasks: dict[str, TaskView] = field(default_factory=dict)
    cues: dict[str, Cue] = field(default_factory=dict)
    told: dict[str, ToldPartner] = field(default_factory=dict)

    def apply(self, record: Record) -> None:
        """Fold one record in."""
        match record:
            case DroneState():
                keep_newest(self.drones, record.drone, record)
            case AircraftReport():
                self._aircraft(record.callsign or record.aircraft, record)
            case UnitPlace() if record.what == "aircraft":
                self._aircraft(record.name or record.unit, record)
            case HeadState() | GroundSeen() | Cue():
                self._camera(record)
            case AirspaceBlock():
                self.airspace[record.id] = record
                drop_oldest(self.airspace)
            case Inspection():
                self.inspections.append(record)
            case MissionPlan() | MissionApproval() | MissionOutcome():
                self._mission(record)
            case NodeTask() | NodeAnswer():
                self._task(record)
            case ToldPartner():
                self.told[record.id] = record
                drop_oldest(self.told)

    def _camera(self, record: HeadState | GroundSeen | Cue) -> None:
        if isinstance(record, HeadState):
            keep_newest(self.heads, record.source, record)
        elif isinstance(record, GroundSeen):
            keep_newest(self.seen, record.platform, record)
        else:
            self.cues[record.cue] = record
            drop_oldest(self.cues)

    def _aircraft(self, name: str, record: AircraftReport | UnitPlace) -> None:
        keep_newest(self.aircraft, name, record)
        drop_oldest(self.aircraft)

    def _mission(self, record: MissionPlan | MissionApproval | MissionOutcome) -> None:
        if isinstance(record, MissionPlan):
            self.missions.setdefault(record.digest, MissionView(record))
            drop_oldest(self.missions)
        elif (view := self.missions.get(record.digest)) is not None:
            if isinstance(record, MissionApproval):
                view.approvals.append(record)
            else:
                view.outcomes.append(record)

    def _task(self, record: NodeTask | NodeAnswer) -> None:
        if isinstance(record, NodeTask):
            self.tasks[record.task_id] = TaskView(record)
            drop_oldest(self.tasks)
        elif record.to == "task" and record.ref in self.tasks:
            self.tasks[record.ref].answers.append(record)
