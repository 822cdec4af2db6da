"""From accounts to a statement: blind parts are left out and told, nothing watched is UNKNOWN, weak places count."""

from __future__ import annotations

import numpy as np
import pytest

from watchline.assurance.unseen import Crossed, unseen
from watchline.domain.batches import MissBatch

HOURS, STRETCHES = 24, 10


def _rows(mean: float | np.ndarray, adversary: float | np.ndarray = 0.6, spread: float = 0.05) -> MissBatch:
    t, s = (x.ravel() for x in np.meshgrid(3600.0 * np.arange(HOURS), np.arange(STRETCHES), indexing="ij"))
    pi = np.broadcast_to(np.asarray(mean, float), (HOURS, STRETCHES)).ravel()
    worst = np.broadcast_to(np.asarray(adversary, float), (HOURS, STRETCHES)).ravel()
    n = len(t)
    return MissBatch(
        t_s=t, hours=np.ones(n), stretch=s.astype(np.int32), crosser=np.zeros(n, np.uint8), share=np.ones(n),
        mean=pi.copy(), low=np.clip(pi - spread, 0, 1), high=np.clip(pi + spread, 0, 1), adversary=worst.copy(),
        informed=worst.copy(),
    ).validate()  # fmt: skip


def test_a_day_without_a_crossing_has_a_bound_and_never_a_zero() -> None:
    found = unseen(_rows(0.1), 0, [], STRETCHES)
    assert found.bound is not None
    assert found.pooled is not None
    assert found.blind_share == 0.0
    assert found.mean_miss == pytest.approx(0.1)
    assert found.account.detected.sum() == pytest.approx(0.9 * HOURS * STRETCHES)
    assert 0.08 < found.bound.p_any < 0.2
    assert found.bound.most >= found.pooled.most >= 1


def test_what_was_blind_is_no_part_of_the_bound_and_is_told() -> None:
    worst = np.full((HOURS, STRETCHES), 0.6)
    worst[:, 3] = 1.0
    mean = np.where(worst > 0.97, 0.95, 0.1)
    found = unseen(_rows(mean, worst), 0, [], STRETCHES)
    assert found.blind_share == pytest.approx(0.1)
    assert found.account.blind.tolist() == [0.0, 0.0, 0.0, float(HOURS), *[0.0] * 6]
    assert found.mean_miss == pytest.approx(0.1)


def test_nothing_watched_is_unknown_however_little_was_seen() -> None:
    for rows in (_rows(0.99, 1.0), MissBatch.empty(), _rows(0.1).take(np.zeros(0, int))):
        found = unseen(rows, 0, [Crossed(10.0, 2)], STRETCHES)
        assert found.bound is None
        assert found.pooled is None
        assert found.seen == found.not_placed == 1
        assert found.blind_share == 1.0


def test_those_seen_at_the_weak_places_speak_for_more_who_were_not() -> None:
    pi = np.linspace(0.02, 0.6, HOURS * STRETCHES).reshape(HOURS, STRETCHES)
    weak = [Crossed(3600.0 * h, s) for h in (22, 23) for s in range(STRETCHES)]
    even = [Crossed(3600.0 * h, h % STRETCHES) for h in range(0, HOURS)][:20]
    chosen, random = unseen(_rows(pi), 0, weak, STRETCHES), unseen(_rows(pi), 0, even, STRETCHES)
    assert chosen.bound is not None
    assert random.bound is not None
    assert chosen.bound.most > 1.5 * random.bound.most
    assert chosen.seen == random.seen == 20


def test_a_wider_interval_widens_the_bound() -> None:
    seen = [Crossed(3600.0 * h, h % STRETCHES) for h in range(20)]
    sure, unsure = (unseen(_rows(0.3, spread=s), 0, seen, STRETCHES) for s in (0.01, 0.25))
    assert sure.bound is not None
    assert unsure.bound is not None
    assert unsure.bound.most > sure.bound.most


def test_a_crossing_where_nothing_was_watched_still_counts() -> None:
    worst = np.full((HOURS, STRETCHES), 0.6)
    worst[:, 3] = 1.0
    found = unseen(_rows(0.2, worst), 0, [Crossed(3600.0, 3), Crossed(3600.0, 4)], STRETCHES)
    assert (found.seen, found.not_placed) == (2, 1)
