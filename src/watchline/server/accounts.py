"""Accounts: a name of the site's list of people and what proves it, in a file of its own beside the site.

Rules: passwords are kept as argon2id with the library's parameters, never otherwise; the file is readable by its
owner only; there is no account that nobody made, and none has a password that somebody else chose but a person.  A
name that is not there takes as long to refuse as a wrong password.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from watchline.domain.errors import BadInput

PASSWORD_LENGTH = (12, 200)
_HASHER = PasswordHasher()


class Account(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """name: as in the site's `people`; password: argon2id in its own encoding."""

    name: str
    password: str


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    accounts: tuple[Account, ...] = ()


class Accounts:
    """The accounts of one file.  Mutable: it is read again when the file has changed."""

    def __init__(self, path: Path) -> None:
        """Read the file; none is no accounts.  BadInput when it is not ours."""
        self.path = path
        self._read_at: tuple[int, int] | None = None
        self._accounts: dict[str, Account] = {}
        self._nobody = _HASHER.hash(secrets.token_urlsafe(16))
        self._refresh()

    @property
    def names(self) -> tuple[str, ...]:
        """Return who has an account."""
        self._refresh()
        return tuple(sorted(self._accounts))

    def proves(self, name: str, password: str) -> bool:
        """Return whether the password is that name's; as slow for a name that is not there."""
        self._refresh()
        account = self._accounts.get(name)
        try:
            _HASHER.verify(account.password if account is not None else self._nobody, password)
        except (VerificationError, InvalidHashError):
            return False
        return account is not None

    def set_password(self, name: str, password: str) -> None:
        """Make an account or give it another password; BadInput when the password is too short."""
        low, high = PASSWORD_LENGTH
        if not low <= len(password) <= high:
            raise BadInput("password", f"must have {low} to {high} characters", "choose a sentence")
        if name and name.casefold() in password.casefold():
            raise BadInput("password", "contains the name", "choose another")
        self._refresh()
        self._accounts[name] = Account(name=name, password=_HASHER.hash(password))
        self._write()

    def remove(self, name: str) -> None:
        """End an account; BadInput when there is none."""
        self._refresh()
        if self._accounts.pop(name, None) is None:
            raise BadInput(f"account {name!r}", "is not there", f"known are {', '.join(self._accounts) or 'none'}")
        self._write()

    def _refresh(self) -> None:
        try:
            stat = self.path.stat()
            mark = (stat.st_mtime_ns, stat.st_size)
            if mark == self._read_at:
                return
            kept = msgspec.json.decode(self.path.read_bytes(), type=_File)
        except FileNotFoundError:
            self._read_at, self._accounts = None, {}
            return
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            rule = f"cannot be read as accounts ({error})"
            raise BadInput(str(self.path), rule, "make it with: watchline account") from None
        if stat.st_mode & 0o077:
            raise BadInput(str(self.path), "can be read by others than its owner", f"chmod 600 {self.path}")
        self._read_at, self._accounts = mark, {account.name: account for account in kept.accounts}

    def _write(self) -> None:
        kept = _File(accounts=tuple(self._accounts[name] for name in sorted(self._accounts)))
        fresh = self.path.with_name(self.path.name + ".new")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(kept), indent=1))
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, self.path)
        self._read_at = None
