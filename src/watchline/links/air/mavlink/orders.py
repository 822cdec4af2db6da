"""Which uploads and starts are under way, and what they have to say now.

Rules: a plan is only kept; an upload begins with its approval, a start with another, and each ends with an outcome.
Nothing is said to a drone but during an upload or a start: a station that speaks and falls silent can make an
autopilot believe that it has lost its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import msgspec

from watchline.domain.records import DroneState, MissionApproval, MissionOutcome, MissionPlan, Record
from watchline.links.air.mavlink import mission
from watchline.links.air.mavlink.frames import Frames, Message, Values, pack
from watchline.links.contract import LocalError

PLANS_MAX = 64
STALE_S = 15.0  # a drone that was not heard for so long is sent nothing
BEAT_S = 1.0
START_AGAIN_S, START_TRIES = 1.0, 5
RESULTS = {1: "temporarily rejected", 2: "denied", 3: "unsupported", 4: "failed", 5: "in progress", 6: "cancelled"}


@dataclass(frozen=True)
class Start:
    """A start that waits for its acknowledgement.  due_s: when it is said again."""

    approval: MissionApproval
    due_s: float
    tries: int = 0


@dataclass(frozen=True)
class DronesState(Frames):
    """A stream of drones.  drones: the latest of each by system number; boot_s: when its clock read zero.

    channels: where each was heard last, and when; waiting: what drones said of missions since the last turn;
    plans by digest; uploads, starts by drone; given_up: when an upload was; told: outcomes to be told.
    """

    drones: Mapping[int, DroneState] = field(default_factory=dict)
    boot_s: Mapping[int, float] = field(default_factory=dict)
    channels: Mapping[int, tuple[str, float]] = field(default_factory=dict)
    waiting: tuple[Message, ...] = ()
    plans: Mapping[str, MissionPlan] = field(default_factory=dict)
    uploads: Mapping[str, mission.State] = field(default_factory=dict)
    starts: Mapping[str, Start] = field(default_factory=dict)
    given_up: Mapping[str, float] = field(default_factory=dict)
    told: tuple[MissionOutcome, ...] = ()
    beat_s: float = 0.0

    def system_of(self, drone: str) -> int:
        """Return a drone's system number; LocalError unless it was heard just now."""
        system = next((number for number, one in self.drones.items() if one.drone == drone), None)
        if system is None or self.now_s - self.channels[system][1] > STALE_S:
            raise LocalError(f"{drone} is not heard")
        return system


def ordered(state: DronesState, record: Record) -> DronesState | None:
    """Take a plan or an approval; an approval that cannot be followed is answered by a refused outcome."""
    if isinstance(record, MissionPlan):
        check_plan(record)
        plans = {**state.plans, record.digest: record}
        return replace(state, plans=dict(list(plans.items())[-PLANS_MAX:]))
    if not isinstance(record, MissionApproval):
        return None
    try:
        return _upload(state, record) if record.step == "upload" else _start(state, record)
    except LocalError as error:
        return _tell(state, record, "refused", str(error).removeprefix("mavlink: "))


def check_plan(plan: MissionPlan) -> None:
    """Raise LocalError unless a plan is what its digest says and asks for nothing but flying and looking."""
    if mission.digest_of(plan.items) != plan.digest:
        raise LocalError("the digest is not that of the items")
    if not 0 < len(plan.items) <= mission.Limits.MAX_ITEMS:
        raise LocalError(f"1 to {mission.Limits.MAX_ITEMS} items, not {len(plan.items)}")
    allowed = mission.FLIES if plan.what == "mission" else mission.FENCES
    for number, item in enumerate(plan.items):
        if item.command not in allowed:
            raise LocalError(f"item {number}: command {item.command} is none of a {plan.what} to fly and to look")
        if not (abs(item.lat_deg) <= 90.0 and abs(item.lon_deg) <= 180.0 and abs(item.height_m) < 20_000.0):
            raise LocalError(f"item {number}: is no place")


def _upload(state: DronesState, approval: MissionApproval) -> DronesState:
    plan = state.plans.get(approval.digest)
    if plan is None or (plan.drone, plan.what) != (approval.drone, approval.what) or not approval.operator:
        raise LocalError("there is no such plan for this drone, or nobody approved it")
    under_way = state.uploads.get(plan.drone)
    if under_way is not None and under_way.outcome is None:
        raise LocalError("another upload to this drone is under way")
    peer = state.system_of(plan.drone), 1
    begun = mission.init(approval, plan.items, peer, state.now_s, given_up_s=state.given_up.get(plan.drone))
    return replace(state, uploads={**state.uploads, plan.drone: begun})


def _start(state: DronesState, approval: MissionApproval) -> DronesState:
    held = state.uploads.get(approval.drone)
    system = state.system_of(approval.drone)
    if held is None or not approval.operator:
        raise LocalError("nothing was brought to this drone since we began, or nobody approved it")
    mission.start_frame(held, approval, state.drones[system])  # refused now, not on the way
    return replace(state, starts={**state.starts, approval.drone: Start(approval, state.now_s)})


def _tell(state: DronesState, approval: MissionApproval, how: str, reason: str) -> DronesState:
    items = state.plans[approval.digest].items if approval.digest in state.plans else ()
    outcome = MissionOutcome(
        id=f"{approval.id}-outcome", t_s=state.now_s, source=state.settings.name, provenance=(approval.id,),
        exercise=approval.exercise, drone=approval.drone, what=approval.what, outcome=how,  # type: ignore[arg-type]
        digest=approval.digest, items=len(items), reason=reason,
    )  # fmt: skip
    return replace(state, told=(*state.told, outcome))


def due(state: DronesState) -> tuple[DronesState, tuple[tuple[str, bytes], ...], tuple[Record, ...]]:
    """Return what uploads and starts have to say now, and what came of them."""
    frames: list[tuple[str, bytes]] = []
    heard, state = list(state.waiting), replace(state, waiting=())
    for drone, upload in state.uploads.items():
        if upload.outcome is None:
            state = _step(state, drone, upload, heard, frames)
    for drone, start in state.starts.items():
        state = _starting(state, drone, start, heard, frames)
    if (state.starts or any(u.outcome is None for u in state.uploads.values())) and _beats(state):
        state = replace(state, beat_s=state.now_s)
        beat: Values = {"type": 6, "autopilot": 8, "mavlink_version": 3}  # a ground station, no autopilot
        system, component = mission.STATION
        said = pack("HEARTBEAT", beat, system=system, component=component, sequence=0)
        frames += [(channel, said) for channel in sorted({channel for channel, _ in state.channels.values()})]
    told, state = state.told, replace(state, told=())
    return state, tuple(frames), told


def _beats(state: DronesState) -> bool:
    return state.now_s - state.beat_s >= BEAT_S


def _step(
    state: DronesState, drone: str, upload: mission.State, heard: list[Message], frames: list[tuple[str, bytes]]
) -> DronesState:
    channel = state.channels[upload.peer[0]][0]
    upload, said = mission.step(upload, heard, state.now_s)
    frames += [(channel, data) for data in said]
    state = replace(state, uploads={**state.uploads, drone: upload})
    if upload.outcome is None:
        return state
    outcome = msgspec.structs.replace(upload.outcome, source=state.settings.name)
    gave_up = {drone: state.now_s} if outcome.outcome == "refused" else {}
    return replace(state, told=(*state.told, outcome), given_up={**state.given_up, **gave_up})


def _starting(
    state: DronesState, drone: str, start: Start, heard: list[Message], frames: list[tuple[str, bytes]]
) -> DronesState:
    held = state.uploads[drone]
    answer = next((m for m in heard if m.system == held.peer[0] and _answers_start(m)), None)
    over = replace(state, starts={name: one for name, one in state.starts.items() if name != drone})
    if answer is not None:
        result = answer.whole("result")
        said = RESULTS.get(result, f"MAV_RESULT {result}")
        return _tell(over, start.approval, "refused" if result else "started", f"the drone: {said}" if result else "")
    if state.now_s < start.due_s:
        return state
    if start.tries >= START_TRIES:
        return _tell(
            over, start.approval, "refused", f"no answer to {start.tries} starts: whether it flies is unknown"
        )
    try:
        frame = mission.start_frame(held, start.approval, state.drones[held.peer[0]])
    except LocalError as error:
        return _tell(over, start.approval, "refused", str(error).removeprefix("mavlink: "))
    frames.append((state.channels[held.peer[0]][0], frame))
    again = replace(start, due_s=state.now_s + START_AGAIN_S, tries=start.tries + 1)
    return replace(state, starts={**state.starts, drone: again})


def _answers_start(message: Message) -> bool:
    return message.name == "COMMAND_ACK" and message.whole("command") == mission.MISSION_START
