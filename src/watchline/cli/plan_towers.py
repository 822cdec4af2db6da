"""`watchline plan towers`: the search with its progress, and what it found in a few lines."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from watchline.cli.answer import answer
from watchline.cli.progress import downloads_shown
from watchline.ops.planning.study_file import TowerStudy, study_key
from watchline.ops.planning.towers.fields import Progress as Told
from watchline.ops.planning.towers.fields import Workers
from watchline.ops.planning.towers.files import write_plan
from watchline.ops.planning.towers.search import TowerPlan, plan_towers
from watchline.ops.planning.towers.store import store_in
from watchline.ops.site_check import read_sound_site
from watchline.planning.aim import Standing


def towers(site: Path, out: Path, study: TowerStudy, *, workers: Workers, limit_s: float, json: bool) -> int:
    """Search, write the plan, and print what it brings."""
    with downloads_shown(json):
        loaded = read_sound_site(site)
        elevation = loaded.elevation()
    for note in elevation.notes:
        print(f"watchline: {note}", file=sys.stderr)
    store = store_in(out, study_key(loaded.digest, study))
    with _progress(json) as told, _stdout_for_us():
        found = plan_towers(loaded, elevation.terrain, study, store, workers=workers, limit_s=limit_s, progress=told)
    summary = summary_of(found, study)
    files = write_plan(out, found, summary)
    answer(summary, _lines(summary, files, out), json=json)
    return 1 if found.harm.refused else 0


def summary_of(found: TowerPlan, study: TowerStudy) -> dict[str, Any]:
    """Return everything a planner needs as plain values."""
    search, ground = found.search, found.ground
    chosen = found.best.chosen
    plans = {"before": found.before, "planned": found.best, "even": found.even, "greedy": found.greedy}
    return {
        "site": str(ground.site.path.resolve()),
        "question": _question(found, study),
        "chosen": [ground.name_of(k) for k in found.new],
        "cost": round(float(sum(ground.candidates[k].cost for k in chosen)), 3),
        **{name: _strength(found, one) for name, one in plans.items()},
        "weakest_by_hour": {
            hour: {"before": round(float(was.min()), 5), "planned": round(float(will.min()), 5)}
            for hour, was, will in zip(study.hours, found.hourly_before, found.hourly_after, strict=True)
        },
        "bound_weakest": round(search.bound, 5),
        "proved_gap": round(search.proved_gap, 5),
        "bound_mean": round(search.mean_bound, 5) if np.isfinite(search.mean_bound) else None,
        "proved_mean_gap": round(search.proved_mean_gap, 5) if np.isfinite(search.mean_bound) else None,
        "complete": found.complete,
        "rounds": len(search.asked),
        "ways": len(search.ways),
        "help_limit_h": study.help_limit_h,
        "pushed_beyond_help_km": found.harm.pushed.tolist(),
        "refused_for_harm": found.harm.refused,
        "ruled_out_for_harm": [[ground.name_of(k) for k in one] for one in found.refused],
        "status": "prior: no trial of this site has been counted",
        "seconds": round(found.seconds, 1),
    }


def _question(found: TowerPlan, study: TowerStudy) -> str:
    ground = found.ground
    masts = sum(1 for one in ground.candidates if not one.post)
    what = [f"{study.choose} of {masts} candidates"] if masts else []
    if ground.stay:
        what.append(f"{study.moves.most} of {len(ground.stay)} mobile posts moved")
    told = ", ".join(study.hours)
    if study.weights:
        told = ", ".join(f"{hour} {w:.2f}" for hour, w in zip(study.hours, ground.aim.weight, strict=True))
    how = "weighted" if study.weights else "worst of"
    return f"{' and '.join(what)}, against a {study.crosser}, {how} {told}"


def _strength(found: TowerPlan, one: Standing) -> dict[str, Any]:
    by_km = found.by_kilometre(one)
    return {
        "weakest": round(one.weakest, 5),
        "weakest_km": int(np.argmin(by_km)),
        "mean": round(one.mean, 5),
        "km_under_half": int((by_km < 0.5).sum()),
    }


def _lines(summary: dict[str, Any], files: list[str], out: Path) -> str:
    lines = [f"{summary['question']}: {', '.join(summary['chosen']) or 'none'} (cost {summary['cost']:g})"]
    for name, told in (("before", "as it is"), ("planned", "this plan"), ("greedy", "greedy coverage"),
                       ("even", "even spacing")):  # fmt: skip
        one = summary[name]
        lines.append(
            f"{told:16} weakest km {one['weakest_km']}: {one['weakest']:.4f} detected; mean {one['mean']:.4f}; "
            f"under a half on {one['km_under_half']} km"
        )
    mean = "" if summary["proved_mean_gap"] is None else f", of the mean {100 * summary['proved_mean_gap']:.2f} %"
    ended = "" if summary["complete"] else "; stopped by --limit-s"
    lines.append(
        f"no choice lifts the weakest above {summary['bound_weakest']:.4f}: proved gap "
        f"{100 * summary['proved_gap']:.2f} %{mean}; {summary['rounds']} rounds, {summary['seconds']} s{ended}"
    )
    for names in summary["ruled_out_for_harm"]:
        lines.append(
            f"ruled out, it pushes crossers over {summary['help_limit_h']:g} h from help: {', '.join(names)}"
        )
    if summary["refused_for_harm"]:
        where = ", ".join(map(str, summary["pushed_beyond_help_km"]))
        lines.append(f"REFUSED: it pushes crossers over {summary['help_limit_h']:g} h from help at km {where}")
    return "\n".join([*lines, f"written into {out}: {', '.join(files)}"])


@contextlib.contextmanager
def _progress(json: bool) -> Iterator[Told]:
    """Show bars on a terminal, nothing elsewhere."""
    if json or not sys.stderr.isatty():
        yield lambda what, share: None
        return
    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:.0f} %")
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def told(what: str, share: float) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=1.0)
            bar.update(tasks[what], completed=share)

        yield told


@contextlib.contextmanager
def _stdout_for_us() -> Iterator[None]:
    """Keep a solver's own chatter, written by its C++, out of our answer: it goes to stderr."""
    sys.stdout.flush()
    kept = os.dup(1)
    try:
        os.dup2(2, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
