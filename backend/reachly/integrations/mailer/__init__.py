"""The port that puts one message on the wire."""
