"""A real TAK server (taky) over mutual TLS: a burst without loss, and each organisation sees only its own."""

from __future__ import annotations

import re
import socket
import ssl
import subprocess
import time
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from peer_tools import free_port, peer_program, site_with
from watchline.domain.records import GeoPoint, OutsideTrack, Rejection, UnitPlace
from watchline.domain.site import LinkSpec, LinkTls
from watchline.ops.link_hub import LinkHub

pytestmark = pytest.mark.slow

BURST = 500
PLACE = GeoPoint(lon_deg=41.9, lat_deg=34.2, hae_m=200.0, ce_m=20.0)


def _run(*command: str, cwd: Path) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


class Taky:
    """A running taky with a certificate for each client."""

    def __init__(self, where: Path) -> None:
        takyctl, self.port = peer_program("taky", "takyctl"), free_port()
        arguments = ["setup", "--public-ip", "127.0.0.1", "--host", "localhost", "--bind-ip", "127.0.0.1", "--user"]
        _run(takyctl, *arguments, "root", str(where / "server"), cwd=where)
        self.where, self._takyctl = where, takyctl
        self._config = where / "server" / "taky.conf"
        text = self._config.read_text()
        text = re.sub(r"(?m)^port\s*=\s*8089$", f"port = {self.port}", text)
        self._config.write_text(text)
        self.process = subprocess.Popen(
            [peer_program("taky", "taky"), "-c", str(self._config)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=where / "server",
        )
        self._until_it_listens()

    def _until_it_listens(self) -> None:
        end_s = time.monotonic() + 60.0
        while time.monotonic() < end_s:
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        pytest.fail("taky does not listen")

    def certificate(self, name: str) -> LinkTls:
        """Return the files of a client, taken out of the package that taky makes for phones."""
        _run(self._takyctl, "-c", str(self._config), "build_client", name, cwd=self.where)
        with zipfile.ZipFile(self.where / f"{name}.zip") as package:
            p12 = next(n for n in package.namelist() if f"/{name}" in n and n.endswith(".p12"))
            (self.where / f"{name}.p12").write_bytes(package.read(p12))
        for part, flags in (("pem", ["-clcerts", "-nokeys"]), ("key", ["-nocerts", "-nodes"])):
            out = str(self.where / f"{name}.{part}")
            source = ["-in", f"{name}.p12", "-passin", "pass:atakatak", "-out", out]
            _run("openssl", "pkcs12", *source, *flags, "-legacy", cwd=self.where)
        authority = next((self.where / "server").rglob("ca.crt"))
        return LinkTls(certificate=f"{name}.pem", key=f"{name}.key", authority=str(authority))


class Phone:
    """A client of an organisation, its socket of Python's own.  Mutable."""

    def __init__(self, taky: Taky, callsign: str) -> None:
        files = taky.certificate(callsign)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.load_cert_chain(taky.where / files.certificate, taky.where / files.key)
        context.load_verify_locations(taky.where / files.authority)
        self._sock = context.wrap_socket(socket.create_connection(("127.0.0.1", taky.port), 60.0))
        self._sock.settimeout(0.2)
        self.version = self._sock.version()
        self.text = b""
        now, stale = (datetime.fromtimestamp(time.time() + s, UTC).isoformat() for s in (0, 300))
        self._sock.sendall(
            f'<event version="2.0" uid="phone-{callsign}" type="a-f-G-U-C" how="m-g" time="{now}" start="{now}" '
            f'stale="{stale}"><point lat="34.1" lon="41.8" hae="200" ce="5" le="9999999.0"/><detail><takv '
            f'device="phone" platform="ATAK-CIV" os="30" version="4.10"/><contact callsign="{callsign}"/>'
            f'<__group name="Cyan" role="Team Member"/></detail></event>'.encode()
        )

    def hear(self) -> set[str]:
        """Return the uids of tracks heard so far."""
        try:
            while data := self._sock.recv(65_536):
                self.text += data
        except TimeoutError:
            pass
        return {uid.decode() for uid in re.findall(rb'uid="(track-[^"]+)"', self.text)}

    def close(self) -> None:
        self._sock.close()


@pytest.fixture
def taky(tmp_path):
    running = Taky(tmp_path)
    yield running
    running.process.kill()
    running.process.wait()


def _link(taky: Taky, name: str, to: str) -> LinkSpec:
    return LinkSpec(
        id=name, protocol="cot", address=f"127.0.0.1:{taky.port}", tls=taky.certificate(f"watchline-{name}"),
        options={"callsign": f"W-{name}", "to": to},
    )  # fmt: skip


def _track(organisation: str, k: int) -> OutsideTrack:
    now_s = time.time()
    return OutsideTrack(
        id=f"{k}", t_s=now_s, source="watchline", uid=f"track-{organisation}-{k}", what="person", place=PLACE,
        stale_s=now_s + 60, name=f"T-{k}",
    )  # fmt: skip


def test_a_burst_reaches_each_organisation_whole_and_nobody_else(taky: Taky) -> None:
    army, police = Phone(taky, "ARMY-1"), Phone(taky, "POLICE-1")
    assert army.version == "TLSv1.3"
    hub = LinkHub(
        site_with(_link(taky, "army", "ARMY-1"), _link(taky, "police", "POLICE-1"), beside=taky.where), time.time
    )
    try:
        # Until the server has told each link of its phone: before, it would not know whom events are directed to.
        came, end_s, phones = [], time.monotonic() + 90.0, {("army", "ARMY-1"), ("police", "POLICE-1")}
        while not phones <= {(r.source, r.name) for r in came if isinstance(r, UnitPlace)}:
            assert time.monotonic() < end_s, came
            came += hub.take()
            time.sleep(0.1)
        for k in range(BURST):
            hub.send("army", _track("army", k))
            hub.send("police", _track("police", k))
        end_s = time.monotonic() + 120.0
        # Both are read in turn: the server waits for a client that does not read, and so would the other one.
        while time.monotonic() < end_s and len(army.hear()) + len(police.hear()) < 2 * BURST:
            pass
        time.sleep(0.5)
        assert army.hear() == {f"track-army-{k}" for k in range(BURST)}
        assert police.hear() == {f"track-police-{k}" for k in range(BURST)}
        assert b"a-h" not in army.text + police.text
        came += hub.take()
    finally:
        hub.close()
        army.close()
        police.close()
    assert [record for record in came if isinstance(record, Rejection)] == []


def test_a_phone_of_the_field_comes_in_and_a_stranger_without_a_certificate_does_not(taky: Taky) -> None:
    hub = LinkHub(site_with(_link(taky, "army", "ARMY-1"), beside=taky.where), time.time)
    try:
        phone = Phone(taky, "ARMY-7")
        came, end_s = [], time.monotonic() + 90.0
        while time.monotonic() < end_s and not any(getattr(r, "name", "") == "ARMY-7" for r in came):
            came += hub.take()
            time.sleep(0.05)
        assert [r.unit for r in came if isinstance(r, UnitPlace) and r.name == "ARMY-7"] != []
        phone.close()
    finally:
        hub.close()
    # How it is turned away depends on who is quicker; that nothing is answered in time would be no refusal.
    with pytest.raises(OSError, match=r"(?i)certificate required|hung up|reset|EOF occurred|wrong version number"):
        _say_without_a_certificate(taky)


def _say_without_a_certificate(taky: Taky) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", taky.port), 60.0) as plain, context.wrap_socket(plain) as stranger:
        stranger.settimeout(60.0)
        stranger.sendall(b"<event/>")
        if stranger.recv(10) == b"":
            raise OSError("hung up on")
