"""`watchline plan dwell`: how long panning cameras should look which way, and what no shares of time exceed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from watchline.cli.answer import answer, keep
from watchline.cli.progress import downloads_shown
from watchline.ops.planning.dwell import DwellPlan, plan_dwell, turning_as_planned
from watchline.ops.planning.planned_site import write_site
from watchline.ops.planning.repairs import situation_of
from watchline.ops.planning.study_file import DwellStudy
from watchline.ops.site_check import read_sound_site
from watchline.ops.site_file import LoadedSite
from watchline.planning.harm import worst_h


def dwell(
    site: Path, out: Path, study: DwellStudy, *, help_limit_h: float, dark: str, ledger: Path | None, json: bool
) -> int:
    """Work out the shares and write each head's table of stops."""
    begun = time.monotonic()
    with downloads_shown(json):
        loaded = read_sound_site(site)
        terrain = loaded.terrain()
    now = situation_of(loaded, dark, ledger)
    found = plan_dwell(loaded, terrain, now, hours=study.hours, help_limit_h=help_limit_h)
    rows = _rows(loaded, found)
    summary = _summary(found) | {"hours": study.hours, "heads": rows, "seconds": round(time.monotonic() - begun, 1)}
    stops = [
        {"sensor": row["sensor"], "stop": number, **one}
        for row in rows
        for number, one in enumerate(row["stops"], start=1)
    ]
    keep(out, "dwell", summary, stops)
    write_site(out / "planned", turning_as_planned(loaded, found))
    answer(summary, _lines(summary, out), json=json)
    return 0


def _rows(loaded: LoadedSite, found: DwellPlan) -> list[dict[str, Any]]:
    rows = []
    for head in found.heads:
        sensor = loaded.site.sensors[head.sensor]
        assert sensor.pan is not None
        round_s = sensor.pan.dwell_s * sensor.pan.stops
        stops = [
            {"azimuth_deg": round(float(deg) % 360.0, 2), "share": round(float(found.share[j]), 4),
             "seconds_a_round": round(float(found.share[j]) * round_s, 1)}
            for j, deg in zip(head.stops, head.stops_deg, strict=True)
        ]  # fmt: skip
        rows.append({"sensor": sensor.id, "round_s": round_s, "stops": stops})
    return rows


def _summary(found: DwellPlan) -> dict[str, Any]:
    def figures(chance: NDArray[Any]) -> dict[str, float]:
        return {
            "weakest_seen": round(float(chance[found.touched].min()), 4), "mean": round(float(chance.mean()), 4)
        }  # fmt: skip

    return {
        "today": figures(found.today), "planned": figures(found.planned),
        "bound_weakest_seen": round(found.bound.least, 4), "bound_mean": round(found.bound.mean, 4),
        "kilometres_seen": int(found.touched.sum()), "rounds": found.rounds,
        "help_limit_h": found.harm.limit_h, "held_back_for_harm": not found.whole,
        "farthest_from_help_h": [round(worst_h(hours), 2) for hours in found.harm.farthest],
    }  # fmt: skip


def _lines(summary: dict[str, Any], out: Path) -> str:
    was, will = summary["today"], summary["planned"]
    lines = [
        f"weakest of {summary['kilometres_seen']} kilometres that heads see: as they turn today "
        f"{was['weakest_seen']:.3f}, planned {will['weakest_seen']:.3f}, no shares exceed "
        f"{summary['bound_weakest_seen']:.3f}; mean of the line {was['mean']:.3f} > {will['mean']:.3f}"
    ]
    before, after = summary["farthest_from_help_h"]
    lines.append(f"hours from help at the worst place of the weakest ways: today {before:.1f}, then {after:.1f}")
    if summary["held_back_for_harm"]:
        lines.append(
            f"turned less than would gain most: it would push crossers over {summary['help_limit_h']:g} h from help"
        )
    for row in summary["heads"]:
        told = ", ".join(f"{one['azimuth_deg']:g} deg {one['seconds_a_round']:g} s" for one in row["stops"])
        lines.append(f"{row['sensor']} (a round of {row['round_s']:g} s, in any order): {told}")
    return "\n".join([*lines, f"written into {out}: dwell.csv, dwell.json, planned/site.toml"])
