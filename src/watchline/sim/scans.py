"""From looks and what they found to the batches of the spine; the only place where bearings become true."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from watchline.domain.batches import KIND_CAMERA, KIND_FENCE, KIND_GROUND, KIND_RADAR, DetectionBatch, ScanBatch
from watchline.domain.site import Site
from watchline.sim.camera_model import Eyes, Found, Looks

F8 = NDArray[np.float64]

KIND_OF = {
    "thermal_camera": KIND_CAMERA,
    "drone_camera": KIND_CAMERA,
    "radar": KIND_RADAR,
    "fence_sensor": KIND_FENCE,
    "ground_sensor": KIND_GROUND,
}
TURN = 2 * np.pi


def batches(
    site: Site, eyes: Eyes, looks: Looks, found: Found, count: int, first_id: int, quality: F8
) -> tuple[ScanBatch, DetectionBatch]:
    """Return one row per look and one per detection; scan ids count up from `first_id`."""
    sensor = looks.sensor
    n = len(sensor)
    number = np.arange(first_id, first_id + n, dtype=np.int32)
    wire = eyes.kind[sensor] == 2
    az0 = (looks.bearing - looks.width / 2 - eyes.convergence_rad[sensor]) % TURN
    scans = ScanBatch(
        scan_id=number,
        sensor=sensor,
        t_s=looks.t_s,
        az0_rad=np.where(wire, np.nan, az0),
        az1_rad=np.where(wire, np.nan, az0 + looks.width),
        range_m=eyes.range_m[sensor],
        quality=np.where(eyes.kind[sensor] == 0, quality[sensor], np.nan),
        detections=np.bincount(found.look[:count], minlength=n).astype(np.int32),
    )
    look = found.look[:count]
    seen_by = sensor[look]
    kinds = np.array([KIND_OF[s.kind] for s in site.sensors], np.uint8)
    sd_s = np.array([s.sd_s_m for s in site.sensors])
    detections = DetectionBatch(
        scan_id=number[look],
        sensor=seen_by,
        kind=kinds[seen_by],
        t_s=found.t_s[:count].copy(),
        bearing_rad=(found.bearing[:count] - eyes.convergence_rad[seen_by]) % TURN,
        range_m=found.range_m[:count].copy(),
        sd_bearing_rad=found.sd_bearing[:count].copy(),
        sd_range_m=found.sd_range[:count].copy(),
        range_rate_m_s=found.range_rate[:count].copy(),
        s_m=found.s_m[:count].copy(),
        sd_s_m=np.where(np.isnan(found.s_m[:count]), np.nan, sd_s[seen_by]),
        snr=found.snr[:count].copy(),
        p_class=found.p_class[:count].copy(),
        frame=np.full(count, -1, np.int32),
        bbox_px=np.full((count, 4), np.nan),
    )
    return scans, detections
