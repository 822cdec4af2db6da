"""Who else stands where, so that they cannot get away: containment as options that a person may approve.

Theory: of the points on roads, fords and crossings that the ways they may take pass, those that units reach a margin
before them; which units hold which points is settled exactly (`containment.py`), besides the one that meets them.
Limits: the `NEAREST` free units and the `MOST_POINTS` points that most ways pass.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from watchline.domain.respond import Option
from watchline.response.containment import contain, passes_s
from watchline.response.eta import EtaModel
from watchline.response.intercept import MARGIN_S, Meeting
from watchline.response.proposals import Land, Standing, Wanted, option_of
from watchline.response.reach import reach
from watchline.response.tasking import SETTING_OUT_S

F8 = NDArray[np.float64]

NEAREST, MOST_POINTS, MOST_HELD = 5, 16, 3
LEAST = 0.05  # of the ways: a point that stops fewer is not worth a unit


def hold(
    want: Wanted, standing: Sequence[Standing], but: Collection[str], points_m: F8, land: Land,
    eta: Mapping[str, EtaModel], now_s: float,
) -> tuple[Option, ...]:  # fmt: skip
    """Return who holds which of the points (C, 2), the one that stops most ways first; but: units sent already."""
    f = want.futures
    passes = passes_s(f.t_s, f.ways_m, points_m) if len(points_m) else np.zeros((len(f.weight), 0))
    share = f.weight @ np.isfinite(passes)
    best = [int(c) for c in np.argsort(-share, kind="stable")[:MOST_POINTS] if share[c] >= LEAST]
    near = [s for s in standing if s.unit.kind in ("patrol", "reserve") and s.unit.id not in but]
    near.sort(key=lambda s: float(np.hypot(*(s.xy_m - want.at_m))) / s.unit.speed_m_s)
    near = near[:NEAREST]
    if not best or not near:
        return ()
    points, passes = points_m[best], passes[:, best]
    fields = [reach(land.ways[s.unit.means], s.xy_m, s.unit.speed_m_s, to_m=points) for s in near]
    there = np.array([
        eta.get(s.unit.means, EtaModel()).interval(1.0).middle_s * (to.at(points) + SETTING_OUT_S)
        for s, to in zip(near, fields, strict=True)
    ])  # fmt: skip
    found = contain(passes, f.weight, there, MARGIN_S)
    out = []
    for u, c in enumerate(found.point.tolist()):
        if c < 0:
            continue
        stops = np.isfinite(passes[:, c]) & (there[u, c] + MARGIN_S <= passes[:, c])
        chance = float(f.weight[stops].sum())
        if chance < LEAST:
            continue
        met = Meeting(float(np.median(passes[stops, c])), points[c], chance, float(there[u, c]))
        option = option_of(near[u], met, fields[u], chance, None, land, eta, now_s)
        out.append(msgspec.structs.replace(option, holds=True))
    return tuple(sorted(out, key=lambda option: (-option.chance, option.unit))[:MOST_HELD])
