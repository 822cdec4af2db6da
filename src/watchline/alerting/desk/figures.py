"""The desk in figures, live: how often alerts are true, how many come, how soon they are answered.

Precision counts alerts with a last word: true and distress against all.  Own people, nuisances, environment and false
alarms are not true.  What nobody has classified is counted apart and never guessed; what was kept off the queue
is no alarm of the desk's.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from watchline.alerting.desk.item import Item
from watchline.alerting.desk.state import State
from watchline.domain.desk import SeededOutcome

BIN_S = 600.0
FLOOD = 10  # alerts in ten minutes above which a desk is flooded (ISA-18.2)
TRUE = ("true", "distress")
Interval = Callable[[int, int], tuple[float, float]]
"""From (true, of how many) to the 5 and 95 % of the share: the account's, so that there is one."""


@dataclass(frozen=True)
class Group:
    """Alerts that share something.  known: those with a last word; p_*: precision of these, 5 to 95 % interval.

    answer_s, answer_95_s: half, and 95 %, were answered within; None where nothing was.
    """

    name: str
    alerts: int
    known: int
    true: int
    p: float | None
    p_least: float
    p_most: float
    answered: int
    answer_s: float | None
    answer_95_s: float | None


@dataclass(frozen=True)
class Figures:
    """What the last `hours` of a desk, or of all, look like.

    per_10_min: mean; bins: alerts in each ten minutes, oldest first; flooded: share of these with more than FLOOD;
    said: the probability each classified alert was told with, and whether it came true.
    """

    hours: float
    alerts: int
    per_10_min: float
    bins: tuple[int, ...]
    flooded: float
    by_level: tuple[Group, ...]
    by_desk: tuple[Group, ...]
    by_sensor: tuple[Group, ...]
    by_kind: tuple[Group, ...]
    causes: tuple[tuple[str, int], ...]
    escalated: int
    said: tuple[tuple[float, bool], ...]


def figures(state: State, now_s: float, hours: float, desk: str, interval: Interval) -> Figures:
    """Return the figures of a desk, "" for all desks together, over the last `hours`."""
    since_s = now_s - 3600.0 * hours
    items = [i for i in state.items.values() if (i.shown_s or 0.0) >= since_s and desk in ("", i.desk)]
    bins = np.zeros(max(1, round(3600.0 * hours / BIN_S)), int)
    for item in items:
        bins[min(int(((item.shown_s or since_s) - since_s) / BIN_S), len(bins) - 1)] += 1
    return Figures(
        hours=hours,
        alerts=len(items),
        per_10_min=float(bins.mean()),
        bins=tuple(int(n) for n in bins),
        flooded=float(np.mean(bins > FLOOD)),
        by_level=_groups(items, lambda i: [str(i.alert.level)], interval),
        by_desk=_groups(items, lambda i: [i.desk], interval),
        by_sensor=_groups(items, lambda i: i.alert.sensors, interval),
        by_kind=_groups(items, lambda i: [i.alert.what], interval),
        causes=_causes(items),
        escalated=sum(bool(i.told) for i in items),
        said=tuple((i.alert.p, _code(i) in TRUE) for i in items if i.alert.p is not None and _code(i) is not None),
    )


def _code(item: Item) -> str | None:
    return item.disposition.disposition if item.disposition is not None else None


def _causes(items: Iterable[Item]) -> tuple[tuple[str, int], ...]:
    """Return why alerts were not true, the commonest first; without a cause it is only what it was called."""
    count: Counter[str] = Counter()
    for item in items:
        last = item.disposition
        if last is not None and last.disposition not in TRUE:
            count[last.cause or str(last.disposition)] += 1
    return tuple(count.most_common())


def _groups(items: Iterable[Item], names: Callable[[Item], Sequence[str]], interval: Interval) -> tuple[Group, ...]:
    found: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        for name in names(item):
            found[name].append(item)
    return tuple(_group(name, found[name], interval) for name in sorted(found))


def _group(name: str, items: list[Item], interval: Interval) -> Group:
    codes = [code for code in map(_code, items) if code is not None]
    true = sum(code in TRUE for code in codes)
    least, most = interval(true, len(codes)) if codes else (0.0, 1.0)
    waited = [i.actions[0].t_s - i.shown_s for i in items if i.actions and i.shown_s is not None]
    half, most_of = (np.quantile(waited, [0.5, 0.95]).round(1).tolist()) if waited else (None, None)
    p = true / len(codes) if codes else None
    return Group(name, len(items), len(codes), true, p, least, most, len(waited), half, most_of)


@dataclass(frozen=True)
class Score:
    """A person's own seeded tests: shown, answered, and the time half of them took."""

    shown: int
    answered: int
    answer_s: float | None


def score(state: State, person: str) -> Score:
    """Return how a person did; it is theirs to see first."""
    mine = [test.outcome for test in state.tests.values() if test.test.person == person]
    ended: list[SeededOutcome] = [one for one in mine if one is not None and one.outcome != "withdrawn"]
    waited = [one.waited_s for one in ended if one.outcome == "answered"]
    return Score(len(ended), len(waited), float(np.median(waited)) if waited else None)
