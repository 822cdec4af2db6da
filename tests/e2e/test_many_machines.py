"""Towers and the core on machines of their own, joined by real message servers.

Here every machine is a process on the loopback; `WATCHLINE_LONG=1` makes the runs longer.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec
import numpy as np
import pytest

from builders import radar, scan, sighting, site, write_site
from many_builders import RADAR, times
from running import free_port
from watchline.domain.batches import DetectionBatch
from watchline.domain.errors import BadInput
from watchline.domain.nodes import NodeReceipt
from watchline.domain.site import Transport
from watchline.ledger import anchor
from watchline.ledger.reader import LedgerReader
from watchline.ops.many.message import Body, bodies
from watchline.ops.many.nats_server import NatsServer, nats_server, require_safe
from watchline.ops.many.neighbours import Neighbours, word
from watchline.ops.many.outbox import Outbox
from watchline.ops.many.receiver import Receiver
from watchline.ops.many.sender import Sender
from watchline.ops.picture import Picture

LONG = os.environ.get("WATCHLINE_LONG") == "1"
WAIT_S = 120.0
BIG = 1 << 30


pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _needs_the_server() -> None:
    """Skip by name where the server is not installed; where tests are gated that is a failure."""
    try:
        nats_server()
    except BadInput as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(str(missing))
        pytest.skip(f"skipped: {missing}")


def until(true: Callable[[], bool], what: str) -> None:
    end_s = time.monotonic() + WAIT_S
    while time.monotonic() < end_s:
        if true():
            return
        time.sleep(0.1)
    pytest.fail(f"not within {WAIT_S:.0f} s: {what}")


def transport(machines: int = 1) -> Transport:
    """Return where the servers of so many machines listen, and tell their settings."""
    return Transport(
        servers=tuple(f"127.0.0.1:{free_port()}" for _ in range(machines)),
        cluster=tuple(f"127.0.0.1:{free_port()}" for _ in range(machines * (machines > 1))),
        monitor=tuple(f"http://127.0.0.1:{free_port()}" for _ in range(machines)),
    )


class Serving:
    """`watchline serve` in a process of its own.  Mutable: it can be killed and started again."""

    def __init__(self, directory: Path, spec: Transport) -> None:
        own = msgspec.structs.replace(spec, start=False)
        what = msgspec.structs.replace(site(RADAR), transport=own)
        self.site, self.ledger = write_site(directory / "site", what), directory / "ledger"
        self.said = directory / "serve.log"
        self.start()

    def start(self) -> None:
        with self.said.open("ab") as said:
            self.process = subprocess.Popen(
                [
                    sys.executable, "-m", "watchline", "serve", str(self.site), "--headless", "--no-account",
                    "--ledger", str(self.ledger),
                ],
                stdout=said, stderr=said,
            )  # fmt: skip

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=60)

    def detections(self) -> list[float]:
        if not (self.ledger / anchor.NAME).exists():  # it is made last
            return []
        with LedgerReader(self.ledger) as reader:
            found = [b for b in reader.columns("detections") if isinstance(b, DetectionBatch)]
        return times(found) if found else []

    def receipts(self) -> list[NodeReceipt]:
        if not (self.ledger / anchor.NAME).exists():
            return []
        with LedgerReader(self.ledger) as reader:
            return [e.value for e in reader.events(["node_receipt"]) if isinstance(e.value, NodeReceipt)]


class Tower:
    """A tower's outbox and sender, and how many detections it made.  Mutable."""

    def __init__(self, directory: Path, name: str, spec: Transport, again_s: float = 2.0) -> None:
        self.box = Outbox(directory / f"{name}.outbox", name, BIG)
        self._spec, self._again_s = spec, again_s
        self.made: list[float] = []
        self.sender: Sender | None = None

    def connect(self) -> None:
        self.sender = Sender(self.box, self._spec.servers, None, time.time, self._again_s)

    def see(self, seconds_ago: float = 0.0, found: int = 1) -> None:
        """See something now, or so long ago; each with a time of its own."""
        t_s = round(time.time() - seconds_ago, 3) + 1e-6 * len(self.made)
        self.box.put(_at(t_s, len(self.made), found))
        self.made += [t_s] * found

    def close(self) -> None:
        if self.sender is not None:
            self.sender.close()
        self.box.close()


def _at(t_s: float, number: int, found: int) -> list[Body]:
    rows = [sighting(number, 0, RADAR, t_s, [0.0, 1500.0]) for _ in range(found)]
    return bodies((RADAR.id,), scan(number, 0, t_s, detections=found), DetectionBatch.join(rows), (), t_s)


@contextmanager
def servers(directory: Path, spec: Transport) -> Iterator[list[NatsServer]]:
    """Run the servers of all machines; those of a cluster wait for each other."""
    running: list[NatsServer] = []
    with ExitStack() as opened:
        for machine in range(len(spec.servers)):
            running.append(NatsServer(spec, machine, directory, ()))
            opened.callback(running[machine].stop)
        yield running


def test_a_tower_reaches_the_ledger_over_a_server_and_its_outbox_empties(tmp_path: Path) -> None:
    """The core is killed in the middle, twice; every detection lies in the ledger once."""
    spec = transport()
    with ExitStack() as opened:
        opened.enter_context(servers(tmp_path, spec))
        core = Serving(tmp_path, spec)
        opened.callback(core.stop)
        tower = Tower(tmp_path, "T-1", spec)
        opened.callback(tower.close)
        for k in range(50):
            tower.see(seconds_ago=72 * 3600.0 - k)  # three days alone
        tower.connect()
        for kill in range(6 if LONG else 2):
            for _ in range(30):
                tower.see(found=1 + kill % 3)
                time.sleep(0.02)
            until(lambda n=kill: len(core.receipts()) > n, "a receipt")
            core.kill()
            core.start()
        until(lambda: tower.box.messages == 0, f"the outbox is empty, {tower.sender and tower.sender.trouble}")
        core.stop()
        assert core.detections() == sorted(tower.made)
        assert sum(one.late_detections for one in core.receipts()) >= 50


class Pipe:
    """A wire between a tower and a server that can be cut, or left half open: nothing passes and nobody is told."""

    def __init__(self, to: str) -> None:
        host, port = to.split(":")
        self._to, self.passes = (host, int(port)), True
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                here, _ = self._listener.accept()
                there = socket.create_connection(self._to)
            except OSError:
                return
            for a, b in ((here, there), (there, here)):
                threading.Thread(target=self._carry, args=(a, b), daemon=True).start()

    def _carry(self, a: socket.socket, b: socket.socket) -> None:
        try:
            while data := a.recv(65536):
                while not self.passes:
                    time.sleep(0.05)
                b.sendall(data)
        except OSError:
            pass
        for one in (a, b):
            one.close()

    def close(self) -> None:
        self.passes = True
        self._listener.close()


def test_the_core_hears_how_each_node_is(tmp_path: Path) -> None:
    spec = transport()
    with ExitStack() as opened:
        opened.enter_context(servers(tmp_path, spec))
        receiver = Receiver(spec, None)
        opened.callback(receiver.close)
        tower = Tower(tmp_path, "T-1", spec)
        opened.callback(tower.close)
        for k in range(5):
            tower.see(seconds_ago=100.0 - k)
        tower.connect()
        until(lambda: "T-1" in receiver.states, "the tower's word")
        silent_s, state = receiver.states["T-1"]
        assert silent_s < WAIT_S
        assert (state.messages, state.oldest_s) == (5, tower.made[0])


def test_the_cores_of_one_line_hear_each_other(tmp_path: Path) -> None:
    spec, what = transport(), site(RADAR)
    with ExitStack() as opened:
        opened.enter_context(servers(tmp_path, spec))
        here = [Neighbours(what, k) for k in range(3)]
        for k, one in enumerate(here):
            picture = Picture(1, now_s=1000.0 + k)
            picture.heard_s[0] = 999.0
            one.outgoing = word(k, what, np.array([0]), picture)
            receiver = Receiver(spec, None, part=f"core-{k + 1}-3", nodes=(f"T-{k}",), neighbours=one)
            opened.callback(receiver.close)
        for k, one in enumerate(here):
            until(lambda one=one, k=k: set(one.parts(1001.0)) == {0, 1, 2} - {k}, "the others' words")  # type: ignore[misc]
            assert one.looks(1001.0).t_s.tolist() == [999.0, 999.0]


def test_a_half_open_connection_is_noticed_and_nothing_is_lost(tmp_path: Path) -> None:
    spec = transport()
    with ExitStack() as opened:
        opened.enter_context(servers(tmp_path, spec))
        core = Serving(tmp_path, spec)
        opened.callback(core.stop)
        pipe = Pipe(spec.servers[0])
        opened.callback(pipe.close)
        tower = Tower(tmp_path, "T-1", msgspec.structs.replace(spec, servers=(pipe.address,)))
        opened.callback(tower.close)
        tower.connect()
        tower.see()
        until(lambda: tower.box.messages == 0, "the first arrives")
        pipe.passes = False
        for _ in range(20):
            tower.see()
        sender = tower.sender
        assert sender is not None
        until(lambda: not sender.connected, "the tower notices")
        pipe.passes = True
        until(lambda: tower.box.messages == 0, "the rest arrives")
        core.stop()
        assert core.detections() == sorted(tower.made)


def test_a_cluster_loses_its_leader_and_no_detection(tmp_path: Path) -> None:
    spec = transport(3)
    with ExitStack() as opened:
        running = opened.enter_context(servers(tmp_path, spec))
        core = Serving(tmp_path, spec)
        opened.callback(core.stop)
        towers = [Tower(tmp_path, f"T-{k}", spec) for k in range(3)]
        for tower in towers:
            opened.callback(tower.close)
            tower.connect()
            tower.see()
        until(lambda: all(tower.box.messages == 0 for tower in towers), "the first of each arrives")
        for round_ in range(3 if LONG else 1):
            victim = _leader(spec)
            running[victim].kill()
            for _ in range(20):
                for tower in towers:
                    tower.see()
                time.sleep(0.02)
            until(lambda: all(tower.box.messages == 0 for tower in towers), "all arrives without the leader")
            running[victim] = NatsServer(spec, victim, tmp_path, ())
            opened.callback(running[victim].stop)
            assert round_ >= 0
        core.stop()
        assert core.detections() == sorted(t for tower in towers for t in tower.made)


def _leader(spec: Transport) -> int:
    """Return which machine leads the stream."""
    import asyncio

    from watchline.ops.many.wire import STREAM, connected, let_go

    async def ask() -> str:
        client = await connected(spec.servers, None, "test")
        try:
            info = await client.jetstream(timeout=10.0).stream_info(STREAM)
            assert info.cluster is not None
            return str(info.cluster.leader)
        finally:
            await let_go(client)

    return int(asyncio.run(ask()).rpartition("-")[2]) - 1


def test_a_server_that_acknowledges_too_soon_is_refused_in_one_line(tmp_path: Path) -> None:
    port, web = free_port(), free_port()
    for sync, fine in ((None, False), ("always", True)):
        store = {"store_dir": str(tmp_path / "x")} | ({"sync_interval": sync} if sync else {})
        config = tmp_path / "n.conf"
        config.write_bytes(msgspec.json.encode({"port": port, "http": f"127.0.0.1:{web}", "jetstream": store}))
        process = subprocess.Popen([nats_server(), "-c", str(config)], stderr=subprocess.DEVNULL)
        try:
            until(lambda: _answers(web), "the server's monitoring")
            spec = Transport(servers=(f"127.0.0.1:{port}",), start=False, monitor=(f"http://127.0.0.1:{web}",))
            if fine:
                require_safe(spec)
            else:
                with pytest.raises(BadInput, match="acknowledges messages that are not on its disk"):
                    require_safe(spec)
        finally:
            process.kill()
            process.wait()


def test_a_stream_that_is_not_on_the_disk_is_refused_in_one_line(tmp_path: Path) -> None:
    import asyncio

    from watchline.ops.many.receiver import Receiver
    from watchline.ops.many.wire import LIVE, STREAM, connected, let_go

    async def make_a_bad_one(spec: Transport) -> None:
        from nats.js.api import StorageType, StreamConfig

        client = await connected(spec.servers, None, "test")
        await client.jetstream().add_stream(
            StreamConfig(name=STREAM, subjects=[f"{LIVE}.*"], storage=StorageType.MEMORY)
        )
        await let_go(client)

    spec = transport()
    with servers(tmp_path, spec):
        asyncio.run(make_a_bad_one(spec))
        receiver = Receiver(spec, None)
        said: list[str] = []

        def refused() -> bool:
            try:
                receiver.take(1, 1)
            except BadInput as error:
                said.append(str(error))
            return bool(said)

        until(refused, "the core refuses")
        receiver.close()
        assert "keeps 1 of 1 copies" in said[0]


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1.0).close()
    except OSError:
        return False
    return True


def test_the_verbs_node_and_serve_watch_a_simulated_line_together(tmp_path: Path) -> None:
    from small_site import write_small_site
    from watchline.ops.site_file import read_site, site_text

    path = write_small_site(tmp_path / "site", 6_000.0)
    loaded = read_site(path)
    spec = transport()
    path.write_text(site_text(msgspec.structs.replace(loaded.site, transport=spec)), encoding="utf-8")
    post = next(s.post for s in loaded.site.sensors if s.kind == "radar" and s.post)
    core = subprocess.Popen(
        [
            sys.executable, "-m", "watchline", "serve", str(path), "--headless", "--no-account", "--json",
            "--ledger", str(tmp_path / "ledger"),
        ],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    command = [sys.executable, "-m", "watchline", "node", str(path), "--name", str(post), "--json"]
    node = subprocess.Popen(
        [*command, "--outbox", str(tmp_path / "o.db")], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        until(lambda: _scans(tmp_path / "ledger") >= 5 or core.poll() is not None or node.poll() is not None, "looks")
        for process in (node, core):
            process.terminate()
        said = [process.communicate(timeout=60) for process in (node, core)]
        assert [node.returncode, core.returncode] == [0, 0], said
        assert msgspec.json.decode(said[0][0])["node"] == post
        assert _scans(tmp_path / "ledger") >= 5
    finally:
        for process in (node, core):
            process.kill()
            process.wait()


def _scans(ledger: Path) -> int:
    if not (ledger / anchor.NAME).exists():  # written last, when a ledger is made
        return 0
    with LedgerReader(ledger) as reader:
        return sum(
            one.scans for one in (e.value for e in reader.events(["node_receipt"])) if isinstance(one, NodeReceipt)
        )


def test_other_sensors_than_the_sites_are_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    from watchline.cli import main

    path = write_site(tmp_path / "site", site(radar()))
    with pytest.raises(SystemExit) as over:
        main(["node", str(path), "--name", "T-9"])
    assert over.value.code == 2
    assert "transport: is missing" in capsys.readouterr().err
