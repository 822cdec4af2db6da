"""What a track is: its rows of numbers, how it moves, what a detection says of it."""
