"""What a camera's answers change and say."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from watchline.domain.records import HeadState, NodeRegistered, NodeTask, Record
from watchline.links.onvif import pointing, soap
from watchline.links.onvif.pointing import Space
from watchline.links.onvif.state import AT_REST_S, CAMERA, FIRST, MOVING_S, OnvifState, answer, stamp, wanted
from watchline.links.xml_tree import Node

NEAR_RAD = math.radians(0.5)


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
    named = str(state.settings.options.get("profile", ""))
    for profile in node.all("Profiles"):
        head, token = profile.first("PTZConfiguration"), profile.attributes.get("token", "")
        if head is None or not 0 < len(token) <= 64 or named not in ("", token):
            continue
        told = NodeRegistered(
            **stamp(state, "profile"), node=CAMERA, name=profile.text_of("Name")[:64], node_types=("camera",),
            taskable=True, status_every_s=AT_REST_S, modes=(token,),
        )  # fmt: skip
        return replace(state, profile=token, node=head.text_of("NodeToken")[:64]), (told,)
    raise ValueError("GetProfiles: no profile has a head" + (f" and the token {named}" if named else ""))


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
    there = wanted(state, task)
    turn = math.remainder(there.bearing_rad - head.looks.bearing_rad, math.tau)
    up = (there.elevation_rad or 0.0) - (head.looks.elevation_rad or 0.0)
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
