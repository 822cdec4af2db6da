"""Each sensor's threshold on p, set from what the desk can bear.

Theory: of `budget` alerts in ten minutes each of N sensors may bring FAIR times its even share a day.  Where a sensor
raised more in the last day, its threshold is the p above which just that many of them lay; never above MOST, so that
what more likely is somebody than not is never kept back by it.  Quantiles of calibrated probabilities keep exactly
what is likeliest (the Neyman-Pearson order).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from watchline.alerting.management.rates import BIN_S, DAY_S, Shown

FAIR = 4.0
LEAST_A_DAY = 6.0
MOST = 0.5


def thresholds(raised: Iterable[Shown], sensors: int, budget: float, now_s: float) -> Mapping[str, float]:
    """Return the threshold of every sensor that has one; raised: all alerts with a p, shown or kept back."""
    allowed = int(max(LEAST_A_DAY, FAIR * budget * DAY_S / BIN_S / max(sensors, 1)))
    said: dict[str, list[float]] = {}
    for one in raised:
        if one.p is not None and now_s - one.t_s < DAY_S:
            for sensor in one.sensors:
                said.setdefault(sensor, []).append(one.p)
    return {
        sensor: min(sorted(ps, reverse=True)[allowed - 1], MOST)
        for sensor, ps in said.items()
        if len(ps) > allowed
    }  # fmt: skip
