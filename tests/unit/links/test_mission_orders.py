"""The MAVLink link follows approvals and nothing else: one upload, one start, each answered by an outcome."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from watchline.domain.records import (
    Chat,
    DroneState,
    GeoPoint,
    MissionApproval,
    MissionItem,
    MissionOutcome,
    MissionPlan,
)
from watchline.links.air import mavlink
from watchline.links.air.mavlink import mission
from watchline.links.air.mavlink.orders import DronesState
from watchline.links.contract import LocalError, Settings, at

ITEMS = tuple(MissionItem(command=16, lat_deg=33.6, lon_deg=42.0 + k / 1000, height_m=60.0) for k in range(3))
PLAN = MissionPlan(
    id="P", t_s=0.0, source="op", drone="drone-1", what="mission", items=ITEMS, digest=mission.digest_of(ITEMS)
)
HEARD = DroneState(
    id="x", t_s=100.0, source="m", drone="drone-1", place=GeoPoint(lon_deg=42.0, lat_deg=33.6, msl_m=400.0), mode=4,
    armed=False,
)  # fmt: skip


def approval(step: str, **more: str) -> MissionApproval:
    said = {"id": f"A-{step}", "t_s": 0.0, "source": "op", "drone": "drone-1", "step": step, "what": "mission"}
    return MissionApproval(**(said | {"digest": PLAN.digest, "operator": "op"} | more))  # type: ignore[arg-type]


def heard(armed: bool = False) -> DronesState:
    state = replace(mavlink.init(Settings("drones")), channel="c1")
    state, _, errors = mavlink.decode(at(state, 100.0), mavlink.encode(msgspec.structs.replace(HEARD, armed=armed)))  # type: ignore[assignment]
    assert errors == ()
    return state


def ordered(state: DronesState, *records: MissionPlan | MissionApproval) -> DronesState:
    for record in records:
        after = mavlink.ordered(state, record)
        assert after is not None
        state = after
    return state


def outcome(state: DronesState) -> MissionOutcome:
    _, frames, (told,) = mavlink.due(state)
    assert [name for _, data in frames for name in names(data)] in ([], ["HEARTBEAT"])
    assert isinstance(told, MissionOutcome)
    return told


def names(data: bytes) -> list[str]:
    _, messages, _ = mavlink.unpack(mavlink.init(Settings("t")), data)
    return [message.name for message in messages]


def test_a_plan_alone_says_nothing_and_an_approved_one_begins_with_its_count() -> None:
    state = ordered(heard(), PLAN)
    assert mavlink.due(state)[1:] == ((), ())
    state = ordered(state, approval("upload"))
    state, frames, told = mavlink.due(state)
    assert told == ()
    assert [(channel, names(data)) for channel, data in frames] == [("c1", ["MISSION_COUNT"]), ("c1", ["HEARTBEAT"])]
    again = ordered(state, approval("upload"))
    assert "under way" in outcome(again).reason


@pytest.mark.parametrize(
    ("word", "words"),
    [
        (approval("upload", digest="0" * 64), "no such plan"),
        (approval("upload", operator=""), "nobody approved"),
        (approval("start"), "nothing was brought"),
        (approval("upload", drone="drone-9"), "no such plan"),
    ],
)
def test_approvals_that_cannot_be_followed_are_answered(word: MissionApproval, words: str) -> None:
    told = outcome(ordered(heard(), PLAN, word))
    assert told.outcome == "refused"
    assert words in told.reason


def test_a_drone_that_was_not_heard_is_sent_nothing() -> None:
    state = ordered(at(heard(), 200.0), PLAN, approval("upload"))  # type: ignore[arg-type]
    assert outcome(state).reason == "drone-1 is not heard"


def held(armed: bool) -> DronesState:
    state = ordered(heard(armed), PLAN)
    done = replace(
        mission.init(approval("upload"), ITEMS, (1, 1), 90.0),
        outcome=MissionOutcome(
            id="o",
            t_s=90.0,
            source="m",
            drone="drone-1",
            what="mission",
            outcome="complete",
            digest=PLAN.digest,
            items=3,
        ),
        verified=mission.Verified("drone-1", PLAN.digest),
    )
    return replace(state, uploads={"drone-1": done})


def test_a_start_goes_only_to_a_drone_that_its_crew_has_armed_and_ends_with_its_answer() -> None:
    assert "armed" in outcome(ordered(held(armed=False), approval("start"))).reason
    state = ordered(held(armed=True), approval("start"))
    state, frames, told = mavlink.due(state)
    assert told == ()
    (start, _) = [data for _, data in frames]
    assert int.from_bytes(start[7:10], "little") == 76  # COMMAND_LONG, which has no definition here
    ack = mavlink.pack("COMMAND_ACK", {"command": 300, "result": 0}, system=1, component=1, sequence=9)
    state, _, _ = mavlink.decode(state, ack)  # type: ignore[assignment]
    assert outcome(state).outcome == "started"


def test_a_start_that_is_not_answered_is_said_a_few_times_and_then_told_as_unknown() -> None:
    state, starts, told = ordered(held(armed=True), approval("start")), 0, ()
    for second in range(10):
        state, frames, told = mavlink.due(at(state, 100.0 + second))  # type: ignore[assignment, arg-type]
        starts += sum(int.from_bytes(data[7:10], "little") == 76 for _, data in frames)
        if told:
            break
    (one,) = told
    assert isinstance(one, MissionOutcome)
    assert starts == 5
    assert "unknown" in one.reason


@pytest.mark.parametrize("command", [181, 183, 208, 211, 177, 400])  # relay, servo, parachute, gripper, jump, arm
def test_items_that_do_more_than_fly_and_look_are_refused(command: int) -> None:
    items = (msgspec.structs.replace(ITEMS[0], command=command),)
    plan = msgspec.structs.replace(PLAN, items=items, digest=mission.digest_of(items))
    with pytest.raises(LocalError, match="to fly and to look"):
        mavlink.ordered(heard(), plan)
    with pytest.raises(LocalError, match="digest"):
        mavlink.ordered(heard(), msgspec.structs.replace(plan, items=ITEMS))
    assert mavlink.ordered(heard(), Chat(id="c", t_s=0.0, source="s", sender="a", to="b", text="arm")) is None
