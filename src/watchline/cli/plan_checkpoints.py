"""`watchline plan checkpoints`: where mobile checkpoints stand shift by shift, what the law guarantees, the seal."""

from __future__ import annotations

import secrets
import time
from pathlib import Path
from typing import Any

import numpy as np

from watchline.cli.answer import answer, keep
from watchline.cli.plan_patrols import first_day
from watchline.cli.progress import downloads_shown
from watchline.ops.planning.checkpoints import CheckpointPlan, plan_checkpoints, sheets_of, timetable_gain
from watchline.ops.planning.harm_along import harm_line, harm_of_checkpoints, harm_rows
from watchline.ops.planning.patrols import DAY_S
from watchline.ops.planning.sealing import seal_sheets
from watchline.ops.planning.study_file import CheckpointStudy
from watchline.ops.site_check import read_sound_site


def checkpoints(
    site: Path, out: Path, study: CheckpointStudy, *, help_limit_h: float, start: str | None, json: bool
) -> int:
    """Work out the law, draw and seal every post's sheets, and print what the law guarantees."""
    begun = time.monotonic()
    with downloads_shown(json):
        loaded = read_sound_site(site)
        terrain = loaded.terrain()
    start_s = first_day(start, time.time())
    plan = plan_checkpoints(loaded, terrain, study)
    rng = np.random.default_rng(secrets.randbits(256))  # the seed is kept nowhere: nobody may foretell the draw
    harm = harm_of_checkpoints(loaded, terrain, plan, study.p_stop, help_limit_h)
    out.mkdir(parents=True, exist_ok=True)
    summary = _summary(plan, study, rng) | harm_rows(harm)
    if harm.refused:
        keep(out, "checkpoints", summary, summary["places"])
        answer(summary, harm_line(summary), json=json)
        return 1
    salts = [secrets.token_hex(16) for _ in range(len(plan.posts) * study.days)]
    seal, head = seal_sheets(out, sheets_of(plan, study, rng, salts), start_s, start_s + study.days * DAY_S)
    summary |= {"seal": head, "sheets": len(seal.sheets), "seconds": round(time.monotonic() - begun, 1)}
    keep(out, "checkpoints", summary, summary["places"])
    answer(summary, _lines(summary, out), json=json)
    return 0


def _summary(plan: CheckpointPlan, study: CheckpointStudy, rng: np.random.Generator) -> dict[str, Any]:
    manned, gain = plan.found.manned, plan.found.gain
    places = [
        {
            "place": plan.name[k], "km": round(float(plan.s_m[k]) / 1000.0, 2),
            "lon_deg": round(float(plan.lonlat_deg[k, 0]), 6), "lat_deg": round(float(plan.lonlat_deg[k, 1]), 6),
            "manned": round(float(manned[k]), 4), "p_met": round(float(study.p_stop * manned[k]), 4),
            "gain": round(float(gain[k]), 4),
        }
        for k in range(len(plan.name))
    ]  # fmt: skip
    return {
        "days": study.days, "shift_h": study.shift_h, "p_stop": study.p_stop,
        "posts": [one.post.id for one in plan.posts], "with_values": bool(study.values),
        "p_met_least": round(float(study.p_stop * manned.min()), 4), "gain_most": round(float(gain.max()), 4),
        "gain_most_by_timetable": round(timetable_gain(plan, study, rng), 4),
        "unreached": list(plan.unreached), "places": places,
    }  # fmt: skip


def _lines(summary: dict[str, Any], out: Path) -> str:
    lines = [f"{len(summary['posts'])} mobile checkpoints ({', '.join(summary['posts'])}), shifts of "
             f"{summary['shift_h']:g} h, at {len(summary['places'])} places"]  # fmt: skip
    if summary["with_values"]:
        lines += [f"{one['place']:20} manned {one['manned']:.3f}, who passes gains {one['gain']:.3f}"
                  for one in summary["places"]]  # fmt: skip
    lines += [
        f"whoever knows the law by heart is met with {summary['p_met_least']:.3f} at least wherever they pass, and "
        f"gains {summary['gain_most']:.3f} at most; where posts keep one drawn shift for good: "
        f"{summary['gain_most_by_timetable']:.3f}",
    ]
    lines.append(harm_line(summary))
    if summary["unreached"]:
        lines.append(f"places that no post reaches: {', '.join(summary['unreached'])}")
    return "\n".join([*lines, f"written into {out}: {summary['sheets']} sealed sheets, seal.json, checkpoints.json, "
                              "checkpoints.csv"])  # fmt: skip
