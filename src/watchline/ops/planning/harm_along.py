"""Whom patrols, checkpoints and drones push to another kilometre of a site, and how far that is from help."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from watchline.coverage.crossing import STRETCH_M
from watchline.geo.terrain import Terrain
from watchline.ops.planning.checkpoints import CheckpointPlan
from watchline.ops.planning.kilometres import kilometres_of
from watchline.ops.planning.mobile_posts import without
from watchline.ops.planning.patrols import Month
from watchline.ops.site_file import LoadedSite
from watchline.planning.harm import Harm, pushed_along, worst_h
from watchline.sensing.situation import Situation

F8 = NDArray[np.float64]


def lifted(chance: F8, more: F8) -> F8:
    """Return (K,) the chance of being noticed by what is there or by what a plan adds, each by itself."""
    return 1.0 - (1.0 - chance) * (1.0 - more)


def kilometre_of(s_m: F8 | float, count: int) -> NDArray[np.int64]:
    """Return which of `count` kilometres a chainage lies in."""
    return np.clip(np.asarray(s_m) // STRETCH_M, 0, count - 1).astype(np.int64)


def harm_of_patrols(site: LoadedSite, terrain: Terrain, month: Month, limit_h: float) -> Harm:
    """Return whom these patrols push, against a line without them: their laws' guarantees on top of what is there."""
    units = {one.unit.id for one in month.beats}
    others = tuple(unit for unit in site.site.units if unit.id not in units)
    bare = replace(site, site=msgspec.structs.replace(site.site, units=others))
    here = kilometres_of(bare, terrain, (Situation(),))
    chance, miss = here.chance[0], np.ones(len(here.help_h))
    helped = np.zeros(len(miss), bool)
    for k, one in enumerate(month.beats):
        first, last = kilometre_of(one.s_m[[0, -1]], len(miss))
        miss[first : last + 1] *= 1.0 - month.study.p_notice * (1.0 - month.away(k)) * one.found.value
        helped[first : last + 1] |= month.study.helps
    return pushed_along(chance, lifted(chance, 1.0 - miss), here.help_h, limit_h, helped=helped)


def harm_of_checkpoints(
    site: LoadedSite, terrain: Terrain, plan: CheckpointPlan, p_stop: float, limit_h: float
) -> Harm:
    """Return whom checkpoints push that change their places, against the same ones where they stand now."""
    here = kilometres_of(without(site, plan.posts), terrain, (Situation(),))
    chance = here.chance[0]
    home, law = np.ones(len(chance)), np.ones(len(chance))
    for post in plan.posts:
        home[kilometre_of(float(site.line.sd_from_xy_m(post.home_m[:2])[0]), len(home))] *= 1.0 - p_stop
    np.multiply.at(law, kilometre_of(plan.s_m, len(law)), 1.0 - p_stop * plan.found.manned)
    return pushed_along(lifted(chance, 1.0 - home), lifted(chance, 1.0 - law), here.help_h, limit_h)


def harm_rows(harm: Harm) -> dict[str, Any]:
    """Return what a summary says of it."""
    before, after = harm.farthest
    return {
        "help_limit_h": harm.limit_h,
        "farthest_from_help_h": [round(worst_h(before), 2), round(worst_h(after), 2)],
        "refused_for_harm": harm.refused,
        "pushed_km": harm.pushed.tolist(),
    }


def harm_line(summary: dict[str, Any]) -> str:
    """Return the same in words."""
    before, after = summary["farthest_from_help_h"]
    said = f"hours from help at the worst place of the ways that are taken: before {before:.1f}, then {after:.1f}"
    if summary["refused_for_harm"]:
        where = ", ".join(map(str, summary["pushed_km"][:10]))
        said += (
            f"\nREFUSED, nothing is sealed: who comes to km {where} is pushed over "
            f"{summary['help_limit_h']:g} h from help"
        )
    return said
