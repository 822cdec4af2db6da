"""Find small bright or dark subjects in one picture, without any memory of earlier ones.

Theory.  Every local peak is flooded (`flood.py`), which gives its prominence and outline.  Strength is
prominence over the root of the ring's spread: dividing by the spread itself (cell-averaging CFAR)
throws away subjects in front of broken ground, not dividing drowns in bright clutter; the root is best of
the forms tried.  The strength is then judged twice, on its own and against the picture's other peaks (a
peak that stands out of its own picture is worth more), and put on the scale of expected false alarms.

Score: minus log10 of the false alarms per picture that one must accept to see this peak: 1 = one in ten
pictures, 0 = one a picture, -1 = ten.  Set on the public SIRST pictures, checked on HIT-UAV (design/003).

Rules: same picture in, same answer out; the picture is never written to.
Limits: two subjects that touch are one; a subject larger than `max_area_px` is not found.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from watchline.vision import flood

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SpotSettings:
    """How one picture is searched.

    max_area_px: largest subject; peaks: how many peaks are measured; polarity: "hot", "cold" or "both";
    blur_px: sigma of the blur before the search; outline_share: where between peak and saddle the
    outline is drawn; ring_px: width of the surroundings.
    """

    max_area_px: int = 300
    peaks: int = 200
    polarity: str = "both"
    blur_px: float = 0.5
    outline_share: float = 0.7
    ring_px: int = 6


@dataclass(frozen=True, slots=True)
class SpotTable:
    """Candidates of one picture, surest first; equal-length arrays.

    x_px, y_px (N,) centre of the outline; bbox_px (N, 4) x, y, w, h; area_px (N,) pixels inside it;
    prominence (N,) and spread (N,) in counts; score (N,) see the module; sign (N,) +1 warmer, -1 colder
    than the surroundings; peak_px (N, 2) column and row of the peak; level (N,) the outline's level, in
    counts times sign.
    """

    x_px: F8
    y_px: F8
    bbox_px: F8
    area_px: F8
    prominence: F8
    spread: F8
    score: F8
    sign: F8
    peak_px: NDArray[np.int64]
    level: F8

    def __len__(self) -> int:
        return int(self.x_px.shape[0])

    def take(self, index: NDArray[Any]) -> SpotTable:
        """Return the rows chosen by an index or mask array."""
        return SpotTable(**{f.name: getattr(self, f.name)[index] for f in fields(self)})

    @classmethod
    def join(cls, parts: list[SpotTable]) -> SpotTable:
        """Return the rows of all parts, surest first."""
        whole = cls(**{f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(cls)})
        return whole.take(np.argsort(-whole.score, kind="stable"))


# The scale of the score, from the false alarms counted on the public SIRST pictures (423 subjects in 340
# pictures of about 80 000 pixels; benchmarks/vision_real.py): strength 2.52 comes once a picture by
# chance, and 0.85 more is ten times rarer.
STRENGTH_AT_ONE = 2.52
STRENGTH_PER_DECADE = 0.85
OWN_WEIGHT = 0.5  # of standing out of the picture's own peaks
PIXELS_AT_ONE = 80_000.0
# Ranks of the picture's own peaks that stand for its clutter: the first few may be subjects.
RANK_HIGH, RANK_LOW = 5, 40
SCREEN_PX = 21  # width of the mean that peaks are screened against: wider than any subject
# Shadows, windows and wet ground make many more cold spots than subjects do (public pictures, design/003).
COLD_PENALTY = 1.5
# Houses and clouds are larger than subjects: a tenfold area costs this much (the same pictures).
AREA_PENALTY, AREA_FREE_PX = 0.35, 40.0
GREY_STEPS = 256.0  # counts are brought to this contrast range before the noise constant below counts
NOISE_STEPS = 1.0


DEFAULTS = SpotSettings()


def find_spots(picture: NDArray[Any], settings: SpotSettings = DEFAULTS) -> SpotTable:
    """Return the small regions of a picture that stand out of what surrounds them.

    picture: (rows, cols) counts of any real dtype; NaN is not allowed.
    Returns a `SpotTable`; x, y in pixels with pixel centres at integers.
    """
    smooth = _smooth(to_grey_steps(picture), settings.blur_px)
    signs = {"hot": (1.0,), "cold": (-1.0,), "both": (1.0, -1.0)}[settings.polarity]
    return SpotTable.join([_spots_of_sign(smooth, sign, settings) for sign in signs])


def flooded(picture: NDArray[Any], settings: SpotSettings = DEFAULTS) -> SpotTable:
    """Return the regions as the flood alone sees and scores them, surest first; arguments as `find_spots`."""
    smooth = _smooth(to_grey_steps(picture), settings.blur_px)
    signs = {"hot": (1.0,), "cold": (-1.0,), "both": (1.0, -1.0)}[settings.polarity]
    return SpotTable.join([_spots_of_sign(smooth, sign, settings) for sign in signs])


def strongest(spots: SpotTable, count: int) -> NDArray[np.int64]:
    """Return indices of the spots of the largest prominence over the root of their surroundings' spread."""
    strength = spots.prominence / np.sqrt(spots.spread + NOISE_STEPS)
    return np.argsort(-strength, kind="stable")[:count]


def outline_mask(picture: NDArray[Any], spots: SpotTable, settings: SpotSettings) -> NDArray[np.uint8]:
    """Return (rows, cols) 0/255: the outlines of the given spots of this picture."""
    grey = to_grey_steps(picture)
    smooth = _smooth(grey, settings.blur_px)
    mask = np.zeros(smooth.shape, np.uint8)
    for k in range(len(spots)):
        x, y, w, h = (int(v) for v in spots.bbox_px[k])
        inside = (smooth[y : y + h, x : x + w] * spots.sign[k] >= spots.level[k]).astype(np.uint8)
        _, label = cv2.connectedComponents(inside, connectivity=8)
        px, py = spots.peak_px[k]
        mask[y : y + h, x : x + w][label == label[py - y, px - x]] = 255
    return mask


def to_grey_steps(picture: NDArray[Any]) -> F4:
    """Return float32; pictures deeper than 8 bits are scaled so that their spread spans a screen's greys."""
    grey = np.ascontiguousarray(picture, dtype=np.float32)
    if picture.dtype == np.uint8:
        return grey
    low, high = np.percentile(grey[::4, ::4], [1.0, 99.0])
    return np.asarray((grey - low) * np.float32(GREY_STEPS / max(2.0 * (high - low), 1.0)), np.float32)


def _smooth(grey: F4, blur_px: float) -> F4:
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), blur_px), np.float32) if blur_px > 0 else grey


def _spots_of_sign(smooth: F4, sign: float, settings: SpotSettings) -> SpotTable:
    signed = smooth if sign > 0 else -smooth
    starts = _screened_peaks(signed, settings.peaks)
    table = np.zeros((starts.size, 12))
    stamp = np.zeros(signed.size, np.int32)
    flood.measure_peaks(signed, starts, settings.max_area_px, settings.outline_share, settings.ring_px, stamp, table)
    table, starts = _drop_repeats(table, starts, signed.shape)
    strength = table[:, flood.PROMINENCE] / np.sqrt(table[:, flood.RING_SPREAD] + NOISE_STEPS)
    return SpotTable(
        x_px=table[:, flood.CX].copy(),
        y_px=table[:, flood.CY].copy(),
        bbox_px=table[:, flood.BOX_X : flood.BOX_H + 1].copy(),
        area_px=table[:, flood.AREA].copy(),
        prominence=table[:, flood.PROMINENCE].copy(),
        spread=table[:, flood.RING_SPREAD].copy(),
        score=_score(strength, signed.size) - _doubt(table[:, flood.AREA], sign, settings.polarity),
        sign=np.full(starts.size, sign),
        peak_px=np.stack([starts % signed.shape[1], starts // signed.shape[1]], axis=1).astype(np.int64),
        level=table[:, flood.LEVEL].copy(),
    )


def _screened_peaks(signed: F4, count: int) -> NDArray[np.int32]:
    """Return flat indices of the local maxima highest above their neighbourhood's mean."""
    above = signed - cv2.blur(signed, (SCREEN_PX, SCREEN_PX))
    is_peak = (signed >= cv2.dilate(signed, np.ones((3, 3), np.uint8))) & (above > 0)
    index = np.flatnonzero(is_peak)
    height = above.ravel()[index]
    if index.size > count:
        keep = np.argpartition(-height, count)[:count]
        index, height = np.sort(index[keep]), height[np.argsort(index[keep])]
    order = np.argsort(-signed.ravel()[index], kind="stable")
    return index[order].astype(np.int32)


def _drop_repeats(table: F8, starts: NDArray[np.int32], shape: tuple[int, ...]) -> tuple[F8, NDArray[np.int32]]:
    """Keep one of the peaks on a flat top: they share box and prominence."""
    _, first = np.unique(np.round(table[:, [0, 1, 2, 3, 7]], 3), axis=0, return_index=True)
    keep = np.sort(first)
    return table[keep], starts[keep]


def _doubt(area_px: F8, sign: float, polarity: str) -> F8:
    """Return what large and cold spots lose, in units of the score."""
    cold = COLD_PENALTY if sign < 0 and polarity == "both" else 0.0
    return np.asarray(cold + AREA_PENALTY * np.log10(np.maximum(area_px / AREA_FREE_PX, 1.0)))


def _score(strength: F8, pixels: int) -> F8:
    """Return minus log10 of the false alarms per picture to accept for each strength."""
    if strength.size == 0:
        return strength
    log = np.log(np.maximum(strength, 1e-3))
    ranked = np.sort(log)[::-1]
    high, low = ranked[min(RANK_HIGH, log.size - 1)], ranked[min(RANK_LOW, log.size - 1)]
    joint = log + OWN_WEIGHT * (log - high) / max(high - low, 0.3)
    return np.asarray((joint - STRENGTH_AT_ONE) / STRENGTH_PER_DECADE - math.log10(pixels / PIXELS_AT_ONE))
