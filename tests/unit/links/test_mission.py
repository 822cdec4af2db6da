"""A mission comes to a drone whole or is refused, whatever is lost; a start needs its own approval."""

from __future__ import annotations

import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchline.domain.records import DroneState, MissionApproval, MissionItem
from watchline.links.air import mavlink
from watchline.links.air.mavlink import Message, mission
from watchline.links.contract import LocalError, Settings

PEER = (1, 1)


def items(n: int) -> tuple[MissionItem, ...]:
    return tuple(
        MissionItem(command=16, lat_deg=33.6 + 1e-5 * k, lon_deg=42.0, height_m=50.0 + k % 7) for k in range(n)
    )


def approval(plan: tuple[MissionItem, ...], step: str = "upload") -> MissionApproval:
    return MissionApproval(
        id=f"A-{step}", t_s=0.0, source="op", drone="d", step=step, what="mission",  # type: ignore[arg-type]
        digest=mission.digest_of(plan), operator="op",
    )  # fmt: skip


class Drone:
    """The protocol's other side by the standard's text: asks item by item, again after half a second, five times."""

    def __init__(self, spoil: int | None = None, result: int = 0) -> None:
        self.held: list[dict[str, object]] = []
        self.coming: list[dict[str, object]] | None = None
        self.count = self.tries = 0
        self.asked_s = 0.0
        self.spoil, self.result = spoil, result

    def hear(self, message: Message, now_s: float) -> list[Message]:
        match message.name:
            case "MISSION_COUNT":
                self.count, self.coming = message.whole("count"), []
                return self._ask(now_s, 0)
            case "MISSION_ITEM_INT" if self.coming is not None and message.whole("seq") == len(self.coming):
                self.coming.append(dict(message.values))
                if len(self.coming) < self.count:
                    return self._ask(now_s, 0)
                if self.result == 0:
                    self.held = self.coming
                self.coming = None
                return [self._say("MISSION_ACK", {"type": self.result})]
            case "MISSION_REQUEST_LIST":
                return [self._say("MISSION_COUNT", {"count": len(self.held)})]
            case "MISSION_REQUEST_INT":
                seq = message.whole("seq")
                values = dict(self.held[seq])
                if seq == self.spoil:
                    values["x"] = message.whole("seq") + 1
                return [self._say("MISSION_ITEM_INT", values | {"target_system": 255, "seq": seq})]
            case "MISSION_ACK" if message.whole("type") == mission.CANCELLED:
                self.coming = None
        return []

    def tick(self, now_s: float) -> list[Message]:
        if self.coming is None or now_s < self.asked_s + 0.5:
            return []
        if self.tries >= 5:
            self.coming = None  # falls silent, as a real one did
            return []
        return self._ask(now_s, self.tries + 1)

    def _ask(self, now_s: float, tries: int) -> list[Message]:
        assert self.coming is not None
        self.asked_s, self.tries = now_s, tries
        return [self._say("MISSION_REQUEST_INT", {"seq": len(self.coming)})]

    def _say(self, name: str, values: dict[str, object]) -> Message:
        raw = mavlink.pack(name, values, system=1, component=1, sequence=0)  # type: ignore[arg-type]
        return unpacked(raw)


def unpacked(raw: bytes) -> Message:
    _, (message,), errors = mavlink.unpack(mavlink.init(Settings("m")), raw)
    assert errors == []
    return message


def fly(
    plan: tuple[MissionItem, ...], drone: Drone, loss: float, seed: int, twice: float = 0.0
) -> tuple[mission.State, float]:
    rng, now_s = random.Random(seed), 0.0
    state = mission.init(approval(plan), plan, PEER, now_s)
    to_us: list[Message] = []
    while state.outcome is None and now_s < 3600.0:
        state, out = mission.step(state, to_us, now_s)
        to_us = drone.tick(now_s)
        for raw in out:
            for _ in range(1 + (rng.random() < twice)):
                if rng.random() >= loss:
                    to_us += drone.hear(unpacked(raw), now_s)
        to_us = [message for message in to_us if rng.random() >= loss]
        now_s += 0.05
    return state, now_s


@settings(max_examples=40, deadline=None)
@given(n=st.integers(1, 40), loss=st.floats(0.0, 0.5), seed=st.integers(0, 2**32), twice=st.floats(0.0, 0.3))
def test_complete_means_that_the_drone_holds_every_item(n: int, loss: float, seed: int, twice: float) -> None:
    drone = Drone()
    state, _ = fly(items(n), drone, loss, seed, twice)
    assert state.outcome is not None
    if state.outcome.outcome == "complete":
        assert [(h["x"], h["z"]) for h in drone.held] == [(mission.values_of(i)["x"], i.height_m) for i in items(n)]
        assert state.verified is not None
    else:
        assert state.outcome.reason
        assert state.verified is None


def test_a_thousand_items_at_five_per_cent_loss_are_complete() -> None:
    state, _ = fly(items(1000), Drone(), 0.05, seed=3)
    assert state.outcome is not None
    assert (state.outcome.outcome, state.outcome.items) == ("complete", 1000)


def test_an_item_that_the_drone_keeps_otherwise_is_found_by_reading_back() -> None:
    state, _ = fly(items(30), Drone(spoil=17), 0.0, seed=1)
    assert state.outcome is not None
    assert (state.outcome.outcome, state.outcome.reason) == ("refused", "read back: item 17 is not what was sent")


def test_a_drone_that_refuses_is_quoted() -> None:
    state, _ = fly(items(3), Drone(result=4), 0.0, seed=1)
    assert state.outcome is not None
    assert "MAV_MISSION_RESULT 4" in state.outcome.reason


def test_a_drone_that_never_answers_is_given_up_within_seconds() -> None:
    state, now_s = fly(items(3), Drone(), 1.0, seed=1)
    assert state.outcome is not None
    assert "no answer while counting" in state.outcome.reason
    assert now_s < 30.0


def test_a_drone_that_asks_for_an_item_beyond_the_end_is_told_that_it_is_over() -> None:
    plan = items(6)
    state = mission.init(approval(plan), plan, PEER, 0.0)
    state, _ = mission.step(state, [], 0.0)
    request = mavlink.pack("MISSION_REQUEST_INT", {"seq": 6}, system=1, component=1, sequence=0)
    state, out = mission.step(state, [unpacked(request)], 0.1)
    assert state.outcome is not None
    assert state.outcome.reason == "the drone asks for item 6 of 6"
    assert unpacked(out[-1]).whole("type") == mission.CANCELLED


def test_after_an_upload_that_was_given_up_the_next_one_waits() -> None:
    plan = items(3)
    state = mission.init(approval(plan), plan, PEER, 101.0, given_up_s=100.0)
    assert mission.step(state, [], 107.9)[1] == []
    assert unpacked(mission.step(state, [], 108.0)[1][0]).name == "MISSION_COUNT"


def test_only_the_very_items_that_were_approved_are_sent() -> None:
    with pytest.raises(LocalError, match="not approved"):
        mission.init(approval(items(3)), items(4), PEER, 0.0)
    with pytest.raises(LocalError, match="not approved"):
        mission.init(approval(items(3), "start"), items(3), PEER, 0.0)


def test_a_start_needs_its_own_approval_a_read_back_and_a_drone_that_its_crew_has_armed() -> None:
    plan = items(5)
    state, _ = fly(plan, Drone(), 0.0, seed=1)
    armed = DroneState(id="x", t_s=0.0, source="m", drone="d", armed=True)
    assert len(mission.start_frame(state, approval(plan, "start"), armed)) > 12
    never = mission.init(approval(plan), plan, PEER, 0.0)
    for held, word, drone in (
        (state, approval(plan), armed),
        (state, approval(items(6), "start"), armed),
        (never, approval(plan, "start"), armed),
        (state, approval(plan, "start"), msgspec.structs.replace(armed, armed=False)),
        (state, approval(plan, "start"), msgspec.structs.replace(armed, armed=None)),
        (state, approval(plan, "start"), msgspec.structs.replace(armed, drone="other")),
    ):
        with pytest.raises(LocalError):
            mission.start_frame(held, word, drone)


def test_an_upload_says_nothing_but_the_words_of_the_mission_protocol() -> None:
    said: set[str] = set()
    plan, drone, now_s = items(20), Drone(), 0.0
    state, to_us = mission.init(approval(plan), plan, PEER, 0.0), list[Message]()
    while state.outcome is None:
        state, out = mission.step(state, to_us, now_s)
        messages = [unpacked(raw) for raw in out]
        said |= {message.name for message in messages}
        to_us = [answer for message in messages for answer in drone.hear(message, now_s)]
        now_s += 0.05
    assert said == {"MISSION_COUNT", "MISSION_ITEM_INT", "MISSION_REQUEST_LIST", "MISSION_REQUEST_INT", "MISSION_ACK"}
