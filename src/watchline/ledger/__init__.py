"""The truth: an append-only log of everything said, hash-chained, with bulky payloads stored apart.

Imports only `domain`.  A ledger is a directory; its format is written down in docs/ledger-format.md.
Start reading at `chain.py` (what a batch is and how it is hashed), then `writer.py`.

Public: `writer.Ledger`, `reader.LedgerReader`, `reader.Entry`, `verify.verify`, `verify.Verdict`, `errors`.
"""
