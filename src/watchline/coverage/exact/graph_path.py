"""The best way for an evader on a small graph, and where one more sensor hurts it most.

Theory: the chance to pass edges of detection d_e unseen is prod (1 - d_e), so the best evasion route is the shortest
path on -ln(1 - d_e).  Adding one sensor is a min-max: the best edge is found by trying them; the edge that is least
protected now is the wrong guess.

Limits: detections on different edges are independent; for tens of edges (rooms, gates, sectors), not for terrain.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Mapping
from dataclasses import dataclass

Edge = tuple[str, str]


@dataclass(frozen=True)
class EvasionRoute:
    """nodes from source to sink; p_unseen on the way."""

    nodes: tuple[str, ...]
    p_unseen: float


def best_evasion(p_detect: Mapping[Edge, float], source: str, sink: str) -> EvasionRoute | None:
    """Return the route most likely to pass unseen, None if there is none; p_detect per directed edge, 0..1.

    Of equally good routes the first by name.

    >>> best_evasion({("s", "a"): 0.3, ("a", "t"): 0.2}, "s", "t").nodes
    ('s', 'a', 't')
    """
    onward: dict[str, list[tuple[str, float]]] = {}
    for (a, b), p in sorted(p_detect.items()):
        if not 0.0 <= p <= 1.0:
            raise ValueError(f"p_detect of {a}-{b} must be in 0..1, got {p}")
        if p < 1.0:
            onward.setdefault(a, []).append((b, -math.log1p(-p)))
    queue: list[tuple[float, tuple[str, ...]]] = [(0.0, (source,))]
    done: set[str] = set()
    while queue:
        cost, nodes = heapq.heappop(queue)
        here = nodes[-1]
        if here == sink:
            return EvasionRoute(nodes, math.exp(-cost))
        if here in done:
            continue
        done.add(here)
        for there, step in onward.get(here, []):
            if there not in done:
                heapq.heappush(queue, (cost + step, (*nodes, there)))
    return None


def both_ways(p_detect: Mapping[Edge, float]) -> dict[Edge, float]:
    """Return the edges with their reverses, at the same detection unless given."""
    return {(b, a): p for (a, b), p in p_detect.items()} | dict(p_detect)


def with_sensor(p_detect: Mapping[Edge, float], edge: Edge, p_sensor: float) -> dict[Edge, float]:
    """Return the edges with one independent sensor more on `edge` (and on its reverse, if there is one)."""
    out = dict(p_detect)
    for e in (edge, edge[::-1]):
        if e in out:
            out[e] = 1.0 - (1.0 - out[e]) * (1.0 - p_sensor)
    return out


def best_sensor_edge(p_detect: Mapping[Edge, float], source: str, sink: str, p_sensor: float) -> tuple[Edge, float]:
    """Return the edge where one more sensor leaves the evader the least, and what it leaves; by trying every edge."""

    def left(edge: Edge) -> float:
        route = best_evasion(with_sensor(p_detect, edge, p_sensor), source, sink)
        return route.p_unseen if route else 0.0

    best = min(sorted(p_detect), key=left)
    return best, left(best)
