"""What is asked of a camera, in which order, and what its answers change.

Theory: one question is open at a time.  First its clock (unsigned), then where its services are, its profile with a
head, the spaces of that head; from then on its position every so often, and in between what a person approved.  An
answer names what it answers, so a late one is still understood.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal
from xml.sax.saxutils import escape, quoteattr

from watchline.domain.records import Direction, HeadState, NodeAnswer, NodeRegistered, NodeTask, Record
from watchline.links.contract import LocalError, State
from watchline.links.onvif import pointing, soap
from watchline.links.onvif.http_messages import post
from watchline.links.onvif.pointing import Mount, Space
from watchline.links.xml_tree import Node

CAMERA = "camera"  # by which a task names the head behind this link
ANSWER_S = 10.0  # of one question
MOVE_S = 60.0  # a head that has not arrived by then has failed
AT_REST_S, MOVING_S = 10.0, 1.0  # between two questions for its position
NEAR_RAD = math.radians(0.5)
ORDERS_MAX = 8

Step = Literal["GetSystemDateAndTime", "GetCapabilities", "GetProfiles", "GetNodes", "GetStatus"]
FIRST: tuple[Step, ...] = ("GetSystemDateAndTime", "GetCapabilities", "GetProfiles", "GetNodes")


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


def ordered(state: OnvifState, record: Record) -> OnvifState | None:
    """Take what a person approved; LocalError says why not."""
    if not isinstance(record, NodeTask):
        return None
    if not record.approved_by:
        raise LocalError("a task needs the person who approved it")
    if record.node != CAMERA or record.command != "look_at":
        raise LocalError(f"a camera's head is asked to look_at as {CAMERA!r}, not to {record.command!r}")
    if not state.open:
        raise LocalError("the camera is not connected")
    if record.control == "start":
        _position(state, record)  # refused now, not after it was promised
        _zoom(record)
    if len(state.orders) >= ORDERS_MAX:
        raise LocalError("too many tasks wait")
    return replace(state, orders=(*state.orders, record))


def _position(state: OnvifState, task: NodeTask) -> tuple[float, float]:
    if state.space is None:
        raise LocalError("the camera has not told that its head takes absolute positions")
    return pointing.position_of(_wanted(state, task), state.mount, state.space)


def _wanted(state: OnvifState, task: NodeTask) -> Direction:
    if task.direction is not None:
        return task.direction
    if task.place is None:
        raise LocalError("look_at needs a place or a direction")
    return pointing.towards(task.place, state.mount)


def _zoom(task: NodeTask) -> float | None:
    """Return the zoom a task asks for, 0 widest .. 1, as "zoom 0.4"; None to leave it."""
    if not task.argument.startswith("zoom "):
        return None
    try:
        value = float(task.argument.removeprefix("zoom "))
    except ValueError:
        value = math.nan
    if not 0.0 <= value <= 1.0:
        raise LocalError(f"{task.argument[:24]!r}: zoom must be within 0..1")
    return value


Due = tuple[OnvifState, tuple[tuple[str, bytes], ...], tuple[Record, ...]]


def due(state: OnvifState) -> Due:
    """Return the next question, if none is open, and tasks that have failed for want of an answer."""
    told: list[Record] = []
    if state.moving is not None and state.now_s - state.moving[1] > MOVE_S:
        told.append(answer(state, state.moving[0], "failed", f"not there after {MOVE_S:.0f} s"))
        state = replace(state, moving=None)
    if state.asked and state.now_s - state.asked_s > ANSWER_S:
        state = replace(state, asked="")
    if not state.open or state.asked:
        return state, (), tuple(told)
    name = next((step for step in FIRST if step not in state.known), "")
    if name:
        # What the camera refused once is asked again, but not in a tight circle.
        wait_s = ANSWER_S if state.asked_s > 0.0 and f"!{name}" in state.known else 0.0
        if state.now_s - state.asked_s < wait_s:
            return state, (), tuple(told)
        return *_ask(state, name, _QUESTIONS[name](state)), tuple(told)
    if state.orders:
        return _order(state, told)
    every_s = MOVING_S if state.moving is not None else AT_REST_S
    if state.now_s - state.seen_s >= every_s:
        return *_ask(replace(state, seen_s=state.now_s), "GetStatus", _QUESTIONS["GetStatus"](state)), tuple(told)
    return state, (), tuple(told)


def _order(state: OnvifState, told: list[Record]) -> Due:
    task, state = state.orders[0], replace(state, orders=state.orders[1:])
    if state.moving is not None:
        told.append(answer(state, state.moving[0], "failed", "another task took its place"))
    name = "AbsoluteMove" if task.control == "start" else "Stop"
    try:
        body = _move(state, task) if name == "AbsoluteMove" else _stop(state)
    except LocalError as error:
        return replace(state, moving=None), (), (*told, answer(state, task, "failed", str(error)))
    state = replace(state, moving=(task, state.now_s), seen_s=state.now_s)
    return *_ask(state, name, body), tuple(told)


def _ask(state: OnvifState, name: str, body: str) -> tuple[OnvifState, tuple[tuple[str, bytes], ...]]:
    options = state.settings.options
    user = str(options.get("user", ""))
    login = None
    if user and name != "GetSystemDateAndTime":
        password = str(options.get("password", ""))
        login = soap.Login(user, password, state.now_s + state.ahead_s, state.count)
    space = _SERVICE[name]
    paths = dict(state.paths)
    default = str(options.get("path", "/onvif/device_service"))
    path = default if space == soap.DEVICE else paths.get(space, default)
    message = post(str(options.get("host", "camera")), path, f"{space}/{name}", soap.envelope(body, login))
    state = replace(state, asked=name, asked_s=state.now_s, count=state.count + 1)
    return state, ((state.open, message),)


_SERVICE = {
    "GetSystemDateAndTime": soap.DEVICE, "GetCapabilities": soap.DEVICE, "GetProfiles": soap.MEDIA,
    "GetNodes": soap.PTZ, "GetStatus": soap.PTZ, "AbsoluteMove": soap.PTZ, "Stop": soap.PTZ,
}  # fmt: skip
_QUESTIONS: dict[str, Callable[[OnvifState], str]] = {
    "GetSystemDateAndTime": lambda _: f'<GetSystemDateAndTime xmlns="{soap.DEVICE}"/>',
    "GetCapabilities": lambda _: f'<GetCapabilities xmlns="{soap.DEVICE}"><Category>All</Category></GetCapabilities>',
    "GetProfiles": lambda _: f'<GetProfiles xmlns="{soap.MEDIA}"/>',
    "GetNodes": lambda _: f'<GetNodes xmlns="{soap.PTZ}"/>',
    "GetStatus": lambda s: f'<GetStatus xmlns="{soap.PTZ}">{_profile(s)}</GetStatus>',
}


def _profile(state: OnvifState) -> str:
    return f"<ProfileToken>{escape(state.profile)}</ProfileToken>"


def _move(state: OnvifState, task: NodeTask) -> str:
    x, y = _position(state, task)
    assert state.space is not None
    asked = _zoom(task)
    zoom = "" if asked is None else f'<tt:Zoom x="{asked:.4f}" space="{pointing.ZOOM}"/>'
    at = f'<tt:PanTilt x="{x:.6f}" y="{y:.6f}" space={quoteattr(state.space.uri)}/>'
    return f'<AbsoluteMove xmlns="{soap.PTZ}">{_profile(state)}<Position>{at}{zoom}</Position></AbsoluteMove>'


def _stop(state: OnvifState) -> str:
    both = "<PanTilt>true</PanTilt><Zoom>true</Zoom>"
    return f'<Stop xmlns="{soap.PTZ}">{_profile(state)}{both}</Stop>'


# -- answers ----------------------------------------------------------------------------------------------------


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


def heard(state: OnvifState, node: Node) -> tuple[OnvifState, tuple[Record, ...]]:
    """Return what an answer changes and says; ValueError for one that cannot be."""
    read = _READERS.get(node.name)
    if read is None:
        raise ValueError(f"{node.name[:40]!r} answers nothing that is asked")
    name = node.name.removesuffix("Response")
    state, records = read(state, node)
    known = state.known | {name} if name in FIRST else state.known
    return replace(state, known=known, asked="" if state.asked == name else state.asked), records


def failed(state: OnvifState, reason: str) -> tuple[OnvifState, tuple[Record, ...]]:
    """Return the state after the open question was refused; a person's task has failed by it."""
    name = state.asked
    state = replace(state, asked="", known=state.known | {f"!{name}"} if name in FIRST else state.known)
    if name in ("AbsoluteMove", "Stop") and state.moving is not None:
        task = state.moving[0]
        return replace(state, moving=None), (answer(state, task, "failed", reason),)
    return state, ()


def _date(state: OnvifState, node: Node) -> tuple[OnvifState, tuple[Record, ...]]:
    for utc in node.every("UTCDateTime"):
        date, time = utc.first("Date"), utc.first("Time")
        if date is None or time is None:
            break
        try:
            year, month, day = (int(date.text_of(n)) for n in ("Year", "Month", "Day"))
            hour, minute, second = (int(time.text_of(n)) for n in ("Hour", "Minute", "Second"))
            moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        except (ValueError, OverflowError):
            raise ValueError("UTCDateTime: is no time") from None
        return replace(state, ahead_s=moment.timestamp() - state.now_s), ()
    return state, ()  # a device without a clock of its own takes ours


def _capabilities(state: OnvifState, node: Node) -> tuple[OnvifState, tuple[Record, ...]]:
    found = []
    for name, space in (("Media", soap.MEDIA), ("PTZ", soap.PTZ)):
        for one in node.every(name):
            address = one.text_of("XAddr")
            if address:
                # Only the path is believed: behind a router the rest is an address of another network.
                found.append((space, _path(address)))
                break
    return replace(state, paths=tuple(found)), ()


def _path(address: str) -> str:
    _, _, rest = address.partition("://")
    slash = rest.find("/")
    path = re.split("[?#]", rest[slash:])[0] if slash >= 0 else ""
    if not path.startswith("/") or not path.isascii() or not path.isprintable() or " " in path or len(path) > 256:
        raise ValueError("XAddr: has no path")
    return path


def _profiles(state: OnvifState, node: Node) -> tuple[OnvifState, tuple[Record, ...]]:
    wanted = str(state.settings.options.get("profile", ""))
    for profile in node.all("Profiles"):
        head, token = profile.first("PTZConfiguration"), profile.attributes.get("token", "")
        if head is None or not 0 < len(token) <= 64 or wanted not in ("", token):
            continue
        told = NodeRegistered(
            **stamp(state, "profile"), node=CAMERA, name=profile.text_of("Name")[:64], node_types=("camera",),
            taskable=True, status_every_s=AT_REST_S, modes=(token,),
        )  # fmt: skip
        return replace(state, profile=token, node=head.text_of("NodeToken")[:64]), (told,)
    raise ValueError("GetProfiles: no profile has a head" + (f" and the token {wanted}" if wanted else ""))


def _nodes(state: OnvifState, node: Node) -> tuple[OnvifState, tuple[Record, ...]]:
    heads = node.all("PTZNode")
    head = next((h for h in heads if h.attributes.get("token") == state.node), heads[0] if heads else None)
    spaces = head.first("SupportedPTZSpaces") if head is not None else None
    found = []
    for one in spaces.all("AbsolutePanTiltPositionSpace") if spaces is not None else []:
        found.append(Space(one.text_of("URI"), _range(one, "XRange"), _range(one, "YRange")))
    return replace(state, spaces=tuple(found[:8])), ()


def _range(node: Node, name: str) -> tuple[float, float]:
    inside = node.first(name)
    if inside is None:
        raise ValueError(f"{name}: is missing")
    low, high = (_number(inside.text_of(end), f"{name}.{end}") for end in ("Min", "Max"))
    if not low < high:
        raise ValueError(f"{name}: {low:g} is not below {high:g}")
    return low, high


def _number(text: str, name: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not abs(value) <= 1e6:
        raise ValueError(f"{name}: {text[:24]!r} is no number")
    return value


def _status(state: OnvifState, node: Node) -> tuple[OnvifState, tuple[Record, ...]]:
    status = node.first("PTZStatus")
    if status is None:
        raise ValueError("PTZStatus: is missing")
    position, moves = status.first("Position"), status.first("MoveStatus")
    at = position.first("PanTilt") if position is not None else None
    zoomed = position.first("Zoom") if position is not None else None
    looks = None
    if at is not None:
        x, y = (_number(at.attributes.get(n, ""), f"PanTilt.{n}") for n in ("x", "y"))
        default = state.space.uri if state.space is not None else pointing.GENERIC
        looks = pointing.looks_of(x, y, state.mount, at.attributes.get("space", default))
    zoom = None if zoomed is None else _number(zoomed.attributes.get("x", ""), "Zoom.x")
    said = moves.text_of("PanTilt") if moves is not None else ""
    moving = {"MOVING": True, "IDLE": False}.get(said)
    error = status.text_of("Error")
    told = HeadState(
        **stamp(state, "head"), camera=CAMERA, looks=looks, zoom=zoom, moving=moving,
        fault="" if error.upper() == "NO ERROR" else error[:200],
    )  # fmt: skip
    return _arrived(state, told)


def _arrived(state: OnvifState, head: HeadState) -> tuple[OnvifState, tuple[Record, ...]]:
    """Return the state after its position came; a task is complete when the head rests where it was sent."""
    if state.moving is None or head.moving is True:
        return state, (head,)
    task, asked_s = state.moving
    there = head.looks is not None and _near(state, head, task)
    if there or (head.moving is False and head.looks is None and state.now_s - asked_s > MOVING_S):
        return replace(state, moving=None), (head, answer(state, task, "completed"))
    return state, (head,)


def _near(state: OnvifState, head: HeadState, task: NodeTask) -> bool:
    if task.control != "start" or head.looks is None:
        return False
    wanted = _wanted(state, task)
    turn = math.remainder(wanted.bearing_rad - head.looks.bearing_rad, math.tau)
    up = (wanted.elevation_rad or 0.0) - (head.looks.elevation_rad or 0.0)
    return abs(turn) < NEAR_RAD and abs(up) < NEAR_RAD


def _moved(state: OnvifState, node: Node) -> tuple[OnvifState, tuple[Record, ...]]:
    return state, () if state.moving is None else (answer(state, state.moving[0], "accepted"),)


def _stopped(state: OnvifState, node: Node) -> tuple[OnvifState, tuple[Record, ...]]:
    if state.moving is None or state.moving[0].control == "start":
        return state, ()
    return replace(state, moving=None), (answer(state, state.moving[0], "completed"),)


_READERS: dict[str, Callable[[OnvifState, Node], tuple[OnvifState, tuple[Record, ...]]]] = {
    "GetSystemDateAndTimeResponse": _date,
    "GetCapabilitiesResponse": _capabilities,
    "GetProfilesResponse": _profiles,
    "GetNodesResponse": _nodes,
    "GetStatusResponse": _status,
    "AbsoluteMoveResponse": _moved,
    "StopResponse": _stopped,
}
