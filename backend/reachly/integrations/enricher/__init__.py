"""The port that adds facts to a lead."""
