"""Small sensors: what is let in, once, and who has fallen silent."""

from __future__ import annotations

import base64
import json

import pytest

from watchline.domain.records import Chat, GeoPoint, GroundReport, NodeStatus, SensorHealth, WeatherObservation
from watchline.links import LocalError, Settings, mqtt
from watchline.links.contract import at

NOW_S = 1_700_000_000.0
EUI = "a84041000181c061"


def _start(**options):
    allow = options.pop("allow", frozenset())
    return at(mqtt.init(Settings("ground", allow=allow, options=options)), NOW_S)


def _say(topic: str, **fields) -> bytes:
    return topic.encode() + b"\n" + json.dumps(fields).encode()


def _up(count: int = 7, **more) -> bytes:
    fields = {
        "deduplicationId": "3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
        "time": "2023-11-14T22:13:19.123456789+00:00",
        "deviceInfo": {"tenantId": "t", "applicationId": "17", "deviceName": "geo 1", "devEui": EUI, "tags": {}},
        "devAddr": "00189440", "dr": 1, "fCnt": count, "fPort": 2, "confirmed": False,
        "data": base64.b64encode(b"\x01\x02").decode(),
        "rxInfo": [{"gatewayId": "g1", "rssi": -110, "snr": 2.5}, {"gatewayId": "g2", "rssi": -97, "snr": 7}],
        "txInfo": {"frequency": 868100000}, "regionConfigId": "eu868",
    } | more  # fmt: skip
    return _say(f"application/17/device/{EUI}/event/up", **fields)


def test_a_fence_says_that_it_was_touched() -> None:
    data = _say("watchline/fence/gate-7", what="cut", t=NOW_S - 1, count=3, value=0.8, unit="g", battery=0.9)
    _, (record,), errors = mqtt.decode(_start(), data)
    assert errors == ()
    assert (record.device, record.what, record.count, record.t_s, record.battery) == (
        "gate-7",
        "cut",
        3,
        NOW_S - 1,
        0.9,
    )


def test_what_we_write_is_what_we_read() -> None:
    place = GeoPoint(lon_deg=41.9, lat_deg=34.2)
    said = GroundReport(
        id="r",
        t_s=NOW_S,
        source="s",
        device="g-1",
        what="step",
        count=1,
        value=2.0,
        unit="g",
        battery=0.5,
        place=place,
    )
    _, (heard,), _ = mqtt.decode(_start(), mqtt.encode(said))
    assert (heard.device, heard.what, heard.count, heard.value, heard.place) == ("g-1", "step", 1, 2.0, place)


def test_an_uplink_without_a_codec_is_raw_and_its_strength_unknown() -> None:
    _, (record,), errors = mqtt.decode(_start(), _up())
    assert errors == ()
    assert (record.what, record.value, record.count, record.signal_db) == ("raw", None, 7, -97)
    assert record.t_s == pytest.approx(NOW_S - 0.876544)


def test_an_uplink_with_a_codec_is_a_step() -> None:
    _, (record,), _ = mqtt.decode(_start(), _up(object={"what": "step", "value": 3, "battery": 0.6}))
    assert (record.what, record.value, record.battery) == ("step", 3.0, 0.6)


def test_time_falls_back_to_the_gateway_and_then_to_arrival() -> None:
    gateway = _up(time=None, rxInfo=[{"gwTime": "2023-11-14T22:13:10Z"}])
    assert mqtt.decode(_start(), gateway)[1][0].t_s == NOW_S - 10
    assert mqtt.decode(_start(), _up(time=None, rxInfo=[]))[1][0].t_s == NOW_S


def test_a_message_that_comes_twice_counts_once() -> None:
    state, first, _ = mqtt.decode(_start(), _up())
    state, again, errors = mqtt.decode(state, _up(deduplicationId="other gateway"))
    assert len(first) == 1
    assert again == ()
    assert errors == ()
    assert state.repeated == 1


def test_a_device_that_began_its_count_anew_is_heard() -> None:
    state, _, _ = mqtt.decode(_start(), _up(0))
    for count in range(1, 5):
        state, records, _ = mqtt.decode(state, _up(count))
        assert len(records) == 1
    _, records, _ = mqtt.decode(state, _up(0, data=base64.b64encode(b"\x09").decode()))
    assert len(records) == 1


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"watchline/fence/a", "line feed"),
        (_say("watchline/door/a", what="cut"), "not covered"),
        (_say("watchline/fence/a b", what="cut"), "not covered"),
        (_say("watchline/fence/a", what="shot"), "what"),
        (_say("watchline/fence/a", what="cut", colour=1), "colour"),
        (_say("watchline/fence/a", what="cut", battery=7), "battery"),
        (_say("watchline/fence/a", what="cut", count=-1), "count"),
        (_say("watchline/fence/a", what="cut", t="yesterday"), "time"),
        (_say("watchline/fence/a", what="cut", t="2023-11-14T22:13:20"), "zone"),
        (_say("watchline/fence/a", what="cut", t=NOW_S + 3600), "ahead"),
        (_say("watchline/fence/a", what="cut", lat_deg=91.0), "lat_deg"),
        (b"watchline/fence/a\n{", "JSON"),
        (b"watchline/fence/a\n" + b" " * 70_000, "over"),
        (_up(deviceInfo={"devEui": "0000000000000000"}), "devEui"),
        (_up(data="?"), "base64"),
        (_up(-1), "fCnt"),
    ],
)
def test_a_bad_message_is_refused_with_its_rule(data, rule) -> None:
    _, records, errors = mqtt.decode(_start(), data)
    assert records == ()
    assert rule.lower() in errors[0].reason.lower()


def test_only_listed_devices_are_believed() -> None:
    _, records, errors = mqtt.decode(_start(allow=frozenset({"b"})), _say("watchline/fence/a", what="cut"))
    assert records == ()
    assert "not on the list" in errors[0].reason


def test_a_silent_device_is_dark_once_and_up_when_heard() -> None:
    state, _, _ = mqtt.decode(_start(silent_s=100), _say("watchline/fence/a", what="quiet"))
    assert mqtt.tick(at(state, NOW_S + 99))[2] == ()
    state, _, (dark,) = mqtt.tick(at(state, NOW_S + 101))
    assert (dark.sensor, dark.state, dark.t_s) == ("a", "dark", NOW_S)
    assert mqtt.tick(at(state, NOW_S + 200))[2] == ()
    _, records, _ = mqtt.decode(at(state, NOW_S + 201), _say("watchline/fence/a", what="quiet"))
    assert [r.state for r in records if isinstance(r, SensorHealth)] == ["up"]


def test_a_weak_battery_is_told_once() -> None:
    status = f"application/17/device/{EUI}/event/status"
    state, first, _ = mqtt.decode(_start(), _say(status, deviceInfo={"devEui": EUI}, batteryLevel=15.0))
    assert [type(r) for r in first] == [NodeStatus, SensorHealth]
    assert first[1].state == "degraded"
    _, second, _ = mqtt.decode(state, _say(status, deviceInfo={"devEui": EUI}, batteryLevel=14.0))
    assert [type(r) for r in second] == [NodeStatus]


def test_an_unavailable_battery_is_unknown_not_empty() -> None:
    status = f"application/17/device/{EUI}/event/status"
    said = _say(status, deviceInfo={"devEui": EUI}, batteryLevel=0, batteryLevelUnavailable=True)
    assert mqtt.decode(_start(), said)[1][0].battery is None


def test_devices_are_bounded() -> None:
    state = _start()
    for k in range(mqtt.Limits.devices):
        state, _, _ = mqtt.decode(state, _say(f"watchline/fence/{k}", what="quiet"))
    state, records, errors = mqtt.decode(state, _say("watchline/fence/one-more", what="quiet"))
    assert records == ()
    assert "more devices" in errors[0].reason


def test_other_records_have_no_message() -> None:
    with pytest.raises(LocalError):
        mqtt.encode(Chat(id="1", t_s=1.0, source="x", sender="a", to="b", text="c"))


def test_a_weather_station_s_readings_are_an_observation_once() -> None:
    data = _say("watchline/weather/well-3", t=NOW_S - 5, lon_deg=42.0, lat_deg=33.6, air_c=31.5, wind_m_s=6.0)
    state, (seen,), errors = mqtt.decode(_start(), data)
    assert errors == ()
    assert isinstance(seen, WeatherObservation)
    assert (seen.station, seen.air_c, seen.t_s, seen.rain_mm_h) == ("well-3", 31.5, NOW_S - 5, None)
    state, again, _ = mqtt.decode(state, data)
    assert (again, state.repeated) == ((), 1)
    assert mqtt.decode(_start(), mqtt.encode(seen))[1][0] == seen
    for bad, why in (
        ({"air_c": 99.0}, "air_c"),
        ({"station": "other", "air_c": 1.0}, "topic says well-3"),
        ({}, "no read"),
    ):
        _, records, (error,) = mqtt.decode(_start(), _say("watchline/weather/well-3", **bad))
        assert records == ()
        assert why in error.reason
