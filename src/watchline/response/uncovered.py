"""Where nobody free is near: kilometres of the line that wait longer than a limit for the first unit that could come.

Theory: straight at a unit's own speed from where it is (`coverage.response_time.nearest_s`), so it errs low: what is
told here really waits.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from watchline.coverage.response_time import nearest_s
from watchline.domain.respond import Waits
from watchline.geo.line import LineFrame
from watchline.response.proposals import Standing

F8 = NDArray[np.float64]

LIMIT_S = 1800.0  # ASSUMED: a walker is through 2 km of ground in that time
STRETCH_M = 1000.0


def uncovered(line: LineFrame, standing: Sequence[Standing], limit_s: float = LIMIT_S) -> tuple[Waits, ...]:
    """Return the stretches that wait longer than limit_s, neighbouring kilometres joined; wait_s of the worst.

    Patrols and reserves count, as they stand; the whole line where there is none, with wait_s -1.
    """
    who = [s for s in standing if s.unit.kind in ("patrol", "reserve")]
    edge = np.arange(0.0, line.length_m, STRETCH_M)
    middle = np.minimum(edge + STRETCH_M / 2.0, line.length_m)
    at = np.array([s.xy_m for s in who]).reshape(-1, 2)
    wait = nearest_s(line, middle, at, np.array([s.unit.speed_m_s for s in who]))
    out: list[Waits] = []
    for k in np.flatnonzero(wait > limit_s):
        worst = float(wait[k]) if np.isfinite(wait[k]) else -1.0
        low, high = edge[k] / 1000.0, min(edge[k] + STRETCH_M, line.length_m) / 1000.0
        if out and abs(out[-1].to_km - low) < 1e-9:
            before = out.pop()
            low, worst = before.from_km, max(before.wait_s, worst)
        out.append(Waits(from_km=round(float(low), 3), to_km=round(float(high), 3), wait_s=round(worst)))
    return tuple(out)
