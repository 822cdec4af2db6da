"""The newest pictures of cameras on the wall: made of what is looked at, no more often than is needed."""

from __future__ import annotations

import cv2
import numpy as np

from unit.ops.test_cameras import RATE_HZ, Source, frames_of
from unit.vision.scenes import pictures
from watchline.ops import stills
from watchline.ops.cameras import CameraPool
from watchline.ops.stills import Stills


def test_only_what_somebody_looks_at_is_made_and_it_is_the_newest() -> None:
    shown = pictures(20)
    pool = CameraPool({0: Source(frames_of(shown)), 3: Source(frames_of(shown))}, {0: RATE_HZ, 3: RATE_HZ})
    now = [100.0]
    wall = Stills(lambda: now[0])
    try:
        pool.look(None, 0.0, 1.0)
        wall.step(pool)
        assert wall.asked(3) is None  # nobody had asked
        wall.step(pool)
        first = wall.asked(3)
        assert first is not None
        assert first.t_s == frames_of(shown)[int(RATE_HZ) - 1].t_s
        picture = cv2.imdecode(np.frombuffer(first.data, np.uint8), cv2.IMREAD_GRAYSCALE)
        assert picture.shape == (first.height_px, first.width_px) == shown[0].shape

        pool.look(None, 1.0, 2.0)
        wall.step(pool)
        assert wall.asked(3) == first  # too soon for another
        now[0] += stills.EVERY_S + 0.1
        wall.step(pool)
        second = wall.asked(3)
        assert second is not None
        assert second.t_s > first.t_s

        now[0] += stills.WANTED_S
        assert wall.asked(0) is None  # the other was looked away from, and is forgotten
        assert wall.asked(3) is None
    finally:
        pool.close()


def test_many_who_ask_are_no_more_work_than_one() -> None:
    wall = Stills(lambda: 0.0)
    for sensor in range(100):
        wall.asked(sensor)
    assert [wall.follows(sensor) for sensor in (0, stills.MOST - 1, stills.MOST)] == [True, True, False]
