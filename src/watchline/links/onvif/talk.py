"""What is asked of a camera, in which order, and what its answers change.

Theory: one question is open at a time.  First its clock (unsigned), then where its services are, its profile with a
head, the spaces of that head; from then on its position every so often, and in between what a person approved.  An
answer names what it answers, so a late one is still understood.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from xml.sax.saxutils import escape, quoteattr

from watchline.domain.records import NodeTask, Record
from watchline.links.contract import LocalError
from watchline.links.onvif import pointing, soap
from watchline.links.onvif.http_messages import post
from watchline.links.onvif.state import AT_REST_S, CAMERA, FIRST, MOVING_S, OnvifState, answer, wanted

ANSWER_S = 10.0  # of one question
MOVE_S = 60.0  # a head that has not arrived by then has failed
ORDERS_MAX = 8


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
    return pointing.position_of(wanted(state, task), state.mount, state.space)


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
