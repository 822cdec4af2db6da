"""`watchline trial`: is the line as good as it says?  Planted walks against a ledger, and a red team."""

from __future__ import annotations

import functools
import multiprocessing
import operator
import os
import secrets
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import numpy as np
from cyclopts import Parameter

from watchline.assurance.red_team import NO_WORLDS, Passages, beaten, calibrated, covered
from watchline.cli import red_team
from watchline.cli.demo_site import cached_demo
from watchline.cli.options import Json
from watchline.cli.red_team_page import Judged, Verdict, numbers, page
from watchline.coverage.crossing import stretches
from watchline.domain.batches import MissBatch
from watchline.domain.errors import BadInput
from watchline.domain.records import MapShape
from watchline.ledger.store import LEDGER_DB
from watchline.ledger.writer import Ledger
from watchline.links import open_link
from watchline.links.contract import Settings
from watchline.links.log import FILE_MAX
from watchline.ops.account.known_walk import known_walk
from watchline.ops.account.lessons import Lessons
from watchline.ops.account.line import Account
from watchline.ops.account.walks import Walk
from watchline.ops.beside import Beside, questions
from watchline.ops.json_file import write_json
from watchline.ops.site_check import read_sound_site
from watchline.ops.site_file import LoadedSite, read_site

Class = Literal["walker", "crawler", "rider", "vehicle"]
CHOICES = (1, 5, 20)
VEHICLES = 0.25  # of the crossers go in vehicles
OPTIMISED = 0.06  # of those on foot look for the best way
WORLD_CROSSINGS = 20.0  # expected in each world of the bound


def trial(
    site: Path | None = None,
    /,
    *,
    walk: Annotated[Path | None, Parameter(help="GPX track of somebody who crossed the line on purpose")] = None,
    ledger: Annotated[Path | None, Parameter(help="of the running site at that time")] = None,
    class_: Annotated[Class, Parameter(name="--class", help="how they went")] = "walker",
    record: Annotated[bool, Parameter(help="write the trial into the ledger, which must not be in use")] = False,
    red_team_: Annotated[bool, Parameter(name="--red-team", help="simulated crossers against all of it")] = False,
    out: Annotated[Path | None, Parameter(help="folder of the red team's nights; those in it stand")] = None,
    hours: Annotated[float, Parameter(help="of each night")] = 16.0,
    nights: Annotated[int, Parameter(help="how many, each with the next seed")] = 2,
    per_hour: Annotated[float, Parameter(help="crossers an hour for 200 km")] = 110.0,
    taught: Annotated[
        int, Parameter(help="crossers of each night, spread over it, whose outcome teaches the account")
    ] = 300,
    worlds: Annotated[int, Parameter(help="in which the bound on the unseen is tried")] = 300,
    seed: Annotated[int, Parameter(help="of the first night")] = 900,
    json: Json = False,
) -> int:
    """Try the line: what was a planted walk exposed to and was anybody told, or are the line's own figures right?

    Exit code of the red team: 0 when every gate was passed, 1 when one was not.

    Parameters
    ----------
    site
        The site file, or its folder; without it the built-in line.
    """
    loaded = read_sound_site(site) if site is not None else read_site(cached_demo())
    if red_team_ == (walk is not None):
        raise BadInput("--walk", "or --red-team, one of them, must be given")
    if walk is not None:
        if ledger is None or not (ledger / LEDGER_DB).exists():
            raise BadInput("--ledger", "must be the folder of a ledger", "give the folder that watchline run names")
        return _planted(loaded, walk, ledger, class_, record, json)
    if out is None:
        raise BadInput("--out", "is missing", "give a folder for the red team's nights")
    for name, value, least in (("--hours", hours, 1.0), ("--nights", nights, 1), ("--worlds", worlds, 1)):
        if not np.isfinite(value) or value < least:
            raise BadInput(name, f"must be at least {least:g}, got {value:g}")
    return _red_team(loaded, out, hours, range(seed, seed + nights), per_hour, taught, worlds, json)


def _planted(loaded: LoadedSite, walk: Path, ledger: Path, crosser: str, record: bool, json: bool) -> int:
    found = known_walk(loaded, loaded.terrain(), ledger, _way(loaded, walk), name=walk.stem, crosser=crosser)
    if record:
        with Ledger.open(ledger, lambda: secrets.token_bytes(16)) as book:
            book.append(found, time.time())
    if json:
        print(msgspec.json.encode(found).decode())
        return 0
    told = "nobody was told" if found.alert is None else f"alert {found.alert}"
    if found.alert is not None:
        waited = "nobody acknowledged it" if found.waited_s is None else f"acknowledged after {found.waited_s:g} s"
        told = f"{told}, {waited}"
    print(
        f"{found.walk}: {found.crosser}, crossed at km {found.s_m / 1000:.2f}; exposure {found.looks:.1f} to looks, "
        f"{found.alone:.2f} to what alerts alone; {told}"
    )
    return 0


def _way(loaded: LoadedSite, path: Path) -> Walk:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadInput(str(path), f"cannot be read ({error.strerror})", "give a GPX file") from None
    if len(data) > FILE_MAX:
        raise BadInput(str(path), f"is larger than {FILE_MAX} bytes")
    link = open_link("gpx")
    _, records, errors = link.decode(link.init(Settings("gpx")), data)
    ways = [r for r in records if isinstance(r, MapShape) and len(r.times_s) == len(r.points) > 1]
    if not ways:
        why = f" ({errors[0].reason})" if errors else ""
        raise BadInput(str(path), f"has no track with times{why}", "a trial needs when they were where")
    way = max(ways, key=lambda w: len(w.points))
    t = np.array(way.times_s)
    if not np.all(np.diff(t) > 0.0):
        raise BadInput(str(path), "has times that do not rise", "mend the track")
    points = way.points
    xy = loaded.line.frame.xy_m_from_lonlat([p.lon_deg for p in points], [p.lat_deg for p in points])
    return Walk(t, np.asarray(xy))


def _red_team(
    loaded: LoadedSite, out: Path, hours: float, seeds: range, per_hour: float, taught: int, worlds: int, json: bool
) -> int:
    out.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    asked = [
        (loaded.path, out / f"night-{seed}-{hours:g}h-{per_hour:g}-{VEHICLES:g}.npz", seed, hours, per_hour)
        for seed in seeds
    ]
    missing = [one for one in asked if not one[1].exists()]
    with multiprocessing.get_context("spawn").Pool(max(1, min(len(missing), os.cpu_count() or 1))) as pool:
        pool.starmap(_night, missing)
    found = verdict(loaded, [one[1] for one in asked], taught=taught, worlds=worlds)
    (out / "verdict.md").write_text(page(found), encoding="utf-8")
    said = {**numbers(found), "seconds": round(time.monotonic() - started, 1)}
    write_json(out / "verdict.json", said)
    print(msgspec.json.encode(said).decode() if json else page(found))
    return 0 if found.passed else 1


def _night(site: Path, path: Path, seed: int, hours: float, per_hour: float) -> None:
    loaded = read_site(site)
    night = red_team.recorded(
        loaded, loaded.terrain(), seed=seed, hours=hours, per_hour=per_hour, optimised=OPTIMISED, vehicles=VEHICLES,
        told=lambda line: print(line, file=sys.stderr, flush=True),
    )  # fmt: skip
    red_team.kept(path, night)


def verdict(loaded: LoadedSite, paths: list[Path], *, taught: int, worlds: int) -> Verdict:
    """Return the verdict on kept nights; `taught` of each teach the account and are not judged."""
    nights = [red_team.read(path) for path in paths]
    beside = [Beside("watchline-red-team", _account_of, loaded.path, path, taught) for path in paths]
    try:
        lessons = Lessons(tuple(row for one in beside for row in one.hear(wait=True)))
        for one in beside:
            one.ask(lessons)
        books = [one.hear(wait=True) for one in beside]
    finally:
        for one in beside:
            one.close()
    tried = [red_team.planted(night, taught)[1] for night in nights]
    classes = {}
    for number, crosser in enumerate(red_team.JUDGED):
        judged = [
            red_team.passages(loaded.line, night, book[number], [p for p in of if p.number == number])
            for night, book, of in zip(nights, books, tried, strict=True)
        ]
        rows = [book[number].rows for book in books]
        if any(len(p.missed) for p in judged):
            classes[crosser.name] = _judged(loaded, number, rows, judged, lessons, worlds)
    best = [
        red_team.passages(loaded.line, night, book[red_team.WALKER], [p for p in night.passages if p.optimised])
        for night, book in zip(nights, books, strict=True)
    ]
    missed = np.concatenate([p.missed for p in best])
    optimised = beaten(np.concatenate([p.adversary for p in best]), missed) if len(missed) else None
    return Verdict(classes, optimised)


def _account_of(pipe: Connection, site: Path, path: Path, taught: int) -> None:
    """Tell what a night's planted passages teach, then what its account says once all nights' lessons are known."""
    loaded, night = read_site(site), red_team.read(path)
    account = Account(loaded, loaded.terrain(), red_team.JUDGED)
    pipe.send(red_team.lessons_of(account, night, red_team.planted(night, taught)[0]))
    for lessons in questions(pipe):
        pipe.send(red_team.said(account, night, lessons))


def _judged(
    loaded: LoadedSite, number: int, rows: list[MissBatch], judged: list[Passages], lessons: Lessons, worlds: int
) -> Judged:
    """Return what is found of one class, from each night's rows and passages."""
    name, missed = red_team.JUDGED[number].name, np.concatenate([p.missed for p in judged])
    models = {model: calibrated(np.concatenate([p.said[model] for p in judged]), missed) for model in judged[0].said}
    rng, watched, bounds = np.random.default_rng(1), [p.watched() for p in judged], {}
    for choices in CHOICES:
        each = [
            covered(
                of, tried, red_team.worlds(rng, tried, choices, worlds // len(rows), WORLD_CROSSINGS),
                crosser=number, stretches=stretches(loaded.line.length_m), choices=float(choices),
            )
            for of, tried in zip(rows, watched, strict=True) if len(tried.missed)
        ]  # fmt: skip
        bounds[choices] = functools.reduce(operator.add, each, NO_WORLDS)
    taught = sum(p.crosser == name for p in lessons.passages)
    return Judged(taught, lessons.laws()[name], lessons.pace(name), models, bounds)
