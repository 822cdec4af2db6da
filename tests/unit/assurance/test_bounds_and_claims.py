"""Accounts add up, bounds move the right way, claims get their verdicts, the monitor keeps its promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchline.assurance import account, monitor
from watchline.assurance.bound import Bound, undetected
from watchline.assurance.claims import Claim, Evidence, Find, judge, proves, touches
from watchline.assurance.live_miss import Draws, adversary, drawn_like, miss
from watchline.assurance.passage_law import PassageLaw, untried
from watchline.assurance.selection import CHOICES, undetected_by_choice, window

shares = st.floats(0.0, 1.0)
hours = st.floats(0.0, 100.0)


@given(st.lists(st.tuples(shares, shares), min_size=1, max_size=6), hours)
def test_an_account_holds_all_there_was_and_splitting_changes_nothing(
    pi: list[tuple[float, float]], h: float
) -> None:
    mean, worst = np.array(pi).T
    whole = account.accrued(mean, worst, h)
    np.testing.assert_allclose(whole.whole, h)
    in_time = account.accrued(mean, worst, 0.25 * h) + account.accrued(mean, worst, 0.75 * h)
    in_space = account.accrued(mean, worst, h, 0.4) + account.accrued(mean, worst, h, 0.6)
    for parts in (in_time, in_space):
        for name in ("detected", "missed", "blind"):
            np.testing.assert_allclose(getattr(parts, name), getattr(whole, name), atol=1e-9)


def test_what_is_not_known_is_blind() -> None:
    got = account.accrued([0.2, np.nan, 0.2], [0.5, 0.5, np.nan], 2.0)
    assert got.blind.tolist() == [0.0, 2.0, 2.0]
    assert (account.nothing(3) + got).detected == pytest.approx([1.6, 0.0, 0.0])


@given(st.integers(0, 30), st.floats(0.5, 50.0), st.floats(0.0, 50.0), st.floats(0.0, 20.0))
def test_a_worse_watch_never_lowers_the_bound(seen: int, d: float, m: float, more: float) -> None:
    good, bad = undetected(seen, d, m), undetected(seen, d, m + more)
    assert good is not None
    assert bad is not None
    assert bad.most >= good.most
    assert bad.p_any >= good.p_any - 1e-12


def test_one_crosser_who_was_seen_where_it_is_weakest_speaks_of_choice() -> None:
    rng = np.random.default_rng(2)
    pi = rng.uniform(0.05, 0.6, 500)
    cells = window(pi, np.ones(500))
    weak, anywhere = np.sort(pi)[-12:], rng.choice(pi, 12)
    chosen = undetected_by_choice(cells, cells.bin_of(weak))
    random = undetected_by_choice(cells, cells.bin_of(anywhere))
    assert chosen is not None
    assert random is not None
    assert chosen.choices > 10 > 4 > random.choices
    assert chosen.bound.most > random.bound.most
    assert chosen.p_choice.sum() == pytest.approx(1.0)
    assert len(chosen.p_choice) == len(CHOICES)


def test_where_no_draw_sees_anything_nothing_can_be_said() -> None:
    cells = window(np.ones(20), np.ones(20))
    assert undetected_by_choice(cells, []) is None


def test_cells_that_are_alike_have_one_rank_and_every_cell_finds_its_bin() -> None:
    pi = np.repeat([0.1, 0.4, 0.4, 0.9], 5)
    cells = window(pi, np.ones(20))
    assert cells.rank.tolist() == pytest.approx([0.125, 0.5, 0.875])
    assert cells.bin_of([0.1, 0.4, 0.9]).tolist() == [0, 1, 2]
    assert cells.weight.tolist() == [5.0, 10.0, 5.0]


def _bound(most: int, p_any: float = 0.1) -> Bound:
    return Bound(0, 0.1, p_any, most)


NONE = Claim(at_most=0, definition="breach", from_m=0.0, to_m=2e5, from_s=0.0, to_s=2.6e6)


@pytest.mark.parametrize(
    ("claim", "evidence", "verdict"),
    [
        (NONE, Evidence(0, _bound(0), 0.0), "supported"),
        (NONE, Evidence(0, _bound(4), 0.0), "not_supported"),
        (NONE, Evidence(1, _bound(0), 0.0), "contradicted"),
        (NONE, Evidence(1, None, 1.0), "contradicted"),
        (NONE, Evidence(0, None, 1.0), "unknown"),
        (NONE, Evidence(0, _bound(0), 0.2), "unknown"),
        (Claim(0, "crossing", 0.0, 2e5, 0.0, 1.0, always=True), Evidence(0, _bound(0), 0.0, 0.7), "not_supported"),
        (Claim(0, "crossing", 0.0, 2e5, 0.0, 1.0, always=True), Evidence(0, _bound(0), 0.0, None), "not_supported"),
        (Claim(0, "crossing", 0.0, 2e5, 0.0, 1.0, always=True), Evidence(0, _bound(0), 0.0, 0.01), "supported"),
        (Claim(5, "attempt", 0.0, 2e5, 0.0, 1.0), Evidence(2, _bound(3), 0.0), "supported"),
    ],
)
def test_verdicts(claim: Claim, evidence: Evidence, verdict: str) -> None:
    assert judge(claim, evidence).verdict == verdict


def test_a_find_round_the_end_reopens_nothing_it_cannot_have_touched_and_proves_nothing() -> None:
    beyond = Find(15, found_s=100.0, since_s=50.0, from_m=None, to_m=None, round_an_end=True)
    inside = Find(15, found_s=100.0, since_s=50.0, from_m=1000.0, to_m=9000.0, round_an_end=False)
    here = Claim(0, "crossing", 0.0, 2e5, 0.0, 200.0)
    assert touches(beyond, here)
    assert not proves(beyond, here)
    assert touches(inside, here)
    assert proves(inside, here)
    assert not touches(inside, Claim(0, "crossing", 0.0, 2e5, 150.0, 200.0))
    assert not proves(inside, Claim(0, "crossing", 5000.0, 2e5, 0.0, 200.0))


def test_the_monitor_keeps_its_promise_and_sees_a_doubled_miss() -> None:
    rng = np.random.default_rng(4)
    p = rng.uniform(0.05, 0.5, (300, 400))

    def alarms(truth: np.ndarray) -> float:
        count = 0
        for world, said in zip(rng.random(truth.shape) < truth, p, strict=True):
            state = monitor.Monitor()
            for missed, one in zip(world, said, strict=True):
                state = monitor.seen(state, float(one), missed=bool(missed))
            count += state.alarm
        return count / len(truth)

    assert alarms(p) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)
    assert alarms(2 * p / (1 + p)) > 0.95


def test_less_exposure_never_lowers_pi_and_an_adversary_is_no_worse_off() -> None:
    rng = np.random.default_rng(1)
    shared = Draws(untried().drawn(rng, 16), rng.beta(8, 2, 16))
    nothing = np.zeros((16, 60))
    exposure, stretch = rng.gamma(2.0, 20.0, (16, 60)), np.repeat(np.arange(6), 10)
    full = miss(exposure, nothing, stretch, 7, shared)
    less = miss(0.7 * exposure, nothing, stretch, 7, shared)
    assert np.isnan(full.mean[6])
    assert np.all(less.mean[:6] >= full.mean[:6])
    assert np.all((full.low <= full.mean)[:6] & (full.mean <= full.high)[:6])
    weakest = np.array([0.0, 6.0, 60.0, np.inf])
    drawn = drawn_like(weakest, exposure, np.median(exposure, axis=0))
    pi = adversary(drawn, shared.law.looks_alike, shared)
    assert pi[0] > pi[1] > pi[2]
    assert pi[3] == 0.0


@pytest.mark.parametrize("k", [0.9, 1.5, 3.0, 5.0])
def test_an_adversary_is_never_said_to_be_missed_less_than_they_are(k: float) -> None:
    """However the exposure of the weakest way divides between looks and what alerts alone."""
    law = PassageLaw(np.full(1, 0.33), np.full(1, k), np.full(1, 12.4), np.ones(1))
    shared, alike = Draws(law, np.ones(1)), law.looks_alike
    for both in np.geomspace(0.05, 60.0, 12) * alike:
        said = float(adversary(np.array([[both]]), alike, shared)[0])
        for share in np.linspace(0.0, 1.0, 41):
            looks, alone = np.array([[(1.0 - share) * both]]), np.array([[share * both / alike]])
            true = float(law.miss(looks, alone)[0, 0])
            assert said >= 0.95 * true  # between the shares that are asked for
