"""A pan-tilt camera for tests: an HTTP server that checks every request against the public ONVIF specification.

It shares no code with the link: requests are read by the standard library, and what is wrong with one is kept in
`faults` and answered as a SOAP fault.
"""

from __future__ import annotations

import base64
import hashlib
import threading
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

S = "http://www.w3.org/2003/05/soap-envelope"
TDS = "http://www.onvif.org/ver10/device/wsdl"
TRT = "http://www.onvif.org/ver10/media/wsdl"
TPTZ = "http://www.onvif.org/ver20/ptz/wsdl"
TT = "http://www.onvif.org/ver10/schema"
WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
WSSE, WSU = WSS + "wssecurity-secext-1.0.xsd", WSS + "wssecurity-utility-1.0.xsd"
DEGREES = "http://www.onvif.org/ver10/tptz/PanTiltSpaces/SphericalPositionSpaceDegrees"
GENERIC = "http://www.onvif.org/ver10/tptz/PanTiltSpaces/PositionGenericSpace"
ZOOM = "http://www.onvif.org/ver10/tptz/ZoomSpaces/PositionGenericSpace"
CLOCK_S = (
    30.0  # how far the signature's moment may be from the device's clock; devices take a few, busy test machines more
)
PATHS = {TDS: "/onvif/device_service", TRT: "/onvif/Media", TPTZ: "/onvif/PTZ"}


class Camera:
    """The camera: its login, its clock's error, its head.  Mutable; `moves` is where it was sent."""

    def __init__(self, user: str, password: str, ahead_s: float = 0.0, space: str = DEGREES) -> None:
        self.user, self.password, self.ahead, self.space = user, password, timedelta(seconds=ahead_s), space
        self.pan, self.tilt, self.zoom, self.moving_answers = 0.0, 0.0, 0.0, 0
        self.moves: list[tuple[float, float]] = []
        self.stops, self.faults, self.asked = 0, list[str](), list[str]()
        self._nonces: set[str] = set()
        camera = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, answer = camera.answer(self.path, self.headers.get("Content-Type", ""), body)
                self.send_response(status)
                self.send_header("Content-Type", "application/soap+xml; charset=utf-8")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def _now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def answer(self, path: str, media: str, body: bytes) -> tuple[int, bytes]:
        try:
            asked = self._checked(path, media, ET.fromstring(body))
        except (AssertionError, KeyError, ET.ParseError) as error:
            self.faults.append(str(error))
            words = f"<s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text>{error}</s:Text></s:Reason>"
            return 400, _enveloped(f"<s:Fault>{words}</s:Fault>")
        return 200, _enveloped(asked)

    def _checked(self, path: str, media: str, root: ET.Element) -> str:
        assert root.tag == f"{{{S}}}Envelope", "not a SOAP 1.2 envelope"
        (body,) = root.findall(f"{{{S}}}Body")
        (question,) = list(body)
        space, name = question.tag[1:].split("}")
        self.asked.append(name)
        assert PATHS[space] == path, f"{name} is asked at {path}"
        assert "application/soap+xml" in media, media
        assert f'action="{space}/{name}"' in media, media
        if name != "GetSystemDateAndTime":
            self._signed(root)
        return str(getattr(self, f"_{name}")(question))

    def _signed(self, root: ET.Element) -> None:
        token = root.find(f"{{{S}}}Header/{{{WSSE}}}Security/{{{WSSE}}}UsernameToken")
        assert token is not None, "NotAuthorized: no UsernameToken"
        user, password, nonce = (token.find(f"{{{WSSE}}}{n}") for n in ("Username", "Password", "Nonce"))
        created = token.find(f"{{{WSU}}}Created")
        assert user is not None
        assert password is not None
        assert nonce is not None
        assert created is not None
        assert password.get("Type") == WSS + "username-token-profile-1.0#PasswordDigest"
        assert nonce.get("EncodingType") == WSS + "soap-message-security-1.0#Base64Binary"
        raw = base64.b64decode(nonce.text or "", validate=True)
        text = created.text or ""
        want = base64.b64encode(hashlib.sha1(raw + text.encode() + self.password.encode()).digest()).decode()
        assert (user.text, password.text) == (self.user, want), "NotAuthorized: the digest is wrong"
        apart_s = abs((datetime.fromisoformat(text) - self._now).total_seconds())
        assert apart_s <= CLOCK_S, f"NotAuthorized: the moment is {apart_s:.0f} s off"
        assert nonce.text not in self._nonces, "NotAuthorized: the nonce was used before"
        self._nonces.add(nonce.text or "")

    def _GetSystemDateAndTime(self, _: ET.Element) -> str:
        now = self._now
        time = f"<tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute><tt:Second>{now.second}</tt:Second>"
        date = f"<tt:Year>{now.year}</tt:Year><tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day>"
        return _of(TDS, "GetSystemDateAndTime", "<tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType>"
                   f"<tt:UTCDateTime><tt:Time>{time}</tt:Time><tt:Date>{date}</tt:Date></tt:UTCDateTime>"
                   "</tds:SystemDateAndTime>")  # fmt: skip

    def _GetCapabilities(self, question: ET.Element) -> str:
        assert question.findtext(f"{{{TDS}}}Category") in ("All", "PTZ")
        # The address of another network, as cameras behind a router give it.
        told = "".join(
            f"<tt:{name}><tt:XAddr>http://192.168.1.64{PATHS[space]}</tt:XAddr></tt:{name}>"
            for name, space in (("Media", TRT), ("PTZ", TPTZ))
        )
        return _of(TDS, "GetCapabilities", f"<tds:Capabilities>{told}</tds:Capabilities>")

    def _GetProfiles(self, _: ET.Element) -> str:
        head = '<tt:PTZConfiguration token="c"><tt:NodeToken>head 1</tt:NodeToken></tt:PTZConfiguration>'
        fixed = '<trt:Profiles token="fixed"><tt:Name>wide</tt:Name></trt:Profiles>'
        return _of(
            TRT, "GetProfiles", fixed + f'<trt:Profiles token="p1"><tt:Name>main</tt:Name>{head}</trt:Profiles>'
        )

    def _GetNodes(self, _: ET.Element) -> str:
        x, y = ((-180, 180), (-45, 90)) if self.space == DEGREES else ((-1, 1), (-1, 1))
        ranges = "".join(
            f"<tt:{n}><tt:Min>{low}</tt:Min><tt:Max>{high}</tt:Max></tt:{n}>"
            for n, (low, high) in (("XRange", x), ("YRange", y))
        )
        name = "tt:AbsolutePanTiltPositionSpace"
        one = f"<{name}><tt:URI>{self.space}</tt:URI>{ranges}</{name}>"
        inside = f"<tt:SupportedPTZSpaces>{one}</tt:SupportedPTZSpaces>"
        return _of(TPTZ, "GetNodes", f'<tptz:PTZNode token="head 1">{inside}</tptz:PTZNode>')

    def _GetStatus(self, question: ET.Element) -> str:
        assert question.findtext(f"{{{TPTZ}}}ProfileToken") == "p1"
        moving = self.moving_answers > 0
        self.moving_answers -= moving
        at = f'<tt:PanTilt x="{self.pan}" y="{self.tilt}" space="{self.space}"/>'
        zoom = f'<tt:Zoom x="{self.zoom}" space="{ZOOM}"/>'
        state = f"<tt:MoveStatus><tt:PanTilt>{'MOVING' if moving else 'IDLE'}</tt:PanTilt></tt:MoveStatus>"
        return _of(TPTZ, "GetStatus", f"<tptz:PTZStatus><tt:Position>{at}{zoom}</tt:Position>{state}"
                   f"<tt:UtcTime>{self._now.isoformat()}</tt:UtcTime></tptz:PTZStatus>")  # fmt: skip

    def _AbsoluteMove(self, question: ET.Element) -> str:
        assert [child.tag for child in question][:2] == [f"{{{TPTZ}}}ProfileToken", f"{{{TPTZ}}}Position"]
        assert question.findtext(f"{{{TPTZ}}}ProfileToken") == "p1"
        to = question.find(f"{{{TPTZ}}}Position/{{{TT}}}PanTilt")
        assert to is not None
        assert to.get("space") == self.space
        self.pan, self.tilt = float(to.attrib["x"]), float(to.attrib["y"])
        zoom = question.find(f"{{{TPTZ}}}Position/{{{TT}}}Zoom")
        if zoom is not None:
            assert zoom.get("space") == ZOOM
            self.zoom = float(zoom.attrib["x"])
        self.moves.append((self.pan, self.tilt))
        self.moving_answers = 1
        return _of(TPTZ, "AbsoluteMove", "")

    def _Stop(self, question: ET.Element) -> str:
        assert [child.tag for child in question] == [f"{{{TPTZ}}}{n}" for n in ("ProfileToken", "PanTilt", "Zoom")]
        self.stops += 1
        return _of(TPTZ, "Stop", "")


def _of(space: str, name: str, inside: str) -> str:
    prefix = {TDS: "tds", TRT: "trt", TPTZ: "tptz"}[space]
    return f"<{prefix}:{name}Response>{inside}</{prefix}:{name}Response>"


def _enveloped(inside: str) -> bytes:
    names = f'xmlns:s="{S}" xmlns:tds="{TDS}" xmlns:trt="{TRT}" xmlns:tptz="{TPTZ}" xmlns:tt="{TT}"'
    return f'<?xml version="1.0"?><s:Envelope {names}><s:Body>{inside}</s:Body></s:Envelope>'.encode()
