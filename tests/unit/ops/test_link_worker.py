"""A link at work over loopback: what comes, what is refused, what is counted, and silence."""

from __future__ import annotations

import queue
import socket
import time

import pytest

from watchline.domain.records import Chat, Drop, GroundReport, Rejection, SensorHealth
from watchline.domain.site import LinkSpec
from watchline.links import TableLine, _template
from watchline.links.transports import Event, TcpDial, TcpListen
from watchline.ops.link_worker import LinkWorker

LINE = TableLine("template", "watchline.links._template", ("ground_report",), 1.0, 30.0)


class Carrier:
    """A transport in memory.  Mutable."""

    def __init__(self) -> None:
        self.events: queue.Queue[Event] = queue.Queue()
        self.sent, self.hung_up, self.settled, self.drops = [], [], [], 0

    def send(self, data, channel=None):
        self.sent.append((channel, data))

    def hang_up(self, channel):
        self.hung_up.append(channel)

    def take_drops(self):
        drops, self.drops = self.drops, 0
        return drops

    def settle(self, tokens):
        self.settled += tokens

    def close(self):
        pass


def _until(holds, for_s=30.0):
    end_s = time.monotonic() + for_s
    while time.monotonic() < end_s:
        found = holds()
        if found:
            return found
        time.sleep(0.01)
    pytest.fail("it did not come")


def _worker(carrier, link=_template, line=LINE, now=time.time):
    return LinkWorker(LinkSpec(id="toy", protocol="template", address="h:1"), line, link, carrier, now)


@pytest.fixture
def carrier():
    return Carrier()


def _took(worker, count):
    items = []
    _until(lambda: items.extend(worker.take()) or len(items) >= count)
    return items


def test_channels_do_not_mix_their_halves(carrier) -> None:
    worker = _worker(carrier)
    for event in (
        Event("open", "1"), Event("open", "2"), Event("data", "1", b"ga"), Event("data", "2", b"we"),
        Event("data", "1", b"te,1\n"), Event("data", "2", b"st,2\n"),
    ):  # fmt: skip
        carrier.events.put(event)
    came = _took(worker, 2)
    worker.close()
    assert [(r.device, r.count) for r in came if isinstance(r, GroundReport)] == [("gate", 1), ("west", 2)]
    assert len({record.id for record in came}) == 2


def test_refusals_are_told_and_their_flood_is_one_record(carrier) -> None:
    worker = _worker(carrier, now=lambda: 1000.5)
    carrier.events.put(Event("open", "1"))
    carrier.events.put(Event("data", "1", b"bad\n" * 500))
    came = _took(worker, 20)
    time.sleep(0.1)
    came += worker.take()
    worker.close()
    assert len(came) == 20
    assert all(isinstance(record, Rejection) and record.what == "link toy" for record in came)


def test_what_breaks_off_with_its_connection_is_told(carrier) -> None:
    worker = _worker(carrier)
    for event in (Event("open", "1"), Event("data", "1", b"ga"), Event("closed", "1", cause="gone")):
        carrier.events.put(event)
    (told,) = _took(worker, 1)
    worker.close()
    assert "ends inside a message" in told.rule


def test_a_silent_link_is_dark_and_up_again_when_heard(carrier) -> None:
    clock = [1000.0]
    worker = _worker(carrier, now=lambda: clock[0])
    clock[0] += 31.0
    (dark,) = _took(worker, 1)
    assert isinstance(dark, SensorHealth)
    assert (dark.sensor, dark.state, dark.t_s) == ("link toy", "dark", 1000.0)
    carrier.events.put(Event("open", "1"))
    carrier.events.put(Event("data", "1", b"gate,1\n"))
    up, report = _took(worker, 2)
    worker.close()
    assert up.state == "up"
    assert isinstance(report, GroundReport)


def test_what_cannot_be_said_is_told_and_never_stops_the_link(carrier) -> None:
    worker = _worker(carrier)
    carrier.events.put(Event("open", "1"))
    time.sleep(0.1)
    worker.send(Chat(id="1", t_s=1.0, source="x", sender="a", to="b", text="c"))
    worker.send(GroundReport(id="2", t_s=1.0, source="x", device="gate", what="step", count=1))
    (told,) = _took(worker, 1)
    _until(lambda: carrier.sent)
    worker.close()
    assert "not sent" in told.rule
    assert carrier.sent == [(None, b"gate,1\n")]


def test_what_is_said_to_nobody_is_counted(carrier) -> None:
    worker = _worker(carrier)
    worker.send(GroundReport(id="2", t_s=1.0, source="x", device="gate", what="step", count=1))
    (drop,) = _took(worker, 1)
    worker.close()
    assert isinstance(drop, Drop)
    assert (drop.queue, drop.dropped) == ("link toy", 1)


def test_a_fault_of_our_own_is_told_and_the_link_begins_anew(carrier) -> None:
    class Faulty:
        NAME, FRAMING, Limits = "template", "stream", _template.Limits
        init, encode = staticmethod(_template.init), staticmethod(_template.encode)
        faults = 1

        def decode(self, state, data):
            if self.faults:
                self.faults -= 1
                raise ZeroDivisionError("a bug")
            return _template.decode(state, data)

    worker = _worker(carrier, link=Faulty())
    carrier.events.put(Event("open", "1"))
    carrier.events.put(Event("data", "1", b"gate,1\n"))
    (told,) = _took(worker, 1)
    assert "ZeroDivisionError" in told.rule
    _until(lambda: carrier.hung_up == ["1"])
    carrier.events.put(Event("open", "2"))
    carrier.events.put(Event("data", "2", b"gate,2\n"))
    (report,) = _took(worker, 1)
    worker.close()
    assert report.count == 2


def test_a_peer_hears_that_its_message_is_durable_only_after_it_was_taken(carrier) -> None:
    worker = _worker(carrier)
    carrier.events.put(Event("open", "1"))
    carrier.events.put(Event("data", "1", b"gate,1\n", token=77))
    _until(lambda: worker._unsettled)
    assert not worker.owes
    _took(worker, 1)
    assert worker.owes
    worker.settle()
    worker.close()
    assert carrier.settled == [77]


def _free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def test_a_client_finds_its_server_again() -> None:
    port = _free_port()
    dial = TcpDial(f"127.0.0.1:{port}")
    try:
        assert dial.events.get(timeout=30).kind == "closed"  # nobody is there yet
        for _ in range(2):
            listen = TcpListen(f"127.0.0.1:{port}")
            event = listen.events.get(timeout=10)
            assert event.kind == "open"
            listen.send(b"hello")
            _until(lambda: any(dial.events.get(timeout=30).data == b"hello" for _ in range(20)))
            listen.close()
    finally:
        dial.close()


def test_a_reader_that_does_not_keep_up_slows_the_peer_and_loses_nothing() -> None:
    listen = TcpListen("127.0.0.1:0")
    listen.events.maxsize = 4
    dial = TcpDial(f"127.0.0.1:{listen.port}")
    try:
        _until(lambda: dial.events.get(timeout=30).kind == "open")
        sent = b"".join(b"%07d\n" % k for k in range(200_000))
        dial.send(sent)
        time.sleep(0.3)
        got = bytearray()
        _until(lambda: got.extend(listen.events.get(timeout=30).data) or len(got) == len(sent))
        assert bytes(got) == sent
        assert dial.take_drops() == listen.take_drops() == 0
    finally:
        dial.close()
        listen.close()
