"""The port that reads a mailbox: what came in, what was sent, whether somebody has answered."""
