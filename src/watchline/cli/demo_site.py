"""The built-in demonstration line as an ordinary site on disk; made once and kept."""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from watchline import sim
from watchline.ops.site_file import read_site, site_text
from watchline.ops.site_new import HEAD
from watchline.sim.demo import Demo, demo_site
from watchline.sim.ground import build_terrain
from watchline.sources.elevation import write_terrain
from watchline.sources.ranged import cache_folder

DEMO_SEED = 1


def _edition() -> str:
    """Return a mark of the code that makes the line, so that an old copy is not taken for the new one."""
    digest = hashlib.sha256()
    for path in sorted(Path(sim.__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def cached_demo() -> Path:
    """Return the demonstration line's site file, made now if this version has not made it yet."""
    directory = cache_folder() / f"demo-{_edition()}"
    path = directory / "site.toml"
    if path.exists():
        return path
    directory.parent.mkdir(parents=True, exist_ok=True)
    # Made beside and moved into place whole: two that start at once do not read each other's half.
    making = Path(tempfile.mkdtemp(prefix=directory.name, dir=directory.parent))
    try:
        ensure_demo(making)
        try:
            making.rename(directory)
        except OSError:
            if not path.exists():
                raise
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return path


def ensure_demo(directory: Path) -> Path:
    """Write the demonstration line into `directory` as an ordinary site and return its site file."""
    directory.mkdir(parents=True, exist_ok=True)
    bar = Progress(
        TextColumn("making the demonstration line"),
        BarColumn(),
        TextColumn("{task.percentage:.0f} %"),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )
    with bar:
        task = bar.add_task("", total=1.0)
        demo = demo_site(DEMO_SEED, progress=lambda share: bar.update(task, completed=0.8 * share))
        path = write_demo(directory, demo)
        bar.update(task, completed=1.0)
    return path


def write_demo(directory: Path, demo: Demo) -> Path:
    """Write a site of the simulator's as an ordinary one and return its site file."""
    write_terrain(directory / "terrain.tif", demo.terrain, demo.line.frame)
    for name, data in demo.files.items():
        (directory / name).write_bytes(data)
    path = directory / "site.toml"
    path.write_text(HEAD + site_text(demo.site), encoding="utf-8")
    return path


def make_ground(path: Path, seed: int | None) -> bool:
    """Write made-up elevation where a site names it, from a seed or the site's own; False when it has neither."""
    loaded = read_site(path)
    simulation = loaded.site.simulation
    if seed is None and simulation is None:
        return False
    chosen = seed if seed is not None else simulation.seed if simulation is not None else 0
    write_terrain(Path(loaded.elevation_at()), build_terrain(loaded.line, chosen), loaded.line.frame)
    return True
