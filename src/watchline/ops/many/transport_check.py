"""Faults of how sensor nodes reach the core."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from watchline.domain.site import Site, Transport
from watchline.links.transports import address_of
from watchline.ops.site_file import Fault

LOOPBACK = ("127.0.0.1", "::1", "localhost")
NAME_FORBIDS = frozenset(". *>/\\")  # of subjects and files


def check_transport(site: Site, path: Path) -> Iterator[Fault]:
    """Yield every fault of `transport`."""
    spec, file = site.transport, path.name
    if spec is None:
        return
    yield from _servers(spec, file)
    yield from _tls(spec, path)
    for name in sorted({s.post or s.id for s in site.sensors}):
        if NAME_FORBIDS & set(name):
            rule = f"{name!r} is the name of a node and must do without dots, blanks, slashes, * and >"
            yield Fault("fault", file, "posts", rule, "rename it")


def _servers(spec: Transport, file: str) -> Iterator[Fault]:
    if len(spec.servers) not in (1, 3):
        rule = f"names {len(spec.servers)} servers: one machine, or three of which any may fail"
        yield Fault("fault", file, "transport.servers", rule, "name one or three")
    for field, addresses in (("servers", spec.servers), ("cluster", spec.cluster)):
        for address in addresses:
            try:
                address_of(address)
            except ValueError as error:
                yield Fault("fault", file, f"transport.{field}", str(error), "for example core-1:4222")
    if len(spec.servers) > 1 and spec.start and len(spec.cluster) != len(spec.servers):
        rule = "must name one address for each server: by it they reach each other"
        yield Fault("fault", file, "transport.cluster", rule, "for example core-1:6222")
    if not spec.start and len(spec.monitor) != len(spec.servers):
        rule = "servers that are not started here must tell their settings: they may acknowledge what they can lose"
        yield Fault("fault", file, "transport.monitor", rule, "name each one's monitoring, http://HOST:8222")


def _tls(spec: Transport, path: Path) -> Iterator[Fault]:
    file, hosts = path.name, {one.rpartition(":")[0].strip("[]") for one in (*spec.servers, *spec.cluster)}
    if spec.tls is None and not hosts <= set(LOOPBACK):
        rule = "is missing: whoever reaches the servers could speak for a tower"
        yield Fault("fault", file, "transport.tls", rule, "make files with watchline https --node NAME")
    for name in ("certificate", "key", "authority") if spec.tls is not None else ():
        where = str(getattr(spec.tls, name))
        if not (path.parent / where).is_file():
            yield Fault("warning", file, f"transport.tls.{name}", f"{where} no such file", "make it on this machine")
