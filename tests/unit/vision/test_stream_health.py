"""What is wrong with a stream is told, once it is, and not before."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from unit.vision.scenes import pictures
from watchline.domain.frames import Frame
from watchline.vision import stream_health
from watchline.vision.stream_health import RULES, State, blockiness, step

RATE_HZ = 10.0


def frames_of(
    shown: list[NDArray[Any]], stamps_s: NDArray[np.float64] | None = None, rate_hz: float = RATE_HZ
) -> list[Frame]:
    times = np.arange(len(shown)) / rate_hz
    stamps = times if stamps_s is None else stamps_s
    return [
        Frame("cam", n, float(t), p, stamped_s=float(s))
        for n, (t, s, p) in enumerate(zip(times, stamps, shown, strict=True))
    ]


def told(frames: list[Frame]) -> set[str]:
    """Return every fault that stood at any time."""
    state, names = State(), set[str]()
    for frame in frames:
        state, now = step(state, frame)
        names |= set(now)
    return names


def as_8bit(shown: list[NDArray[Any]]) -> list[NDArray[np.uint8]]:
    low, high = np.percentile(shown[0], [1, 99])
    return [np.clip((p - low) * (200.0 / (high - low)) + 25.0, 0, 255).astype(np.uint8) for p in shown]


SOUND = pictures(120)


def test_a_sound_stream_has_no_fault() -> None:
    assert told(frames_of(SOUND)) == set()


def test_a_camera_that_was_away_has_no_wrong_clock() -> None:
    late_s = np.where(np.arange(len(SOUND)) < 60, 0.0, 25.0)
    frames = [
        replace(f, t_s=f.t_s + late, stamped_s=f.stamped_s + late, arrived_s=f.t_s + late + 0.2)
        for f, late in zip(frames_of(SOUND), late_s, strict=True)
    ]
    assert told(frames) == set()
    # The same step of the stamps while pictures keep coming is a clock that was set.
    assert "clock_jump" in told([replace(f, arrived_s=n / RATE_HZ) for n, f in enumerate(frames)])
    assert told(frames_of(as_8bit(SOUND))) == set()


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda s: np.where(s > 5.0, s - 3.0, s), "clock_back"),
        (lambda s: np.where(s > 5.0, s + 300.0, s), "clock_jump"),
        (lambda s: s * 1.4, "clock_off"),
    ],
)
def test_a_wrong_clock_is_told(change: Any, name: str) -> None:
    assert told(frames_of(SOUND, change(np.arange(len(SOUND)) / RATE_HZ))) == {name}


def test_lost_pictures_are_told() -> None:
    stamps = np.arange(len(SOUND)) / RATE_HZ + 0.7 * (np.arange(len(SOUND)) // 20)
    assert told([replace(f, t_s=f.stamped_s) for f in frames_of(SOUND, stamps)]) == {"lost"}


def test_a_camera_of_uneven_steps_has_lost_nothing() -> None:
    rng = np.random.default_rng(2)
    stamps = np.cumsum(rng.uniform(0.07, 0.13, len(SOUND)))
    frames = [replace(f, t_s=f.stamped_s) for f in frames_of(SOUND, stamps)]
    assert told(frames) == set()


def test_black_saturated_and_constant_pictures_blind_the_camera() -> None:
    for worst in (np.zeros((96, 128), np.uint8), np.full((96, 128), 255, np.uint8), np.full((96, 128), 0, np.uint16)):
        names = told(frames_of([worst] * 40))
        assert names & {"black", "saturated"}
        assert stream_health.is_blind(tuple(names))


def test_the_sun_in_the_picture_is_told_as_such_and_not_as_saturation() -> None:
    disc = cv2.circle(np.zeros((96, 128), np.float32), (90, 30), 14, 1.0, -1) > 0
    eight = as_8bit(SOUND)
    burnt = [
        np.where(disc, np.uint8(255), (0.3 * p + 20).astype(np.uint8)) if n > 60 else p for n, p in enumerate(eight)
    ]
    assert told(frames_of(burnt)) == {"sun"}
    deep = [np.where(disc, np.uint16(16383), p) if n > 60 else p for n, p in enumerate(SOUND)]
    assert told(frames_of(deep)) == {"sun"}


def test_one_hot_subject_is_not_the_sun() -> None:
    hot = [p.copy() for p in SOUND]
    for picture in hot:
        picture[40:43, 50:52] = 16000
    assert told(frames_of(hot)) == set()


@pytest.mark.parametrize(("patchy", "name"), [(True, "lens"), (False, "hazy")])
def test_a_lens_that_grows_dirty_is_told_apart_from_haze(patchy: bool, name: str) -> None:
    shown = pictures(150) * 4  # ten minutes at one picture a second
    dirt = np.zeros((96, 128), np.float32)
    dirt[20:70, 30:90] = 1.0
    dirt = cv2.GaussianBlur(dirt, (0, 0), 4.0) if patchy else np.ones_like(dirt)
    dirty = []
    for n, picture in enumerate(shown):
        share = 0.85 * min(1.0, max(0.0, (n - 150) / 200.0)) * dirt
        dirty.append((picture * (1 - share) + 3000.0 * share).astype(np.uint16))
    assert told(frames_of(dirty, rate_hz=1.0)) == {name}


def test_size_and_depth_that_change_are_told() -> None:
    assert told(frames_of([*SOUND[:30], *(p[:80] for p in SOUND[30:60])])) == {"size"}
    assert told(frames_of([*SOUND[:30], *as_8bit(SOUND[30:60])])) == {"depth"}


def test_pictures_with_nan_or_no_extent_are_told_and_do_not_raise() -> None:
    broken = np.full((96, 128), np.nan, np.float32)
    assert told(frames_of([*SOUND[:20], broken])) >= {"broken"}
    assert told(frames_of([np.zeros((3, 3), np.uint8)])) == {"broken"}


def test_blocks_of_heavy_compression_are_told() -> None:
    def squeezed(picture: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
        coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        return np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), np.uint8)

    eight = as_8bit(SOUND[:40])
    assert told(frames_of([squeezed(p, 3) for p in eight])) == {"blocks"}
    assert told(frames_of([squeezed(p, 90) for p in eight])) == set()
    assert blockiness(np.zeros((32, 32), np.float32)) == 1.0


def test_a_fault_ends_some_time_after_it_was_last_seen() -> None:
    stamps = np.arange(400) / RATE_HZ
    stamps[50:] -= 2.0
    state, standing = State(), []
    for frame in frames_of([SOUND[n % 100] for n in range(400)], stamps):
        state, names = step(state, frame)
        standing.append(bool(names))
    assert standing[50]
    assert not standing[49]
    assert 0 < sum(standing) <= RULES["clock_back"].stands_s * RATE_HZ + 2
    assert not standing[-1]


def test_a_live_cameras_clock_is_held_against_the_arrival_and_not_against_simulated_time() -> None:
    slow_core = [replace(f, t_s=0.8 * f.t_s, arrived_s=f.stamped_s) for f in frames_of(SOUND)]
    assert told(slow_core) == set()
    late = [replace(f, arrived_s=1.4 * f.stamped_s) for f in frames_of(SOUND)]
    assert told(late) == {"clock_off"}


def test_a_white_thing_in_an_otherwise_empty_picture_is_not_the_sun() -> None:
    plain = cv2.circle(np.full((256, 320), 16, np.uint8), (90, 130), 18, 255, -1)
    assert told(frames_of([plain] * 40)) == set()


def test_a_head_that_turns_between_stops_has_neither_lost_pictures_nor_a_dirty_lens() -> None:
    views = [pictures(20, seed=3), [p // 2 + 1000 for p in pictures(20, seed=4)]]
    frames, t_s = [], 0.0
    for visit in range(40):
        t_s += 1.5
        for picture in views[visit % 2][:12]:
            t_s += 0.33
            frames.append(Frame("cam", len(frames), t_s, picture, preset=visit % 2))
    assert told(frames) == set()
