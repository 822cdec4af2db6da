"""`watchline doctor`: whether this machine and a site can do what is asked of them, said before it matters."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import apsw
import msgspec
from cryptography import x509
from cyclopts import Parameter

from watchline import __version__
from watchline.cli.options import SITE, Json
from watchline.domain.errors import BadInput
from watchline.ops.site_check import check_site
from watchline.ops.site_file import read_site
from watchline.server.app import CONSOLE

SQLITE_LEAST = (3, 51, 3)  # before, a write-ahead log that starts over can be corrupted
SYNC_SLOW_S = 0.05  # for one small write to be durable; a person waits for it at every press
DISK_LEAST = 10 << 30
MEMORY_LEAST = 2 << 30
EXTRAS = {
    "onnx": ("onnxruntime", "a detection network of your own"),
    "reports": ("fpdf2", "sheets and reports as PDF"),
    "sapient": ("sapient-msg", "SAPIENT links"),
    "mqtt": ("paho-mqtt", "MQTT links"),
    "many": ("nats-py", "sensor nodes on other machines"),
}


@dataclass(frozen=True)
class Finding:
    """state: good, note (something is not there that may not be needed), watch, bad (it will not work)."""

    what: str
    state: Literal["good", "note", "watch", "bad"]
    found: str
    do: str = ""


def doctor(
    site: Annotated[Path | None, Parameter(help=f"{SITE}: judged as well")] = None,
    *,
    ledger: Annotated[Path | None, Parameter(help="folder in which the ledger is to be")] = None,
    json: Json = False,
) -> int:
    """Look at this machine, at a site and a ledger's folder if they are given; exit 1 if anything is bad."""
    findings = [*_machine(ledger), *_parts(), *(_site(site) if site is not None else ())]
    bad = any(one.state == "bad" for one in findings)
    if json:
        print(msgspec.json.encode({"version": __version__, "findings": [asdict(one) for one in findings]}).decode())
        return int(bad)
    for one in findings:
        print(f"{one.state:5} {one.what}: {one.found}" + (f"; {one.do}" if one.do else ""))
    return int(bad)


def _judged(what: str, well: bool, found: str, otherwise: Literal["note", "watch", "bad"], do: str) -> Finding:
    """Return a finding that is good, or something else with what to do about it."""
    return Finding(what, "good" if well else otherwise, found, "" if well else do)


def machine_findings() -> list[Finding]:
    """Return what can be said of a machine without saying whose it is: no path, no name."""
    return [*_size(), *_parts()]


def _machine(ledger: Path | None) -> Iterator[Finding]:
    yield from _size()
    yield from _disk(ledger if ledger is not None else Path.home())
    yield _clock()
    with socket.socket() as probe:
        free = probe.connect_ex(("127.0.0.1", 8765)) != 0
    yield _judged("port 8765", free, "free" if free else "something listens there already", "note", "run with --port")


def _size() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield _judged("Python", sys.version_info >= (3, 11), version, "bad", "install 3.11 or newer")
    cores = len(os.sched_getaffinity(0))
    yield _judged("cores", cores >= 2, str(cores), "watch", "two are the least")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    yield _judged("memory", memory >= MEMORY_LEAST, f"{memory / 2**30:.1f} GiB", "bad", "2 GiB are the least")
    sqlite = apsw.sqlite_lib_version()
    new = tuple(map(int, sqlite.split("."))) >= SQLITE_LEAST
    yield _judged("SQLite", new, sqlite, "bad", "pip install --upgrade apsw")


def _disk(where: Path) -> Iterator[Finding]:
    while not where.exists():
        where = where.parent
    free = shutil.disk_usage(where).free
    do = "a whole line writes gigabytes a day"
    yield _judged(f"disk of {where}", free >= DISK_LEAST, f"{free / 2**30:.1f} GiB free", "watch", do)
    try:
        took_s = _sync_s(where)
    except OSError as error:
        do = "give --ledger a directory that may be written"
        yield Finding(f"writing to {where}", "bad", f"{error.strerror}", do)
        return
    do = "a slow disk: presses are answered late"
    yield _judged("durable write", took_s <= SYNC_SLOW_S, f"{1000 * took_s:.1f} ms (median of 9)", "watch", do)


def _sync_s(where: Path) -> float:
    took = []
    with tempfile.NamedTemporaryFile(dir=where) as file:
        for _ in range(9):
            began = time.perf_counter()
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
            took.append(time.perf_counter() - began)
    return sorted(took)[4]


def _clock() -> Finding:
    now = datetime.now(UTC)
    if now.year < 2025:
        return Finding("clock", "bad", now.isoformat(timespec="seconds"), "set it: every record carries its time")
    kept = any(Path(one).exists() for one in ("/run/systemd/timesync/synchronized", "/run/chrony", "/var/lib/ntp"))
    told = now.isoformat(timespec="seconds")
    return Finding("clock", "good" if kept else "note", told, "" if kept else "nothing that keeps it right was found")


def _parts() -> Iterator[Finding]:
    built = (CONSOLE / "index.html").exists()
    yield Finding(
        "console", "good" if built else "bad", "built" if built else "not built", "" if built else "make setup"
    )
    for extra, (package, use) in EXTRAS.items():
        try:
            found, do, state = importlib.metadata.version(package), "", "good"
        except importlib.metadata.PackageNotFoundError:
            found, do, state = "not there", f"for {use}: pip install 'watchline[{extra}]'", "note"
        yield Finding(package, state, found, do)  # type: ignore[arg-type]


def _site(path: Path) -> Iterator[Finding]:
    faults = check_site(path)
    for fault in faults:
        state: Literal["bad", "watch", "note"] = {"fault": "bad", "warning": "watch", "note": "note"}[fault.severity]  # type: ignore[assignment]
        yield Finding(f"{fault.file}: {fault.field}", state, fault.rule, fault.do)
    if not any(fault.severity == "fault" for fault in faults):
        yield Finding(path.name, "good", "no fault")
        yield from _certificate(path)


def _certificate(path: Path) -> Iterator[Finding]:
    try:
        loaded = read_site(path)
    except BadInput:
        return
    access = loaded.site.access
    if access is None:
        return
    try:
        certificate = x509.load_pem_x509_certificate((loaded.path.parent / access.certificate).read_bytes())
    except (OSError, ValueError) as error:
        yield Finding("access.certificate", "bad", f"cannot be read ({error})", "watchline https")
        return
    days = (certificate.not_valid_after_utc - datetime.now(UTC)).days
    state: Literal["good", "watch", "bad"] = "bad" if days < 0 else "watch" if days < 30 else "good"
    yield Finding(
        "access.certificate", state, f"{days} days left", "" if days >= 30 else "watchline https makes a new one"
    )
