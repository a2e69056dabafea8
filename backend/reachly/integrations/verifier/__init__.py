"""The port that judges an address."""
