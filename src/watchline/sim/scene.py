"""What a moment looks like, for cameras whose pictures are rendered: small arrays that travel between processes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
U1 = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Scene:
    """Everybody and the weather at `t_s`.

    xy_m, v_m_s (N, 2) on the site grid; heading_rad (N,) grid bearing; kind (N,) of `sensing.signature`; posture
    (N,) upright, crawling, lying, waving; surface_c (N,) apparent temperature; size_m (N, 2) width and height;
    above_m (N,) feet over ground; id (N,).  Per stretch of 10 km (W,): visibility_m, dust, rain_mm_h, wind_m_s.
    sensor_up (S,) whether each sensor is heard; lens (S,) share of contrast its lens leaves.
    """

    t_s: float
    id: I4
    xy_m: F8
    v_m_s: F8
    heading_rad: F8
    kind: U1
    posture: U1
    surface_c: F8
    size_m: F8
    above_m: F8
    air_c: float
    ground_c: float
    sun: float
    visibility_m: F8
    dust: F8
    rain_mm_h: F8
    wind_m_s: F8
    sensor_up: NDArray[np.bool_]
    lens: F8
