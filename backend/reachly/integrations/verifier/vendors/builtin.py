"""What an address tells by itself, without asking anybody: syntax, role, free mail, throw-away domain, typing slips.

Whether the domain takes mail is asked of the `resolver` port, and `services/verification` puts the two together.
"""

from __future__ import annotations

from reachly.integrations.verifier.port import Verification
from reachly.kit.address import domain_of, is_free_mail, parse_address, registrable_domain

# RFC 2142 and the names that companies use for more than one person.
_ROLE_NAMES = """
abuse accounts admin administrator billing bookings careers contact customerservice enquiries events feedback
finance hello help helpdesk hostmaster hr info information inquiries invoices it jobs kontakt legal mail
mailer-daemon marketing media news newsletter no-reply noc noreply office orders postmaster press privacy
purchasing reception recruiting root rsvp sales security service shop support sysadmin team tech webmaster
welcome buchhaltung bewerbung einkauf vertrieb verkauf bonjour commercial comptabilite ventas contacto
"""
_ROLES = frozenset(_ROLE_NAMES.split())
_DISPOSABLE_DOMAINS = """
10minutemail.com 33mail.com burnermail.io discard.email dispostable.com emailondeck.com fakeinbox.com
getairmail.com getnada.com grr.la guerrillamail.com guerrillamail.net guerrillamail.org guerrillamailblock.com
inboxkitten.com mail-temp.com mailcatch.com maildrop.cc mailinator.com mailnesia.com mailnull.com
mintemail.com moakt.com mohmal.com mytemp.email sharklasers.com spam4.me spamgourmet.com temp-mail.io
temp-mail.org tempail.com tempmail.com tempmailo.com tempr.email throwawaymail.com trash-mail.com
trashmail.com trashmail.de trashmail.net wegwerfmail.de yopmail.com yopmail.fr yopmail.net
"""
_DISPOSABLE = frozenset(_DISPOSABLE_DOMAINS.split())
# Only long ones: a short domain one slip away from a known one is usually somebody's own.
_OFTEN_MEANT = (
    "gmail.com", "googlemail.com", "yahoo.com", "hotmail.com", "outlook.com", "icloud.com", "protonmail.com",
    "hotmail.co.uk", "yahoo.co.uk",
)  # fmt: skip
_CANNOT_BE_A_SLIP = frozenset({"email.com"})


class BuiltinVerifier:
    """A Verifier that asks nobody: what passes is `unknown`, with its facts."""

    async def verify(self, email: str) -> Verification:
        try:
            address = parse_address(email)
        except ValueError as error:
            return Verification(email, "undeliverable", "syntax", str(error), domain_of(email))
        domain = address.domain
        meant = _probably_meant(domain)
        return Verification(
            email=email,
            status="unknown",
            reason="not_asked",
            detail="The address is well formed; its domain has not been asked.",
            domain=domain,
            is_role=_is_role(address.local),
            is_free=is_free_mail(domain),
            is_disposable=domain in _DISPOSABLE or registrable_domain(domain) in _DISPOSABLE,
            suggestion=f"{address.local}@{meant}" if meant else None,
        )


def _is_role(local: str) -> bool:
    return local.lower().partition("+")[0] in _ROLES


def _probably_meant(domain: str) -> str | None:
    """The well-known domain that differs by one slip: a letter too many, missing, wrong, or two exchanged."""
    if domain in _OFTEN_MEANT or domain in _CANNOT_BE_A_SLIP or is_free_mail(domain):
        return None
    return next((known for known in _OFTEN_MEANT if _one_slip(domain, known)), None)


def _one_slip(typed: str, known: str) -> bool:
    if len(typed) == len(known):
        wrong = [i for i, (a, b) in enumerate(zip(typed, known, strict=True)) if a != b]
        if len(wrong) == 2 and wrong[1] == wrong[0] + 1:
            return typed[wrong[0]] == known[wrong[1]] and typed[wrong[1]] == known[wrong[0]]
        return len(wrong) == 1
    longer, shorter = (typed, known) if len(typed) > len(known) else (known, typed)
    if len(longer) - len(shorter) != 1:
        return False
    return any(longer[:i] + longer[i + 1 :] == shorter for i in range(len(longer)))
