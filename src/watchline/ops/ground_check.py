"""What a site's elevation and land cover are, said once: surface or bare earth, datum, spikes, trees at masts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from watchline.domain.errors import BadInput
from watchline.geo.mobility import BUILT_UP, CLASSES, MANGROVES, TREES, WATER
from watchline.geo.terrain import Terrain
from watchline.ops.site_file import Fault, LoadedSite
from watchline.sources.elevation import Elevation
from watchline.sources.vertical import KNOWN, datum_named, how_to_convert

SAID = {
    "surface": "heights include trees and roofs: they hide what is behind them, and a mast stands on top of them",
    "bare_earth": "heights leave out trees and roofs: what they hide is counted as seen",
}
TALL = (TREES, MANGROVES, BUILT_UP)


def check_ground(site: LoadedSite, found: Elevation) -> Iterator[Fault]:
    """Yield notes and warnings on the elevation, and faults, warnings of the land cover on its cells."""
    file, spec = site.path.name, site.site.terrain
    yield Fault("note", file, "terrain.surface", SAID[spec.surface], "")
    for note in found.notes:
        yield Fault("note", file, "terrain.file", note, "")
    yield from _datum(site, found)
    try:
        cover = site.land_cover(found.terrain)
    except BadInput as error:
        yield Fault("fault", file, "land_cover.file", f"{error.where} {error.rule}", error.do)
        return
    if cover is not None:
        yield from _cover(site, found.terrain, cover)


def _datum(site: LoadedSite, found: Elevation) -> Iterator[Fault]:
    """Yield what is wrong with the vertical datum: heights of two sources meet only on one."""
    file, wanted = site.path.name, datum_named(site.site.terrain.vertical_datum)
    if wanted not in KNOWN:
        rule = (
            f"{wanted!r} is none of {', '.join(KNOWN)}: heights from satellite positions cannot be compared with it"
        )
        yield Fault("note", file, "terrain.vertical_datum", rule, "")
    if found.datum != wanted:
        rule = f"is {wanted}, but the elevation is above {found.datum} and stays there"
        yield Fault("warning", file, "terrain.vertical_datum", rule, how_to_convert(str(found.datum), wanted))


def _cover(site: LoadedSite, terrain: Terrain, cover: NDArray[np.uint8]) -> Iterator[Fault]:
    file = site.path.name
    unknown = float((cover == 0).mean())
    if unknown > 0:
        rule = f"land cover is missing on {100 * unknown:.1f} % of the ground, which counts as bare"
        yield Fault("warning", file, "land_cover.file", rule, "give land cover that covers it")
    for post in site.site.posts:
        xy = site.line.frame.xy_m_of(post)
        if not (np.isfinite(xy).all() and terrain.contains(xy)):
            continue
        row, col = round((terrain.y0_m - xy[1]) / terrain.cell_m), round((xy[0] - terrain.x0_m) / terrain.cell_m)
        kind, field = int(cover[row, col]), f"posts[{post.id}].lon_deg"
        if kind == WATER:
            yield Fault("warning", file, field, "stands in permanent water, by the land cover", "check its place")
        elif kind in TALL and site.site.terrain.surface == "surface":
            rule = f"stands in {CLASSES[kind]}: its masts are counted from the top of that, too high by its height"
            yield Fault("warning", file, field, rule, "give bare-earth elevation, or masts above the treetops")
