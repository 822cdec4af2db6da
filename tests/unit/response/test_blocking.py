"""Blocking lines: the predicted chance to slip through against attempts that are played out second by second."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binom

from watchline.response.blocking import Gap, Holder, Passage, Reaction, closers, gaps, slip
from watchline.sensing.detection import CRAWLER, VEHICLE, WALKER, Crosser
from watchline.sensing.observer import MOST_PER_S, eye_constant_m3_s, seen_from_m, sweep_width_m

LINE = (
    Holder("BP1", 0.0, 0.0, team_m_s=2.5), Holder("BP2", 900.0, 0.0, observers=3), Holder("BP3", 1700.0, 100.0),
    Holder("BP4", 500.0, 700.0, observers=1, team_m_s=8.0), Holder("BP5", 1300.0, 650.0),
)  # fmt: skip
REACTION, K = Reaction(40.0, 15.0, 45.0), 1.5
ATTEMPTS = 2_000


def attempts(passage: Passage, rng: np.random.Generator) -> int:
    """Return how many of ATTEMPTS slip through, at places drawn over the line, each played second by second."""
    n = ATTEMPTS
    x = rng.uniform(0.0, 1700.0, n)
    hard = rng.gamma(K, 1.0 / K, n)
    react = np.maximum(0.0, rng.normal(REACTION.mean_s, REACTION.sd_s, n))
    constant = eye_constant_m3_s(
        sweep_width_m(seen_from_m(passage.crosser.area_m2, day=passage.day, visibility_m=passage.visibility_m))
    )
    post = np.array([(h.along_m, h.depth_m) for h in LINE])
    looking, speed = np.array([h.observers for h in LINE]), np.array([h.team_m_s for h in LINE])
    starts = np.full((n, len(LINE)), np.inf)  # when each team sets out
    stopped = np.zeros(n, bool)
    for second in range(int(passage.lasts_s)):
        now = second + 0.5
        depth = passage.from_m + passage.crosser.speed_m_s * now
        away = np.hypot(x[:, None] - post[:, 0], depth - post[:, 1])
        rate = looking * np.minimum(constant / np.maximum(away, 1.0) ** 3, MOST_PER_S)
        notices = rng.random(away.shape) < -np.expm1(-hard[:, None] * rate)
        for k in range(len(LINE)):
            told = now + react[:, None] + REACTION.tell_s * (np.arange(len(LINE)) != k)
            starts = np.where(notices[:, k : k + 1], np.minimum(starts, told), starts)
        stopped |= (away <= speed * np.maximum(now - starts, 0.0)).any(axis=1) & (now >= starts).any(axis=1)
    return int(n - stopped.sum())


@pytest.mark.parametrize("day", [True, False], ids=["day", "night"])
@pytest.mark.parametrize(
    "crosser", [WALKER, VEHICLE, pytest.param(CRAWLER, marks=pytest.mark.slow)], ids=["walker", "vehicle", "crawler"]
)
def test_predicted_chance_agrees_with_two_thousand_attempts(crosser: Crosser, day: bool) -> None:
    passage = Passage(crosser, -600.0, 1500.0, day)
    at = np.linspace(0.0, 1700.0, 86)[:-1] + 10.0
    p = float(np.mean([slip(LINE, float(x), passage, REACTION, K) for x in at]))
    low, high = binom.ppf([0.005, 0.995], ATTEMPTS, p)
    got = attempts(passage, np.random.default_rng([crosser.name == c for c in ("walker", "crawler", "vehicle")]))
    assert low <= got <= high, f"said {p:.3f}, got {got / ATTEMPTS:.3f}"


def test_a_second_row_and_more_eyes_never_make_it_easier() -> None:
    passage = Passage(WALKER, -600.0, 1500.0, True)
    for x in (100.0, 450.0, 1200.0):
        first = slip(LINE[:3], x, passage, REACTION, K)
        assert slip(LINE, x, passage, REACTION, K) <= first + 1e-12
        more = (*LINE[:2], Holder("BP3", 1700.0, 100.0, observers=9))
        assert slip(more, x, passage, REACTION, K) <= first + 1e-12
        assert slip(LINE, x, passage, Reaction(400.0, 15.0, 45.0), K) >= slip(LINE, x, passage, REACTION, K)


def test_gaps_follow_who_is_there_at_the_hour() -> None:
    posts = (Holder("A", 500.0, 0.0), Holder("B", 1500.0, 0.0, hours=((6.0, 18.0), (20.0, 5.0))))
    passage = Passage(WALKER, -600.0, 1500.0, False)
    assert posts[1].manned(12.0)
    assert posts[1].manned(23.0)
    assert posts[1].manned(1.0)
    assert not posts[1].manned(19.0)
    assert not posts[1].manned(5.5)
    night, relief = (gaps(posts, (0.0, 2000.0), hour, passage, REACTION, K) for hour in (23.0, 19.0))
    assert [(g.left, g.right, g.from_m, g.to_m) for g in night] == [
        ("", "A", 0.0, 500.0), ("A", "B", 500.0, 1500.0), ("B", "", 1500.0, 2000.0),
    ]  # fmt: skip
    assert [(g.left, g.right) for g in relief] == [("", "A"), ("A", "")]
    assert max(g.worst for g in relief) > max(g.worst for g in night) - 1e-12
    assert all(g.mean <= g.worst for g in night)
    assert slip((), 0.0, passage, REACTION, K) == 1.0


def test_the_weakest_gap_has_the_reserve_first() -> None:
    found = [Gap("", "A", 0, 1, 0.2, 0.3, 0.5), Gap("A", "", 1, 2, 0.8, 0.9, 1.5)]
    reach = np.array([[100.0, 200.0], [math.inf, 300.0]])
    assert closers(found, reach, ["Q1", "Q2"]) == [("", math.inf), ("Q1", 200.0)]
    assert closers(found, reach[::-1], ["Q2", "Q1"]) == [("", math.inf), ("Q1", 200.0)]
    assert closers(found, np.array([[100.0, 200.0], [150.0, 300.0]]), ["Q1", "Q2"]) == [("Q2", 150.0), ("Q1", 200.0)]
