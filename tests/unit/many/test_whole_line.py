"""Two cores that each track half of a line: one picture, one number for whoever walks from one to the other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import T0_S, radar, scan, sighting, site, straight_line, tracks, write_site
from ledger_builders import counting_salt
from many_builders import HandedOver
from watchline.alerting.desk.item import Item
from watchline.domain.batches import DetectionBatch
from watchline.domain.errors import BadInput
from watchline.domain.site import Site, Transport
from watchline.ledger.writer import Ledger
from watchline.ops.clock import Clock
from watchline.ops.core import Core
from watchline.ops.many.message import bodies
from watchline.ops.many.neighbours import SILENT_S, Neighbours, read_word, word
from watchline.ops.many.nodes_feed import NodesFeed
from watchline.ops.many.outbox import Outbox
from watchline.ops.many.shards import others_of, shards_of
from watchline.ops.many.whole_line import PER_SHARD, WholeLine
from watchline.ops.picture import Picture
from watchline.ops.quiet import QuietFeed
from watchline.ops.resume import nothing_before
from watchline.ops.site_file import read_site

POSTS = {"west": (3500.0, 100.0), "east": (6500.0, 100.0)}
EYES = tuple(radar(f"radar-{name}", post=name, max_range_m=2600.0, min_speed_m_s=0.0) for name in POSTS)
LINE = straight_line()


def _site() -> Site:
    return msgspec.structs.replace(site(*EYES, posts_sd_m=POSTS), transport=Transport(servers=("127.0.0.1:1",)))


@dataclass
class _Half:
    """One core, what its tower's outbox holds, and its screen.  Mutable."""

    core: Core
    source: HandedOver
    box: Outbox
    here: Neighbours
    screen: WholeLine

    def step(self) -> None:
        self.core.tick()
        self.screen.step()


def _halves(directory: Path) -> list[_Half]:
    out = []
    for k, name in enumerate(POSTS):
        loaded = read_site(write_site(directory / name, _site()))
        shards = shards_of(loaded.site, loaded.line, 2)
        assert shards.nodes == (("west",), ("east",))
        assert shards.borders_m == pytest.approx((5000.0,), abs=1.0)
        source, here = HandedOver(), Neighbours(loaded.site, k, others_of(loaded.site, shards, k))
        core = Core(
            loaded, loaded.terrain(), NodesFeed(QuietFeed(), source, loaded.site, {}, here), None,
            Ledger.create(directory / name / "ledger", counting_salt()), Clock(T0_S, 1.0), fidelity="detections",
            seed=1, simulated=True, before=nothing_before(loaded.site, loaded.line),
        )  # fmt: skip
        box = Outbox(directory / f"{name}.db", name, 1 << 30)
        out.append(_Half(core, source, box, here, WholeLine(core, here, shards)))
    return out


def _exchange(halves: list[_Half]) -> None:
    for one in halves:
        for other in halves:
            if other is not one and one.here.outgoing is not None:
                other.here.heard(one.here.outgoing)


def _items(half: _Half) -> list[Item]:
    return list(half.core.picture.alerts.values())


@pytest.mark.slow
def test_who_walks_over_the_border_keeps_one_number_and_is_never_two(tmp_path: Path) -> None:
    halves, rng = _halves(tmp_path), np.random.default_rng(3)
    eyes = [half.core.state.tracking.setup.place[k, :2] for k, half in enumerate(halves)]
    told: list[list[list[int]]] = []
    for second in range(1, 321):
        walker = LINE.xy_m_from_sd([3600.0 + 9.0 * second, -1300.0 + 3.0 * second])
        for k, half in enumerate(halves):
            t_s, off = T0_S + second, walker + rng.normal(0, 4.0, 2) - eyes[k]
            seen = sighting(second, 0, EYES[k], t_s, [off]) if np.hypot(*off) < 2600.0 else DetectionBatch.empty()
            looks = scan(second, 0, t_s, range_m=2600.0, detections=len(seen))
            half.box.put(bodies((EYES[k].id,), looks, seen, (), t_s))
            half.source.deliver(half.box, [second])
            half.step()
        _exchange(halves)
        if second > 30:
            told.append([half.screen.picture.tracks.track_id.tolist() for half in halves])
    for k, half in enumerate(halves):
        alone = [len(at[k]) for at in told]
        assert set(alone) == {1}, f"screen {k}: {alone}"
        assert {number for at in told for number in at[k]} == {PER_SHARD + 1}  # told of in the west first
        assert len(half.core.picture.tracks) <= 1  # what is another core's is in no ledger but its own
        assert not half.core.state.health.dark  # the other's radar is heard there
    # East raised an alert of its own: on both screens it is of the one track.
    (east,) = [i.alert for i in halves[1].core.picture.alerts.values() if i.alert.track_id is not None]
    assert east.track_id == 1
    assert halves[1].screen.picture.alerts[east.alert].alert.track_id == PER_SHARD + 1
    theirs = halves[0].screen.desk_of(False).items[f"shard-2/{east.alert}"]
    assert theirs.alert.track_id == PER_SHARD + 1
    assert f"shard-2/{east.alert}" not in halves[0].core.picture.alerts
    assert len(halves[0].screen.picture.trails[PER_SHARD + 1]) > 50  # one trail over both parts

    # A core that falls silent takes its part of the picture with it, and its sensors are dark here too.
    for _ in range(round(SILENT_S) + 60):
        halves[0].step()
    assert f"shard-2/{east.alert}" not in halves[0].screen.desk_of(False).items
    assert 1 in halves[0].core.state.health.dark
    assert all(i.alert.what != "sensor_dark" or i.alert.sensors != (EYES[1].id,) for i in _items(halves[0]))
    for half in halves:
        half.core.close()


def test_a_line_has_no_more_parts_than_nodes() -> None:
    with pytest.raises(BadInput, match="3 parts are more than the 2 nodes"):
        shards_of(_site(), LINE, 3)


def test_what_a_core_says_is_read_as_it_was_said() -> None:
    what, picture = _site(), Picture(2, now_s=T0_S)
    picture.tracks = tracks(LINE.xy_m_from_sd([[5000.0, -500.0], [6000.0, -300.0]]), LINE, T0_S)
    picture.heard_s[1], picture.az0_rad[1], picture.az1_rad[1], picture.range_m[1] = T0_S - 1.0, 0.0, 1.0, 2000.0
    part = read_word(word(1, what, np.array([0, 1]), picture), what)
    assert (part.shard, part.now_s, part.looks.sensor.tolist()) == (1, T0_S, [1])
    for name, column in picture.tracks.columns().items():
        np.testing.assert_array_equal(getattr(part.tracks, name), column)


@given(st.binary(max_size=200), st.integers(0, 3))
def test_no_bytes_of_another_core_harm_this_one(data: bytes, cut: int) -> None:
    what = _site()
    good = word(1, what, np.array([0]), Picture(2, now_s=T0_S))
    here = Neighbours(what, 0)
    for bad in (data, good[: len(good) - 1 - cut], good + b"x"):
        here.heard(bad)
    assert here.parts(T0_S) == {}
    assert here.trouble
