"""Probabilities stay probabilities, and move the right way."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from watchline.coverage.exact.barrier import p_ring_covered
from watchline.coverage.interruption import PathTask, Response, interruption
from watchline.sensing import common_cause, glimpse, lateral_range
from watchline.sensing.ranges import mrtd, ttpf

p01 = st.floats(0.0, 1.0)
positive = st.floats(1e-3, 1e3)
seconds = st.floats(0.0, 1e4)
tasks = st.lists(
    st.builds(PathTask, st.just("t"), p01, seconds, seconds, st.sampled_from(["B", "M", "E"])), min_size=1, max_size=8
)
quick = settings(deadline=None, max_examples=60)
ROUNDING = 1e-9


@quick
@given(tasks, p01, seconds, seconds)
def test_interruption_is_a_probability_and_no_more_than_detection(path, p_comm, response_s, sd_s):
    got = interruption(path, Response(p_comm, response_s, sd_s))
    assert 0.0 <= got.p_interruption <= got.p_detect * p_comm + ROUNDING
    assert 0.0 <= got.p_timely <= got.p_detect + ROUNDING


@quick
@given(tasks, seconds, seconds)
def test_a_slower_response_never_interrupts_more(path, response_s, sd_s):
    fast, slow = (interruption(path, Response(1.0, t, sd_s)).p_interruption for t in (response_s, response_s + 60.0))
    assert slow <= fast + ROUNDING


@quick
@given(positive, positive, st.floats(0.05, 50.0))
def test_frailty_never_misses_less_than_independence(h, more, k):
    miss = float(glimpse.p_miss(h, k))
    assert float(glimpse.p_miss_independent(h)) - ROUNDING <= miss <= 1.0
    assert float(glimpse.p_miss(h + more, k)) <= miss


@quick
@given(st.lists(p01, min_size=1, max_size=5), p01, p01)
def test_a_common_cause_never_lowers_the_miss(p, availability, beta):
    apart = common_cause.p_miss_grouped([(availability, [q]) for q in p])
    together = common_cause.p_miss_grouped([(availability, p)])
    between = common_cause.p_miss_beta_factor(p, availability, beta)
    assert 0.0 <= apart <= together + ROUNDING <= 1.0 + 2 * ROUNDING
    assert apart - ROUNDING <= between <= together + ROUNDING


@quick
@given(positive, positive, st.sampled_from(["johnson", "ttp"]))
def test_more_cycles_never_lower_the_probability_of_a_task(n, n50, law):
    p = ttpf.p_task([n, 1.1 * n], n50, law)
    assert np.all((p >= 0.0) & (p <= 1.0))
    assert p[1] >= p[0]


@quick
@given(st.floats(0.0, 20.0))
def test_laws_of_coverage_keep_their_order(c):
    definite, cube, random = (float(lateral_range.p_detect(c, law)) for law in lateral_range.LAWS)
    assert definite + ROUNDING >= cube >= random - ROUNDING >= -ROUNDING


@quick
@given(st.floats(0.1, 10.0), st.floats(0.0, 5e-3), st.floats(0.5, 12.0))
def test_worse_air_and_more_cycles_never_reach_farther(contrast_k, extinction, cycles):
    camera = mrtd.Mrtd(0.01, 6.0, 0.3, 12e-6)

    def reach(beta: float, n: float) -> float:
        how = {"cycles": n, "critical_m": 0.95, "contrast_k": contrast_k}
        return mrtd.range_by_extinction(camera, extinction_per_m=beta, **how).range_m

    assert reach(extinction + 1e-4, cycles) <= reach(extinction, cycles)
    assert reach(extinction, cycles + 0.5) <= reach(extinction, cycles)


@quick
@given(st.integers(1, 80), p01, st.floats(0.0, 0.2))
def test_more_or_longer_arcs_cover_no_less(arcs, share, more):
    p = p_ring_covered(arcs, share)
    assert 0.0 <= p <= 1.0
    assert p_ring_covered(arcs + 1, share) >= p - ROUNDING
    assert p_ring_covered(arcs, min(share + more, 1.0)) >= p - 1e-5
