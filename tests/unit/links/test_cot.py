"""Cursor on Target: what is let in, what is refused, and what can never be written."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchline.domain.records import (
    AirCover,
    Chat,
    DistressCall,
    GeoPoint,
    NodeAlert,
    NodeAnswer,
    NodeTask,
    OutsideTrack,
    PartnerEvent,
    Rejection,
    UnitPlace,
)
from watchline.links import LocalError, Settings, cot
from watchline.links.contract import at

NOW_S = 1_700_000_000.0
PLACE = GeoPoint(lon_deg=41.9, lat_deg=34.2, hae_m=210.0, ce_m=25.0)
STAMP = {"id": "r", "t_s": NOW_S, "source": "tak"}


def _hear(data: bytes, now_s: float = NOW_S):
    return cot.decode(at(cot.init(Settings("tak")), now_s), data)


def _one(data: bytes):
    _, records, errors = _hear(data)
    assert errors == ()
    (record,) = records
    return record


def _event(body: str = '<point lat="34.2" lon="41.9" hae="0" ce="5" le="5"/><detail/>', **changes: str) -> bytes:
    fields = {
        "version": "2.0", "uid": "u1", "type": "a-u-G", "how": "m-g", "time": "2023-11-14T22:13:20Z",
        "start": "2023-11-14T22:13:20Z", "stale": "2023-11-14T22:14:20Z",
    } | changes  # fmt: skip
    said = " ".join(f'{name}="{value}"' for name, value in fields.items())
    return f"<event {said}>{body}</event>".encode()


TRACK = OutsideTrack(
    **STAMP, uid="t-1", what="vehicle", place=PLACE, stale_s=NOW_S + 6, name="T-1", speed_m_s=3.0, course_rad=1.0
)
UNIT = UnitPlace(**STAMP, unit="u-1", place=PLACE, stale_s=NOW_S + 60, name="P 1", battery=0.4)


@pytest.mark.parametrize(
    "record",
    [
        UNIT,
        DistressCall(**STAMP, uid="d", place=PLACE, name="P 1", text="help <now> & here"),
        Chat(**STAMP, sender="DESK", to="All Chat Rooms", text="عبور محتمل"),
        NodeTask(**STAMP, node="P 1", task_id="watchline-task-7", approved_by="op", command="look_at", place=PLACE),
    ],
)
def test_what_we_say_is_what_we_hear(record) -> None:
    heard = _one(cot.encode(record))
    assert type(heard) is type(record)
    for name in ("unit", "uid", "name", "text", "sender", "to", "node", "approved_by", "battery"):
        if hasattr(record, name):
            assert getattr(heard, name) == getattr(record, name)


def test_a_track_keeps_place_course_and_error() -> None:
    heard = _one(cot.encode(TRACK))
    assert heard.place == PLACE
    assert heard.what == "vehicle"
    assert heard.course_rad == pytest.approx(1.0, abs=math.radians(0.06))
    assert heard.stale_s == TRACK.stale_s


@pytest.mark.parametrize("what", ["person", "vehicle", "animal", "aircraft", "unknown"])
def test_a_track_is_unknown_and_never_anything_else(what) -> None:
    import msgspec

    data = cot.encode(msgspec.structs.replace(TRACK, what=what))
    assert b'type="a-u-' in data
    assert b"a-h" not in data
    assert b"a-s" not in data


@pytest.mark.parametrize("letter", "hsjkuna")
def test_an_affiliation_that_others_send_is_not_kept(letter) -> None:
    import msgspec

    record = _one(_event(type=f"a-{letter}-G-E-V"))
    assert isinstance(record, OutsideTrack)
    said = msgspec.json.encode(record).decode()
    assert f"a-{letter}" not in said


def test_a_removal_takes_back_the_same_uid() -> None:
    import msgspec

    heard = _one(cot.encode(msgspec.structs.replace(TRACK, gone=True)))
    assert (heard.uid, heard.gone) == ("t-1", True)


def test_an_alert_goes_out_and_is_taken_back() -> None:
    alert = NodeAlert(**STAMP, node="", alert_id="A-9", text="crossing", state="active", place=PLACE)
    assert _one(cot.encode(alert)).text == "crossing"
    import msgspec

    heard = _one(cot.encode(msgspec.structs.replace(alert, state="cleared")))
    assert isinstance(heard, OutsideTrack)
    assert heard.gone


def test_a_cancelled_emergency_is_over() -> None:
    assert _one(cot.encode(DistressCall(**STAMP, uid="d", place=PLACE, over=True))).over


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (_event(version="1.0"), "version"),
        (_event(uid=""), "uid"),
        (_event(type="hostile"), "type"),
        (_event(type="b-m-p-s-m"), "not covered"),
        (_event(time="yesterday"), "time"),
        (_event(time="2023-11-14T22:13:20"), "no zone"),
        (_event(stale="2023-11-14T22:12:20Z"), "stale: is before start"),
        (_event(body="<detail/>"), "point: is missing"),
        (_event(body='<point lat="200" lon="1" hae="0" ce="1" le="1"/>'), "lat"),
        (_event(body='<point lat="nan" lon="1" hae="0" ce="1" le="1"/>'), "lat"),
        (_event(body='<point lat="1" lon="1" hae="0" ce="-1" le="1"/>'), "ce"),
        (_event(body='<point lat="1" lon="1" ce="1" le="1"/>'), "hae"),
        (_event(body='<point lat="1" lon="1" hae="0" ce="1" le="1"><x></point>'), "not XML"),
        (_event(body='<!-- x --><point lat="1" lon="1" hae="0" ce="1" le="1"/>'), "refused"),
        (b'<!DOCTYPE e [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>' + _event(), "refused"),
        (_event(type="a-u-G", time="2024-11-14T22:13:20Z"), "ahead"),
    ],
)
def test_a_bad_event_is_refused_with_its_rule(data, rule) -> None:
    _, records, errors = _hear(data)
    assert records == ()
    assert rule in errors[0].reason


def test_old_news_is_refused_live_and_read_from_a_file() -> None:
    _, records, errors = _hear(_event(), NOW_S + 3600.0)
    assert records == ()
    assert "stale" in errors[0].reason
    assert _hear(_event(), 0.0)[2] == ()


def test_unknown_heights_and_errors_are_unknown() -> None:
    place = _one(_event(body='<point lat="1" lon="1" hae="9999999.0" ce="9999999" le="9999999"/>')).place
    assert (place.hae_m, place.ce_m, place.le_m) == (None, None, None)
    import msgspec

    data = cot.encode(msgspec.structs.replace(TRACK, place=GeoPoint(lon_deg=1.0, lat_deg=1.0)))
    assert data.count(b"9999999.0") == 3


def test_a_bad_event_does_not_take_its_neighbours_along() -> None:
    _, records, errors = _hear(_event(uid="a") + _event(uid="b", version="9") + b"\n" + _event(uid="c"))
    assert [r.uid for r in records if isinstance(r, OutsideTrack)] == ["a", "c"]
    assert len(errors) == 1


@given(st.integers(1, 200))
def test_a_stream_may_be_cut_anywhere(size) -> None:
    whole = cot.encode(TRACK) + cot.encode(UNIT) + _event() + _event(type="t-x-c-t")
    state, kinds = at(cot.init(Settings("tak")), NOW_S), []
    for low in range(0, len(whole), size):
        state, records, errors = cot.decode(state, whole[low : low + size])
        assert errors == ()
        kinds += [type(record).__name__ for record in records]
    assert kinds == ["OutsideTrack", "UnitPlace", "OutsideTrack"]
    assert state.rest == b""


def test_a_stream_without_an_end_is_hung_up_on() -> None:
    state, _, errors = _hear(b"<event " + b"x" * 70_000)
    assert errors[0].fatal
    assert state.rest == b""


def test_events_are_directed_to_the_callsigns_of_the_link() -> None:
    state = cot.init(Settings("army", options={"to": "ARMY-1 ARMY-2", "callsign": "W"}))
    data = cot.address(state, cot.encode(TRACK))
    assert data.count(b"<dest callsign=") == 2
    assert _one(data).uid == "t-1"
    _, (presence,) = cot.greet(at(state, NOW_S))
    assert b"marti" not in cot.address(state, cot.encode(presence))


def test_a_task_needs_the_person_who_approved_it() -> None:
    task = NodeTask(**STAMP, node="P 1", task_id="7", approved_by="", command="look_at", place=PLACE)
    with pytest.raises(LocalError, match="approved"):
        cot.encode(task)


def test_other_records_have_no_event() -> None:
    with pytest.raises(LocalError):
        cot.encode(Rejection(**STAMP, what="x", rule="y"))


@given(st.text(max_size=300), st.floats(-1e9, 1e9), st.text(max_size=50))
def test_whatever_people_write_becomes_an_event_or_a_clear_refusal(text, hae_m, name) -> None:
    chat = Chat(**STAMP, sender=name, to=name, text=text)
    try:
        data = cot.encode(chat)
    except LocalError:
        return
    assert isinstance(_one(data), Chat)


# -- words on a marker --------------------------------------------------------------------------------------------


def _marker(words: str) -> bytes:
    body = f'<point lat="34.2" lon="41.9" hae="0" ce="5" le="5"/><detail><remarks>{words}</remarks></detail>'
    return _event(body, type="b-m-p-s-m", stale="2023-11-15T22:13:20Z")


def test_what_the_partner_tells_is_words_on_a_marker() -> None:
    told = _one(_marker("WL displaced people 70% people 40 heading 90 for 2h on foot, with animals"))
    assert isinstance(told, PartnerEvent)
    assert (told.what, told.confidence, told.people, told.vehicles) == ("displaced_people", 0.7, 40, None)
    assert (told.organisation, told.until_s - told.t_s, told.text) == ("tak", 7200.0, "on foot, with animals")
    assert told.heading_rad == pytest.approx(math.pi / 2)


def test_an_aircraft_on_station_is_told_the_same_way() -> None:
    told = _one(_marker("WL cover HELI-2 km 10-60.5 band 900-1500 until 2023-11-15T00:00:00Z"))
    assert isinstance(told, AirCover)
    assert (told.aircraft, told.from_km, told.to_km) == ("HELI-2", 10.0, 60.5)
    assert (told.low_msl_m, told.high_msl_m, told.until_s) == (900.0, 1500.0, 1_700_006_400.0)


@pytest.mark.parametrize("what", ["advance", "displaced_people", "pursuit", "withdrawal", "other"])
@pytest.mark.parametrize("rest", [{}, {"heading_rad": 1.0, "people": 3, "vehicles": 2, "text": "by the well"}])
def test_words_are_read_as_they_were_written(what: str, rest: dict) -> None:
    event = PartnerEvent(
        **STAMP, what=what, organisation="tak", place=PLACE, confidence=0.35, until_s=NOW_S + 60, **rest
    )
    back = _one(cot.encode(event))
    assert (back.what, back.confidence, back.until_s) == (what, 0.35, NOW_S + 60)
    assert (back.people, back.vehicles, back.text) == (event.people, event.vehicles, event.text)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("WL advance", "how sure"),
        ("WL advance 170%", "more than sure"),
        ("WL invasion 70%", "one of"),
        ("WL advance 70% until yesterday", "no time"),
        ("WL advance 70% until 2023-11-14T22:00:00Z", "after the event"),
        ("WL pursuit 70% heading 400", "heading"),
        ("WL cover HELI-2 somewhere", "WL cover WHO"),
        ("WL cover HELI-2 km 60-10 band 900-1500", "low to high"),
        ("just a marker", "not covered"),
    ],
)
def test_words_that_say_too_little_are_refused(words: str, why: str) -> None:
    _, records, (error,) = _hear(_marker(words))
    assert records == ()
    assert why in error.reason


def test_the_answer_to_a_task_goes_as_chat_to_whoever_asked() -> None:
    answer = NodeAnswer(**STAMP, node="ALPHA", to="task", ref="T-9", state="accepted", reason="patrol 7 goes")
    data = cot.encode(answer)
    assert b'<dest callsign="ALPHA"' in data
    chat = _one(data)
    assert isinstance(chat, Chat)
    assert (chat.to, chat.text) == ("ALPHA", "task T-9: accepted, patrol 7 goes")
