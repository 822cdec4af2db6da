"""A synthetic crosser as a camera would show it, painted into a copy of its pictures.

Theory: a warm upright box, blurred by optics and sampling (a normal law), added to what the picture holds.  So the
noise and the ground are the camera's own.
Limits: no legs, no swing of arms, one temperature; compression of the stream came before it was painted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

F8 = NDArray[np.float64]

BLUR_PX = 0.8  # sigma of optics and sampling
MARGIN_PX = 4  # about a box: how far its blur reaches, and how far off a box that is about it may lie


@dataclass(frozen=True)
class Drawn:
    """The way of one figure through a camera's pictures.

    crosser: its name; preset: the stop it is drawn at; t_s (N,) rising; x_px, foot_px (N,): middle and lower edge,
    NaN where the ground hides it; wide_px, tall_px, counts (N,): size, and by how much it is warmer than its ground.
    """

    crosser: str
    preset: int
    t_s: F8
    x_px: F8
    foot_px: F8
    wide_px: F8
    tall_px: F8
    counts: F8

    def at(self, t_s: float) -> Figure | None:
        """Return the figure at a time of its way, None where it is hidden or not there."""
        if not self.t_s[0] <= t_s <= self.t_s[-1]:
            return None
        columns = (self.x_px, self.foot_px, self.wide_px, self.tall_px, self.counts)
        x, foot, wide, tall, counts = (float(np.interp(t_s, self.t_s, column)) for column in columns)
        if not np.isfinite(x + foot):
            return None
        return Figure(x - wide / 2, foot + 0.5 - tall, wide, tall, counts)


@dataclass(frozen=True)
class Figure:
    """A box in a picture: left and upper edge, width, height in pixels whose middles are whole numbers; counts."""

    left_px: float
    top_px: float
    wide_px: float
    tall_px: float
    counts: float

    def touches(self, bbox_px: tuple[float, float, float, float]) -> bool:
        """Return whether a box x, y, w, h lies on it, or within MARGIN_PX."""
        x, y, w, h = bbox_px
        return bool(
            x <= self.left_px + self.wide_px + MARGIN_PX
            and self.left_px <= x + w + MARGIN_PX
            and y <= self.top_px + self.tall_px + MARGIN_PX
            and self.top_px <= y + h + MARGIN_PX
        )


def painted(pixels: NDArray[np.generic], figure: Figure) -> NDArray[np.generic]:
    """Return a copy of a picture (rows, cols) with the figure in it, in the picture's own type, clipped to it."""
    across = _share(pixels.shape[1], figure.left_px, figure.wide_px)
    down = _share(pixels.shape[0], figure.top_px, figure.tall_px)
    out = pixels.astype(np.float64) + np.outer(down, across) * figure.counts
    if np.issubdtype(pixels.dtype, np.integer):
        limits = np.iinfo(pixels.dtype)  # type: ignore[type-var]
        out = np.clip(np.rint(out), limits.min, limits.max)
    return out.astype(pixels.dtype)


def _share(size: int, low: float, length: float) -> F8:
    """Return (size,) how much of a blurred low..low + length each pixel's middle shows."""
    middle = np.arange(size, dtype=np.float64)
    return np.asarray(ndtr((middle - low) / BLUR_PX) - ndtr((middle - low - length) / BLUR_PX))
