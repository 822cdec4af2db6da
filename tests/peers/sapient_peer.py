"""A SAPIENT node of another make, for tests: its own binding (sapient-pydantic), its own venv, its own framing.

python sapient_peer.py edge|parent PORT     prints one JSON line for each thing it said or heard
"""

from __future__ import annotations

import json
import socket
import struct
import sys
import uuid
from datetime import UTC, datetime
from typing import Any

from google.protobuf import json_format
from sapient_msg.bsi_flex_335_v2_0 import sapient_message_pb2
from sapient_msg_pydantic.bsi_flex_335_v2_0.sapient_message import SapientMessage
from ulid import ULID

ME = str(uuid.UUID("3f2b8a52-0d5c-4a4e-9a55-9a52f0f7c001"))
LAT_LNG, WGS84 = "LOCATION_COORDINATE_SYSTEM_LAT_LNG_DEG_M", "LOCATION_DATUM_WGS84_E"
SECONDS = {"units": "TIME_UNITS_SECONDS", "value": 5}

REGISTRATION = {
    "nodeDefinition": [{"nodeType": "NODE_TYPE_CAMERA"}],
    "icdVersion": "BSI Flex 335 v2.0",
    "name": "camera of another make",
    "capabilities": [{"category": "EO", "type": "thermal"}],
    "statusDefinition": {"statusInterval": SECONDS},
    "modeDefinition": [
        {
            "modeName": "Default",
            "modeType": "MODE_TYPE_PERMANENT",
            "settleTime": SECONDS,
            "detectionDefinition": [
                {
                    "locationType": {
                        "rangeBearingUnits": "RANGE_BEARING_COORDINATE_SYSTEM_DEGREES_M",
                        "rangeBearingDatum": "RANGE_BEARING_DATUM_TRUE",
                    },
                    "detectionClassDefinition": [{"classDefinition": [{"type": "Human"}, {"type": "Animal"}]}],
                }
            ],
            "task": {
                "regionDefinition": {
                    "regionType": ["REGION_TYPE_AREA_OF_INTEREST"],
                    "regionArea": [{"locationUnits": LAT_LNG, "locationDatum": WGS84}],
                }
            },
        }
    ],
    "configData": [{"manufacturer": "Another", "model": "One"}],
}


class Wire:
    """A connection that speaks whole messages, each through the other binding's models.  Mutable."""

    def __init__(self, sock: socket.socket) -> None:
        sock.settimeout(20.0)
        self._sock = sock

    def say(self, destination: str = "", **content: Any) -> None:
        said = {"timestamp": datetime.now(UTC).isoformat(), "nodeId": ME, **content}
        if destination:
            said["destinationId"] = destination
        parsed = json_format.ParseDict(said, sapient_message_pb2.SapientMessage())
        body = SapientMessage.from_pb2(parsed).to_pb2().SerializeToString()
        self._sock.sendall(struct.pack("<I", len(body)) + body)
        _print("said", parsed)

    def hear(self) -> Any:
        (size,) = struct.unpack("<I", self._exactly(4))
        message = sapient_message_pb2.SapientMessage.FromString(self._exactly(size))
        SapientMessage.from_pb2(message)  # raises where the other make would refuse it
        _print("heard", message)
        return message

    def wait_for(self, kind: str) -> Any:
        while True:
            message = self.hear()
            if message.WhichOneof("content") == kind:
                return message

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self._sock.recv(size - len(data))
            if not more:
                raise ConnectionError("closed")
            data += more
        return data


def _print(what: str, message: Any) -> None:
    text = json_format.MessageToDict(message)
    print(json.dumps({what: message.WhichOneof("content"), "message": text}), flush=True)


def edge(port: int) -> None:
    """Register, tell status, a detection and an alert; do what is asked; want every acknowledgement."""
    wire = Wire(socket.create_connection(("127.0.0.1", port), 10.0))
    wire.say(registration=REGISTRATION)
    assert wire.wait_for("registration_ack").registration_ack.acceptance
    place = {"x": 41.9, "y": 34.2, "z": 200.0, "coordinateSystem": LAT_LNG, "datum": WGS84}
    report = {"reportId": str(ULID()), "system": "SYSTEM_OK", "info": "INFO_NEW", "mode": "Default"}
    wire.say(statusReport=report | {"nodeLocation": place})
    seen = {
        "azimuth": 45.0,
        "range": 900.0,
        "coordinateSystem": "RANGE_BEARING_COORDINATE_SYSTEM_DEGREES_M",
        "datum": "RANGE_BEARING_DATUM_TRUE",
    }
    wire.say(
        detectionReport={
            "reportId": str(ULID()),
            "objectId": str(ULID()),
            "rangeBearing": seen,
            "detectionConfidence": 0.8,
            "classification": [{"type": "Human", "confidence": 0.7}],
        }
    )
    alert = str(ULID())
    wire.say(alert={"alertId": alert, "alertType": "ALERT_TYPE_WARNING", "status": "ALERT_STATUS_ACTIVE"})
    assert wire.wait_for("alert_ack").alert_ack.alert_id == alert
    asked = wire.wait_for("task")
    assert asked.destination_id == ME
    assert asked.task.command.WhichOneof("command") == "look_at"
    done = {"taskId": asked.task.task_id, "taskStatus": "TASK_STATUS_COMPLETED"}
    wire.say(asked.node_id, taskAck=done)
    print(json.dumps({"done": "edge"}), flush=True)


def parent(port: int) -> None:
    """Acknowledge a registration, want status, a fused detection and an alert; ask to look, want the answer."""
    server = socket.create_server(("127.0.0.1", port))
    print(json.dumps({"ready": server.getsockname()[1]}), flush=True)
    wire = Wire(server.accept()[0])
    child = wire.wait_for("registration").node_id
    wire.say(child, registrationAck={"acceptance": True})
    wire.wait_for("status_report")
    fused = wire.wait_for("detection_report").detection_report
    assert fused.associated_detection
    assert fused.HasField("location")
    told = wire.wait_for("alert").alert
    wire.say(child, alertAck={"alertId": told.alert_id, "alertAckStatus": "ALERT_ACK_STATUS_ACCEPTED"})
    place = {"x": 41.91, "y": 34.21, "coordinateSystem": LAT_LNG, "datum": WGS84}
    look = {"lookAt": {"locationList": {"locations": [place]}}}
    task = str(ULID())
    wire.say(child, task={"taskId": task, "control": "CONTROL_START", "command": look})
    answer = wire.wait_for("task_ack").task_ack
    assert answer.task_id == task
    print(json.dumps({"done": "parent"}), flush=True)


if __name__ == "__main__":
    {"edge": edge, "parent": parent}[sys.argv[1]](int(sys.argv[2]))
