"""Words of SAPIENT's enumerations and ours for the same: one table for reading and writing."""

from __future__ import annotations

from typing import Any

# Theirs, without the enumeration's own prefix, and ours.
SYSTEM = {"OK": "ok", "WARNING": "warning", "ERROR": "error", "GOODBYE": "goodbye"}
ALERT_STATUS = {
    "UNSPECIFIED": "active", "ACTIVE": "active", "ACKNOWLEDGE": "acknowledged", "REJECT": "rejected",
    "IGNORE": "ignored", "CLEAR": "cleared",
}  # fmt: skip
CONTROL = {"START": "start", "STOP": "stop", "PAUSE": "pause"}
TASK_STATUS = {"ACCEPTED": "accepted", "REJECTED": "rejected", "COMPLETED": "completed", "FAILED": "failed"}
ALERT_ACK_STATUS = {"ACCEPTED": "accepted", "REJECTED": "rejected", "CANCELLED": "rejected"}
# Requests in free text.
REQUEST = {"Status": "request_status", "Registration": "request_registration", "Reset": "reset"}


def ours(message: Any, field: str, table: dict[str, str]) -> Any:
    """Return our word for an enumeration in a message."""
    kind = message.DESCRIPTOR.fields_by_name[field].enum_type
    name: str = kind.values_by_number[getattr(message, field)].name
    prefix = next(iter(kind.values)).name.removesuffix("UNSPECIFIED")
    return table[name.removeprefix(prefix)]


def theirs(prefix: str, word: str, table: dict[str, str]) -> str:
    """Return the enumeration's name for a word of ours; KeyError for none."""
    found = [name for name, ours in table.items() if ours == word and name != "UNSPECIFIED"]
    if not found:
        raise KeyError(word)
    return prefix + found[0]
