"""From a site and a study to a plan of towers and of mobile posts: start with `search.py`."""
