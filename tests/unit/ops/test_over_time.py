"""The line over time: outages, times without a core, and what a row of the time view says of each kilometre."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from watchline.coverage.in_view import Sight
from watchline.domain.batches import TrackBatch
from watchline.domain.records import ExplainedTrack, Position, Record, RunStarted, SensorHealth, UnitReport
from watchline.ledger.reader import LedgerReader
from watchline.ledger.writer import Ledger
from watchline.ops.over_time import History, tracks_at, units_at
from watchline.ops.party import KNOWN, OWN

# Two sensors, one a kilometre; nobody else sees either.
BELT = Sight(np.array([[True, False], [False, True]]), np.array([0, 1]), 2, np.zeros((2, 2)))
START_S = 1000.0


def _health(n: int, t_s: float, sensor: str, state: str) -> SensorHealth:
    return SensorHealth(id=f"H-{n}", t_s=t_s, source="health", sensor=sensor, state=state, cause="power")  # type: ignore[arg-type]


def _run(n: int, t_s: float) -> RunStarted:
    return RunStarted(
        id=f"R-{n}", t_s=t_s, source="core", version="1", site="x", seed=None, fidelity="", simulated=False
    )


def _at(s_m: float, d_m: float = -500.0) -> Position:
    return Position(lon_deg=40.0, lat_deg=34.0, s_m=s_m, d_m=d_m)


def _unit(n: int, t_s: float, s_m: float) -> UnitReport:
    return UnitReport(
        id=f"U-{n}", t_s=t_s, source="x", unit="P-1", position=_at(s_m, 200.0), speed_m_s=1.0, heading_rad=0.0,
        state="patrolling",
    )  # fmt: skip


def _tracks(t_s: float, s_m: float) -> TrackBatch:
    one = TrackBatch.empty()
    columns = {name: np.zeros((2, *array.shape[1:]), array.dtype) for name, array in one.columns().items()}
    columns |= {"track_id": np.array([7, 8], np.int32), "t_s": np.full(2, t_s), "s_m": np.array([s_m, 100.0])}
    columns["p_class"] = np.array([[1.0, 0, 0, 0], [0, 0, 1.0, 0]])
    return TrackBatch(**columns)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A core from 1000 to 1100, none until 1200, one from then on; a sensor dark from 1020 to 1060, one from 1240."""
    where = tmp_path_factory.mktemp("over-time") / "ledger"
    writer = Ledger.create(where, lambda: b"0" * 32)
    begun: list[tuple[float, Record | TrackBatch]] = [(START_S, _run(1, START_S))]
    begun += [(START_S + 10.0 * k, _tracks(START_S + 10.0 * k, 50.0 * k)) for k in range(1, 10)]
    begun += [(START_S + 10.0 * k + 1.0, _unit(k, START_S + 10.0 * k + 1.0, 10.0 * k)) for k in range(10)]
    begun += [
        (1030.0, _health(1, 1020.0, "a", "dark")), (1060.0, _health(2, 1060.0, "a", "up")),
        (1070.0, ExplainedTrack(
            id="E-1", t_s=1070.0, source="x", track_id=7, rule="own_unit", by="P-1", state="explained",
            position=_at(0.0),
        )),
        (1100.0, _health(3, 1100.0, "a", "degraded")), (1200.0, _run(2, 1200.0)),
        (1245.0, _health(4, 1240.0, "b", "dark")), (1300.0, _unit(99, 1300.0, 900.0)),
    ]  # fmt: skip
    for t_s, what in sorted(begun, key=lambda one: one[0]):
        if isinstance(what, TrackBatch):
            writer.append_columns(what, t_s)
        else:
            writer.append(what, t_s)
        writer.commit(t_s)
    writer.close()
    return where


def _followed(ledger: Path) -> History:
    history = History(("a", "b"))
    with LedgerReader(ledger) as reader:
        history.follow(reader)
        history.follow(reader)  # nothing new: nothing twice
    return history


def test_outages_and_times_without_a_core_are_found(ledger: Path) -> None:
    history = _followed(ledger)
    assert [(o.sensor, o.from_s, o.to_s) for o in history.outages] == [(0, 1020.0, 1060.0), (1, 1240.0, None)]
    assert history.pauses == [(1100.0, 1200.0)]
    assert (history.begins_s, history.ends_s) == (1000.0, 1300.0)
    assert [o.sensor for o in history.outages_in(1060.0, 1240.0)] == []


def test_a_row_is_the_mean_of_what_was_known_and_unknown_where_most_was_not(ledger: Path) -> None:
    edges = np.array([960.0, 1000.0, 1040.0, 1050.0, 1090.0, 1140.0, 1180.0, 1220.0, 1260.0, 1340.0])
    rows = _followed(ledger).in_view(BELT, edges)
    # In the dark nobody knows of kilometre 0; of 1000..1040 half was known, which is not most of it.
    nan = math.nan
    expected = [
        [nan, nan],  # before the ledger
        [nan, 1.0],  # 20 of 40 s dark
        [nan, 1.0],  # all dark
        [1.0, 1.0],  # 10 of 40 s dark
        [nan, nan],  # 10 of 50 s with a core
        [nan, nan],  # none
        [nan, nan],  # a core for 20 of 40 s
        [1.0, nan],  # b dark from 1240: half of it
        [1.0, nan],  # as far as the ledger goes
    ]
    np.testing.assert_allclose(rows, expected)


def test_tracks_and_units_are_a_point_a_row(ledger: Path) -> None:
    history, edges = _followed(ledger), np.arange(1000.0, 1101.0, 20.0)
    with LedgerReader(ledger) as reader:
        ours, animal = tracks_at(reader, history, edges)
        (unit,) = units_at(reader, edges)
    assert (ours.name, ours.party, animal.party) == ("7", OWN, KNOWN)
    assert [t_s for t_s, *_ in ours.points] == [1010.0, 1020.0, 1040.0, 1060.0, 1080.0]
    assert [s_m for _, s_m, _ in ours.points] == [50.0, 100.0, 200.0, 300.0, 400.0]
    assert [t_s for t_s, *_ in unit.points] == [1001.0, 1021.0, 1041.0, 1061.0, 1081.0]


def test_the_way_into_any_hour_is_the_batch_before_what_was_learned_from_then_on(ledger: Path) -> None:
    with LedgerReader(ledger) as reader:
        for t_s in (0.0, 1010.0, 1010.5, 1090.0):
            after = next(reader.columns("tracks", after_seq=reader.before("tracks", t_s)))
            assert float(after.columns()["t_s"][0]) == max(1010.0, 10.0 * math.ceil(t_s / 10.0))
        assert list(reader.columns("tracks", after_seq=reader.before("tracks", 1090.5))) == []
        assert reader.before("unit_report", 1021.0) == next(
            e.seq - 1 for e in reader.events(["unit_report"]) if e.known_s >= 1021.0
        )
