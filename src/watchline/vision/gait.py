"""Does an outline change with a beat?  Legs do, wheels and stones do not.

Theory: of the box's height over its width (and of its area, whichever beats more), detrended and windowed, the
share of power that lies in the strongest line between 0.6 and 3.5 Hz and at its neighbours.  White noise of
the outline puts about 3 / (bins) there.  Steps of people are at 1.5 to 2.3 Hz, of walking animals at 0.8 to 3
(stride times two). Sampled at less than 7 pictures a second there is no beat to see.

Rules: evidence for person or animal together, nothing else; the value lives for one look and is stored nowhere: how
somebody walks is nobody's business.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]

LOW_HZ, HIGH_HZ = 0.6, 3.5
LEAST_RATE_HZ, LEAST_S = 7.0, 3.0
# Share at which the beat speaks for nobody, how steeply it speaks beyond, and how loud it may become.  White
# outlines have .28 .39 .52 (10, 50, 90 %), a beat of twice their noise .52 .67 .78; helicopters .22 .47 .68,
# airplanes .14 .41 .57, drones .07 .17 .38 on 129 looks of real clips; animals .43 .72 .87, but on 4 looks
# only: hence no more than a factor of 2.
NEUTRAL, STEEPNESS, MOST_RATIO = 0.55, 4.0, 2.0


def periodicity(width_px: F8, height_px: F8, t_s: F8) -> float:
    """Return 0..1, the share of the outline's change that is one beat; NaN when too short, too slow or uneven.

    width_px, height_px, t_s (T,): a track's boxes, oldest first.
    """
    if len(t_s) < 16 or t_s[-1] - t_s[0] < LEAST_S:
        return float("nan")
    rate_hz = (len(t_s) - 1) / (t_s[-1] - t_s[0])
    if rate_hz < LEAST_RATE_HZ or np.max(np.diff(t_s)) > 3.0 / rate_hz:
        return float("nan")
    even = np.linspace(t_s[0], t_s[-1], len(t_s))
    w, h = (np.interp(even, t_s, np.maximum(v, 0.5)) for v in (width_px, height_px))
    return max(_beat(np.log(h / w), rate_hz), _beat(np.log(h * w), rate_hz))


def ratio_of(share: float) -> float:
    """Return how much likelier the motion is of a person or an animal than of anything else; 1 for NaN.

    >>> [round(ratio_of(s), 2) for s in (0.1, 0.55, 0.9, float("nan"))]
    [0.5, 1.0, 2.0, 1.0]
    """
    if np.isnan(share):
        return 1.0
    return float(np.clip(np.exp(STEEPNESS * (share - NEUTRAL)), 1.0 / MOST_RATIO, MOST_RATIO))


def weighed(p_class: tuple[float, float, float, float], ratio: float) -> tuple[float, float, float, float]:
    """Return probabilities over `domain.batches.CLASSES` with person and animal weighed by `ratio`, unknown as
    it was.
    """
    person, vehicle, animal, unknown = p_class
    known = ratio * (person + animal) + vehicle
    if known <= 0.0:
        return p_class
    share = (1.0 - unknown) / known
    return ratio * person * share, vehicle * share, ratio * animal * share, unknown


def _beat(x: F8, rate_hz: float) -> float:
    n = len(x)
    line = np.polyfit(np.arange(n), x, 1)
    window = np.hanning(n)
    power = np.abs(np.fft.rfft((x - np.polyval(line, np.arange(n))) * window)) ** 2
    hz = np.fft.rfftfreq(n, 1.0 / rate_hz)
    total = float(power[hz >= 0.3].sum())
    band = np.flatnonzero((hz >= LOW_HZ) & (hz <= HIGH_HZ))
    if total <= 0.0 or len(band) == 0:
        return 0.0
    peak = int(band[np.argmax(power[band])])
    return float(power[max(peak - 1, 0) : peak + 2].sum()) / total
