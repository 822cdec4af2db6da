"""A running site with links: what a link says is in the ledger and on the line, what it must be told goes out."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
from command_line import answered

from peer_tools import free_port
from small_site import write_small_site
from watchline.domain.records import DistressCall, GeoPoint, UnitPlace
from watchline.domain.site import LinkSpec, Recipient, Sees, Site
from watchline.ledger.reader import LedgerReader
from watchline.links import cot
from watchline.ops.replay import as_table, replay
from watchline.ops.site_file import parse_site, site_text

pytestmark = pytest.mark.slow


def _site(where: Path, *links: LinkSpec) -> tuple[Path, Site]:
    path = write_small_site(where)
    site, faults, _ = parse_site(path)
    assert faults == []
    ours = Recipient(id="ours", kind="own", sees=(Sees(),))
    site = msgspec.structs.replace(site, links=links, recipients=(*site.recipients, ours))
    path.write_text(site_text(site), encoding="utf-8")
    return path, site


def _command(site: Path, *more: str) -> list[str]:
    watchline = [sys.executable, "-m", "watchline"]
    return [*watchline, "run", str(site), "--headless", "--fidelity", "detections", "--json", *more]


def test_what_a_phone_says_is_kept_and_shown_and_what_it_must_know_goes_out(tmp_path: Path) -> None:
    port = free_port()
    _, demo = _site(tmp_path / "plain")
    path, site = _site(
        tmp_path / "site",
        LinkSpec(
            id="field", protocol="cot", direction="listen", address=f"127.0.0.1:{port}",
            recipient="ours", organisations=tuple(o.id for o in demo.organisations),
            sends=("units", "tracks", "alerts"),
        ),
        LinkSpec(id="away", protocol="cot", address=f"127.0.0.1:{free_port()}"),
    )  # fmt: skip
    running = subprocess.Popen(
        _command(path, "--for", "600", "--ledger", str(tmp_path / "ledger")), stdout=subprocess.PIPE, text=True
    )
    try:
        phone, heard = _connected(port), b""
        now_s = time.time()
        post = site.posts[0]
        place = GeoPoint(lon_deg=post.lon_deg, lat_deg=post.lat_deg, ce_m=5.0)
        stamp = {"id": "p", "t_s": now_s, "source": "phone"}
        phone.sendall(cot.encode(UnitPlace(**stamp, unit="u-9", name="Phone 9", place=place, stale_s=now_s + 60)))
        phone.sendall(b"<event/>")
        phone.sendall(cot.encode(DistressCall(**stamp, uid="d-1", name="Phone 9", place=place)))
        phone.settimeout(0.5)
        end_s = time.monotonic() + 120.0
        while running.poll() is None and not (b'type="a-f-' in heard and b'type="b-a-g"' in heard):
            assert time.monotonic() < end_s, heard
            with contextlib.suppress(TimeoutError):
                heard += phone.recv(65_536)
        running.send_signal(signal.SIGTERM)
        out, _ = running.communicate(timeout=120)
    finally:
        running.kill()
        running.wait()
        phone.close()
    assert running.returncode == 0
    assert json.loads(out)["times_real_time"] < 1.2  # with a link the clock keeps the wall's pace
    with LedgerReader(tmp_path / "ledger") as reader:
        kept = {
            kind: [e.value for e in reader.events([kind])] for kind in ("unit_place", "beacon", "rejection", "alert")
        }
    assert [unit.name for unit in kept["unit_place"]] == ["Phone 9"]
    assert "version" in kept["rejection"][0].rule
    assert [call.provenance for call in kept["beacon"] if call.beacon == "Phone 9"] != [()]
    assert "distress" in {alert.what for alert in kept["alert"]}
    assert "Phone 9" in as_table(replay(tmp_path / "ledger"))["units"]
    assert b'type="a-h' not in heard


def _connected(port: int) -> socket.socket:
    end_s = time.monotonic() + 90.0
    while time.monotonic() < end_s:
        try:
            return socket.create_connection(("127.0.0.1", port), 1.0)
        except OSError:
            time.sleep(0.1)
    pytest.fail("the link does not listen")


@pytest.mark.parametrize(
    ("link", "words"),
    [
        (LinkSpec(id="x", protocol="telegraph", address="a:1"), "telegraph"),
        (LinkSpec(id="x", protocol="cot", address="nowhere"), "host:port"),
        (LinkSpec(id="x", protocol="cot", address="a:1", sends=("tracks",)), "recipient"),
        (LinkSpec(id="x", protocol="cot", address="a:1", organisations=("nobody",)), "nobody"),
    ],
)
def test_a_link_that_cannot_be_stops_the_start_with_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], link: LinkSpec, words: str
) -> None:
    path, _ = _site(tmp_path / "site", link)
    ran = answered(capsys, "run", path, "--headless", "--for", 1, "--ledger", tmp_path / "ledger")
    assert ran.returncode == 2
    assert len(ran.stderr.strip().splitlines()) == 1
    assert words in ran.stderr


def test_a_link_that_is_disabled_by_name_does_not(tmp_path: Path) -> None:
    path, _ = _site(tmp_path / "site", LinkSpec(id="x", protocol="cot", address="a:1", enabled=False))
    ran = subprocess.run(
        _command(path, "--for", "1", "--ledger", str(tmp_path / "ledger")),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
