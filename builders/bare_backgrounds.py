"""Backgrounds that `train_spot_net.py` may use besides made ones: rendered pictures, and frames of CC0 clips.

Clips: ../shared/data/thermal/drone_ir (Drone-detection-dataset, CC0-1.0), the odd ones in the order of their names,
so that `benchmarks/vision_real.py` has even ones that nothing was trained on.  Without that folder there are none.
"""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from watchline.sim.demo import demo_site
from watchline.sim.thermal import ThermalCamera
from watchline.sim.world import World, start_of

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "thermal" / "drone_ir"
CLIP_PICTURES = (40, 240)  # of each clip
BOX_MARGIN_PX = 10  # around a labelled box: what is there is neither subject nor clutter
USUAL_RANGE = 120.0  # grey steps between a rendered picture's percentiles 1 and 99

# A picture of grey steps about zero, and where nobody knows what is there.
Bare = tuple[NDArray[np.float32], NDArray[np.bool_]]


def rendered(seed: int, hours: tuple[float, ...] = (1.0, 13.0)) -> list[Bare]:
    """Return one picture of each camera of a demonstration at these hours, nobody in it, about 80 000 pixels."""
    demo, made = demo_site(seed), []
    for hour in hours:
        world = World(demo.site, demo.line, demo.terrain, seed=seed, start_s=start_of(demo.site) + 3600.0 * hour)
        scene = world.step(world.now_s + 1.0).scene
        keep = np.zeros(len(scene.id), bool)
        names = ("id", "xy_m", "v_m_s", "heading_rad", "kind", "posture", "surface_c", "size_m", "above_m")
        empty = {n: getattr(scene, n)[keep] for n in names}
        bare = type(scene)(**{n: getattr(scene, n) for n in scene.__slots__} | empty)
        for k in [k for k, s in enumerate(demo.site.sensors) if s.pictures]:
            camera = ThermalCamera(demo.site, demo.line, demo.terrain, k, seed=seed)
            frames = camera.frames(bare, world.now_s, world.now_s + 3.0 / demo.site.sensors[k].rate_hz)
            good = [f.pixels for f in frames if not f.shutter]
            if good:
                counts = good[-1][:256, :320].astype(np.float32)
                low, high = np.percentile(counts, [1, 99])
                grey = (counts - np.median(counts)) * np.float32(USUAL_RANGE / max(high - low, 1.0))
                made.append((grey, np.zeros(grey.shape, bool)))
    return made


def of_clips() -> list[Bare]:
    """Return pictures of the odd CC0 clips, level about zero, and where their labelled objects are."""
    if not (DATA / "gt.json").is_file():
        return []
    truth, found = json.loads((DATA / "gt.json").read_text()), []
    for name in sorted(truth)[1::2]:
        clip = cv2.VideoCapture(str(DATA / truth[name]["file"]))
        for number in range(max(CLIP_PICTURES) + 1):
            read, picture = clip.read()
            if read and number in CLIP_PICTURES:
                grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32)
                unknown = np.zeros(grey.shape, bool)
                for x, y, w, h in (map(int, box["bbox"]) for box in truth[name]["frames"][number]):
                    low_x, low_y = max(x - BOX_MARGIN_PX, 0), max(y - BOX_MARGIN_PX, 0)
                    unknown[low_y : y + h + BOX_MARGIN_PX, low_x : x + w + BOX_MARGIN_PX] = True
                found.append((grey - np.median(grey), unknown))
    return found
