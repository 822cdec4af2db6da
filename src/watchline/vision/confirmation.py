"""Join candidates of successive pictures to tracklets in the picture plane, and confirm them.

Theory.  A chance peak of score s falls into a given gate with probability gate / picture * 10**-s, a
subject's peak with probability about `P_HIT`.  The sum of log10 ratios over the pictures is the tracklet's
evidence: 10**-evidence is the expected number of such tracklets per picture by chance (sequential ratio
test, Wald 1945; track score, Blackman and Popoli 1999, section 6.2).  A lamp or a stone is there in every picture,
so repeats of what only the single-picture detector sees count nothing; motion against the scene does.

Rules: association is one to one, nearest first within the gate; ties go to the older tracklet; numbers are
never reused.  Tracklets and candidates are bounded (`MOST_TRACKLETS`), the weakest go first.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]

P_HIT = 0.7  # chance that a subject in view gives a peak; 8-of-10 pictures on the injection bench at SNR 3
GATE_PX = 2.5  # how far a distant subject strays from its prediction: jitter, wake, a changed outline
MOST_EVIDENCE = 12.0  # a long past is worth no more than this, so that an ended track ends
MOST_PER_HIT = 1.0  # no single picture decides
LEAST_MOVING = -1.2  # temporal score from which a repeat counts as evidence
WINDOW = 16  # pictures over which hits are counted
MOST_TRACKLETS = 96
ALPHA, BETA = 0.5, 0.12  # position and velocity gains of the alpha-beta filter
MEMORY_HITS = 12.0  # how long mean scores are remembered


@dataclass(slots=True)
class Tracklet:
    """One subject in the picture plane; changed in place by `advance`.

    x_px, y_px, vx, vy: position and velocity per picture; size_px: (w, h); hits: bit per picture of the last
    WINDOW, newest lowest; age, misses: pictures since birth, since the last hit; evidence: see the
    module; moving: mean temporal score; still: mean single-picture score;
    walk: mean score of the sums along walks; hole: share of hits that look
    like a hole; path_px: distance from birth to now; score: minus log10 of the chance candidates per picture at or
    above it (`own_rate.py`); is_scene: it has stood there for long;
    counted: pictures for which it counted as chance; given: levels these reached, waiting: levels its other pictures
    reached (`own_rate.py`).
    """

    number: int
    x_px: float
    y_px: float
    first_x_px: float
    first_y_px: float
    size_px: tuple[float, float]
    sign: float
    moving: float
    still: float
    evidence: float
    walk: float = -3.0
    hole: float = 0.0
    vx: float = 0.0
    vy: float = 0.0
    hits: int = 1
    age: int = 1
    misses: int = 0
    count: int = 1
    score: float = 0.0
    confirmed: bool = False
    is_scene: bool = False
    counted: int = 0
    given: F8 | None = None
    waiting: F8 | None = None

    @property
    def hits_in_window(self) -> int:
        """How many of the last WINDOW pictures had a hit."""
        return self.hits.bit_count()

    @property
    def path_px(self) -> float:
        """How far it has come since it was first seen."""
        return math.hypot(self.x_px - self.first_x_px, self.y_px - self.first_y_px)


@dataclass(frozen=True, slots=True)
class Sightings:
    """Candidates of one picture, equal-length arrays: position, box, sign, the three scores, hole 1 or 0."""

    x_px: F8
    y_px: F8
    bbox_px: F8
    sign: F8
    moving: F8
    still: F8
    hole: F8
    walk: F8

    def __len__(self) -> int:
        return int(self.x_px.shape[0])

    def take(self, index: NDArray[Any]) -> Sightings:
        """Return the rows chosen by an index or mask array."""
        return Sightings(**{f.name: getattr(self, f.name)[index] for f in fields(self)})


def advance(
    tracklets: list[Tracklet], seen: Sightings, next_number: int, chance: F8
) -> tuple[list[Tracklet], NDArray[np.int64], int]:
    """Return the tracklets after one more picture, each sighting's tracklet index, and the next free number.

    tracklets: from the last call, changed in place; chance: (N,) expected chance candidates per pixel.
    The index array is (N,) into the returned list, -1 where a sighting started none.
    """
    for t in tracklets:
        t.x_px, t.y_px = t.x_px + t.vx, t.y_px + t.vy
        t.age += 1
        t.hits = (t.hits << 1) & ((1 << WINDOW) - 1)
    owner = _associate(tracklets, seen)
    taken = set()
    for k in range(len(seen)):
        if owner[k] >= 0:
            _hit(tracklets[owner[k]], seen, k, float(chance[k]))
            taken.add(int(owner[k]))
    for i, t in enumerate(tracklets):
        if i not in taken:
            _miss(t)
    born = [_born(seen, int(k), next_number + n) for n, k in enumerate(np.flatnonzero(owner < 0))]
    owner[owner < 0] = len(tracklets) + np.arange(len(born))
    everyone = [*tracklets, *born]
    alive = [i for i, t in enumerate(everyone) if _lives(t)]
    if len(alive) > MOST_TRACKLETS:
        ranked = sorted(alive, key=lambda i: (-everyone[i].evidence - everyone[i].still, everyone[i].number))
        alive = sorted(ranked[:MOST_TRACKLETS])
    place = {old: new for new, old in enumerate(alive)}
    owner = np.array([place.get(int(i), -1) for i in owner], np.int64)
    return [everyone[i] for i in alive], owner, next_number + len(born)


def _lives(t: Tracklet) -> bool:
    return t.misses <= (2 if t.count < 3 else WINDOW // 2) and t.evidence > -2.0


def _associate(tracklets: list[Tracklet], seen: Sightings) -> NDArray[np.int64]:
    owner = np.full(len(seen), -1, np.int64)
    if not tracklets or len(seen) == 0:
        return owner
    tx = np.array([t.x_px for t in tracklets])
    ty = np.array([t.y_px for t in tracklets])
    gate = np.array([_gate_px(t) for t in tracklets])
    sign = np.array([t.sign for t in tracklets])
    distance = np.hypot(seen.x_px[:, None] - tx, seen.y_px[:, None] - ty) / gate
    distance[seen.sign[:, None] != sign] = np.inf
    # A well supported tracklet takes its sighting before a newborn one does.
    support = np.array([min(t.count, 8) for t in tracklets])
    cost = np.where(distance <= 1.0, distance - 0.2 * support, np.inf)
    order = np.argsort(cost, axis=None, kind="stable")
    used = np.zeros(len(tracklets), bool)
    for flat in order:
        k, i = divmod(int(flat), len(tracklets))
        if not np.isfinite(cost[k, i]):
            break
        if owner[k] < 0 and not used[i]:
            owner[k], used[i] = i, True
    return owner


def _gate_px(t: Tracklet) -> float:
    unsure = 1.0 if t.count < 3 else 0.0
    return GATE_PX + unsure + 0.25 * max(t.size_px) + 0.3 * t.misses + 0.5 * math.hypot(t.vx, t.vy)


def _hit(t: Tracklet, seen: Sightings, k: int, chance: float) -> None:
    gate = _gate_px(t)
    t.hole += (float(seen.hole[k]) - t.hole) / min(t.count + 1.0, MEMORY_HITS)
    if seen.moving[k] > LEAST_MOVING and seen.hole[k] < 0.5:
        by_chance = 1.0 - math.exp(-chance * math.pi * gate * gate)
        gain = min(math.log10(P_HIT / max(by_chance, 1e-9)), MOST_PER_HIT)
        t.evidence = min(t.evidence + gain, MOST_EVIDENCE)
    ex, ey = seen.x_px[k] - t.x_px, seen.y_px[k] - t.y_px
    a = max(ALPHA, 1.0 / (t.count + 1.0))
    t.x_px, t.y_px = t.x_px + a * ex, t.y_px + a * ey
    t.vx, t.vy = t.vx + BETA * ex, t.vy + BETA * ey
    t.count += 1
    w = 1.0 / min(t.count, MEMORY_HITS)
    t.moving += w * (float(seen.moving[k]) - t.moving)
    t.still += w * (float(seen.still[k]) - t.still)
    t.walk += w * (float(seen.walk[k]) - t.walk)
    t.size_px = (
        t.size_px[0] + 0.3 * (float(seen.bbox_px[k, 2]) - t.size_px[0]),
        t.size_px[1] + 0.3 * (float(seen.bbox_px[k, 3]) - t.size_px[1]),
    )
    t.hits |= 1
    t.misses = 0


def _miss(t: Tracklet) -> None:
    t.evidence += math.log10(1.0 - P_HIT)
    t.misses += 1
    t.vx, t.vy = 0.9 * t.vx, 0.9 * t.vy


def _born(seen: Sightings, k: int, number: int) -> Tracklet:
    x, y = float(seen.x_px[k]), float(seen.y_px[k])
    return Tracklet(
        number=number, x_px=x, y_px=y, first_x_px=x, first_y_px=y,
        size_px=(float(seen.bbox_px[k, 2]), float(seen.bbox_px[k, 3])), sign=float(seen.sign[k]),
        moving=float(seen.moving[k]), still=float(seen.still[k]), evidence=float(min(seen.moving[k], 2.0)),
        walk=float(seen.walk[k]), hole=float(seen.hole[k]),
    )  # fmt: skip
