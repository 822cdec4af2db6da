"""`watchline https`: one command from a console on this machine to one that other machines reach safely."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter

from watchline.cli.options import Json, SiteFile
from watchline.domain.errors import BadInput
from watchline.domain.site import Access
from watchline.ops.authority import make_authority, revoke, sign_for
from watchline.ops.site_file import read_site, site_text

TLS = "tls"


def https(
    site: SiteFile,
    *,
    name: Annotated[tuple[str, ...], Parameter(help="host name or address by which browsers call the core")] = (),
    listen: Annotated[str, Parameter(help="host:port to listen on")] = "0.0.0.0:8443",
    certificate: Annotated[Path | None, Parameter(help="your own certificate (PEM), with --key")] = None,
    key: Annotated[Path | None, Parameter(help="your own certificate's key (PEM)")] = None,
    node: Annotated[str, Parameter(help="make a certificate for this node instead")] = "",
    revoke_file: Annotated[Path | None, Parameter(name="--revoke", help="a node's .pem to refuse")] = None,
    json: Json = False,
) -> int:
    """Make a site's own certificate authority and its server's certificate, and write [access] into SITE.toml."""
    loaded = read_site(site)
    directory = loaded.path.parent / TLS
    if node or revoke_file is not None:
        done = revoke(directory, revoke_file) if revoke_file is not None else sign_for(directory, node, name)[0]
        _say({"wrote": str(done)}, f"wrote {done}", json)
        return 0
    if not name:
        raise BadInput("--name", "is missing: by which name do browsers call this core?", "give one or more")
    if (certificate is None) != (key is None):
        raise BadInput("--certificate", "and --key belong together", "give both or neither")
    if certificate is None or key is None:
        make_authority(directory, loaded.site.name)
        certificate, key = sign_for(directory, "server", (*name, "localhost", "127.0.0.1"))
    for path in (certificate, key):
        if not path.is_file():
            raise BadInput(str(path), "no such file", "correct the path")
    access = Access(
        listen=listen, names=tuple(one.lower() for one in name),
        certificate=_beside(certificate, loaded.path.parent), key=_beside(key, loaded.path.parent),
    )  # fmt: skip
    loaded.path.write_text(site_text(msgspec.structs.replace(loaded.site, access=access)), encoding="utf-8")
    authority = directory / "authority.pem"
    told = f"wrote [access] into {loaded.path}; next: watchline account set {loaded.path} NAME"
    if authority.exists():
        told += f"; give {authority} to each browser once, so that it knows this site's authority"
    _say({"site": str(loaded.path), "access": access}, told, json)
    return 0


def _beside(path: Path, directory: Path) -> str:
    full = path.resolve()
    return str(full.relative_to(directory.resolve())) if full.is_relative_to(directory.resolve()) else str(full)


def _say(told: dict[str, object], words: str, json: bool) -> None:
    print(msgspec.json.encode(told).decode() if json else words)
