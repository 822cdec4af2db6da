"""From pictures to detections: `init` and `step`.  Start reading at `step`.

    picture ── shutter? ── health ── registration ── difference to the background ── matched filter
                                                                │
       stills, learning ──► single-picture detector ──► candidates ──► tracklets ──► detections
                                                                │
                                             background learns, held under candidates

Score of a detection: minus log10 of the chance detections per picture to be accepted with it, as far as the
two detectors and the tracklet tell (`scoring.py`).  `confirmed` is set per camera-hour (`VisionSettings`).

Rules: no clock, no chance: the same pictures give the same detections; the state is a plain value that can
be pickled.  `step` changes the state it is given (the background is large) and returns it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from watchline.domain.frames import Frame, PictureHealth, PictureResult, PixelDetection
from watchline.vision import (
    background,
    candidates,
    clutter,
    confirmation,
    health,
    own_rate,
    residual,
    scoring,
    sensor,
    size_gate,
    small_target,
    threshold,
    velocity_bank,
)
from watchline.vision.registration import Shift, find_shift
from watchline.vision.settings import VisionSettings

F4 = NDArray[np.float32]
U1 = NDArray[np.uint8]

FARTHEST_SHIFT_PX = 24.0  # between two pictures; beyond, the view is new
RESTART_AFTER = 5  # disturbed pictures in a row, after which the scene is learned anew
# Temporal score from which a standing candidate is kept out of the background; a lower one would keep
# the background's own errors alive.
HOLD_FROM = 2.0
# Peaks of each sign that the network of spot_net.py looks at: none, it has no weights that we may ship (design/011).
STILL_LOOKS, MOVING_LOOKS = 0, 0
# Where .1 false objects a picture were asked of single pictures, .05 were seen (public pictures, design/011).
STILL_SHIFT = 0.15
MOVING_FLOODS = 16  # peaks of each sign that are flooded where there are many pictures to come
STOOD_SHARE = 0.2  # of the remembered pictures in which something stood there: then it is of the scene
USUAL_RATE_HZ = 9.0  # until the pictures' own times have told


@dataclass(slots=True)
class Scene:
    """What is known of one preset's view."""

    ground: background.Background
    state: U1
    sum_white: F4
    busy: clutter.ClutterMap
    stands: clutter.ClutterMap
    bank: velocity_bank.Bank
    sensor: sensor.Sensor
    shift: Shift = field(default_factory=Shift)
    tail: threshold.Tail = field(default_factory=threshold.Tail)
    own: own_rate.OwnRate = field(default_factory=own_rate.nothing_counted)
    walk_tail: threshold.Tail = field(default_factory=threshold.Tail)
    tracklets: list[confirmation.Tracklet] = field(default_factory=list)
    watch: health.Watch = field(default_factory=health.Watch)
    allowed: U1 | None = None


@dataclass(slots=True)
class State:
    """Memory of one camera: a view per preset, the next tracklet number, the measured picture rate."""

    settings: VisionSettings
    scenes: dict[int, Scene] = field(default_factory=dict)
    next_number: int = 0
    last_t_s: float = float("nan")
    period_s: float = float("nan")


def init(settings: VisionSettings | None = None) -> State:
    """Return the state of a camera that has not shown a picture yet."""
    return State(settings or VisionSettings())


def step(state: State, frame: Frame, now_s: float) -> tuple[State, PictureResult]:
    """Take one picture and say what is in it.

    frame.pixels: (rows, cols) any real dtype without NaN; now_s: seconds since the Unix epoch.
    Raises ValueError if the pixels are not a finite two-dimensional array of at least 16 x 16.
    Returns the state (the one given, changed) and the result, detections surest first.
    """
    if frame.shutter:
        return state, PictureResult(frame, (), PictureHealth("blind", reason="shutter closed"))
    picture = _checked(frame.pixels)
    if state.settings.mode == "stills":
        return state, still_result(frame, state.settings)
    _measure_period(state, frame.t_s)
    scene = state.scenes.get(frame.preset)
    if scene is None or scene.ground.mean.shape != picture.shape:
        state.scenes[frame.preset] = _open_scene(picture, frame, state.settings)
        return state, _first_result(frame, state.settings, state.scenes[frame.preset])
    return state, _watch(state, scene, frame, picture, now_s)


def _watch(state: State, scene: Scene, frame: Frame, picture: F4, now_s: float) -> PictureResult:
    quantum = _quantum(frame.pixels)
    scene.watch = health.see(scene.watch, picture, now_s)
    if health.is_frozen(scene.watch, now_s):
        return PictureResult(frame, (), PictureHealth("frozen", reason="the same picture again and again"))
    if health.is_blind(picture, quantum):
        return PictureResult(frame, (), PictureHealth("blind", quality=0.0, reason="no contrast"))
    picture = sensor.mended(scene.sensor, picture)
    if scene.sensor.fresh is not None:
        background.start_anew(scene.ground, picture, scene.sensor.fresh)
    moved_px = _register(scene, picture)
    diff = background.difference(scene.ground, picture, scene.shift, quantum)
    if health.is_disturbed(diff.white, background.drift_step(scene.ground, diff)):
        return _disturbed(state, scene, frame, picture)
    scene.watch = replace(scene.watch, disturbed=0)
    learned = scene.ground.pictures >= state.settings.learn_pictures
    level, peaks, walks = _residual(scene, diff)
    spots = _spots(frame.pixels, state.settings)
    known = (scene.ground.mean, level, peaks, walks) if learned else (None, None, None, candidates.NO_WALKS)
    found = candidates.gather(
        picture, known[0], known[1], scene.tail, spots, state.settings.max_area_px, known[2], known[3]
    )
    seen = _of_size(_allowed(found, scene.allowed), state.settings)
    owner = _advance(state, scene, seen, picture.size, learned=learned)
    _mark(scene, state, seen, owner)
    background.learn(scene.ground, diff, scene.shift, scene.state, _memory_pictures(state))
    detections = _detections(state, scene, seen, owner)
    return PictureResult(frame, detections, _health_of(scene, learned, moved_px))


def still_result(frame: Frame, settings: VisionSettings) -> PictureResult:
    """Return what one picture shows on its own, with the outlines as a mask."""
    search = _spot_settings(settings, len_peaks=200)
    spots = small_target.find_spots(frame.pixels, search)
    spots = replace(spots, score=spots.score + STILL_SHIFT)
    least = -math.log10(settings.false_alarms_per_picture)
    inside = _in_allowed(spots.x_px, spots.y_px, _allowed_mask(frame.pixels.shape, settings))
    spots = spots.take((spots.score >= least) & inside)
    detections = tuple(
        PixelDetection(
            x_px=float(spots.x_px[k]),
            y_px=float(spots.y_px[k]),
            bbox_px=scoring.box(spots.bbox_px[k]),
            score=float(spots.score[k]),
            snr=float(spots.prominence[k] / (spots.spread[k] + small_target.NOISE_STEPS)),
            p_class=scoring.p_class(spots.bbox_px[k]),
        )
        for k in range(len(spots))
    )
    mask = small_target.outline_mask(frame.pixels, spots, search)
    return PictureResult(frame, detections, PictureHealth("ok", reason="single picture"), mask)


def _checked(pixels: NDArray[Any]) -> F4:
    if pixels.ndim != 2 or min(pixels.shape) < 16:
        raise ValueError(f"frame.pixels: expected a picture of at least 16 x 16, got shape {pixels.shape}")
    picture = np.ascontiguousarray(pixels, dtype=np.float32)
    if not math.isfinite(float(np.sum(picture, dtype=np.float64))):
        raise ValueError("frame.pixels: holds NaN or infinite values")
    return picture


def _quantum(pixels: NDArray[Any]) -> float:
    return 1.0 if np.issubdtype(pixels.dtype, np.integer) else 1e-3


def _measure_period(state: State, t_s: float) -> None:
    gap = t_s - state.last_t_s
    state.last_t_s = t_s
    if not math.isfinite(gap) or gap <= 0.0:
        return
    state.period_s = gap if not math.isfinite(state.period_s) else 0.9 * state.period_s + 0.1 * gap


def _rate_hz(state: State) -> float:
    if state.settings.rate_hz is not None:
        return state.settings.rate_hz
    return 1.0 / state.period_s if math.isfinite(state.period_s) else USUAL_RATE_HZ


def _memory_pictures(state: State) -> float:
    return min(max(state.settings.memory_s * _rate_hz(state), 60.0), 5000.0)


def _open_scene(picture: F4, frame: Frame, settings: VisionSettings) -> Scene:
    scene = Scene(
        background.start(picture),
        np.zeros(picture.shape, np.uint8),
        np.zeros_like(picture),
        clutter.empty(picture.shape),
        clutter.empty(picture.shape),
        velocity_bank.empty(picture.shape),
        sensor.unknown(picture.shape),
    )
    scene.allowed = _allowed_mask(picture.shape, settings)
    scene.watch = health.see(scene.watch, picture, frame.t_s)
    return scene


def _first_result(frame: Frame, settings: VisionSettings, scene: Scene) -> PictureResult:
    if health.is_blind(scene.ground.mean, _quantum(frame.pixels)):
        return PictureResult(frame, (), PictureHealth("blind", quality=0.0, reason="no contrast"))
    return PictureResult(frame, (), PictureHealth("learning", reason="first picture of this view"))


def _register(scene: Scene, picture: F4) -> float:
    """Bring the scene's shift up to date; returns how far the view moved since the last picture, px."""
    smooth = background.detail(picture)
    before = scene.shift
    grid = 2 if picture.size <= velocity_bank.FINE_PIXELS else 4
    shift = find_shift(scene.ground.smooth, smooth, start=before, limit_px=FARTHEST_SHIFT_PX, step=grid)
    dx, dy = shift.dx_px - before.dx_px, shift.dy_px - before.dy_px
    for t in scene.tracklets:
        t.x_px, t.y_px = t.x_px + dx, t.y_px + dy
        t.first_x_px, t.first_y_px = t.first_x_px + dx, t.first_y_px + dy
    if max(abs(shift.dx_px), abs(shift.dy_px)) > 0.75:
        cells_x, cells_y = round(shift.dx_px), round(shift.dy_px)
        background.follow_view(scene.ground, picture, cells_x, cells_y)
        background.follow(scene.sum_white, cells_x, cells_y, 0.0)
        velocity_bank.move(scene.bank, cells_x, cells_y)
        shift = replace(shift, dx_px=shift.dx_px - cells_x, dy_px=shift.dy_px - cells_y)
    scene.shift = shift
    return math.hypot(dx, dy)


def _disturbed(state: State, scene: Scene, frame: Frame, picture: F4) -> PictureResult:
    """Say so, and learn the scene anew when it stays that way."""
    scene.watch = replace(scene.watch, disturbed=scene.watch.disturbed + 1)
    if scene.watch.disturbed >= RESTART_AFTER:
        fresh = _open_scene(picture, frame, state.settings)
        fresh.tail, fresh.walk_tail, fresh.own = scene.tail, scene.walk_tail, scene.own
        state.scenes[frame.preset] = fresh
    return PictureResult(frame, (), PictureHealth("disturbed", reason="the whole picture changed"))


def _residual(scene: Scene, diff: background.Difference) -> tuple[F4, tuple[NDArray[np.int32], F4], candidates.Walks]:
    white = residual.level_drift(diff.white)
    residual.add_up(scene.sum_white, white)
    now, lately = residual.matched(white), residual.matched(scene.sum_white)
    level = residual.level_clutter(residual.stronger(now, lately))
    peaks = candidates.moving_peaks(level)
    scene.tail = threshold.update(scene.tail, peaks[1], level.size, candidates.LEAST_HEIGHT)
    return level, peaks, _walks(scene, now, level.size)


def _walks(scene: Scene, now: F4, pixels: int) -> candidates.Walks:
    """Add the picture to the sums along walks and return their peaks."""
    bank = scene.bank
    best = velocity_bank.add(bank, residual.level_clutter(residual.level_surroundings(now)))
    index, height = velocity_bank.peaks(best, candidates.LEAST_HEIGHT, candidates.MOST_COUNTED)
    scene.walk_tail = threshold.update(scene.walk_tail, height, pixels, candidates.LEAST_HEIGHT)
    score = threshold.score(scene.walk_tail, height.astype(np.float64))
    keep = np.flatnonzero(score > candidates.LEAST_SCORE)
    keep = keep[np.argsort(-score[keep], kind="stable")][: candidates.MOST_WALKS]
    sign = np.sign(best.ravel()[index[keep]]).astype(np.float64)
    return candidates.Walks(velocity_bank.positions_px(bank, best, index[keep]), sign, score[keep])


def _spot_settings(settings: VisionSettings, *, len_peaks: int) -> small_target.SpotSettings:
    area = min(settings.max_area_px, small_target.SpotSettings().max_area_px)
    usual = small_target.SpotSettings(max_area_px=area, peaks=len_peaks, polarity=settings.polarity)
    if settings.mode == "stills":
        return replace(usual, looks=STILL_LOOKS)
    return replace(usual, looks=MOVING_LOOKS, most_looks=MOVING_LOOKS, redraw=False)


def _spots(pixels: NDArray[Any], settings: VisionSettings) -> small_target.SpotTable:
    return small_target.find_spots(pixels, replace(_spot_settings(settings, len_peaks=60), floods=MOVING_FLOODS))


def _allowed_mask(shape: tuple[int, ...], settings: VisionSettings) -> U1 | None:
    if not settings.masks and settings.horizon_y_px is None:
        return None
    allowed = np.ones(shape, np.uint8)
    for polygon in settings.masks:
        cv2.fillPoly(allowed, [np.round(np.array(polygon)).astype(np.int32)], 0)
    if settings.horizon_y_px is not None:
        allowed[: max(0, round(settings.horizon_y_px))] = 0
    return allowed


def _in_allowed(x_px: NDArray[np.float64], y_px: NDArray[np.float64], allowed: U1 | None) -> NDArray[np.bool_]:
    if allowed is None:
        return np.ones(x_px.shape[0], bool)
    x = np.clip(np.round(x_px).astype(np.int64), 0, allowed.shape[1] - 1)
    y = np.clip(np.round(y_px).astype(np.int64), 0, allowed.shape[0] - 1)
    return np.asarray(allowed[y, x] > 0)


def _allowed(found: candidates.Found, allowed: U1 | None) -> candidates.Found:
    if allowed is None:
        return found
    keep = _in_allowed(found.seen.x_px, found.seen.y_px, allowed)
    return candidates.Found(found.seen.take(keep), found.snr[keep])


def _of_size(found: candidates.Found, settings: VisionSettings) -> candidates.Found:
    """Leave out what is too large or too small for the range of its row, where ranges are known."""
    if settings.ifov_rad is None or not settings.range_by_row_m:
        return found
    ranges = np.array(settings.range_by_row_m)
    row = np.clip(np.round(found.seen.bbox_px[:, 1] + found.seen.bbox_px[:, 3]).astype(np.int64), 0, len(ranges) - 1)
    keep = size_gate.passes(found.seen.bbox_px[:, 2], found.seen.bbox_px[:, 3], ranges[row], settings.ifov_rad)
    return candidates.Found(found.seen.take(keep), found.snr[keep])


def _advance(state: State, scene: Scene, found: candidates.Found, pixels: int, *, learned: bool) -> NDArray[np.int64]:
    before = scene.tracklets
    scene.tracklets, owner, state.next_number = confirmation.advance(
        scene.tracklets, found.seen, state.next_number, _chance(scene, found, pixels)
    )
    if learned:
        scene.busy = clutter.update(scene.busy, *_lingering(scene, found, owner))
        scene.stands = clutter.update(scene.stands, *_standing(scene, found, owner))
    _judge(state, scene, before)
    return owner


def _judge(state: State, scene: Scene, before: list[confirmation.Tracklet]) -> None:
    """Give every tracklet seen in this picture its score, say which are confirmed, and count the others as chance."""
    seen = [t for t in scene.tracklets if t.misses == 0]
    joint = np.array([scoring.joint_score(t) for t in seen])
    stood = clutter.share_at(scene.stands, np.array([t.x_px for t in seen]), np.array([t.y_px for t in seen]))
    longest = state.settings.hold_s * _rate_hz(state)
    for t, score, share in zip(seen, own_rate.score(scene.own, joint).tolist(), stood.tolist(), strict=True):
        t.score = score
        if not t.confirmed:
            _confirm(state, scene, t)
        long_there = t.age > longest or (scene.ground.pictures > longest and share > STOOD_SHARE)
        t.is_scene = not t.confirmed and long_there and scoring.stands(t)
    if scene.ground.pictures > state.settings.learn_pictures + 1:
        scene.own = own_rate.count(scene.own, _chance_counts(seen, joint) + _ended_counts(before, scene.tracklets))


def _confirm(state: State, scene: Scene, t: confirmation.Tracklet) -> None:
    """Confirm a tracklet whose evidence is rare enough and whose score this camera's chance does not reach."""
    rate_hz, per_hour = _rate_hz(state), state.settings.false_alarms_per_hour
    if not scoring.is_confirmed(t, rate_hz, per_hour):
        return
    others = scene.own if t.given is None else own_rate.take_back(scene.own, t.given)
    alone = float(own_rate.score(others, np.array([scoring.joint_score(t)]))[0])
    if alone >= min(scoring.needed_score(rate_hz, per_hour), own_rate.resolution(others)):
        t.confirmed, scene.own, t.given, t.waiting = True, others, None, None


def _chance_counts(seen: list[confirmation.Tracklet], joint: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (levels,) what this picture's tracklets count as chance now, and note what they count when they end."""
    total = np.zeros(own_rate.LEVELS.size)
    for t, reached in zip(seen, own_rate.reached(joint), strict=True):
        if t.confirmed or t.is_scene:
            continue
        t.counted += 1
        if t.counted <= own_rate.MOST_AT_ONCE:
            t.given = reached if t.given is None else t.given + reached
            total += reached
        else:
            t.waiting = reached if t.waiting is None else t.waiting + reached
    return total


def _ended_counts(before: list[confirmation.Tracklet], after: list[confirmation.Tracklet]) -> NDArray[np.float64]:
    """Return (levels,) what was waiting of unconfirmed tracklets that have ended or turned out to be of the scene."""
    alive = {t.number for t in after if not t.is_scene}
    total = np.zeros(own_rate.LEVELS.size)
    for t in before:
        if t.waiting is not None and t.number not in alive:
            total += 0.0 if t.confirmed else t.waiting
            t.waiting = None
    return total


def _mark(scene: Scene, state: State, found: candidates.Found, owner: NDArray[np.int64]) -> None:
    """Say for every pixel how it may be learned: freely, held under a candidate, healing in a hole."""
    scene.state[:] = background.FREE
    longest = state.settings.hold_s * _rate_hz(state)
    for k, (x, y, w, h) in enumerate(found.seen.bbox_px.astype(np.int64)):
        t = scene.tracklets[owner[k]] if owner[k] >= 0 else None
        if t is not None and scoring.is_hole(t):
            scene.state[max(y - 2, 0) : y + h + 2, max(x - 2, 0) : x + w + 2] = background.HEALING
            continue
        walks = t is not None and t.moving > 0.0 and t.path_px >= 0.5 * scoring.least_path_px(t)
        stands = found.seen.moving[k] > HOLD_FROM and (t is None or t.age <= longest)
        if walks or stands:
            scene.state[max(y - 2, 0) : y + h + 2, max(x - 2, 0) : x + w + 2] = background.HELD


def _detections(
    state: State, scene: Scene, found: candidates.Found, owner: NDArray[np.int64]
) -> tuple[PixelDetection, ...]:
    least = -math.log10(state.settings.false_alarms_per_picture)
    kept = []
    for k in np.flatnonzero(owner >= 0):
        t = scene.tracklets[owner[k]]
        if not t.confirmed and (t.is_scene or t.score < least):
            continue
        kept.append(
            PixelDetection(
                x_px=float(found.seen.x_px[k]),
                y_px=float(found.seen.y_px[k]),
                bbox_px=scoring.box(found.seen.bbox_px[k]),
                score=t.score,
                snr=float(found.snr[k]),
                p_class=scoring.p_class(found.seen.bbox_px[k]),
                track=t.number,
                confirmed=t.confirmed,
            )
        )
    return tuple(sorted(kept, key=lambda d: (-d.score, d.track)))


def _health_of(scene: Scene, learned: bool, moved_px: float) -> PictureHealth:
    contrast = health.local_contrast(scene.ground.smooth)
    sigma = math.sqrt(max(scene.ground.typical_variance, 0.0))
    if not learned:
        scene.watch = replace(scene.watch, contrast=contrast)
        return PictureHealth("learning", sigma, moved_px, reason="the background is not known yet")
    quality = min(1.0, contrast / scene.watch.contrast) if scene.watch.contrast > 0.0 else float("nan")
    if quality < health.BLIND_QUALITY:
        return PictureHealth("blind", sigma, moved_px, quality, "the scene's contrast is gone")
    return PictureHealth("ok", sigma, moved_px, quality)


def _chance(scene: Scene, found: candidates.Found, pixels: int) -> NDArray[np.float64]:
    """Return (N,) expected chance candidates per pixel at each sighting: by its height, or by its place."""
    by_height = 10.0 ** -np.clip(found.seen.moving, -1.0, 1.0) / pixels
    return np.maximum(by_height, clutter.rate_at(scene.busy, found.seen.x_px, found.seen.y_px))


def _lingering(
    scene: Scene, found: candidates.Found, owner: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where candidates were that have not gone anywhere: these make a place busy."""
    moving = found.seen.moving > candidates.LEAST_SCORE
    stayed = np.array([i < 0 or scene.tracklets[i].path_px < clutter.STAYED_PX for i in owner], bool)
    keep = moving & stayed
    return found.seen.x_px[keep], found.seen.y_px[keep]


def _standing(
    scene: Scene, found: candidates.Found, owner: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where something stands that has not been confirmed: a stone, a lamp, a faulty pixel."""
    tracklets = [scene.tracklets[i] if i >= 0 else None for i in owner]
    keep = np.array([t is None or (not t.confirmed and scoring.stands(t)) for t in tracklets], bool)
    return found.seen.x_px[keep], found.seen.y_px[keep]
