"""Forty towers and three core machines on one host: detections a second into the ledger, and what each part costs.

    python benchmarks/many_machines.py [--rate 20000] [--seconds 20] [--shards 1,3] [--nodes 40] [--machines 3]
                                       [--kill-leader] [--namespaces]

Towers write real outboxes (synchronous FULL), three message servers keep two of three copies on the disk before they
acknowledge, and `watchline serve` tracks and keeps everything in its ledger; nothing is left out.  Every detection is
looked for in the ledger afterwards, and must be there once.  With --namespaces each server has a network of its own
(root, iproute2).  "kept up" is how many detections were durable when the towers stopped making more; the drain is
how long the rest took.  Processor time is per 1 000 detections.  On a host with few cores all parts share them: the
model for a site is their sum.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import msgspec
import numpy as np

from watchline.domain.batches import DetectionBatch, ScanBatch
from watchline.domain.site import Sensor, Transport
from watchline.ledger.reader import LedgerReader
from watchline.ledger.store import LEDGER_DB
from watchline.ops.many.message import bodies
from watchline.ops.many.nats_server import nats_server, settings
from watchline.ops.many.node import nodes_of, sensors_of
from watchline.ops.many.outbox import Outbox
from watchline.ops.many.sender import Sender
from watchline.ops.site_file import read_site, site_text
from watchline.sim.demo import demo_site
from watchline.sources.elevation import write_terrain

TICK_S = 0.2
NET = "10.77.0"


def made(sensor: int, spec: Sensor, number: int, t_s: float, found: int, rng: np.random.Generator) -> tuple:  # type: ignore[type-arg]
    """Return one look of a radar with so many detections all over its range."""
    nan = np.full(found, np.nan)
    scan = ScanBatch(
        np.array([number], np.int32), np.array([sensor], np.int32), np.array([t_s]), np.zeros(1),
        np.full(1, 2 * np.pi), np.array([spec.max_range_m]), np.full(1, np.nan), np.array([found], np.int32),
    )  # fmt: skip
    detections = DetectionBatch(
        np.full(found, number, np.int32), np.full(found, sensor, np.int32), np.ones(found, np.uint8),
        np.full(found, t_s), rng.uniform(0, 2 * np.pi, found), rng.uniform(200, spec.max_range_m, found),
        np.full(found, 1e-3), np.full(found, 10.0), rng.normal(0, 1, found), nan, nan, np.full(found, 10.0),
        np.tile([0.4, 0.1, 0.1, 0.4], (found, 1)), np.full(found, -1, np.int32), np.full((found, 4), np.nan),
    )  # fmt: skip
    return scan, detections


def towers(path: Path, names: list[str], each: int, seconds: float, directory: Path) -> None:
    """Be some towers: see so many detections a second each, then wait until the core has all of them."""
    loaded = read_site(path)
    spec, rng = loaded.site.transport, np.random.default_rng(hash(tuple(names)) % 2**32)
    assert spec is not None
    ids = tuple(s.id for s in loaded.site.sensors)
    boxes = [Outbox(directory / f"{name}.outbox", name, 1 << 32) for name in names]
    senders = [Sender(box, spec.servers, None, time.time) for box in boxes]
    radar = {name: next(k for k in sensors_of(loaded.site, name)) for name in names}
    end_s, total, number = time.monotonic() + seconds, 0, 0
    due_s = time.monotonic()
    while time.monotonic() < end_s:
        for name, box in zip(names, boxes, strict=True):
            k, found = radar[name], round(each * TICK_S)
            number += 1
            scan, detections = made(k, loaded.site.sensors[k], number, time.time(), found, rng)
            box.put(bodies(ids, scan, detections, (), time.time()))
            total += found
        due_s += TICK_S
        time.sleep(max(0.0, due_s - time.monotonic()))
    print(f"made {total}", flush=True)
    while any(box.messages for box in boxes):
        time.sleep(0.2)
    print("empty", flush=True)
    for sender in senders:
        sender.close()


def network(machines: int) -> list[str]:
    """Make a network of namespaces, and return their names; `unmake` removes them."""
    names = [f"wlcore{k + 1}" for k in range(machines)]
    run = lambda *words: subprocess.run(words, check=True)  # noqa: E731
    run("ip", "link", "add", "wlbridge", "type", "bridge")
    run("ip", "addr", "add", f"{NET}.254/24", "dev", "wlbridge")
    run("ip", "link", "set", "wlbridge", "up")
    for k, name in enumerate(names):
        run("ip", "netns", "add", name)
        run("ip", "link", "add", f"wlv{k}", "type", "veth", "peer", "name", "eth0", "netns", name)
        run("ip", "link", "set", f"wlv{k}", "master", "wlbridge", "up")
        run("ip", "-n", name, "addr", "add", f"{NET}.{k + 1}/24", "dev", "eth0")
        run("ip", "-n", name, "link", "set", "eth0", "up")
        run("ip", "-n", name, "link", "set", "lo", "up")
    return names


def unmake(names: list[str]) -> None:
    for name in names:
        subprocess.run(["ip", "netns", "del", name], check=False)
    subprocess.run(["ip", "link", "del", "wlbridge"], check=False)


def make_site(directory: Path, nodes: int, machines: int, hosts: list[str]) -> tuple[Path, Transport, list[str]]:
    """Write a line with a radar at each of so many posts, a fifth of them neighbours' overlap."""
    demo = demo_site(1, length_m=20_000.0)
    radar = next(s for s in demo.site.sensors if s.kind == "radar")
    lonlat = demo.line.lonlat_deg
    at = lonlat[np.linspace(0, len(lonlat) - 1, nodes).astype(int)]
    sensors = tuple(
        msgspec.structs.replace(radar, id=f"R-{k:02}", post=None, lon_deg=float(p[0]), lat_deg=float(p[1]),
                                max_range_m=2000.0, scan_period_s=TICK_S, node=None)
        for k, p in enumerate(at)
    )  # fmt: skip
    spec = Transport(
        servers=tuple(f"{host}:{14222 + k}" for k, host in enumerate(hosts)),
        cluster=tuple(f"{host}:{16222 + k}" for k, host in enumerate(hosts)) if machines > 1 else (),
        monitor=tuple(f"http://{host}:{18222 + k}" for k, host in enumerate(hosts)),
        start=False,
    )
    site = msgspec.structs.replace(demo.site, sensors=sensors, references=(), transport=spec, simulation=None)
    write_terrain(directory / "terrain.tif", demo.terrain, demo.line.frame)
    for name, data in demo.files.items():
        (directory / name).write_bytes(data)
    path = directory / "site.toml"
    path.write_text(site_text(site), encoding="utf-8")
    return path, spec, list(nodes_of(site))


def processor_s(process: subprocess.Popen) -> float:  # type: ignore[type-arg]
    """Return the processor time a running process has used."""
    try:
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def kept(ledgers: list[Path]) -> tuple[int, int]:
    """Return how many detections the ledgers hold, and how many different ones."""
    rows, different = 0, 0
    for ledger in ledgers:
        if (ledger / LEDGER_DB).exists():
            with LedgerReader(ledger) as reader:
                parts = [
                    np.column_stack([b.sensor, b.t_s, b.bearing_rad])
                    for b in reader.columns("detections") if isinstance(b, DetectionBatch)
                ]  # fmt: skip
            if parts:
                rows += sum(map(len, parts))
                different += len(np.unique(np.concatenate(parts), axis=0))
    return rows, different


def once(options: argparse.Namespace, shards: int) -> None:
    """Run once and say what was measured."""
    names = network(options.machines) if options.namespaces else []
    hosts = [f"{NET}.{k + 1}" for k in range(options.machines)] if names else ["127.0.0.1"] * options.machines
    running: list[subprocess.Popen] = []  # type: ignore[type-arg]
    try:
        with tempfile.TemporaryDirectory() as where:
            directory = Path(where)
            path, spec, nodes = make_site(directory, options.nodes, options.machines, hosts)
            servers = []
            for k in range(options.machines):
                store = directory / f"store{k}"
                store.mkdir()
                (store / "nats.conf").write_bytes(msgspec.json.encode(settings(spec, k, directory, store, ())))
                inside = ["ip", "netns", "exec", names[k]] if names else []
                command = [*inside, nats_server(), "-c", str(store / "nats.conf")]
                servers.append(subprocess.Popen(command, stderr=subprocess.DEVNULL))
            running += servers
            ledgers = [directory / f"ledger{k}" for k in range(shards)]
            cores = [
                subprocess.Popen(
                    [
                        sys.executable, "-m", "watchline", "serve", str(path), "--headless", "--no-account",
                        "--ledger", str(ledger), "--shard", f"{k + 1}/{shards}",
                    ],
                    stdout=subprocess.DEVNULL,
                )
                for k, ledger in enumerate(ledgers)
            ]  # fmt: skip
            running += cores
            while not all((ledger / LEDGER_DB).exists() for ledger in ledgers):
                time.sleep(0.2)
            time.sleep(12.0)  # compiled loops are loaded, the cluster has its leader
            measure(options, shards, path, spec, nodes, directory, servers, cores, ledgers, running)
    finally:
        for process in running:
            process.kill()
            process.wait()
        unmake(names) if names else None


def measure(options, shards, path, spec, nodes, directory, servers, cores, ledgers, running) -> None:  # type: ignore[no-untyped-def]
    groups = 2
    before = [sum(map(processor_s, part)) for part in (servers, cores)]
    began_s = time.monotonic()
    makers = [
        subprocess.Popen(
            [sys.executable, __file__, "--towers", ",".join(nodes[k::groups]), "--site", str(path), "--where",
             str(directory), "--rate", str(options.rate / len(nodes)), "--seconds", str(options.seconds)],
            stdout=subprocess.PIPE, text=True,
        )
        for k in range(groups)
    ]  # fmt: skip
    running += makers
    if options.kill_leader:
        threading.Timer(options.seconds / 2, servers[0].kill).start()
    total = sum(int(m.stdout.readline().split()[1]) for m in makers)
    made_s = time.monotonic() - began_s
    so_far = kept(ledgers)[0]
    made_cpu = sum(map(processor_s, makers))
    for m in makers:
        m.stdout.readline()
    drained_s = time.monotonic() - began_s - made_s
    used = [sum(map(processor_s, part)) - b for part, b in zip((servers, cores), before, strict=True)]
    rows, different = kept(ledgers)
    per = 1000.0 / total
    print(
        f"{len(nodes)} nodes, {options.machines} machines, {shards} shard(s), asked {options.rate:.0f}/s:"
        f" made {total} in {made_s:.1f} s, kept up {so_far / total:.3f}, drain {drained_s:.1f} s ="
        f" {total / (made_s + drained_s):.0f}/s; in the ledger {rows}, different {different},"
        f" {'each once' if rows == different == total else 'WRONG'}; processor ms per 1000: towers"
        f" {1000 * made_cpu * per:.1f}, servers {1000 * used[0] * per:.1f}, cores {1000 * used[1] * per:.1f}"
        f" (load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores)",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=20_000.0)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--nodes", type=int, default=40)
    parser.add_argument("--machines", type=int, choices=(1, 3), default=3)
    parser.add_argument("--shards", default="1,3")
    parser.add_argument("--kill-leader", action="store_true")
    parser.add_argument("--namespaces", action="store_true")
    for name in ("--towers", "--site", "--where"):
        parser.add_argument(name, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.towers:
        towers(
            Path(options.site), options.towers.split(","), round(options.rate), options.seconds, Path(options.where)
        )
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that nothing is left running
    for shards in map(int, options.shards.split(",")):
        once(options, shards)


if __name__ == "__main__":
    main()
