"""SAPIENT: what is let in, what is refused and why, who answers whom."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("sapient_msg")

from sapient_msg.bsi_flex_335_v2_0 import sapient_message_pb2

from sapient_messages import (
    CORE,
    HOME,
    NOW_S,
    OTHER,
    TOWER,
    Peer,
    alert,
    detection,
    frame,
    fusion,
    look_at,
    registered,
    status,
)  # fmt: skip
from watchline.domain.records import Chat, GeoPoint, NodeAnswer, NodeDetection, NodeStatus, NodeTask, SensorHealth
from watchline.links import LocalError, Settings, sapient
from watchline.links.contract import at
from watchline.links.ids import ulid
from watchline.links.sapient.rules import ULID, faults
from watchline.links.sapient.writing import message_of


def _refused(record, change, peer=None):
    """Return why a fusion node that knows the tower refuses a message after `change` was done to it."""
    peer = peer or Peer(fusion())
    if not peer.state.nodes:
        peer.hear(registered(), status())
    message = message_of(record)
    change(message)
    before = len(peer.errors)
    peer.hear(frame(message))
    return peer.reason if len(peer.errors) > before else ""


def test_what_we_say_is_what_we_hear() -> None:
    peer = Peer(fusion())
    said = [registered(), status(), detection(velocity_enu_m_s=(1.0, 2.0, 0.0), p_class=(("Human", 0.5),)), alert()]
    peer.hear(*said)
    assert peer.errors == []
    heard = peer.records
    assert [type(record) for record in heard] == [type(record) for record in said]
    assert heard[2].direction.bearing_rad == pytest.approx(1.0)
    assert heard[2].velocity_enu_m_s == (1.0, 2.0, 0.0)
    assert heard[2].p_class == (("Human", 0.5),)
    assert heard[1].place == HOME
    assert heard[3].alert_id == ulid("A-1")


@pytest.mark.parametrize("record", [registered(), status(), detection(), alert(), look_at()])
def test_what_we_say_follows_our_own_rules(record) -> None:
    assert faults(message_of(record)) == []


def _set(path: str, value):
    def change(message) -> None:
        *way, last = path.split(".")
        for name in way:
            message = getattr(message, name)
        setattr(message, last, value)

    return change


@pytest.mark.parametrize(
    ("record", "path", "value", "rule"),
    [
        (detection(), "node_id", TOWER.upper(), "lower-case UUID of version 4"),
        (detection(), "node_id", "a8654cdf-4328-17de-81fa-c495589e30c8", "lower-case UUID of version 4"),
        (detection(), "detection_report.object_id", "01ggyfbaxh4vyrqyex7s3xgk3h", "upper-case ULID"),
        (detection(), "detection_report.object_id", "81GGYFBAXH4VYRQYEX7S3XGK3H", "upper-case ULID"),
        (detection(), "detection_report.report_id", TOWER, "upper-case ULID"),
        (detection(), "detection_report.detection_confidence", 7.0, "within 0..1"),
        (detection(), "detection_report.detection_confidence", float("nan"), "finite"),
        (detection(), "detection_report.range_bearing.azimuth", 500.0, "within -360..360"),
        (detection(), "detection_report.range_bearing.range", -1.0, "not be negative"),
        (detection(), "detection_report.range_bearing.datum", 0, "unspecified"),
        (detection(place=HOME), "detection_report.location.y", -200.0, "within -90..90"),
        (detection(place=HOME), "detection_report.location.x", 500.0, "within -180..180"),
        (detection(place=HOME), "detection_report.location.coordinate_system", 3, "no value of"),
        (status(), "status_report.system", 0, "unspecified"),
        (status(), "status_report.system", 4, "no value of"),
        (status(), "status_report.mode", "", "must not be empty"),
        (status(), "status_report.power.level", 101, "within 0..100"),
        (status(), "destination_id", "nobody", "lower-case UUID"),
        (status(), "timestamp.nanos", -1, "nanoseconds"),
        (registered(), "registration.icd_version", "BSI Flex 335 v1.0", "is not 'BSI Flex 335 v2.0'"),
        (registered(), "registration.status_definition.status_interval.value", -1.0, "not be negative"),
        (alert(), "alert.ranking", 1.5, "within 0..1"),
    ],
)
def test_a_bent_field_is_named_with_its_rule(record, path, value, rule) -> None:
    reason = _refused(record, _set(path, value))
    assert rule in reason
    assert path.split(".")[-1] in reason


def test_a_field_the_standard_does_not_have_is_refused() -> None:
    body = message_of(status()).SerializeToString() + b"\xfa\x07\x01x"
    peer = Peer(fusion())
    peer.hear(registered(), len(body).to_bytes(4, "little") + body)
    assert "not in the standard" in peer.reason


def test_units_and_datum_belong_together() -> None:
    def mixed(message) -> None:
        kind = message.registration.mode_definition[0].detection_definition[0].location_type
        kind.range_bearing_datum = "RANGE_BEARING_DATUM_TRUE"

    assert "does not belong to location_units" in _refused(registered(), mixed)


def test_swapped_coordinates_are_called_swapped() -> None:
    wrong = GeoPoint(lon_deg=HOME.lat_deg, lat_deg=HOME.lon_deg)
    assert "swapped" in _refused(detection(place=wrong), lambda m: None)
    assert "swapped" in _refused(status(place=wrong), lambda m: None)


def test_a_place_far_away_is_refused() -> None:
    assert re.search(
        r"is \d+ km away", _refused(detection(place=GeoPoint(lon_deg=2.0, lat_deg=48.0)), lambda m: None)
    )


def test_a_class_that_was_not_declared_is_refused() -> None:
    assert "not declared" in _refused(detection(p_class=(("Unicorn", 0.5),)), lambda m: None)
    assert _refused(detection(p_class=(("person", 0.5),)), lambda m: None) == ""


def test_nothing_comes_before_a_registration() -> None:
    peer = Peer(fusion())
    peer.hear(detection())
    assert "before a registration" in peer.reason


def test_a_node_held_by_another_connection_cannot_be_taken() -> None:
    peer = Peer(fusion())
    peer.hear(registered(), channel="1")
    answers = peer.hear(registered(), channel="2")
    assert "held by another connection" in peer.reason
    assert peer.state.nodes[TOWER].channel == "1"
    assert [a.state for a in answers if isinstance(a, NodeAnswer)] == ["rejected"]


def test_a_node_may_come_back_when_its_connection_has_ended_or_fallen_silent() -> None:
    peer = Peer(fusion())
    peer.hear(registered(), channel="1")
    peer.hear(replace_time(registered(), 60.0), channel="2", now_s=NOW_S + 60.0)
    assert peer.errors == []
    peer.state = sapient.closed(replace(peer.state, channel="2"))
    peer.hear(replace_time(registered(), 61.0), channel="3", now_s=NOW_S + 61.0)
    assert peer.errors == []


def test_another_certificate_never_takes_a_node_over() -> None:
    peer = Peer(fusion())
    peer.hear(registered(), channel="1", peer="tower-1")
    peer.hear(replace_time(registered(), 600.0), channel="2", now_s=NOW_S + 600.0, peer="tower-2")
    assert "held by another connection" in peer.reason


def replace_time(record, later_s):
    import msgspec

    return msgspec.structs.replace(record, t_s=record.t_s + later_s)


def test_a_connection_has_one_node() -> None:
    peer = Peer(fusion())
    peer.hear(registered(), registered(OTHER))
    assert f"this connection is {TOWER}" in peer.reason


def test_middleware_carries_many_nodes() -> None:
    peer = Peer(fusion(middleware=True))
    assert peer.hear(registered(), registered(OTHER)) == []  # the middleware acknowledges
    assert peer.errors == []


def test_only_listed_nodes_are_believed() -> None:
    peer = Peer(fusion(frozenset({OTHER})))
    peer.hear(registered())
    assert "not on the list" in peer.reason


@pytest.mark.parametrize(("off_s", "ok"), [(0.5, True), (3.0, False), (-300.0, True), (-3600.0, False)])
def test_clocks_are_held_against_ours(off_s, ok) -> None:
    peer = Peer(fusion())
    peer.hear(replace_time(registered(), off_s))
    assert (peer.errors == []) is ok


def test_unchanged_needs_something_new_first() -> None:
    peer = Peer(fusion())
    peer.hear(registered())
    assert "unchanged before" in _refused(status(), _set("status_report.info", 2), peer)
    peer.hear(status())
    assert _refused(status(), _set("status_report.info", 2), peer) == ""


def test_a_registration_is_acknowledged_to_its_node() -> None:
    (answer,) = Peer(fusion()).hear(registered())
    message = sapient_message_pb2.SapientMessage.FromString(sapient.encode(answer)[4:])
    assert message.registration_ack.acceptance
    assert message.destination_id == TOWER


def test_a_refused_message_is_answered_with_its_reason_and_an_error_is_not() -> None:
    peer = Peer(fusion())
    peer.hear(registered())
    bad = message_of(status())
    bad.status_report.mode = ""
    (answer,) = peer.hear(frame(bad))
    assert "status_report.mode" in answer.reason
    error = sapient_message_pb2.SapientMessage.FromString(sapient.encode(answer)[4:])
    error.node_id = TOWER
    del error.error.error_message[:]
    assert peer.hear(frame(error)) == []


def test_a_silent_node_is_dark_once_and_up_again() -> None:
    peer = Peer(fusion())
    peer.hear(registered(), status())
    _, _, told = sapient.tick(at(peer.state, NOW_S + 14.0))
    assert told == ()
    peer.state, _, told = sapient.tick(at(peer.state, NOW_S + 16.0))
    assert [(r.sensor, r.state) for r in told if isinstance(r, SensorHealth)] == [(TOWER, "dark")]
    assert sapient.tick(at(peer.state, NOW_S + 17.0))[2] == ()
    peer.hear(status(t_s=NOW_S + 18.0), now_s=NOW_S + 18.0)
    assert not peer.state.nodes[TOWER].dark


@pytest.mark.parametrize("kind", ["kinetic", "jammer", "cyber", "ldew", "rfdew"])
def test_what_can_do_more_than_observe_is_shown_and_never_asked(kind) -> None:
    peer = Peer(fusion())
    peer.hear(registered(kinds=("camera", kind)))
    assert peer.records[0].node_types == ("camera", kind)
    assert not peer.records[0].taskable
    with pytest.raises(LocalError, match="never asked"):
        sapient.route(peer.state, look_at())


def test_a_task_goes_to_the_connection_of_its_node() -> None:
    peer = Peer(fusion())
    peer.hear(registered(), channel="7")
    assert sapient.route(peer.state, look_at()) == {"7"}
    with pytest.raises(LocalError, match="has not registered"):
        sapient.route(peer.state, look_at(OTHER))


def test_a_task_nobody_approved_cannot_be_written() -> None:
    import msgspec

    with pytest.raises(LocalError, match="approved"):
        sapient.encode(msgspec.structs.replace(look_at(), approved_by=""))


def _tower() -> Peer:
    options = {"sensor": "cam-1", "lon_deg": 41.9, "lat_deg": 34.2}
    return Peer(at(sapient.init(Settings("edge", node=TOWER, role="edge", options=options)), NOW_S))


def test_a_tower_and_a_fusion_node_understand_each_other() -> None:
    tower, core = _tower(), Peer(fusion())
    tower.state, hello = sapient.greet(tower.state)
    first = tower.hear(*core.hear(*hello))
    assert [type(record) for record in first] == [NodeStatus]
    core.hear(*first, detection())
    core.state = sapient.sent(core.state, look_at())
    tower.hear(look_at())
    assert [type(r) for r in tower.records] == [NodeAnswer, NodeTask]
    done = NodeAnswer(
        id="a", t_s=NOW_S, source=TOWER, node=CORE, to="task", ref=tower.records[1].task_id, state="completed"
    )
    tower.state = sapient.sent(tower.state, done)
    core.hear(done)
    assert core.records[-1].ref == ulid("L-1")
    assert core.state.tasks == {}
    assert tower.state.tasks == {}
    assert tower.errors == []
    assert core.errors == []


def test_a_tower_answers_for_its_status_and_registration() -> None:
    import msgspec

    tower = _tower()
    out = tower.hear(msgspec.structs.replace(look_at(), command="request_status", place=None))
    assert [type(record).__name__ for record in out] == ["NodeAnswer", "NodeStatus"]
    out = tower.hear(msgspec.structs.replace(look_at(), command="request_registration", place=None))
    assert [type(record).__name__ for record in out] == ["NodeRegistered", "NodeAnswer"]
    (no,) = tower.hear(msgspec.structs.replace(look_at(), command="reset", place=None))
    assert no.state == "rejected"


def test_a_task_no_person_answers_has_failed() -> None:
    tower = _tower()
    tower.hear(look_at())
    tower.state, out, _ = sapient.tick(at(tower.state, NOW_S + 61.0))
    assert [(a.to, a.state) for a in out if isinstance(a, NodeAnswer)] == [("task", "failed")]


def test_a_tower_speaks_every_five_seconds() -> None:
    tower, core = _tower(), Peer(fusion())
    tower.state, hello = sapient.greet(tower.state)
    tower.hear(*core.hear(*hello))
    said = 0
    for second in range(1, 31):
        tower.state, out, _ = sapient.tick(at(tower.state, NOW_S + second))
        said += len(out)
    assert said == 6


def test_detections_go_up_only_after_our_registration_is_acknowledged() -> None:
    tower, core = _tower(), Peer(fusion())
    tower.state, hello = sapient.greet(tower.state)
    with pytest.raises(LocalError, match="not acknowledged"):
        sapient.route(tower.state, detection())
    tower.hear(*core.hear(*hello))
    assert sapient.route(tower.state, detection()) is None
    assert sapient.route(core.state, detection(CORE)) == frozenset()  # a tower is not told of fused tracks


def test_other_records_have_no_message() -> None:
    with pytest.raises(LocalError):
        sapient.encode(Chat(id="1", t_s=1.0, source=CORE, sender="a", to="b", text="c"))


def test_a_length_that_cannot_be_ends_the_connection() -> None:
    peer = Peer(fusion())
    peer.hear(b"\xff\xff\xff\x7f" + b"x" * 100)
    assert peer.errors[0].fatal
    assert peer.state.rest == b""


@given(st.integers(0, 5000), st.integers(1, 400))
def test_a_stream_may_be_cut_anywhere(start, size) -> None:
    whole = b"".join(sapient.encode(record) for record in (registered(), status(), detection()))
    peer = Peer(fusion())
    cuts = sorted({0, len(whole), *(min(start + k * size, len(whole)) for k in range(6))})
    for low, high in itertools.pairwise(cuts):
        peer.hear(whole[low:high])
    assert [type(r).__name__ for r in peer.records] == ["NodeRegistered", "NodeStatus", "NodeDetection"]
    assert peer.errors == []


@given(st.text(max_size=60), st.floats(0, 4e9))
def test_an_id_of_ours_becomes_one_of_theirs_once_and_for_all(text, t_s) -> None:
    made = ulid(text, t_s)
    assert ULID.fullmatch(made)
    assert ulid(made, 5.0) == made
    assert ulid(text, t_s) == made


def test_a_track_keeps_its_id_from_report_to_report() -> None:
    peer = Peer(fusion())
    peer.hear(registered(), detection(t_s=NOW_S), detection(t_s=NOW_S + 0.5))
    first, second = (r for r in peer.records if isinstance(r, NodeDetection))
    assert first.object_id == second.object_id


def test_utm_becomes_degrees_and_nonsense_in_utm_no_place() -> None:
    def utm(x, y):
        def change(message) -> None:
            location = message.detection_report.location
            location.x, location.y, location.utm_zone = x, y, "38S"
            location.coordinate_system = "LOCATION_COORDINATE_SYSTEM_UTM_M"

        return change

    peer = Peer(fusion())
    assert _refused(detection(place=HOME), utm(214_000.0, 3_788_000.0), peer) == ""
    assert peer.records[-1].place.lon_deg == pytest.approx(41.89, abs=0.05)
    assert _refused(detection(place=HOME), utm(51.17, -1.8), peer) == ""
    assert peer.records[-1].place is None


def test_behind_middleware_we_register_and_it_acknowledges() -> None:
    core = Peer(fusion(middleware=True))
    core.state, (hello,) = sapient.greet(core.state)
    assert hello.node_types == ("fusion_node",)
    assert faults(message_of(hello)) == []
    ack = NodeAnswer(id="a", t_s=NOW_S, source=OTHER, node=CORE, to="registration", ref="", state="accepted")
    (first,) = core.hear(ack)
    assert isinstance(first, NodeStatus)
    core.hear(registered(), status(), detection())
    assert core.errors == []
    assert sapient.route(core.state, detection(CORE)) is None  # to the middleware, which passes it on
    assert sapient.route(core.state, look_at()) == {"1"}


def test_a_fusion_node_below_us_is_told_of_tracks_and_a_tower_is_not() -> None:
    above = Peer(at(sapient.init(Settings("p", node=CORE, role="parent")), NOW_S))
    above.hear(registered(TOWER), channel="1")
    above.hear(registered(OTHER, kinds=("fusion_node",)), channel="2")
    assert sapient.route(above.state, detection(CORE)) == {"2"}


@pytest.mark.parametrize("channel", ["1", "2"])
def test_nodes_are_bounded(channel) -> None:
    from watchline.links.sapient.nodes import NODES_MAX, Node

    known = Node("", "", frozenset(), 5.0, True, NOW_S)
    crowd = {f"{k:08x}-4328-47de-81fa-c495589e30c8": known for k in range(NODES_MAX)}
    peer = Peer(replace(fusion(), nodes=crowd))
    peer.hear(registered(), channel=channel)
    assert "more nodes than we keep" in peer.reason
    assert len(peer.state.nodes) == NODES_MAX


def test_a_node_that_is_told_it_cannot_see_says_so_at_once_and_from_then_on() -> None:
    state = replace(_tower().state, acknowledged=True, said_s=NOW_S)
    dark = NodeStatus(id="s", t_s=NOW_S, source=TOWER, node=TOWER, state="error", detail="silent")
    after = sapient.ordered(state, dark)
    for second in (1.0, 7.0):
        after, (said,), _ = sapient.tick(at(after, NOW_S + second))
        assert (said.state, said.detail) == ("error", "silent")
    heard = Peer(fusion())
    heard.hear(registered(), said, now_s=NOW_S + 7.0)
    assert (heard.errors, heard.records[-1].state) == ([], "error")
    assert sapient.ordered(state, detection()) is None
