"""Watchline: watch a long line, and account for what was missed."""

__version__ = "0.1.0"
