"""The words of the product: records, the site, frames of pictures, columnar batches, units and time.

Imports nothing of Watchline.  Start reading at `records.py` (what is written to the ledger),
`site.py` (what a line is made of) and `batches.py` (the hot path: many scans and detections at once).
"""
