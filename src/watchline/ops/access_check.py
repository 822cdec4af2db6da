"""Faults of how screens reach the core from other machines."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

from watchline.domain.site import Access, SignOn, Site
from watchline.links.transports import address_of
from watchline.ops.site_file import Fault


def check_access(site: Site, path: Path) -> Iterator[Fault]:
    """Yield every fault of `[access]`."""
    access = site.access
    if access is not None:
        yield from _access(access, site, path)
        if access.sign_on is not None:
            yield from _sign_on(access.sign_on, path)


def _access(access: Access, site: Site, path: Path) -> Iterator[Fault]:
    file = path.name
    try:
        address_of(access.listen)
    except ValueError as error:
        yield Fault("fault", file, "access.listen", str(error), "for example 0.0.0.0:8443")
    if not access.names:
        yield Fault("fault", file, "access.names", "is empty: no browser could call it", "name the host")
    for field in ("certificate", "key"):
        where = getattr(access, field)
        if not (path.parent / where).is_file():
            rule = f"{where} no such file: screens on other machines need HTTPS"
            yield Fault("fault", file, f"access.{field}", rule, "make it with: watchline https")
    key = path.parent / access.key
    if key.is_file() and key.stat().st_mode & 0o077:
        yield Fault("fault", file, "access.key", f"{access.key} can be read by others", f"chmod 600 {access.key}")
    if not site.people:
        yield Fault("fault", file, "people", "is empty: nobody could sign in", "name who may")


def _sign_on(spec: SignOn, path: Path) -> Iterator[Fault]:
    file = path.name
    if not spec.issuer.startswith(("https://", "http://localhost", "http://127.0.0.1")):
        yield Fault("fault", file, "access.sign_on.issuer", "must be an https address", "as the provider states it")
    for field in ("client", "claim"):
        if not getattr(spec, field):
            yield Fault("fault", file, f"access.sign_on.{field}", "is empty", "as registered with the provider")
    for field in ("secret", "authority"):
        where = getattr(spec, field)
        if where and not (path.parent / where).is_file():
            yield Fault("fault", file, f"access.sign_on.{field}", f"{where} no such file", "correct the path")
    secret = path.parent / spec.secret
    if spec.secret and secret.is_file() and secret.stat().st_mode & 0o077:
        rule = f"{spec.secret} can be read by others"
        yield Fault("fault", file, "access.sign_on.secret", rule, f"chmod 600 {spec.secret}")
    if importlib.util.find_spec("jwt") is None:
        yield Fault("fault", file, "access.sign_on", "needs a package", "pip install 'watchline[oidc]'")
