"""Find small bright or dark subjects in one picture, without any memory of earlier ones.

Theory.  Every local peak is flooded (`flood.py`), which gives its prominence and outline.  Its strength is how far
it stands out, in three ways that do not fail together (prominence, contrast against the mean of its neighbours, and
against the brightest but one of them: `local_contrast.py`), over how restless its surroundings are (spread of the
ring, mean gradient), and over the sixth best peak of the same picture.  It has no unit: gain does not change it.
The powers are whole numbers; they and the scale of expected false alarms were set with public pictures at hand
(design/011).

Clouds, smoke and lit ground are as large and as high as people who are near, but their sides are not as steep, so
of large regions the steepness counts (`flood.py`).  A camera that sharpens its picture draws a rim of the other sign
around whatever stands out; such a rim is no subject.

Score: minus log10 of the false alarms per picture that one must accept to see this peak: 1 = one in ten
pictures, 0 = one a picture, -1 = ten.

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

from watchline.vision import flood, local_contrast, spot_net

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SpotSettings:
    """How one picture is searched.

    max_area_px: largest subject; peaks: how many peaks of each sign are compared; floods: how many of these are
    flooded; polarity: "hot", "cold" or "both"; blur_px: sigma of the blur before the search; outline_share: where
    between peak and saddle the outline is drawn; redraw: whether two subjects in one outline, and a body around what
    stands out of it, are drawn anew; ring_px: width of the surroundings; looks: how many peaks of each sign the
    network looks at, in a picture of `PIXELS_AT_ONE` pixels (more in a larger one, up to most_looks); 0 leaves it to
    the flood.
    """

    max_area_px: int = 300
    peaks: int = 200
    floods: int = 100
    polarity: str = "both"
    blur_px: float = 0.5
    outline_share: float = 0.7
    redraw: bool = True
    ring_px: int = 6
    looks: int = 0
    most_looks: int = 32


@dataclass(frozen=True, slots=True)
class SpotTable:
    """Candidates of one picture, surest first; equal-length arrays.

    x_px, y_px (N,) centre of the outline; bbox_px (N, 4) x, y, w, h; area_px (N,) pixels inside it;
    prominence (N,) and spread (N,) in counts; score (N,) see the module; sign (N,) +1 warmer, -1 colder
    than the surroundings; peak_px (N, 2) column and row of the peak; level (N,) the outline's level, in
    counts times sign; outline (N, 32, 32) chance of the pixels around the peak, zero where only the flood drew it.
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
    outline: F4

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


# The scale of the score in pictures of about 80 000 pixels: strength 7 comes once a picture by chance (7.7 in made
# pictures, 6.6 in the public SIRST ones), and 2.2 more is ten times rarer (2.0 and 2.3).
STRENGTH_AT_ONE = 7.0
STRENGTH_PER_DECADE = 2.2
PIXELS_AT_ONE = 80_000.0
OWN_RANK = 5  # rank of the picture's own peaks that stands for its clutter: the first few may be subjects
LEAST = 0.3  # grey steps; below, a contrast is noise of its own
# Shadows, windows and wet ground make many more cold spots than subjects do (public pictures, design/003).
COLD_PENALTY = 1.5
# Houses and clouds are larger than subjects: a tenfold area costs this much (the same pictures).
AREA_PENALTY, AREA_FREE_PX = 1.0, 40.0
# An outline of so many pixels that grows so much a tenth of its height deeper has a body around it (a blurred point's
# grows by 1.34), if the body's own outline then grows so much less than that with the next tenths; the body's outline
# is drawn that deep. A lower peak inside that stands out nearly as far is a second subject, unless the whole is as
# large as a subject with two hot parts (design/011).
BODY_GROWTH, BODY_LEAST_PX, BODY_SLOWS, BODY_SHARE = 1.6, 16.0, 0.8, 0.9
TWIN_SHARE, TWINS_MOST_PX, ABOVE_SADDLE = 0.45, 64.0, 0.98
# From this area on steepness begins to count, and at this area it counts in full: so much of the score for a share of
# half the depth above or below the usual one, within limits (SIRST and HIT-UAV, design/011).
STEEP_FROM_PX, STEEP_AT_PX = 40.0, 100.0
STEEP_WEIGHT, USUAL_STEEPNESS, STEEP_LEAST, STEEP_MOST = 3.0, 0.45, -1.0, 1.5
LONGEST_RATIO = (
    4.0  # of a subject's box; beyond, it is an edge, a pole or a faulty row, ten times longer ten times rarer
)
RIM_PX = 2  # between the boxes of a subject and of its rim
# What the picture's edge cuts off has only half of its surroundings to stand out of.
EDGE_PENALTY = 1.0
NOT_LOOKED_AT = -1.0  # best score of a peak that the network had no time for
LARGEST_OUTLINE_PX = 28  # a flood wider than this keeps its own outline: the network sees 32
GREY_STEPS = 256.0  # counts are brought to this contrast range before the noise constant below counts
NOISE_STEPS = 1.0


DEFAULTS = SpotSettings()


def find_spots(picture: NDArray[Any], settings: SpotSettings = DEFAULTS) -> SpotTable:
    """Return the small regions of a picture that stand out of what surrounds them.

    picture: (rows, cols) counts of any real dtype; NaN is not allowed.
    Returns a `SpotTable`; x, y in pixels with pixel centres at integers.
    """
    grey = to_grey_steps(picture)
    spots = _flooded(grey, settings)
    return spots if settings.looks == 0 else SpotTable.join([_looked_at(grey, spots, settings)])


def flooded(picture: NDArray[Any], settings: SpotSettings = DEFAULTS) -> SpotTable:
    """Return the regions as the flood alone sees and scores them, surest first; arguments as `find_spots`."""
    return _flooded(to_grey_steps(picture), settings)


def _flooded(grey: F4, settings: SpotSettings) -> SpotTable:
    maps = local_contrast.maps(_smooth(grey, settings.blur_px))
    signs = {"hot": (1.0,), "cold": (-1.0,), "both": (1.0, -1.0)}[settings.polarity]
    spots = SpotTable.join([_spots_of_sign(maps, sign, settings) for sign in signs])
    return spots.take(~_is_rim(spots)) if len(signs) == 2 else spots


def _is_rim(spots: SpotTable) -> NDArray[np.bool_]:
    """Return (N,) whether a spot touches one of the other sign that is surer and higher; the surest come first."""
    low, size = spots.bbox_px[:, :2], spots.bbox_px[:, 2:]
    begins_before = (low[:, None] <= (low + size - 1.0 + RIM_PX)[None]).all(axis=2)
    touch = begins_before & begins_before.T
    other = spots.sign[:, None] != spots.sign[None]
    higher = (spots.score[None] > spots.score[:, None]) & (spots.prominence[None] > spots.prominence[:, None])
    return np.asarray((touch & other & higher).any(axis=1))


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
        if spots.outline[k].any():
            _draw(mask, spots.outline[k], spots.peak_px[k])
            continue
        x, y, w, h = (int(v) for v in spots.bbox_px[k])
        inside = (smooth[y : y + h, x : x + w] * spots.sign[k] >= spots.level[k]).astype(np.uint8)
        _, label = cv2.connectedComponents(inside, connectivity=8)
        px, py = spots.peak_px[k]
        mask[y : y + h, x : x + w][label == label[py - y, px - x]] = 255
    return mask


def _draw(mask: NDArray[np.uint8], chance: F4, peak_px: NDArray[np.int64]) -> None:
    """Draw a network's outline around its peak, cut at the picture's edges."""
    inside = spot_net.outline_at(chance)
    inside[spot_net.HALF, spot_net.HALF] = 1
    x, y = int(peak_px[0]) - spot_net.HALF, int(peak_px[1]) - spot_net.HALF
    rows, cols = mask.shape
    top, left = max(-y, 0), max(-x, 0)
    bottom, right = min(spot_net.SIDE_PX, rows - y), min(spot_net.SIDE_PX, cols - x)
    part = mask[y + top : y + bottom, x + left : x + right]
    part[inside[top:bottom, left:right] > 0] = 255


def _looked_at(grey: F4, spots: SpotTable, settings: SpotSettings) -> SpotTable:
    """Return the spots with the network's score and outline for the strongest of each sign."""
    count = min(round(settings.looks * max(grey.size / PIXELS_AT_ONE, 1.0)), settings.most_looks)
    order = strongest(spots, len(spots))
    picks = [order[spots.sign[order] == sign][:count] for sign in (1.0, -1.0)]
    pick = np.concatenate(picks)
    if len(pick) == 0:
        return spots
    seen = spots.take(pick)
    # Both signs in one go: the network's engine sets itself up anew whenever the number of patches changes.
    views = [spot_net.patches(grey * np.float32(sign), spots.peak_px[own])
             for own, sign in zip(picks, (1.0, -1.0), strict=True) if len(own)]  # fmt: skip
    known = spot_net.cues(seen.prominence, seen.spread, seen.area_px, seen.score)
    chance, logit = spot_net.look(np.concatenate(views), known)
    cold = np.where((seen.sign < 0) & (settings.polarity == "both"), COLD_PENALTY, 0.0)
    score = np.minimum(spots.score, NOT_LOOKED_AT)
    score[pick] = spot_net.score(logit, grey.size / PIXELS_AT_ONE) - cold
    table = {f.name: getattr(spots, f.name).copy() for f in fields(spots)} | {"score": score}
    for k, row in enumerate(pick):
        _redraw(table, int(row), _inside(chance[k], seen.peak_px[k], grey.shape))
    return SpotTable(**table)


def _inside(chance: F4, peak_px: NDArray[np.int64], shape: tuple[int, ...]) -> F4:
    """Return the chances with zero where the network looked past the picture's edge."""
    x, y = (int(v) - spot_net.HALF for v in peak_px)
    cut = np.zeros_like(chance)
    rows, cols = slice(max(-y, 0), max(shape[0] - y, 0)), slice(max(-x, 0), max(shape[1] - x, 0))
    cut[rows, cols] = chance[rows, cols]
    return cut


def _redraw(table: dict[str, NDArray[Any]], row: int, chance: F4) -> None:
    """Put the network's outline in place of the flood's, unless the subject is larger than its view."""
    inside = spot_net.outline_at(chance)
    if not inside.any() or max(table["bbox_px"][row, 2:]) > LARGEST_OUTLINE_PX:
        return
    x, y, w, h = cv2.boundingRect(inside)
    v, u = np.nonzero(inside)
    low = table["peak_px"][row] - spot_net.HALF
    table["x_px"][row], table["y_px"][row] = low[0] + u.mean(), low[1] + v.mean()
    table["bbox_px"][row] = (low[0] + x, low[1] + y, w, h)
    table["area_px"][row], table["outline"][row] = len(u), chance * inside


def to_grey_steps(picture: NDArray[Any]) -> F4:
    """Return float32; pictures deeper than 8 bits are scaled so that their spread spans a screen's greys."""
    grey = np.ascontiguousarray(picture, dtype=np.float32)
    if picture.dtype == np.uint8:
        return grey
    low, high = (float(v) for v in np.percentile(grey[::8, ::8], [1.0, 99.0]))
    scale = GREY_STEPS / max(2.0 * (high - low), 1.0)
    return np.asarray(cv2.addWeighted(grey, scale, grey, 0.0, -low * scale), np.float32)


def _smooth(grey: F4, blur_px: float) -> F4:
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), blur_px), np.float32) if blur_px > 0 else grey


def _spots_of_sign(maps: local_contrast.Maps, sign: float, settings: SpotSettings) -> SpotTable:
    signed = maps.smooth if sign > 0 else -maps.smooth
    starts = _screened(maps, sign, settings.peaks)
    strength = _contrast(maps, starts, sign)
    if starts.size > settings.floods:
        keep = np.sort(np.argpartition(-strength, settings.floods)[: settings.floods])
        starts, strength = starts[keep], strength[keep]
    table = np.zeros((starts.size, flood.COLUMNS))
    stamp = np.zeros(signed.size, np.int32)
    share = np.full(starts.size, settings.outline_share)
    flood.measure_peaks(signed, starts, settings.max_area_px, share, settings.ring_px, stamp, table)
    keep = _first_of_repeats(table)
    table, starts, strength = table[keep], starts[keep], strength[keep]
    strength = strength + 2.0 * _log(table[:, flood.PROMINENCE]) - _log(table[:, flood.RING_SPREAD])
    score = _score(strength, signed.size) - _doubt(table, signed.shape, sign, settings.polarity)
    if settings.redraw:
        _redraw_outlines(table, signed, starts, stamp, settings)
    return SpotTable(
        x_px=table[:, flood.CX].copy(),
        y_px=table[:, flood.CY].copy(),
        bbox_px=table[:, flood.BOX_X : flood.BOX_H + 1].copy(),
        area_px=table[:, flood.AREA].copy(),
        prominence=table[:, flood.PROMINENCE].copy(),
        spread=table[:, flood.RING_SPREAD].copy(),
        score=score,
        sign=np.full(starts.size, sign),
        peak_px=np.stack([starts % signed.shape[1], starts // signed.shape[1]], axis=1).astype(np.int64),
        level=table[:, flood.LEVEL].copy(),
        outline=np.zeros((starts.size, spot_net.SIDE_PX, spot_net.SIDE_PX), np.float32),
    )


def _redraw_outlines(
    table: F8, signed: F4, starts: NDArray[np.int32], stamp: NDArray[np.int32], settings: SpotSettings
) -> None:
    """Draw some outlines anew, in place: two subjects that one outline holds, a body around what stands out of it.

    Their scores stay those of the first outline.
    """
    share = np.zeros(len(table))
    twin = _twins(table, starts, signed.shape[1]) & (table[:, flood.AREA] <= TWINS_MOST_PX)[:, None]
    meet = np.where(twin, (table[:, flood.PEAK] - table[:, flood.PROMINENCE])[None], -np.inf).max(axis=1)
    apart = np.isfinite(meet)
    depth = table[:, flood.PEAK] - meet
    share[apart] = ABOVE_SADDLE * depth[apart] / table[apart, flood.PROMINENCE]
    body = ~apart & (table[:, flood.GROWTH] >= BODY_GROWTH) & (table[:, flood.AREA] >= BODY_LEAST_PX)
    share[body] = BODY_SHARE
    which = np.flatnonzero(share > 0.0)
    if which.size == 0:
        return
    drawn = np.zeros((which.size, flood.COLUMNS))
    stamp[:] = 0
    flood.measure_peaks(signed, starts[which], settings.max_area_px, share[which], settings.ring_px, stamp, drawn)
    anew = table.copy()
    columns = [*range(flood.CX, flood.AREA + 1), flood.LEVEL]
    anew[np.ix_(which, columns)] = drawn[:, columns]
    slows = anew[:, flood.AREA] <= BODY_SLOWS * table[:, flood.GROWTH] ** 2 * table[:, flood.AREA]
    keep = apart | (body & slows & ~_twins(anew, starts, signed.shape[1]).any(axis=1))
    table[keep] = anew[keep]


def _twins(table: F8, starts: NDArray[np.int32], cols: int) -> NDArray[np.bool_]:
    """Return (N, N) whether the outline of a peak holds another, lower one that nearly stands out as far."""
    x, y = starts % cols, starts // cols
    left, top, wide, high = table[:, flood.BOX_X : flood.BOX_H + 1].T[:, :, None]
    inside = (x >= left) & (x < left + wide) & (y >= top) & (y < top + high)
    saddle = table[:, flood.PEAK] - table[:, flood.PROMINENCE]
    joined = (saddle[None] > table[:, flood.LEVEL, None]) & (table[None, :, flood.PEAK] < table[:, flood.PEAK, None])
    as_far = table[None, :, flood.PROMINENCE] >= TWIN_SHARE * table[:, flood.PROMINENCE, None]
    return np.asarray(inside & joined & as_far)


def _screened(maps: local_contrast.Maps, sign: float, count: int) -> NDArray[np.int32]:
    """Return flat indices of the peaks highest above the mean around them, highest first."""
    index, height = local_contrast.peaks(maps, sign, count)
    if index.size > count:
        index = index[np.sort(np.argpartition(-height, count)[:count])]
    return index[np.argsort(-sign * maps.smooth.ravel()[index], kind="stable")]


def _first_of_repeats(table: F8) -> NDArray[np.int64]:
    """Return rows, one of the peaks on a flat top: they share box and prominence."""
    first: dict[tuple[float, ...], int] = {}
    for k, row in enumerate(np.round(table[:, [0, 1, 2, 3, 7]], 3).tolist()):
        first.setdefault(tuple(row), k)
    return np.array(list(first.values()), np.int64)


def _doubt(table: F8, shape: tuple[int, ...], sign: float, polarity: str) -> F8:
    """Return what cold, large, long, flat and cut-off spots lose, in units of the score."""
    cold = COLD_PENALTY if sign < 0 and polarity == "both" else 0.0
    x, y, w, h = table[:, flood.BOX_X : flood.BOX_H + 1].T
    cut = (x <= 0) | (y <= 0) | (x + w >= shape[1]) | (y + h >= shape[0])
    area = np.maximum(table[:, flood.AREA], 1.0)
    large = np.log10(np.maximum(area / AREA_FREE_PX, 1.0))
    long = np.log10(np.maximum(np.maximum(w / h, h / w) / LONGEST_RATIO, 1.0))
    steep = np.clip(STEEP_WEIGHT * (table[:, flood.STEEPNESS] - USUAL_STEEPNESS), STEEP_LEAST, STEEP_MOST)
    counts = np.clip(np.log(area / STEEP_FROM_PX) / math.log(STEEP_AT_PX / STEEP_FROM_PX), 0.0, 1.0) * ~cut
    return np.asarray(cold + AREA_PENALTY * large + EDGE_PENALTY * cut + long - counts * steep)


def _contrast(maps: local_contrast.Maps, starts: NDArray[np.int32], sign: float) -> F8:
    """Return (N,) the part of the peaks' strength that needs no flood, see the module; natural log."""
    over_mean, over_second = local_contrast.cells(maps, starts, sign)
    height = local_contrast.over_region(maps, starts, sign)
    own = 2.0 * _over_own(_log(over_second)) + _over_own(_log(height))
    return _log(over_mean) - _log(local_contrast.gradient_at(maps, starts)) + own


def _log(steps: F8) -> F8:
    return np.asarray(np.log(np.maximum(steps, LEAST)))


def _over_own(log: F8) -> F8:
    """Return logs minus that of the picture's own peak of `OWN_RANK`."""
    return log if log.size == 0 else np.asarray(log - np.sort(log)[::-1][min(OWN_RANK, log.size - 1)])


def _score(strength: F8, pixels: int) -> F8:
    """Return minus log10 of the false alarms per picture to accept for each strength."""
    return np.asarray((strength - STRENGTH_AT_ONE) / STRENGTH_PER_DECADE - math.log10(pixels / PIXELS_AT_ONE))
