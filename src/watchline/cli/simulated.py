"""Where the simulator meets the core: the only place that knows both."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.ndimage import distance_transform_edt

from watchline.geo.terrain import Terrain
from watchline.ops.feed import Feed, PictureSource
from watchline.ops.site_file import LoadedSite, read_site
from watchline.sim.world import World


def simulated_feed(
    loaded: LoadedSite, terrain: Terrain, seed: int, start_s: float, with_pictures: frozenset[int]
) -> Feed:
    """Return a world on this site; with_pictures: sensors that are seen through pictures and not simulated."""
    terrain = _without_holes(terrain)
    mines = tuple(ring for area in loaded.site.areas if area.kind == "mines" for ring in loaded.areas[area.id])
    return World(
        loaded.site,
        loaded.line,
        terrain,
        seed=seed,
        start_s=start_s,
        rendered=with_pictures,
        mines_lonlat_deg=mines,
    )


def _without_holes(terrain: Terrain) -> Terrain:
    """Return ground for the simulated world: its people need some everywhere, so holes take the nearest height.

    The estimators keep the holes; only the made-up world is patched.
    """
    holes = np.isnan(terrain.height_m)
    if not holes.any() or holes.all():
        return terrain
    nearest = distance_transform_edt(holes, return_distances=False, return_indices=True)
    return replace(terrain, height_m=terrain.height_m[tuple(nearest)])


@dataclass(frozen=True)
class SimulatedCamera:
    """Makes the rendered pictures of one sensor inside a worker; picklable.

    The worker reads site and terrain from their files itself: that is quicker than sending them.
    """

    site: Path
    sensor: int
    seed: int

    def __call__(self) -> PictureSource:
        """Return the renderer of this camera."""
        from watchline.sim.thermal import ThermalCamera

        loaded, terrain = _site_and_terrain(self.site)
        camera: PictureSource = ThermalCamera(loaded.site, loaded.line, terrain, self.sensor, seed=self.seed)  # type: ignore[assignment]  # its scene is the world's, passed on unseen by the core
        return camera


_READ: dict[Path, tuple[LoadedSite, Terrain]] = {}


def _site_and_terrain(path: Path) -> tuple[LoadedSite, Terrain]:
    """Return a site and its terrain, read once in each process."""
    if path not in _READ:
        loaded = read_site(path)
        _READ[path] = loaded, _without_holes(loaded.terrain())
    return _READ[path]
