"""Minutes that late looks show to have been watched: which, when, and never without what tells against it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import T0_S, radar, scan
from watchline.domain.batches import MissBatch, ScanBatch, standing
from watchline.domain.nodes import LateLooks, MinuteBasis
from watchline.domain.records import SensorHealth
from watchline.ops.account.again import KEEP_S, Again

SENSORS = (radar("a"), radar("b"))  # patience 10 s
LEARNED_S = T0_S + 10_000.0


def _basis(began_s: float, **more: Any) -> MinuteBasis:
    fields: dict[str, Any] = {"quality": (-1.0, -1.0), "dark": ("a", "b"), "present": (), "day": True}
    return MinuteBasis(
        id=f"basis-{began_s}", t_s=began_s + 60.0, source="account", began_s=began_s, hours=1 / 60,
        visibility_m=20_000.0, **(fields | more),
    )  # fmt: skip


def _gone(upto_seq: int = 9, from_s: float = T0_S, to_s: float = T0_S + 600.0) -> LateLooks:
    return LateLooks(
        id=f"l{upto_seq}",
        t_s=LEARNED_S,
        source="account",
        upto_seq=upto_seq,
        from_s=from_s,
        to_s=to_s,
        looks=1,
        found=0,
    )


def _looks(from_s: float, to_s: float, sensor: int = 0, every_s: float = 2.0, **columns: Any) -> ScanBatch:
    when = np.arange(from_s, to_s, every_s)
    return ScanBatch.join([scan(k, sensor, t, **columns) for k, t in enumerate(when.tolist())])


def _asked(again: Again) -> list[MinuteBasis]:
    return list(iter(again.next, None))


def _minutes(again: Again, count: int = 10) -> Again:
    for k in range(count):
        again.apply(_basis(T0_S + 60.0 * k))
    return again


def test_a_minute_heard_through_late_counts_once_its_looks_were_gone_through() -> None:
    again = _minutes(Again(SENSORS))
    assert again.hear(_looks(T0_S + 120.0, T0_S + 300.0, quality=0.4), LEARNED_S, 7)
    assert _asked(again) == []
    assert again.late_since == 7
    again.apply(_gone())
    assert again.late_since is None
    found = _asked(again)
    assert [(b.began_s - T0_S, b.dark, b.quality, b.revision) for b in found] == [
        (k, ("b",), (0.4, -1.0), 1) for k in (120.0, 180.0, 240.0)
    ]
    kept = again.reckoned(MissBatch(**{**_rows(T0_S + 120.0).columns()}), LEARNED_S + 5.0)
    assert (kept.t_s, kept.began_s, kept.dark) == (LEARNED_S + 5.0, T0_S + 120.0, ("b",))
    again.apply(kept)
    again.apply(_gone(10))
    assert T0_S + 120.0 not in {b.began_s for b in _asked(again)}  # it is known already


@pytest.mark.parametrize("what", ["in time", "a gap", "told dark", "told dark before", "nobody was dark"])
def test_what_tells_against_it(what: str) -> None:
    again = Again(SENSORS)
    again.apply(_basis(T0_S, dark=("b",) if what == "nobody was dark" else ("a", "b")))
    learned_s = T0_S + 62.0 if what == "in time" else LEARNED_S
    looks = _looks(T0_S, T0_S + 60.0)
    if what == "in time":
        looks = looks.take(looks.t_s > T0_S + 53.0)
    if what == "a gap":
        looks = looks.take((looks.t_s < T0_S + 20.0) | (looks.t_s > T0_S + 32.0))
    if what.startswith("told dark"):
        at_s = T0_S - 500.0 if what.endswith("before") else T0_S + 30.0
        again.apply(SensorHealth(id="1", t_s=at_s, source="T-1", sensor="a", state="dark", cause="frozen"))
    again.hear(looks, learned_s, 1)
    again.apply(_gone())
    assert _asked(again) == []


def test_what_was_frozen_and_saw_again_counts_from_then_on() -> None:
    again = _minutes(Again(SENSORS), 3)
    for k, (at_s, state) in enumerate(((T0_S - 5.0, "dark"), (T0_S + 70.0, "up"))):
        again.apply(SensorHealth(id=str(k), t_s=at_s, source="T-1", sensor="a", state=state, cause="-"))  # type: ignore[arg-type]
    again.hear(_looks(T0_S, T0_S + 180.0), LEARNED_S, 1)
    again.apply(_gone())
    assert [b.began_s - T0_S for b in _asked(again)] == [120.0]


@given(st.permutations(range(12)), st.integers(1, 6))
def test_the_order_in_which_looks_come_changes_nothing(order: list[int], parts: int) -> None:
    pieces = [_looks(T0_S + 50.0 * k, T0_S + 50.0 * (k + 1), every_s=5.0) for k in range(12)]
    again = _minutes(Again(SENSORS))
    for at in range(0, 12, parts):
        again.hear(ScanBatch.join([pieces[k] for k in order[at : at + parts]]), LEARNED_S, 1)
    again.apply(_gone())
    assert [b.began_s - T0_S for b in _asked(again)] == [60.0 * k for k in range(10)]


def test_looks_that_came_while_others_were_gone_through_wait_for_their_turn() -> None:
    again = _minutes(Again(SENSORS))
    again.hear(_looks(T0_S, T0_S + 60.0), LEARNED_S, 7)
    again.hear(_looks(T0_S + 60.0, T0_S + 120.0), LEARNED_S, 12)
    again.apply(_gone(9))
    assert again.late_since == 10


def test_it_forgets_after_days() -> None:
    again = _minutes(Again(SENSORS))
    again.apply(_basis(T0_S + KEEP_S + 240.0))
    again.hear(_looks(T0_S, T0_S + 600.0), LEARNED_S, 1)
    again.apply(_gone())
    assert [b.began_s - T0_S for b in _asked(again)] == [60.0 * k for k in range(4, 10)]


def _rows(began_s: float, mean: float = 0.5, stretches: int = 3) -> MissBatch:
    n = stretches
    return MissBatch(
        t_s=np.full(n, began_s), hours=np.full(n, 1 / 60), stretch=np.arange(n, dtype=np.int32),
        crosser=np.zeros(n, np.uint8), share=np.ones(n), mean=np.full(n, mean), low=np.full(n, mean),
        high=np.full(n, mean), adversary=np.full(n, mean), informed=np.full(n, mean),
    )  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, 4), st.floats(0.0, 1.0)), max_size=12))
def test_of_each_minute_the_last_rows_stand(told: list[tuple[int, float]]) -> None:
    rows = standing(MissBatch.join([_rows(T0_S + 60.0 * k, mean) for k, mean in told]))
    last = dict(told)
    assert len(rows) == 3 * len(last)
    for k, mean in last.items():
        assert rows.mean[rows.t_s == T0_S + 60.0 * k].tolist() == [mean] * 3
