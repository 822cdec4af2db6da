"""What links say becomes looks, places on the line, and nothing that was not said."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import numpy as np
import pytest

from watchline.domain.batches import KIND_FENCE
from watchline.domain.records import (
    Beacon,
    Direction,
    DistressCall,
    GeoPoint,
    GroundReport,
    NodeDetection,
    NodeStatus,
    UnitPlace,
    UnitReport,
)
from watchline.ops.linked import LinkedFeed, classes_of
from watchline.ops.node_objects import NodeObjects
from watchline.ops.quiet import QuietFeed
from watchline.ops.scan_numbers import first
from watchline.ops.site_file import LoadedSite
from watchline.sim.demo import demo_site
from watchline.tracking import tracker

NOW_S = 1_700_000_000.0
NODE = "a8654cdf-4328-47de-81fa-c495589e30c8"


@pytest.fixture(scope="module")
def demo():
    return demo_site(1, length_m=12_000.0)


@pytest.fixture(scope="module")
def loaded(demo):
    sensors = list(demo.site.sensors)
    camera = next(k for k, s in enumerate(sensors) if s.kind == "thermal_camera" and s.pan is None)
    fence = next(k for k, s in enumerate(sensors) if s.kind == "fence_sensor")
    sensors[camera] = msgspec.structs.replace(sensors[camera], node=f"towers/{NODE}")
    sensors[fence] = msgspec.structs.replace(sensors[fence], node="ground/gate-7")
    site = msgspec.structs.replace(demo.site, sensors=tuple(sensors))
    return LoadedSite(Path("x"), site, demo.line, [], {}, "0" * 64, ""), camera, fence


def _step(loaded, demo, *records, to_s=NOW_S + 1):
    waiting = list(records)

    def take():
        came = waiting[:]
        waiting.clear()
        return came

    return LinkedFeed(QuietFeed(), take, loaded[0], demo.terrain).step(to_s)


def _seen(**more):
    return NodeDetection(id="d", t_s=NOW_S, source="towers", node=NODE, object_id="1", **more)


def test_a_place_that_a_node_reports_is_a_bearing_and_range_of_its_sensor(loaded, demo) -> None:
    site, camera, _ = loaded
    feed = LinkedFeed(QuietFeed(), list, site, demo.terrain)
    eye = feed._eye_m[camera, :2]
    lon, lat = site.line.frame.lonlat_from_xy_m(eye + np.array([300.0, 400.0])).tolist()
    place = GeoPoint(lon_deg=lon, lat_deg=lat, ce_m=10.0)
    step = _step(loaded, demo, _seen(place=place, p_class=(("Human", 0.9),)))
    turn = float(feed._turn_rad[camera])
    assert step.detections.sensor.tolist() == [camera]
    assert step.detections.range_m[0] == pytest.approx(500.0, abs=0.1)
    grid_bearing = (step.detections.bearing_rad[0] + turn) % (2 * math.pi)
    assert grid_bearing == pytest.approx(math.atan2(300.0, 400.0), abs=1e-3)
    assert step.detections.sd_range_m.tolist() == [10.0]
    assert step.detections.p_class[0].tolist() == pytest.approx([0.9, 0.0, 0.0, 0.1])
    assert step.scans.detections.tolist() == [1]
    assert step.scans.scan_id.tolist() == step.detections.scan_id.tolist() == [first("links")]


def test_a_direction_keeps_its_own_errors_and_without_a_range_is_only_kept(loaded, demo) -> None:
    whole = _seen(direction=Direction(bearing_rad=1.0, range_m=700.0, sd_bearing_rad=0.01))
    step = _step(loaded, demo, whole)
    assert (step.detections.bearing_rad[0], step.detections.range_m[0]) == (1.0, 700.0)
    assert step.detections.sd_bearing_rad[0] == 0.01
    step = _step(loaded, demo, _seen(direction=Direction(bearing_rad=1.0)))
    assert len(step.detections) == 0
    assert len(step.records) == 1


def test_all_detections_of_one_moment_are_one_look(loaded, demo) -> None:
    at = Direction(bearing_rad=1.0, range_m=700.0)
    step = _step(loaded, demo, _seen(direction=at), _seen(direction=msgspec.structs.replace(at, bearing_rad=2.0)))
    assert step.scans.detections.tolist() == [2]


@pytest.mark.parametrize(("state", "looks"), [("ok", 1), ("error", 0), ("goodbye", 0)])
def test_a_node_that_works_and_saw_nothing_looked_and_one_that_does_not_did_not(loaded, demo, state, looks) -> None:
    step = _step(loaded, demo, NodeStatus(id="s", t_s=NOW_S, source="towers", node=NODE, state=state))
    assert len(step.scans) == looks
    assert step.scans.detections.sum() == 0


def test_a_fence_is_touched_where_it_says_or_in_its_middle(loaded, demo) -> None:
    site, _, fence = loaded
    spec = site.site.sensors[fence]
    report = GroundReport(id="g", t_s=NOW_S, source="ground", device="gate-7", what="cut")
    step = _step(loaded, demo, report)
    assert step.detections.kind.tolist() == [KIND_FENCE]
    assert step.detections.s_m[0] == pytest.approx(500.0 * (spec.from_km + spec.to_km))
    step = _step(loaded, demo, msgspec.structs.replace(report, s_m=1234.0))
    assert step.detections.s_m.tolist() == [1234.0]


@pytest.mark.parametrize("what", ["quiet", "raw", "tamper"])
def test_a_fence_that_says_all_is_quiet_was_listening(loaded, demo, what) -> None:
    step = _step(loaded, demo, GroundReport(id="g", t_s=NOW_S, source="ground", device="gate-7", what=what))
    assert (len(step.scans), len(step.detections)) == (1, 0)


def test_a_track_names_the_object_its_node_saw_there(loaded, demo) -> None:
    site, camera, _ = loaded
    objects = NodeObjects()
    waiting = [_seen(direction=Direction(bearing_rad=1.0, range_m=700.0))]
    waiting.append(
        msgspec.structs.replace(waiting[0], object_id="2", direction=Direction(bearing_rad=2.0, range_m=700.0))
    )
    feed = LinkedFeed(QuietFeed(), lambda: [waiting.pop(0)] if waiting else [], site, demo.terrain, objects)
    feed.step(NOW_S + 1)
    feed.step(NOW_S + 1)
    grid = 1.0 + float(feed._turn_rad[camera])
    at_m = feed._eye_m[camera, :2] + 720.0 * np.array([math.sin(grid), math.cos(grid)])
    assert objects.nearest(NODE, NOW_S + 2, at_m) == "1"
    assert objects.nearest(NODE, NOW_S + 60, at_m) is None
    assert objects.nearest("another", NOW_S + 2, at_m) is None
    assert objects.nearest(NODE, NOW_S + 2, at_m + 500.0) is None


def test_a_node_that_no_sensor_names_looks_nowhere(loaded, demo) -> None:
    at = Direction(bearing_rad=1.0, range_m=700.0)
    other = NodeDetection(id="d", t_s=NOW_S, source="others", node=NODE, object_id="1", direction=at)
    step = _step(loaded, demo, other)
    assert (len(step.scans), len(step.detections), step.records) == (0, 0, (other,))


def test_units_and_calls_for_help_are_put_on_the_line(loaded, demo) -> None:
    post = loaded[0].site.posts[0]
    place = GeoPoint(lon_deg=post.lon_deg, lat_deg=post.lat_deg)
    stamp = {"t_s": NOW_S, "source": "tak"}
    unit = UnitPlace(id="u", **stamp, unit="u", name="P 1", place=place, stale_s=NOW_S + 60, speed_m_s=2.0)
    call = DistressCall(id="c", **stamp, uid="c", place=place, name="P 1")
    step = _step(loaded, demo, unit, call, msgspec.structs.replace(call, id="over", over=True))
    report = next(r for r in step.records if isinstance(r, UnitReport))
    beacons = [r for r in step.records if isinstance(r, Beacon)]
    assert (report.unit, report.state, report.provenance) == ("P 1", "patrolling", ("u",))
    assert [beacon.provenance for beacon in beacons] == [("c",)]
    assert 0.0 <= beacons[0].position.s_m <= demo.line.length_m


def test_a_walker_told_of_by_a_node_becomes_a_track(loaded, demo) -> None:
    site, camera, _ = loaded
    known = LinkedFeed(QuietFeed(), list, site, demo.terrain)
    grid = math.radians(site.site.sensors[camera].azimuth_deg) + float(known._turn_rad[camera])
    ahead, aside = np.array([math.sin(grid), math.cos(grid)]), np.array([math.cos(grid), -math.sin(grid)])
    state = tracker.init(tracker.set_up(site.site, site.line, demo.terrain))
    waiting: list = []
    feed = LinkedFeed(QuietFeed(), lambda: [waiting.pop()] if waiting else [], site, demo.terrain)
    for k in range(60):
        now_s = NOW_S + k
        xy = known._eye_m[camera, :2] + 600.0 * ahead + 1.2 * (k - 20) * aside
        lon, lat = site.line.frame.lonlat_from_xy_m(xy).tolist()
        seen = _seen(place=GeoPoint(lon_deg=lon, lat_deg=lat, ce_m=5.0), p_class=(("Human", 0.8),), confidence=0.9)
        waiting.append(msgspec.structs.replace(seen, t_s=now_s))
        step = feed.step(now_s)
        state, tracks = tracker.step(state, step.scans, step.detections, now_s)
    shown = tracks.take(np.flatnonzero(tracks.confirmed))
    assert len(shown) == 1
    assert np.hypot(*(shown.xy_m[0] - xy)) < 15.0


@pytest.mark.parametrize(
    ("said", "p"),
    [((), (0, 0, 0, 1)), ((("Human", 0.5), ("Vehicle", 0.5)), (0.5, 0.5, 0, 0)), ((("Ghost", 0.9),), (0, 0, 0, 1))],
)
def test_classes_in_others_words_sum_to_one(said, p) -> None:
    assert classes_of(said) == pytest.approx(p)
