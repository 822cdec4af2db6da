"""A site loses a sensor between two runs on one ledger: rows of the others stay theirs, rows of the lost one go."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from builders import T0_S, fence, radar, scan, site, straight_line
from core_builders import Step, make_core, ticks
from ledger_builders import counting_salt
from watchline.domain.batches import ScanBatch
from watchline.domain.nodes import MinuteBasis
from watchline.domain.records import SiteVersion
from watchline.domain.site import Site, Transport
from watchline.ledger.reader import LedgerReader
from watchline.ledger.writer import Ledger
from watchline.ops.account.history import _late
from watchline.ops.account.known_walk import _told
from watchline.ops.ledger_site import SensorNumbers
from watchline.ops.resume import read_before
from watchline.ops.site_file import read_site
from watchline.ops.upkeep import quality_over

FIRST, SECOND, WIRE = radar("first"), radar("second"), fence("wire")


def _site(*sensors: object) -> Site:
    return msgspec.structs.replace(site(*sensors), transport=Transport(servers=("127.0.0.1:1",)))  # type: ignore[arg-type]


LATE_S = T0_S - 500.0
BEFORE, AFTER = _site(FIRST, SECOND, WIRE), _site(SECOND, WIRE)


def _heard(now_s: float) -> Step:
    """Return a look of each of three sensors, by its number at that time, with a quality that tells them apart."""
    second = round(now_s - T0_S)
    looks = [scan(3 * second + k, k, now_s, quality=0.1 * (k + 1)) for k in range(3)]
    return Step([], ScanBatch.join(looks))


@pytest.fixture
def ran(tmp_path: Path) -> Path:
    """Return a directory whose ledger was written with three sensors, some late, and whose site has two since."""
    ticks(make_core(tmp_path, _heard, BEFORE), 120).close()
    ledger = Ledger.open(tmp_path / "ledger", counting_salt())
    ledger.append_columns(_heard(LATE_S).scans, T0_S + 130.0)
    ledger.cut(T0_S + 130.0)
    ledger.close()
    make_core(tmp_path, lambda _: Step(), AFTER).close()
    return tmp_path


def test_a_core_goes_on_with_a_ledger_after_a_sensor_was_taken_away(ran: Path) -> None:
    before = read_before(ran / "ledger", AFTER, straight_line())
    assert before.again is not None
    assert [len(runs) for runs in before.again._heard] == [2, 2]
    assert before.gone == 121


def test_a_minute_that_was_reckoned_with_another_site_is_not_reckoned_anew(ran: Path) -> None:
    basis = MinuteBasis(
        id="b", t_s=T0_S + 60.0, source="account", began_s=T0_S, hours=1 / 60, quality=(0.1, 0.2, -1.0),
        dark=(FIRST.id,), present=(), day=True, visibility_m=9e3,
    )  # fmt: skip
    again = read_before(ran / "ledger", AFTER, straight_line()).again
    assert again is not None
    again.apply(SiteVersion(id="s1", t_s=T0_S, source="site file", digest="a", name="", length_m=1.0, payload_id=""))
    again.apply(basis)
    assert list(again._bases) == [T0_S]
    again.apply(SiteVersion(id="s2", t_s=T0_S, source="site file", digest="a", name="", length_m=1.0, payload_id=""))
    assert list(again._bases) == [T0_S]
    again.apply(SiteVersion(id="s3", t_s=T0_S, source="site file", digest="b", name="", length_m=1.0, payload_id=""))
    assert not again._bases
    assert again.next() is None


def test_quality_over_time_is_each_sensor_s_own(ran: Path) -> None:
    edges_s = np.array([T0_S, T0_S + 60.0, T0_S + 120.0])
    with LedgerReader(ran / "ledger") as reader:
        rows = quality_over(reader, tuple(s.id for s in AFTER.sensors), edges_s)
    assert rows == pytest.approx(np.array([[0.2, 0.3], [0.2, 0.3]]))


def test_a_planted_walk_is_held_against_the_sensors_that_still_stand(ran: Path) -> None:
    loaded = read_site(ran / "site")
    told = _told(loaded, ran / "ledger", T0_S + 30.0, T0_S + 110.0)
    assert told.seeing[-1].quality == pytest.approx((0.2, 0.3))
    assert told.seeing[-1].dark == frozenset()


def test_late_looks_of_a_sensor_that_is_gone_are_not_gone_through(ran: Path) -> None:
    with LedgerReader(ran / "ledger") as reader:
        numbers = SensorNumbers(reader, tuple(s.id for s in AFTER.sensors))
        late, _ = _late(reader, 0, reader.last_seq, numbers)
    assert list(zip(late.sensor.tolist(), late.quality.round(1).tolist(), strict=True)) == [(0, 0.2), (1, 0.3)]


def test_late_looks_that_an_older_core_numbered_alike_are_told_apart(tmp_path: Path) -> None:
    twice = ScanBatch.join([scan(7, k, LATE_S) for k in range(2)])
    with Ledger.create(tmp_path / "ledger", counting_salt()) as ledger:
        ledger.append_columns(twice, T0_S)
        ledger.commit(T0_S)
    with LedgerReader(tmp_path / "ledger") as reader:
        late, _ = _late(reader, 0, reader.last_seq, SensorNumbers(reader, ()))
    assert late.scan_id.tolist() == [0, 1]
