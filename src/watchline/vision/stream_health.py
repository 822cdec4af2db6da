"""Is what comes from a camera what a camera sends?  Clock, losses, light, lens and format, told in words.

`vision.health` asks whether one picture can be searched; this module asks what is wrong with the stream,
picture after picture, whatever the detector makes of it.

Theory.  Each fault has a test on one picture and its forerunner, and a time for which it stands after it was
last seen (`Rule.stands_s`), so that one lost packet is one fault and not twenty.  Faults of light and lens
must hold for `Rule.lasts_s` first.  The lens is judged by patches: contrast (mean step over 4 px) in 8 x 8
cells against each cell's own long memory.  Haze, fog and the evening's heat crossover take contrast from all
cells together; dirt, drops and webs take it from some.  So a patch counts as lost when it has lost half more
than the median cell.

Rules: pure; never raises on a two-dimensional picture; time is the source's own stamp where it has one.
Limits: a lens that is dirty from the first day, and evenly, is not seen; nor is a clock that is wrong but runs well.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from watchline.domain.frames import Frame

F4 = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Rule:
    """One fault.  text: for people; lasts_s: how long it must be there; stands_s: how long it is told afterwards;
    blinds: nothing can be seen while it stands."""

    text: str
    lasts_s: float = 0.0
    stands_s: float = 20.0
    blinds: bool = False


RULES: dict[str, Rule] = {
    "clock_back": Rule("time stamps go back"),
    "clock_jump": Rule("time stamps jump"),
    "clock_off": Rule("the camera's clock runs away from ours, or its pictures come ever later"),
    "lost": Rule("pictures are missing between others"),
    "size": Rule("the picture's size changed"),
    "depth": Rule("the picture's bit depth changed"),
    "black": Rule("the picture is black", 1.0, 3.0, blinds=True),
    "saturated": Rule("the picture is saturated", 1.0, 3.0, blinds=True),
    "sun": Rule("sun or a fire blinds the camera", 1.0, 10.0),
    "hazy": Rule("contrast has gone everywhere: haze, fog, dust or heat crossover", 30.0, 30.0),
    "lens": Rule("contrast has gone in patches: dirt, drops or a web on the lens", 30.0, 60.0),
    "blocks": Rule("compression leaves blocks in the picture", 1.0, 20.0),
    "broken": Rule("the picture cannot be used", 0.0, 3.0, blinds=True),
}
"""In the order in which they are told."""

JUMP_S, JUMP_PERIODS = 10.0, 20.0  # a longer gap is a jump, a shorter one lost pictures
LOST_SHARE, LOST_MEMORY = 0.02, 100.0  # missing pictures to be told, over about the last hundred
GAPS = 31  # latest steps between pictures that tell the usual one
GAP_PERIODS = 1.6  # of the usual period: one picture missing
AHEAD_S = 2.0  # how far the camera's clock may come away from ours
LIGHT_EVERY_S = 0.2  # light and lens change slowly, and looking at them costs 2 ms
BLACK_LEVEL, BLACK_SPAN = 0.02, 4.0  # of full scale; counts between 1 and 99 %
WHITE_8BIT = 250
SATURATED_SHARE = 0.2
SUN_SHARE, SUN_LARGE = 0.001, 0.02  # of the picture, in one piece; large enough whatever the rest does
SUN_REST = 0.6  # contrast left in the rest of the picture
FLAT = 2.0  # counts of contrast that an empty cell has from noise and compression
CELLS = 8
SHORT_S, LONG_S = 20.0, 7 * 86_400.0  # memories of contrast
MOST_VIEWS = 64
LEARN_S = 60.0  # before the lens is judged
LENS_LEFT, LENS_CELLS = 0.5, 3  # contrast left against the median cell; cells that must have lost it
HAZE_LEFT = 0.4
BLOCK_STEP = 8  # pixels, of JPEG, MPEG-4 and H.264
BLOCK_RATIO = (
    2.0  # steps at block borders over steps elsewhere; sound video 1.0 .. 1.6, JPEG quality 10 about 3 (design/012)
)


@dataclass(slots=True)
class View:
    """Contrast of one stop of the head by cells (CELLS, CELLS), short and long memory, and since when it is known."""

    now: NDArray[np.float64]
    usual: NDArray[np.float64]
    first_s: float


@dataclass(slots=True)
class State:
    """What is remembered of one stream; plain values, changed by `step`.

    seen_s, since_s: of every fault, when it was last seen and when it began; gaps_s, period_s: latest and
    usual time between pictures; missing: share lost lately; light, light_s: what light and lens were when last
    looked at;.
    """

    shape: tuple[int, ...] = ()
    dtype: str = ""
    stamp_s: float = math.nan
    arrived_s: float = math.nan
    t_s: float = math.nan
    ahead_s: float = math.nan
    period_s: float = math.nan
    pictures: int = 0
    missing: float = 0.0
    gaps_s: tuple[float, ...] = ()
    seen_s: dict[str, float] = field(default_factory=dict)
    since_s: dict[str, float] = field(default_factory=dict)
    light: frozenset[str] = frozenset()
    light_s: float = -math.inf
    preset: int = 0
    views: dict[int, View] = field(default_factory=dict)


def step(state: State, frame: Frame) -> tuple[State, tuple[str, ...]]:
    """Take one picture; return the state (the one given, changed) and the names of the faults that stand, as
    in `RULES`.
    """
    found = _clock(state, frame) | _format(state, frame.pixels)
    if not usable(frame.pixels):
        found.add("broken")
    elif not frame.shutter:
        if not 0.0 <= frame.t_s - state.light_s < LIGHT_EVERY_S or found & {"size", "depth"}:
            state.light, state.light_s = frozenset(_light(state, frame)), frame.t_s
        found |= state.light
    return state, _standing(state, found, frame.t_s)


def words(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the faults' texts."""
    return tuple(RULES[name].text for name in names)


def is_blind(names: tuple[str, ...]) -> bool:
    """Say whether nothing can be seen while these stand."""
    return any(RULES[name].blinds for name in names)


def _standing(state: State, found: set[str], now_s: float) -> tuple[str, ...]:
    for name in RULES:
        if name not in found and now_s - state.seen_s.get(name, -math.inf) > 1.0:
            state.since_s.pop(name, None)
        if name in found:
            state.since_s.setdefault(name, now_s)
            if now_s - state.since_s[name] >= RULES[name].lasts_s:
                state.seen_s[name] = now_s
    stands = {n for n, s in state.seen_s.items() if now_s - s <= RULES[n].stands_s}
    return tuple(name for name in RULES if name in stands)


def _clock(state: State, frame: Frame) -> set[str]:
    stamp_s = frame.stamped_s if math.isfinite(frame.stamped_s) else frame.t_s
    ours_s = frame.arrived_s if math.isfinite(frame.arrived_s) else frame.t_s
    gap_s, ahead_s = stamp_s - state.stamp_s, stamp_s - ours_s
    if not math.isfinite(state.ahead_s):
        state.ahead_s = ahead_s
    state.pictures += 1
    found: set[str] = set()
    if gap_s < 0.0:
        found.add("clock_back")
    elif abs(frame.arrived_s - state.arrived_s - gap_s) < JUMP_S < gap_s:
        pass  # the camera was away for as long as its stamps say: told as silence, not as a clock
    elif math.isfinite(gap_s) and frame.preset == state.preset:  # a head that turns may send nothing meanwhile
        found |= _gap(state, gap_s)
    if found & {"clock_back", "clock_jump"}:
        state.ahead_s = ahead_s  # what was told as a jump is not told again as drift
    elif abs(ahead_s - state.ahead_s) > AHEAD_S:
        found.add("clock_off")
    state.stamp_s, state.arrived_s, state.t_s, state.preset = stamp_s, frame.arrived_s, frame.t_s, frame.preset
    return found


def _gap(state: State, gap_s: float) -> set[str]:
    """Judge a step forward, and learn the usual one."""
    known, period_s = len(state.gaps_s) >= GAPS // 2, state.period_s
    if known and gap_s > max(JUMP_S, JUMP_PERIODS * period_s):
        return {"clock_jump"}
    # A median: half the steps are shorter, whatever the long ones are, and a stream's first burst is soon forgotten.
    state.gaps_s = (*state.gaps_s[1 - GAPS :], gap_s)
    state.period_s = float(np.median(state.gaps_s))
    lost = max(round(gap_s / period_s) - 1, 0) if known and period_s > 0.0 and gap_s > GAP_PERIODS * period_s else 0
    state.missing += (min(lost, LOST_MEMORY) / (lost + 1.0) - state.missing) / min(state.pictures, LOST_MEMORY)
    return {"lost"} if lost and state.missing > LOST_SHARE else set()


def _format(state: State, pixels: NDArray[Any]) -> set[str]:
    found = set()
    if state.shape and pixels.shape != state.shape:
        found.add("size")
    if state.dtype and pixels.dtype.name != state.dtype:
        found.add("depth")
    if found:
        state.views = {}
    state.shape, state.dtype = pixels.shape, pixels.dtype.name
    return found


def usable(pixels: NDArray[Any]) -> bool:
    """Say whether this is a picture at all: two-dimensional, not tiny, all of it numbers."""
    if pixels.ndim != 2 or min(pixels.shape) < 4 * CELLS:
        return False
    return bool(np.issubdtype(pixels.dtype, np.integer) or np.isfinite(pixels).all())


def _light(state: State, frame: Frame) -> set[str]:
    picture = np.asarray(frame.pixels, np.float32)
    sparse = picture[::2, ::2]
    low, high = (float(v) for v in np.percentile(sparse, [1.0, 99.0]))
    full = 255.0 if frame.pixels.dtype == np.uint8 else 65_535.0
    if np.issubdtype(frame.pixels.dtype, np.integer) and high <= BLACK_LEVEL * full and high - low < BLACK_SPAN:
        return {"black"}
    hot = _at_the_top(frame.pixels, picture)
    if float(hot.mean()) > SATURATED_SHARE:
        return {"saturated"}
    contrast = _by_cells(picture)
    found = _sun(state, hot, contrast)
    if not found:
        found = _lens(state, contrast, frame.t_s)
    if frame.pixels.dtype == np.uint8 and blockiness(picture) > BLOCK_RATIO:
        found.add("blocks")
    return found


def _at_the_top(pixels: NDArray[Any], picture: F4) -> NDArray[np.bool_]:
    """Return where the picture is cut off at its top: a plateau at the highest value, which noise never leaves."""
    top = picture.max()
    if pixels.dtype == np.uint8:
        return np.asarray(picture >= WHITE_8BIT)
    if top > picture.min():
        return np.asarray(picture >= top)
    # Every pixel alike: saturated when all bits are set, else merely empty, which is vision's to say.
    ones = np.issubdtype(pixels.dtype, np.integer) and int(top) > WHITE_8BIT and int(top) & (int(top) + 1) == 0
    return np.full(picture.shape, ones, bool)


def _sun(state: State, hot: NDArray[np.bool_], contrast: NDArray[np.float64]) -> set[str]:
    if float(hot.mean()) < SUN_SHARE:
        return set()
    _, _, stats, _ = cv2.connectedComponentsWithStats(hot.astype(np.uint8), connectivity=8)
    largest = float(stats[1:, cv2.CC_STAT_AREA].max(initial=0)) / hot.size
    if largest < SUN_SHARE:
        return set()
    view = state.views.get(state.preset)
    rest = 1.0 if view is None else float(np.median((contrast + FLAT) / (view.usual + FLAT)))
    return {"sun"} if largest >= SUN_LARGE or rest < SUN_REST else set()


def _by_cells(picture: F4) -> NDArray[np.float64]:
    """Return (CELLS, CELLS) contrast: mean absolute step over 4 px of the blurred picture."""
    smooth = np.asarray(cv2.GaussianBlur(picture, (0, 0), 1.5), np.float32)[::2, ::2]
    steps = np.abs(smooth[2:, :-2] - smooth[:-2, :-2]) + np.abs(smooth[:-2, 2:] - smooth[:-2, :-2])
    return np.asarray(cv2.resize(steps, (CELLS, CELLS), interpolation=cv2.INTER_AREA), np.float64)


def _lens(state: State, contrast: NDArray[np.float64], t_s: float) -> set[str]:
    """Remember contrast, shortly and for long, and compare the two; each stop of a head has its own."""
    view = state.views.get(state.preset)
    if view is None:
        if len(state.views) < MOST_VIEWS:
            state.views[state.preset] = View(contrast.copy(), contrast.copy(), t_s)
        return set()
    period_s = max(state.period_s if math.isfinite(state.period_s) else 0.1, LIGHT_EVERY_S)
    age_s = t_s - view.first_s
    view.now += (contrast - view.now) * min(1.0, period_s / SHORT_S)
    # The long memory follows quickly while it is young; later it takes days, and a dirty lens is not its new usual.
    long_s = max(min(LONG_S, age_s), 1.0)
    view.usual += (view.now - view.usual) * min(1.0, period_s / long_s)
    if age_s <= LEARN_S:
        return set()
    left = view.now / np.maximum(view.usual, 1e-6)
    middle = float(np.median(left))
    if middle < HAZE_LEFT:
        return {"hazy"}
    return {"lens"} if int(np.sum(left < LENS_LEFT * min(middle, 1.0))) >= LENS_CELLS else set()


def blockiness(picture: F4) -> float:
    """Return mean step across the borders of 8 x 8 blocks over the mean step elsewhere; about 1 in a sound picture.

    picture (rows, cols) greys.  The borders are looked for in every phase, because a recorder may have cut the
    picture.
    """
    steps = np.abs(np.diff(picture, axis=1)).mean(axis=0)
    # Over all borders the median: two edges of one bright thing are no grid.
    whole = np.median(steps[: len(steps) // BLOCK_STEP * BLOCK_STEP].reshape(-1, BLOCK_STEP), axis=0)
    if whole.sum() <= 0.0:
        return 1.0
    border = int(np.argmax(whole))
    return float(whole[border] / max(np.median(np.delete(whole, border)), 1e-6))
