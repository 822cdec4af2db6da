"""A transport that could lose something, or let a stranger in, is a fault of the site."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders import radar, site, write_site
from watchline.domain.errors import BadInput
from watchline.domain.site import LinkTls, Transport
from watchline.ops.many.nats_server import settings
from watchline.ops.many.transport_check import check_transport
from watchline.ops.site_limits import check_limits

ONE, THREE = ("127.0.0.1:4222",), tuple(f"127.0.0.1:{port}" for port in (4222, 4223, 4224))


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (Transport(servers=ONE), ""),
        (Transport(servers=THREE, cluster=THREE), ""),
        (Transport(servers=THREE[:2], cluster=THREE[:2]), "one machine, or three"),
        (Transport(servers=THREE), "must name one address for each server"),
        (Transport(servers=("10.0.0.1:4222",)), "could speak for a tower"),
        (Transport(servers=("nonsense",)), "is not host:port"),
        (Transport(servers=ONE, start=False), "must tell their settings"),
        (Transport(servers=ONE, store_mb=1), "at least 10"),
        (Transport(servers=ONE, tls=LinkTls(certificate="a", key="b", authority="c")), "no such file"),
    ],
)
def test_faults_of_a_transport(spec: Transport, said: str, tmp_path: Path) -> None:
    import msgspec

    what = msgspec.structs.replace(site(radar()), transport=spec)
    faults = [*check_limits(what, "site.toml"), *check_transport(what, tmp_path / "site.toml")]
    rules = [fault.rule for fault in faults]
    assert [said in rule for rule in rules][:1] == ([True] if said else [])


def test_every_message_is_on_the_disk_before_it_is_acknowledged(tmp_path: Path) -> None:
    spec = Transport(servers=THREE, cluster=THREE, tls=LinkTls(certificate="a", key="b", authority="c"))
    told = settings(spec, 1, tmp_path, tmp_path, ("T-1",))
    assert told["jetstream"]["sync_interval"] == "always"  # type: ignore[index]
    assert told["tls"]["verify_and_map"] is True  # type: ignore[index]
    users = told["authorization"]["users"]  # type: ignore[index]
    own = [f"watchline.{what}.T-1" for what in ("live", "late", "node")]
    assert users[1]["permissions"]["publish"] == own


def test_a_line_with_towers_is_not_run_alone(tmp_path: Path) -> None:
    import msgspec

    from watchline.cli.run import refuse_transport
    from watchline.ops.site_file import read_site

    path = write_site(tmp_path, msgspec.structs.replace(site(radar()), transport=Transport(servers=ONE)))
    with pytest.raises(BadInput, match="use watchline serve"):
        refuse_transport(read_site(path))
