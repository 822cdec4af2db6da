"""One party at a time, met by a unit as proposed and led, or by the nearest, led: what is the place to meet worth?

    python benchmarks/respond_met.py [--parties 20] [--seed 1] [--results FILE]
    python benchmarks/respond_met.py --table FILE

Somebody comes over the demonstration line on the simulator's own way and is noticed 200 to 1500 m before it; their
track ends somewhere from 700 m before the line to 300 m behind it, as it is drawn.  Patrols are anywhere on their
stretches and drive by the simulator's own physics.  90 s after the alert somebody is sent, in both arms, and told
anew every two minutes:

proposals  the first option of the product's own answer (`ops/respond/proposer.py`), then where it leads the unit.
nearest    the unit nearest in a straight line, to where they were last seen, at home of the line; then where they are
           now, as long as they are seen.

Reached: within 150 m of them, at home of the line, before they are in cover (the end of their way, 3.2 to 5.2 km
behind it).  All units are free and there is one alert: what is shown is the place and the leading, not who goes when
many come; that is `respond_night.py`.  A line of JSON for each party.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from respond_alerts import SD_SPEED, Comer, Line, comer, standing, the_line
from scipy.stats import binomtest

from watchline.cli.demo_site import cached_demo
from watchline.ops.respond.land import Ground
from watchline.ops.respond.proposer import Led, Question, Sought, answered
from watchline.response.proposals import Standing
from watchline.sim.driving import Driver, drive

DECIDES_S, AGAIN_S, REACHED_M, STEP_S = 90.0, 120.0, 150.0, 10.0
LOST_M = (-700.0, 300.0)
REACH_M = 15_000.0
HOME_M = 100.0
F8 = np.ndarray


@dataclass
class Unit:
    """A unit that was sent.  Mutable: where it goes."""

    line: Line
    who: Standing
    driver: Driver
    goal_m: F8
    path_t: F8
    path_m: F8

    def at(self, t_s: float) -> F8:
        """Return where (2,) it is."""
        return np.array([np.interp(t_s, self.path_t, self.path_m[:, k]) for k in (0, 1)])

    def go(self, goal_m: F8, t_s: float, *, anew: bool) -> None:
        """Send it on."""
        field = self.line.drives.field(self.at(t_s), REACH_M)
        driver = self.driver if anew else Driver(1.0, self.driver.slower, self.driver.stops)
        way = drive(field, goal_m, self.who.unit.speed_m_s, t_s, driver)
        if way is not None:
            self.goal_m, self.path_t, self.path_m = goal_m, way.t_s, way.xy_m


@dataclass(frozen=True)
class Seen:
    """What the desk knows: the party's way as it is tracked until lost_s."""

    who: Comer
    lost_s: float
    noise_m_s: F8

    def sought(self, t_s: float, held_s: float) -> Sought:
        """Return the alert as it stands."""
        seen_s = min(t_s, self.lost_s)
        at = self.at(seen_s)
        v = self.who.v_m_s if seen_s < 60.0 else (at - self.at(seen_s - 60.0)) / 60.0 + self.noise_m_s
        return Sought("A", at, v, SD_SPEED, 4.0, False, held_s, False, t_s - seen_s)

    def at(self, t_s: float) -> F8:
        """Return where (2,) they are."""
        return np.array([np.interp(t_s, self.who.t_s, self.who.xy_m[:, k]) for k in (0, 1)])


def reached_s(
    arm: str, line: Line, ground: Ground, seen: Seen, units: list[Standing], held_s: float, seed: int
) -> float | None:
    """Return when somebody was there, seconds after the alert; None if never."""
    frame, end_s = line.loaded.line, float(seen.who.t_s[-1])
    unit: Unit | None = None
    for t_s in np.arange(DECIDES_S, end_s, STEP_S).tolist():
        if unit is None or round(t_s - DECIDES_S) % round(AGAIN_S) == 0:
            unit = _told(arm, line, ground, seen.sought(t_s, held_s), units, unit, t_s, seed)
            if unit is None:
                return None
        there = seen.at(t_s)
        if frame.sd_from_xy_m(there)[1] > 0.0 and np.hypot(*(unit.at(t_s) - there)) < REACHED_M:
            return t_s
    return None


def _told(
    arm: str, line: Line, ground: Ground, sought: Sought, units: list[Standing], unit: Unit | None, t_s: float,
    seed: int,
) -> Unit | None:  # fmt: skip
    frame, now_s = line.loaded.line, 1_516_730_400.0 + t_s
    s_m, d_m = frame.sd_from_xy_m(sought.at_m)
    seen_m = frame.xy_m_from_sd([s_m, max(float(d_m), HOME_M)])
    if unit is None:
        if arm == "nearest":
            who, goal = min(units, key=lambda one: float(np.hypot(*(one.xy_m - seen_m)))), seen_m
        else:
            options = answered(ground, Question(now_s, (sought,), tuple(units))).options["A"]
            if not options:
                return None
            who = next(one for one in units if one.unit.id == options[0].unit)
            goal = _place(options[0], line)
        driver = Driver.drawn(np.random.default_rng([seed, int(who.unit.id[1:])]))  # the same one in both arms
        unit = Unit(line, who, driver, goal, np.array([t_s]), who.xy_m[None])
        unit.go(goal, t_s, anew=True)
    elif arm == "nearest":
        if sought.seen_s == 0.0:
            unit.go(seen_m, t_s, anew=False)
    else:
        rolling = Standing(unit.who.unit, unit.at(t_s), now_s, unit.who.home_m, rolling=True)
        led = answered(ground, Question(now_s, (), (), led=(Led(sought, rolling, unit.goal_m),))).options
        if led.get("A"):
            unit.go(_place(led["A"][0], line), t_s, anew=False)
    return unit


def _place(option: object, line: Line) -> F8:
    place = option.place  # type: ignore[attr-defined]
    return np.asarray(line.loaded.line.frame.xy_m_from_lonlat(place.lon_deg, place.lat_deg), float).reshape(2)


def party(line: Line, ground: Ground, seed: int) -> dict[str, object] | None:
    """Return what became of one party in both arms, None where there is no way."""
    rng = np.random.default_rng([seed, 0x3E7])
    who = comer(line, rng)
    if who is None:
        return None
    d_m = line.loaded.line.sd_from_xy_m(who.xy_m)[:, 1]
    over = np.flatnonzero(d_m > rng.uniform(*LOST_M))
    lost_s = max(float(who.t_s[over[0]]) if len(over) else float(who.t_s[-1]), DECIDES_S)
    seen = Seen(who, lost_s, rng.normal(0.0, SD_SPEED, 2))
    units = standing(line, rng)
    km = float(line.loaded.line.sd_from_xy_m(who.xy_m[0])[0]) / 1000.0
    held_s = sum(
        b.condition * b.delay_walker_s for b in line.loaded.site.barriers if b.from_km <= km <= b.to_km
    )  # fmt: skip
    crossed_s = float(who.t_s[int(np.argmax(d_m > 0.0))])
    took = {arm: reached_s(arm, line, ground, seen, units, held_s, seed) for arm in ("proposals", "nearest")}
    after = {arm: None if t is None else round(t - crossed_s) for arm, t in took.items()}
    return {"seed": seed, "crossed_s": crossed_s, "lost_s": lost_s, **after}


def table(path: Path) -> None:
    """Print the two arms side by side, and by how much they differ."""
    rows = list({r["seed"]: r for r in map(json.loads, path.read_text().splitlines())}.values())
    for arm in ("proposals", "nearest"):
        took = [r[arm] for r in rows if r[arm] is not None]
        low, high = binomtest(len(took), len(rows)).proportion_ci(0.9)
        print(f"{arm}: reached {len(took)} of {len(rows)} = {len(took) / len(rows):.3f} ({low:.3f} to {high:.3f})")
        print(f"    after crossing, median {np.median(took):.0f} s, nine tenths by {np.quantile(took, 0.9):.0f} s")
    only = [
        sum((r[a] is not None) and r[b] is None for r in rows)
        for a, b in (("proposals", "nearest"), ("nearest", "proposals"))
    ]
    chance = binomtest(only[0], max(sum(only), 1)).pvalue
    print(f"only by proposals {only[0]}, only by the nearest {only[1]} (sign test {chance:.4f})")


def main() -> None:
    """Play some parties, or put results side by side."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parties", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--results", type=Path)
    parser.add_argument("--table", type=Path)
    asked = parser.parse_args()
    if asked.table is not None:
        table(asked.table)
        return
    line = the_line(cached_demo(), night=True)
    ground = Ground.of(line.loaded, line.loaded.terrain())
    for k in range(asked.parties):
        found = party(line, ground, 1000 * asked.seed + k)
        if found is not None:
            said = json.dumps(found)
            print(said, flush=True)
            if asked.results is not None:
                with asked.results.open("a") as out:
                    out.write(said + "\n")


if __name__ == "__main__":
    main()
