"""Who gets there first: how long everybody needs, where they meet whom, who goes, and what is uncovered by it.

Imports `coverage`, `sensing`, `geo`, `domain`.  Pure.  Start reading at `reach.py` (travel time over the ground) and
`intercept.py` (where a unit meets an uncertain future way); `assign.py` settles several alerts at once, and
`proposals.py` puts it into the words that a person approves.  Nothing here can send anything.
"""
