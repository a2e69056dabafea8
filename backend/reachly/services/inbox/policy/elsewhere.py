"""The same for Italian, Dutch, Polish, Portuguese, Swedish, Japanese and Chinese: fewer phrases, the opt-outs first.

A wish to be left alone counts in every language; the rest decides only how a conversation is filed.
"""

from __future__ import annotations

import re


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


STOP = _any_of(
    r"\bde (?:me|nous) (?:retirer|supprimer|enlever|désinscrire|désabonner)\b",  # fr, beside what `intents` knows
    r"\bcancella(?:temi|mi|teci)\b|\btoglie(?:temi|teci)\b|\bnon (?:scrivetemi|contattatemi|desidero ricevere)",
    r"\brimuove(?:temi|teci|te il mio)|\bdisiscri\w{1,8}\b",
    r"\buitschrijven\b|\bafmelden\b|\bgeen (?:e-?mails?|mails?|berichten) meer\b",
    r"\buit (?:uw|jullie|de) (?:mail)?(?:lijst|bestand)",
    r"\busuni[ęe]ci\w{1,4} [^.\n]{0,30}(?:adres|list|baz)|\busun[ąa]ć [^.\n]{0,20}adres",
    r"\bwypisa(?:ć|nie)|\bnie życzę sobie",
    r"\bproszę (?:już )?nie (?:pisać|wysyłać|kontaktować)",
    r"\bremov(?:a|am)-(?:me|nos)\b|\bdescadastr\w{1,6}\b|\bnão (?:me|nos) (?:envie|escreva|contacte)m?\b",
    r"\bretir(?:e|em)-me\b",
    r"\bta bort (?:mig|oss|min)\b|\bavregistrera\b|\binga fler (?:mejl|mail|utskick)\b",
    r"\bsluta (?:mejla|maila|skriva)\b",
    r"配信停止|配信を(?:停止|止め)|送らないで|メール不要|退订|不要再(?:发|联系)",
)

NOT_INTERESTED = _any_of(
    r"\bnon (?:siamo|sono) interessat[oiae]\b|\bnon (?:ci|mi) interessa\b|\babbiamo già\b|\bno,? grazie\b",
    r"\bgeen (?:interesse|behoefte)\b|\bniet (?:geïnteresseerd|relevant)\b|\b(?:hebben|gebruiken) al\b",
    r"\bnee,? (?:bedankt|dank)",
    r"\bnie (?:jesteśmy|jestem) zainteresowan\w{1,3}\b|\bnie potrzebujemy\b|\bmamy już\b|\bnie,? dziękuj",
    r"\bn[ãa]o (?:temos|tenho|há) interesse\b|\bjá temos\b|\bnão precisamos\b|\bnão,? obrigad[oa]\b",
    r"\binte (?:aktuellt|intresserade?)\b|\bhar redan\b|\bnej,? tack\b|\bej aktuellt\b",
    r"見送|必要(?:は)?ありません|興味(?:は|が)?(?:ありません|ない)|結構です|不感兴趣",
)

INTERESTED = _any_of(
    r"\bthis is (?:very |quite |really )?interesting\b",  # en, likewise
    r"\b(?:could|can|shall) we (?:talk|speak|meet|chat)\b",
    r"\b(?:ci|mi) interessa\b|\binteressat[oiae]\b|\bvolentieri\b|\bpossiamo sentirci\b",
    r"\bklinkt (?:goed|interessant)\b|\bgeïnteresseerd\b|\bgraag\b",
    r"\bto ciekawe\b|\bjest(?:em|eśmy) zainteresowan\w{1,3}\b|\bchętnie\b|\bmożemy porozmawiać\b",
    r"\bt(?:enho|emos) interesse\b|\binteressad[oa]s?\b|\bpodemos falar\b|\bcom (?:todo )?prazer\b",
    r"\blåter (?:bra|intressant)\b|\bintresserade?\b|\bgärna\b",
    r"興味が(?:あります|ございます)|ぜひ|お話し(?:でき|した)|感兴趣",
)

QUESTION = _any_of(r"教えて", r"でしょうか", r"ですか")

LEFT = _any_of(
    r"\bnon (?:lavor[oa]|fa|faccio) più\b|\bha lasciato l[’']azienda",
    r"\bwerkt? (?:hier |bij ons )?niet (?:langer|meer)\b|\bniet (?:meer|langer) werkzaam\b",
    r"\bnie pracuj[ęe] już\b|\bjuż nie pracuj[ęe]\b",
    r"\bjá não trabalh[oa]\b|\bnão trabalh[oa] mais\b|\bnão faz mais parte\b",
    r"\b(?:har )?slutat (?:på|hos)\b|\barbetar inte längre\b|退職|已离职",
)
