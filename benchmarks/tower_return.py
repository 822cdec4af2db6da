"""A tower comes back after 72 hours alone: how soon is the picture right again, and how long does the history take?

    python benchmarks/tower_return.py [--messages 10000]

A real outbox, message server (one, every message flushed) and the core's feed; the tower goes on seeing somebody
twice a second.  "first" is the time from the tower's first try to connect until what it sees now reached the core's
feed.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from many_machines import made

from watchline.domain.site import Sensor, Transport
from watchline.ops.many.message import Body, bodies
from watchline.ops.many.nats_server import NatsServer
from watchline.ops.many.nodes_feed import NodesFeed, NodesStep
from watchline.ops.many.outbox import Outbox
from watchline.ops.many.receiver import Receiver
from watchline.ops.many.sender import Sender
from watchline.ops.quiet import QuietFeed
from watchline.sim.demo import demo_site

ALONE_S = 72 * 3600.0
PORT = 14222


def seen(radar: Sensor, number: int, t_s: float, rng: np.random.Generator) -> list[Body]:
    """Return one look with one detection."""
    scan, detections = made(0, radar, number, t_s, 1, rng)
    return bodies((radar.id,), scan, detections, (), t_s)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=10_000)
    count = parser.parse_args().messages
    demo, rng = demo_site(1, length_m=12_000.0), np.random.default_rng(1)
    radar = next(s for s in demo.site.sensors if s.kind == "radar")
    spec = Transport(servers=(f"127.0.0.1:{PORT}",))
    with tempfile.TemporaryDirectory() as where:
        server = NatsServer(spec, 0, Path(where), ())
        box = Outbox(Path(where) / "tower.outbox", "tower", 1 << 32)
        before_s = time.time()
        step_s = (ALONE_S - 60.0) / count
        box.put([b for k in range(count) for b in seen(radar, k, before_s - ALONE_S + k * step_s, rng)])
        receiver = Receiver(spec, None)
        feed = NodesFeed(QuietFeed(), receiver, demo.site, {})
        while not receiver.connected:
            time.sleep(0.05)
        sender, began_s = Sender(box, spec.servers, None, time.time), time.monotonic()
        late, number, put_s, first_s = 0, count, 0.0, 0.0
        ages: list[float] = []
        while late < count:
            if time.monotonic() - put_s > 0.5:
                put_s, number = time.monotonic(), number + 1
                box.put(seen(radar, number, time.time(), rng))
            step = feed.step(time.time())
            assert isinstance(step, NodesStep)
            late += len(step.late_detections)
            ages += (time.time() - step.detections.t_s).tolist()
            if not first_s and ages:
                first_s = time.monotonic() - began_s
            feed.receipts(time.time())
            feed.sealed(1)
            feed.durable(1, time.time())
            time.sleep(0.05)
        print(
            f"{count} messages of 72 hours: first {first_s:.2f} s, oldest of what is seen now {max(ages):.2f} s,"
            f" median {float(np.median(ages)):.2f} s; the history in {time.monotonic() - began_s:.1f} s"
        )
        sender.close()
        receiver.close()
        server.stop()


if __name__ == "__main__":
    main()
