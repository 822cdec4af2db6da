"""Faults of a site's links: protocol, address, ids, files, organisations; and of the sensors they speak for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from watchline.domain.errors import BadInput
from watchline.domain.site import LinkSpec, Site
from watchline.links import open_link, table
from watchline.links.transports import address_of
from watchline.links.udp_transport import PREFIX
from watchline.ops.exchange.partner_outlet import PROTOCOL as PARTNER
from watchline.ops.publish import REPLAY
from watchline.ops.site_file import Fault

LOOPBACK = ("127.0.0.1:", "localhost:", "[::1]:")


def check_links(site: Site, path: Path) -> Iterator[Fault]:
    """Yield every fault of `[[links]]`."""
    file, known = path.name, {o.id for o in site.organisations}
    live = {spec.id for spec in site.links if spec.protocol == "sapient"}
    for spec in site.links:
        where = f"links[{spec.id}]"
        for organisation in spec.organisations:
            if organisation not in known:
                rule = f"{organisation!r} is not an organisation of this site"
                yield Fault("fault", file, f"{where}.organisations", rule, "correct the id")
        if spec.recipient and spec.recipient not in {one.id for one in site.recipients}:
            rule = f"{spec.recipient!r} is not in [[recipients]]"
            yield Fault("fault", file, f"{where}.recipient", rule, "correct the id")
        if spec.sends and not spec.recipient:
            rule = "sends to nobody in particular: whoever is unknown is told nothing"
            yield Fault("fault", file, f"{where}.recipient", rule, "name one of [[recipients]], which has a kind")
        yield from _partner(spec, site, file, where)
        yield from _protocol(spec, file, where)
        yield from _carriage(spec, path, where)
    ids = {spec.id for spec in site.links}
    for spec in site.links:
        if spec.protocol == REPLAY and spec.options.get("of") not in live:
            rule = f"{spec.options.get('of')!r} names no link of protocol sapient: whose messages are these?"
            yield Fault("fault", file, f"links[{spec.id}].options.of", rule, "name the live link")
    for sensor in site.sensors:
        if sensor.node is not None and sensor.node.partition("/")[0] not in ids:
            rule = f"{sensor.node!r} names no link of this site"
            yield Fault("fault", file, f"sensors[{sensor.id}].node", rule, "write LINK/ID")


def _partner(spec: LinkSpec, site: Site, file: str, where: str) -> Iterator[Fault]:
    """Yield what is wrong with a link to another organisation's core."""
    if spec.protocol != PARTNER:
        return
    kind = next((one.kind for one in site.recipients if one.id == spec.recipient), None)
    if kind not in ("partner", "rescue"):
        rule = "another core is told things as a partner or a rescuer, and by somebody's terms"
        yield Fault("fault", file, f"{where}.recipient", rule, "name one of [[recipients]] of kind partner or rescue")
    if spec.tls is None and not spec.address.startswith(LOOPBACK):
        rule = "another core is only spoken with over mutual TLS"
        yield Fault("fault", file, f"{where}.tls", rule, "give certificate and key of ours, authority of theirs")
    elif spec.tls is not None and not spec.allow:
        rule = "believes everybody whom the other authority has signed"
        yield Fault("warning", file, f"{where}.allow", rule, "name the other core's certificate")


def _protocol(spec: LinkSpec, file: str, where: str) -> Iterator[Fault]:
    if spec.protocol not in table():
        rule = f"{spec.protocol!r} is no protocol"
        yield Fault("fault", file, f"{where}.protocol", rule, f"one of {', '.join(sorted(table()))}")
        return
    if not spec.enabled:
        return
    try:
        link = open_link(spec.protocol)
    except BadInput as error:
        yield Fault("fault", file, f"{where}.protocol", error.rule, error.do or "set enabled = false")
        return
    judge = getattr(link, "check_settings", None)
    if callable(judge):
        for field, rule, do in judge(spec.role, spec.node, spec.direction):
            yield Fault("fault", file, f"{where}.{field}", rule, do)


def _carriage(spec: LinkSpec, path: Path, where: str) -> Iterator[Fault]:
    try:
        address_of(spec.address.removeprefix(PREFIX))
    except ValueError as error:
        yield Fault("fault", path.name, f"{where}.address", str(error), "for example 10.0.0.7:5020")
    if spec.address.startswith(PREFIX):
        if spec.tls is not None:
            rule = "UDP carries no tls"
            yield Fault("fault", path.name, f"{where}.tls", rule, "leave it out, and keep the link inside a tunnel")
        return
    if spec.tls is None:
        if spec.direction == "listen" and not spec.address.startswith(LOOPBACK):
            rule = "listens to the network without tls: anybody could speak for anyone"
            yield Fault("warning", path.name, f"{where}.tls", rule, "give certificate, key and authority")
        return
    for name in ("certificate", "key", "authority"):
        file = getattr(spec.tls, name)
        if not (path.parent / file).is_file():
            yield Fault("fault", path.name, f"{where}.tls.{name}", f"{file} no such file", "correct the path")
