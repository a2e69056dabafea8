"""The port that asks DNS where a domain takes mail."""
