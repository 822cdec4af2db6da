"""Marginal association probabilities against exact enumeration of every joint event.

Source: the definition (every track has at most one detection, every detection at most one track); belief propagation
is exact on trees, hence for one track or one detection, and close on 2 x 2 (Williams & Lau 2014).
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from watchline.tracking.look.association import marginals

F8 = NDArray[np.float64]


def _exact(weight: F8) -> F8:
    tracks, detections = weight.shape
    out = np.zeros((tracks, detections + 1))
    for event in itertools.product(range(detections + 1), repeat=tracks):
        taken = [j for j in event if j < detections]
        if len(set(taken)) < len(taken):
            continue
        p = np.prod([weight[i, j] if j < detections else 1.0 for i, j in enumerate(event)])
        for i, j in enumerate(event):
            out[i, j] += p
    return out / out.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (3, 1)])
def test_on_a_tree_belief_propagation_is_exact(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(5)
    for _ in range(50):
        weight = rng.gamma(0.5, 4.0, shape)
        np.testing.assert_allclose(marginals(weight), _exact(weight), atol=1e-6)


def test_on_two_by_two_it_is_within_a_tenth() -> None:
    rng = np.random.default_rng(6)
    worst = max(
        np.abs(marginals(weight) - _exact(weight)).max()
        for weight in (rng.gamma(0.5, 4.0, (2, 2)) for _ in range(300))
    )
    assert worst < 0.1


def test_two_tracks_that_want_the_same_detection_share_it() -> None:
    beta = marginals(np.array([[50.0], [50.0]]))
    np.testing.assert_allclose(beta[:, 0], 50.0 / 101.0, atol=1e-6)


def test_no_detection_leaves_every_track_with_none() -> None:
    assert marginals(np.zeros((3, 0))).tolist() == [[1.0]] * 3
