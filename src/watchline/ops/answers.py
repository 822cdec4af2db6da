"""What people found of alerts, against what was said of them: it corrects the probability of the alerts to come.

An alert's first probability is held against its last disposition; an undo takes it back.  Alerts of an exercise
teach nothing of reality.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from watchline.alerting.likelihood import Calibration, calibrated
from watchline.domain.records import Alert, OperatorAction

REMEMBERED = 2000  # alerts: some weeks
TRUE = ("true", "distress")


@dataclass(frozen=True)
class State:
    """said: first p of each alert that has one; found: alert -> whether it was true; the correction from both."""

    said: dict[str, float] = field(default_factory=dict)
    found: dict[str, bool] = field(default_factory=dict)
    calibration: Calibration = Calibration()  # noqa: RUF009 - a frozen value


def noted(state: State, alerts: Iterable[Alert]) -> State:
    """Return the state with what is said of new alerts."""
    new = {a.alert: a.p for a in alerts if a.p is not None and a.alert not in state.said and not a.exercise}
    if not new:
        return state
    said = {**state.said, **new}
    return replace(state, said=dict(list(said.items())[-REMEMBERED:]))


def folded(state: State, actions: Iterable[OperatorAction]) -> State:
    """Return the state with what people found."""
    found = dict(state.found)
    for action in actions:
        if action.action == "dispose" and action.disposition is not None and action.alert in state.said:
            found[action.alert] = action.disposition in TRUE
        elif action.action == "undo":
            found.pop(action.alert, None)
    if found == state.found:
        return state
    found = {alert: true for alert, true in found.items() if alert in state.said}
    return replace(
        state, found=found, calibration=calibrated([(state.said[a], true) for a, true in found.items()])
    )  # fmt: skip
