"""Recorded and live pictures as a camera's source."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np

from watchline.domain.errors import BadInput
from watchline.domain.frames import Frame
from watchline.ops.recorded import DROPPED, LIVE_BOUND, FilePictures, LivePictures
from watchline.sources.pictures import Cut, Pictures


class Made(Pictures):
    """Pictures that a test lets out, one burst at a time."""

    def __init__(self, bursts: list[int], end: BadInput | None = None) -> None:
        self.bursts, self.end = bursts, end
        self.go, self.out = threading.Semaphore(0), threading.Semaphore(0)

    def __iter__(self) -> Iterator[Frame]:
        number = 0
        for burst in self.bursts:
            self.go.acquire()
            for _ in range(burst):
                yield Frame("cam", number, float(number), np.zeros((32, 32), np.uint8))
                number += 1
            self.out.release()
        if self.end is not None:
            raise self.end

    def let(self) -> None:
        self.go.release()
        assert self.out.acquire(timeout=10.0)

    def close(self) -> None:
        """Nothing is open."""


def test_pictures_left_out_are_told_once_somebody_watches() -> None:
    made = Made([LIVE_BOUND + 9, 3, LIVE_BOUND + 20, 2])
    live = LivePictures(made)
    told = []
    for step in range(4):
        made.let()
        assert len(live.frames(None, step, step + 1.0)) <= LIVE_BOUND
        told.append(live.faults())
    assert told == [(), (), (DROPPED,), ()]
    assert live.dropped >= 28


def test_a_file_that_breaks_off_says_why_and_falls_silent() -> None:
    made = Made([4], Cut("night.avi", 4, "100 were promised"))
    made.go.release()
    file = FilePictures(made, 1000.0)
    assert [f.t_s for f in file.frames(None, 0.0, 1010.0)] == [1000.0, 1001.0, 1002.0, 1003.0]
    assert file.frames(None, 1010.0, 1020.0) == []
    assert "is cut" in file.faults()[0]
