"""Missions to a real autopilot's side of the protocol: MAVSDK 4.1.0 in an environment of its own (`make peers`)."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from peer_tools import peer_program
from watchline.domain.records import DroneState, MissionApproval, MissionItem, MissionOutcome
from watchline.links.air import mavlink
from watchline.links.air.mavlink import mission
from watchline.links.contract import Settings, at

PEER = Path(__file__).parents[1] / "peers/mavsdk_drone.py"
BEAT = mavlink.pack(
    "HEARTBEAT", {"type": 6, "autopilot": 8, "mavlink_version": 3}, system=255, component=190, sequence=0
)

pytestmark = pytest.mark.slow


class Station:
    """Our side of the link over UDP, which loses what chance says.  Mutable."""

    def __init__(self, loss: float, seed: int) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(0.02)
        self.rng, self.loss, self.lost = random.Random(seed), 0.0, 0
        self.later_loss = loss
        self.state = mavlink.init(Settings("mavlink"))
        self.records: list[DroneState] = []
        self.drone: tuple[str, int] | None = None
        self.begun_s, self.beat_s = time.monotonic(), 0.0

    @property
    def now_s(self) -> float:
        return time.monotonic() - self.begun_s

    def hear(self) -> list[mavlink.Message]:
        if self.drone is not None and self.now_s - self.beat_s > 1.0:
            self.beat_s = self.now_s
            self.socket.sendto(BEAT, self.drone)
        try:
            data, self.drone = self.socket.recvfrom(2048)
        except TimeoutError:
            return []
        if self._lost():
            return []
        _, messages, _ = mavlink.unpack(self.state, data)
        after, records, errors = mavlink.decode(at(self.state, self.now_s), data)
        assert errors == ()
        assert isinstance(after, mavlink.DronesState)
        self.state = after
        self.records += [record for record in records if isinstance(record, DroneState)]
        return messages

    def say(self, frames: list[bytes]) -> None:
        assert self.drone is not None
        for frame in frames:
            if not self._lost():
                self.socket.sendto(frame, self.drone)

    def _lost(self) -> bool:
        gone = self.rng.random() < self.loss
        self.lost += gone
        return gone


@pytest.fixture
def station(request: pytest.FixtureRequest) -> Iterator[Station]:
    made = Station(*request.param)
    port = str(made.socket.getsockname()[1])
    peer = subprocess.Popen(
        [peer_program("mavsdk", "python"), str(PEER), port], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while not any(m.name == "HEARTBEAT" for m in made.hear()):
            assert made.now_s < 90.0, "the peer is not heard"
        settled_s = made.now_s + 1.5
        while made.now_s < settled_s:
            made.hear()
        made.loss = made.later_loss
        yield made
    finally:
        peer.kill()
        peer.wait()
        made.socket.close()


def upload(station: Station, count: int, what: str = "mission", for_s: float = 240.0) -> MissionOutcome:
    command = mission.WAYPOINT if what == "mission" else mission.FENCE_IN
    params = (0.0,) * 4 if what == "mission" else (float(count), 0.0, 0.0, 0.0)
    items = tuple(
        MissionItem(command=command, lat_deg=33.6 + 1e-5 * k, lon_deg=42.0, height_m=50.0 + k % 10, params=params)
        for k in range(count)
    )
    approval = MissionApproval(
        id="A", t_s=0.0, source="op", drone="drone-1", step="upload", what=what,  # type: ignore[arg-type]
        digest=mission.digest_of(items), operator="op",
    )  # fmt: skip
    state = mission.init(approval, items, (1, 1), station.now_s)
    end_s = station.now_s + for_s
    while state.outcome is None and station.now_s < end_s:
        state, out = mission.step(state, station.hear(), station.now_s)
        station.say(out)
    assert state.outcome is not None, f"neither complete nor refused after {for_s} s, {state.phase}"
    return state.outcome


@pytest.mark.parametrize("station", [(0.05, 1)], indirect=True)
def test_a_long_mission_with_five_per_cent_lost_is_complete(station: Station) -> None:
    """A thousand items in the long form (a minute and a half), two hundred otherwise."""
    items = 1000 if os.environ.get("WATCHLINE_LONG") else 200
    for _ in range(4):
        outcome = upload(station, items)
        if outcome.outcome == "complete":
            break
        # On a machine that stands still for seconds the peer gives up: that is said, and it is brought again.
        assert outcome.reason
        pause_s = station.now_s + mission.Limits.PAUSE_S
        while station.now_s < pause_s:
            station.hear()
    assert station.lost > items / 20
    assert (outcome.outcome, outcome.items) == ("complete", items), outcome.reason


@pytest.mark.parametrize("station", [(0.0, 1)], indirect=True)
def test_a_mission_a_fence_and_the_drone_s_own_words(station: Station) -> None:
    assert upload(station, 20).outcome == "complete"
    assert upload(station, 5, "fence").outcome == "complete"
    drone = station.records[-1]
    assert drone.place is not None
    assert (drone.place.lat_deg, drone.place.lon_deg, drone.place.msl_m) == (33.6, 42.0, 850.0)
    assert (drone.speed_m_s, drone.above_home_m, drone.armed) == (5.0, 50.0, False)
    assert drone.heading_rad == pytest.approx(0.9273, abs=1e-4)


@pytest.mark.parametrize("station", [(0.6, 2)], indirect=True)
def test_a_link_that_loses_most_is_given_up_with_a_reason(station: Station) -> None:
    outcome = upload(station, 200)
    assert outcome.outcome == "refused"
    assert outcome.reason
