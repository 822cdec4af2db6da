"""A cue's absolute angles become a task that a camera's head takes, and nothing without a link is asked."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from builders import camera, radar, site, straight_line
from peer_tools import free_port
from watchline.domain.records import Cue, Direction, GeoPoint, NodeTask
from watchline.domain.site import LinkSpec
from watchline.links import Settings, onvif
from watchline.links.contract import LocalError
from watchline.links.onvif.pointing import DEGREES, Space
from watchline.ops.exchange.asking import Ask, cued, turn_to
from watchline.ops.link_hub import LinkHub
from watchline.ops.picture import Picture
from watchline.ops.site_file import LoadedSite

SITE = LoadedSite(Path("x"), site(camera(node="ptz/camera"), radar()), straight_line(), [], {}, "0" * 64, "")
LOOKS = Direction(bearing_rad=math.radians(30.0), elevation_rad=math.radians(-1.0), range_m=2000.0)
ASK = Ask("hand-cue-0001", 1000.0, "operator")


def test_a_cue_goes_out_as_an_absolute_move() -> None:
    asked = turn_to(ASK, "cam", LOOKS, SITE)
    assert (asked.link, asked.record.node) == ("ptz", "camera")
    assert isinstance(asked.record, NodeTask)
    assert asked.record.approved_by == "operator"
    state = onvif.OnvifState(
        Settings("ptz", options={"north_deg": 0.0}), now_s=1000.0, open="1", profile="p",
        spaces=(Space(DEGREES, (-180.0, 180.0), (-90.0, 90.0)),), known=frozenset(onvif.FIRST),
    )  # fmt: skip
    ready = onvif.ordered(state, asked.record)
    assert ready is not None
    _, ((_, request),), _ = onvif.due(ready)
    assert b'<tt:PanTilt x="30.000000" y="-1.000000"' in request


@pytest.mark.parametrize("sensor", ["radar", "nobody"])
def test_a_sensor_without_a_link_is_not_asked(sensor: str) -> None:
    with pytest.raises(LocalError, match="no sensor of this site that a link can ask"):
        turn_to(ASK, sensor, LOOKS, SITE)


def _cue(**more: Any) -> Cue:
    said = {"id": "Q-1.1", "t_s": 1000.0, "source": "cueing", "cue": "Q-1", "camera": "cam", "alert": "A-1"}
    angles = {"azimuth_rad": 0.5, "elevation_rad": -0.02, "range_m": 900.0, "settled_s": 1002.0, "state": "asked"}
    return Cue(**(said | angles | {"place": GeoPoint(lon_deg=42.0, lat_deg=33.6)} | more))


def _linked(**options: str) -> LoadedSite:
    link = LinkSpec(id="ptz", protocol="onvif", address=f"127.0.0.1:{free_port()}", options=options)
    return replace(SITE, site=msgspec.structs.replace(SITE.site, links=(link,)))


def test_a_cue_turns_a_head_only_where_a_person_has_approved_that_it_is_cued() -> None:
    asked = cued(_cue(), _linked(cues="shift lead"))
    assert asked is not None
    assert isinstance(asked.record, NodeTask)
    assert (asked.link, asked.record.approved_by, asked.record.provenance) == ("ptz", "shift lead", ("Q-1.1",))
    assert asked.record.direction == Direction(bearing_rad=0.5, elevation_rad=-0.02, range_m=900.0)
    assert cued(_cue(), _linked()) is None
    for otherwise in ({"state": "refused"}, {"state": "looked"}, {"exercise": True}, {"camera": "radar"}):
        assert cued(_cue(**otherwise), _linked(cues="shift lead")) is None


def test_a_hub_keeps_a_cue_s_turn_before_it_goes_out_and_once() -> None:
    hub = LinkHub(_linked(cues="shift lead"), time.time)
    try:
        picture = Picture(2, now_s=1001.0)
        picture.apply(_cue())
        hub.publish(picture, lambda: None)
        (kept,) = [record for record in hub.take() if isinstance(record, NodeTask)]
        durable: list[str] = []
        hub.publish(picture, lambda: durable.append("now"))
        assert durable == ["now"]
        assert not [record for record in hub.take() if isinstance(record, NodeTask)]
        assert kept.approved_by == "shift lead"
    finally:
        hub.close()
