"""From a proposal to an order: who may approve, what follows, what is told when nobody answers.

Theory: a fold and three questions.  `step(state, record)` folds what was written; `approved(...)` is the only way
from a proposal to a task, and asks the site whether the person is entitled; `reported(...)` takes what a unit says;
`due` says what the time alone asks for.

Rules: a task without the approval that stands in the ledger before it, of that very option, is not one: the fold
leaves it out and nothing carries it.  Reports may come late and out of order: the farthest counts,
and what is over stays so.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import get_args

import numpy as np

from watchline.domain.desk import Role
from watchline.domain.press import PRESS, digest_of
from watchline.domain.records import Record, UnitReport
from watchline.domain.respond import (
    Proposal,
    PursuitStep,
    Task,
    TaskApproval,
    TaskEscalation,
    TaskReport,
    TaskSent,
    TaskState,
    UnitReadiness,
)
from watchline.domain.site import Site, Unit, below, partners
from watchline.geo.line import LineFrame
from watchline.response.travel.eta import EtaModel

SETTING_OUT_S = 60.0  # from the approval until a unit rolls, in every arrival that is said
SENT_S, ANSWER_S, OVERDUE_S = 30.0, 120.0, 300.0
STALE_S = 120.0  # a unit that was heard longer ago is shown where it was, and not sent
LOW_FUEL = 0.15
RANK: dict[TaskState, int] = {
    "sent": 0, "accepted": 1, "en_route": 2, "on_scene": 3, "declined": 4, "done": 4, "failed": 4, "withdrawn": 4,
}  # fmt: skip
OVER = 4


class NotEntitled(Exception):
    """A person who may not, or an approval of what is not there any more; the text is one line for them."""


@dataclass(frozen=True)
class Job:
    """A task as it stands: how it went out, what its unit said, who was told that it did not answer.

    led_on: the task that took its place, "" for none.
    """

    task: Task
    sent: tuple[TaskSent, ...] = ()
    reports: tuple[TaskReport, ...] = ()
    told: tuple[TaskEscalation, ...] = ()
    led_on: str = ""

    @property
    def state(self) -> TaskState:
        """Return the farthest state that was reported; of several that end it, the first."""
        best: TaskState = "sent"
        for report in self.reports:
            if RANK[report.state] > RANK[best]:
                best = report.state
        return best

    @property
    def over(self) -> bool:
        """Return whether nothing more is expected of it."""
        return bool(self.led_on) or RANK[self.state] == OVER


@dataclass(frozen=True)
class State:
    """proposals: the latest of each alert, earlier: the one before it; jobs: tasks by id, in the order given.

    eta: by means; done: what a key became; count: the last number given.
    """

    proposals: Mapping[str, Proposal] = field(default_factory=dict)
    earlier: Mapping[str, Proposal] = field(default_factory=dict)
    approvals: Mapping[str, TaskApproval] = field(default_factory=dict)
    jobs: Mapping[str, Job] = field(default_factory=dict)
    readiness: Mapping[str, UnitReadiness] = field(default_factory=dict)
    eta: Mapping[str, EtaModel] = field(default_factory=dict)
    done: Mapping[str, str] = field(default_factory=dict)
    count: int = 0
    version: int = 0

    def job_of(self, unit: str) -> Job | None:
        """Return what a unit is busy with, None if nothing."""
        return next((job for job in self.jobs.values() if job.task.unit == unit and not job.over), None)

    def job_by_number(self, unit: str, number: int) -> Job | None:
        """Return the task that a unit calls by its number, None if there is none; 0 is none's."""
        mine = (job for job in self.jobs.values() if job.task.unit == unit and job.task.number == number)
        return next(mine, None)

    def jobs_for(self, alert: str) -> list[Job]:
        """Return the tasks for an alert that are not over."""
        return [job for job in self.jobs.values() if job.task.alert == alert and not job.over]


def step(state: State, record: Record) -> State:
    """Return the state after this record; one that is none of its own changes nothing."""
    new = _folded(state, record)
    return new if new is state else replace(new, version=state.version + 1)


def _folded(state: State, record: Record) -> State:
    match record:
        case Proposal():
            before = state.proposals.get(record.alert)
            earlier = state.earlier if before is None else {**state.earlier, record.alert: before}
            return replace(state, proposals={**state.proposals, record.alert: record}, earlier=earlier)
        case TaskApproval():
            return replace(state, approvals={**state.approvals, record.id: record})
        case Task():
            return _ordered(state, record)
        case TaskSent():
            return _on_job(state, record.task, lambda job: replace(job, sent=(*job.sent, record)))
        case TaskReport():
            return _answered(state, record)
        case TaskEscalation():
            return _on_job(state, record.task, lambda job: replace(job, told=(*job.told, record)))
        case UnitReadiness():
            done = _done(state, record)
            return replace(state, readiness={**state.readiness, record.unit: record}, done=done)
        case PursuitStep():
            return replace(state, done=_done(state, record, record.pursuit))
        case _:
            return state


def _done(state: State, record: Record, became: str = "") -> Mapping[str, str]:
    if not record.id.startswith(PRESS):
        return state.done
    return {**state.done, record.id.removeprefix(PRESS): became or record.id}


def _ordered(state: State, task: Task) -> State:
    """Return the state with a task, if its approval stands and is of this very option."""
    if state.approvals.get(task.approval.id) != task.approval or not _allows(task.approval, task):
        return state
    if task.task in state.jobs:
        return state
    done = _done(state, task.approval, task.task)
    jobs, before = dict(state.jobs), state.jobs.get(task.instead)
    if before is not None and (before.task.unit, before.task.alert) == (task.unit, task.alert):
        jobs[task.instead] = replace(before, led_on=task.task)
    jobs[task.task] = Job(task)
    return replace(state, jobs=jobs, count=max(state.count, task.number), done=done)


def _allows(approval: TaskApproval, task: Task) -> bool:
    same = (approval.unit, approval.alert) == (task.unit, task.alert) == (task.option.unit, task.alert)
    return same and approval.digest == digest_of(task.option)


def _on_job(state: State, task: str, change: Callable[[Job], Job]) -> State:
    job = state.jobs.get(task)
    return state if job is None else replace(state, jobs={**state.jobs, task: change(job)})


def _answered(state: State, report: TaskReport) -> State:
    job = state.jobs.get(report.task) or state.job_by_number(report.unit, report.number)
    while job is not None and job.led_on:  # it answers by the number that it heard first
        job = state.jobs[job.led_on]
    if job is None or job.task.unit != report.unit or any(r.id == report.id for r in job.reports):
        return state
    new = replace(job, reports=(*job.reports, report))
    eta = state.eta
    if report.state == "on_scene" and RANK[job.state] < RANK["on_scene"]:
        option = job.task.option
        pair = option.said_s + (0.0 if option.led else SETTING_OUT_S), report.t_s - job.task.t_s
        eta = {**eta, option.means: eta.get(option.means, EtaModel()).learned([pair])}
    jobs = {**state.jobs, job.task.task: new}
    return replace(state, jobs=jobs, eta=eta, done=_done(state, report))


# -- approval ----------------------------------------------------------------------------------------------


def entitled(site: Site, person: str, role: Role, unit: Unit, into: str) -> str:
    """Return by which right a person may send a unit, into the sector of an organisation ("": its own command's).

    Without `[[tasking]]` a shift commander may send every unit of ours.  Raises NotEntitled with the reason.
    """
    if unit.organisation in partners(site):
        raise NotEntitled(f"{unit.id} is a partner's: ask them")
    if not site.tasking:
        if role == "shift_commander":
            return "shift_commander"
        raise NotEntitled(f"{role.replace('_', ' ')}: may not send units")
    short = f"{person}: may not send {unit.id} of {unit.organisation}"
    for line in site.tasking:
        if person != line.by and person not in line.delegated:
            continue
        theirs = below(site, line.organisations)
        if unit.organisation in theirs:
            if not into or into in theirs | below(site, line.into):
                return line.by if person == line.by else f"{line.by}, delegated"
            short = f"{person}: may not send {unit.id} into the sector of {into}"
    raise NotEntitled(short)


def into_sector(site: Site, unit: Unit, s_m: float) -> str:
    """Return whose sector is entered, "" where it is the unit's own command's."""
    owner = sector_of(site, s_m)
    if not owner or owner in below(site, (unit.organisation,)) or unit.organisation in below(site, (owner,)):
        return ""
    return owner


def sector_of(site: Site, s_m: float) -> str:
    """Return which organisation answers for a chainage, "" for none."""
    km = s_m / 1000.0
    return next((s.organisation for s in site.sectors if s.from_km <= km <= s.to_km), "")


def into_sectors(site: Site, unit: Unit, from_m: float, to_m: float) -> set[str]:
    """Return whose sectors a stretch of chainage touches, "" for those of the unit's own command and none."""
    ends_m = [1000.0 * km for sector in site.sectors for km in (sector.from_km, sector.to_km)]
    edges_m = [from_m, *sorted(m for m in ends_m if from_m < m < to_m), to_m]
    return {into_sector(site, unit, 0.5 * (a + b)) for a, b in itertools.pairwise(edges_m)}


def entitled_within(
    site: Site, line: LineFrame, person: str, role: Role, unit: Unit, outlines: Iterable[Sequence[Sequence[float]]]
) -> str:
    """Return by which rights a person may send a unit into outlines, and so into every sector that one touches.

    outlines: of each the corners, longitude and latitude in degrees; it reaches from the least of their chainages to
    the greatest.  Raises NotEntitled with the reason for the first sector that is missing.
    """
    rights: set[str] = set()
    for outline in outlines:
        lon_deg, lat_deg = np.array(outline, float).T
        s_m = line.sd_from_xy_m(line.frame.xy_m_from_lonlat(lon_deg, lat_deg))[:, 0]
        for into in sorted(into_sectors(site, unit, float(s_m.min()), float(s_m.max()))):
            rights.add(entitled(site, person, role, unit, into))
    return ", ".join(sorted(rights))


def approved(
    state: State, site: Site, *, alert: str, unit: str, digest: str, person: str, role: Role, record_id: str,
    now_s: float,
) -> tuple[TaskApproval, Task]:  # fmt: skip
    """Return a person's approval of an option and the task it becomes.  Raises NotEntitled with one line."""
    spec = next((u for u in site.units if u.id == unit), None)
    # Whoever presses while it is made anew has seen the one before it.
    shown = [p for p in (state.proposals.get(alert), state.earlier.get(alert)) if p is not None]
    seen = [(p, o) for p in shown for o in p.options if o.unit == unit]
    if not seen or spec is None:
        raise NotEntitled("there is no such proposal any more: look again")
    entitled(site, person, role, spec, seen[0][1].into)
    holds = [(p, o) for p, o in seen if digest_of(o) == digest and now_s <= p.holds_s]
    if not holds:
        raise NotEntitled("the proposal has changed since you looked: look again")
    proposal, option = holds[0]
    right = entitled(site, person, role, spec, option.into)
    busy = state.job_of(unit)
    leads = busy is not None and option.led and busy.task.alert == alert
    if busy is not None and not leads:
        raise NotEntitled(f"{unit} is on task {busy.task.task}: withdraw that first")
    approval = TaskApproval(
        id=record_id, t_s=now_s, source=person, provenance=(proposal.id,), proposal=proposal.proposal, alert=alert,
        unit=unit, digest=digest, operator=person, by_right=right,
    )  # fmt: skip
    number = state.count + 1
    task = Task(
        id=f"task-{number}", t_s=now_s, source=person, provenance=(approval.id,), task=f"K-{number}", number=number,
        unit=unit, alert=alert, approval=approval, option=option, subject=proposal.subject, count=proposal.count,
        heading_rad=proposal.heading_rad, seen_s=proposal.seen_s,
        instead=busy.task.task if busy is not None else "",
    )  # fmt: skip
    return approval, task


def reported(
    state: State, *, task: str, to: TaskState, result: str, text: str, person: str, record_id: str, now_s: float
) -> TaskReport:
    """Return what the desk reports of a unit by radio; NotEntitled for a task that is over or a wrong state."""
    job = state.jobs.get(task)
    if job is None:
        raise NotEntitled("no such task")
    if job.over:
        raise NotEntitled(f"{task} is over: {job.state}")
    if to not in get_args(TaskState) or to == "sent":
        raise NotEntitled(f"state: {to!r} is not one of {', '.join(get_args(TaskState)[1:])}")
    if result not in ("", "found", "not_found", "helped", "handed_over") or (result and to != "done"):
        raise NotEntitled("result: found, not_found, helped or handed_over, with done and nothing else")
    return TaskReport(
        id=record_id, t_s=now_s, source=person, provenance=(job.task.id,), task=task, unit=job.task.unit, state=to,
        result=result, text=text[:200],  # type: ignore[arg-type]  # checked above
    )  # fmt: skip


# -- what the time asks for --------------------------------------------------------------------------------


def due(state: State, now_s: float) -> Iterator[TaskEscalation]:
    """Yield who must be told now: a task that did not go out, that nobody answered, or a unit that is overdue."""
    for job in state.jobs.values():
        if job.over or job.state == "on_scene":
            continue
        task, waited_s = job.task, now_s - job.task.t_s
        limits = (
            ("not_sent", "approver", SENT_S, not job.sent),
            ("no_answer", "approver", ANSWER_S, job.state == "sent"),
            ("no_answer", "shift_commander", 2 * ANSWER_S, job.state == "sent"),
            ("overdue", "shift_commander", task.option.late_s - task.t_s + OVERDUE_S, job.state != "sent"),
        )
        for why, to, limit_s, holds in limits:
            if holds and waited_s >= limit_s and not any((t.why, t.to) == (why, to) for t in job.told):
                yield TaskEscalation(
                    id=f"{task.task}-{why}-{to}", t_s=now_s, source="respond", provenance=(task.id,), task=task.task,
                    why=why, to=to, waited_s=round(waited_s, 1), limit_s=round(limit_s, 1),  # type: ignore[arg-type]
                )  # fmt: skip


def free(state: State, unit: Unit, heard: UnitReport | None, now_s: float) -> str:
    """Return why a unit cannot be sent now, "" if it can."""
    if heard is None:
        return "not heard"
    if now_s - heard.t_s > STALE_S:
        return "stale"
    if state.job_of(unit.id) is not None:
        return "tasked"
    ready = state.readiness.get(unit.id)
    if ready is not None:
        if ready.state != "available" and (ready.until_s is None or now_s < ready.until_s):
            return ready.state
        if ready.fuel is not None and ready.fuel < LOW_FUEL:
            return "fuel"
    return ""
