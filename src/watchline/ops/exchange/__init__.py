"""What is exchanged with others beyond looks: orders to drones, cameras and aircraft, and what nodes kept meanwhile."""
