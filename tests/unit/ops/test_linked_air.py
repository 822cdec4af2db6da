"""A radar's turn is one look; a drone is where it says it is."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import numpy as np

from builders import T0_S, level, radar, site, write_site
from core_builders import ScriptedFeed, silence
from watchline.domain.records import DroneState, GeoPoint, RadarPlot, RadarService, Record, UnitReport
from watchline.ops import linked_air
from watchline.ops.linked import LinkedFeed
from watchline.ops.site_file import read_site


def plot(t_s: float, azimuth_rad: float, *, test: bool = False) -> RadarPlot:
    return RadarPlot(
        id=f"p{t_s}", t_s=t_s, source="west", radar="radar-0-1", range_m=2000.0, azimuth_rad=azimuth_rad, test=test
    )


def north(t_s: float) -> RadarService:
    return RadarService(id=f"n{t_s}", t_s=t_s, source="west", radar="radar-0-1", what="north")


def feed(directory: Path, batches: list[list[Record]]) -> LinkedFeed:
    sensor = msgspec.structs.replace(radar(), node="west/radar-0-1")
    loaded = read_site(write_site(directory / "site", site(sensor)))
    return LinkedFeed(ScriptedFeed(silence), lambda: batches.pop(0), loaded, level(3000.0))


def test_the_plots_of_a_turn_are_one_look_at_its_end(tmp_path: Path) -> None:
    batches: list[list[Record]] = [[plot(T0_S + 1, 0.1)], [plot(T0_S + 2, 0.3), north(T0_S + 4)], [north(T0_S + 8)]]
    linked = feed(tmp_path, batches)
    first, second, third = (linked.step(T0_S + k) for k in (2, 4, 8))
    assert (len(first.scans), len(first.detections)) == (0, 0)
    assert (second.scans.t_s.tolist(), second.scans.detections.tolist()) == ([T0_S + 4], [2])
    np.testing.assert_allclose(second.detections.bearing_rad, [0.1, 0.3])
    assert set(second.detections.scan_id.tolist()) == set(second.scans.scan_id.tolist())
    # A turn that saw nothing is a look, too.
    assert (third.scans.detections.tolist(), len(third.detections)) == ([0], 0)
    assert sum(isinstance(record, RadarPlot) for record in second.records) == 1


def test_test_plots_are_kept_and_never_tracked(tmp_path: Path) -> None:
    linked = feed(tmp_path, [[plot(T0_S + 1, 0.1, test=True), north(T0_S + 4)]])
    step = linked.step(T0_S + 4)
    assert len(step.detections) == 0
    assert any(isinstance(record, RadarPlot) and record.test for record in step.records)


def test_without_turns_there_are_no_looks_and_what_waits_is_bounded() -> None:
    state = linked_air.State()
    for k in range(linked_air.PLOTS_MAX + 100):
        state, meant = linked_air.step(state, [plot(T0_S + k / 100, 0.0)])
        assert meant == []
    assert len(state.waiting["west", "radar-0-1"]) == linked_air.PLOTS_MAX


def test_a_drone_is_a_unit_where_it_says_it_is(tmp_path: Path) -> None:
    drone = DroneState(
        id="d", t_s=T0_S, source="drones", drone="drone-1", place=GeoPoint(lon_deg=42.0, lat_deg=33.61),
        speed_m_s=9.0, heading_rad=math.pi / 2,
    )  # fmt: skip
    step = feed(tmp_path, [[drone, msgspec.structs.replace(drone, place=None)]]).step(T0_S)
    (unit,) = [record for record in step.records if isinstance(record, UnitReport)]
    assert (unit.unit, unit.position.lat_deg, unit.speed_m_s, unit.heading_rad) == (
        "drone-1",
        33.61,
        9.0,
        math.pi / 2,
    )
