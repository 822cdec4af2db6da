"""Reports by text over a real socket: kept, then acknowledged, and never the other way round."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from builders import T0_S, camera, site, write_site
from watchline.domain.records import FieldReport, GeoPoint, Record, ReportReceipt
from watchline.domain.site import LinkSpec
from watchline.links.contract import Settings
from watchline.links.field import report_text
from watchline.ops.link_hub import LinkHub
from watchline.ops.picture import Picture, report_key
from watchline.ops.site_file import read_site

REPORT = FieldReport(
    id="post-3.17", t_s=T0_S, source="post-3", reporter="post-3", number=17, what="sighting",
    place=GeoPoint(lat_deg=33.6, lon_deg=42.0),
)  # fmt: skip


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[tuple[LinkHub, int]]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    spec = LinkSpec(
        id="sms", protocol="report_text", direction="listen", address=f"udp:127.0.0.1:{port}", allow=("post-3",)
    )
    path = write_site(tmp_path / "site", msgspec.structs.replace(site(camera()), links=(spec,)))
    made = LinkHub(read_site(path), time.time)
    yield made, port
    made.close()


def heard(hub: LinkHub, kind: type[Record], for_s: float = 10.0) -> list[Record]:
    end = time.monotonic() + for_s
    while time.monotonic() < end:
        found = [record for record in hub.take() if isinstance(record, kind)]
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"no {kind.__name__} within {for_s:.0f} s")


def test_a_receipt_goes_back_only_after_the_report_is_durable(hub: tuple[LinkHub, int]) -> None:
    desk, port = hub
    durable: list[bool] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.bind(("127.0.0.1", 0))
        phone.sendto(report_text.encode(REPORT), ("127.0.0.1", port))
        (report,) = heard(desk, FieldReport)
        assert report_key(report) == "post-3.17"
        phone.settimeout(0.3)
        with pytest.raises(TimeoutError):
            phone.recv(500)
        desk.publish(Picture(1), lambda: durable.append(True))
        phone.settimeout(10.0)
        answer = phone.recv(500)
    assert durable == [True]
    _, (receipt,), errors = report_text.decode(report_text.init(Settings("phone")), answer)
    assert errors == ()
    assert isinstance(receipt, ReportReceipt)
    assert (receipt.reporter, receipt.number, receipt.accepted) == ("post-3", 17, True)


def test_the_same_report_on_two_ways_is_one_in_the_picture(hub: tuple[LinkHub, int]) -> None:
    desk, port = hub
    picture = Picture(1)
    picture.apply(REPORT)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.sendto(report_text.encode(REPORT), ("127.0.0.1", port))
        for record in heard(desk, FieldReport):
            picture.apply(record)
    assert list(picture.reports) == ["post-3.17"]
