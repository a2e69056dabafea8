"""What ships with the world: `leads-500.csv`."""
