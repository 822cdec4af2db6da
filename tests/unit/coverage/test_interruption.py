from __future__ import annotations

import pytest

from watchline.coverage.exact.barrier import p_ring_covered, strong_barrier_k, weak_barrier_k
from watchline.coverage.exact.graph_path import best_evasion
from watchline.coverage.exact.space_time import best_crossing, patrol_hazard
from watchline.coverage.interruption import PathTask, Response, critical_detection_point, interruption


def tasks(*p_detect: float, where: str = "B", delay_s: float = 100.0, sd_s: float = 0.0) -> list[PathTask]:
    return [PathTask(f"task {i}", p, delay_s, sd_s, where) for i, p in enumerate(p_detect)]  # type: ignore[arg-type]


def test_certain_and_early_detection_is_interrupted():
    got = interruption(tasks(1.0, 0.0), Response(1.0, 150.0, 0.0))
    assert (got.p_interruption, got.p_timely, got.critical) == (1.0, 1.0, 0)


def test_detection_after_the_critical_point_comes_too_late():
    got = interruption(tasks(0.0, 0.5, 1.0), Response(1.0, 150.0, 0.0))
    assert (got.p_interruption, got.p_timely, got.critical) == (0.5, 0.5, 1)
    assert got.p_detect == 1.0


def test_detection_at_the_end_of_a_task_leaves_less_time():
    response = Response(1.0, 150.0, 30.0)
    begin, middle, end = (interruption(tasks(0.6, 0.6, where=w), response).p_interruption for w in "BME")
    assert begin > middle > end


def test_no_task_leaves_enough_time():
    got = interruption(tasks(0.9), Response(1.0, 101.0, 0.0))
    assert (got.p_interruption, got.p_timely, got.critical) == (0.0, 0.0, None)
    assert critical_detection_point(tasks(0.9), 101.0) is None


def test_what_tasks_add_is_the_whole():
    got = interruption(tasks(0.3, 0.6, 0.2, sd_s=20.0), Response(0.9, 150.0, 40.0))
    assert sum(t.p_interrupt for t in got.tasks) == pytest.approx(got.p_interruption)
    assert sum(t.p_first for t in got.tasks) == pytest.approx(got.p_detect)


@pytest.mark.parametrize(
    ("task", "message"),
    [
        ({"p_detect": 1.1}, "p_detect must"),
        ({"p_detect": float("nan")}, "p_detect must"),
        ({"delay_s": -1.0}, "delay_s must"),
        ({"delay_sd_s": float("inf")}, "delay_sd_s must"),
        ({"where": "X"}, "where must"),
    ],
)
def test_impossible_tasks_are_refused(task, message):
    good = {"task": "door", "p_detect": 0.5, "delay_s": 10.0, "delay_sd_s": 1.0, "where": "B"}
    with pytest.raises(ValueError, match=message):
        PathTask(**(good | task))


def test_an_empty_path_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        interruption([], Response(1.0, 1.0, 1.0))


def test_an_evader_without_a_way():
    assert best_evasion({("s", "a"): 0.1}, "s", "t") is None
    assert best_evasion({("s", "t"): 1.0}, "s", "t") is None


def test_no_discs_no_barrier():
    assert strong_barrier_k([], 1.0, 10.0) == 0
    assert weak_barrier_k([], 1.0, 10.0) == 0
    assert strong_barrier_k([(5, 0)], 6.0, 10.0) == 1


@pytest.mark.parametrize(("arcs", "share", "p"), [(1, 1.0, 1.0), (3, 0.3, 0.0), (0, 0.5, 0.0), (500, 0.05, 1.0)])
def test_ends_of_stevens_formula(arcs, share, p):
    assert p_ring_covered(arcs, share) == pytest.approx(p, abs=1e-4)


def test_too_few_moves_to_cross():
    hazard = patrol_hazard([0, 1], 1, (4, 3), 3, (0.8,))
    with pytest.raises(ValueError, match="no path"):
        best_crossing(hazard, moves_max=2)
