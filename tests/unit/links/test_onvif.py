"""ONVIF: held to the public specification by a camera of the test's own, and pointing by hand-worked cases."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onvif_camera import DEGREES, GENERIC, Camera
from watchline.domain.records import Direction, GeoPoint, HeadState, NodeAnswer, NodeTask, Record, Rejection
from watchline.domain.site import LinkSpec
from watchline.links import onvif, table
from watchline.links.contract import LocalError, Settings, at
from watchline.links.onvif.http_messages import take
from watchline.links.onvif.pointing import Mount, Space, looks_of, position_of, towards
from watchline.links.transports import TcpDial
from watchline.ops.link_worker import LinkWorker

ANY = Space(DEGREES, (-180.0, 180.0), (-45.0, 90.0))


def task(**more: Any) -> NodeTask:
    asked = {"id": "t", "t_s": 0.0, "source": "op", "node": "camera", "task_id": "T-1", "approved_by": "op"}
    return NodeTask(**(asked | {"command": "look_at"} | more))


class Told:
    """A link at work and all that it told.  Mutable."""

    def __init__(self, camera: Camera, **options: Any) -> None:
        address = f"127.0.0.1:{camera.port}"
        said = {"user": "watch", "password": "secret", "north_deg": 100.0, "host": address} | options
        spec = LinkSpec(id="ptz", protocol="onvif", address=address, options=said)
        self.worker = LinkWorker(spec, table()["onvif"], onvif, TcpDial(address), time.time)
        self.records: list[Record] = []

    def until(self, holds: Callable[[Record], bool]) -> Record:
        end_s = time.monotonic() + 60.0
        while time.monotonic() < end_s:
            self.records += self.worker.take()
            found = next((record for record in self.records if holds(record)), None)
            if found is not None:
                return found
            time.sleep(0.01)
        pytest.fail(f"it did not come; told {self.records[-5:]}")


@pytest.fixture
def opened() -> Iterator[list[Any]]:
    made: list[Any] = []
    yield made
    for one in reversed(made):
        one.close()


def _at_work(opened: list[Any], camera: Camera, **options: Any) -> Told:
    told = Told(camera, **options)
    opened += [camera, told.worker]
    return told


def is_answer(how: str) -> Callable[[Record], bool]:
    return lambda record: isinstance(record, NodeAnswer) and record.state == how


@pytest.mark.slow  # the head is asked every second while it moves
def test_a_camera_whose_clock_is_wrong_is_pointed_where_a_person_approved(opened: list[Any]) -> None:
    camera = Camera("watch", "secret", ahead_s=-7200.0)
    told = _at_work(opened, camera)
    told.until(lambda record: isinstance(record, HeadState))
    told.worker.send(task(direction=Direction(bearing_rad=math.radians(80.0), elevation_rad=math.radians(-2.0))))
    told.until(is_answer("completed"))
    assert camera.moves == [(pytest.approx(-20.0, abs=1e-5), pytest.approx(-2.0, abs=1e-5))]
    head = [record for record in told.records if isinstance(record, HeadState)][-1]
    assert head.looks is not None
    assert math.degrees(head.looks.bearing_rad) == pytest.approx(80.0, abs=1e-4)
    assert [r.state for r in told.records if isinstance(r, NodeAnswer)] == ["accepted", "completed"]
    assert camera.faults == []
    assert camera.asked[:5] == ["GetSystemDateAndTime", "GetCapabilities", "GetProfiles", "GetNodes", "GetStatus"]


@pytest.mark.slow
def test_zoom_and_stop_in_a_space_of_minus_one_to_one(opened: list[Any]) -> None:
    camera = Camera("watch", "secret", space=GENERIC)
    told = _at_work(opened, camera, tilt_low_deg=-30.0, tilt_high_deg=30.0)
    told.until(lambda record: isinstance(record, HeadState))
    looks = Direction(bearing_rad=math.radians(190.0), elevation_rad=math.radians(15.0))
    told.worker.send(task(direction=looks, argument="zoom 0.4"))
    told.until(is_answer("completed"))
    told.worker.send(task(control="stop", task_id="T-2"))
    told.until(lambda record: isinstance(record, NodeAnswer) and record.ref == "T-2")
    assert camera.moves == [(pytest.approx(0.5), pytest.approx(0.5))]
    assert (camera.zoom, camera.stops, camera.faults) == (0.4, 1, [])


def test_a_wrong_password_is_told_and_the_person_s_task_is_not_lost_in_silence(opened: list[Any]) -> None:
    camera = Camera("watch", "other")
    told = _at_work(opened, camera)
    refused = told.until(lambda record: isinstance(record, Rejection))
    assert isinstance(refused, Rejection)
    assert "NotAuthorized" in refused.rule
    told.worker.send(task(direction=Direction(bearing_rad=0.0, elevation_rad=0.0)))
    told.until(
        lambda record: isinstance(record, Rejection) and record.rule.startswith("not sent: the camera has not")
    )
    assert camera.moves == []


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (task(approved_by=""), "approved"),
        (task(node="other"), "look_at as"),
        (task(command="reset"), "look_at as"),
        (task(), "place or a direction"),
        (task(direction=Direction(bearing_rad=0.0)), "elevation"),
        (task(direction=Direction(bearing_rad=0.0, elevation_rad=-1.5)), "stops"),
        (task(place=GeoPoint(lon_deg=42.0, lat_deg=33.6)), "stands"),
        (task(direction=Direction(bearing_rad=0.0, elevation_rad=0.0), argument="zoom far"), "zoom"),
    ],
)
def test_what_a_head_cannot_do_is_refused_with_the_reason(what: NodeTask, words: str) -> None:
    state = onvif.OnvifState(Settings("ptz", options={"north_deg": 0.0}), open="1", spaces=(ANY,), profile="p")
    with pytest.raises(LocalError, match=words):
        onvif.ordered(state, what)
    assert onvif.ordered(state, HeadState(id="h", t_s=0.0, source="s", camera="c")) is None


def test_what_the_camera_never_answers_fails_and_is_said() -> None:
    state = onvif.OnvifState(
        Settings("ptz", options={"north_deg": 0.0}),
        open="1",
        spaces=(ANY,),
        profile="p",
        known=frozenset(onvif.FIRST),
    )
    ready = onvif.ordered(at(state, 10.0), task(direction=Direction(bearing_rad=1.0, elevation_rad=0.0)))
    assert ready is not None
    ready, frames, told = onvif.due(ready)
    assert len(frames) == 1
    assert b"AbsoluteMove" in frames[0][1]
    assert told == ()
    _, _, told = onvif.due(at(ready, 80.0))
    (answer,) = told
    assert isinstance(answer, NodeAnswer)
    assert (answer.state, answer.ref) == ("failed", "T-1")


@given(
    st.floats(0.0, 359.99), st.floats(-30.0, 30.0), st.floats(0.0, 360.0), st.sampled_from([DEGREES, GENERIC]),
    st.sampled_from([-1.0, 1.0]),
)  # fmt: skip
def test_a_position_reads_back_as_the_direction_it_was_made_from(
    bearing_deg: float, up_deg: float, north_deg: float, uri: str, sign: float
) -> None:
    space = Space(uri, (-180.0, 180.0), (-90.0, 90.0)) if uri == DEGREES else Space(uri, (-1.0, 1.0), (-1.0, 1.0))
    mount = Mount(north_deg, pan_sign=sign, tilt_sign=sign)
    looks = Direction(bearing_rad=math.radians(bearing_deg), elevation_rad=math.radians(up_deg))
    back = looks_of(*position_of(looks, mount, space), mount, uri)
    assert back is not None
    assert back.elevation_rad is not None
    assert abs(math.remainder(back.bearing_rad - looks.bearing_rad, math.tau)) < 1e-9
    assert back.elevation_rad == pytest.approx(math.radians(up_deg), abs=1e-9)


def test_a_place_on_the_equator_is_looked_at_along_the_curved_earth() -> None:
    eye = GeoPoint(lon_deg=0.0, lat_deg=0.0, msl_m=110.0)
    looks = towards(GeoPoint(lon_deg=10_000.0 / 111_319.49, lat_deg=0.0, msl_m=100.0), Mount(0.0, eye=eye))
    # 10 km due east on the ellipsoid; 10 m lower, and 100 km^2 / 2 R less a refraction of 0.13: 6.83 m.
    assert math.degrees(looks.bearing_rad) == pytest.approx(90.0)
    assert looks.range_m == pytest.approx(10_000.0, abs=0.1)
    assert looks.elevation_rad == pytest.approx(-(10.0 + 6.83) / 10_000.0, rel=1e-3)


def test_responses_in_chunks_and_in_pieces() -> None:
    whole = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwait\r\n3;x=1\r\ned!\r\n0\r\n\r\n"
    for cut in range(len(whole)):
        assert take(whole[:cut]) == (None, 0)
    response, used = take(whole + b"HTTP")
    assert response is not None
    assert (response.body, used) == (b"waited!", len(whole))
    for broken in (b"SSH-2.0", b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"):
        with pytest.raises(ValueError, match="HTTP"):
            take(broken)
