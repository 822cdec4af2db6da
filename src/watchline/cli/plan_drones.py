"""`watchline plan drones`: nights that cannot be learned, what they guarantee, and their sealed sheets."""

from __future__ import annotations

import secrets
import time
from pathlib import Path
from typing import Any

import numpy as np

from watchline.cli.answer import answer, keep
from watchline.cli.plan_patrols import first_day
from watchline.cli.progress import downloads_shown
from watchline.ops.planning.harm_along import harm_line, harm_rows
from watchline.ops.planning.patrols import DAY_S
from watchline.ops.planning.sealing import seal_sheets
from watchline.ops.planning.sorties import DroneNight, plan_drones, sheets_of, timetable_value
from watchline.ops.planning.study_file import DroneStudy
from watchline.ops.site_check import read_sound_site


def drones(site: Path, out: Path, study: DroneStudy, *, help_limit_h: float, start: str | None, json: bool) -> int:
    """Work out every drone's law, draw and seal its sheets, and print what the laws guarantee."""
    begun = time.monotonic()
    with downloads_shown(json):
        loaded = read_sound_site(site)
        terrain = loaded.terrain()
    start_s = first_day(start, time.time())
    planned, harm = plan_drones(loaded, terrain, study, start_s, help_limit_h=help_limit_h)
    rng = np.random.default_rng(secrets.randbits(256))  # the seed is kept nowhere: nobody may foretell the draw
    out.mkdir(parents=True, exist_ok=True)
    summary = _summary(planned, study, rng) | harm_rows(harm)
    if harm.refused:
        keep(out, "drones", summary)
        answer(summary, harm_line(summary), json=json)
        return 1
    salts = [secrets.token_hex(16) for _ in range(len(planned) * study.days)]
    sheets = sheets_of(planned, study, rng, salts)
    seal, head = seal_sheets(out, sheets, start_s, start_s + study.days * DAY_S)
    summary |= {"seal": head, "sheets": len(seal.sheets), "seconds": round(time.monotonic() - begun, 1)}
    keep(out, "drones", summary)
    answer(summary, _lines(summary, out), json=json)
    return 0


def _summary(planned: tuple[DroneNight, ...], study: DroneStudy, rng: np.random.Generator) -> dict[str, Any]:
    rows = [
        {
            "unit": one.unit.id,
            "from_km": one.first_km,
            "to_km": one.last_km,
            "sorties_a_night": round(float(one.night.chance.sum()), 2),
            "p_without": round(float(one.night.base.min()), 4),
            "p_least": round(one.night.value, 4),
            "p_mean_without": round(float(one.night.base.mean()), 4),
            "p_mean": round(float(one.night.caught.mean()), 4),
            "p_timetable": round(timetable_value(one, rng), 4),
        }
        for one in planned
    ]
    return {"days": study.days, "hours": study.hours, "p_pass": study.p_pass, "drones": rows}


def _lines(summary: dict[str, Any], out: Path) -> str:
    lines = ["drone      km         a night  without  at least  timetable   mean"]
    for row in summary["drones"]:
        stretch = f"{row['from_km']}-{row['to_km']}"
        lines.append(
            f"{row['unit']:10} {stretch:10} {row['sorties_a_night']:7.2f} {row['p_without']:8.3f} "
            f"{row['p_least']:9.3f} {row['p_timetable']:10.3f} {row['p_mean_without']:6.3f} > {row['p_mean']:.3f}"
        )
    told = "chance that somebody who knows the law, and comes at the worst minute and kilometre, is noticed"
    return "\n".join(
        [
            *lines,
            told,
            harm_line(summary),
            f"written into {out}: {summary['sheets']} sealed sheets, seal.json, drones.json",
        ]
    )
