import json

import msgspec
import numpy as np
import pytest

from sim_builders import short_demo
from watchline.domain.site import Site
from watchline.geo.frame import GEOD
from watchline.sim.demo import demo_line, demo_site


def test_line_is_two_hundred_kilometres_and_crosses_42_east():
    line = demo_line(1, 200_000.0)
    assert abs(GEOD.line_length(line[:, 0], line[:, 1]) - 200_000.0) < 0.002
    assert line[0, 0] < 42.0 < line[-1, 0]
    assert (np.diff(line[:, 0]) > 0).all()
    assert np.abs(line[:, 1] - 33.6).max() < 0.05


def test_outside_is_north():
    demo = short_demo()
    lon, lat = demo.line_lonlat_deg.mean(axis=0)
    assert demo.line.sd_from_xy_m(demo.line.frame.xy_m_from_lonlat(lon, lat + 0.05))[1] < -4000


def test_site_survives_being_written_and_read():
    site = short_demo().site
    assert msgspec.convert(msgspec.to_builtins(site), Site) == site


def test_every_reference_names_something_that_exists():
    site = short_demo().site
    organisations, posts = {o.id for o in site.organisations}, {p.id for p in site.posts}
    for row in (*site.sectors, *site.posts, *site.sensors, *site.units):
        assert row.organisation in organisations
    for row in (*site.sensors, *site.units):
        assert row.post is None or row.post in posts


def test_every_named_file_is_there_and_is_geojson():
    demo = short_demo()
    named = {demo.site.line.file, *(r.file for r in demo.site.roads), *(a.file for a in demo.site.areas)}
    assert named == set(demo.files)
    for text in demo.files.values():
        assert json.loads(text)["features"]


def test_same_seed_gives_the_same_site():
    assert demo_site(5, length_m=8000.0).site == demo_site(5, length_m=8000.0).site


@pytest.mark.slow
def test_full_line_has_what_was_asked_for():
    site = demo_site(1).site
    kinds = [s.kind for s in site.sensors]
    assert (kinds.count("thermal_camera"), kinds.count("radar")) == (40, 6)
    assert sum(s.pan is not None for s in site.sensors) in range(11, 15)
    assert sum(s.pictures for s in site.sensors) == 6
    assert sum(u.kind == "patrol" for u in site.units) == 24
    assert len({u.organisation for u in site.units if u.kind == "patrol"}) == 5
    assert sum(b.to_km - b.from_km for b in site.barriers if b.kind == "wire") == pytest.approx(60.0)
    assert sum(b.to_km - b.from_km for b in site.barriers if b.kind == "trench") == pytest.approx(30.0)
    assert sum(s.to_km - s.from_km for s in site.sensors if s.kind == "fence_sensor") == pytest.approx(60.0)
    assert {o.id for o in site.organisations if o.partner} == {"partner"}
