"""When sensors fall silent: power and links shared by several, and faults of single ones.

A silent sensor says nothing at all; that it is dark is for others to notice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchline.domain.site import Site

F8 = NDArray[np.float64]

HORIZON_S = 7 * 86_400.0  # outages are drawn for a week; then the week repeats
LINK_EVERY_S = 9 * 3600.0  # mean time between failures of one link, of one supply, of one sensor
POWER_EVERY_S = 40 * 3600.0
SENSOR_EVERY_S = 200 * 3600.0


@dataclass(frozen=True)
class Outages:
    """Silences of every sensor: rows of sensor index, from, to (K,), in order of `from`."""

    sensor: NDArray[np.int32]
    from_s: F8
    to_s: F8
    start_s: float
    count: int

    def up(self, t_s: float) -> NDArray[np.bool_]:
        """Return (sensors,) which are heard at `t_s`."""
        t = self.start_s + (t_s - self.start_s) % HORIZON_S
        out = np.ones(self.count, bool)
        out[self.sensor[(self.from_s <= t) & (t < self.to_s)]] = False
        return out


def plan_outages(site: Site, start_s: float, seed: int, spared: frozenset[int]) -> Outages:
    """Return a week of outages; the first sensors fall silent within a minute, the first link after four.

    spared: sensors that the early outages leave alone (those whose pictures are watched first).
    """
    rng = np.random.default_rng([seed, 0x0FF])
    rows: list[tuple[int, float, float]] = []
    early = site.simulation.dark_sensors if site.simulation else 0
    fixed = [k for k, s in enumerate(site.sensors) if s.kind in ("thermal_camera", "radar") and k not in spared]
    for n, k in enumerate(rng.permutation(fixed)[:early]):
        rows.append((int(k), start_s + 20.0 + 13.0 * n, start_s + 2400.0 + 1800.0 * n))
    for name, every, shortest, longest in (
        ("link", LINK_EVERY_S, 300.0, 2400.0),
        ("power", POWER_EVERY_S, 900.0, 10_800.0),
        ("id", SENSOR_EVERY_S, 600.0, 14_400.0),
    ):
        groups = sorted({getattr(s, name) for s in site.sensors if getattr(s, name) is not None})
        for group in groups:
            members = [k for k, s in enumerate(site.sensors) if getattr(s, name) == group]
            # Nothing by chance in the first quarter of an hour: that is planned below.
            t = start_s + 900.0 + rng.exponential(every)
            while t < start_s + HORIZON_S:
                lasts = rng.uniform(shortest, longest)
                rows += [(k, t, t + lasts) for k in members]
                t += lasts + rng.exponential(every)
    rows += _first_link(site, start_s, rng, spared)
    rows.sort(key=lambda row: (row[1], row[0]))
    sensor, begin, end = (np.array(c) for c in zip(*rows, strict=True)) if rows else (np.zeros(0),) * 3
    return Outages(sensor.astype(np.int32), begin.astype(float), end.astype(float), start_s, len(site.sensors))


def _first_link(
    site: Site, start_s: float, rng: np.random.Generator, spared: frozenset[int]
) -> list[tuple[int, float, float]]:
    """Return one early outage of a whole link, the one with the fewest spared sensors."""
    links = sorted({s.link for s in site.sensors if s.link is not None})
    if len(links) < 2:
        return []
    watched = [sum(s.link == link and k in spared for k, s in enumerate(site.sensors)) for link in links]
    few = [link for link, n in zip(links, watched, strict=True) if n == min(watched)]
    link = few[int(rng.integers(len(few)))]
    members = [k for k, s in enumerate(site.sensors) if s.link == link and k not in spared]
    return [(k, start_s + 240.0, start_s + 840.0) for k in members]
