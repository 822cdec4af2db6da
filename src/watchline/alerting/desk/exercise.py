"""The course of an exercise: which alerts it makes, and when.  The same number is the same course."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from watchline.alerting.desk.made import made_alert
from watchline.alerting.desk.setup import Setup
from watchline.domain.desk import Exercise, Scenario
from watchline.domain.records import Alert, AlertKind

# scenario -> (alerts, over how many seconds, their kinds in turn)
COURSES: dict[Scenario, tuple[int, float, tuple[AlertKind, ...]]] = {
    "quiet": (4, 1200.0, ("approaching", "loitering", "approaching", "crossing")),
    "storm": (20, 600.0, ("approaching", "fence_touched", "loitering", "approaching", "crossing")),
    "distress": (3, 300.0, ("approaching", "distress", "loitering")),
    "mass": (40, 180.0, ("approaching", "crossing", "fence_touched", "crossed")),
}
FIRST_S = 10.0  # time to look up


def script(setup: Setup, run: Exercise) -> tuple[Alert, ...]:
    """Return the alerts of an exercise, by their time."""
    count, over_s, kinds = COURSES[run.scenario]
    chance, length_m = _chances(run.number), setup.length_m
    out = []
    for n in range(count):
        what = kinds[n % len(kinds)]
        t_s = round(run.t_s + FIRST_S + over_s * (n + next(chance)) / count, 1)
        s_m = next(chance) * length_m
        d_m = {"approaching": -300.0, "loitering": -800.0, "crossed": 60.0}.get(what, -10.0) * (
            1.0 + 3 * next(chance)
        )
        seen = tuple(next(chance) for _ in range(4))
        out.append(made_alert(setup, f"{run.run}-{n + 1}", what, s_m, d_m, t_s, seen))
    return tuple(sorted(out, key=lambda alert: alert.t_s))


def _chances(number: int) -> Iterator[float]:
    """Yield numbers 0..1 that follow from `number` alone."""
    for n in range(1 << 30):
        digest = hashlib.sha256(f"{number} {n}".encode()).digest()
        yield int.from_bytes(digest[:6], "big") / (1 << 48)
