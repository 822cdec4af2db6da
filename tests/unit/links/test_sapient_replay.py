"""The replay channel: what a node kept comes with its own times, once, held to the rules of what is said live."""

from __future__ import annotations

from dataclasses import replace

import pytest

pytest.importorskip("sapient_msg")

from sapient_messages import CORE, NOW_S, OTHER, TOWER, alert, detection, look_at, registered, status
from watchline.domain.records import Drop, NodeAnswer, NodeDetection, NodeReplay, Record
from watchline.links import LocalError, Settings, sapient
from watchline.links.contract import at
from watchline.links.sapient import replay
from watchline.ops.exchange.once import Once

LATER_S = NOW_S + 3 * 3600.0


def core(**more) -> replay.ReplayState:
    said = {"node": CORE, "role": "core", "options": {"of": "towers"}} | more
    return replace(at(replay.init(Settings("late", **said)), LATER_S), channel="1")


def body(record: Record) -> bytes:
    return sapient.encode(record)[4:]


def hello(acknowledged: int = 0) -> bytes:
    return replay.frame(b"H", body(registered()), acknowledged)


def kept(number: int, record: Record) -> bytes:
    return replay.frame(b"M", body(record), number)


def hear(state: replay.ReplayState, *frames: bytes) -> tuple[replay.ReplayState, tuple[Record, ...], list[str]]:
    state, records, errors = replay.decode(state, b"".join(frames))
    state, frames_out, told = replay.due(state)
    assert frames_out == ()
    return state, (*records, *told), [error.reason for error in errors]


def test_what_was_kept_for_hours_comes_as_of_the_live_link_with_its_own_times() -> None:
    frames = [kept(k + 1, detection(t_s=NOW_S + k, object_id=str(k))) for k in range(3)]
    _, records, errors = hear(core(), hello(), *frames, kept(4, status(t_s=NOW_S + 9)), kept(5, alert()))
    assert errors == []
    *came, told = records
    assert [record.t_s for record in came] == [NOW_S, NOW_S + 1, NOW_S + 2, NOW_S + 9, NOW_S]
    assert {record.source for record in came} == {"towers"}
    assert isinstance(told, NodeReplay)
    assert (told.node, told.from_number, told.to_number) == (TOWER, 1, 5)
    assert (told.first_s, told.last_s, told.refused) == (NOW_S, NOW_S + 9, 0)


def test_pieces_cut_anywhere_say_the_same() -> None:
    whole = hello() + b"".join(kept(k + 1, detection(t_s=NOW_S + k)) for k in range(3))
    want = [r for r in hear(core(), whole)[1] if isinstance(r, NodeDetection)]
    state, got = core(), list[Record]()
    for k in range(0, len(whole), 7):
        state, records, errors = hear(state, whole[k : k + 7])
        assert errors == []
        got += [record for record in records if isinstance(record, NodeDetection)]
    assert got == want
    assert len(got) == 3


@pytest.mark.parametrize(
    ("frames", "why"),
    [
        ([kept(1, detection())], "before a registration"),
        ([hello(), kept(1, look_at(source=TOWER))], "task does not belong"),
        ([hello(), kept(1, detection(source=OTHER))], "before a registration"),
        ([hello(), kept(1, detection(p_class=(("Ghost", 0.5),)))], "was not declared"),
        ([hello(), kept(1, detection(t_s=LATER_S + 60))], "ahead of us"),
        ([hello(), kept(1, detection(t_s=NOW_S - 40 * 86400))], "old"),
        ([hello(), replay.frame(b"M", b"\xff" * 20, 1)], "protobuf"),
        ([hello(), replay.frame(b"Z", b"", 1)], "begins no frame"),
        ([b"\xff\xff\xff\xff"], "a frame of 4294967295 bytes"),
    ],
)
def test_what_breaks_a_rule_is_refused_with_it(frames: list[bytes], why: str) -> None:
    _, records, errors = hear(core(), *frames)
    assert why in errors[-1]
    assert not [record for record in records if isinstance(record, NodeDetection)]


def test_a_refused_message_is_acknowledged_with_the_others_or_it_would_come_for_ever() -> None:
    _, records, errors = hear(core(), hello(), kept(1, detection(p_class=(("Ghost", 1.0),))), kept(2, detection()))
    assert len(errors) == 1
    told = records[-1]
    assert isinstance(told, NodeReplay)
    assert (told.from_number, told.to_number, told.refused) == (1, 2, 1)


def test_a_gap_in_the_numbers_is_told_as_what_the_store_could_not_hold() -> None:
    _, records, _ = hear(core(), hello(10), kept(14, detection()), kept(15, detection(t_s=NOW_S + 1)))
    (drop,) = [record for record in records if isinstance(record, Drop)]
    assert (drop.dropped, drop.queue) == (3, f"store of node {TOWER}")


def test_a_node_that_lost_its_store_begins_anew() -> None:
    state, _, _ = hear(core(), hello(), kept(1, detection()), kept(2, detection(t_s=NOW_S + 1)))
    state = replace(replay.closed(state), channel="2")
    _, records, errors = hear(state, hello(), kept(1, detection(t_s=NOW_S + 2)))
    assert errors == []
    assert [r.t_s for r in records if isinstance(r, NodeDetection)] == [NOW_S + 2]


def test_only_listed_nodes_are_believed_and_a_second_connection_does_not_take_one_over() -> None:
    _, _, errors = hear(core(allow=frozenset({OTHER})), hello())
    assert "not on the list" in errors[0]
    state, _, _ = hear(core(), hello())
    _, _, errors = hear(replace(state, channel="2"), hello())
    assert "held by another connection" in errors[0]


def test_what_came_live_and_again_from_the_store_is_let_in_once() -> None:
    live = sapient.decode(at(sapient.init(Settings("towers")), NOW_S), sapient.encode(detection()))[1]
    _, late, _ = hear(core(), hello(), kept(1, detection()), kept(2, detection(t_s=NOW_S + 1)))
    once = Once()
    assert once.new(live) == list(live)
    assert [record.t_s for record in once.new(late) if isinstance(record, NodeDetection)] == [NOW_S + 1]
    assert once.repeated == 1


def test_a_node_is_told_only_what_is_durable() -> None:
    answer = NodeAnswer(id="a", t_s=NOW_S, source="late", node=TOWER, to="replay", ref="17", state="accepted")
    found = replay.take(replay.encode(answer))
    assert found is not None
    assert replay.durable_up_to(*found[:2]) == 17
    state, _, _ = hear(core(), hello())
    assert replay.route(state, answer) == {"1"}
    assert replay.route(replay.closed(state), answer) == frozenset()
    with pytest.raises(LocalError):
        replay.encode(detection())
    with pytest.raises(ValueError, match="no acknowledgement"):
        replay.durable_up_to(b"H", b"")
