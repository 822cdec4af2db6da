"""What really happened, for scoring only: nothing but tests and benchmarks may read it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
U1 = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Truth:
    """Everybody now and every crossing so far.

    id, party (N,); kind (N,) of `sensing.signature`; unit (N,) index of an own unit or -1; xy_m, v_m_s (N, 2);
    s_m, d_m (N,); posture, surface_c (N,).
    crossing_* (K,): when, who, at which chainage, and +1 inwards or -1 outwards.
    detected_* (J,): body (0: false alarm, -1: a fence hit) of every detection of the last step, row for row.
    """

    t_s: float
    id: I4
    party: I4
    kind: U1
    unit: I4
    xy_m: F8
    v_m_s: F8
    s_m: F8
    d_m: F8
    posture: U1
    crossing_t_s: F8
    crossing_id: I4
    crossing_s_m: F8
    crossing_sign: I4
    detected_body: I4
