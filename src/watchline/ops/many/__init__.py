"""Many machines: sensor nodes on towers and the core for all of them, joined by NATS JetStream.

node: feed ► message ► outbox ► sender ─► NATS ─► receiver ► nodes_feed ► core ► ledger
                         ▲── kept: which numbers the ledger holds ──────────────┘

Rules: a node keeps everything until the core's ledger has it; every message has a node, an outbox and a number, and
the ledger knows which it has, so that whatever comes twice or out of order does no harm.  Start at `node.py` and
`nodes_feed.py`; NATS is known only to `nats_server.py`, `sender.py` and `receiver.py`.
"""
