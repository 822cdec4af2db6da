"""The film of an alert comes from the tower whose camera saw it, whole, on demand, through cuts of the line."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest

from builders import T0_S, camera, scan, sighting, site, write_site
from ledger_builders import counting_salt
from many_builders import HandedOver
from running import free_port
from watchline.domain.batches import ScanBatch
from watchline.domain.errors import BadInput
from watchline.domain.frames import Frame
from watchline.domain.records import Clip
from watchline.domain.site import Site, Transport
from watchline.ledger.reader import LedgerReader
from watchline.ledger.writer import Ledger
from watchline.ops.cameras import CameraPool
from watchline.ops.clock import Clock
from watchline.ops.core import Core
from watchline.ops.many import films
from watchline.ops.many.films import FilmAsker, FilmGiver
from watchline.ops.many.message import bodies
from watchline.ops.many.nats_server import NatsServer, nats_server
from watchline.ops.many.nodes_feed import NodesFeed
from watchline.ops.many.outbox import Outbox
from watchline.ops.many.receiver import Receiver
from watchline.ops.many.sender import Sender
from watchline.ops.quiet import QuietFeed
from watchline.ops.resume import nothing_before
from watchline.ops.site_file import read_site

pytestmark = pytest.mark.slow

WAIT_S = 90.0
RATE_HZ = 4.0
EYE = camera("cam", input="film.mp4")


class Pictures:
    """A camera's pictures: noise with a warm spot that moves; a factory of itself, as a worker process takes it."""

    def __call__(self) -> Pictures:
        return self

    def frames(self, scene: object, t0_s: float, t1_s: float) -> list[Frame]:
        rng, out = np.random.default_rng(5), []
        for n in range(80):
            picture = rng.integers(3000, 3200, (64, 96)).astype(np.uint16)
            picture[30:34, n : n + 3] += 900
            out.append(Frame("cam", n, T0_S + (n + 1) / RATE_HZ, picture))
        return [frame for frame in out if t0_s < frame.t_s <= t1_s]


@pytest.fixture(scope="module")
def pool() -> Iterator[CameraPool]:
    made = CameraPool({0: Pictures()}, {0: RATE_HZ})
    made.look(None, T0_S, T0_S + 20.0)
    yield made
    made.close()


def _site() -> Site:
    return msgspec.structs.replace(site(EYE), transport=Transport(servers=("127.0.0.1:1",)))


def until(true: Callable[[], object], what: str) -> None:
    end_s = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < end_s, f"not within {WAIT_S:.0f} s: {what}"
        time.sleep(0.02)


def test_a_film_comes_whole_through_a_cut_of_the_line(
    tmp_path: Path, pool: CameraPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        nats_server()
    except BadInput as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(str(missing))
        pytest.skip(f"skipped: {missing}")
    monkeypatch.setattr(films, "PIECE", 50)
    spec, what = Transport(servers=(f"127.0.0.1:{free_port()}",)), _site()
    server = NatsServer(spec, 0, tmp_path, ())
    box, giver, asker = (
        Outbox(tmp_path / "o.db", "tower", 1 << 30),
        FilmGiver(what, "tower"),
        FilmAsker(what, ("tower",)),
    )
    receiver = Receiver(spec, None, films=asker)
    sender = Sender(box, spec.servers, None, time.time, films=giver)
    try:
        asker.want("A-1", 0, T0_S + 2.0, T0_S + 14.0)
        asker.want("A-1", 0, T0_S + 2.0, T0_S + 15.0)  # once, however often it is wanted
        until(lambda: giver.cut(pool) or len(asker._wanted["A-1"].got) > 200, "the first pieces")
        sender.close()
        so_far = len(asker._wanted["A-1"].got)
        sender = Sender(box, spec.servers, None, time.time, films=giver)
        asker.want("A-2", 0, T0_S - 500.0, T0_S - 480.0)  # there are no pictures of that time
        found: list[object] = []
        until(lambda: giver.cut(pool) or found.extend(asker.take()) or found, "the film")
        until(lambda: giver.cut(pool) or not asker._wanted, "the answer that there is none")
    finally:
        sender.close()
        receiver.close()
        box.close()
        server.stop()
    ((alert, sensor, cut),) = found  # type: ignore[misc]
    assert (alert, sensor) == ("A-1", 0)
    assert cut == pool.clip(0, T0_S + 2.0, T0_S + 14.0)
    assert 200 < so_far < len(cut.data)
    assert asker.take() == []


def test_what_is_no_ask_or_no_camera_of_the_node_has_no_film(pool: CameraPool) -> None:
    giver = FilmGiver(_site(), "tower")
    for ask in (b"", b"\xc1", films._ENCODE(films.Ask("A-1", "other", 0.0, 1.0, 0))):
        assert films._PIECE.decode(giver.answer(ask)).state == "none"
    ask = films.Ask("A-1", "cam", T0_S, T0_S + 5.0, 1 << 40)
    assert films._PIECE.decode(giver.answer(films._ENCODE(ask))).state == "wait"
    giver.cut(pool)
    assert films._PIECE.decode(giver.answer(films._ENCODE(ask))).state == "none"  # beyond its end


def test_an_alert_of_a_towers_camera_has_its_film_in_the_ledger(tmp_path: Path, pool: CameraPool) -> None:
    loaded = read_site(write_site(tmp_path / "site", _site()))
    source, asker, giver = HandedOver(), FilmAsker(loaded.site, ("tower",)), FilmGiver(loaded.site, "tower")
    core = Core(
        loaded, loaded.terrain(), NodesFeed(QuietFeed(), source, loaded.site, {}, films=asker), None,
        Ledger.create(tmp_path / "ledger", counting_salt()), Clock(T0_S - 60.0, 1.0), fidelity="detections", seed=1,
        simulated=True, before=nothing_before(loaded.site, loaded.line),
    )  # fmt: skip
    box = Outbox(tmp_path / "o.db", "tower", 1 << 30)
    for second in range(150):
        t_s = core.clock.now_s + 1.0
        seen = sighting(second, 0, EYE, t_s, [0.0, 1500.0 - 1.5 * second])
        looks = ScanBatch.join([scan(second, 0, t_s, az_rad=(-0.17, 0.17), range_m=4000.0, detections=1)])
        box.put(bodies((EYE.id,), looks, seen, (), t_s))
        source.deliver(box, [second + 1])
        core.tick()
        for name, one in list(asker._wanted.items()):  # what the line between them does
            answer = giver.answer(films._ENCODE(msgspec.structs.replace(one.ask, t0_s=T0_S + 1.0, t1_s=T0_S + 9.0)))
            giver.cut(pool)
            piece = films._PIECE.decode(answer)
            if piece.state == "film":
                cut = giver._films[name]
                assert cut is not None
                asker._done.append((name, one.sensor, cut))
                del asker._wanted[name]
        if core.counts["clips"]:
            break
    core.close()
    box.close()
    with LedgerReader(tmp_path / "ledger") as reader:
        (clip,) = [e.value for e in reader.events(["clip"])]
        assert isinstance(clip, Clip)
        payload = reader.payload(clip.payload_id)
    assert (clip.sensor, clip.media_type) == ("cam", "video/webm")
    assert clip.alert in core.picture.alerts
    assert payload is not None
    assert payload.data == pool.clip(0, T0_S + 1.0, T0_S + 9.0).data  # type: ignore[union-attr]
