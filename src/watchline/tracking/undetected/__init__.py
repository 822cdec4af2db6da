"""The undetected field at work; its type is in `domain/undetected.py`."""
