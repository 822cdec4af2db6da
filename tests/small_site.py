"""A short demonstration line as an ordinary site on disk, for tests that run the whole product."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from watchline.domain.site import Site
from watchline.ops.site_file import site_text
from watchline.sim.demo import demo_site
from watchline.sources.elevation import write_terrain


def write_small_site(directory: Path, length_m: float = 12_000.0, **camera: Any) -> Path:
    """Write a short demonstration line, its first fixed camera changed by `camera`; return the site file."""
    demo = demo_site(1, length_m=length_m)
    sensors = list(demo.site.sensors)
    first = next(k for k, sensor in enumerate(sensors) if sensor.kind == "thermal_camera" and sensor.pan is None)
    sensors[first] = msgspec.structs.replace(sensors[first], **camera)
    site: Site = msgspec.structs.replace(demo.site, sensors=tuple(sensors))
    directory.mkdir(parents=True, exist_ok=True)
    write_terrain(directory / "terrain.tif", demo.terrain, demo.line.frame)
    for name, data in demo.files.items():
        (directory / name).write_bytes(data)
    path = directory / "site.toml"
    path.write_text(site_text(site), encoding="utf-8")
    return path
