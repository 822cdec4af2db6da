"""From exposure to an alert: the closed form against drawing it, and what trials teach."""

from __future__ import annotations

import numpy as np
import pytest

from watchline.assurance.pace import pace
from watchline.assurance.passage_law import LawPrior, law, laws, missed, untried


@pytest.mark.parametrize(("looks", "alone", "needed"), [(12.0, 0.0, 5), (40.0, 0.7, 8), (0.0, 1.5, 3), (3.0, 0.2, 1)])
def test_the_closed_form_is_what_drawing_gives(looks: float, alone: float, needed: int) -> None:
    rng = np.random.default_rng(3)
    k, scale, n = 0.8, 0.5, 200_000
    ease = rng.gamma(k, 1.0 / k, n)
    quiet = (rng.poisson(ease * scale * looks) < needed) & (rng.poisson(ease * alone) == 0)
    assert float(missed(looks, alone, scale, k, needed)) == pytest.approx(quiet.mean(), abs=0.005)


def test_one_report_enough_and_no_frailty_is_the_exponential_law() -> None:
    assert float(missed(2.0, 1.0, 1.0, 1e9, 1.0)) == pytest.approx(np.exp(-3.0), rel=1e-6)
    assert float(missed(2.0, 0.0, 1.0, 1.5, 1.0)) == pytest.approx((1 + 2 / 1.5) ** -1.5)


def test_more_exposure_of_either_kind_is_missed_less() -> None:
    learned = untried()
    h = np.linspace(0.0, 300.0, 40)
    mean = (learned.weight[:, None] * learned.miss(np.tile(h, (len(learned.weight), 1)), np.zeros(1))).sum(axis=0)
    assert mean[0] == pytest.approx(1.0)
    assert np.all(np.diff(mean) < 0.0)


def test_trials_teach_the_law_and_their_number_makes_it_narrow() -> None:
    rng = np.random.default_rng(5)
    h = np.exp(rng.normal(3.0, 2.0, 600))
    truth = missed(h, 0.0, 0.3, 0.8, 10.0)
    alerted = (rng.random(len(h)) > truth).astype(float)
    zero = np.zeros_like(h)
    at = np.array([5.0, 30.0, 100.0, 1000.0])

    def said(count: int) -> tuple[np.ndarray, np.ndarray]:
        found = law(h[:count], zero[:count], alerted[:count])
        p = found.miss(np.tile(at, (len(found.weight), 1)), np.zeros(1))
        mean = found.weight @ p
        return mean, np.sqrt(found.weight @ (p - mean) ** 2)

    few, many = said(20), said(600)
    assert np.all(many[1] < few[1])
    assert np.all(np.abs(many[0] - missed(at, 0.0, 0.3, 0.8, 10.0)) < 0.06)


def test_draws_stand_for_the_whole_law() -> None:
    learned = untried(LawPrior(scale=1.0))
    drawn = learned.drawn(np.random.default_rng(1), 400)
    assert drawn.weight.sum() == pytest.approx(1.0)
    assert np.log(drawn.scale).mean() == pytest.approx(float(learned.weight @ np.log(learned.scale)), abs=0.1)


def test_what_cannot_be_an_outcome_is_refused() -> None:
    with pytest.raises(ValueError, match="0 or 1"):
        law([1.0], [0.0], [0.5])
    with pytest.raises(ValueError, match=">= 0"):
        law([-1.0], [0.0], [1.0])


def test_each_class_has_its_law_and_tells_of_the_others_as_far_as_they_are_alike() -> None:
    rng = np.random.default_rng(9)
    none, at = np.zeros(0), np.array([30.0, 300.0])

    def passages(count: int, k: float, needed: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        h = np.exp(rng.normal(3.5, 1.5, count))
        return h, np.zeros(count), (rng.random(count) > missed(h, 0.0, 0.4, k, needed)).astype(float)

    def said(found) -> np.ndarray:  # type: ignore[no-untyped-def]
        return found.weight @ found.miss(np.tile(at, (len(found.weight), 1)), np.zeros(1))

    walkers, vehicles = passages(400, 0.6, 3.0), passages(80, 3.0, 10.0)
    walker, vehicle, rider = laws([walkers, vehicles, (none, none, none)])
    assert np.all(np.abs(said(walker) - missed(at, 0.0, 0.4, 0.6, 3.0)) < 0.06)
    assert np.all(np.abs(said(vehicle) - missed(at, 0.0, 0.4, 3.0, 10.0)) < 0.08)
    # Whom nobody tried is believed to be like those who were, and less surely.
    like = laws([walkers, (none, none, none)])[1]
    away = [np.abs(said(of) - said(walker)).sum() for of in (like, untried())]
    assert away[0] < 0.7 * away[1]
    assert max(like.weight.max(), rider.weight.max()) < 0.5 * walker.weight.max()


def test_whoever_is_quicker_is_missed_more_often() -> None:
    learned = untried()
    looks = np.full((len(learned.weight), 1), 60.0)
    slow, quick = (
        learned.at_pace(np.full(len(learned.weight), r)).miss(looks, np.zeros_like(looks)) for r in (1.0, 1.5)
    )
    assert np.all(quick >= slow)
    found = pace([1.4] * 50)
    assert float(np.exp(found.ln_mean)) == pytest.approx(1.4, rel=0.02)
    assert found.ln_sd < 0.05
    with pytest.raises(ValueError, match="> 0"):
        pace([0.0])
