"""Who may see what: recipients and their terms, what is made coarse, releases, what a screen shows.

Pure: no clock, no chance, no I/O.  `ops/release` asks here before anything leaves; `server` before anything is shown.
"""
