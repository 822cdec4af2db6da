"""`watchline plan repairs`: what to mend first, and what each repair buys back per hour and cost."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from watchline.cli.answer import answer, keep
from watchline.cli.progress import downloads_shown
from watchline.ops.planning.repairs import Repairs, figures_of, plan_repairs, situation_of
from watchline.ops.planning.study_file import RepairStudy
from watchline.ops.site_check import read_sound_site
from watchline.ops.site_file import LoadedSite
from watchline.planning.harm import worst_h

FARTHER_H = 0.1  # hours more from help that are worth telling


def repairs(site: Path, out: Path, study: RepairStudy, *, dark: str, ledger: Path | None, json: bool) -> int:
    """Weigh every repair, alone and in order, and write the table."""
    begun = time.monotonic()
    with downloads_shown(json):
        loaded = read_sound_site(site)
        terrain = loaded.terrain()
    found = plan_repairs(loaded, terrain, situation_of(loaded, dark, ledger), study)
    summary = _summary(loaded, found, time.monotonic() - begun)
    keep(out, "repairs", summary, summary["repairs"])
    answer(summary, _lines(summary, out), json=json)
    return 0


def _summary(loaded: LoadedSite, found: Repairs, seconds: float) -> dict[str, Any]:
    before, rows = found.broken, []
    for place, j in enumerate(found.order.order):
        job, after = found.jobs[j], found.after[place]
        alone = float(job.alone.mean() - found.broken.mean())
        bought = float(after.mean() - before.mean())
        rows.append({
            "order": place + 1, "sensor": loaded.site.sensors[job.sensor].id, "hours": job.hours, "cost": job.cost,
            "alone": round(alone, 4), "alone_per_hour": round(alone / job.hours, 4),
            "alone_per_cost": round(alone / job.cost, 4), "then": round(bought, 4),
            **{f"then_{name}": value for name, value in figures_of(after).items()},
        })  # fmt: skip
        before = after
    return {
        "as_it_is": figures_of(found.broken), "all_mended": figures_of(found.whole), "repairs": rows,
        "farthest_from_help_h": [round(worst_h(one), 2) for one in found.help_h],
        "pushed_farther_km": np.flatnonzero(found.help_h[1] > found.help_h[0] + FARTHER_H).tolist(),
        "exact": found.order.exact, "risk_hours": round(found.order.risk_h, 3), "seconds": round(seconds, 1),
    }  # fmt: skip


def _lines(summary: dict[str, Any], out: Path) -> str:
    was, will = summary["as_it_is"], summary["all_mended"]
    lines = [
        f"chance to notice the best informed: mean {was['mean']:.3f}, weakest kilometre {was['weakest']:.3f}, "
        f"{was['open_km']} km open; all mended {will['mean']:.3f}, {will['weakest']:.3f}, {will['open_km']}"
    ]
    for one in summary["repairs"]:
        lines.append(
            f"{one['order']}. {one['sensor']} ({one['hours']:g} h, cost {one['cost']:g}): alone +{one['alone']:.3f} "
            f"({one['alone_per_hour']:.4f} an hour, {one['alone_per_cost']:.4f} for each of cost); then mean "
            f"{one['then_mean']:.3f}, weakest {one['then_weakest']:.3f}, {one['then_open_km']} km open"
        )
    pushed = ", ".join(map(str, summary["pushed_farther_km"])) or "none"
    before, after = summary["farthest_from_help_h"]
    lines.append(
        f"hours from help at the worst place of the weakest ways: {before:.1f}, all mended {after:.1f}; "
        f"kilometres whose crossers go farther from help then: {pushed}"
    )
    how = "no order leaves less risk standing" if summary["exact"] else "each next by most risk taken away per hour"
    return "\n".join([*lines, how, f"written into {out}: repairs.csv, repairs.json"])
