"""How far off is somebody found, at one false track per camera-hour and per camera-day?

    python benchmarks/track_range.py FOLDER [--seeds 1] [--conditions calm,wind,rain,birds] [--empty-minutes 10]

A camera of the demonstration line, 320 x 256 at 9 Hz, watches a rendered night: two minutes to learn, then so many
minutes in which nobody is there, then walkers at six ranges at once, four times, in one go with what it has learned.
Ground with stones that keep the day's heat and shrubs that sway; calm: 3 m/s of wind, wind: 10 m/s with its shake,
rain: 4 mm an hour at 5 m/s that dims the picture, with streaks of drops before the lens, birds: one across the view
every quarter of a minute.  Each piece (condition, seed) is kept in FOLDER and skipped when it is there.

A track's rarity is the strictest rate at which `scoring.is_confirmed` and the camera's own scale would confirm it, in
decades below one a picture, at its best moment.  Printed: false tracks an hour at the shipped settings; the rarity
that one false track an hour and one a day need, from the exponential tail of the rarities of false tracks (Coles
2001, section 4.3), with its bootstrap interval; and P_d of a walker, once found while in view, by range at both, with
the interval of the count (Wilson) and, in brackets, P_d at both ends of the needed rarity's interval.  A walker who
shows in fewer than 90 pictures is not counted.  Tracks on birds are real things and counted apart.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2, norm

from watchline import vision
from watchline.sensing import signature
from watchline.sim.demo import demo_site
from watchline.sim.scene import Scene
from watchline.sim.thermal import ThermalCamera
from watchline.sim.thermal_movers import Box
from watchline.vision import own_rate, scoring
from watchline.vision.confirmation import Tracklet

F8 = NDArray[np.float64]

RATE_HZ, LEARN_S, STEP_S = 9.0, 120.0, 1.0
GROUPS, WALK_S, BREAK_S = 4, 40.0, 8.0
RANGES_M = (400.0, 700.0, 1100.0, 1700.0, 2500.0, 3500.0)
NEAR_PX = 4.0  # of a subject's box, half its size more
LEAST_SHOWN = 90  # pictures
START_S = 1_516_665_600.0
AIR_C, GROUND_C = 4.0, 1.0
ANY_RATE = 1e6  # an hour: the rules of a confirmed track but for its rate
BIRD_EVERY_S = 15.0
DROPS, DROP_COUNTS = 12, 12.0
LEAST_TAIL, BOOTSTRAPS = 20, 400
CONDITIONS = {
    "calm": (3.0, 0.0, False),
    "wind": (10.0, 0.0, False),
    "rain": (5.0, 4.0, False),
    "birds": (4.0, 0.0, True),
}  # wind m/s, rain mm/h, birds


@dataclass(frozen=True)
class Mover:
    """Somebody or a bird: from when to when, where at the start, velocity, kind, surface, feet over ground."""

    from_s: float
    to_s: float
    xy_m: F8
    v_m_s: F8
    kind: int
    surface_c: float
    above_m: float = 0.0


def scene_at(t_s: float, movers: list[Mover], wind: float, rain: float) -> Scene:
    """Return a clear or rainy night with the movers that are out at this time."""
    out = [(k, m) for k, m in enumerate(movers) if m.from_s <= t_s <= m.to_s]
    size = signature.outline_m()
    return Scene(
        t_s=t_s,
        id=np.array([k for k, _ in out], np.int32),
        xy_m=np.array([m.xy_m + m.v_m_s * (t_s - m.from_s) for _, m in out]).reshape(-1, 2),
        v_m_s=np.array([m.v_m_s for _, m in out]).reshape(-1, 2),
        heading_rad=np.array([math.atan2(*m.v_m_s) for _, m in out]),
        kind=np.array([m.kind for _, m in out], np.uint8),
        posture=np.zeros(len(out), np.uint8),
        surface_c=np.array([m.surface_c for _, m in out]),
        size_m=np.array([size[m.kind] for _, m in out]).reshape(-1, 2),
        above_m=np.array([m.above_m for _, m in out]),
        air_c=AIR_C,
        ground_c=GROUND_C,
        sun=0.0,
        visibility_m=np.full(1, 20_000.0),
        dust=np.zeros(1),
        rain_mm_h=np.full(1, rain),
        wind_m_s=np.full(1, wind),
        sensor_up=np.ones(64, bool),
        lens=np.ones(64),
    )


def cast(camera: ThermalCamera, rng: np.random.Generator, empty_s: float, wind: float, *, birds: bool) -> list[Mover]:
    """Return everybody who will come into view."""
    bearing, half = camera.optics().bearing_rad, 0.4 * math.radians(camera.spec.hfov_deg)
    first = START_S + LEARN_S + empty_s
    warm = signature.surface_c(AIR_C, wind)
    movers = []
    for group in range(GROUPS):
        begins = first + group * (WALK_S + BREAK_S)
        columns = rng.permutation(np.linspace(-0.9, 0.9, len(RANGES_M))) * half
        for range_m, turn in zip(RANGES_M, columns, strict=True):
            way = bearing + rng.choice([-0.5, 0.5]) * math.pi + rng.uniform(-0.6, 0.6)
            velocity = rng.uniform(0.9, 1.5) * np.array([math.sin(way), math.cos(way)])
            away = range_m * rng.uniform(0.85, 1.18)
            middle = camera.eye_m[:2] + away * np.array([math.sin(bearing + turn), math.cos(bearing + turn)])
            dress = float(warm[signature.PERSON]) + rng.normal(0, 1.5)
            movers.append(Mover(begins, begins + WALK_S, middle - velocity * WALK_S / 2, velocity, 0, dress))
    for k in range(int((LEARN_S + empty_s) / BIRD_EVERY_S) if birds else 0):
        begins, away, turn = START_S + k * BIRD_EVERY_S, rng.uniform(150, 900), bearing + rng.uniform(-half, half)
        way = bearing + rng.choice([-1, 1]) * rng.uniform(0.9, 2.2)
        velocity = 11.0 * np.array([math.sin(way), math.cos(way)])
        middle = camera.eye_m[:2] + away * np.array([math.sin(turn), math.cos(turn)])
        surface = float(warm[signature.BIRD])
        start = middle - velocity * BIRD_EVERY_S / 2
        movers.append(
            Mover(begins, begins + BIRD_EVERY_S, start, velocity, signature.BIRD, surface, rng.uniform(3, 30))
        )
    return movers


def drops(picture: NDArray[Any], rng: np.random.Generator) -> NDArray[Any]:
    """Return the picture with streaks of drops before the lens, blurred and a little colder, new in each picture."""
    streaks = np.zeros(picture.shape, np.float32)
    for _ in range(rng.poisson(DROPS)):
        x, y = int(rng.integers(0, picture.shape[1])), int(rng.integers(0, picture.shape[0]))
        tip = (x + int(rng.integers(-2, 3)), y + int(rng.integers(6, 20)))
        cv2.line(streaks, (x, y), tip, -float(rng.exponential(DROP_COUNTS)), 2)
    streaks = np.asarray(cv2.GaussianBlur(streaks, (0, 0), 1.0), np.float32)
    return np.clip(np.round(picture + streaks), 0, 65535).astype(picture.dtype)


def rarity(state: vision.State, t: Tracklet) -> float:
    """Return how many decades below one a picture the camera holds chance tracks like this; -inf: not to confirm."""
    if not scoring.is_confirmed(t, RATE_HZ, ANY_RATE):
        return -math.inf
    own = next(iter(state.scenes.values())).own
    others = own if t.given is None else own_rate.take_back(own, t.given)
    alone = float(own_rate.score(others, np.array([scoring.joint_score(t)]))[0])
    return min(t.evidence, alone + math.log10(scoring.PICTURES_PER_TRACKLET))


def is_near(x_px: float, y_px: float, box: Box, spare: float = NEAR_PX) -> bool:
    """Return whether a place lies on a box or within some pixels of it."""
    return abs(x_px - box.x_px) < spare + box.w_px / 2 and abs(y_px - box.y_px) < spare + box.h_px / 2


def piece(condition: str, seed: int, empty_s: float) -> dict[str, Any]:
    """Return what one camera found in one go: rarities of false tracks and of tracks on birds, and each walker's."""
    wind, rain, birds = CONDITIONS[condition]
    demo = demo_site(1, length_m=12_000.0)
    index = next(k for k, s in enumerate(demo.site.sensors) if s.pictures)
    camera = ThermalCamera(demo.site, demo.line, demo.terrain, index, seed=seed)
    rng = np.random.default_rng([seed, len(condition)])
    movers = cast(camera, rng, empty_s, wind, birds=birds)
    state = vision.init(vision.VisionSettings(rate_hz=RATE_HZ))
    false: dict[int, float] = {}
    on_bird: dict[int, float] = {}
    sure: set[int] = set()
    walkers: dict[int, list[float]] = {}
    ends = LEARN_S + empty_s + GROUPS * (WALK_S + BREAK_S)
    for second in range(int(ends / STEP_S)):
        t = START_S + second * STEP_S
        empty = LEARN_S <= t - START_S < LEARN_S + empty_s
        for frame in camera.frames(scene_at(t, movers, wind, rain), t, t + STEP_S):
            if rain > 0.0 and not frame.shutter:
                object.__setattr__(frame, "pixels", drops(frame.pixels, rng))
            state, _ = vision.step(state, frame, frame.t_s)
            tracklets = [k for s in state.scenes.values() for k in s.tracklets if k.misses == 0]
            rows, cols = frame.pixels.shape
            boxes = [b for b in camera.last_boxes if 4 < b.x_px < cols - 4 and 4 < b.y_px < rows - 4]
            for k in tracklets if empty else ():
                held = on_bird if any(is_near(k.x_px, k.y_px, b, 12.0) for b in boxes) else false
                held[k.number] = max(held.get(k.number, -math.inf), rarity(state, k))
                if k.confirmed:
                    sure.add(k.number)
            for b in boxes if t - START_S >= LEARN_S + empty_s else ():
                row = walkers.setdefault(b.id, [b.range_m, -math.inf, 0.0, 0.0])
                row[2] += 1
                mine = [k for k in tracklets if is_near(k.x_px, k.y_px, b)]
                row[1] = max([row[1], *(rarity(state, k) for k in mine)])
                row[3] = max([row[3], *(float(k.confirmed) for k in mine)])
    chance = {k: r for k, r in false.items() if k not in on_bird and math.isfinite(r)}
    return {
        "condition": condition,
        "seed": seed,
        "hours": empty_s / 3600.0,
        "false": sorted(chance.values()),
        "birds": sorted(r for r in on_bird.values() if math.isfinite(r)),
        "sure_false": len(sure & set(chance)),
        "sure_birds": len(sure & set(on_bird)),
        "walkers": [[r, max(s, -9.0), c] for r, s, n, c in walkers.values() if n >= LEAST_SHOWN],
    }


def needed(false: F8, hours: float, per_hour: float, rng: np.random.Generator) -> tuple[float, float, float]:
    """Return the rarity beyond which so many false tracks an hour come, and its 95 % interval.

    Counted where the counts reach; beyond, the tail is exponential with its own measured slope.
    """

    def level(rarities: F8, much: float) -> float:
        ranked = np.sort(rarities)[::-1]
        k = min(max(LEAST_TAIL, len(ranked) // 10), len(ranked) - 1)
        over = ranked[:k] - ranked[k]
        return float(ranked[k] + math.log(max(k * much / (hours * per_hour), 1e-9)) * over.mean())

    if len(false) < 5:
        return math.nan, math.nan, math.nan
    drawn = [level(rng.choice(false, len(false)), rng.poisson(len(false)) / len(false)) for _ in range(BOOTSTRAPS)]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return level(false, 1.0), float(low), float(high)


def wilson(hits: float, of: int) -> tuple[float, float]:
    """Return the 95 % interval of a share."""
    z = float(norm.ppf(0.975))
    p, spread = hits / of, z * z / of
    half = z * math.sqrt(p * (1 - p) / of + spread / (4 * of))
    return (p + spread / 2 - half) / (1 + spread), (p + spread / 2 + half) / (1 + spread)


def rates(held: list[dict[str, Any]]) -> None:
    """Print the hours and the false tracks of some pieces together."""
    hours = sum(h["hours"] for h in held)
    sure, birds = sum(h["sure_false"] for h in held), sum(h["sure_birds"] for h in held)
    most, any_rate = chi2.ppf(0.95, 2 * (sure + 1)) / 2 / hours, sum(len(h["false"]) for h in held)
    name = "+".join(sorted({h["condition"] for h in held}))
    print(f"{name}: {hours:.2f} camera-hours without anybody; as shipped (one an hour asked) {sure} false tracks,")
    print(f"  at most {most:.1f} an hour (95 %); {birds} tracks on birds; {any_rate} false tracks of any rarity")


def curve(held: list[dict[str, Any]], levels: dict[str, tuple[float, float, float]]) -> None:
    """Print P_d by range of some pieces together: as shipped, and at each level of rarity."""
    walkers = np.array([w for h in held for w in h["walkers"]]).reshape(-1, 3)
    edges = [0.0, *np.sqrt(np.array(RANGES_M[1:]) * np.array(RANGES_M[:-1])), 1e5]
    for low_m, high_m, middle in zip(edges, edges[1:], RANGES_M, strict=False):
        mine = walkers[(walkers[:, 0] >= low_m) & (walkers[:, 0] < high_m)]
        if len(mine) == 0:
            continue
        cells = ["shipped {:.2f} ({:.2f} to {:.2f})".format(mine[:, 2].mean(), *wilson(mine[:, 2].sum(), len(mine)))]
        for label, (at, low, high) in levels.items():
            found = mine[:, 1] >= at
            both = f"{(mine[:, 1] >= high).mean():.2f} to {(mine[:, 1] >= low).mean():.2f}"
            sides = "{:.2f} to {:.2f}".format(*wilson(found.sum(), len(mine)))
            cells.append(f"one a {label} {found.mean():.2f} ({sides}) [{both}]")
        print(f"  about {middle:4.0f} m, {len(mine):3d} walkers, P_d " + "   ".join(cells))


def main() -> None:
    """Gather and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path)
    options.add_argument("--seeds", type=int, default=1)
    options.add_argument("--conditions", default=",".join(CONDITIONS))
    options.add_argument("--empty-minutes", type=float, default=10.0)
    asked = options.parse_args()
    cv2.setNumThreads(1)
    asked.folder.mkdir(parents=True, exist_ok=True)
    for seed, condition in itertools.product(range(asked.seeds), asked.conditions.split(",")):
        path = asked.folder / f"{condition}-{seed}-{asked.empty_minutes:g}.json"
        if not path.exists():
            path.write_text(json.dumps(piece(condition, seed, 60.0 * asked.empty_minutes)))
    held = [json.loads(path.read_text()) for path in sorted(asked.folder.glob("*.json"))]
    false, hours = np.array([v for h in held for v in h["false"]]), sum(h["hours"] for h in held)
    rng = np.random.default_rng(1)
    levels = {label: needed(false, hours, rate, rng) for label, rate in (("hour", 1.0), ("day", 1 / 24))}
    for label, (at, low, high) in levels.items():
        print(f"one false track per camera-{label} from rarity {at:.2f} ({low:.2f} to {high:.2f})")
    for condition in [*sorted({h["condition"] for h in held}), ""]:
        mine = [h for h in held if condition in ("", h["condition"])]
        rates(mine)
        curve(mine, levels)


if __name__ == "__main__":
    main()
