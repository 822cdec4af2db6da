"""How likely a task succeeds with so many resolved cycles on the subject: the target transfer probability function.

Theory: P = x^E / (1 + x^E), x = N / N50, where N is the number of resolved cycles (or V of the TTP metric) and N50
the number at which half succeed.  E = 2.7 + 0.7 x for Johnson's cycles (Ratches; Holst, "Electro-Optical Imaging
System Performance"); E = 1.51 + 0.24 x for the TTP metric (Vollmerhausen & Jacobs 2004, AMSEL-NV-TR-230).
N50 belongs to a task and to clutter: a probability is never given without it.

Limits: an ensemble mean over trained observers without a time limit; N50 in clutter is to be fitted.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

F8 = NDArray[np.float64]
Law = Literal["johnson", "ttp"]

EXPONENT: dict[str, tuple[float, float]] = {"johnson": (2.7, 0.7), "ttp": (1.51, 0.24)}
N50_CYCLES: dict[str, float] = {"detect": 0.75, "recognise": 3.0, "identify": 6.0}
"""Resolved cycles at which half succeed, ACQUIRE, low clutter.  From memory of the literature: check before
quoting."""


def p_task(resolved: ArrayLike, resolved_50: ArrayLike, law: Law) -> F8:
    """Return (...,) probability of the task.

    resolved (...,) N cycles ("johnson") or V ("ttp"), >= 0; resolved_50 the criterion, > 0, of the same kind.
    NaN in gives NaN out.  Raises ValueError outside these ranges.

    >>> p_task([1.0, 2.0, 3.0], 1.0, "johnson").round(4).tolist()
    [0.5, 0.9449, 0.9949]
    """
    if law not in EXPONENT:
        raise ValueError(f"law must be johnson or ttp, got {law!r}")
    n, n50 = np.asarray(resolved, float), np.asarray(resolved_50, float)
    if np.any(n < 0.0):
        raise ValueError("resolved must be >= 0")
    if np.any(~(n50 > 0.0)):
        raise ValueError("resolved_50 must be > 0")
    x = n / n50
    offset, slope = EXPONENT[law]
    with np.errstate(divide="ignore", over="ignore"):
        # As 1 / (1 + x^-E): no overflow divided by overflow for large x.
        return np.asarray(1.0 / (1.0 + x ** -(offset + slope * np.minimum(x, 1e3))))
