"""`watchline account`: who may sign in from other machines, with a password that only they know."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from cyclopts import Parameter

from watchline.cli.options import Json, SiteFile
from watchline.domain.errors import BadInput
from watchline.ops.site_file import read_site
from watchline.server.accounts import Accounts


def account(
    what: Annotated[Literal["set", "remove", "list"], Parameter(help="what to do with accounts")],
    site: SiteFile,
    name: Annotated[str, Parameter(help="of one of the site's [[people]]")] = "",
    *,
    password_file: Annotated[Path | None, Parameter(help="its first line, in place of typing")] = None,
    json: Json = False,
) -> int:
    """Set the password of NAME (typed, or the first line of --password-file), remove NAME, or list accounts."""
    loaded = read_site(site)
    access = loaded.site.access
    accounts = Accounts(loaded.path.parent / (access.accounts if access is not None else "accounts.json"))
    if what == "list":
        print(msgspec.json.encode(accounts.names).decode() if json else "\n".join(accounts.names))
        return 0
    if what == "remove":
        accounts.remove(name)
    else:
        known = [person.name for person in loaded.site.people]
        if name not in known:
            raise BadInput("NAME", f"{name!r} is not on the site's list of people", f"known are {', '.join(known)}")
        accounts.set_password(name, _password(password_file))
    if json:
        print(msgspec.json.encode({"done": what, "name": name, "file": str(accounts.path)}).decode())
    else:
        print(f"{name}: {'has a password now' if what == 'set' else 'has no account any more'} ({accounts.path})")
    return 0


def _password(file: Path | None) -> str:
    if file is not None:
        try:
            return file.read_text(encoding="utf-8").splitlines()[0]
        except (OSError, UnicodeDecodeError, IndexError) as error:
            raise BadInput(str(file), f"cannot be read ({error})", "give a file with one line") from None
    if not sys.stdin.isatty():
        raise BadInput("password", "nobody is there to type it", "give --password-file")
    first, again = getpass.getpass("password: "), getpass.getpass("once more: ")
    if first != again:
        raise BadInput("password", "was not the same twice", "type it again")
    return first
