"""Each alternative of the word tables has an example that nothing else in its table would find."""

from __future__ import annotations

import re

import pytest

from reachly.services.suppression.policy import words

EXAMPLES = {
    "NOBODY": """
        access denied AS(201806281) | account .has been disabled | account .is closed |
        account .is deactivated | account ;is suspended | account ;is terminated | account removed |
        address inexist | addressee unknown | adresse inconnue | adresse inexistante | adresse invalide |
        adresseexistiert nicht | adressegesperrt | adressenicht gefunden | adressenicht vorhanden | bad user |
        BadDestination | benutzerunbekannt | boîte desactiv | boîte inexistante | buzon inexistente |
        buzon inválid | casella inesistente | casella non esiste | cuenta no existe | destinataire inconnu |
        dirección desconocid | disabled account | does not accept mail | does not exist |
        does not like recipient | doesn t exist | domain unknown | empf=C3=A4ngerungültig |
        empfaengerdeaktiviert | empfängerungültig | gebruiker onbekend | host.no mail exchanger | host;no mx |
        host;nonexistent | host;not found | illegal name | inactive mailbox | incorrect recipient |
        invalid alias | invalid final delivery | is not a known | mailbox name not allowed | mailbox nexiste |
        name not known | name not listed | name or service not known | name service errornot found |
        no longer employed | no longer valid | no longer with | no longer works | no mailbox |
        no such person | no valid recipients | non existent name | non-exist destination | nonexist address |
        NoSuchUser | not known at | not known here | not our customer | nullmx | NXDOMAIN | n’existe pas |
        onbekende gebruiker | person expired | postfachungueltig | recipient address rejected: access denied |
        recipient deleted | recipient not local | RecipNotFound | RESOLVER.ADR.Ex | RESOLVER.ADR.Inv |
        RESOLVER.ADR.Rec | unbekannte adresse | unbekannte benutzer | unbekannte empfaenger |
        unbekannte empfänger | undeliverable name | unknown domain | unknown host | unknown or illegal |
        unrecognized name | unrouteable localpart | user closed | user deactivated | user disabled |
        user discontinued | user doesn't have | user doesnt exist | user has moved | user inactive |
        user invalid | user isn t listed | user n'existe | user no longer | user non esiste |
        user not active | user not available | user not exist | user not found | user not local |
        user not recognized | user not valid | user suspended | user terminated | user unavailable |
        user undeliverable | users not listed | usuario desconhecido | usuario desconocido |
        usuario no existe | usuário inexistente | usuário nao existe | utente inesistente |
        utente sconosciuto | utilisateur inconnu | пользователь не найден | почтовый ящик не существует |
        收件人不存在 | 无此用户 | 用户不存在
    """,
    "FULL": """
        accountover limit | boxfull | boîte pleine | buzón lleno | caixa cheia | casella piena |
        diskover its quota | exceeded allocation | exceeded disk storage | exceeded its quota |
        exceeded the allowed | inboxexceed | insufficientdisk | insufficientspace | insufficientstorage |
        mailboxover mail quota | mailboxüberschritten | maildirout of storage | no space left |
        not enough space | out of space | overquota | postfachueberschritten | quota dépass | quota limit |
        quota violation | quotatoo large | receiving mail at a rate | receiving mail too quickly |
        recipientover disk quota | space not enough | speichervoll | storageover the quota | userfull |
        userover the maximum | userover their quota
    """,
    "POLICY": """
        abus | access denied | administrative | authentication | authorised sender | barracuda | blacklist |
        blocked | blocklist | bulk | client not authorised | complain | connection:denied | contentdenied |
        contentnot accept | contentreject | contentrestrict | dangerous | denylist | dkim | dmarc | filter |
        forged | greet | helo | host.banned | ip;denied | junk mail | mail.refused | malware |
        message.denied | mimecastreject | not accepted from | not allowed | not permitted | nsbl | phish |
        policy | poor | prohibited | proofpoint | ptr | rbl | rdns | rejected because | rejected by |
        rejected due to | rejected for | relay | reputation | restricted | reverse dns | security |
        sender.rejected | senderid | server.banned | sorbs | spam | spf | spoof | suspicious | UBE | UCE |
        unauthenticated | unsolicited | virus
    """,
    "STRONG_POLICY": """
        as spam | barracuda | blacklist | blocklist | dkim | dmarc | dnsbl | is spam |
        not permitted to relay | phish | rbl | relay denied | reputation | sorbs | spam content | spam mail |
        spam message | spam score | spamcop | spamhaus | spf check | spf.fail | unable to relay |
        unsolicited | virus
    """,
    "GREY": """
        come back in | come back later | delayed for minute | delayed for second | first time we see |
        greylist | postgrey | temporarily deferred for | try again after xmin | try it in  sec |
        try it in  second | try it in xminute
    """,
    "THROTTLED": """
        concurrent connections | connection limit | daily.quota | hourly.limit | limit exceeded |
        limithourly | mail rate | message rate | per day.exceeded | per hour limit | quotadaily |
        quotaper day | quotaper hour | ratecontrol | ratelimit | send quota | sending rate | server busy |
        slow down | submission rate | throttl | too fast | too many | too much | too quick | unusual rate |
        volume
    """,
    "TOO_LARGE": """
        body;over the | data:too long | mail.exceed | maximum size | message oversized | nachricht zu groß |
        nachricht zu gross | size:limit | too big | too large
    """,
    "SIGN_IN": """
        application-specific password | authentication credentials | authentication failed |
        authentication required | authentication unsuccessful | bad authentication | bad credentials |
        bad username | invalid credentials | invalid login | login required | login via | must authenticate |
        must issue a starttls | not authenticated | smtpclientauthentication is disabled |
        username and password not accepted
    """,
    "SLOW": """
        attempts | collected | connection dropped | connection failed | connection refused |
        connection reset | day | establish an smtp connection | expired | host down | host not answer | hour |
        in the queue | lookup failed | lookup timed | loop back | network | no route | not reachable |
        not responding | queue period | queue too long | temporar | timeout | too many hops | too old |
        try later | unable to contact | unreachable
    """,
    "_REMOTE": """
        after DATA:: | after end of data:: | after initial connection:: | after MAIL FROM:: |
        after RCPT TO:: | diagnosticcode: | remote server answered | remote server replied |
        remote server returned | remote server said | remote server was | responded | response was: | said: |
        smtp;
    """,
    "_NAMES": """
        <x> | http://x | x.ek | x@x
    """,
}


def examples(text: str) -> list[str]:
    return re.split(r" ?\|\s*", text.strip())


@pytest.mark.parametrize("table", EXAMPLES)
def test_every_alternative_is_found(table: str) -> None:
    pattern: re.Pattern[str] = getattr(words, table)
    assert [text for text in examples(EXAMPLES[table]) if not pattern.search(text)] == []


@pytest.mark.parametrize(("text", "kept"), [
    ("host mx.example.com said: 550 no such user", " 550 no such user"),
    ("a said: b said: last words", " last words"),
    ("relayed. said: 550", "relayed. said: 550"),  # three signs are no words
    ("relayed. said: 5501", " 5501"),
    ("no <ada@example.com> at https://example.com/x here", "no   at   here"),
    ("x" * words.READ + "said: cut off", "x" * words.READ),
])  # fmt: skip
def test_only_the_last_servers_own_words_are_read_and_no_names(text: str, kept: str) -> None:
    assert words.remote_words(text) == kept


def test_four_thousand_signs_are_read() -> None:
    assert words.remote_words("x" * 4001) == "x" * 4000
