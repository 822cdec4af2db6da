"""The judge of the red team: right figures pass, wrong ones fail, and the bound is held against real choosing."""

from __future__ import annotations

import numpy as np

from watchline.assurance.red_team import Passages, beaten, calibrated, covered
from watchline.domain.batches import MissBatch

HOURS, STRETCHES = 24, 20


def _window(rng: np.random.Generator) -> tuple[MissBatch, Passages]:
    """Return accounts of a window and 4000 passages whose chances are known."""
    pi = rng.beta(1.2, 2.0, (HOURS, STRETCHES))
    t, s = (x.ravel() for x in np.meshgrid(np.arange(HOURS), np.arange(STRETCHES), indexing="ij"))
    flat = pi.ravel()
    rows = MissBatch(
        t_s=3600.0 * t, hours=np.ones(len(t)), stretch=s.astype(np.int32), crosser=np.zeros(len(t), np.uint8),
        share=np.ones(len(t)), mean=flat, low=np.clip(flat - 0.03, 0.0, 1.0), high=np.clip(flat + 0.03, 0.0, 1.0),
        adversary=np.minimum(flat + 0.05, 0.96), informed=np.minimum(flat + 0.02, 0.96),
    )  # fmt: skip
    at = rng.integers(0, len(t), 4000)
    missed = rng.random(len(at)) < flat[at]
    worst = np.minimum(flat[at] + 0.05, 0.96)
    tried = Passages(3600.0 * t[at] + 10.0, s[at], missed, {"live": flat[at]}, worst, flat[at], worst)
    return rows, tried


def test_right_figures_pass_and_figures_a_fifth_too_low_do_not() -> None:
    _, tried = _window(np.random.default_rng(1))
    assert calibrated(tried.said["live"], tried.missed).right
    assert not calibrated(0.8 * tried.said["live"], tried.missed).right


def test_the_bound_covers_whoever_chooses() -> None:
    rng = np.random.default_rng(2)
    rows, tried = _window(rng)
    for choices in (1, 5):
        drawn = rng.integers(0, len(tried.missed), (60, 15, choices))
        best = np.take_along_axis(drawn, np.argmax(tried.at_line[drawn], axis=2)[..., None], axis=2)[..., 0]
        found = covered(rows, tried, list(best), crosser=0, stretches=STRETCHES, choices=float(choices))
        assert found.worlds == 60
        assert found.right


def test_whoever_is_missed_more_often_than_promised_beats_the_figure() -> None:
    promised = np.full(200, 0.5)
    assert beaten(promised, np.arange(200) < 105).right
    assert not beaten(promised, np.arange(200) < 130).right
