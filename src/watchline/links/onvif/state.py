"""What is remembered of a camera between two calls, and how its records are stamped."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from watchline.domain.records import Direction, NodeAnswer, NodeTask
from watchline.links.contract import LocalError, State
from watchline.links.onvif import pointing
from watchline.links.onvif.pointing import Mount, Space

CAMERA = "camera"  # by which a task names the head behind this link
FIRST = ("GetSystemDateAndTime", "GetCapabilities", "GetProfiles", "GetNodes")  # asked once each, in this order
AT_REST_S, MOVING_S = 10.0, 1.0  # between two questions for its position


@dataclass(frozen=True)
class OnvifState(State):
    """open: the connection, "" without one; ahead_s: its clock minus ours; asked, asked_s: the open question.

    paths: of its services by namespace; profile, node: tokens; spaces: of its head; orders: approved and waiting;
    moving: the task under way and when it was asked; known: what was answered, with ! what was refused.
    """

    open: str = ""
    ahead_s: float = 0.0
    asked: str = ""
    asked_s: float = 0.0
    seen_s: float = -math.inf
    known: frozenset[str] = frozenset()
    paths: tuple[tuple[str, str], ...] = ()
    profile: str = ""
    node: str = ""
    spaces: tuple[Space, ...] = ()
    orders: tuple[NodeTask, ...] = ()
    moving: tuple[NodeTask, float] | None = None
    count: int = 0

    @property
    def mount(self) -> Mount:
        """Return how the head stands."""
        return Mount.of(self.settings.options)

    @property
    def space(self) -> Space | None:
        """Return the best space it takes: degrees before -1..1."""
        by_uri = {space.uri: space for space in self.spaces}
        return by_uri.get(pointing.DEGREES) or by_uri.get(pointing.GENERIC)


def stamp(state: OnvifState, what: str) -> dict[str, Any]:
    """Return id, time and source of a record about this camera."""
    return {
        "id": f"{state.settings.name}-{what}-{state.now_s:.3f}",
        "t_s": state.now_s,
        "source": state.settings.name,
    }


def answer(state: OnvifState, task: NodeTask, how: str, reason: str = "") -> NodeAnswer:
    """Return how a task fared."""
    return NodeAnswer(
        **stamp(state, f"task-{task.task_id}"), node=CAMERA, to="task", ref=task.task_id,
        state=how, reason=reason,  # type: ignore[arg-type]
    )  # fmt: skip


def wanted(state: OnvifState, task: NodeTask) -> Direction:
    """Return where a task wants the head to look; LocalError where that is not known."""
    if task.direction is not None:
        return task.direction
    if task.place is None:
        raise LocalError("look_at needs a place or a direction")
    return pointing.towards(task.place, state.mount)
