"""A real broker (mosquitto): a subscriber that is away loses nothing, and what comes twice counts once."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("paho.mqtt.client")

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from peer_tools import debian_program, free_port, site_with
from watchline.domain.records import GroundReport, Rejection
from watchline.domain.site import LinkSpec
from watchline.links import mqtt
from watchline.links.mqtt_transport import MqttClient
from watchline.ops.link_hub import LinkHub
from watchline.ops.picture import Picture

pytestmark = pytest.mark.slow

# A minute of absence is a minute of absence: the long form is for `make soak`.
PROBE = "probe"
AWAY_S = 60.0 if os.environ.get("WATCHLINE_LONG") else 5.0


class Broker:
    """A running mosquitto that can be killed and started again, its store on disk.  Mutable."""

    def __init__(self, where: Path) -> None:
        self.port, self._program = free_port(), debian_program("mosquitto", "mosquitto")
        self._config = where / "mosquitto.conf"
        user = "user root\n" if os.geteuid() == 0 else ""
        self._config.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence true\n{user}"
            f"persistence_location {where}/\nautosave_interval 1\nmax_inflight_messages 1000\nmax_queued_messages 0\n"
        )
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [self._program, "-c", str(self._config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        end_s = time.monotonic() + 60.0
        while True:
            assert self._process.poll() is None, "mosquitto did not start"
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            assert time.monotonic() < end_s, "mosquitto does not listen"
            time.sleep(0.05)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    running = Broker(tmp_path)
    yield running
    running.stop()


def _hub(broker: Broker) -> LinkHub:
    return LinkHub(site_with(LinkSpec(id="ground", protocol="mqtt", address=f"127.0.0.1:{broker.port}")), time.time)


def _message(k: int) -> bytes:
    return mqtt.encode(
        GroundReport(id="r", t_s=time.time(), source="s", device=f"gate-{k % 7}", what="touch", count=k)
    )


class Sensors:
    """A client of the broker that publishes for many devices.  Mutable."""

    def __init__(self, broker: Broker) -> None:
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="sensors")
        self._client.max_inflight_messages_set(1000)
        self._client.connect("127.0.0.1", broker.port)
        self._client.loop_start()

    def say(self, data: bytes) -> None:
        topic, _, payload = data.partition(b"\n")
        self._client.publish(topic.decode(), payload, qos=1).wait_for_publish(60.0)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def _subscribed(hub: LinkHub, say: Callable[[bytes], None]) -> None:
    """Wait until the hub hears what is published: what comes before it has subscribed is for nobody."""
    end_s, count = time.monotonic() + 90.0, 0
    while not any(isinstance(record, GroundReport) and record.device == PROBE for record in hub.take()):
        assert time.monotonic() < end_s, "the link never subscribed"
        say(mqtt.encode(GroundReport(id="p", t_s=time.time(), source="s", device=PROBE, what="quiet", count=count)))
        hub.publish(Picture(0), lambda: None)
        count += 1
        time.sleep(0.05)


def _counts(came: list) -> list[int]:
    return sorted(r.count for r in came if isinstance(r, GroundReport) and r.device != PROBE)


def _take(hub: LinkHub, came: list, count: int, for_s: float = 90.0) -> None:
    picture, end_s = Picture(0), time.monotonic() + for_s
    while time.monotonic() < end_s and len(_counts(came)) < count:
        came += hub.take()
        hub.publish(picture, lambda: None)
        time.sleep(0.02)
    time.sleep(0.5)
    came += hub.take()
    hub.publish(picture, lambda: None)


def test_what_comes_while_we_are_away_is_kept_for_us_and_counts_once(broker: Broker) -> None:
    hub, came, sensors = _hub(broker), [], Sensors(broker)
    sent = [_message(k) for k in range(300)]
    try:
        _subscribed(hub, sensors.say)
        for data in sent[:50]:
            sensors.say(data)
        _take(hub, came, 50)
        hub.close()
        gone_s = time.monotonic()
        for data in sent[50:250]:
            sensors.say(data)
        for data in sent[60:80]:
            sensors.say(data)  # a gateway that says it again
        time.sleep(max(0.0, AWAY_S - (time.monotonic() - gone_s)))
        hub = _hub(broker)
        _take(hub, came, 250)
        for data in sent[250:]:
            sensors.say(data)
        _take(hub, came, 300)
    finally:
        hub.close()
        sensors.close()
    assert [record for record in came if isinstance(record, Rejection)] == []
    assert _counts(came) == list(range(300))


def test_what_was_not_durable_when_we_died_comes_again(broker: Broker) -> None:
    hub, sensors = _hub(broker), Sensors(broker)
    try:
        _subscribed(hub, sensors.say)
        for k in range(20):
            sensors.say(_message(k))
        end_s = time.monotonic() + 90.0
        lost: list = []
        while time.monotonic() < end_s and len(_counts(lost)) < 20:
            lost += hub.take()  # taken, and never made durable: nothing is acknowledged
            time.sleep(0.02)
        assert len(_counts(lost)) == 20
        hub.close()
        hub, came = _hub(broker), []
        _take(hub, came, 20)
    finally:
        hub.close()
        sensors.close()
    assert _counts(came) == list(range(20))


def test_a_broker_that_restarts_is_found_again_and_what_we_say_meanwhile_waits(broker: Broker) -> None:
    said = MqttClient(f"127.0.0.1:{broker.port}", "speaker", {"topics": "none"})
    hub, came = _hub(broker), []
    try:
        _subscribed(hub, said.send)
        broker.stop()
        for k in range(30):
            said.send(_message(k))
        broker.start()
        _take(hub, came, 30)
        assert said.take_drops() == 0
    finally:
        hub.close()
        said.close()
    assert _counts(came) == list(range(30))
