"""A short demonstration line as an ordinary site on disk."""

from __future__ import annotations

from pathlib import Path

from sim_builders import short_demo
from watchline.ops.site_file import site_text
from watchline.sources.elevation import write_terrain


def write_short_demo(directory: Path) -> Path:
    """Write 16 km of the demonstration's make; return the site file."""
    demo = short_demo()
    directory.mkdir(parents=True, exist_ok=True)
    write_terrain(directory / demo.site.terrain.file, demo.terrain, demo.line.frame)
    for name, data in demo.files.items():
        (directory / name).write_bytes(data)
    path = directory / "site.toml"
    path.write_text(site_text(demo.site), encoding="utf-8")
    return path
