"""A panning head that does not say where it looks."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from unit.vision.scenes import ground
from watchline.domain.frames import Frame
from watchline.vision import VisionSettings, init, panorama
from watchline.vision import step as watch

ROWS, COLS, STOPS, APART, DWELL = 256, 320, 4, 220, 12


def sweep(
    turns: int, *, noise: float = 4.0, off_px: float = 3.0, turn_px: int = 24, seed: int = 1
) -> list[tuple[NDArray[np.uint16], int]]:
    """Return pictures of a head that goes to and fro over four stops, and at which stop each was taken (-1
    turning).
    """
    rng = np.random.default_rng(seed)
    wide = ground(5, ROWS, COLS + APART * STOPS)
    out, x = [], 10.0
    for visit in range(turns):
        k = visit % (2 * STOPS - 2)
        stop = min(k, 2 * STOPS - 2 - k)
        aim = 10.0 + APART * stop + rng.uniform(-off_px, off_px)
        path = np.arange(x, aim, np.sign(aim - x) * turn_px)[1:] if visit else []
        warmth = 3.0 * visit
        for where, at in [*((float(w), -1) for w in path), *((aim, stop),) * DWELL]:
            shake = rng.normal(0, 0.2) if at >= 0 else 0.0
            move = np.array([[1, 0, -(where + shake)], [0, 1, 0]], np.float32)
            view = cv2.warpAffine(wide, move, (COLS, ROWS), flags=cv2.INTER_LINEAR)
            out.append((np.round(view * 1.01 + warmth + rng.normal(0, noise, view.shape)).astype(np.uint16), at))
        x = aim
    return out


def follow(pictures: list[tuple[NDArray[np.uint16], int]]) -> list[panorama.Where]:
    state, out = panorama.State(), []
    for pixels, _ in pictures:
        state, where = panorama.step(state, pixels)
        out.append(where)
    return out


@pytest.mark.parametrize("noise", [4.0, 25.0])
def test_stops_are_found_again_and_numbered_from_the_left(noise: float) -> None:
    shown = sweep(14, noise=noise)
    said = follow(shown)
    assert said[-1].known == STOPS
    assert said[-1].ordered
    second_sweep = range(len(shown) // 2, len(shown))
    right = [said[n].stop == shown[n][1] for n in second_sweep if said[n].stop >= 0]
    assert np.mean(right) > 0.98
    standing = [said[n].stop >= 0 for n in second_sweep if shown[n][1] >= 0]
    assert np.mean(standing) > 0.7  # three pictures of fourteen settle


def test_a_turning_head_watches_nothing() -> None:
    shown = sweep(10)
    assert [w.stop for w, (_, at) in zip(follow(shown), shown, strict=True) if at < 0] == [-1] * sum(
        at < 0 for _, at in shown
    )


def test_a_head_too_quick_to_be_followed_still_finds_its_stops_but_not_their_order() -> None:
    shown = sweep(14, turn_px=800)
    said = follow(shown)
    assert said[-1].known == STOPS
    assert not said[-1].ordered
    names: dict[int, set[int]] = {}
    for where, (_, at) in zip(said, shown, strict=True):
        if where.stop >= 0:
            names.setdefault(at, set()).add(where.stop)
    assert all(len(numbers) == 1 for numbers in names.values())


def test_a_fixed_camera_has_one_stop() -> None:
    shown = [p for p in sweep(1) for _ in range(3)]
    assert {w.stop for w in follow(shown)[5:]} == {0}


@pytest.mark.slow
def test_every_stop_keeps_its_background() -> None:
    heads, state, learning = panorama.State(), init(VisionSettings(rate_hz=9.0, learn_pictures=8)), []
    for n, (pixels, at) in enumerate(sweep(14)):
        heads, where = panorama.step(heads, pixels)
        if where.stop < 0:
            continue
        state, result = watch(state, Frame("cam", n, n / 9.0, pixels, preset=heads.at), n / 9.0)
        learning.append((n, at, result.health.state))
    late = [s for n, _, s in learning if n > 9 * DWELL]
    assert late.count("ok") > 0.8 * len(late)
    assert "learning" not in late
