"""The site as it would be with a plan, as a site file of its own that every other command reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from watchline.domain.site import Site
from watchline.ops.site_file import LoadedSite, site_text


def write_site(folder: Path, site: Site) -> None:
    """Write a site into a folder of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "site.toml").write_text(site_text(site), encoding="utf-8")


def with_files(loaded: LoadedSite, site: Site) -> Site:
    """Return a site that was made from a loaded one, its files named where they are."""
    beside = loaded.path.parent.resolve()

    def moved(part: Any) -> Any:
        return msgspec.structs.replace(part, file=str(beside / part.file))

    cover = None if site.land_cover is None else moved(site.land_cover)
    terrain = msgspec.structs.replace(site.terrain, file=loaded.elevation_at())
    if not terrain.file.startswith("http"):
        terrain = msgspec.structs.replace(terrain, file=str(Path(terrain.file).resolve()))
    return msgspec.structs.replace(
        site, line=moved(site.line), terrain=terrain, land_cover=cover, roads=tuple(map(moved, site.roads)),
        areas=tuple(map(moved, site.areas)), map_layers=tuple(map(moved, site.map_layers)),
    )  # fmt: skip
