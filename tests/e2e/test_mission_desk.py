"""From a map file to a real autopilot's side of the protocol: asked for, approved, brought, never started unarmed."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from builders import site
from core_builders import SENSORS, Step, make_core
from peer_tools import free_port, peer_program
from served import Served, running
from small_site import write_small_site
from watchline.domain.records import AirspaceBlock, GeoPoint, MapShape
from watchline.domain.site import LinkSpec
from watchline.ledger.reader import LedgerReader
from watchline.links.maps import geojson
from watchline.ops.link_hub import LinkHub
from watchline.ops.site_file import parse_site, site_text
from watchline.server.session import Sessions

PEER = Path(__file__).parents[1] / "peers/mavsdk_drone.py"
WAY = MapShape(
    id="w", t_s=0.0, source="m", name="way", shape="line",
    points=tuple(GeoPoint(lon_deg=42.0 + k / 1000, lat_deg=33.6) for k in range(30)),
)  # fmt: skip

pytestmark = pytest.mark.slow


def _peer(port: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [peer_program("mavsdk", "python"), str(PEER), str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def _link(port: int) -> LinkSpec:
    return LinkSpec(id="drones", protocol="mavlink", direction="listen", address=f"udp:127.0.0.1:{port}")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Served]:
    port = free_port()
    hub: list[LinkHub] = []
    what = msgspec.structs.replace(site(*SENSORS), links=(_link(port),))
    core = make_core(tmp_path, lambda now_s: Step(hub[0].take() if hub else []), what)
    hub.append(LinkHub(core.loaded, lambda: core.clock.now_s))
    peer = _peer(port)
    try:
        yield Served(core, Sessions("desk-1"), tmp_path, hub[0]).as_operator()
    finally:
        peer.kill()
        peer.wait()
        hub[0].close()
        core.close()


def until(desk: Served, holds: Callable[[dict[str, Any]], Any]) -> Any:
    end_s, said = time.monotonic() + 90.0, {}
    while time.monotonic() < end_s:
        said = desk.get("/api/orders").json()
        found = holds(said)
        if found:
            return found
        time.sleep(0.1)
    pytest.fail(f"it did not come: {said}")


def outcomes(said: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for view in said["missions"] for one in view["outcomes"]]


def test_a_mission_is_brought_after_one_approval_and_not_started_by_another_while_nobody_armed_the_drone(
    desk: Served,
) -> None:
    with running(desk.core):
        until(desk, lambda said: said["drones"])
        asked = "/api/missions/geojson?key=press-plan&drone=drone-1&what=mission&height_m=80"
        plan = desk.ask("POST", asked, content=geojson.file_of([WAY])).json()
        assert (plan["items"], plan["refused"]) == (30, "")
        assert outcomes(desk.get("/api/orders").json()) == []
        step = f"/api/missions/{plan['digest']}"
        uploads = 0
        brought: dict[str, Any] = {"outcome": "refused"}
        # On a machine that stands still for seconds the peer gives up, which is told: then it is approved again.
        while brought["outcome"] == "refused" and uploads < 4:
            for _ in range(2):  # the same press twice is one upload
                key = {"key": f"press-upload-{uploads}"}
                assert desk.ask("POST", f"{step}/upload", json=key).status_code == 200
            brought = until(desk, lambda said, done=uploads: outcomes(said)[done:])[0]
            uploads += 1
        assert (brought["outcome"], brought["items"]) == ("complete", 30), brought.get("reason")
        assert desk.ask("POST", f"{step}/start", json={"key": "press-start"}).status_code == 200
        told = until(desk, lambda said: outcomes(said)[uploads:])
        assert told[0]["outcome"] == "refused"
        assert "armed" in told[0]["reason"]
        block = AirspaceBlock(
            id="hand-block", t_s=desk.core.clock.now_s, source="op", name="R-7", organisation="air force",
            area=tuple(GeoPoint(lon_deg=x, lat_deg=y) for x, y in ((42.01, 33.5), (42.02, 33.5), (42.02, 33.7))),
            low_msl_m=0.0, high_msl_m=5000.0, from_s=0.0, until_s=desk.core.clock.now_s + 3600.0,
        )  # fmt: skip
        desk.core.people.report((block,)).result(60.0)
        refused = desk.ask("POST", f"{step}/upload", json={"key": "press-again"})
        assert refused.status_code == 409
        assert "R-7 of air force" in refused.json()["error"]
    kept = [type(one).__name__ for one in desk.kept("mission_plan", "mission_approval", "mission_outcome")]
    assert kept == ["MissionPlan", *["MissionApproval", "MissionOutcome"] * (uploads + 1), "MissionOutcome"]


def test_the_verb_shows_first_and_sends_only_what_was_approved(tmp_path: Path) -> None:
    port = free_port()
    path = write_small_site(tmp_path / "site")
    plain, _, _ = parse_site(path)
    path.write_text(site_text(msgspec.structs.replace(plain, links=(_link(port),))), encoding="utf-8")
    way = tmp_path / "way.geojson"
    way.write_bytes(geojson.file_of([WAY]))

    def verb(*more: str) -> tuple[int, list[dict[str, Any]], str]:
        command = [sys.executable, "-m", "watchline", "mission", str(path), str(way), "--drone", "drone-1", "--json"]
        command += ["--ledger", str(tmp_path / "ledger"), *more]
        ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        return ran.returncode, [json.loads(line) for line in ran.stdout.splitlines()], ran.stderr

    code, said, _ = verb()
    digest = said[0]["plan"]
    assert (code, said[0]["items"], said[-1]["answer"]) == (1, 30, "not approved: nothing was sent")
    code, _, words = verb("--approve-upload", digest)
    assert code == 2
    assert "--operator" in words
    peer = _peer(port)
    try:
        for _ in range(4):  # see above
            code, said, words = verb("--operator", "A", "--approve-upload", digest, "--approve-start", digest)
            if len(said) > 2:
                break
    finally:
        peer.kill()
        peer.wait()
    assert [(one["step"], one["outcome"]) for one in said[1:]] == [("upload", "complete"), ("start", "refused")], (
        words
    )
    assert code == 1
    with LedgerReader(tmp_path / "ledger") as reader:
        approved = [(one.value.step, one.value.operator) for one in reader.events(["mission_approval"])]
    assert approved[-2:] == [("upload", "A"), ("start", "A")]
