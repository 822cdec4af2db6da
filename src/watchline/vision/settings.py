"""What a camera's vision can be told; every value has a default that works without being touched."""

from __future__ import annotations

from dataclasses import dataclass

MODES = ("moving", "stills")
POLARITIES = ("hot", "cold", "both")
MOST_FALSE_PER_PICTURE = 10.0  # candidates beyond this are never reported


@dataclass(frozen=True, slots=True)
class VisionSettings:
    """Settings of one camera.

    rate_hz: pictures per second; None = taken from the pictures' own times.
    mode: "moving" (a camera that stays, or turns between presets) or "stills" (independent pictures).
    false_alarms_per_picture: detections are reported down to this many expected chance detections per picture.
    false_alarms_per_hour: tracklets are confirmed at this many expected chance confirmations per camera-hour.
    Both are expectations from the camera's own measured noise; moving clutter (animals, branches) is extra.
    polarity: subjects "hot"ter or "cold"er than what is behind them, or "both".
    memory_s: how long the background remembers; hold_s: how long a standing subject is kept out of it.
    max_area_px: largest subject; masks: polygons of (x, y) pixels in which nothing is reported;
    horizon_y_px: rows above it are sky, nothing is reported there; None = the whole picture is watched.
    learn_pictures: pictures before the background is trusted.
    range_by_row_m, ifov_rad: slant range to the ground seen in each row (NaN = sky, not known) and the angle of
    a pixel: with both, what is too large or too small for its range is not reported (`size_gate.py`).
    """

    rate_hz: float | None = None
    mode: str = "moving"
    false_alarms_per_picture: float = 0.1
    false_alarms_per_hour: float = 1.0
    polarity: str = "both"
    memory_s: float = 60.0
    hold_s: float = 30.0
    max_area_px: int = 1500
    masks: tuple[tuple[tuple[float, float], ...], ...] = ()
    horizon_y_px: float | None = None
    learn_pictures: int = 15
    range_by_row_m: tuple[float, ...] = ()
    ifov_rad: float | None = None

    def __post_init__(self) -> None:
        rules = (
            ("rate_hz", self.rate_hz is None or 0.01 <= self.rate_hz <= 1000.0, "must be 0.01 to 1000"),
            ("mode", self.mode in MODES, f"must be one of {', '.join(MODES)}"),
            ("polarity", self.polarity in POLARITIES, f"must be one of {', '.join(POLARITIES)}"),
            (
                "false_alarms_per_picture",
                0.0 < self.false_alarms_per_picture <= MOST_FALSE_PER_PICTURE,
                f"must be above 0 and at most {MOST_FALSE_PER_PICTURE:g}",
            ),
            ("false_alarms_per_hour", 0.0 < self.false_alarms_per_hour <= 1e6, "must be above 0, at most 1e6"),
            ("memory_s", 1.0 <= self.memory_s <= 86_400.0, "must be 1 to 86400"),
            ("hold_s", 0.0 <= self.hold_s <= 86_400.0, "must be 0 to 86400"),
            ("max_area_px", 4 <= self.max_area_px <= 20_000, "must be 4 to 20000"),
            ("ifov_rad", self.ifov_rad is None or 0.0 < self.ifov_rad < 0.1, "must be above 0, below 0.1"),
            ("range_by_row_m", not any(r <= 0.0 for r in self.range_by_row_m), "each range must be above 0"),
            ("learn_pictures", 5 <= self.learn_pictures <= 1000, "must be 5 to 1000"),
            ("masks", all(len(polygon) >= 3 for polygon in self.masks), "each polygon needs 3 corners or more"),
        )
        for field, kept, rule in rules:
            if not kept:
                raise ValueError(f"{field}: {rule}, got {getattr(self, field)!r}")
