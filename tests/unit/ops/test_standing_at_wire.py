"""Who stands at the wire is not looked at the longer for it, in a plan as in the account."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from builders import radar, site, write_site
from watchline.domain.site import Barrier
from watchline.geo.line_grid import line_coordinates_m
from watchline.ops.planning.watched import watched
from watchline.ops.planning.what_if import WhatIf
from watchline.ops.site_file import LoadedSite, read_site
from watchline.planning.line_ways import way_along
from watchline.sensing.detection import WALKER
from watchline.sensing.situation import Situation

# From beyond the line, with half an hour of the wire before it: time spent standing would be most of what is seen.
WIRE = Barrier(id="wire", kind="wire", from_km=0.0, to_km=10.0, delay_walker_s=1800.0, delay_vehicle_s=1800.0)
NOW = Situation(watched=False)


@pytest.fixture(scope="module")
def open_line(tmp_path_factory: pytest.TempPathFactory) -> LoadedSite:
    turning = radar(scan_period_s=200.0)
    return read_site(write_site(Path(tmp_path_factory.mktemp("standing")), site(turning)))


@pytest.fixture(scope="module")
def wired(open_line: LoadedSite) -> LoadedSite:
    return replace(open_line, site=msgspec.structs.replace(open_line.site, barriers=(WIRE,)))


def test_the_same_way_is_seen_as_much_with_a_wire_that_holds_one_up(open_line: LoadedSite, wired: LoadedSite) -> None:
    terrain = open_line.terrain()
    along = line_coordinates_m(open_line.line, terrain)
    bare = watched(open_line, terrain, along, WALKER, (NOW,)).lines[0]
    held = watched(wired, terrain, along, WALKER, (NOW,)).lines[0]
    ends = open_line.line.xy_m_from_sd(np.array([[7000.0, -1500.0], [7000.0, 600.0]]))
    path_rc = np.column_stack([terrain.y0_m - ends[:, 1], ends[:, 0] - terrain.x0_m]) / terrain.cell_m
    seen, seen_held = (way_along(line, 7, path_rc).exposure for line in (bare, held))
    assert seen > 0.1
    assert seen_held == pytest.approx(seen, rel=0.03)


def test_a_mast_put_where_it_stands_changes_nothing_with_a_wire_either(wired: LoadedSite) -> None:
    asked = WhatIf(wired, wired.terrain(), NOW)
    post = wired.site.posts[0]
    assert asked.moved(post.id, post.lon_deg, post.lat_deg).after == pytest.approx(asked.before, abs=1e-4)
