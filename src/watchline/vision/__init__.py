"""Thermal pictures in, detections out: what moves, or stands out, in one camera's pictures.

May import: `watchline.domain` only.  No clock, randomness, input or output, threads, logging.
Public: `VisionSettings`, `State`, `init`, `step`, `find_spots`.
Start reading at `detector.step`.
"""

from watchline.vision.detector import State, init, step
from watchline.vision.settings import VisionSettings
from watchline.vision.small_target import find_spots

__all__ = ["State", "VisionSettings", "find_spots", "init", "step"]
