"""Write the recorded logs of links whose peers we cannot record in the open: tests/replay/NAME.log.

python builders/link_logs.py   with src/ on PYTHONPATH.  Bytes are written by our own encoders, damaged by hand and
cut where a network would; `watchline link NAME tests/replay/NAME.log > tests/replay/NAME.expected` follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from watchline.domain.federation import PartnerWord
from watchline.domain.policy import CellReport
from watchline.domain.records import (
    AircraftReport,
    DistressCall,
    DroneState,
    FieldReport,
    GeoPoint,
    Inspection,
    MapShape,
    NodeAlert,
    NodeDetection,
    NodeRegistered,
    NodeStatus,
    OutsideTrack,
    PartnerEvent,
    RadarPlot,
    RadarService,
    ReportReceipt,
    UnitPlace,
    VideoGeometry,
    WeatherObservation,
)
from watchline.links import federation, sapient
from watchline.links.air import adsb, asterix, klv, mavlink, mpegts
from watchline.links.field import metar, report_text, weather_station
from watchline.links.log import Arrival, write_line
from watchline.links.maps import csv_table, geojson, geopackage, gpx, kml
from watchline.links.sapient import replay

OUT = Path(__file__).parents[1] / "tests/replay"
T0_S = 1_516_665_600.0  # 2018-01-23T00:00:00Z
HERE = GeoPoint(lon_deg=42.0, lat_deg=33.6, msl_m=350.0)
THERE = GeoPoint(lon_deg=42.01, lat_deg=33.61, msl_m=300.0)


def write(name: str, pieces: Sequence[bytes], note: str = "written by builders/link_logs.py") -> None:
    """Write one log, a piece a second."""
    lines = ["# watchline-link-log 1", f"# device: {note}; CC0"]
    lines += [write_line(Arrival(T0_S + 0.25 + k, piece)) for k, piece in enumerate(pieces)]
    (OUT / f"{name}.log").write_text("\n".join(lines) + "\n")


def cut(data: bytes, every: int) -> list[bytes]:
    """Return the bytes in pieces, as a network might bring them."""
    return [data[k : k + every] for k in range(0, len(data), every)]


def geometry(k: int) -> VideoGeometry:
    """Return a camera's geometry, k seconds into its flight."""
    return VideoGeometry(
        id="x", t_s=T0_S + k, source="d", platform="drone-7", sensor="IR", place=GeoPoint(
        lon_deg=42.0 + k / 1000,
        lat_deg=33.6, msl_m=800.0, hae_m=812.0), heading_rad=1.2, pitch_rad=0.05, roll_rad=-0.02,
        camera_azimuth_rad=0.3,
        camera_elevation_rad=-0.5, camera_roll_rad=0.0, hfov_rad=0.2, vfov_rad=0.15, slant_range_m=2500.0,
        frame_centre=THERE, corners=tuple(GeoPoint(lon_deg=42.01 + a / 1000, lat_deg=33.61 + b / 1000)
                                          for a, b in ((0, 1), (1, 1), (1, 0), (0, 0))), pts_s=float(k),
    )  # fmt: skip


def air() -> None:
    """Write the logs of what comes from the air."""
    packets = [klv.encode(geometry(k)) for k in range(4)]
    damaged = packets[1][:60] + bytes([packets[1][60] ^ 1]) + packets[1][61:]
    write("klv", cut(packets[0] + b"noise" + damaged + packets[2] + packets[3], 150))
    stream = mpegts.stream_of([geometry(k) for k in range(5)])
    lossy = stream[: 188 * 4] + stream[188 * 5 :]
    write("klv_ts", cut(lossy, 700))
    drone = DroneState(
        id="x", t_s=T0_S, source="m", drone="drone-1", place=HERE, above_home_m=50.0, speed_m_s=5.0, heading_rad=0.9,
        roll_rad=0.01, pitch_rad=-0.02, battery=0.57, mode=3, armed=True,
    )  # fmt: skip
    frames = mavlink.encode(drone)
    write("mavlink", cut(frames + b"\xfd\x05" + frames[:30] + frames, 40))
    north = RadarService(id="x", t_s=T0_S, source="r", radar="radar-0-1", what="north", period_s=4.0)
    plots = [
        RadarPlot(id="x", t_s=T0_S + k, source="r", radar="radar-0-1", range_m=4000.0 + 10 * k, azimuth_rad=0.1 * k)
        for k in range(3)
    ]
    blocks = [asterix.encode(north), *map(asterix.encode, plots), b"\x30\x00\x06\x80\x00\x01", b"\x30\x00\xff\x00"]
    write("asterix", [*blocks, bytes.fromhex("3e001099000100000000000000000000")])
    heard = AircraftReport(
        id="x", t_s=T0_S, source="s", aircraft="4b1613", callsign="HELI1", speed_m_s=60.0, course_rad=1.0,
        climb_m_s=2.0, place=GeoPoint(lon_deg=42.1, lat_deg=33.7, msl_m=900.0),
    )  # fmt: skip
    named = b"MSG,1,1,1,4B1613,1,2018/01/23,00:00:01.000,2018/01/23,00:00:01.000,HELI2,,,,,,,,0,0,0,0\r\n"
    lines = adsb.encode(heard) + named
    lines += adsb.encode(heard).replace(b"33.70000", b"133.70000") + b'{"hex":"4b1613","lat":33.71,"lon":42.1,'
    lines += b'"alt_baro":3000,"now":1516665603.0,"seen_pos":0.5}\n'
    write("adsb", cut(lines, 100))


def field() -> None:
    """Write the logs of what comes from the ground and from people."""
    reports = [
        b"METAR ORBI 230000Z 31012G22KT 270V340 3000 BLDU FEW030 18/02 Q1018 NOSIG=\n",
        b"METAR ORAT 230000Z 00000KT CAVOK 09/M01 Q1021=\nMETAR ORBI 230030Z NIL=\nMETAR ORKK 230000Z /////KT //// ",
        b"// ///// Q////=\nSPECI KXYZ 230015Z 27008KT 1 1/2SM -RA BR OVC010 M02/M03 A2992 RMK AO2 DS=\n",
        metar.encode(WeatherObservation(id="x", t_s=T0_S, source="m", station="ORBI", wind_m_s=6.0, air_c=-3.0)),
        b"no report at all\n",
    ]
    write("metar", reports)
    seen = WeatherObservation(id="x", t_s=T0_S, source="m", station="well", place=HERE, wind_m_s=6.0, air_c=-3.0)
    write("weather_station", [weather_station.encode(seen), b'{"station":"well","air_c":99}', b'{"t":1}', b"["])
    report = FieldReport(
        id="post-3.17", t_s=T0_S, source="post-3", reporter="post-3", number=17, what="footprints", place=HERE,
        subject="people", count=3, heading_rad=0.785, age_h=2.5, text="نحو البئر",
    )  # fmt: skip
    line = report_text.encode(report)
    wire = Inspection(
        id="post-3.18",
        t_s=T0_S,
        source="post-3",
        subject="wire-2",
        condition=0.4,
        what="cut",
        from_km=12.1,
        to_km=12.2,
    )
    receipt = ReportReceipt(id="x", t_s=T0_S, source="desk", reporter="post-3", number=17, accepted=True)
    both = report_text.encode(wire) + b"\n" + report_text.encode(receipt)
    write("report_text", [line, line.replace(b" n3 ", b" n8 "), both])


def maps() -> None:
    """Write the logs of map files."""
    shapes = [
        MapShape(id="x", t_s=T0_S, source="m", name="بئر", shape="point", points=(HERE,),
                 properties={"what": "well"}),
        MapShape(id="x", t_s=T0_S, source="m", name="patrol-1", shape="line", points=(HERE, THERE),
                 times_s=(T0_S, T0_S + 60)),
        MapShape(id="x", t_s=T0_S, source="m", name="flood", shape="area",
                 points=(HERE, THERE, GeoPoint(lon_deg=42.0, lat_deg=33.62, msl_m=310.0))),
    ]  # fmt: skip
    write("gpx", [gpx.file_of(shapes), b'<!DOCTYPE gpx [<!ENTITY a "b">]><gpx>&a;</gpx>'])
    write(
        "kml", [kml.file_of(shapes), b"<kml><Placemark><Point><coordinates>x</coordinates></Point></Placemark></kml>"]
    )
    write(
        "geojson", [geojson.file_of(shapes), b'{"type":"Feature","geometry":{"type":"Point","coordinates":[420,33]}}']
    )
    write("csv", [csv_table.file_of(shapes), b"name,x,y\na,1,2\nb,one,2\n", b"name,value\na,1\n"])
    write("geopackage", [geopackage.file_of(shapes), b"SQLite format 3\x00" + bytes(600)])


ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><SOAP-ENV:Envelope '
    'xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope" '
    'xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:trt="http://www.onvif.org/ver10/media/wsdl" '
    'xmlns:tptz="http://www.onvif.org/ver20/ptz/wsdl" xmlns:tt="http://www.onvif.org/ver10/schema" '
    'xmlns:ter="http://www.onvif.org/ver10/error"><SOAP-ENV:Body>%s</SOAP-ENV:Body></SOAP-ENV:Envelope>'
)


def http(body: str, status: str = "200 OK", *, chunked: bool = False) -> bytes:
    """Return a camera's answer."""
    data = (ENVELOPE % body).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/soap+xml; charset=utf-8\r\n".encode()
    if not chunked:
        return head + f"Content-Length: {len(data)}\r\n\r\n".encode() + data
    parts = [f"{len(part):x}\r\n".encode() + part + b"\r\n" for part in (data[:200], data[200:])]
    return head + b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(parts) + b"0\r\n\r\n"


def cameras() -> None:
    """Write what a camera on a head would answer, after the public specification."""
    date = "<tt:Time><tt:Hour>0</tt:Hour><tt:Minute>0</tt:Minute><tt:Second>2</tt:Second></tt:Time>"
    date += "<tt:Date><tt:Year>2018</tt:Year><tt:Month>1</tt:Month><tt:Day>23</tt:Day></tt:Date>"
    space = "http://www.onvif.org/ver10/tptz/PanTiltSpaces/PositionGenericSpace"
    ranges = "<tt:%s><tt:Min>-1.0</tt:Min><tt:Max>1.0</tt:Max></tt:%s>"
    both = ranges % (("XRange",) * 2) + ranges % (("YRange",) * 2)
    absolute = "tt:AbsolutePanTiltPositionSpace"
    head = '<tt:PTZConfiguration token="c0"><tt:NodeToken>n0</tt:NodeToken></tt:PTZConfiguration>'
    status = (
        "<tptz:GetStatusResponse><tptz:PTZStatus><tt:Position>"
        f'<tt:PanTilt x="0.25" y="-0.5" space="{space}"/><tt:Zoom x="0.1"/></tt:Position><tt:MoveStatus>'
        "<tt:PanTilt>%s</tt:PanTilt></tt:MoveStatus><tt:Error>NO error</tt:Error></tptz:PTZStatus>"
        "</tptz:GetStatusResponse>"
    )
    refused = (
        "<SOAP-ENV:Fault><SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:Sender</SOAP-ENV:Value><SOAP-ENV:Subcode>"
        "<SOAP-ENV:Value>ter:NotAuthorized</SOAP-ENV:Value></SOAP-ENV:Subcode></SOAP-ENV:Code><SOAP-ENV:Reason>"
        '<SOAP-ENV:Text xml:lang="en">The sender is not authorised</SOAP-ENV:Text></SOAP-ENV:Reason></SOAP-ENV:Fault>'
    )
    answers = [
        http(f"<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:UTCDateTime>{date}</tt:UTCDateTime>"
             "</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"),
        http("<tds:GetCapabilitiesResponse><tds:Capabilities><tt:PTZ><tt:XAddr>http://10.0.0.5/onvif/ptz</tt:XAddr>"
             "</tt:PTZ></tds:Capabilities></tds:GetCapabilitiesResponse>", chunked=True),
        http(f'<trt:GetProfilesResponse><trt:Profiles token="p0"><tt:Name>main</tt:Name>{head}</trt:Profiles>'
             "</trt:GetProfilesResponse>"),
        http(f'<tptz:GetNodesResponse><tptz:PTZNode token="n0"><tt:SupportedPTZSpaces><{absolute}><tt:URI>{space}'
             f"</tt:URI>{both}</{absolute}></tt:SupportedPTZSpaces></tptz:PTZNode></tptz:GetNodesResponse>"),
        http(status % "MOVING") + http(status % "IDLE", chunked=True),
        http(refused, "400 Bad Request"),
        http("<tptz:GetStatusResponse><tptz:PTZStatus><tt:Position><tt:PanTilt x='far' y='0'/></tt:Position>"
             "</tptz:PTZStatus></tptz:GetStatusResponse>"),
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello" + http(status % "IDLE"),
        http("<tptz:AbsoluteMoveResponse/>") + b"HTTP/1.1 200 OK\r\n\r\n",
    ]  # fmt: skip
    whole = b"".join(answers)
    write("onvif", cut(whole, 777), "written by hand after the public specification (builders/link_logs.py)")


def stores() -> None:
    """Write what a node's store would hand on: with a gap, an undeclared class and a damaged message."""
    node = "a8654cdf-4328-47de-81fa-c495589e30c8"
    stamp = {"id": "x", "source": node, "node": node}
    said = NodeRegistered(
        **stamp, t_s=T0_S, name="T", node_types=("camera",), taskable=True, status_every_s=5.0, classes=()
    )
    looked = NodeStatus(**stamp, t_s=T0_S - 3600.0, state="ok", mode="Default", place=HERE)
    seen = [
        NodeDetection(**stamp, t_s=T0_S - 3600.0 + k, object_id=f"o{k}", place=THERE, confidence=0.5,
                      p_class=(("Ghost" if k == 3 else "person", 0.9),))
        for k in range(5)
    ]  # fmt: skip
    bodies = [sapient.encode(record)[4:] for record in (looked, *seen)]
    frames = [replay.frame(b"M", body, number) for number, body in enumerate(bodies, 8)]
    hello = replay.frame(b"H", sapient.encode(said)[4:], 5)
    data = b"".join([frames[0], hello, *frames[:4], replay.frame(b"M", b"\xff" * 12, 12), *frames[4:]])
    write("sapient_replay", cut(data, 300))


def partners() -> None:
    """Another core's messages: before its greeting, whole, damaged, from the future, out of order, twice."""
    square = CellReport(
        id="north-out-cells-1", t_s=T0_S, source="north", place=HERE, cell_m=1000.0, from_s=T0_S - 3600.0,
        to_s=T0_S - 1800.0, least=6, most=20,
    )  # fmt: skip
    call = DistressCall(id="north-out-distress-A-5-1", t_s=T0_S + 1, source="north", uid="A-5", place=THERE)
    event = PartnerEvent(
        id="north-out-told-1", t_s=T0_S, source="north", what="pursuit", organisation="north", place=HERE,
        confidence=0.7, until_s=T0_S + 3600.0, people=4, text="toward the wadi",
    )  # fmt: skip
    track = OutsideTrack(
        id="t", t_s=T0_S + 2, source="north", uid="watchline-5", what="person", place=THERE, stale_s=T0_S + 8,
        speed_m_s=1.2, course_rad=3.0,
    )  # fmt: skip
    unit = UnitPlace(id="u", t_s=T0_S + 2, source="north", unit="patrol-9", place=HERE, stale_s=T0_S + 60)
    alert = NodeAlert(
        id="north-out-alert-A-6-1", t_s=T0_S, source="north", node="north", alert_id="A-6", state="active",
        text="approaching, km 4.2", priority=2, place=THERE,
    )  # fmt: skip

    def word(state: Literal["here", "kept", "refused", "taken"], ref: str = "", text: str = "") -> PartnerWord:
        return PartnerWord(id=f"w-{state}", t_s=T0_S, source="north", state=state, ref=ref, text=text)

    lines = [federation.encode(record) for record in (word("here", text="north"), square, call, event, track, unit)]
    lines += [federation.encode(record) for record in (alert, word("kept", "ours-out-1"), word("taken", "A-9"))]
    damaged = [
        lines[1].replace(b"1000.0", b"-1.0"),
        lines[3].replace(b'"pursuit"', b'"victory"'),
        lines[2].replace(b"42.01", b"420.1"),
        lines[2].replace(b"1516665601", b"1616665601"),
        b'{"say":"order","key":"fire"}\n',
        b"\xff\xfe\n",
        federation.encode(word("refused", "ours-out-2", "t_s: +90 s from our clock")),
    ]
    write("federation", cut(b"".join([*lines, lines[1], *damaged, lines[0].replace(b":1}", b":9}")]), 400))


if __name__ == "__main__":
    partners()
    cameras()
    stores()
    air()
    field()
    maps()
