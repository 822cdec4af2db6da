"""A thermal camera that makes pictures of the simulated scene.

Theory: the still ground is computed once per stop of the head and warmed anew every ten seconds, with a slow
cross-fade; each picture shifts it by the mast's shake, lets hot air shimmer and shrubs move, draws the
movers as boxes blurred by the optics exactly (differences of error functions), dimmed by air and cut off by the
ground that hides them, and reads it all out through a bolometer with its faults.

Rules: one count is 20 mK, 8192 counts are 15 degrees; the same seed and the same calls give the same pictures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from watchline.domain.frames import Frame
from watchline.domain.site import Site
from watchline.geo.line import LineFrame
from watchline.geo.terrain import Terrain
from watchline.sim.equipment import place_xy_m
from watchline.sim.scene import Scene
from watchline.sim.thermal_movers import Box, blend, boxes_of, draw
from watchline.sim.thermal_scene import (
    MARGIN_PX,
    Ground,
    Hour,
    Optics,
    see_ground,
    temperature_c,
    through_air,
)
from watchline.sim.thermal_sensor import Bolometer
from watchline.sim.weather import STRETCH_M

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]

WARM_EVERY_S = 10.0
SETTLE_S = 0.7  # a head that has just turned sends no pictures for this long
PSF_PX = 0.8  # standard deviation of the optics' blur
SHIMMER_PX = 0.10  # displacement by hot air at night; grows with sun
GUST_K = 0.05  # how far gusts cool and warm patches of ground and sky, at 3 m/s of wind
GUST_S = 4.0  # how long a gust's pattern lasts
BODY_C = 25.0


@dataclass
class _Stop:
    """One direction of the head: its ground, and the still picture now and soon."""

    optics: Optics
    ground: Ground
    clouds: F4
    phase: F4
    from_s: float = -math.inf
    before: F4 = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    after: F4 = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    tau: F4 = field(default_factory=lambda: np.zeros((0, 0), np.float32))


class ThermalCamera:
    """One camera of a site; mutable: it remembers its bolometer's state and where its ground is."""

    def __init__(self, site: Site, line: LineFrame, terrain: Terrain, sensor_index: int, *, seed: int) -> None:
        """Set the camera up; ValueError when the sensor is no camera with a place.  Grounds are made when needed."""
        self.spec = spec = site.sensors[sensor_index]
        xy = place_xy_m(site, line, spec)
        if spec.kind not in ("thermal_camera", "drone_camera") or not np.isfinite(xy).all():
            raise ValueError(f"sensors[{spec.id}] must be a camera with a place, is {spec.kind}")
        self.index, self.terrain = sensor_index, terrain
        self.eye_m = np.array([*xy, float(terrain.height_at(xy)) + spec.mast_m])
        self.convergence_rad = float(line.frame.convergence_rad(xy))
        self.lon_deg = float(line.frame.lonlat_from_xy_m(xy)[0])
        last = max(0, math.ceil(line.length_m / STRETCH_M) - 1)
        self.stretch = int(np.clip(line.sd_from_xy_m(xy)[0] // STRETCH_M, 0, last))
        self.rng = np.random.default_rng([seed, 0x7CA3, sensor_index])
        self.key = int(self.rng.integers(1 << 62))
        self.bolometer = Bolometer(spec.height_px, spec.width_px, spec.netd_k, self.rng)
        self.number = 0
        self.last_boxes: list[Box] = []
        self._stops: dict[int, _Stop] = {}
        self._tour = (0,) if spec.pan is None else spec.pan.tour
        self._gust_turn = -math.inf
        self._gust = (np.zeros((9, 11), np.float32), np.zeros((9, 11), np.float32))

    @property
    def focal_px(self) -> float:
        """Return the focal length in pixels."""
        return self.spec.width_px / 2 / math.tan(math.radians(self.spec.hfov_deg) / 2)

    def frames(self, scene: Scene, t0_s: float, t1_s: float) -> list[Frame]:
        """Return the pictures taken in (t0_s, t1_s]; none while the camera is not heard.

        Movers are carried from `scene.t_s` to each picture's time by their velocity.
        """
        if not bool(scene.sensor_up[self.index]):
            return []
        rate = self.spec.rate_hz
        ticks = range(math.floor(t0_s * rate + 1e-6) + 1, math.floor(t1_s * rate + 1e-6) + 1)
        return [frame for k in ticks if (frame := self._picture(scene, k / rate)) is not None]

    def _stop_at(self, t_s: float) -> int | None:
        """Return which stop the head is at, None while it turns; 0 for a fixed camera."""
        pan = self.spec.pan
        if pan is None or pan.stops < 2:
            return 0
        turn, into = divmod(t_s, pan.dwell_s)
        if into < min(SETTLE_S, pan.dwell_s / 2):
            return None
        return self._tour[int(turn) % len(self._tour)]

    def optics(self, stop: int = 0) -> Optics:
        """Return the camera's geometry at a stop."""
        spec, azimuth = self.spec, self.spec.azimuth_deg
        if spec.pan is not None and spec.pan.stops > 1:
            azimuth = spec.pan.from_deg + (spec.pan.to_deg - spec.pan.from_deg) * stop / (spec.pan.stops - 1)
        bearing = math.radians(azimuth) + self.convergence_rad
        return Optics(self.eye_m, bearing, math.radians(spec.tilt_deg), self.focal_px, spec.width_px, spec.height_px)

    def _stop(self, number: int) -> _Stop:
        if number not in self._stops:
            optics = self.optics(number)
            ground = see_ground(optics, self.terrain, self.key)
            rows, cols = ground.range_m.shape
            rough = self.rng.standard_normal((rows // 40 + 2, cols // 60 + 2), np.float32)
            clouds = np.asarray(cv2.resize(rough, (cols, rows), interpolation=cv2.INTER_CUBIC), np.float32)
            phase = self.rng.uniform(0, 2 * np.pi, (rows, cols)).astype(np.float32)
            self._stops[number] = _Stop(optics, ground, clouds, phase)
        return self._stops[number]

    def _picture(self, scene: Scene, t_s: float) -> Frame | None:
        at = self._stop_at(t_s)
        if at is None:
            return None
        self.number += 1
        if self.bolometer.shut(t_s):
            return Frame(self.spec.id, self.number, t_s, self.bolometer.closed(BODY_C), at, shutter=True)
        stop = self._stop(at)
        self._warm(stop, scene, t_s)
        picture, (dx, dy) = self._still(stop, scene, t_s)
        self.last_boxes = boxes_of(stop.optics, self.terrain, scene, t_s)
        lens = float(scene.lens[self.index])
        weather = (float(scene.dust[self.stretch]), float(scene.rain_mm_h[self.stretch]))
        draw(picture, self.last_boxes, scene, weather, (dx, dy), math.hypot(PSF_PX, 1 / math.sqrt(12)))
        if lens < 1.0:
            mean = np.float32(picture.mean())
            picture -= mean
            picture *= np.float32(lens)
            picture += mean
        return Frame(self.spec.id, self.number, t_s, self.bolometer.read(picture, t_s), at)

    def _warm(self, stop: _Stop, scene: Scene, t_s: float) -> None:
        """Bring the still picture up to date every ten seconds."""
        if t_s - stop.from_s < WARM_EVERY_S:
            return
        dust, rain = float(scene.dust[self.stretch]), float(scene.rain_mm_h[self.stretch])
        hour_angle = ((t_s / 3600.0 + self.lon_deg / 15.0) % 24.0 - 12.0) / 12.0 * math.pi
        # At these latitudes in winter the sun's bearing is near enough south plus its hour angle.
        hour = Hour(
            scene.air_c,
            scene.ground_c,
            scene.sun,
            math.pi + 0.85 * hour_angle + self.convergence_rad,
            dust,
            rain,
        )
        stop.tau = through_air(stop.ground.range_m, dust, rain)
        still = temperature_c(stop.ground, hour, stop.tau, stop.clouds)
        blurred = np.asarray(cv2.GaussianBlur(still, (0, 0), PSF_PX), np.float32)
        stop.before = stop.after if stop.after.size and t_s - stop.from_s < 3 * WARM_EVERY_S else blurred
        stop.after = blurred
        stop.from_s = t_s

    def _still(self, stop: _Stop, scene: Scene, t_s: float) -> tuple[F4, tuple[float, float]]:
        """Return the ground and sky of one picture, and how far the mast has moved it."""
        wind = float(scene.wind_m_s[self.stretch])
        dx, dy = self._shake(wind, t_s)
        rows, cols = stop.ground.range_m.shape
        strength = SHIMMER_PX * (1.0 + 4.0 * scene.sun)
        wobble = np.float32(strength) * self.rng.standard_normal((2, rows // 24 + 2, cols // 24 + 2), np.float32)
        shimmer = [cv2.resize(w, (cols, rows), interpolation=cv2.INTER_LINEAR) for w in wobble]
        share = np.float32(min(1.0, (t_s - stop.from_s) / WARM_EVERY_S))
        sway_k = np.float32(min(1.5, 0.12 * wind))
        picture = blend(
            stop.before,
            stop.after,
            share,
            stop.ground.shrub,
            stop.phase,
            sway_k,
            np.float32((2.1 * t_s) % (200 * math.pi)),
            np.asarray(shimmer[0], np.float32),
            np.asarray(shimmer[1], np.float32),
            np.float32(dx),
            np.float32(dy),
            MARGIN_PX,
        )
        picture += self._gusts(wind, t_s, picture.shape)
        return picture, (dx, dy)

    def _gusts(self, wind_m_s: float, t_s: float, shape: tuple[int, ...]) -> F4:
        """Return (rows, cols) kelvin by which moving air changes patches of ground, pattern fading into pattern."""
        turn, into = divmod(t_s, GUST_S)
        if turn != self._gust_turn:
            self._gust_turn = turn
            self._gust = (self._gust[1], self.rng.standard_normal((9, 11), np.float32))
        share = np.float32(into / GUST_S)
        now = self._gust[0] * (1 - share) + self._gust[1] * share
        size = np.float32(GUST_K * min(3.0, wind_m_s / 3.0))
        return np.asarray(cv2.resize(size * now, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC), np.float32)

    def _shake(self, wind_m_s: float, t_s: float) -> tuple[float, float]:
        """Return the picture's displacement in pixels: mast sway, more in wind, never beyond the margin."""
        size = 0.03 + 0.0035 * wind_m_s**2 * (0.6 + 0.4 * math.sin(t_s / 17.0))
        x = (
            math.sin(2 * math.pi * 0.83 * t_s)
            + 0.6 * math.sin(2 * math.pi * 1.31 * t_s + 1.0)
            + self.rng.normal(0, 0.5)
        )
        y = 0.5 * math.sin(2 * math.pi * 1.07 * t_s + 2.0) + 0.3 * self.rng.normal(0, 1.0)
        most = MARGIN_PX - 2.5
        return max(-most, min(most, size * x)), max(-most, min(most, size * y))
