"""The port that writes an opening line and reads an intent."""
