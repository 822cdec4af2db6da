"""Named operations: their file, orders, an area searched over days, what tracks really covered."""
