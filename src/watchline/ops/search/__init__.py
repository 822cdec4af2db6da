"""Searches: from a site and where contact was lost to a map, a plan, its files, and its records."""
