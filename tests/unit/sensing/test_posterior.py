"""What evidence does to the belief about sensors."""

from __future__ import annotations

import numpy as np
import pytest

from builders import camera, fence, radar
from watchline.sensing.belief import P_MAX, THRESHOLD, Belief, own_part, prior
from watchline.sensing.frailty import FrailtyPrior, frailty
from watchline.sensing.glimpse import p_miss
from watchline.sensing.posterior import Evidence, p_of, posterior

SENSORS = (camera("a"), camera("b"), camera("c"), radar("r"), fence("f"))
CAMERA = prior(SENSORS).kinds.index("thermal_camera")


def looks(rng: np.random.Generator, theta: np.ndarray, sensor: list[int], rows: int, each: float = 1.0) -> Evidence:
    """Return looks at rows subjects each sensor, at all signals, with outcomes drawn from theta; none are related."""
    s = np.repeat(np.array(sensor, np.int64), rows)
    n = len(s)
    blank = Evidence(
        s, rng.uniform(-1.0, 4.0, n), rng.uniform(0.0, 1.0, n), np.ones(n), np.ones(n), np.full(n, each), np.zeros(n),
        np.arange(n),
    )  # fmt: skip
    seen = rng.binomial(int(each), p_of(blank, theta)).astype(float)
    return Evidence(**{**{k: getattr(blank, k) for k in blank.__dataclass_fields__}, "seen": seen})


def no_looks() -> Evidence:
    none = np.zeros(0)
    return Evidence(np.zeros(0, np.int64), none, none, none, none, none, none, np.zeros(0, np.int64))


def test_nothing_tried_is_nothing_learned() -> None:
    before = prior(SENSORS)
    after = posterior(before, no_looks()).belief
    assert after.mean == pytest.approx(before.mean)
    assert after.cov == pytest.approx(before.cov)


def test_many_looks_find_the_truth() -> None:
    rng = np.random.default_rng(1)
    before = prior(SENSORS)
    truth = before.draw(rng)
    evidence = looks(rng, truth, [0, 1, 2, 3], 4000)
    found = posterior(before, evidence)
    assert p_of(evidence, found.belief.mean) == pytest.approx(p_of(evidence, truth), abs=0.05)
    off = (found.belief.mean - truth)[:4] / found.belief.sd[:4]
    assert np.abs(off).max() < 4.0
    assert (found.belief.sd[:4] < before.sd[:4]).all()


def test_one_camera_tried_teaches_of_the_others_a_little() -> None:
    rng = np.random.default_rng(2)
    before = prior(SENSORS)
    truth = before.mean.copy()
    truth[0, THRESHOLD] += 0.6
    after = posterior(before, looks(rng, truth, [0], 3000)).belief
    moved = after.mean[:, THRESHOLD] - before.mean[:, THRESHOLD]
    assert moved[0] > moved[1] > 0.0
    assert moved[1] == pytest.approx(moved[2])
    assert moved[3] == moved[4] == 0.0  # a radar is no camera
    assert after.sd[0, THRESHOLD] < after.sd[1, THRESHOLD] < before.sd[1, THRESHOLD]
    assert after.looks.tolist() == [3000.0, 0.0, 0.0, 0.0, 0.0]


def test_evidence_in_two_parts_teaches_as_much_as_at_once() -> None:
    rng = np.random.default_rng(3)
    before = prior(SENSORS)
    evidence = looks(rng, before.draw(rng), [0, 1, 2], 2000)
    half = np.arange(len(evidence.sensor)) % 2 == 0
    once = posterior(before, evidence).belief
    twice = posterior(posterior(before, evidence.take(half)).belief, evidence.take(~half)).belief
    assert np.abs((twice.mean - once.mean) / once.sd).max() < 0.3
    assert twice.sd == pytest.approx(once.sd, rel=0.1)


def one_passage_each(seen: np.ndarray, each: float) -> Evidence:
    """Return looks of camera 0 at as many subjects as `seen` has rows, `each` at every one."""
    n, ones = len(seen), np.ones(len(seen))
    where = np.zeros(n, np.int64)
    return Evidence(where, 1.5 * ones, 0.1 * ones, ones, ones, each * ones, seen, np.arange(n))


def test_looks_of_one_passage_count_for_less_than_as_many_subjects() -> None:
    rng = np.random.default_rng(4)
    before = prior(SENSORS)
    # Of 300 subjects half are seen in all of sixty looks and half in none.
    alike = posterior(before, one_passage_each(np.where(rng.random(300) < 0.5, 60.0, 0.0), 60.0))
    apart = posterior(before, one_passage_each(rng.binomial(60, 0.5, 300).astype(float), 60.0))
    assert alike.rho[CAMERA] > 0.8
    assert apart.rho[CAMERA] < 0.1
    level = [p_of(one_passage_each(np.zeros(1), 1.0), one.belief.mean)[0] for one in (alike, apart)]
    assert level == pytest.approx([0.5, 0.5], abs=0.08)
    one = one_passage_each(np.zeros(1), 1.0)
    spread = [np.std([p_of(one, b.belief.draw(rng))[0] for _ in range(400)]) for b in (alike, apart)]
    assert spread[0] > 1.5 * spread[1]


def test_one_odd_passage_does_not_carry_the_rest_away() -> None:
    rng = np.random.default_rng(9)
    before = prior(SENSORS)
    truth = before.mean
    fair = looks(rng, truth, [0, 1], 300)
    odd = Evidence(
        *(np.concatenate([getattr(fair, name), value]) for name, value in {
            "sensor": np.zeros(1, np.int64), "ln_signal": [-1.0], "depth": [0.5], "scale": [1.0], "sight": [1.0],
            "looks": [500.0], "seen": [400.0], "passage": np.array([10_000]),
        }.items())
    )  # fmt: skip
    with_odd, without = (posterior(before, e).belief.mean for e in (odd, fair))
    assert np.abs(p_of(fair, with_odd) - p_of(fair, without)).max() < 0.15


def test_a_fence_learns_its_share_of_touches() -> None:
    n = 400
    ones = np.ones(n)
    seen = np.where(np.arange(n) < 120, 1.0, 0.0)
    where = np.full(n, 4, np.int64)
    evidence = Evidence(where, 100.0 * ones, 0 * ones, ones, ones, ones, seen, np.arange(n))
    after = posterior(prior(SENSORS), evidence).belief
    assert 1.0 / (1.0 + np.exp(-after.mean[4, P_MAX])) == pytest.approx(0.3, abs=0.03)


def test_looks_in_doubtful_sight_teach_nothing() -> None:
    evidence = looks(np.random.default_rng(5), prior(SENSORS).mean, [0], 50)
    hidden = Evidence(
        **{**{k: getattr(evidence, k) for k in evidence.__dataclass_fields__}, "sight": np.full(50, 0.4)}
    )
    assert posterior(prior(SENSORS), hidden).belief.mean == pytest.approx(prior(SENSORS).mean)


@pytest.mark.parametrize(
    ("column", "value"), [("seen", 2.0), ("seen", -1.0), ("looks", -1.0), ("ln_signal", np.nan), ("sight", None)]
)
def test_impossible_evidence_is_refused(column: str, value: float | None) -> None:
    rows = {
        "sensor": np.zeros(3, np.int64), "ln_signal": np.ones(3), "depth": np.ones(3), "scale": np.ones(3),
        "sight": np.ones(3), "looks": np.ones(3), "seen": np.zeros(3), "passage": np.arange(3),
    }  # fmt: skip
    rows[column] = np.ones(2) if value is None else np.full(3, value)
    with pytest.raises(ValueError, match=r"Evidence\."):
        Evidence(**rows)


def test_draws_have_the_beliefs_own_spread() -> None:
    rng = np.random.default_rng(6)
    belief: Belief = posterior(prior(SENSORS), looks(rng, prior(SENSORS).mean, [0, 1], 500)).belief
    drawn = np.array([belief.draw(rng) for _ in range(4000)])
    assert drawn.std(axis=0) == pytest.approx(belief.sd, rel=0.06)
    assert drawn.mean(axis=0) == pytest.approx(belief.mean, abs=0.05)
    # Sensors of one kind err together.
    assert np.corrcoef(drawn[:, 1, P_MAX], drawn[:, 2, P_MAX])[0, 1] > 0.2


@pytest.mark.slow
def test_intervals_hold_as_often_as_they_say() -> None:
    """Truth drawn from the prior, outcomes from the truth: 90 % intervals must hold the truth 90 % of the time."""
    rng = np.random.default_rng(7)
    before = prior(SENSORS[:3])
    inside = []
    for _ in range(150):
        truth = before.draw(rng)
        after = posterior(before, looks(rng, truth, [0, 1, 2], 120)).belief
        inside.append(np.abs(after.mean - truth) < 1.645 * after.sd)
    share = np.mean(inside, axis=(0, 1))
    # 150 trials, three cameras that err partly together: at least 150 independent ones.
    assert (np.abs(share - 0.9) < 4 * np.sqrt(0.9 * 0.1 / 150)).all(), share


@pytest.mark.parametrize("k", [0.4, 1.5, 6.0])
def test_frailty_is_found_again(k: float) -> None:
    rng = np.random.default_rng(8)
    exposure = rng.gamma(1.0, 3.0, 6000)
    seen = (rng.random(6000) > p_miss(exposure, k)).astype(float)
    found = frailty(exposure, seen, FrailtyPrior())
    assert found.low <= found.mean <= found.high
    assert found.mean == pytest.approx(k, rel=0.35)
    assert found.p_detect([0.0, 2.0])[0] == 0.0
    assert found.p_detect(2.0) == pytest.approx(1.0 - p_miss(2.0, k), abs=0.02)


def test_without_passages_frailty_is_its_prior() -> None:
    found = frailty(np.zeros(0), np.zeros(0), FrailtyPrior())
    assert found.passages == 0
    assert found.low < 1.5 < found.high
    with pytest.raises(ValueError, match="seen must be 0 or 1"):
        frailty(np.ones(2), np.array([0.0, 0.5]), FrailtyPrior())


def test_a_sensors_own_part_is_told_from_what_its_kind_shares() -> None:
    """A camera worse than the others stays so when the kind's mean is put back; untried ones are as before."""
    rng = np.random.default_rng(4)
    before = prior((*SENSORS, camera("d")))
    truth = before.mean.copy()
    truth[[0, 1, 2, 5], THRESHOLD] += 0.5  # all of the kind
    truth[0, THRESHOLD] += 0.4  # and this one
    after = posterior(before, looks(rng, truth, [0, 1, 2], 3000)).belief
    own = own_part(before, after)
    moved = own.mean[:, THRESHOLD] - before.mean[:, THRESHOLD]
    assert moved[0] > 0.2
    assert abs(moved[5]) < 1e-6  # nobody tried it: all it learned was its kind's
    # What was taken away is the same for all of a kind.
    taken = after.mean - own.mean
    assert taken[[1, 2, 5]] == pytest.approx(np.tile(taken[0], (3, 1)))
    assert taken[3:5] == pytest.approx(np.zeros((2, 4)))
    assert own.own_cov == pytest.approx(after.own_cov)
