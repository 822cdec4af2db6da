"""Read CAMERA.toml: what the user says about one camera.  Strict: an unknown key is an error.

rate_hz = 9.0                      # pictures per second
mode = "moving"                    # or "stills"
polarity = "both"                  # "hot", "cold" or "both"
false_alarms_per_picture = 0.1     # how deep detections are reported
false_alarms_per_hour = 1.0        # how often chance may confirm a tracklet
memory_s = 60.0
hold_s = 120.0
max_area_px = 1500
horizon_y_px = 40                  # nothing is reported above this row
masks = [[[0, 0], [20, 0], [20, 20]]]   # polygons in which nothing is reported
"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

from watchline.domain.errors import BadInput
from watchline.sources.toml_file import read_table
from watchline.vision import VisionSettings

NUMBERS = {
    "rate_hz", "false_alarms_per_picture", "false_alarms_per_hour", "memory_s", "hold_s", "horizon_y_px"
}  # fmt: skip
WHOLE = {"max_area_px", "learn_pictures"}
WORDS = {"mode", "polarity"}


def read_camera(path: Path) -> VisionSettings:
    """Return the settings of a camera file; raises BadInput naming file, key and rule."""
    said = read_table(path)
    known = [f.name for f in fields(VisionSettings)]
    for key in said:
        if key not in known:
            raise BadInput(f"{path}: {key}", "unknown key", f"known are {', '.join(known)}")
    values = {key: _value(path, key, value) for key, value in said.items()}
    try:
        return VisionSettings(**values)
    except ValueError as error:
        raise BadInput(str(path), str(error)) from None


def _value(path: Path, key: str, value: Any) -> Any:
    plain = not isinstance(value, bool)
    if key in NUMBERS and plain and isinstance(value, int | float):
        return float(value)
    if key in WHOLE and plain and isinstance(value, int):
        return value
    if key in WORDS and isinstance(value, str):
        return value
    if key == "masks" and _is_polygons(value):
        return tuple(tuple((float(x), float(y)) for x, y in polygon) for polygon in value)
    kind = "a number" if key in NUMBERS else "a whole number" if key in WHOLE else "a word"
    raise BadInput(f"{path}: {key}", f"must be {kind if key != 'masks' else 'a list of polygons [[x, y], …]'}")


def _is_polygons(value: Any) -> bool:
    def is_point(p: Any) -> bool:
        return isinstance(p, list) and len(p) == 2 and all(type(v) in (int, float) for v in p)

    return isinstance(value, list) and all(
        isinstance(polygon, list) and all(is_point(p) for p in polygon) for polygon in value
    )
