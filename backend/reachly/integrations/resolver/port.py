"""What the product asks of DNS about a recipient's domain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

Kind = Literal["found", "null_mx", "nxdomain", "no_mx_but_a", "timeout", "error"]


@dataclass(frozen=True, slots=True)
class ResolverConfig:
    """`host:port` of the servers to ask; None: the system's. The time-out (seconds) is for a whole answer."""

    nameserver: str | None = None
    reserved_nameserver: str | None = None
    """Answers for the reserved domains (RFC 2606, RFC 6761) while the mail world runs; None: as for all others."""
    timeout_seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class MxAnswer:
    """Where a domain takes mail.

    found        `hosts` in order of preference
    no_mx_but_a  no MX, but an address: mail goes to the domain itself (RFC 5321 5.1), the only host
    null_mx      the domain says that it takes no mail (RFC 7505)
    nxdomain     there is no such name, or nothing at it that could take mail
    timeout      no answer in time: nothing is known
    error        the servers could not or would not answer: nothing is known
    """

    kind: Kind
    hosts: tuple[str, ...] = ()

    @property
    def takes_mail(self) -> bool | None:
        """None: nothing is known, which is never the same as no."""
        return None if self.kind in {"timeout", "error"} else self.kind in {"found", "no_mx_but_a"}


class Resolver(Protocol):
    async def mx(self, domain: str) -> MxAnswer:
        """Never raises; Unicode domains are asked for in punycode, what is no domain at all is `nxdomain`."""
