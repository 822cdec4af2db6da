"""Pictures' findings become scans and detections of the same kind as every other sensor's."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from watchline.domain.batches import KIND_CAMERA, DetectionBatch, ScanBatch
from watchline.domain.frames import PixelDetection
from watchline.geo.terrain import Terrain
from watchline.ops.cameras import Look
from watchline.sensing import reference_contrast as contrast
from watchline.sensing.camera import Camera, locate
from watchline.sensing.kind import kind_of, to_classes

F8 = NDArray[np.float64]

BOX_SD_PX = 1.0  # error of a box's side
FRESH_S = 600.0  # a measured contrast as old as this does not raise what the picture itself shows
SEEING = ("ok",)  # states in which a picture counts as a look: a disturbed one is lost coverage


def newest_looks(looks: list[Look]) -> list[Look]:
    """Return one look per camera: its newest picture, with the newest box of every tracklet of this while.

    Pictures a third of a second apart miss the same subject for the same reason; taken as separate looks their
    misses would be counted three times.
    """
    newest: dict[int, Look] = {}
    found: dict[int, dict[int, PixelDetection]] = {}
    for look in looks:
        before = newest.get(look.sensor)
        boxes = found.setdefault(look.sensor, {})
        if before is not None and before.preset != look.preset:
            boxes.clear()  # the head has turned: what was found before is not in this view
        boxes.update({d.track: d for d in look.detections})
        newest[look.sensor] = look
    return [replace(look, detections=tuple(found[sensor].values())) for sensor, look in newest.items()]


def with_quality(
    looks: list[Look], cameras: Mapping[int, Camera], measured: Mapping[int, contrast.State]
) -> list[Look]:
    """Return the looks with the quality measured on reference objects where there is one; else their own word stands.

    Quality is told for half the camera's range, where most is decided: nearer it is better, farther worse.  What was
    measured longer than `FRESH_S` ago takes nothing back of a lower quality that the picture itself shows now.
    """
    out = []
    for look in looks:
        if look.sensor in measured:
            half = cameras[look.sensor].sensor.max_range_m / 2.0
            now = contrast.quality_at(measured[look.sensor], half, look.t_s)
            own = look.health.quality
            if math.isfinite(now.quality) and not (now.age_s > FRESH_S and own < now.quality):
                look = replace(look, health=replace(look.health, quality=now.quality))
        out.append(look)
    return out


def scans_of(looks: list[Look], cameras: Mapping[int, Camera], first_id: int) -> ScanBatch:
    """Return one scan for every picture in which the camera could see; learning and blind ones count for nothing."""
    rows = [look for look in looks if look.health.state in SEEING]
    half = [math.radians(cameras[look.sensor].sensor.hfov_deg) / 2 for look in rows]
    middle = [cameras[look.sensor].azimuth_rad(look.preset) for look in rows]
    return ScanBatch(
        scan_id=np.arange(first_id, first_id + len(rows), dtype=np.int32),
        sensor=np.array([look.sensor for look in rows], np.int32),
        t_s=np.array([look.t_s for look in rows], float),
        az0_rad=np.array(middle) - np.array(half),
        az1_rad=np.array(middle) + np.array(half),
        range_m=np.array([cameras[look.sensor].sensor.max_range_m for look in rows], float),
        quality=np.array([look.health.quality for look in rows], float),
        detections=np.array([len(look.detections) for look in rows], np.int32),
    )


def detections_of(
    looks: list[Look], cameras: Mapping[int, Camera], terrain: Terrain, first_id: int
) -> DetectionBatch:
    """Return where everything found stands; what is seen against the sky is left out: it is not on the ground.

    first_id: as given to `scans_of`, so that detections find their scan.
    """
    parts = []
    rows = [look for look in looks if look.health.state in SEEING]
    for n, look in enumerate(rows):
        if not look.detections:
            continue
        camera = cameras[look.sensor]
        x = np.array([d.x_px for d in look.detections])
        # A box's lower edge is where the feet are, half a pixel above its outer rim.
        foot = np.array([d.bbox_px[1] + d.bbox_px[3] - 0.5 for d in look.detections])
        at = locate(camera, terrain, x, foot, look.preset, look.health.jitter_px)
        keep = np.flatnonzero(np.isfinite(at.range_m))
        m = len(keep)
        nan = np.full(m, np.nan)
        parts.append(
            DetectionBatch(
                scan_id=np.full(m, first_id + n, np.int32),
                sensor=np.full(m, look.sensor, np.int32),
                kind=np.full(m, KIND_CAMERA, np.uint8),
                t_s=np.full(m, look.t_s),
                bearing_rad=at.bearing_rad[keep],
                range_m=at.range_m[keep],
                sd_bearing_rad=at.sd_bearing_rad[keep],
                sd_range_m=at.sd_range_m[keep],
                range_rate_m_s=nan,
                s_m=nan,
                sd_s_m=nan,
                snr=np.array([look.detections[k].snr for k in keep], float),
                p_class=_classes(camera, look, keep, at.range_m[keep]),
                frame=np.full(m, look.number, np.int32),
                bbox_px=np.array([look.detections[k].bbox_px for k in keep], float).reshape(m, 4),
            )
        )
    return DetectionBatch.join(parts)


def _classes(camera: Camera, look: Look, keep: NDArray[np.intp], range_m: F8) -> F8:
    """Return (N, 4) what the subjects may be: by size where vision itself leaves it open."""
    own = np.array([look.detections[k].p_class for k in keep], float).reshape(-1, 4)
    boxes = np.array([look.detections[k].bbox_px for k in keep], float).reshape(-1, 4)
    wide, tall = size_m(camera, boxes[:, 2:], range_m).T
    by_size = to_classes(kind_of(wide, tall, BOX_SD_PX * camera.ifov_rad * range_m))
    return np.column_stack([own[:, :3] + own[:, 3:] * by_size[:, :3], own[:, 3] * by_size[:, 3]])


def size_m(camera: Camera, size_px: F8, range_m: F8) -> F8:
    """Return (N, 2) width and height of boxes (N, 2) pixels at a range."""
    # Optics and sampling widen a small subject's box by about a pixel on either side.
    return np.asarray(np.maximum(size_px - 2.0, 0.5) * (camera.ifov_rad * range_m)[:, None])
