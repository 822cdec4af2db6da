"""An MQTT client as a transport: a session that outlives the connection, acknowledgements only for what is durable.

The broker keeps what comes while we are away, because the client id never changes and the session is not clean.  A
message is acknowledged when the ledger has it (`settle`), so one that came just before a crash comes again.  What is
published while the broker is away waits in a bounded queue; what does not fit is counted.
A broker hands out few messages before it wants acknowledgements (mosquitto: `max_inflight_messages`, 20): raise it to
1000 where a backlog must drain quickly.
"""

from __future__ import annotations

import queue
import threading
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties

from watchline.links.transports import EVENTS_BOUND, LONGEST_RETRY_S, SEND_BOUND, Event, Tls, address_of

KEEP_ALIVE_S = 20
CHANNEL = "broker"
TOPICS = "watchline/fence/+ watchline/geophone/+ watchline/weather/+ application/+/device/+/event/+"


class MqttClient:
    """A broker's client.  Mutable: paho's thread runs it.

    options: topics (separated by blanks), client_id, user, password.
    """

    def __init__(self, address: str, name: str, options: dict[str, Any], tls: Tls | None = None) -> None:
        self.events: queue.Queue[Event] = queue.Queue(EVENTS_BOUND)
        self._topics = str(options.get("topics", TOPICS)).split()
        self._stop, self._drops, self._lock = threading.Event(), 0, threading.Lock()
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=str(options.get("client_id", f"watchline-{name}")),
            clean_session=False,
            protocol=paho.MQTTv311,
            manual_ack=True,
        )
        if options.get("user"):
            client.username_pw_set(str(options["user"]), options.get("password"))
        if tls is not None:
            client.tls_set_context(tls.context(server=False))
        client.max_queued_messages_set(SEND_BOUND)
        client.reconnect_delay_set(1, round(LONGEST_RETRY_S))
        client.on_connect, client.on_disconnect, client.on_message = self._connected, self._lost, self._came
        self._client = client
        host, port = address_of(address)
        client.connect_async(host, port, KEEP_ALIVE_S)
        client.loop_start()

    def _put(self, event: Event) -> None:
        while not self._stop.is_set():
            try:
                self.events.put(event, timeout=0.5)
            except queue.Full:
                continue
            return

    def _connected(
        self, client: paho.Client, _: Any, flags: Any, reason: Any, properties: Properties | None = None
    ) -> None:
        if reason.is_failure:
            self._put(Event("closed", "", cause=f"the broker refused: {reason}"))
            return
        self._put(Event("open", CHANNEL))
        client.subscribe([(topic, 1) for topic in self._topics])

    def _lost(
        self, client: paho.Client, _: Any, flags: Any, reason: Any, properties: Properties | None = None
    ) -> None:
        self._put(Event("closed", CHANNEL, cause=str(reason)))

    def _came(self, client: paho.Client, _: Any, message: paho.MQTTMessage) -> None:
        data = message.topic.encode() + b"\n" + message.payload
        # QoS rides along with the number: a message without one needs no acknowledgement.
        self._put(Event("data", CHANNEL, data, token=message.mid if message.qos else -1))

    def send(self, data: bytes, channel: str | None = None) -> None:
        """Publish a message; it waits while the broker is away."""
        topic, _, payload = data.partition(b"\n")
        info = self._client.publish(topic.decode(), payload, qos=1)
        if info.rc == paho.MQTT_ERR_QUEUE_SIZE:
            with self._lock:
                self._drops += 1

    def hang_up(self, channel: str) -> None:
        """Do nothing: one bad message of one sensor is no reason to leave the broker."""

    def take_drops(self) -> int:
        """Return how many messages did not fit while the broker was away."""
        with self._lock:
            drops, self._drops = self._drops, 0
        return drops

    def settle(self, tokens: list[int]) -> None:
        """Acknowledge these messages: they are durable here."""
        for token in tokens:
            self._client.ack(token, 1)

    def close(self) -> None:
        """Leave; the broker keeps what comes meanwhile."""
        self._stop.set()
        self._client.disconnect()
        self._client.loop_stop()
