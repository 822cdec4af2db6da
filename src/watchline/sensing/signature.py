"""What a subject looks like in thermal: its size, and how much warmer or colder than the ground it appears.

Theory: the surface of a clothed body lies between air and skin; outdoors in winter the mean surface of
a clothed adult is 4..9 K above still air, less with wind and when dressed warmly, and bare skin of face and
hands adds to it.  Fur behaves like thick clothing; a running vehicle shows a warm bonnet, tyres and exhaust.
All numbers are broad means, taken as priors: `sensing` corrects them from what cameras measure live.

Limits: no sun on clothes beyond a fixed share, no wet clothes, no view factor of the sky.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

F8 = NDArray[np.float64]

SKIN_C = 33.0  # mean skin temperature of a clothed resting adult (ISO 9886, 32..35 degrees)


@dataclass(frozen=True)
class Signature:
    """One kind of subject.

    width_m, height_m: of the upright outline seen from the side; insulation: share of the way from skin to air at
    which the surface settles (1 = as cold as the air); engine_k: surplus of a running machine over air;
    sun_k: how much full sun warms the surface; p_class: over `domain.batches.CLASSES`, what it is.
    """

    name: str
    width_m: float
    height_m: float
    insulation: float
    engine_k: float = 0.0
    sun_k: float = 5.0
    p_class: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 1.0)


_PERSON, _VEHICLE, _ANIMAL = (1.0, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0)

SUBJECTS: tuple[Signature, ...] = (
    Signature("person", 0.50, 1.70, 0.74, p_class=_PERSON),
    Signature("child", 0.35, 1.15, 0.74, p_class=_PERSON),
    Signature("vehicle", 3.60, 1.80, 1.0, engine_k=9.0, sun_k=12.0, p_class=_VEHICLE),
    Signature("sheep", 1.00, 0.75, 0.84, p_class=_ANIMAL),
    Signature("camel", 2.40, 2.00, 0.80, p_class=_ANIMAL),
    Signature("dog", 0.90, 0.60, 0.72, p_class=_ANIMAL),
    Signature("gazelle", 1.10, 0.90, 0.72, p_class=_ANIMAL),
    Signature("bird", 0.60, 0.25, 0.70, p_class=_ANIMAL),
)
"""Indexed by the small numbers below, which the simulator and batches of prototypes use."""

PERSON, CHILD, VEHICLE, SHEEP, CAMEL, DOG, GAZELLE, BIRD = range(8)

UPRIGHT, CRAWLING, LYING = 0, 1, 2


def outline_m(posture: int = UPRIGHT) -> F8:
    """Return (8, 2) width and height of every subject's outline, metres.

    Crawling and lying only change people: 0.55 m and 0.30 m high, 1.3 m and 1.6 m long, seen from the side.
    """
    out = np.array([[s.width_m, s.height_m] for s in SUBJECTS])
    if posture == CRAWLING:
        out[[PERSON, CHILD]] = [[1.3, 0.55], [0.9, 0.42]]
    elif posture == LYING:
        out[[PERSON, CHILD]] = [[1.6, 0.30], [1.1, 0.22]]
    return out


def surface_c(air_c: ArrayLike, wind_m_s: ArrayLike = 2.0, sun: ArrayLike = 0.0) -> F8:
    """Return (..., 8) mean apparent surface temperature of every subject, degrees Celsius.

    air_c (...,) -40..50; wind_m_s (...,) >= 0, cools the surplus by up to a half in a gale;
    sun (...,) 0..1, share of full sun.  Good to about 3 K: dress, load and effort differ.

    >>> surface_c(5.0).round(1).tolist()
    [11.8, 11.8, 13.4, 9.2, 10.2, 12.3, 12.3, 12.9]
    """
    air, wind, light = (np.asarray(v, float)[..., None] for v in (air_c, wind_m_s, sun))
    insulation = np.array([s.insulation for s in SUBJECTS])
    engine = np.array([s.engine_k for s in SUBJECTS])
    sun_k = np.array([s.sun_k for s in SUBJECTS])
    # Forced convection: the film coefficient doubles between calm and about 12 m/s.
    cooling = 1.0 / (1.0 + wind / 12.0)
    body = (1.0 - insulation) * np.maximum(SKIN_C - air, 0.0)
    return np.asarray(air + (body + engine) * cooling * 12.0 / 11.0 + sun_k * light)


def difference_k(air_c: ArrayLike, ground_c: ArrayLike, wind_m_s: ArrayLike = 2.0, sun: ArrayLike = 0.0) -> F8:
    """Return (..., 8) apparent temperature of every subject less that of the ground behind it, kelvin.

    Sign matters: near sunrise and sunset it passes through zero (heat crossover).
    """
    return np.asarray(surface_c(air_c, wind_m_s, sun) - np.asarray(ground_c, float)[..., None])
