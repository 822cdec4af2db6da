"""Plan and live view read the site as it was last found: wire, towers, and what drones look at now."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import numpy as np
import pytest

from builders import T0_S, camera, fence, level, radar, site, straight_line, write_site
from watchline.coverage.exposure import ribbon, speed_m_s
from watchline.coverage.in_view import in_view, sight
from watchline.domain.errors import BadInput
from watchline.domain.records import GeoPoint, Inspection, VideoGeometry
from watchline.domain.site import Barrier
from watchline.ledger.writer import Ledger
from watchline.ops.as_found import dark_of, quality_of, read_as_found, site_as_found, situation_as_found
from watchline.ops.drone_view import FRESH_S, looks, outline_m, seen_now
from watchline.ops.field_reports import derived
from watchline.ops.linked import LinkedFeed
from watchline.ops.picture import Picture
from watchline.ops.quiet import QuietFeed
from watchline.ops.site_file import LoadedSite, read_site
from watchline.sensing.detection import WALKER
from watchline.sensing.placing import placed
from watchline.sensing.situation import Situation

WIRE = Barrier(id="wire", kind="wire", from_km=0.0, to_km=10.0, delay_walker_s=120.0, delay_vehicle_s=60.0)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> LoadedSite:
    what = msgspec.structs.replace(site(camera(), radar(), fence()), barriers=(WIRE,))
    return read_site(write_site(tmp_path_factory.mktemp("found"), what))


def found(loaded: LoadedSite, subject: str, condition: float, **more: float) -> Picture:
    """Return the picture after an inspection and what follows from it."""
    one = Inspection(id="i", t_s=T0_S, source="op", subject=subject, condition=condition, what="damaged", **more)
    picture = Picture(len(loaded.site.sensors))
    for record in (one, *derived([one], loaded.site, loaded.line, picture)):
        picture.apply(record)
    return picture


def test_wire_that_was_found_cut_delays_nobody_there_and_as_before_elsewhere(loaded: LoadedSite) -> None:
    after = site_as_found(loaded, found(loaded, "wire", 0.0, from_km=4.0, to_km=6.0))
    ground = level()
    under = ribbon(loaded.line, ground)
    pace = {name: speed_m_s(ground, under, one.site, WALKER).ravel()[under.cell] for name, one in
            (("before", loaded), ("after", after))}  # fmt: skip
    cut = (under.s_m > 4100.0) & (under.s_m < 5900.0)
    whole = (under.s_m < 3900.0) | (under.s_m > 6100.0)
    assert (pace["after"][cut] > 3.0 * pace["before"][cut]).all()
    assert pace["after"][whole].tolist() == pace["before"][whole].tolist()
    assert site_as_found(loaded, Picture(3)) is loaded


def test_a_tower_that_was_found_weak_sees_less_and_one_without_power_nothing(loaded: LoadedSite) -> None:
    sensors = loaded.site.sensors
    weak, gone = found(loaded, "tower", 0.4), found(loaded, "tower", 0.0)
    assert (dark_of(sensors, weak), dark_of(sensors, gone)) == (frozenset(), frozenset({0, 1}))
    assert quality_of(sensors, weak)[:2].tolist() == [0.4, 0.4]
    now = situation_as_found(Situation(dark=frozenset({2})), sensors, gone)
    assert now.dark == {0, 1, 2}
    stated = Situation(quality=np.array([0.9, math.nan, math.nan]))
    assert situation_as_found(stated, sensors, weak).quality_of(0) == 0.9
    assert situation_as_found(stated, sensors, weak).quality_of(1) == 0.4


def test_the_plan_reads_inspections_from_a_ledger(loaded: LoadedSite, tmp_path: Path) -> None:
    stamp = {"t_s": T0_S, "source": "op", "condition": 0.0}
    told = [
        Inspection(id="i1", subject="wire", what="cut", from_km=1.0, to_km=2.0, **stamp),
        Inspection(id="i2", subject="tower", what="no_power", **stamp),
    ]
    book = Ledger.create(tmp_path / "ledger", lambda: b"s" * 32)
    for record in (*told, *derived(told, loaded.site, loaded.line, Picture(0))):
        book.append(record, T0_S)
    book.cut(T0_S)
    book.close()
    after, now = read_as_found(loaded, Situation(), tmp_path / "ledger")
    assert [(b.from_km, b.to_km, b.condition) for b in after.site.barriers] == [(0, 1, 1), (1, 2, 0), (2, 10, 1)]
    assert now.dark == {0, 1}
    with pytest.raises(BadInput, match="no ledger"):
        read_as_found(loaded, Situation(), tmp_path)


def geometry(t_s: float, s_m: float = 5000.0) -> VideoGeometry:
    """Return a camera 1 km above the line's outside that looks straight down."""
    line = straight_line()
    lon, lat = line.frame.lonlat_from_xy_m(line.xy_m_from_sd(np.array([s_m, -1000.0]))).tolist()
    return VideoGeometry(
        id=f"v{t_s}", t_s=t_s, source="d", platform="drone-1", sensor="IR",
        place=GeoPoint(lon_deg=lon, lat_deg=lat, msl_m=1200.0), heading_rad=0.0, camera_elevation_rad=-math.pi / 2,
        camera_azimuth_rad=0.0, hfov_rad=1.2, vfov_rad=1.2,
    )  # fmt: skip


def test_ground_that_a_drone_looks_at_counts_as_seen_while_it_looks(loaded: LoadedSite) -> None:
    ground, line = level(), loaded.line
    seen = list(looks([geometry(T0_S + k / 25) for k in range(60)], {}, line, ground))
    assert [one.t_s for one in seen] == [T0_S, T0_S + 1.0, T0_S + 2.0]
    picture = Picture(3, now_s=T0_S + 3)
    for one in seen:
        picture.apply(one)
    at = placed(loaded.site, line, ground)
    belt = sight(line, ground, (), at.eye_m, at.convergence_rad)
    assert in_view(belt, frozenset()).share.sum() == 0.0
    share = in_view(belt, frozenset(), [outline_m(one, line) for one in seen_now(picture)]).share
    assert share[4] > 0.2
    assert share[5] > 0.2
    assert share[:3].sum() == share[8:].sum() == 0.0
    picture.now_s += FRESH_S
    assert list(seen_now(picture)) == []


def test_what_a_link_says_of_a_camera_in_the_air_becomes_ground_seen(loaded: LoadedSite) -> None:
    waiting = [geometry(T0_S)]
    feed = LinkedFeed(QuietFeed(), lambda: [waiting.pop()] if waiting else [], loaded, level())
    kinds = [type(record).__name__ for record in feed.step(T0_S).records]
    assert kinds == ["VideoGeometry", "GroundSeen"]
