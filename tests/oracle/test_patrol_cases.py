"""Patrols and games against values that are published or worked out elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

from watchline.planning.patrol.border import border_value, line_neighbours, patrol_game, ring_neighbours
from watchline.planning.patrol.games import best_commitment, maximin
from watchline.planning.patrol.perimeter import best_perimeter, detection
from watchline.planning.patrol.values import origami

# Papadaki, Alpern, Lidbetter & Morton (2016): posts, periods of the attack, value.
BORDER = [(3, 2, 1 / 2), (4, 2, 1 / 2), (5, 2, 1 / 3), (6, 2, 1 / 3), (3, 3, 3 / 4), (4, 3, 1 / 2), (5, 3, 3 / 7),
          (3, 4, 1.0), (4, 4, 2 / 3), (5, 4, 1 / 2)]  # fmt: skip


@pytest.mark.parametrize(("n", "m", "value"), BORDER)
def test_patrolling_a_border_is_as_published(n, m, value):
    assert border_value(n, m) == pytest.approx(value)


@pytest.mark.slow
@pytest.mark.parametrize(("n", "m", "value", "periods"), [
    (3, 2, 1 / 2, 6), (4, 2, 1 / 2, 6), (5, 2, 1 / 3, 6), (3, 3, 3 / 4, 9), (4, 3, 1 / 2, 8), (3, 4, 1.0, 8),
    (4, 4, 2 / 3, 9), (5, 4, 1 / 2, 8),
])  # fmt: skip
def test_patrolling_a_border_over_every_walk(n, m, value, periods):
    assert patrol_game(line_neighbours(n), m, periods).value == pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize(("n", "m"), [(3, 2), (4, 2), (4, 3), (5, 2)])
def test_a_ring_has_the_value_of_its_share(n, m):
    # Alpern, Morton & Papadaki (2011): m / n on a Hamiltonian graph, for a long enough game.
    assert patrol_game(ring_neighbours(n), m, n + m).value >= m / n - 1e-6
    assert patrol_game(ring_neighbours(n), m, n + m).value <= m / n + 0.1


@pytest.mark.parametrize(("d", "t", "model", "p", "value"), [
    (3, 2, "turn", (3 - 5**0.5) / 2, (5**0.5 - 1) / 2), (3, 2, "step", 0.5, 0.5), (4, 3, "turn", 0.5, 0.5),
    (4, 3, "step", 0.5, 0.5),
])  # fmt: skip
def test_perimeter_has_the_known_optimum(d, t, model, p, value):
    # Agmon, Kaminka & Kraus (2011); polynomials and optima worked out by hand and by a computer algebra system.
    found = best_perimeter(d, t, model)
    assert found.value == pytest.approx(value, abs=1e-6)
    assert found.p == pytest.approx(p, abs=1e-4)


def test_perimeter_has_the_known_polynomials():
    for p in (0.2, 0.37, 0.9):
        q = 1 - p
        assert detection(3, 2, p, "turn") == pytest.approx([2 * p - p**2, p**2 - p + 1, q])
        assert detection(3, 2, p, "step") == pytest.approx([p**2 - p + 1, p**2 - p + 1, 2 * p * q])
        assert detection(4, 3, p, "turn") == pytest.approx([2 * p - p**2, p, p**2 - p + 1, q])
        assert detection(4, 3, p, "step") == pytest.approx(
            [-2 * p**3 + 4 * p**2 - 2 * p + 1, 2 * p**2 - 2 * p + 1, 2 * p**3 - 2 * p**2 + 1, 2 * p * q]
        )


@pytest.mark.parametrize(("d", "t"), [(3, 3), (5, 5), (5, 1), (7, 2)])
def test_perimeter_is_sure_or_hopeless_where_it_must_be(d, t):
    value = best_perimeter(d, t, "turn").value
    assert value == pytest.approx(1.0 if t >= d else 0.0, abs=1e-12)


def test_stackelberg_commitment_is_eleven_thirds():
    # Conitzer & Sandholm's example, as used for DOBSS: Nash 2, the optimum commits to (2/3, 1/3).
    found = best_commitment([[2, 4], [1, 3]], [[1, 0], [0, 2]])
    assert found.value == pytest.approx(11 / 3)
    assert found.mix == pytest.approx([2 / 3, 1 / 3])
    assert found.answer == 1


def test_origami_has_the_known_case():
    found = origami([-5, -3, -8, -1], [2, 1, 1, 0], [5, 4, 9, 2], [-3, -1, -4, -2], 1)
    assert found.theirs == pytest.approx(2.779904, abs=1e-6)
    assert found.coverage == pytest.approx([0.277512, 0.244019, 0.478469, 0.0], abs=1e-6)
    assert found.attack_set == (0, 1, 2)
    assert found.ours == pytest.approx(-2.023923, abs=1e-6)


@pytest.mark.parametrize("seed", range(20))
def test_origami_is_the_best_commitment_of_a_small_game(seed):
    # With one resource, coverage is a mix over targets: the same game, solved by one programme per target.
    rng = np.random.default_rng(seed)
    n = 4
    udu, uac = -rng.uniform(1, 9, n), -rng.uniform(1, 9, n)
    udc, uau = udu + rng.uniform(0.5, 9, n), uac + rng.uniform(1, 15, n)
    ours = np.where(np.eye(n, dtype=bool), udc, udu[None, :] * np.ones((n, 1)))
    theirs = np.where(np.eye(n, dtype=bool), uac, uau[None, :] * np.ones((n, 1)))
    assert origami(udu, udc, uau, uac, 1).ours == pytest.approx(best_commitment(ours, theirs).value, abs=1e-6)


@pytest.mark.parametrize(("payoff", "value"), [
    ([[0, -1, 1], [1, 0, -1], [-1, 1, 0]], 0.0),  # stone, paper, scissors
    ([[3, -1], [-2, 4]], 1.0),  # (3 * 4 - 2) / (3 + 4 + 1 + 2)
    ([[2, 1], [1, 0]], 1.0),  # a saddle point
    ([[1, 0, 0], [0, 1 / 2, 0], [0, 0, 1 / 3]], 1 / 6),  # hide and seek in boxes: 1 / sum of 1 / p
])  # fmt: skip
def test_zero_sum_games_have_their_known_values(payoff, value):
    found = maximin(payoff)
    assert found.value == pytest.approx(value, abs=1e-9)
    assert (found.mix @ np.asarray(payoff, float)).min() == pytest.approx(value, abs=1e-9)
    assert (np.asarray(payoff, float) @ found.against).max() == pytest.approx(value, abs=1e-9)
