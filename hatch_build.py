"""Build hook: the console's bundle goes into the package; node is asked for only when it is stale."""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ConsoleHook(BuildHookInterface[Any]):
    """Filled in with the console."""

    PLUGIN_NAME = "custom"
