"""One table of every internal queue: its bound, and what happens when it is full."""

from __future__ import annotations

CUT_EVERY_S = 5.0  # of the injected clock between two batches of the ledger
ACTIONS_BOUND = 1000  # people's actions waiting for the core; a full queue is refused to the caller, never dropped
REPORTS_BOUND = 1000  # messages of people's reports waiting for the core; refused when full, never dropped
SCREEN_WINDOW = 4  # pictures sent to a screen and not yet answered; newer ones replace older ones unsent
MINUTES_BOUND = 240  # minutes that wait for the account: it prepares for some when a core starts
