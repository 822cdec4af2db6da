"""Geometric range: how far away a subject still fills so many pixels.  What vendors print as a range.

Theory: a subject of critical dimension H fills n pixels of pitch p behind a lens of focal length f at R = H f / (n
p).  There is no air, no contrast and no probability in it, or "50 %" by custom.  Conventions differ by a factor of
twelve for one and the same camera, so none is the default here, and an answer carries its criterion.

Limits: an upper bound of what a camera can do in clear air; `mrtd.py` has air and contrast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Task = Literal["detect", "recognise", "identify"]
Subject = Literal["person", "vehicle"]
TASKS: tuple[Task, ...] = ("detect", "recognise", "identify")


@dataclass(frozen=True)
class Convention:
    """A named set of criteria.

    pixels: across the critical dimension for detect, recognise, identify (one cycle is two pixels); critical_m: the
    dimension by kind of subject; p_task: probability the source states at that point, None where it states none.
    """

    name: str
    pixels: tuple[float, float, float]
    critical_m: dict[Subject, float]
    p_task: float | None
    source: str


_PERSON_075: dict[Subject, float] = {"person": 0.75, "vehicle": 2.3}
_PERSON_05: dict[Subject, float] = {"person": 0.5, "vehicle": 2.3}
_NATO: dict[Subject, float] = {"vehicle": 2.3}

CONVENTIONS: dict[str, Convention] = {
    c.name: c
    for c in (
        Convention("flir", (1.5, 6.0, 12.0), _PERSON_075, 0.5, "FLIR technical notes; 0.75, 3, 6 cycles"),
        Convention("hikvision", (1.5, 6.0, 12.0), _PERSON_075, None, "Hikvision installation guide, table 2-1"),
        Convention("opgal", (2.0, 6.0, 12.0), _PERSON_075, None, "Opgal data sheets"),
        Convention("viewsheen", (1.0, 4.0, 8.0), _PERSON_05, None, "Viewsheen data sheets"),
        Convention("stanag-4347", (2.0, 6.0, 12.0), _NATO, 0.5, "STANAG 4347 target 2.3 x 2.3 m; 1, 3, 6 cycles"),
        Convention("chevalier-2d", (2.0, 4.0, 12.0), _NATO, 0.5, "Chevalier 2015, two-dimensional; 1, 2, 6 cycles"),
        Convention("johnson-1958", (2.0, 8.0, 12.8), _NATO, 0.5, "Johnson 1958; 1.0, 4.0, 6.4 line pairs"),
    )
}

DORI_PX_PER_M = {"detect": 25.0, "observe": 62.5, "recognise": 125.0, "identify": 250.0}
"""IEC 62676-4 (2014), pixels per metre, meant for visible light."""


@dataclass(frozen=True)
class GeometricRange:
    """A range with what it means.  p_task None: the source states no probability.  No air, no contrast."""

    range_m: float
    task: str
    critical_m: float
    pixels: float
    convention: str
    p_task: float | None

    def __str__(self) -> str:
        """Return the range with its criterion, never a bare number."""
        p = "no probability stated" if self.p_task is None else f"P {self.p_task:g}"
        return (
            f"{self.range_m:.0f} m to {self.task} ({self.convention}: {self.pixels:g} px on {self.critical_m:g} m, "
            f"{p}, no air, geometry only)"
        )


def geometric_range_m(critical_m: float, focal_m: float, pitch_m: float, pixels: float) -> float:
    """Return the range in metres at which `critical_m` fills `pixels`; all > 0.

    >>> round(geometric_range_m(critical_m=0.75, focal_m=0.5, pitch_m=15e-6, pixels=1.5))
    16667
    """
    for name, value in (("critical_m", critical_m), ("focal_m", focal_m), ("pitch_m", pitch_m), ("pixels", pixels)):
        if not 0.0 < value < float("inf"):
            raise ValueError(f"{name} must be > 0, got {value}")
    return critical_m * focal_m / (pixels * pitch_m)


def dri_range(convention: str, task: Task, subject: Subject, *, focal_m: float, pitch_m: float) -> GeometricRange:
    """Return the range of one task by a named convention; raises ValueError for one that does not define it."""
    if convention not in CONVENTIONS:
        raise ValueError(f"convention must be one of {', '.join(CONVENTIONS)}; got {convention!r}")
    chosen = CONVENTIONS[convention]
    if subject not in chosen.critical_m:
        raise ValueError(f"{convention} defines no critical dimension for {subject!r}")
    if task not in TASKS:
        raise ValueError(f"task must be one of {', '.join(TASKS)}; got {task!r}")
    pixels, critical_m = chosen.pixels[TASKS.index(task)], chosen.critical_m[subject]
    range_m = geometric_range_m(critical_m, focal_m, pitch_m, pixels)
    return GeometricRange(range_m, task, critical_m, pixels, convention, chosen.p_task)


def dori_range(level: str, *, focal_m: float, pitch_m: float) -> GeometricRange:
    """Return the range of one IEC 62676-4 (2014) level: so many pixels to the metre, no subject, no probability."""
    if level not in DORI_PX_PER_M:
        raise ValueError(f"level must be one of {', '.join(DORI_PX_PER_M)}; got {level!r}")
    pixels = DORI_PX_PER_M[level]
    return GeometricRange(
        geometric_range_m(1.0, focal_m, pitch_m, pixels), level, 1.0, pixels, "iec-62676-4-2014", None
    )
