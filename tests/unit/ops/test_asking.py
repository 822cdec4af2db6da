"""A cue's absolute angles become a task that a camera's head takes, and nothing without a link is asked."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from builders import camera, radar, site, straight_line
from watchline.domain.records import Direction, NodeTask
from watchline.links import Settings, onvif
from watchline.links.contract import LocalError
from watchline.links.onvif.pointing import DEGREES, Space
from watchline.ops.exchange.asking import Ask, turn_to
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
