"""The listening socket, made early so that a taken port is one clear line."""

from __future__ import annotations

import socket

from reachly.infra.startup import CannotStart


def bind(host: str, port: int) -> socket.socket:
    """A listening socket that children may inherit; port 0 lets the system choose. Raises CannotStart."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(2048)
    except OSError as error:
        listening.close()
        raise CannotStart(
            f"Port {port} on {host} cannot be used ({error.strerror}). Stop what uses it, or choose another: PORT=8001."
        ) from None
    listening.set_inheritable(True)
    return listening
