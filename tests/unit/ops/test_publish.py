"""What goes out over a link: only what its organisations answer for."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from watchline.domain.batches import TrackBatch
from watchline.domain.records import (
    Alert,
    NodeDetection,
    NodeStatus,
    OutsideTrack,
    Position,
    SensorHealth,
    UnitReport,
)
from watchline.domain.site import LinkSpec, Recipient, Sees, below
from watchline.ops.picture import Picture
from watchline.ops.publish import Outlet
from watchline.ops.site_file import LoadedSite
from watchline.sim.demo import demo_site


@pytest.fixture(scope="module")
def loaded():
    demo = demo_site(1, length_m=12_000.0)
    from pathlib import Path

    ours = Recipient(id="ours", kind="own", sees=(Sees(),))
    site = msgspec.structs.replace(demo.site, recipients=(ours,))
    return LoadedSite(Path("x"), site, demo.line, [], {}, "0" * 64, "")


def _tracks(s_m, line, track_id=7, now_s=10.0):
    xy = np.asarray(line.xy_m_from_sd([s_m, -500.0])).reshape(1, 2)
    columns = {name: np.zeros((1, *extra), dtype) for name, (dtype, extra) in TrackBatch.COLUMNS.items()}
    columns |= {
        "track_id": np.array([track_id], np.int32),
        "t_s": np.array([now_s]),
        "xy_m": xy,
        "s_m": np.array([s_m]),
        "cov": np.array([[400.0, 0.0, 100.0, 1.0]]),
        "p_exist": np.array([0.9]),
        "confirmed": np.array([1], np.uint8),
        "p_class": np.array([[0.7, 0.1, 0.1, 0.1]]),
        "sensor": np.array([-1], np.int32),
        "other": np.array([-1], np.int32),
    }
    return TrackBatch(**columns)


def _picture(loaded, tracks, now_s=10.0):
    picture = Picture(len(loaded.site.sensors), now_s=now_s)
    picture.tracks = tracks
    return picture


def _link(loaded, organisation, **more):
    said = {"protocol": "cot", "recipient": "ours", "sends": ("tracks", "alerts", "units")} | more
    return Outlet(LinkSpec(id="x", address="h:1", organisations=(organisation,), **said), loaded)


def _owner(loaded, s_m):
    return next(s for s in loaded.site.sectors if 1000 * s.from_km <= s_m <= 1000 * s.to_km)


def test_a_track_goes_to_those_who_answer_for_its_place_and_nobody_else(loaded) -> None:
    owner = _owner(loaded, 2000.0).organisation
    picture = _picture(loaded, _tracks(2000.0, loaded.line))
    others = {o.id for o in loaded.site.organisations if owner not in below(loaded.site, (o.id,))}
    assert others
    (told,) = _link(loaded, owner).due(picture)
    assert isinstance(told, OutsideTrack)
    assert (told.what, told.place.ce_m) == ("person", 20.0)
    assert [record for other in others for record in _link(loaded, other).due(picture)] == []


def test_without_an_organisation_nothing_goes_out(loaded) -> None:
    outlet = Outlet(LinkSpec(id="x", protocol="cot", address="h:1", sends=("tracks",)), loaded)
    assert list(outlet.due(_picture(loaded, _tracks(2000.0, loaded.line)))) == []


def test_a_track_that_ended_is_taken_back_once(loaded) -> None:
    outlet = _link(loaded, _owner(loaded, 2000.0).organisation)
    list(outlet.due(_picture(loaded, _tracks(2000.0, loaded.line))))
    (gone,) = outlet.due(_picture(loaded, TrackBatch.empty(), 12.0))
    assert gone.gone
    assert list(outlet.due(_picture(loaded, TrackBatch.empty(), 14.0))) == []


def test_an_alert_is_told_at_every_revision_and_once(loaded) -> None:
    outlet = _link(loaded, _owner(loaded, 2000.0).organisation)
    picture = _picture(loaded, TrackBatch.empty())
    place = Position(lon_deg=42.0, lat_deg=34.0, s_m=2000.0, d_m=-10.0)
    for revision in (1, 2):
        picture.apply(
            Alert(
                id=f"A-1.{revision}",
                t_s=9.0,
                source="alerting",
                alert="A-1",
                revision=revision,
                what="crossing",
                first_s=8.0,
                state="open",
                position=place,
                level=3,
                facts=(),
            )
        )
        assert [record.text for record in outlet.due(picture)] == ["crossing, km 2.0"]
        assert list(outlet.due(picture)) == []


def test_units_of_others_are_not_told(loaded) -> None:
    unit = loaded.site.units[0]
    picture = _picture(loaded, TrackBatch.empty())
    place = Position(lon_deg=42.0, lat_deg=34.0, s_m=2000.0, d_m=10.0)
    picture.apply(
        UnitReport(
            id="U",
            t_s=9.0,
            source=unit.id,
            unit=unit.id,
            position=place,
            speed_m_s=1.0,
            heading_rad=0.5,
            state="patrolling",
        )
    )
    assert [record.name for record in _link(loaded, unit.organisation).due(picture)] == [unit.id]
    others = [o.id for o in loaded.site.organisations if unit.organisation not in below(loaded.site, (o.id,))]
    assert [record for other in others for record in _link(loaded, other).due(picture)] == []


def test_sapient_is_told_as_a_node_tells_and_a_tower_only_of_what_it_saw(loaded) -> None:
    owner = _owner(loaded, 2000.0).organisation
    node = "6f582b41-6c88-481c-bb0f-6021a1739f57"
    picture = _picture(loaded, _tracks(2000.0, loaded.line))
    (told,) = _link(loaded, owner, protocol="sapient", role="child", node=node).due(picture)
    assert isinstance(told, NodeDetection)
    assert dict(told.p_class)["person"] == pytest.approx(0.7)
    sensor = loaded.site.sensors[0].id
    edge = _link(loaded, owner, protocol="sapient", role="edge", node=node, options={"sensor": sensor})
    assert list(edge.due(picture)) == []


def test_a_tower_that_is_dark_here_never_says_ok_elsewhere(loaded) -> None:
    sensor = next(s for s in loaded.site.sensors if s.kind == "thermal_camera")
    node = "a8654cdf-4328-47de-81fa-c495589e30c8"
    outlet = _link(loaded, "border", protocol="sapient", role="edge", node=node, options={"sensor": sensor.id})
    picture = _picture(loaded, TrackBatch.empty())

    def told():
        return [(r.state, r.detail) for r in outlet.due(picture) if isinstance(r, NodeStatus)]

    def becomes(state, cause):
        picture.apply(SensorHealth(id="h", t_s=1.0, source="health", sensor=sensor.id, state=state, cause=cause))

    assert told() == []
    becomes("dark", "silent")
    assert told() == [("error", "silent")]
    assert told() == []
    becomes("up", "heard again")
    assert told() == [("ok", "")]
