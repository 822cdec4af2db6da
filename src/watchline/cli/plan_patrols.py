"""`watchline plan patrols`: a month that cannot be learned, what it guarantees, and the seal in the ledger."""

from __future__ import annotations

import secrets
import time
from pathlib import Path
from typing import Any

import numpy as np

from watchline.cli.answer import answer, keep
from watchline.cli.progress import downloads_shown
from watchline.domain.errors import BadInput
from watchline.domain.patrols import PatrolsSealed
from watchline.ledger.store import LEDGER_DB
from watchline.ledger.writer import Ledger
from watchline.ops.clock import seconds_of
from watchline.ops.operation.tracks import known_places
from watchline.ops.planning.harm_along import harm_line, harm_of_patrols, harm_rows
from watchline.ops.planning.patrol_places import with_places
from watchline.ops.planning.patrols import DAY_S, Month, draw_month, plan_patrols, write_sealed
from watchline.ops.planning.study_file import PatrolStudy
from watchline.ops.planning.walked import walked_of
from watchline.ops.site_check import read_sound_site


def patrols(
    site: Path,
    out: Path,
    study: PatrolStudy,
    *,
    help_limit_h: float,
    ledger: Path | None,
    person: str,
    start: str | None,
    json: bool,
) -> int:
    """Draw and seal the sheets, and print what the laws guarantee."""
    begun = time.monotonic()
    if ledger is not None and not (ledger / LEDGER_DB).exists():
        raise BadInput(str(ledger), "is no ledger", "give the folder that watchline run names")
    with downloads_shown(json):
        loaded = read_sound_site(site)
        terrain = loaded.terrain()
    now_s = time.time()
    start_s = first_day(start, now_s)
    beats = plan_patrols(loaded, terrain, study)
    # Nobody may foretell the draw: it is seeded by the system, and the seed is kept nowhere.
    month = draw_month(beats, study, start_s, np.random.default_rng(secrets.randbits(256)))
    month = with_places(month, loaded, terrain, known_places(loaded.site, ledger))
    harm = harm_of_patrols(loaded, terrain, month, help_limit_h)
    out.mkdir(parents=True, exist_ok=True)
    if harm.refused:
        refused = summary_of(month) | harm_rows(harm)
        keep(out, "patrols", refused)
        answer(refused, harm_line(refused), json=json)
        return 1
    seal, head = write_sealed(out, month, [secrets.token_hex(16) for _ in range(len(beats) * study.days)])
    summary = summary_of(month) | harm_rows(harm)
    summary |= {"seal": head, "sheets": len(seal.sheets), "seconds": round(time.monotonic() - begun, 1)}
    keep(out, "patrols", summary)
    if ledger is not None:
        record = PatrolsSealed(
            id=f"patrols-{head[:16]}", t_s=now_s, source="plan", head=head, from_s=seal.from_s, to_s=seal.to_s,
            units=len(beats), sheets=len(seal.sheets), p_least=summary["p_least"], person=person,
        )  # fmt: skip
        with Ledger.open(ledger, lambda: secrets.token_bytes(16)) as writer:
            writer.append(record, now_s)
            writer.commit(now_s)
    answer(summary, _lines(summary, out), json=json)
    return 0


def kept(site: Path, out: Path, ledger: Path, *, json: bool) -> int:
    """Print what was walked of the sheets in `out`, by the units' own reports in a ledger."""
    with downloads_shown(json):
        loaded = read_sound_site(site)
    found = walked_of(loaded, out, ledger)
    rows = [
        {"unit": unit, "legs": one.legs, "kept": one.kept, "missed": one.missed, "unknown": one.unknown}
        for unit, one in found.items()
    ]
    words = ["unit       legs   kept  missed  unknown"]
    for row in rows:
        words.append(f"{row['unit']:8} {row['legs']:6d} {row['kept']:6d} {row['missed']:7d} {row['unknown']:8d}")
    answer({"units": rows}, "\n".join(words), json=json)
    return 0


def first_day(text: str | None, now_s: float) -> float:
    """Return when the first day begins: the next midnight UTC unless told."""
    if text is None:
        return now_s - now_s % DAY_S + DAY_S
    try:
        return seconds_of(text)
    except ValueError:
        raise BadInput("--start", f"must be a time with zone, got {text!r}", "as 2026-01-23T00:00:00Z") from None


def summary_of(month: Month) -> dict[str, Any]:
    """Return what each beat's law guarantees, noticing included, beside what a timetable would.

    While a unit is away at places its law guarantees nothing.
    """
    beats, study = month.beats, month.study
    p = study.p_notice
    there = [1.0 - month.away(k) for k in range(len(beats))]
    rows = [
        {
            "unit": one.unit.id,
            "organisation": one.unit.organisation,
            "from_km": one.unit.patrol_from_km,
            "to_km": one.unit.patrol_to_km,
            "posts": len(one.s_m),
            "leg_s": round(one.leg_s),
            "stay_legs": one.found.stay,
            "looks_at_places": len(month.looks[k]) if month.looks else 0,
            "away": round(1.0 - there[k], 4),
            "p_least": round(p * there[k] * one.found.value, 4),
            "p_bound": round(p * one.found.bound, 4),
            "p_least_seen": round(p * there[k] * one.found.seen, 4),
            "p_timetable": round(p * one.found.timetable, 4),
        }
        for k, one in enumerate(beats)
    ]
    guaranteed = [p * share * one.found.value for share, one in zip(there, beats, strict=True)]
    return {
        "units": len(beats),
        "days": study.days,
        "crews": study.crews,
        "rest_h": (study.crews - 1) * study.shift_h,
        "crossing_min": study.crossing_min,
        "p_notice": p,
        "away_mean": round(1.0 - float(np.mean(there)), 4),
        "p_least": round(min(guaranteed), 4),
        "p_least_mean": round(float(np.mean(guaranteed)), 4),
        "p_timetable_mean": round(float(np.mean([p * one.found.timetable for one in beats])), 4),
        "worst_gap": round(max(1.0 - one.found.value / one.found.bound for one in beats), 4),
        "beats": rows,
    }


def _lines(summary: dict[str, Any], out: Path) -> str:
    lines = ["unit     km                 posts  leg s  stay  noticed at least  no patrol more than  by timetable"]
    for row in summary["beats"]:
        lines.append(
            f"{row['unit']:8} {row['from_km']:7.2f} to {row['to_km']:7.2f} {row['posts']:6d} {row['leg_s']:6d} "
            f"{row['stay_legs']:5d} {row['p_least']:17.3f} {row['p_bound']:20.3f} {row['p_timetable']:13.3f}"
        )
    lines += [
        f"whoever knows the laws by heart is noticed with {summary['p_least']:.3f} at least, on the mean "
        f"{summary['p_least_mean']:.3f}, within {100 * summary['worst_gap']:.1f} % of what any patrol can do; "
        f"by timetables {summary['p_timetable_mean']:.3f}",
        harm_line(summary),
        f"{sum(row['looks_at_places'] for row in summary['beats'])} looks at places, away for them "
        f"{100 * summary['away_mean']:.1f} % of the time",
        f"{summary['sheets']} sheets of {summary['days']} days, {summary['crews']} crews with {summary['rest_h']:g} "
        f"h of rest, sealed as {summary['seal'][:16]}, {summary['seconds']} s; written into {out}",
    ]
    return "\n".join(lines)
