"""What a tracker is told of its sensors, and what it learns of them: false detections, lasting errors."""
