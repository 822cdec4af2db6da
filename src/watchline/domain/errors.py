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

    def __reduce__(self) -> tuple[object, ...]:
        """Let it travel between processes: a camera worker's bad input is the caller's."""
        return _again, (type(self), self.args, self.__dict__)


def _again(kind: type[BadInput], args: tuple[str, ...], fields: dict[str, object]) -> BadInput:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(fields)
    return error


class InvariantError(RuntimeError):
    """A bug of our own: something that cannot be, is.  Never caught except by the supervisor."""
