"""`watchline mission`: a way or fence from a map file to a drone, each step by a person's approval of the items."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter

from watchline.cli.options import Json
from watchline.domain.errors import BadInput
from watchline.domain.records import (
    DroneState,
    MapShape,
    MissionApproval,
    MissionOutcome,
    MissionPlan,
    Record,
    Rejection,
)
from watchline.geo.frame import SiteFrame
from watchline.ledger.store import LEDGER_DB
from watchline.ledger.writer import Ledger
from watchline.links import open_link, table
from watchline.links.contract import LocalError, Settings
from watchline.links.log import FILE_MAX
from watchline.ops.exchange.missions import plan_of, refusal
from watchline.ops.link_hub import open_transport, with_secrets
from watchline.ops.link_worker import LinkWorker
from watchline.ops.resume import nothing_before, read_before
from watchline.ops.site_check import read_sound_site

FORMS = {".geojson": "geojson", ".json": "geojson", ".gpx": "gpx", ".kml": "kml", ".kmz": "kml", ".csv": "csv",
         ".gpkg": "geopackage"}  # fmt: skip
HEARD_S, ANSWER_S = 30.0, 600.0


def mission(
    site: Path,
    file: Path,
    /,
    *,
    drone: str,
    ledger: Path,
    fence: Annotated[bool, Parameter(help="the file is where it must stay, not where it flies")] = False,
    height_m: float = 60.0,
    operator: str = "",
    approve_upload: Annotated[str, Parameter(help="the digest that is approved to be brought to the drone")] = "",
    approve_start: Annotated[str, Parameter(help="the digest that is approved to be started, besides")] = "",
    json: Json = False,
) -> int:
    """Show what FILE asks of a drone, and bring or start it if its digest is approved.

    Without an approval nothing is sent and the answer is "no".  A start needs an approval of its own and a drone that
    its crew has armed.  Exit code 0 when every approved step was done, 1 when it was not.

    Parameters
    ----------
    site
        The site file; its link of protocol mavlink carries the mission.
    file
        A map file; its first shape is the way, the area that is swept, or with --fence the area that is not left.
    drone
        The drone's id, as its link names it.
    ledger
        Where plan, approvals and outcomes are kept; blocks of airspace in it count.
    height_m
        Metres above home.
    operator
        Who approves.
    """
    loaded = read_sound_site(site)
    spec = next((one for one in loaded.site.links if one.protocol == "mavlink" and one.enabled), None)
    if spec is None:
        raise BadInput(f"{site}: links", "has none of protocol mavlink", "see docs/links/mavlink.md")
    if (approve_upload or approve_start) and not operator:
        raise BadInput("--operator", "is needed for an approval: who gives it?")
    plan = _plan(file, drone, fence, height_m, loaded.line.frame)
    goes_on = (ledger / LEDGER_DB).exists()
    known = loaded.site, loaded.line
    before = read_before(ledger, *known) if goes_on else nothing_before(*known)
    against = refusal(plan, before.picture, loaded, loaded.terrain(), plan.t_s)
    _say(json, {"plan": plan.digest, "drone": drone, "what": plan.what, "items": len(plan.items), "refused": against})
    steps = [("upload", approve_upload), ("start", approve_start)]
    if not approve_upload or any(digest not in ("", plan.digest) for _, digest in steps):
        _say(json, {"answer": "not approved: nothing was sent"})
        return 1
    if against:
        return 1
    with contextlib.ExitStack() as opened:
        book = (Ledger.open if goes_on else Ledger.create)(ledger, lambda: os.urandom(32))
        opened.callback(book.close)
        worker = LinkWorker(
            with_secrets(spec, loaded.path.parent),
            table()["mavlink"],
            open_link("mavlink"),
            open_transport(spec, loaded.path.parent),
            time.time,
        )
        opened.callback(worker.close)
        flight = _Flight(worker, book, json)
        flight.keep(plan)
        flight.until(lambda record: isinstance(record, DroneState) and record.drone == drone, HEARD_S, "is not heard")
        worker.send(plan)
        return 0 if all(flight.step(plan, step, operator) for step, digest in steps if digest) else 1


class _Flight:
    """A link and a ledger for as long as the verb runs.  Mutable."""

    def __init__(self, worker: LinkWorker, book: Ledger, json: bool) -> None:
        self._worker, self._book, self._json = worker, book, json

    def keep(self, record: Record) -> None:
        """Make a record durable."""
        now_s = time.time()
        self._book.append(record, now_s)
        self._book.cut(now_s)
        self._book.wait_durable()

    def until(self, holds: Callable[[Record], bool], for_s: float, without: str) -> Record:
        """Return the first record that holds; all that come are kept but the drone's own reports."""
        end_s = time.monotonic() + for_s
        while time.monotonic() < end_s:
            for record in self._worker.take():
                if not isinstance(record, DroneState):
                    self.keep(record)
                if isinstance(record, Rejection):
                    _say(self._json, {"rejected": record.rule})
                if holds(record):
                    return record
            time.sleep(0.05)
        raise BadInput("--drone", f"{without} within {for_s:.0f} s", "check the link")

    def step(self, plan: MissionPlan, step: str, operator: str) -> bool:
        """Order one approved step; return whether it was done."""
        now_s = time.time()
        approval = MissionApproval(
            id=f"{plan.id}-{step}", t_s=now_s, source=operator, provenance=(plan.id,), drone=plan.drone,
            step=step, what=plan.what, digest=plan.digest, operator=operator,  # type: ignore[arg-type]
        )  # fmt: skip
        self.keep(approval)
        self._worker.send(approval)
        outcome = self.until(
            lambda record: isinstance(record, MissionOutcome) and approval.id in record.provenance,
            ANSWER_S,
            "says nothing",
        )
        assert isinstance(outcome, MissionOutcome)
        _say(self._json, {"step": step, "outcome": outcome.outcome, "items": outcome.items, "reason": outcome.reason})
        return outcome.outcome != "refused"


def _plan(file: Path, drone: str, fence: bool, height_m: float, frame: SiteFrame) -> MissionPlan:
    form = FORMS.get(file.suffix.lower())
    if form is None:
        raise BadInput(str(file), "is no map file", f"one of {', '.join(FORMS)}")
    if not file.is_file() or file.stat().st_size > FILE_MAX:
        raise BadInput(str(file), "no such file, or too large")
    module = open_link(form)
    _, found, errors = module.decode(module.init(Settings(form)), file.read_bytes())
    shape = next((one for one in found if isinstance(one, MapShape)), None)
    if shape is None:
        raise BadInput(str(file), errors[0].reason if errors else "holds no shape")
    now_s = time.time()
    stamp: dict[str, object] = {"id": f"mission-{now_s:.3f}", "t_s": now_s, "source": "command line"}
    if not 5.0 <= height_m <= 500.0:
        raise BadInput("--height-m", f"must be within 5..500 above home, got {height_m:g}")
    try:
        return plan_of(shape, drone, "fence" if fence else "mission", height_m, frame, stamp)
    except (LocalError, ValueError) as error:
        raise BadInput(str(file), str(error)) from None


def _say(json: bool, what: dict[str, object]) -> None:
    if json:
        print(msgspec.json.encode(what).decode(), flush=True)
        return
    print("  ".join(f"{name} {value}" for name, value in what.items() if value != ""), file=sys.stdout, flush=True)
