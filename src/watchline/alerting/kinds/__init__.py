"""Kinds of alerts, one file each."""
