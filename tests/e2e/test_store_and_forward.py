"""A node that is cut off keeps what it saw and hands it on: each object once, at its own time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

pytest.importorskip("sapient_msg")

from peer_tools import free_port, site_with
from sapient_messages import CORE, HOME, TOWER
from watchline.domain.records import NodeAnswer, NodeDetection, NodeReplay, NodeStatus, Record
from watchline.domain.site import LinkSpec
from watchline.ops.exchange.once import key_of
from watchline.ops.exchange.outbox import Outbox
from watchline.ops.link_hub import LinkHub
from watchline.ops.picture import Picture

pytestmark = pytest.mark.slow

OF = {"core": {"of": "towers"}, "node": {"of": "up"}}


class Ends:
    """A core and a node over loopback, either of which can be away.  Mutable."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.ports, self.said = directory, (free_port(), free_port()), 0
        self.opened = ExitStack()
        self.heard: list[Record] = []
        self.told: list[Record] = []
        self.core: LinkHub | None = None
        self.node: LinkHub | None = None

    def come(self, who: str, known: list[Record] | None = None) -> None:
        live, late = (f"127.0.0.1:{port}" for port in self.ports)
        if who == "core":
            core = {"node": CORE, "direction": "listen"}
            links = [
                LinkSpec(id="towers", protocol="sapient", role="fusion", address=live, **core),
                LinkSpec(id="late", protocol="sapient_replay", role="core", address=late, options=OF["core"], **core),
            ]
            keys = [key for key in map(key_of, known or []) if key is not None]
            self.core = LinkHub(site_with(*links, beside=self.directory), time.time, keys)
            return
        links = [
            LinkSpec(id="up", protocol="sapient", role="edge", node=TOWER, address=live),
            LinkSpec(
                id="store", protocol="sapient_replay", role="node", node=TOWER, address=late, options=OF["node"]
            ),
        ]
        self.node, self.told = LinkHub(site_with(*links, beside=self.directory), time.time), []

    def away(self, who: str) -> None:
        hub = self.core if who == "core" else self.node
        assert hub is not None
        hub.close()
        if who == "core":
            self.core = None
        else:
            self.node = None

    def see(self, count: int) -> None:
        """Let the node see some objects, each its own."""
        assert self.node is not None
        for _ in range(count):
            self.said += 1
            self.node.send("up", NodeDetection(
                id="d", t_s=time.time(), source=TOWER, node=TOWER, object_id=f"object {self.said}", place=HOME,
                confidence=0.5), time.time())  # fmt: skip
            time.sleep(0.002)

    def until(self, holds: Callable[[], bool], *, durable: bool = True) -> None:
        end_s = time.monotonic() + 60.0
        while time.monotonic() < end_s:
            if self.core is not None:
                self.heard += self.core.take()
                if durable:
                    self.core.publish(Picture(0), lambda: None)
            if self.node is not None:
                self.told += self.node.take()
            if holds():
                return
            time.sleep(0.02)
        pytest.fail(f"it did not come: {len(self.objects)} of {self.said}")

    @property
    def objects(self) -> list[NodeDetection]:
        return [record for record in self.heard if isinstance(record, NodeDetection)]

    @property
    def stored(self) -> int:
        box = Outbox(self.directory / "store.db")
        try:
            return len(box.after(0, 10_000))
        finally:
            box.close()


@pytest.fixture
def ends(tmp_path: Path) -> Iterator[Ends]:
    made = Ends(tmp_path)
    yield made
    for hub in (made.node, made.core):
        if hub is not None:
            hub.close()


def test_what_a_node_saw_while_the_core_was_away_comes_once_at_its_own_time(ends: Ends) -> None:
    ends.come("node")
    began_s = time.time()
    ends.see(40)
    ends.until(lambda: ends.stored >= 40)
    ended_s = time.time()
    ends.away("node")  # and through a stop of the node
    ends.come("node")
    ends.see(10)
    ends.come("core")
    ends.until(lambda: len(ends.objects) >= 50)
    ends.until(
        lambda: any(isinstance(record, NodeAnswer) for record in ends.told)
    )  # the live link is registered again
    ends.see(20)  # said live, and from the store as well
    assert ends.core is not None
    hub = ends.core
    ends.until(lambda: len(ends.objects) >= 70 and ends.stored == 0 and hub.repeated >= 20)
    ids = [one.object_id for one in ends.objects]
    assert len(set(ids)) == len(ids) == 70
    assert all(began_s - 0.001 <= one.t_s <= ended_s for one in ends.objects[:40])
    assert {one.source for one in ends.objects} == {"towers"}
    assert {one.source for one in ends.heard if isinstance(one, NodeStatus)} == {"towers"}


def test_a_core_that_died_before_it_could_acknowledge_hears_it_again_and_keeps_it_once(ends: Ends) -> None:
    ends.come("node")
    ends.see(30)
    ends.until(lambda: ends.stored >= 30)
    ends.come("core")
    ends.until(lambda: len(ends.objects) == 30, durable=False)  # it is in the ledger, but the answer never went out
    ends.away("core")
    assert ends.stored >= 30
    before, ends.heard = list(ends.heard), []
    ends.come("core", before)
    assert ends.core is not None
    hub = ends.core
    ends.until(lambda: ends.stored == 0 and hub.repeated >= 30)
    assert ends.objects == []
    assert sum(r.repeated for r in ends.heard if isinstance(r, NodeReplay)) >= 30


def test_a_full_store_gives_up_its_oldest_and_counts_them(tmp_path: Path) -> None:
    box = Outbox(tmp_path / "full.db", kept_max=5)
    assert box.keep([bytes([k]) for k in range(8)]) == 3
    assert [kept.number for kept in box.after(0, 10)] == [4, 5, 6, 7, 8]
    box.forget(6)
    box.close()
    again = Outbox(tmp_path / "full.db", kept_max=5)
    assert (again.acknowledged, [kept.body for kept in again.after(6, 1)]) == (6, [b"\x06"])
    again.forget(8)
    again.keep([b"x"])
    assert again.after(0, 10)[0].number == 9
    again.close()
