"""Who says what to whom: registrations and their acknowledgement, heartbeats, tasks, errors.

An edge or child node, and a fusion node behind middleware, register and then send a status every so often.  A fusion
or parent node acknowledges registrations.  A task asked of us waits for a person; after `ANSWER_S` it has failed.
"""

from __future__ import annotations

import math
from dataclasses import replace

from watchline.domain.records import (
    GeoPoint,
    NodeAlert,
    NodeAnswer,
    NodeDetection,
    NodeRegistered,
    NodeStatus,
    NodeTask,
    Record,
    SensorHealth,
)
from watchline.links.contract import LocalError, PeerError
from watchline.links.ids import ulid
from watchline.links.sapient.nodes import MISSED_STATUS, TASKS_MAX, UPPER, SapientState
from watchline.links.sapient.writing import OBJECT_CLASSES

STATUS_EVERY_S = 5.0
ANSWER_S = 60.0  # a person has this long to answer a task, as our registration says
Said = tuple[SapientState, tuple[Record, ...]]


def registers(state: SapientState) -> bool:
    """Return whether it is us who register: as a node below, or as a fusion node behind middleware."""
    role = state.settings.role
    return role in ("edge", "child") or (role in UPPER and bool(state.settings.options.get("middleware")))


def greet(state: SapientState) -> Said:
    """Return what is said on connecting: our registration, if it is us who register."""
    if not registers(state):
        return state, ()
    return replace(state, acknowledged=False, said_s=-1e18), (registration(state),)


def _stamp(state: SapientState, what: str) -> dict[str, object]:
    return {
        "id": f"{state.settings.name}-{what}-{state.now_s:.3f}",
        "t_s": state.now_s,
        "source": state.settings.node,
    }


def registration(state: SapientState) -> NodeRegistered:
    """Return our own registration."""
    edge = state.settings.role == "edge"
    return NodeRegistered(
        **_stamp(state, "registration"),  # type: ignore[arg-type]
        node=state.settings.node,
        name=str(state.settings.options.get("title", state.settings.name)),
        node_types=(str(state.settings.options.get("node_type", "camera" if edge else "fusion_node")),),
        taskable=bool(state.settings.options.get("taskable", edge)),
        status_every_s=_every_s(state),
        classes=OBJECT_CLASSES,
    )


def _every_s(state: SapientState) -> float:
    return float(state.settings.options.get("status_every_s", STATUS_EVERY_S))


def status(state: SapientState) -> NodeStatus:
    """Return our own status."""
    lon, lat = (state.settings.options.get(name) for name in ("lon_deg", "lat_deg"))
    place = None if lon is None or lat is None else GeoPoint(lon_deg=float(lon), lat_deg=float(lat))
    return NodeStatus(
        **_stamp(state, "status"),  # type: ignore[arg-type]
        node=state.settings.node,
        state=state.own[0],  # type: ignore[arg-type]
        mode="Default",
        place=place,
        detail=state.own[1],
    )


def ordered(state: SapientState, record: Record) -> SapientState | None:
    """Take how our own node is: statuses say it from now on, the next one at once; None for any other record."""
    if not isinstance(record, NodeStatus):
        return None
    return replace(state, own=(record.state, record.detail), said_s=-math.inf)


def answer(state: SapientState, record: Record) -> Said:
    """Return what is said to a record that came in."""
    if isinstance(record, NodeRegistered) and state.settings.role in UPPER and not registers(state):
        return state, (_answer(state, "registration", record.node, "", "accepted"),)
    if isinstance(record, NodeAnswer):
        tasks = {id_: task for id_, task in state.tasks.items() if id_ != record.ref or record.state == "accepted"}
        state = replace(state, tasks=tasks)
        if record.to == "registration" and record.state == "accepted" and registers(state):
            return replace(state, said_s=state.now_s), (status(state),)
    if isinstance(record, NodeTask) and registers(state):
        return _asked(state, record)
    return state, ()


def _asked(state: SapientState, task: NodeTask) -> Said:
    done = _answer(state, "task", task.node, task.task_id, "completed")
    if task.command == "request_status":
        return replace(state, said_s=state.now_s), (done, status(state))
    if task.command == "request_registration":
        return state, (registration(state), done)
    if task.command != "look_at" or task.control != "start" or not state.settings.options.get("taskable", True):
        reason = f"we do not take the task {task.command!r}"
        return state, (_answer(state, "task", task.node, task.task_id, "rejected", reason),)
    if len(state.tasks) >= TASKS_MAX:
        return state, (_answer(state, "task", task.node, task.task_id, "rejected", "too many tasks are open"),)
    return replace(state, tasks={**state.tasks, task.task_id: (task.node, state.now_s)}), ()


def _answer(state: SapientState, to: str, node: str, ref: str, how: str, reason: str = "") -> NodeAnswer:
    return NodeAnswer(
        **_stamp(state, f"answer-{ref}"),  # type: ignore[arg-type]
        node=node,
        to=to,  # type: ignore[arg-type]
        ref=ref,
        state=how,  # type: ignore[arg-type]
        reason=reason,
    )


def refuse(state: SapientState, error: PeerError) -> Said:
    """Return what is said to a refused message: the reason, to whoever sent it; nothing to a refused Error."""
    if not state.settings.role or error.fatal or error.reason.startswith("error."):
        return state, ()
    about = error.about if ulid(error.about) != error.about and len(error.about) == 36 else ""
    if error.reason.startswith("registration") and about and state.settings.role in UPPER and not registers(state):
        return state, (_answer(state, "registration", about, "", "rejected", error.reason),)
    return state, (_answer(state, "error", "", error.sample.hex(), "rejected", error.reason),)


def route(state: SapientState, record: Record) -> frozenset[str] | None:
    """Return the channels a record of ours is for, None for all; LocalError when it must not be sent."""
    if isinstance(record, NodeTask):
        return frozenset({_taskable(state, record.node)})
    if isinstance(record, NodeAnswer) and record.node in state.nodes:
        return frozenset({state.nodes[record.node].channel})
    if isinstance(record, NodeDetection | NodeAlert):
        if registers(state):
            if not state.acknowledged and not state.settings.options.get("middleware"):
                raise LocalError("our registration is not acknowledged yet")
            return None
        return frozenset(node.channel for node in state.nodes.values() if node.fusion)
    return None


def _taskable(state: SapientState, id_: str) -> str:
    node = state.nodes.get(id_)
    if node is None:
        raise LocalError(f"node {id_} has not registered")
    if not node.taskable:
        raise LocalError(f"node {id_} can do more than observe: it is shown, and never asked for anything")
    if node.dark:
        raise LocalError(f"node {id_} is dark")
    return node.channel


def sent(state: SapientState, record: Record) -> SapientState:
    """Return the state after a record went out: tasks wait for their answer."""
    if isinstance(record, NodeTask):
        return replace(state, tasks={**state.tasks, ulid(record.task_id): (record.node, state.now_s)})
    if isinstance(record, NodeAnswer) and record.to == "task":
        return replace(state, tasks={k: v for k, v in state.tasks.items() if k != ulid(record.ref)})
    return state


def closed(state: SapientState) -> SapientState:
    """Return the state after the channel in it ended: its nodes may come back over any other."""
    nodes = {
        id_: replace(node, channel="") if node.channel == state.channel else node for id_, node in state.nodes.items()
    }
    return replace(state, nodes=nodes, acknowledged=False)


def tick(state: SapientState) -> tuple[SapientState, tuple[Record, ...], tuple[Record, ...]]:
    """Return what is due to be said, and what must be known here: nodes that fell silent, tasks nobody answered."""
    state, out = _own_status(state)
    state, dark = _silent(state)
    state, late_out, late_in = _unanswered(state)
    return state, (*out, *late_out), (*dark, *late_in)


def _own_status(state: SapientState) -> Said:
    due = state.acknowledged and registers(state) and state.now_s - state.said_s >= _every_s(state) - 1e-6
    return (replace(state, said_s=state.now_s), (status(state),)) if due else (state, ())


def _silent(state: SapientState) -> Said:
    told: list[Record] = []
    nodes = dict(state.nodes)
    for id_, node in state.nodes.items():
        silent_s = state.now_s - node.heard_s
        if not node.dark and silent_s > MISSED_STATUS * node.every_s:
            nodes[id_] = replace(node, dark=True)
            told.append(
                SensorHealth(
                    id=f"{state.settings.name}-dark-{id_}-{node.heard_s:.3f}",
                    t_s=node.heard_s,
                    source=state.settings.name,
                    sensor=id_,
                    state="dark",
                    cause=f"no message for {silent_s:.0f} s, promised every {node.every_s:g} s",
                )
            )
    return (replace(state, nodes=nodes), tuple(told)) if told else (state, ())


def _unanswered(state: SapientState) -> tuple[SapientState, tuple[Record, ...], tuple[Record, ...]]:
    late = {id_: node for id_, (node, t_s) in state.tasks.items() if state.now_s - t_s > ANSWER_S}
    if not late:
        return state, (), ()
    asked_of_us = registers(state) and state.settings.role not in UPPER
    reason = f"not answered within {ANSWER_S:.0f} s"
    failed = tuple(_answer(state, "task", node, id_, "failed", reason) for id_, node in late.items())
    state = replace(state, tasks={k: v for k, v in state.tasks.items() if k not in late})
    return (state, failed, failed) if asked_of_us else (state, (), failed)
