"""E-mail addresses: reading what people type, and the one key two spellings share.

Declared policy (RFC 5321 4.1.2, RFC 6531): dot-atom local parts of at most 64 octets, UTF-8 allowed; domains
of two or more labels, at most 253 octets in their ASCII form (IDNA, UTS 46), with a last label that is not a
number. Quoted local parts, source routes, domain literals, comments and display names are refused: they are
legal, never belong to a person one writes to, and are what recipient injection is made of.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from emval import EmailValidator

MAX_ADDRESS = 254  # octets of the whole, RFC 5321 4.5.3.1.3 less the angle brackets

_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
# The plain ASCII shape of nearly all addresses; about 1 us. Everything else goes to emval.
_TOP = r"[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])"
_PLAIN = re.compile(rf"({_ATEXT}+(?:\.{_ATEXT}+)*)@((?:{_LABEL}\.)+{_TOP})")
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069<>()\[\],;:\\\"]")
_AROUND_AT = re.compile(r"[ \t\u00a0\u3000]*[@\uff20\ufe6b][ \t\u00a0\u3000]*")
_EDGES = " \t\r\n\f\v\u00a0\u1680\u2007\u202f\u3000\ufeff\u200b\u200c\u200d\u200e\u200f\u2060"
_LAST_LABEL = re.compile(r"[a-z](?:[a-z0-9-]*[a-z0-9])")
# emval refuses reserved domains on its own; whether mail can go there is verification's question, not syntax.
_RESERVED = ["test", "invalid", "local", "localhost", "arpa", "onion", "example", "internal"]
_FULL = EmailValidator(deliverable_address=False, allowed_special_domains=_RESERVED)

_SECOND_LEVELS = "ac co com edu gob go gov gouv ltd me mil ne net nom or org plc sch"
_SECOND_LEVEL = frozenset(_SECOND_LEVELS.split())
_FREE_MAIL_DOMAINS = """163.com 126.com aol.com fastmail.com free.fr gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.net
googlemail.com hey.com hotmail.co.uk hotmail.com hotmail.de hotmail.es hotmail.fr hotmail.it icloud.com laposte.net
libero.it live.com live.co.uk live.fr live.nl mac.com mail.com mail.ru me.com msn.com naver.com orange.fr
outlook.com outlook.de outlook.fr pm.me posteo.de proton.me protonmail.com qq.com rediffmail.com
rocketmail.com sfr.fr t-online.de tutanota.com virgilio.it wanadoo.fr web.de yahoo.ca yahoo.co.in
yahoo.co.jp yahoo.co.uk yahoo.com yahoo.com.br yahoo.de yahoo.es yahoo.fr yahoo.it yandex.com yandex.ru
ymail.com zoho.com
"""
_FREE_MAIL = frozenset(_FREE_MAIL_DOMAINS.split())


@dataclass(frozen=True, slots=True)
class Address:
    """One address that may be written to.

    `email_as_typed` is the text as it came; `local` and `domain` are what goes on the wire (`domain` in ASCII,
    lower case); `key` is equal for two spellings of the same address (lower case, IDN as punycode).
    """

    email_as_typed: str
    key: str
    local: str
    domain: str

    @property
    def wire(self) -> str:
        """`local@domain`, for the envelope and the headers."""
        return f"{self.local}@{self.domain}"

    @property
    def needs_smtputf8(self) -> bool:
        """True if the local part is not ASCII, so the peer must offer SMTPUTF8 (RFC 6531)."""
        return not self.local.isascii()


@lru_cache(maxsize=4096)
def parse_address(text: str) -> Address:
    """The address in `text`, mending what is plainly meant: `mailto:`, spaces at the ends or around the @, a
    full-width @, an IDN domain. Raises ValueError with a reason a person understands. At most about 10 us."""
    if len(text) > 4 * MAX_ADDRESS:
        raise ValueError("This is too long for an e-mail address.")
    plain = _PLAIN.fullmatch(text)
    if plain is None or "--" in text:
        return _parse_unusual(text)
    return _checked(text, plain[1], plain[2].lower())


def address_key(text: str) -> str:
    """The key of the address in `text`. Raises ValueError like `parse_address`."""
    return parse_address(text).key


def inbox_key(key: str) -> str:
    """One key for all spellings that end in one inbox: without what follows a plus, and at Gmail without dots.

    For limits on what one person can be made to receive, never for telling people apart: elsewhere a plus may be part
    of a name.
    """
    local, _, domain = key.rpartition("@")
    local = local.partition("+")[0] or local
    if domain in ("gmail.com", "googlemail.com"):
        return f"{local.replace('.', '')}@gmail.com"
    return f"{local}@{domain}"


def domain_of(email: str) -> str:
    """What stands behind the last @, in lower case; empty if there is none. Does not validate."""
    return email.rpartition("@")[2].strip().lower() if "@" in email else ""


def registrable_domain(domain: str) -> str:
    """`example.co.uk` of `mail.example.co.uk`. A short rule for the usual country suffixes, not the whole
    public suffix list: good enough to count messages per company, not to set cookies."""
    labels = domain.lower().rstrip(".").split(".")
    deep = len(labels) >= 3 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL
    return ".".join(labels[-3 if deep else -2 :])


def is_free_mail(domain: str) -> bool:
    """True for the large public mailbox providers, where one domain does not mean one employer."""
    return domain.lower() in _FREE_MAIL


def company_domain(email: str) -> str | None:
    """The registrable domain that stands for the recipient's company; None for free mail or no address."""
    return _company_of(domain_of(email))


@lru_cache(maxsize=4096)
def _company_of(domain: str) -> str | None:
    if not domain or is_free_mail(domain):
        return None
    registrable = registrable_domain(domain)
    return None if is_free_mail(registrable) else registrable


def _mend(text: str) -> str:
    mended = text.strip(_EDGES)
    if mended[:7].lower() == "mailto:":
        mended = unquote(mended[7:]).strip(_EDGES)
        head, at, domain = mended.rpartition("@")
        if at:
            mended = f"{head}@{domain.partition('?')[0]}"
    return _AROUND_AT.sub("@", mended, count=2)


def _parse_unusual(text: str) -> Address:
    mended = _mend(text)
    if not mended:
        raise ValueError("There is no e-mail address.")
    bad = _FORBIDDEN.search(mended)
    if bad is not None:
        raise ValueError(_reason_for(bad[0]))
    if mended.count("@") != 1:
        raise ValueError("An e-mail address has exactly one @.")
    plain = _PLAIN.fullmatch(mended)
    if plain is not None and "--" not in mended:
        return _checked(text, plain[1], plain[2].lower())
    if any(0xD800 <= ord(character) < 0xE000 for character in mended):
        raise ValueError("This contains broken characters.")
    try:
        found = _FULL.validate_email(mended)
    except (SyntaxError, ValueError) as error:
        raise ValueError(_plain_reason(str(error))) from None
    return _checked(text, found.local_part, found.ascii_domain.lower())


def _checked(typed: str, local: str, domain: str) -> Address:
    octets = len(local.encode())
    if octets > 64:
        raise ValueError("The part before the @ is longer than 64 characters.")
    if octets + 1 + len(domain) > MAX_ADDRESS:
        raise ValueError("This is too long for an e-mail address.")
    last = domain.rpartition(".")[2]
    if last == domain or _LAST_LABEL.fullmatch(last) is None:
        raise ValueError("The part after the @ must be a full domain, like example.com.")
    return Address(typed, f"{local.lower()}@{domain}", local, domain)


def _reason_for(character: str) -> str:
    if character in "\r\n" or not character.isprintable():
        return "An e-mail address cannot contain control characters or line breaks."
    if character == '"':
        return "Quoted addresses are not supported."
    if character in "<>()":
        return "Give the address alone, without a name or brackets."
    if character in "[]":
        return "An address at a bare IP number is not supported."
    return f"An e-mail address cannot contain “{character}”."


def _plain_reason(message: str) -> str:
    """emval's words after its heading, as one sentence."""
    reason = message.partition(": ")[2] or message
    reason = f"The address {reason}" if reason.startswith("contains") else reason
    return reason if reason.endswith(".") else f"{reason}."
