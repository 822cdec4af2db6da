"""Errors by whose fault they are."""

from __future__ import annotations


class BadInput(ValueError):
    """The caller's mistake: says which file, which field, which rule, and what to do.

    The command line prints it as one line and exits with 2; it is never a traceback.
    """

    def __init__(self, where: str, rule: str, do: str = "") -> None:
        self.where = where
        self.rule = rule
        self.do = do
        super().__init__(f"{where}: {rule}" + (f"; {do}" if do else ""))


class InvariantError(RuntimeError):
    """A bug of our own: something that cannot be, is.  Never caught except by the supervisor."""
