"""What servers write in their refusals, in the languages they write it in.

Every pattern is linear: bounded gaps, no nested repetition, so that a hostile reply of 100 KB costs milliseconds
(and only the first `READ` characters are looked at).
"""

from __future__ import annotations

import re

READ = 4000

_I = re.IGNORECASE

NOBODY = re.compile(
    r"(user|recipient|mailbox|account|address|person|addressee)s?\b[^.;]{0,60}?\b(unknown|not found|not exist|invalid"
    r"|does ?n.?t exist|doesn't have|is ?n.t listed|not listed|not available|unavailable|not recogni[sz]ed"
    r"|no longer|disabled"
    r"|inactive|deactivated|suspended|terminated|deleted|closed|not valid|not active|undeliverable|expired|removed"
    r"|has moved|discontinued|ne? ?existe|non esiste|inexist|n'existe)"
    r"|(unknown|invalid|bad|no such|nonexist\w*|non-exist\w*|non existent|incorrect|illegal|undeliverable|unrouteable"
    r"|inactive|disabled|unrecogni[sz]ed)\W{1,3}(local )?(user|recipient|mailbox|account|address|person|"
    r"local.?part|alias|destination|domain|name)"
    r"|no mailbox|not our customer|does not (exist|like recipient)|doesn.t exist|not known (here|at)|is not a known"
    r"|(user|name|recipient) (is )?not (known|local|listed)|RESOLVER\.ADR\.(Rec|Ex\w*|Inv\w*)"
    r"|RecipNotFound|NoSuchUser|BadDestination"
    r"|account .{0,20}(has been |is )(disabled|suspended|closed|terminated|deactivated)|no longer (with|works"
    r"|employed|valid)"
    r"|(domain|host)\b.{0,60}(not found|non-?existent|unknown|no (mail exchanger|mx))"
    r"|NXDOMAIN|name or service not known|null ?mx|does not accept mail"
    r"|access denied.{0,6}\bAS\(201806281\)|recipient address rejected: access denied"
    r"|invalid final delivery|no valid recipients|unknown or illegal|n['’]existe pas|mailbox name not allowed"
    r"|name service error.{0,60}not found|unknown host"
    r"|utilisateur inconnu|adresse (inconnue|inexistante|invalide)|destinataire inconnu"
    r"|bo[iî]te .{0,20}(inexistante|d[ée]sactiv)"
    r"|(benutzer|empf(ä|ae|=C3=A4)nger|postfach|adresse).{0,40}(unbekannt|existiert nicht|nicht gefunden"
    r"|nicht vorhanden"
    r"|ung(ü|ue)ltig|deaktiviert|gesperrt)|unbekannte[rs]? (benutzer|empf(ä|ae)nger|adresse)"
    r"|usuario (desconocido|no existe)|(buz[oó]n|cuenta|direcci[oó]n) .{0,30}(no existe|inexistente"
    r"|desconocid|inv[aá]lid)"
    r"|utente (sconosciuto|inesistente)|casella .{0,20}(inesistente|non esiste)"
    r"|usu[aá]rio .{0,20}(desconhecido|inexistente|n[aã]o existe)|onbekende gebruiker|gebruiker onbekend"
    r"|пользователь не найден|почтовый ящик .{0,20}не существует"
    r"|无此用户|用户不存在|收件人.{0,10}不存在",
    _I,
)

FULL = re.compile(
    r"(inbox|quota|storage|mail ?box|account|user|disk|maildir|recipient).{0,60}"
    r"(full|exceed|over (disk |its |their |the |mail )?quota|over the maximum"
    r"|out of storage|over limit|too large)"
    r"|over ?quota|exceeded (the |its |disk )?(quota|storage|allocation|allowed)"
    r"|quota (violation|limit)|space not enough|insufficient.{0,20}(storage|disk|space)|out of (disk )?space"
    r"|no space left|not enough (disk )?space|boxfull"
    r"|(postfach|mailbox|speicher).{0,30}(voll|(ü|ue)berschritten)|bo[iî]te .{0,30}pleine|quota d[ée]pass"
    r"|buz[oó]n .{0,30}lleno|casella .{0,20}piena|caixa .{0,20}cheia|receiving mail (at a rate|too quickly)",
    _I,
)

POLICY = re.compile(
    r"\bspam|unsolicited|\bUBE\b|\bUCE\b|junk mail|policy|\bblocked\b|black.?list|block.?list|deny.?list|\bd?nsbl"
    r"|\brbls?\b"
    r"|barracuda|sorbs|proofpoint|mimecast.{0,40}reject|reputation|dmarc|\bspf\b|\bdkim\b|sender ?id"
    r"|(sender|client|server|connection|host|message|mail|ip)\b.{0,40}(rejected|refused|denied"
    r"|not authori[sz]ed"
    r"|banned)|rejected (for|due to|by|because)|content.{0,30}(reject|restrict|not accept|denied)|virus"
    r"|malware|phish"
    r"|suspicious|poor|bulk|not permitted|not allowed|prohibited|administrative(ly)?|access denied|\brelay(ing)?\b"
    r"|authentication"
    r"|unauthenticated|reverse dns|\bptr\b|\brdns\b|helo|greet|forged|spoof|authori[sz]ed sender|restricted|dangerous"
    r"|not accepted from|security|abus|complain|filter",
    _I,
)
STRONG_POLICY = re.compile(
    r"spamhaus|spamcop|barracuda|sorbs|\bdnsbl|\brbl\b|black.?list|block.?list|unsolicited|\bis spam|as spam"
    r"|spam (message|content|mail|score)"
    r"|reputation|dmarc|\bspf\b.{0,20}(fail|check)|\bdkim\b|virus|phish|relay(ing)? (access )?denied"
    r"|unable to relay|not permitted to relay",
    _I,
)
GREY = re.compile(
    r"gr[ea]y.?list|postgrey|try (again|it) (in|after) [\w: ]{1,12}(second|minute|sec\b|min\b)"
    r"|temporarily deferred for|"
    r"delayed for .{0,20}(second|minute)|come back (in|later)|first time we see",
    _I,
)
THROTTLED = re.compile(
    r"too (many(?! hops)|much|fast|quick)|rate.?limit|rate.?control|throttl|slow down|(sending|submission|message"
    r"|send"
    r"|mail) (rate|quota)"
    r"|(daily|hourly|per day|per hour)\b.{0,40}\b(limit|quota|exceeded)|(limit|quota).{0,30}(daily|hourly|per day"
    r"|per hour)"
    r"|unusual rate|concurrent connections|server busy|connection limit|limit exceeded|volume",
    _I,
)
TOO_LARGE = re.compile(
    r"(message|mail|size|body|data)\b.{0,50}(too long|exceed|over(sized| the)|limit)|too (large|big)\b"
    r"|maximum (message )?size|nachricht zu gro(ß|ss)",
    _I,
)
SIGN_IN = re.compile(
    r"authentication (required|failed|unsuccessful|credentials)|not authenticated|username and password not accepted"
    r"|bad (username|credentials|authentication)|invalid (credentials|login)|must (authenticate|issue a starttls)"
    r"|log ?in (via|required)"
    r"|smtpclientauthentication is disabled|application-specific password",
    _I,
)

SLOW = re.compile(
    r"connection (refused|reset|failed|dropped)|timed? ?out|not reachable|not responding|no route"
    r"|unreachable|too many hops"
    r"|queue (period|too long)|(in the queue|collected|attempts|hours?|days?|expired|too old)"
    r"|establish an smtp connection|loops? back"
    r"|temporar|network|try (again )?later|lookup (failed|timed)|unable to contact|host .{0,40}(down|not answer)",
    _I,
)

# "host mx.example said: 550 …": what stands before is written by a server in between and names hosts and people.
_REMOTE = re.compile(
    r"\bsaid:|\bresponded( with)?:?|remote (mail )?server (was|returned|said|replied|answered)[^:]{0,40}:?"
    r"|response (from the remote server )?was:|after (RCPT TO|MAIL FROM|end of data|DATA"
    r"|initial connection)[^:]{0,20}:[^:\n]{0,120}:"
    r"|diagnostic.?code:|\bsmtp;",
    _I,
)
_NAMES = re.compile(
    r"<[^<>\s]{1,320}>|\S{1,64}@\S{1,255}|https?://\S{1,500}|\b(?:[\w-]{1,63}\.){1,8}[a-z]{2,24}\b", _I
)


def remote_words(text: str) -> str:
    """The remote server's own words: after the last "said:", with hosts, links and addresses taken out.

    A name like spam-filter.example or policy@example.com must not decide anything.
    """
    text = text[:READ]
    end = 0
    for found in _REMOTE.finditer(text):
        end = found.end()
    rest = text[end:]
    return _NAMES.sub(" ", rest if len(rest.strip()) > 3 else text)
