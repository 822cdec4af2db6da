"""Weather along the line: the day's heat, wind, dust fronts and rain, and what they do to contrast.

Theory: air follows the hour as a cosine, coldest at sunrise; bare ground swings more than air and faster, so that
its difference to a warm body passes through zero twice a day (heat crossover).  Dust fronts and showers travel
along the line and are drawn by the day from the seed.
Transmission in 8..12 um: clear air exp(-b R^0.86) with R in km; the power fits published MODTRAN band values
(.736 .574 .293 .110 at 1, 2, 5, 10 km) within 2 %; b is lowered to 0.2 for dry winter air.  Dust and rain add
a linear term.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]

STRETCH_M = 10_000.0  # weather is the same over this length
CLEAR_M = 20_000.0  # visibility on a clear day
DAY_S = 86_400.0


class Sky(NamedTuple):
    """Weather of one moment: per stretch (N,) visibility, dust, rain, wind; and for all: air, ground, sun 0..1."""

    visibility_m: F8
    dust: F8
    rain_mm_h: F8
    wind_m_s: F8
    air_c: float
    ground_c: float
    sun: float


@dataclass(frozen=True)
class Front:
    """Dust or rain on its way: where its middle is at `t0_s`, how fast it goes, how wide and how dense it is."""

    kind: str
    t0_s: float
    t1_s: float
    s0_m: float
    speed_m_s: float
    half_m: float
    strength: float

    def share(self, t_s: float, s_m: F8) -> F8:
        """Return (...,) 0..1 how much of it lies over chainage `s_m`."""
        ends = min(1.0, max(0.0, (t_s - self.t0_s) / 900.0)) * min(1.0, max(0.0, (self.t1_s - t_s) / 900.0))
        away = np.abs(s_m - self.s0_m - self.speed_m_s * (t_s - self.t0_s))
        return np.asarray(ends * np.clip(1.5 * (1 - away / self.half_m), 0.0, 1.0))


@dataclass(frozen=True)
class Weather:
    """All the weather there will be.  middle_s_m (N,): middles of the stretches; lon_deg: for the sun's hour."""

    middle_s_m: F8
    lon_deg: float
    start_s: float
    seed: int

    def fronts(self, t_s: float) -> list[Front]:
        """Return the fronts of the simulated day at `t_s` and of the one before."""
        day = int((t_s - self.start_s) // DAY_S)
        return [front for d in (day - 1, day) if d >= 0 for front in self._of_day(d)]

    def _of_day(self, day: int) -> list[Front]:
        rng = np.random.default_rng([self.seed, 0x3EA, day])
        begin = self.start_s + day * DAY_S
        length = float(self.middle_s_m[-1]) + STRETCH_M / 2
        out = []
        # The first day's dust comes two to four hours after the start, so that a shift sees one.
        for kind, chance, first_h in (("dust", 0.7, 2.0), ("rain", 0.45, 5.0)):
            if day > 0 and rng.random() > chance:
                continue
            t0 = begin + 3600 * (rng.uniform(first_h, first_h + 2) if day == 0 else rng.uniform(0, 22))
            speed, half = rng.uniform(6, 12), rng.uniform(12_000, 30_000)
            lasts = min((length + 2 * half) / speed, 8 * 3600.0)
            out.append(Front(kind, t0, t0 + lasts, -half, speed, half, rng.uniform(0.4, 1.0)))
        return out

    def sun_hour(self, t_s: float) -> float:
        """Return mean solar time at the middle of the line, 0..24 h."""
        return (t_s / 3600.0 + self.lon_deg / 15.0) % 24.0

    def at(self, t_s: float) -> Sky:
        """Return the weather of a moment."""
        n = len(self.middle_s_m)
        dust, rain = np.zeros(n), np.zeros(n)
        for front in self.fronts(t_s):
            share = front.strength * front.share(t_s, self.middle_s_m)
            if front.kind == "dust":
                dust = np.maximum(dust, share)
            else:
                rain = np.maximum(rain, 8.0 * share)
        hour = self.sun_hour(t_s)
        sun = max(0.0, math.sin(math.pi * (hour - 6.7) / 10.6)) if 6.7 < hour < 17.3 else 0.0
        air = 8.0 - 6.0 * math.cos(2 * math.pi * (hour - 2.6) / 24.0 - 0.9)
        ground = air - 3.0 + 17.0 * max(0.0, math.sin(math.pi * (hour - 7.2) / 12.0)) ** 1.3 * (7.2 < hour < 19.2)
        wave = np.sin(2 * np.pi * (t_s / 5400.0 + self.middle_s_m / 70_000.0))
        wind = 3.0 + 1.5 * wave + 2.0 * sun + 9.0 * dust + 3.0 * (rain > 0)
        visibility = CLEAR_M / (1.0 + 24.0 * dust + 0.6 * rain)
        shade = 1.0 - 0.8 * float(np.mean(rain > 0.2))
        return Sky(visibility, dust, rain, wind, air, ground - 2.0 * float(rain.mean() > 0.5), sun * shade)


@numba.njit(cache=True)
def transmission(range_m: float, dust: float, rain_mm_h: float) -> float:
    """Return the share of thermal contrast left over a path, 0..1.

    dust 0..1: 1 is a storm with 800 m visibility, in which 10 um light is dimmed a third as much as visible light.
    """
    km = range_m / 1000.0
    clear = 0.2 * km**0.86
    rained = 0.3 * rain_mm_h**0.63 if rain_mm_h > 0 else 0.0
    return float(np.exp(-clear - (1.6 * dust + rained) * km))
