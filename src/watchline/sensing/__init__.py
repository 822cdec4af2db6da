"""What a sensor can see: probability of detection, false alarms, weather, and what a subject looks like."""
