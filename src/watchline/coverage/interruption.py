"""Probability of interruption on one path: detected early enough for a responder to get there.

Theory (EASI; Garcia, "The Design and Evaluation of Physical Protection Systems"): an adversary does tasks one after
the other.  Task i is detected first with probability P_i prod_{j<i} (1 - P_j), is communicated with P_c, and
interrupts if the time left then exceeds the response time; both are normal, so that chance is Phi of the difference
over its spread. Time left counts the tasks after i and of task i itself all, half or nothing, as detection is at
its Beginning, Middle or End; its variance counts in the same way (a half of the task has a quarter of its variance).
The critical detection point is the last task at which detection is still in time on the mean; what is detected
up to there is timely detection.

Limits: one path, one response; tasks' times independent; a response force that wins is another question.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Where = Literal["B", "M", "E"]
OWN_SHARE: dict[str, float] = {"B": 1.0, "M": 0.5, "E": 0.0}


@dataclass(frozen=True)
class PathTask:
    """One task of the path: p_detect 0..1, delay_s and its spread delay_sd_s >= 0, where in it detection happens."""

    task: str
    p_detect: float
    delay_s: float
    delay_sd_s: float
    where: Where

    def __post_init__(self) -> None:
        """Refuse what no task can be; the message begins with the field's name."""
        if not 0.0 <= self.p_detect <= 1.0:
            raise ValueError(f"p_detect must be in 0..1, got {self.p_detect:g}")
        for name in ("delay_s", "delay_sd_s"):
            value = getattr(self, name)
            if not 0.0 <= value < math.inf:
                raise ValueError(f"{name} must be >= 0 and finite, got {value:g}")
        if self.where not in OWN_SHARE:
            raise ValueError(f"where must be B, M or E, got {self.where!r}")


@dataclass(frozen=True)
class Response:
    """p_comm: chance that a detection reaches the responders; response_s from then on, with spread response_sd_s."""

    p_comm: float
    response_s: float
    response_sd_s: float

    def __post_init__(self) -> None:
        """Refuse what no response can be; the message begins with the field's name."""
        if not 0.0 <= self.p_comm <= 1.0:
            raise ValueError(f"p_comm must be in 0..1, got {self.p_comm:g}")
        for name in ("response_s", "response_sd_s"):
            value = getattr(self, name)
            if not 0.0 <= value < math.inf:
                raise ValueError(f"{name} must be >= 0 and finite, got {value:g}")


@dataclass(frozen=True)
class TaskShare:
    """What one task contributes.

    p_first: it is the first to detect; left_s, left_sd_s: time left then; p_in_time: the response makes it;
    p_interrupt: what it adds to P_I.
    """

    task: str
    p_first: float
    left_s: float
    left_sd_s: float
    p_in_time: float
    p_interrupt: float


@dataclass(frozen=True)
class Interruption:
    """p_interruption; p_detect anywhere on the path; p_timely detected at or before the critical task.

    critical: index of the critical detection point, None when even the first task is too late.
    """

    p_interruption: float
    p_detect: float
    p_timely: float
    critical: int | None
    tasks: tuple[TaskShare, ...]


def interruption(path: Sequence[PathTask], response: Response) -> Interruption:
    """Return P_I of a path and what each task contributes; an empty path raises ValueError.

    >>> door = PathTask("door", p_detect=0.9, delay_s=90.0, delay_sd_s=0.0, where="B")
    >>> round(interruption([door], Response(p_comm=1.0, response_s=60.0, response_sd_s=10.0)).p_interruption, 4)
    0.8988
    """
    if not path:
        raise ValueError("a path needs at least one task")
    shares = []
    missed = 1.0
    for i, task in enumerate(path):
        left_s, left_sd_s = _time_left(path, i)
        p_in_time = _p_at_least(left_s - response.response_s, math.hypot(left_sd_s, response.response_sd_s))
        p_first = missed * task.p_detect
        p_interrupt = p_first * response.p_comm * p_in_time
        shares.append(TaskShare(task.task, p_first, left_s, left_sd_s, p_in_time, p_interrupt))
        missed *= 1.0 - task.p_detect
    critical = critical_detection_point(path, response.response_s)
    timely = 0.0 if critical is None else math.fsum(s.p_first for s in shares[: critical + 1])
    total = math.fsum(s.p_interrupt for s in shares)
    return Interruption(min(total, 1.0), 1.0 - missed, min(timely, 1.0), critical, tuple(shares))


def critical_detection_point(path: Sequence[PathTask], response_s: float) -> int | None:
    """Return the index of the last task at which the mean time left still covers the response; None if none does."""
    in_time = [i for i in range(len(path)) if _time_left(path, i)[0] >= response_s]
    return in_time[-1] if in_time else None


def _time_left(path: Sequence[PathTask], i: int) -> tuple[float, float]:
    own = OWN_SHARE[path[i].where]
    left_s = own * path[i].delay_s + math.fsum(t.delay_s for t in path[i + 1 :])
    variance = (own * path[i].delay_sd_s) ** 2 + math.fsum(t.delay_sd_s**2 for t in path[i + 1 :])
    return left_s, math.sqrt(variance)


def _p_at_least(margin_s: float, sd_s: float) -> float:
    """Return the chance that a normal margin is >= 0; without spread, whether it is."""
    if sd_s == 0.0:
        return 1.0 if margin_s >= 0.0 else 0.0
    return 0.5 * math.erfc(-margin_s / (sd_s * math.sqrt(2.0)))
