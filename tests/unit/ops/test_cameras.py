"""Inside a camera's worker: health, stops, reference objects, the user's own network."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from unit.vision.scenes import pictures
from unit.vision.test_panorama import sweep
from watchline.domain.frames import Frame
from watchline.domain.site import Reference
from watchline.ops import cameras
from watchline.ops.cameras import Look
from watchline.sensing.figure import Drawn
from watchline.vision.own_detector import Network

RATE_HZ = 9.0


class Source:
    """Gives out prepared frames; a factory of itself."""

    def __init__(
        self, frames: list[Frame], stops: tuple[int, ...] = (), references: tuple[Reference, ...] = ()
    ) -> None:
        self.all, self.stops, self.references = frames, stops, references

    def __call__(self) -> Source:
        return self

    def frames(self, scene: object, t0_s: float, t1_s: float) -> list[Frame]:
        return [f for f in self.all if t0_s < f.t_s <= t1_s]


def frames_of(shown: list[np.ndarray], change: Callable[[int, Frame], Frame] = lambda n, f: f) -> list[Frame]:
    return [change(n, Frame("cam", n, (n + 1) / RATE_HZ, p)) for n, p in enumerate(shown)]


def looks_of(source: Source, seconds: float, network: Network | None = None) -> list[Look]:
    camera = cameras._open(source, RATE_HZ)
    camera.network = network
    return cameras._look({0: camera}, None, 0.0, seconds)


@pytest.mark.parametrize(
    ("worst", "says"),
    [
        (np.zeros((96, 128), np.uint16), "black"),
        (np.full((96, 128), 16383, np.uint16), "saturated"),
        (np.full((96, 128), np.nan, np.float32), "cannot be used"),
        (np.zeros((8, 8), np.uint16), "cannot be used"),
    ],
)
def test_pictures_that_show_nothing_are_health_and_never_a_crash(worst: np.ndarray, says: str) -> None:
    shown = [*pictures(20), *[worst] * 30, *pictures(5)]
    looks = looks_of(Source(frames_of(shown)), 10.0)
    assert len(looks) == len(shown)
    late = looks[35].health
    assert late.state == "blind"
    assert any(says in fault for fault in late.faults)


@pytest.mark.slow
def test_a_head_that_does_not_tell_its_stops_is_followed_and_lost_while_it_turns() -> None:
    shown = sweep(11)
    looks = looks_of(Source(frames_of([p for p, _ in shown]), stops=(3, 2, 1, 0)), 1000.0)
    turning = [look.health.state for look, (_, at) in zip(looks, shown, strict=True) if at < 0]
    assert set(turning) == {"moving"}
    late = [(look, at) for look, (_, at) in zip(looks, shown, strict=True)][len(shown) // 2 :]
    assert {look.preset == 3 - at for look, at in late if look.health.state == "ok"} == {True}
    early = [look.health for look, (_, at) in zip(looks[:20], shown, strict=False) if at >= 0]
    assert all(health.state != "ok" for health in early)  # a view of no known direction is no look


@pytest.mark.slow
def test_reference_objects_are_measured_now_and_then() -> None:
    shown = []
    for picture in pictures(300):
        picture[40:46, 60:64] += 120
        shown.append(picture)
    reference = Reference(
        sensor="cam", box_px=(60.0, 40.0, 4.0, 6.0), range_m=900.0, contrast_counts=240.0, kind="warm"
    )
    looks = looks_of(Source(frames_of(shown), references=(reference,)), 1000.0)
    measured = [m for look in looks for m in look.measured]
    assert len(measured) == 2  # 33 seconds
    assert measured[-1].share == pytest.approx(0.5, abs=0.15)


def test_the_users_network_gives_confirmed_subjects_their_class() -> None:
    shown = pictures(70, walker_from=25, snr=12.0)

    def everywhere(tile: np.ndarray) -> list[np.ndarray]:
        box = np.zeros((1, 5, 50), np.float32)
        box[0, :, 0] = 80.0, 60.0, 100.0, 60.0, 0.9
        return [box]

    network = Network(everywhere, 96, 128, 1, ("person",), "mine 2 sha256:00")
    looks = looks_of(Source(frames_of(shown)), 10.0, network)
    found = [d for look in looks for d in look.detections]
    assert found
    assert {d.made_by for d in found} == {"class by mine 2 sha256:00"}
    assert min(d.p_class[0] for d in found) == pytest.approx(0.9, abs=0.01)


def _tried(shown: list[np.ndarray], counts: float) -> tuple[list[Look], list[Look]]:
    """Return the looks of a camera without and with a figure that walks through a copy of its pictures."""
    seconds = len(shown) / RATE_HZ + 1.0
    t = np.arange(25, len(shown) + 1) / RATE_HZ
    ones = np.ones(len(t))
    drawn = Drawn("X-1", 0, t, 70.0 + 0.5 * np.arange(len(t)), 40 * ones, 3 * ones, 7 * ones, counts * ones)
    plain = looks_of(Source(frames_of(shown)), seconds)
    camera = cameras._open(Source(frames_of(shown)), RATE_HZ)
    camera.trial = cameras._Trial(drawn, copy.deepcopy(camera.vision))
    before = cameras._look({0: camera}, None, 0.0, t[0] - 0.01)
    camera.trial.vision = copy.deepcopy(camera.vision)
    return plain, [*before, *cameras._look({0: camera}, None, t[0] - 0.01, seconds)]


def test_a_synthetic_crosser_is_found_and_changes_nothing_that_the_camera_itself_says() -> None:
    plain, tried = _tried(pictures(70, walker_from=25, snr=12.0), 120.0)
    assert any(look.detections for look in plain)  # somebody real walks there too
    assert [repr(replace(look, tried=None)) for look in tried] == [repr(look) for look in plain]
    outcomes = [look.tried for look in tried if look.tried is not None]
    assert len(outcomes) > 30
    assert sum(one.found for one in outcomes) > 20


def test_what_hardly_shows_is_not_found_in_the_copy() -> None:
    _, tried = _tried(pictures(60), 0.5)
    outcomes = [look.tried for look in tried if look.tried is not None]
    assert len(outcomes) > 20
    assert not any(one.found for one in outcomes)
