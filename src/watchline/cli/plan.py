"""`watchline plan`: where the next towers should stand, how patrols should go, which test to walk next."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from watchline.cli.options import Json
from watchline.cli.plan_checkpoints import checkpoints
from watchline.cli.plan_drones import drones
from watchline.cli.plan_dwell import dwell
from watchline.cli.plan_patrols import kept, patrols
from watchline.cli.plan_repairs import repairs
from watchline.cli.plan_tests import tests
from watchline.cli.plan_towers import towers
from watchline.domain.errors import BadInput
from watchline.ops.planning.study_file import read_study
from watchline.ops.planning.towers.fields import Workers

What = Literal["towers", "patrols", "checkpoints", "tests", "repairs", "drones", "dwell"]
On = Literal["processes", "ray"]


def plan(
    what: Annotated[What, Parameter(help="what to plan")],
    site: Path,
    /,
    *,
    out: Path,
    study: Annotated[Path | None, Parameter(help="STUDY.toml: what may be chosen, within which limits")] = None,
    workers: Annotated[int, Parameter(help="towers: local processes")] = 2,
    on: Annotated[On, Parameter(help="towers: where they work; ray: at RAY_ADDRESS, or here")] = "processes",
    limit_s: Annotated[float, Parameter(help="towers: seconds to search for, then the gap proved by then")] = 540.0,
    ledger: Annotated[
        Path | None, Parameter(help="patrols: to record the seal in; tests: what was tried; else: what is dark")
    ] = None,
    person: Annotated[str, Parameter(help="patrols: who had them drawn")] = "",
    walked: Annotated[Path | None, Parameter(help="patrols: LEDGER, to hold the sheets in --out against it")] = None,
    start: Annotated[
        str | None, Parameter(help="patrols, checkpoints, drones: first day, RFC 3339; else next midnight UTC")
    ] = None,
    dark: Annotated[str, Parameter(help="repairs, dwell: dark sensors, with commas")] = "",
    count: Annotated[int, Parameter(help="tests: how many walks")] = 5,
    json: Json = False,
) -> int:
    """Plan towers that raise the weakest stretch most, patrols that cannot be learned, drones, repairs, tests.

    Towers: interrupted, it goes on where it stood when it is called again with the same --out.
    Exit code 1: the plan is refused, since it would push crossers beyond the reach of help.
    Patrols: a month of sheets, each day's sealed until it is needed, and what they guarantee.
    Checkpoints: a month of places for the mobile ones, sealed likewise, and what the law guarantees.
    Drones: a month of nights, each sealed until it is flown, and what they guarantee.
    Dwell: how long panning cameras should look which way, and what no shares of time exceed.
    Repairs: what to mend first, and what it buys back per hour and cost.
    Tests: the walks that would leave least doubt about the weakest kilometres, as tracks for a phone.

    Parameters
    ----------
    site
        The site file, or its folder.
    out
        The folder to write into; made when it is not there.
    json
        Print the summary as one JSON object.
    """
    if out.exists() and not out.is_dir():
        raise BadInput(f"--out {out}", "is not a folder", "choose another")
    if workers < 1 or count < 1:
        raise BadInput("--workers and --count", "must be 1 or more")
    asked = read_study(study)
    limit_h = asked.towers.help_limit_h
    if what == "patrols" and walked is not None:
        return kept(site, out, walked, json=json)
    if what == "patrols":
        return patrols(
            site, out, asked.patrols, help_limit_h=limit_h, ledger=ledger, person=person, start=start, json=json
        )
    if what == "tests":
        return tests(site, out, count=count, ledger=ledger, json=json)
    if what == "drones":
        return drones(site, out, asked.drones, help_limit_h=limit_h, start=start, json=json)
    if what == "checkpoints":
        return checkpoints(site, out, asked.checkpoints, help_limit_h=limit_h, start=start, json=json)
    if what == "dwell":
        return dwell(site, out, asked.dwell, help_limit_h=limit_h, dark=dark, ledger=ledger, json=json)
    if what == "repairs":
        return repairs(site, out, asked.repairs, dark=dark, ledger=ledger, json=json)
    return towers(site, out, asked.towers, workers=Workers(workers, on), limit_s=limit_s, json=json)
