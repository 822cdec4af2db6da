"""What is exchanged with others beyond looks: orders to drones, cameras, aircraft, and what nodes kept meanwhile."""
