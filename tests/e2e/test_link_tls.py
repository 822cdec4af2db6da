"""Mutual TLS of links: both sides show a certificate of one authority, and its name is known to the link."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

from watchline.domain.errors import BadInput
from watchline.links.transports import Event, TcpDial, TcpListen, Tls

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="skipped: no openssl"),
]


def _openssl(where: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=where, check=True, capture_output=True)


def _authority(where: Path, name: str) -> None:
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    _openssl(where, "req", "-x509", *key, "-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj", f"/CN={name}")


def _signed(where: Path, name: str, authority: str) -> Tls:
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    _openssl(where, "req", *key, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
    by = ["-CA", f"{authority}.pem", "-CAkey", f"{authority}.key", "-CAcreateserial"]
    _openssl(where, "x509", "-req", "-in", f"{name}.csr", *by, "-out", f"{name}.pem", "-days", "2")
    return Tls(where / f"{name}.pem", where / f"{name}.key", where / f"{authority}.pem")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Tls]:
    where = tmp_path_factory.mktemp("tls")
    _authority(where, "ours")
    _authority(where, "strange")
    made = {name: _signed(where, name, "ours") for name in ("core", "tower-7")}
    made["stranger"] = _signed(where, "stranger", "strange")
    return made


def _next(transport: TcpListen | TcpDial, kind: str) -> Event:
    end_s = time.monotonic() + 30.0
    while time.monotonic() < end_s:
        event = transport.events.get(timeout=30.0)
        if event.kind == kind:
            return event
    raise AssertionError(f"no {kind}")


def test_both_sides_know_each_others_name(certificates: dict[str, Tls]) -> None:
    listen = TcpListen("127.0.0.1:0", certificates["core"])
    dial = TcpDial(f"127.0.0.1:{listen.port}", certificates["tower-7"])
    try:
        assert _next(listen, "open").peer == "tower-7"
        assert _next(dial, "open").peer == "core"
        dial.send(b"hello")
        assert _next(listen, "data").data == b"hello"
    finally:
        dial.close()
        listen.close()


def test_words_said_while_the_other_side_speaks_are_not_lost(certificates: dict[str, Tls]) -> None:
    # One connection in about seventy lost its first message when both threads entered OpenSSL at the same moment.
    for _ in range(200):
        listen = TcpListen("127.0.0.1:0", certificates["core"])
        dial = TcpDial(f"127.0.0.1:{listen.port}", certificates["tower-7"])
        try:
            _next(listen, "open")
            _next(dial, "open")
            for k in range(20):
                dial.send(b"%03d" % k)
                listen.send(b"%03d" % k)
            for side in (listen, dial):
                heard = b""
                while len(heard) < 60:
                    heard += _next(side, "data").data
                assert heard == b"".join(b"%03d" % k for k in range(20))
        finally:
            dial.close()
            listen.close()


def test_more_than_the_network_takes_at_once_arrives_whole_both_ways(certificates: dict[str, Tls]) -> None:
    listen = TcpListen("127.0.0.1:0", certificates["core"])
    dial = TcpDial(f"127.0.0.1:{listen.port}", certificates["tower-7"])
    try:
        _next(listen, "open")
        _next(dial, "open")
        message = bytes(range(256)) * 4096
        for _ in range(8):
            dial.send(message)
            listen.send(message)
        for side in (listen, dial):
            heard = bytearray()
            while len(heard) < 8 * len(message):
                heard += _next(side, "data").data
            assert bytes(heard) == 8 * message
    finally:
        dial.close()
        listen.close()


def test_a_stranger_is_turned_away_and_does_not_let_us_in_either(certificates: dict[str, Tls]) -> None:
    listen = TcpListen("127.0.0.1:0", certificates["core"])
    dial = TcpDial(f"127.0.0.1:{listen.port}", certificates["stranger"])
    try:
        assert "turned away" in _next(listen, "closed").cause
        assert "certificate" in _next(dial, "closed").cause.lower()
        assert not listen._channels
    finally:
        dial.close()
        listen.close()


def test_plain_text_is_turned_away(certificates: dict[str, Tls]) -> None:
    listen = TcpListen("127.0.0.1:0", certificates["core"])
    try:
        with socket.create_connection(("127.0.0.1", listen.port), 5.0) as plain:
            plain.sendall(b"<event version='2.0'/>" * 10)
            assert "turned away" in _next(listen, "closed").cause
    finally:
        listen.close()


def test_files_that_are_no_certificates_are_one_clear_line(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).write_text("no certificate")
    with pytest.raises(BadInput, match="PEM files"):
        Tls(tmp_path / "a", tmp_path / "b", tmp_path / "c").context(server=True)
