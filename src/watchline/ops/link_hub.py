"""All links of a site: opened, supervised, asked and told.  Mutable: it owns the workers."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from watchline.domain.errors import BadInput
from watchline.domain.federation import PartnerWord
from watchline.domain.records import (
    FieldReport,
    Inspection,
    NodeAlert,
    NodeAnswer,
    NodeReplay,
    Record,
    ReportReceipt,
)
from watchline.domain.site import LinkSpec
from watchline.links import load_all, table
from watchline.links.federation import KEYED
from watchline.links.transports import TcpDial, TcpListen, Tls, Transport
from watchline.links.udp_transport import PREFIX, Udp
from watchline.ops.exchange.asking import Asked, cued
from watchline.ops.exchange.once import Once
from watchline.ops.exchange.partner_outlet import PROTOCOL as PARTNER
from watchline.ops.exchange.partner_outlet import PartnerOutlet
from watchline.ops.link_worker import LinkWorker
from watchline.ops.node_objects import NodeObjects
from watchline.ops.picture import Picture
from watchline.ops.publish import NODE_PROTOCOLS, REPLAY, Outlet
from watchline.ops.released import released
from watchline.ops.respond.tasks_out import TasksOut
from watchline.ops.site_file import LoadedSite

if TYPE_CHECKING:
    from watchline.geo.terrain import Terrain
    from watchline.ops.exchange.replayer import Replayer

CUE_FRESH_S = 10.0  # an older one is of a core before this one
SAME_CLOCK_S = 5.0  # a core whose clock is nearer to the wall's than this runs on it


class LinkHub:
    """A site's links at work."""

    def __init__(
        self, loaded: LoadedSite, core_now: Callable[[], float], known: Iterable[Hashable] = (),
        terrain: Terrain | None = None,
    ) -> None:  # fmt: skip
        """Open every enabled link; BadInput when one cannot be loaded, or its address or files cannot be used.

        core_now: the core's clock; times of links are moved onto it where it is not the wall's, as in a simulation.
        known: what nodes had said before, by the keys of `ops/exchange/once.py`.  terrain: of missions of drones that
        are sent; without it none is.
        """
        specs = [with_secrets(spec, loaded.path.parent) for spec in loaded.site.links if spec.enabled]
        lines, links = table(), load_all(frozenset(spec.protocol for spec in specs))
        self._core_now = core_now
        self._workers: dict[str, LinkWorker] = {}
        self.objects = NodeObjects()
        self._outlets = {
            spec.id: self._outlet(spec, loaded) for spec in specs if spec.sends or spec.protocol == PARTNER
        }
        self._owed: list[tuple[str, Record]] = []
        self._guarded: list[tuple[str, Record]] = []
        self._loaded = loaded
        self._cued: dict[str, Asked | None] = {}
        self._tasks = TasksOut(loaded, terrain)
        self._once, self._repeated = Once(known), Counter[str]()
        self._replayers: dict[str, Replayer] = {}
        try:
            for spec in specs:
                if spec.protocol == REPLAY and spec.role == "node":
                    self._replay(spec, specs, loaded.path.parent)
                    continue
                transport = open_transport(spec, loaded.path.parent)
                self._workers[spec.id] = LinkWorker(
                    spec, lines[spec.protocol], links[spec.protocol], transport, time.time
                )
        except BaseException:
            self.close()
            raise

    def _outlet(self, spec: LinkSpec, loaded: LoadedSite) -> Outlet:
        if spec.protocol == PARTNER:
            return PartnerOutlet(spec, loaded, lambda: self._is_live(spec.id))
        return Outlet(spec, loaded, self.objects)

    def recall(self, directory: Path, now_s: float) -> None:
        """Take from a ledger that is gone on with what partners have been told and have."""
        for outlet in self._outlets.values():
            if isinstance(outlet, PartnerOutlet):
                outlet.recall(directory, now_s)

    def _replay(self, spec: LinkSpec, specs: list[LinkSpec], beside: Path) -> None:
        """Begin to keep what one of the links says."""
        live = next((one for one in specs if one.id == spec.options.get("of")), None)
        if live is None or live.protocol != "sapient":
            raise BadInput(f"links[{spec.id}].options.of", "names no link of protocol sapient", "name the live link")
        from watchline.ops.exchange.replayer import Replayer  # needs the extra `sapient`

        path = beside / str(spec.options.get("file", f"{spec.id}.db"))
        self._replayers[live.id] = Replayer(
            spec, live, path, open_transport(spec, beside), time.time, lambda: self._is_live(live.id)
        )

    def _is_live(self, link: str) -> bool:
        return link in self._workers and self._workers[link].connected

    def _shift_s(self) -> float:
        shift_s = self._core_now() - time.time()
        return 0.0 if abs(shift_s) < SAME_CLOCK_S else shift_s

    def take(self) -> list[Record]:
        """Return what all links heard since last asked, by link, in the order it came, on the core's clock."""
        came: list[Record] = []
        for name, worker in self._workers.items():
            records = worker.take()
            for record in records if name in self._outlets else ():
                self._outlets[name].heard(record)
            receipts = (*receipts_of(records), *durable_of(records), *kept_of(records, worker.spec))
            self._owed += [(name, receipt) for receipt in receipts]
            came += self._once_each(name, records)
        for replayer in self._replayers.values():
            came += replayer.take()
        shift_s = self._shift_s()
        if shift_s:
            came = [moved(record, shift_s) for record in came]
        self._owe(came)
        told, orders = self._tasks.take()
        self._owed += orders
        return [*came, *self._take_cued(), *self._take_guarded(), *told]

    def _take_guarded(self) -> list[Record]:
        """Return what is to be kept of what leaves for others than our own; it goes out once that is durable."""
        guarded, self._guarded = self._guarded, []
        self._owed += guarded
        return [
            kept
            for link, record in guarded
            for kept in released(record, link, self._outlets[link].recipient, self._outlets[link].terms_told(record))
        ]

    def _take_cued(self) -> list[Record]:
        """Return the turns that cues ask for, so that they are kept; they go out once they are durable."""
        asked = [one for one in self._cued.values() if one is not None]
        self._cued = dict.fromkeys(self._cued)
        self._owed += [(one.link, one.record) for one in asked]
        return [one.record for one in asked]

    def _hear_cues(self, picture: Picture) -> None:
        fresh = {
            name: cue for name, cue in picture.outside.cues.items() if 0.0 <= picture.now_s - cue.t_s < CUE_FRESH_S
        }
        new = {name: cued(cue, self._loaded) for name, cue in fresh.items() if name not in self._cued}
        self._cued = {name: one for name, one in self._cued.items() if name in fresh} | new

    def _once_each(self, link: str, records: list[Record]) -> list[Record]:
        """Return what was not heard before; a node's replay tells how much of it was."""
        new = self._once.new(records)
        self._repeated[link] += len(records) - len(new)
        for k, record in enumerate(new):
            if isinstance(record, NodeReplay) and self._repeated[link]:
                again = record.repeated + self._repeated.pop(link)
                new[k] = msgspec.structs.replace(record, repeated=again)
        return new

    @property
    def repeated(self) -> int:
        """Return how many messages of nodes came more than once, on whatever way."""
        return self._once.repeated

    def _owe(self, came: list[Record]) -> None:
        """Remember the alerts of others that are to be acknowledged once they are durable."""
        for record in came:
            if isinstance(record, NodeAlert) and record.state == "active" and record.source in self._workers:
                spec = self._workers[record.source].spec
                if spec.role in ("fusion", "parent"):
                    answer = NodeAnswer(
                        id=f"{record.id}-ack",
                        t_s=record.t_s,
                        source=spec.node,
                        provenance=(record.id,),
                        node=record.node,
                        to="alert",
                        ref=record.alert_id,
                        state="accepted",
                        reason="received and kept",
                    )
                    self._owed.append((record.source, answer))

    def publish(self, picture: Picture, durable: Callable[[], None]) -> None:
        """Tell every link what it must be told; durable: makes what was heard so far durable, then returns."""
        self._hear_cues(picture)
        self._tasks.hear(picture, self._is_live)
        settling = [worker for worker in self._workers.values() if worker.owes]
        if self._owed or settling:
            durable()
            for worker in settling:
                worker.settle()
            for link, answer in self._owed:
                self.send(link, answer)
            self._tasks.went(self._owed, picture.now_s)
            self._owed.clear()
        sent_s = time.time()
        for id_, outlet in self._outlets.items():
            for record in outlet.due(picture):
                if outlet.guarded and outlet.first_time(record):
                    self._guarded.append((id_, record))
                else:
                    self.send(id_, record, sent_s)

    def send(self, link: str, record: Record, sent_s: float | None = None) -> None:
        """Say one record over one link; its times are moved onto the wall's clock.  KeyError for an unknown link.

        sent_s: when; what is said together has one.  SAPIENT knows no other time than that of sending, and its
        middleware refuses what is 0.9 s old, or detections of different times within 80 ms.
        """
        worker = self._workers[link]
        said = on_the_wall(record, worker.spec, time.time() if sent_s is None else sent_s, self._shift_s())
        worker.send(said)
        if link in self._replayers:
            self._replayers[link].keep(said)

    @property
    def waiting(self) -> dict[str, tuple[int, int]]:
        """Return of each link how much waits for the core, and how much to be said."""
        return {name: worker.waiting for name, worker in self._workers.items()}

    @property
    def connected(self) -> dict[str, bool]:
        """Return of each link whether a peer is connected."""
        return {name: worker.connected for name, worker in self._workers.items()}

    def spec_of(self, link: str) -> LinkSpec | None:
        """Return a link's settings, None for an unknown one."""
        return self._workers[link].spec if link in self._workers else None

    def close(self) -> None:
        """End all links."""
        for replayer in self._replayers.values():
            replayer.close()
        for worker in self._workers.values():
            worker.close()


def on_the_wall(record: Record, spec: LinkSpec, now_s: float, shift_s: float) -> Record:
    """Return a record as it is said at a moment: its times on the wall's clock, which the core's is ahead of.

    Among nodes it is our node that speaks; which person approved a task is a field of the task.
    """
    if spec.protocol not in NODE_PROTOCOLS:
        return moved(record, -shift_s) if shift_s else record
    return msgspec.structs.replace(moved(record, -shift_s), t_s=now_s, source=spec.node or record.source)


def moved(record: Record, by_s: float) -> Record:
    """Return a record with its own time and those until which it holds moved from one clock to another."""
    found = {name: getattr(record, name, None) for name in ("t_s", "stale_s", "until_s", "from_s", "to_s")}
    times = {name: at_s + by_s for name, at_s in found.items() if isinstance(at_s, int | float)}
    return msgspec.structs.replace(record, **times)


def kept_of(records: list[Record], spec: LinkSpec) -> list[PartnerWord]:
    """Return what another core is to be told of its messages once they are durable, also of those known before."""
    keys = [record.provenance[0].removeprefix(KEYED) for record in records if record.provenance]
    return (
        [
            PartnerWord(id=f"{spec.id}-kept", t_s=records[0].t_s, source=spec.node, state="kept", ref=key)
            for key in keys
        ]
        if spec.protocol == PARTNER
        else []
    )


def durable_of(records: list[Record]) -> list[NodeAnswer]:
    """Return what nodes are to be told of what they handed on from their stores once it is durable."""
    return [
        NodeAnswer(
            id=f"{record.id}-ack", t_s=record.t_s, source=record.source, provenance=(record.id,), node=record.node,
            to="replay", ref=str(record.to_number), state="accepted",
        )
        for record in records
        if isinstance(record, NodeReplay)
    ]  # fmt: skip


def receipts_of(records: list[Record]) -> list[ReportReceipt]:
    """Return what reporters are to be told of their reports once these are durable."""
    return [
        ReportReceipt(
            id=f"{record.id}-receipt", t_s=record.t_s, source="desk", provenance=(record.id,), reporter=record.source,
            number=record.number, accepted=True,
        )
        for record in records
        if isinstance(record, FieldReport | Inspection) and record.number is not None
    ]  # fmt: skip


def with_secrets(spec: LinkSpec, beside: Path) -> LinkSpec:
    """Return a link with what its site file may not hold, since the ledger keeps that: the password of its file."""
    where = spec.options.get("password_file")
    if where is None:
        return spec
    try:
        password = (beside / str(where)).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        rule = f"{where} cannot be read ({error})"
        raise BadInput(f"links[{spec.id}].options.password_file", rule, "give a file with one line") from None
    return msgspec.structs.replace(spec, options=spec.options | {"password": password})


def open_transport(spec: LinkSpec, beside: Path) -> Transport:
    """Return what carries a link; BadInput names the field of the site that cannot be used."""
    tls = None
    if spec.tls is not None:
        tls = Tls(beside / spec.tls.certificate, beside / spec.tls.key, beside / spec.tls.authority)
    try:
        if spec.protocol == "mqtt":
            from watchline.links.mqtt_transport import MqttClient

            return MqttClient(spec.address, spec.id, dict(spec.options), tls)
        if spec.address.startswith(PREFIX):
            return Udp(spec.address, listen=spec.direction == "listen")
        return TcpListen(spec.address, tls) if spec.direction == "listen" else TcpDial(spec.address, tls)
    except (OSError, ValueError) as error:
        if isinstance(error, BadInput):
            raise
        raise BadInput(f"links[{spec.id}].address", f"{spec.address} cannot be used ({error})") from None
