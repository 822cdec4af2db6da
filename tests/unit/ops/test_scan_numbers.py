"""Looks of everyone who numbers them can be told apart: tracking goes by the number alone."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from builders import T0_S, radar, scan, site, write_site
from many_builders import HandedOver, bodies_of
from watchline.domain.errors import InvariantError
from watchline.domain.records import Direction, NodeDetection
from watchline.ops import scan_numbers
from watchline.ops.linked import LinkedFeed
from watchline.ops.many.nodes_feed import NodesFeed
from watchline.ops.many.outbox import Outbox
from watchline.ops.quiet import QuietFeed
from watchline.ops.scan_numbers import RANGES, next_numbers, refuse_doubles
from watchline.ops.site_file import read_site


def test_a_link_and_a_tower_heard_in_one_step_never_give_two_looks_one_number(tmp_path: Path) -> None:
    at_tower, at_link = radar("radar-1"), radar("radar-2", node="others/n-7")
    loaded = read_site(write_site(tmp_path / "site", site(at_tower, at_link)))
    told = NodeDetection(
        id="d", t_s=T0_S, source="others", node="n-7", object_id="1",
        direction=Direction(bearing_rad=1.0, range_m=700.0, sd_bearing_rad=0.01),
    )  # fmt: skip
    source, box = HandedOver(), Outbox(tmp_path / "outbox.db", "T-1", 1 << 30)
    box.put(bodies_of(0, sensor=at_tower.id))
    source.deliver(box)
    links = LinkedFeed(QuietFeed(), lambda: [told], loaded, loaded.terrain())
    step = NodesFeed(links, source, loaded.site, {}).step(T0_S + 1.0)
    assert sorted(step.scans.sensor.tolist()) == [0, 1]
    owner = dict(zip(step.scans.scan_id.tolist(), step.scans.sensor.tolist(), strict=True))
    assert len(owner) == 2
    assert [owner[k] for k in step.detections.scan_id.tolist()] == step.detections.sensor.tolist()


def test_no_two_ranges_meet_and_all_fit_a_column_of_numbers() -> None:
    rows = sorted(RANGES.values(), key=lambda numbers: numbers.start)
    assert rows[0].start == 0
    assert all(a.stop <= b.start for a, b in itertools.pairwise(rows))
    assert rows[-1].stop - 1 <= np.iinfo(np.int32).max


def test_numbers_begin_anew_at_the_end_of_their_own_range(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RANGES, "links", range(100, 105))
    assert scan_numbers.first("links") == 100
    assert next_numbers("links", 100, 3) == range(100, 103)
    assert next_numbers("links", 103, 3) == range(100, 103)


def test_two_looks_with_one_number_in_a_step_are_refused() -> None:
    once = scan(7, 0, T0_S)
    refuse_doubles(once)
    with pytest.raises(InvariantError, match="7"):
        refuse_doubles(type(once).join([once, scan(7, 1, T0_S)]))
