"""How many alerts a desk was shown, when, and by which sensors: the numbers alarm management goes by.

Theory (EEMUA 191, ISA-18.2, IEC 62682): one alarm in ten minutes can be borne for long; a flood begins above ten in
ten minutes and ends below five; a sensor chatters when it raises the same alarm three times within ten minutes and
not before; a bad actor makes more than a twentieth of a day's load.  Averages hide floods, so they are counted by
bins of ten minutes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

BIN_S = 600.0
FLOOD_ABOVE, FLOOD_BELOW = 10, 5
CHATTERS = 3
BAD_SHARE = 0.05
BAD_LEAST = 5
DAY_S = 86_400.0


@dataclass(frozen=True)
class Shown:
    """An alert as it came onto a desk's queue.  sensors: which raised it; p: None where it carries none."""

    t_s: float
    alert: str
    what: str
    sensors: tuple[str, ...]
    p: float | None


def lately(shown: Iterable[Shown], now_s: float, within_s: float = BIN_S) -> int:
    """Return how many came within the last seconds."""
    return sum(now_s - within_s < s.t_s <= now_s for s in shown)


def flooded(before: bool, count: int) -> bool:
    """Return whether a desk is in flood, from whether it was and how many came in the last ten minutes."""
    return count >= FLOOD_BELOW if before else count > FLOOD_ABOVE


def bins(t_s: Iterable[float], from_s: float, to_s: float) -> list[int]:
    """Return how many alerts fell in each ten minutes."""
    counts = [0] * max(1, round((to_s - from_s) / BIN_S))
    for t in t_s:
        if from_s <= t < to_s:
            counts[min(int((t - from_s) // BIN_S), len(counts) - 1)] += 1
    return counts


def flood_share(counts: list[int]) -> float:
    """Return the share of bins in flood: from the first above ten to the last that is not below five."""
    flood, inside = 0, False
    for count in counts:
        inside = flooded(inside, count)
        flood += inside
    return flood / max(len(counts), 1)


def chattering(shown: Iterable[Shown], now_s: float) -> frozenset[tuple[str, str]]:
    """Return (sensor, kind) that raised the same alert too often in the last ten minutes."""
    counts = Counter((sensor, s.what) for s in shown if now_s - s.t_s < BIN_S for sensor in s.sensors)
    return frozenset(pair for pair, n in counts.items() if n >= CHATTERS)


def bad_actors(shown: Iterable[Shown], now_s: float) -> list[tuple[str, int, float]]:
    """Return sensors that make too much of the last day's load: name, alerts, share of all; the worst first."""
    day = [s for s in shown if now_s - s.t_s < DAY_S]
    counts = Counter(sensor for s in day for sensor in s.sensors)
    rows = [(name, n, n / max(len(day), 1)) for name, n in counts.items() if n >= BAD_LEAST]
    return sorted((row for row in rows if row[2] > BAD_SHARE), key=lambda row: (-row[1], row[0]))[:10]
