"""What a microbolometer adds to a picture: noise, drifting patterns, bad pixels and the shutter.

Theory: temporal noise of NETD; fixed patterns that the last flat-field correction left, growing with the time
since; slow column and row offsets as random walks; pixels that are stuck; and popcorn noise: some hundred pixels
that jump between two levels, which give real arrays their heavy tails (`benchmarks/rendered_vs_real.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

F4 = NDArray[np.float32]

SHUTTER_EVERY_S = 180.0
COUNT_K = 0.02  # one count
MIDDLE_COUNTS, MIDDLE_C = 8192, 15.0
POPCORN = 0.006  # share of pixels that jump, and the chance of a jump from picture to picture
JUMP_P = 0.12
GROWTH_S = 240.0  # time in which the fixed pattern grows by its own size


@dataclass
class Bolometer:
    """The state of one sensor array; mutable.  netd_k: temporal noise of a pixel in a picture."""

    rows: int
    cols: int
    netd_k: float
    rng: np.random.Generator
    shutter_s: float = -np.inf
    pattern: F4 = field(init=False)
    growing: F4 = field(init=False)
    columns: F4 = field(init=False)
    lines: F4 = field(init=False)
    last_s: float = -np.inf

    def __post_init__(self) -> None:
        """Draw the array's own faults."""
        size = self.rows * self.cols
        stuck = max(2, size // 10_000)
        picks = self.rng.choice(size, size=stuck + int(POPCORN * size), replace=False)
        self.stuck = picks[:stuck]
        self.stuck_k = self.rng.normal(0.0, 4.0, len(self.stuck)).astype(np.float32)
        self.jumping = picks[stuck:]
        self.jump_k = (self.netd_k * self.rng.lognormal(1.2, 0.5, len(self.jumping))).astype(np.float32)
        self.jumped = self.rng.random(len(self.jumping)) < 0.5
        self._correct(-np.inf)

    def _correct(self, t_s: float) -> None:
        """Take a flat field: the pattern becomes small and new."""
        shape = (self.rows, self.cols)
        rng = self.rng
        self.pattern = np.float32(0.3 * self.netd_k) * rng.standard_normal(shape, np.float32)
        rough = rng.standard_normal((self.rows // 16 + 2, self.cols // 16 + 2), np.float32)
        smooth = np.asarray(cv2.resize(rough, (self.cols, self.rows), interpolation=cv2.INTER_CUBIC), np.float32)
        grain = np.float32(0.5) * rng.standard_normal(shape, np.float32)
        self.growing = np.float32(self.netd_k) * (grain + np.float32(0.9) * smooth)
        self.columns = np.zeros(self.cols, np.float32)
        self.lines = np.zeros(self.rows, np.float32)
        self.shutter_s = t_s

    def shut(self, t_s: float) -> bool:
        """Return whether a flat-field correction runs in the picture at `t_s`."""
        if t_s - self.shutter_s < SHUTTER_EVERY_S:
            return False
        first = self.shutter_s == -np.inf
        self._correct(t_s)
        if first:
            # Cameras are not switched on together: the first one falls anywhere in the interval.
            self.shutter_s = t_s - self.rng.uniform(0.0, 0.8 * SHUTTER_EVERY_S)
        return not first

    def read(self, scene_c: F4, t_s: float) -> NDArray[np.uint16]:
        """Return counts (rows, cols) for apparent temperatures (rows, cols)."""
        rng, netd = self.rng, self.netd_k
        passed = min(5.0, max(0.0, t_s - self.last_s))
        self.last_s = t_s
        walk = np.float32(0.06 * netd * np.sqrt(passed))
        self.columns += walk * rng.standard_normal(self.cols, np.float32)
        self.lines += walk * rng.standard_normal(self.rows, np.float32)
        # Some of the row noise is new in every picture, as read-out makes it.
        lines = self.lines + np.float32(0.12 * netd) * rng.standard_normal(self.rows, np.float32)
        out = rng.standard_normal(scene_c.shape, np.float32)
        out *= np.float32(netd)
        out += scene_c
        out += self.pattern
        out += self.growing * np.float32(min(t_s - self.shutter_s, 2 * SHUTTER_EVERY_S) / GROWTH_S)
        out += self.columns[None, :]
        out += lines[:, None]
        flat = out.reshape(-1)
        flat[self.stuck] = np.float32(scene_c.mean()) + self.stuck_k
        self.jumped ^= rng.random(len(self.jumping)) < JUMP_P
        flat[self.jumping] += self.jump_k * self.jumped
        out -= np.float32(MIDDLE_C)
        out *= np.float32(1.0 / COUNT_K)
        out += np.float32(MIDDLE_COUNTS + 0.5)
        return np.clip(out, 0, 65535, out=out).astype(np.uint16)

    def closed(self, body_c: float) -> NDArray[np.uint16]:
        """Return the picture of the closed shutter: flat, at the camera's own temperature."""
        flat = self.netd_k * self.rng.standard_normal((self.rows, self.cols), np.float32) + np.float32(body_c)
        return np.asarray((flat - MIDDLE_C) / COUNT_K + MIDDLE_COUNTS, np.uint16)
