"""Bringing a mission or a fence to a drone so that it is there whole, or not at all.

Theory: the drone is told a count and asks for item after item; it swaps them in only when it has them all and then
acknowledges.  Any message may be lost.  What is acknowledged is read back and compared item by item before
it counts as complete, so that a lost or wrong item can never go unseen.

Standard: MAVLink mission protocol (mission types 0 mission, 1 fence).  Met in practice: a drone that asks again and
again for an item that is wrong falls silent without an answer; an upload begun anew at once is asked for the old
count.  So there is a time limit on silence, a cancel that is said aloud, and a pause before the next try.

Rules: nothing here arms or starts.  An upload needs an approval of the step "upload" for this drone and these very
items; a start needs one of the step "start", and a `Verified` that only a read-back makes.  Pure: the time comes in.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Literal

from watchline.domain.records import DroneState, MissionApproval, MissionItem, MissionOutcome
from watchline.links.air.mavlink.frames import Message, Values, frame, layout_of, pack
from watchline.links.contract import LocalError

STATION = 255, 190  # our own system and component number: a ground station
ACCEPTED, CANCELLED = 0, 15  # MAV_MISSION_RESULT
WAYPOINT, FENCE_IN, FENCE_OUT, MISSION_START = 16, 5001, 5002, 300  # MAV_CMD
# What an item may ask for: to fly and to look.  Servos, relays, grippers, parachutes and jumps are not among it.
# Waypoint, loiter (for good, turns, time), return, land, take-off, spline, delay, speed, region of interest, picture.
FLIES = frozenset({16, 17, 18, 19, 20, 21, 22, 82, 93, 178, 195, 197, 201, 203, 206, 2000, 2001, 2500, 2501})
FENCES = frozenset({5000, 5001, 5002, 5003, 5004})
TYPES = {"mission": 0, "fence": 1}
# Known here and nowhere else, so that no other command can be said.
_START = layout_of(
    "COMMAND_LONG",
    "uint8 target_system, uint8 target_component, uint16 command, uint8 confirmation, float param1, float param2, "
    "float param3, float param4, float param5, float param6, float param7",
)


class Limits:
    """How long to wait, how often to try."""

    MAX_ITEMS = 5_000
    # Some drones give a read-back up when three things in a row are lost at their pace of half a second, so what is
    # not answered is said again after three measured round trips, within these bounds.
    RETRY_S = 0.2, 1.5
    TRIES = 12
    READINGS = 6  # of the whole mission, when one breaks off
    SILENT_S = 8.0  # the drone asks for nothing any more
    PAUSE_S = 8.0  # before a new upload after one that was given up


def values_of(item: MissionItem) -> Values:
    """Return the numbers of an item as they lie on the wire."""
    values: Values = {f"param{k + 1}": p for k, p in enumerate(item.params)}
    return values | {
        "frame": item.frame,
        "command": item.command,
        "autocontinue": 1,
        "x": round(item.lat_deg * 1e7),
        "y": round(item.lon_deg * 1e7),
        "z": item.height_m,
    }


def digest_of(items: tuple[MissionItem, ...]) -> str:
    """Return what an approval names: a hash over the items as they are sent."""
    return hashlib.sha256(b"".join(_item_bytes(item) for item in items)).hexdigest()


def _item_bytes(item: MissionItem) -> bytes:
    return pack("MISSION_ITEM_INT", values_of(item), system=0, component=0, sequence=0)


@dataclass(frozen=True)
class Verified:
    """A mission that was read back from the drone and is equal.  Made only by `step`."""

    drone: str
    digest: str


Phase = Literal["waiting", "counting", "sending", "listing", "reading", "done"]


@dataclass(frozen=True)
class State:
    """An upload on its way.  due_s: when to say the last thing again; silent_s: when to give up."""

    approval: MissionApproval
    items: tuple[MissionItem, ...]
    peer: tuple[int, int]
    phase: Phase
    due_s: float
    silent_s: float
    tries: int = 0
    sequence: int = 0
    next_item: int = 0
    asked_s: float = 0.0
    round_s: float = 0.3
    readings: int = 0
    outcome: MissionOutcome | None = None
    verified: Verified | None = None


def init(
    approval: MissionApproval,
    items: tuple[MissionItem, ...],
    peer: tuple[int, int],
    now_s: float,
    *,
    given_up_s: float | None = None,
) -> State:
    """Return an upload that begins at the next `step`; given_up_s: when the one before was given up, if it was.

    peer: the drone's system and component number.  LocalError unless the approval is for these items and this step.
    """
    if approval.step != "upload" or approval.digest != digest_of(items):
        raise LocalError("mavlink: these items were not approved for upload")
    if not 0 < len(items) <= Limits.MAX_ITEMS:
        raise LocalError(f"mavlink: 1 to {Limits.MAX_ITEMS} items, not {len(items)}")
    begin_s = now_s if given_up_s is None else max(now_s, given_up_s + Limits.PAUSE_S)
    return State(approval, items, peer, "waiting", begin_s, begin_s + Limits.SILENT_S)


def step(state: State, messages: list[Message], now_s: float) -> tuple[State, list[bytes]]:
    """Take what the drone said and the time; return what to send now.  Over once `state.outcome` is there."""
    out: list[bytes] = []
    for message in messages:
        if (message.system, message.component) == state.peer and _for_us(state, message):
            state = _heard(state, message, now_s, out)
    if state.outcome is None:
        state = _on_time(state, now_s, out)
    return state, out


def start_frame(state: State, approval: MissionApproval, drone: DroneState) -> bytes:
    """Return the frame that makes a drone begin the mission it verifiably holds.

    drone: its latest state.  Some autopilots arm on this command by themselves, so a drone that its own crew has not
    armed is never sent it.  LocalError without an approval of the step "start" for these very items.
    """
    held = state.verified
    if drone.drone != approval.drone or drone.armed is not True:
        raise LocalError("mavlink: only a drone that its crew has armed is started")
    if held is None or approval.step != "start" or (approval.drone, approval.digest) != (held.drone, held.digest):
        raise LocalError("mavlink: a start needs its own approval of the very mission that was read back")
    system, component = STATION
    to: Values = {"target_system": state.peer[0], "target_component": state.peer[1], "command": MISSION_START}
    return frame(76, _START, to, system=system, component=component, sequence=state.sequence)


def cancel(state: State, now_s: float, reason: str) -> tuple[State, list[bytes]]:
    """Give an upload up, and say so to the drone."""
    out: list[bytes] = []
    return _refuse(state, now_s, reason, out), out


def _for_us(state: State, message: Message) -> bool:
    """Return whether a message is about this upload: its kind and, where it says so, to us."""
    if message.values.get("mission_type", TYPES[state.approval.what]) != TYPES[state.approval.what]:
        return False
    return message.values.get("target_system", STATION[0]) in (0, STATION[0])


def _heard(state: State, message: Message, now_s: float, out: list[bytes]) -> State:
    if state.outcome is not None:
        return state
    match message.name, state.phase:
        case (("MISSION_REQUEST" | "MISSION_REQUEST_INT"), ("counting" | "sending")):
            return _asked(state, message.whole("seq"), now_s, out)
        case "MISSION_ACK", ("counting" | "sending"):
            return _acknowledged(state, message.whole("type"), now_s, out)
        case "MISSION_COUNT", "listing":
            return _listed(state, message.whole("count"), now_s, out)
        case "MISSION_ITEM_INT", "reading" if message.whole("seq") == state.next_item:
            return _read(state, message, now_s, out)
    return state


def _asked(state: State, seq: int, now_s: float, out: list[bytes]) -> State:
    if seq >= len(state.items):
        return _refuse(state, now_s, f"the drone asks for item {seq} of {len(state.items)}", out)
    values = values_of(state.items[seq]) | {"seq": seq, "current": int(seq == 0 and state.approval.what == "mission")}
    state = _say(state, "MISSION_ITEM_INT", values, out)
    return _later(replace(state, phase="sending", next_item=max(state.next_item, seq + 1), tries=0), now_s)


def _acknowledged(state: State, result: int, now_s: float, out: list[bytes]) -> State:
    if result != ACCEPTED:
        return _refuse(state, now_s, f"the drone refused it (MAV_MISSION_RESULT {result})", out, tell=False)
    if state.next_item < len(state.items):
        return _refuse(state, now_s, f"accepted after {state.next_item} of {len(state.items)} items", out)
    return _ask_list(replace(state, tries=0), now_s, out)


def _ask_list(state: State, now_s: float, out: list[bytes]) -> State:
    state = _say(state, "MISSION_REQUEST_LIST", {}, out)
    return _later(replace(state, phase="listing", next_item=0), now_s)


def _listed(state: State, count: int, now_s: float, out: list[bytes]) -> State:
    if count != len(state.items):
        return _refuse(state, now_s, f"read back: {count} items, sent {len(state.items)}", out)
    return _ask_item(replace(state, phase="reading", next_item=0, tries=0), now_s, out)


def _ask_item(state: State, now_s: float, out: list[bytes]) -> State:
    return _later(_say(state, "MISSION_REQUEST_INT", {"seq": state.next_item}, out), now_s)


def _read(state: State, message: Message, now_s: float, out: list[bytes]) -> State:
    seq = state.next_item
    if not same_item(state.items[seq], message):
        return _refuse(state, now_s, f"read back: item {seq} is not what was sent", out)
    state = replace(_answered(state, now_s), next_item=seq + 1)
    if state.next_item < len(state.items):
        return _ask_item(state, now_s, out)
    state = _say(state, "MISSION_ACK", {"type": ACCEPTED}, out)
    held = Verified(state.approval.drone, state.approval.digest)
    return replace(state, phase="done", outcome=_outcome(state, now_s, ""), verified=held)


def same_item(item: MissionItem, message: Message) -> bool:
    """Return whether an item read back is the one sent: command, frame, place to 1e-7 deg, height to a millimetre.

    Frames 0 and 5, 3 and 6, are the same heights with whole and with real numbers (MAV_FRAME).
    """
    same_frame = {5: 0, 6: 3}
    sent = values_of(item)
    got = message.values
    if sent["command"] != got["command"] or sent["x"] != got["x"] or sent["y"] != got["y"]:
        return False
    if same_frame.get(item.frame, item.frame) != same_frame.get(message.whole("frame"), message.whole("frame")):
        return False
    near = abs(item.height_m - message.real("z")) <= 1e-3 + 1e-6 * abs(item.height_m)
    return near and all(
        abs(p - message.real(f"param{k + 1}")) <= 1e-3 + 1e-6 * abs(p) for k, p in enumerate(item.params)
    )


def _on_time(state: State, now_s: float, out: list[bytes]) -> State:
    if now_s < state.due_s:
        return state
    if state.phase == "sending":
        # It is the drone that asks again; all we can do is wait, and not for ever.
        if now_s < state.silent_s:
            return state
        if state.next_item == len(state.items):  # its acknowledgement may be what was lost: read back and see
            return _ask_list(replace(state, tries=0), now_s, out)
        reason = f"the drone fell silent after asking for {state.next_item} of {len(state.items)} items"
        return _refuse(state, now_s, reason, out)
    if state.tries >= Limits.TRIES and state.phase in ("listing", "reading") and state.readings < Limits.READINGS:
        return _ask_list(replace(state, tries=0, readings=state.readings + 1), now_s, out)
    if state.tries >= Limits.TRIES:
        return _refuse(state, now_s, f"no answer while {state.phase}, {state.tries} tries", out)
    state = replace(state, tries=state.tries + 1)
    match state.phase:
        case "waiting" | "counting":
            state = _say(state, "MISSION_COUNT", {"count": len(state.items)}, out)
            return _later(replace(state, phase="counting"), now_s)
        case "listing":
            return _ask_list(state, now_s, out)
        case _:
            return _ask_item(state, now_s, out)


def _later(state: State, now_s: float) -> State:
    low_s, high_s = Limits.RETRY_S
    due_s = now_s + min(max(3 * state.round_s, low_s), high_s)
    return replace(state, asked_s=now_s, due_s=due_s, silent_s=now_s + Limits.SILENT_S)


def _answered(state: State, now_s: float) -> State:
    """Return the state with the round trip learned from an answer to the first asking."""
    if state.tries:
        return replace(state, tries=0)
    return replace(state, round_s=0.8 * state.round_s + 0.2 * (now_s - state.asked_s))


def _refuse(state: State, now_s: float, reason: str, out: list[bytes], *, tell: bool = True) -> State:
    if tell:
        state = _say(state, "MISSION_ACK", {"type": CANCELLED}, out)
    return replace(state, phase="done", outcome=_outcome(state, now_s, reason))


def _outcome(state: State, now_s: float, reason: str) -> MissionOutcome:
    approval = state.approval
    return MissionOutcome(
        id=f"{approval.id}-outcome",
        t_s=now_s,
        source="mavlink",
        provenance=(approval.id,),
        exercise=approval.exercise,
        drone=approval.drone,
        what=approval.what,
        outcome="refused" if reason else "complete",
        digest=approval.digest,
        items=len(state.items),
        reason=reason,
    )


def _say(state: State, name: str, values: Values, out: list[bytes]) -> State:
    to: Values = {"target_system": state.peer[0], "target_component": state.peer[1]}
    kind: Values = {"mission_type": TYPES[state.approval.what]}
    system, component = STATION
    out.append(pack(name, values | to | kind, system=system, component=component, sequence=state.sequence))
    return replace(state, sequence=state.sequence + 1 & 0xFF)
