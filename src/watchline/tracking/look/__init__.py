"""One look of one sensor: who could be seen, what belongs to whom, what is believed after it."""
