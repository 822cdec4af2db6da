"""What is remembered of the nodes at the other end, and the rules that need it: who may say what, and when."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from watchline.domain.records import GeoPoint
from watchline.links.contract import State
from watchline.links.sapient.reading import NEVER_ASKED, SECONDS_PER, classes_of, place_of, seconds

NODES_MAX = 1000  # a fusion node for 200 km has some hundred; more are a peer inventing them
TASKS_MAX = 1000
MISSED_STATUS = 3.0  # status intervals a node may miss before it is dark
AHEAD_S = 1.0  # a sender's clock may be so far ahead of ours
LATE_S = 600.0  # and a message so late; what was stored longer comes through the replay channel
KEPT_S = 30 * 86_400.0  # how old it may be there
FAR_M = 300e3  # no sensor sees so far, and no site is so wide across


@dataclass(frozen=True)
class Node:
    """A registered node.  classes: what it said it may report; informed: it has sent a status marked new."""

    channel: str
    peer: str
    classes: frozenset[str]
    every_s: float
    taskable: bool
    heard_s: float
    fusion: bool = False
    informed: bool = False
    place: GeoPoint | None = None
    dark: bool = False


@dataclass(frozen=True)
class SapientState(State):
    """The link's memory.  tasks: asked and not answered yet, id -> (node, when); said_s: our last status.

    own: our own state and its cause, as statuses say them.
    """

    nodes: Mapping[str, Node] = field(default_factory=dict)
    tasks: Mapping[str, tuple[str, float]] = field(default_factory=dict)
    acknowledged: bool = False
    said_s: float = -math.inf
    own: tuple[str, str] = ("ok", "")
    count: int = 0


UPPER = ("fusion", "parent", "core")  # roles to which others register; core: of the replay channel


def judge(state: SapientState, message: Any) -> str:
    """Return why a message that is valid by itself is refused after what came before, "" if it is not."""
    node = message.node_id
    rules = (_clock, _known, _same_channel, _right_order, _declared, _plausible)
    if state.settings.allow and node not in state.settings.allow:
        return f"node_id: {node} is not on the list of nodes"
    if node == state.settings.node:
        return "node_id: is our own"
    return next((reason for rule in rules if (reason := rule(state, message))), "")


def _clock(state: SapientState, message: Any) -> str:
    if not state.settings.role:
        return ""  # a file is read long after
    late_s = state.now_s - seconds(message.timestamp)
    if late_s < -AHEAD_S:
        return f"timestamp: is {-late_s:.1f} s ahead of us"
    return (
        f"timestamp: is {late_s:.0f} s old" if late_s > (KEPT_S if state.settings.role == "core" else LATE_S) else ""
    )


def _known(state: SapientState, message: Any) -> str:
    if state.settings.role not in UPPER or message.node_id in state.nodes:
        return ""
    kind = message.WhichOneof("content")
    if kind == "registration":
        return "node_id: more nodes than we keep" if len(state.nodes) >= NODES_MAX else ""
    below = state.settings.options.get("middleware") and kind in ("registration_ack", "error")
    return "" if below else f"{kind}: comes before a registration"


def _same_channel(state: SapientState, message: Any) -> str:
    """Refuse a node id that another connection holds, and a second id on one connection."""
    if state.settings.role not in UPPER or state.settings.options.get("middleware"):
        return ""
    known = state.nodes.get(message.node_id)
    if known is not None and known.channel not in ("", state.channel):
        silent_s = state.now_s - known.heard_s
        if known.peer != state.peer or silent_s < MISSED_STATUS * known.every_s:
            return "node_id: is held by another connection"
    held = next((id_ for id_, node in state.nodes.items() if node.channel == state.channel), message.node_id)
    return "" if held == message.node_id else f"node_id: this connection is {held}"


def _right_order(state: SapientState, message: Any) -> str:
    node = state.nodes.get(message.node_id)
    unchanged = message.WhichOneof("content") == "status_report" and message.status_report.info == 2
    if node is not None and unchanged and not node.informed:
        return "status_report.info: is unchanged before there was anything new"
    return ""


def _declared(state: SapientState, message: Any) -> str:
    node = state.nodes.get(message.node_id)
    if node is None:
        return ""
    for k, one in enumerate(message.detection_report.classification):
        if one.type not in node.classes:
            return f"detection_report.classification[{k}].type: {one.type[:40]!r} was not declared at registration"
    return ""


def _plausible(state: SapientState, message: Any) -> str:
    """Refuse places no node of ours can be at or see; say so when they are only the wrong way round."""
    kind = message.WhichOneof("content")
    told = {"status_report": "node_location", "detection_report": "location", "alert": "location"}.get(kind)
    if told is None or not getattr(message, kind).HasField(told):
        return ""
    place = place_of(getattr(getattr(message, kind), told))
    node = state.nodes.get(message.node_id)
    near = node.place if node is not None and node.place is not None and kind != "status_report" else _home(state)
    if place is None or near is None:
        return ""
    away_m = apart_m(place, near)
    if away_m <= FAR_M:
        return ""
    turned = GeoPoint(lon_deg=place.lat_deg, lat_deg=max(-90.0, min(90.0, place.lon_deg)))
    if apart_m(turned, near) <= FAR_M:
        return f"{kind}.{told}: longitude and latitude are swapped, x is the longitude"
    return f"{kind}.{told}: is {away_m / 1000:.0f} km away"


def _home(state: SapientState) -> GeoPoint | None:
    lon, lat = (state.settings.options.get(name) for name in ("near_lon_deg", "near_lat_deg"))
    return GeoPoint(lon_deg=float(lon), lat_deg=float(lat)) if lon is not None and lat is not None else None


def apart_m(a: GeoPoint, b: GeoPoint) -> float:
    """Return the distance of two places on a sphere, metres; the haversine formula, within 0.6 % of the ellipsoid."""
    phi_a, phi_b = math.radians(a.lat_deg), math.radians(b.lat_deg)
    half = math.radians(b.lon_deg - a.lon_deg) / 2
    h = math.sin((phi_b - phi_a) / 2) ** 2 + math.cos(phi_a) * math.cos(phi_b) * math.sin(half) ** 2
    return 2 * 6_371_008.8 * math.asin(min(1.0, math.sqrt(h)))


def remember(state: SapientState, message: Any) -> SapientState:
    """Return the state after a message that was let in."""
    kind, id_ = message.WhichOneof("content"), message.node_id
    if kind == "registration_ack":
        return replace(state, acknowledged=message.registration_ack.acceptance)
    if kind == "registration":
        return _with_node(state, id_, _registered(state, message.registration))
    node = state.nodes.get(id_)
    if node is None:
        return state
    node = replace(node, heard_s=state.now_s, channel=state.channel, dark=False)
    if kind == "status_report":
        report = message.status_report
        place = place_of(report.node_location) if report.HasField("node_location") else node.place
        node = replace(node, informed=node.informed or report.info == 1, place=place)
    return _with_node(state, id_, node)


def _registered(state: SapientState, registration: Any) -> Node:
    every = registration.status_definition.status_interval
    types = {kind.number: kind.name for kind in registration.NodeType.DESCRIPTOR.values}
    said = {types[d.node_type].removeprefix("NODE_TYPE_") for d in registration.node_definition}
    return Node(
        channel=state.channel,
        peer=state.peer,
        classes=frozenset(classes_of(registration)),
        every_s=min(max(every.value * SECONDS_PER[every.units], 1.0), 3600.0),
        taskable=not NEVER_ASKED & said,
        heard_s=state.now_s,
        fusion="FUSION_NODE" in said,
    )


def _with_node(state: SapientState, id_: str, node: Node) -> SapientState:
    if id_ not in state.nodes and len(state.nodes) >= NODES_MAX:
        return state
    return replace(state, nodes={**state.nodes, id_: node})
