"""The one way to say that the product cannot start."""

from __future__ import annotations


class CannotStart(Exception):
    """One line that names what stands in the way and what to do. The command line prints it and exits with 1."""
