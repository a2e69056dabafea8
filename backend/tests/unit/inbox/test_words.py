"""Each alternative of the word tables has an example that nothing else in its table would find."""

from __future__ import annotations

import re
from types import ModuleType

import pytest

from reachly.services.inbox.policy import absences, kinds, replies

EXAMPLES: dict[str, tuple[ModuleType, str, str]] = {
    "_AUTO_SUBJECT": (
        kinds,
        "match",
        """
        [request: | [ticket  | absence | absent | abwesen | accusé de réception | acuse de recibo | afwezig |
        ant:conges | assente | ausencia | ausente | außer haus | ausser haus | auto: | autoantwoord |
        autoantwort | automaattinen vastaus | automatedrepl | automaticka odpov | automatická odpov |
        automaticsvar | automatikus valasz | automatikus válasz | automatisch antwoord |
        automatisch beantwoord | automatisch gegenereerd | automatischeanswer | automatisk svar |
        automatiskt svar | automatyczna odpowied | autoresponse | aw:your email was received | away from my |
        away from office | buiten kantoor | case # | case number | congés | de vacaciones |
        eingangsbestaetigung | eingangsbestätigung | empfangsbestaetigung | empfangsbestätigung | ferie |
        fora do escritorio | fora do escritório | franvaro | fravaer | frånvarande | frånvaro |
        fuera de oficina | fuori sede | fuori ufficio | fw:i am on | férias | hors du bureau | i'm away |
        i'm out | im urlaub | je suis absent | message d'absence | mimo kancelar | mimo kancelár |
        nicht im buero | nicht im büro | nicht im haus | nieobecno | ofis dışında | on holiday | on leave |
        on maternity | on parental | on vacation | ooo | otomatik yanit | out-of-office | poissa |
        poza biurem | re:[case# | reponse automatique | request received | resposta automatica |
        resposta automática | respuesta automatica | respuesta automática | risposta automatica | rv:ferias |
        réponse automatique | sv:fravær | thank you for contacting | thank you for your message | ticket # |
        ticket created | ticket received | tr:thank you for your mail | urlaub | ute av kontoret |
        vacation message | vacation notice | vacation reply | vacation response | we have received your |
        we've received your | wg:accuse de reception | your enquiry has been registered |
        your inquiry to   has been received | your message was received | your request was received |
        автоматический ответ | автоответ | вне офиса | відпустк | מחוץ למשרד | רד אוטומטי | رد تلقائي | 不在 |
        自动回复 | 自動回覆 | 自動返信 | 부재중 | 자동회신
    """,
    ),
    "_BOUNCE_SUBJECT": (
        kinds,
        "search",
        """
        automatically rejected | could not be delivered | couldn't be delivered | delay notification |
        delayed mail | delivery error | delivery failed | delivery failure | delivery has failed |
        delivery notification | delivery problem | delivery report | delivery status | doručení se nezdařilo |
        dsn | echec de remise | ei voitu toimittaa | error de entrega | error during delivery | failed mail |
        failure delivery | failure notice | falha na entrega | fehlgeschlagen | impossibile recapitare |
        kan niet worden bezorgd | kunde inte levereras | kunne ikke leveres | mail error | mail failure |
        mail system error | mancata consegna | mancato recapito | message delayed | message failed |
        nao entregue | ndn | ndr | nicht zugestellt | nie dostarczono | niedostarczon | no entreg |
        non distribu | non remis | nondeliver | not delivered | não entregue | olevererbart | onbestelbaar |
        returned email | returned mail | returned to sender | undeliver | unzustellbar | user unknown |
        warning: could not send | zustellungfehl | zustellunggescheitert | zustellungnicht |
        échec de distribution | не доставлено | недоставлен | 退信 | 配信不能
    """,
    ),
    "_REPLY_SUBJECT": (
        kinds,
        "match",
        """
        ant: | aw： | odp： | res： | re： | rif: | r： | sv: | vs: | ynt: | תגובה： | رد： | 回复: | 回覆： | 答复: |
        返信： | 답장:
    """,
    ),
    "_FORWARD": (
        kinds,
        "match",
        """
        enc: | fw: | i: | rv: | tr: | wg:
    """,
    ),
    "_SYSTEM": (
        kinds,
        "match",
        """
        bounce | imss | mailadmin | maildelivery | mailer | mdaemon | mta | smtp | systemadmin
    """,
    ),
    "_DAEMON": (
        kinds,
        "match",
        """
        mail-daemon@ | mailerdaemon@
    """,
    ),
    "_SUPPRESSING": (
        kinds,
        "search",
        """
        all | autoreply | oof
    """,
    ),
    "_STARTS": (
        replies,
        "match",
        """
        "skrev | 'schrieb | 'wrote | 1/1 | 2022年 | <schreef | a | am | den | dne | dnia | el | em | il | le |
        on | op | pada | the | vào | w dniu
    """,
    ),
    "_WROTE": (
        replies,
        "fullmatch",
        """
        a écrit： | escreveu： | escribio： | escribió： | geschreven： | geschrieben： | ha scritto: | napisał: |
        napsal: | schreef： | schrieb： | scritto: | skrev: | writes: | wrote： | écrit: | 写信: | 写道: | 書きました: |
        작성：
    """,
    ),
    "_DIVIDER": (
        replies,
        "match",
        """
        *_originalmessage | -*forwarded message | -------------------- | =*message d'origine |
        =-message original | =-originale nachricht | ==weitergeleitete nachricht | =_mensaje original |
        =_reply message | =_ursprungligt meddelande | _*begin forwarded message | _*originalnachricht |
        _-messaggio originale | _-ursprüngliche nachricht | _=oorspronkelijk bericht | ________ |
        begin forwarded message
    """,
    ),
    "_FROM": (
        replies,
        "match",
        """
        da： | de: | expéditeur： | fra: | from： | från: | od: | van： | von: | 发件人: | 差出人:
    """,
    ),
    "_SENT": (
        replies,
        "match",
        """
        aan: | an： | asunto: | a： | betreff: | data: | date: | datum： | emne: | enviado: | envoyé: | fecha: |
        gesendet: | inviato: | objet： | oggetto: | onderwerp: | para： | sendt： | sent: | skickat： | subject: |
        to: | verzonden: | à: | ämne： | 发送时间: | 送信日時：
    """,
    ),
    "_DEVICE": (
        replies,
        "match",
        """
        enviado de | envoyé de | gesendet mit | gesendet von | get outlook for | inviato da |
        obtener outlook | sent from mail | sent from my | sent from outlook | sent from yahoo | skickat från |
        télécharger outlook | verstuurd vanaf | von meinem x gesendet
    """,
    ),
    "_CLOSING": (
        replies,
        "fullmatch",
        """
        all the best | amicalement | atenciosamente | atentamente | best | beste gruesse | bestthanks |
        bien à vous | br | cdlt | cheers | cordialement | cordiali saluti | cordially | danke und gruß |
        danke und gruss | freundliche grüße | gracias | gruß | gruss | herzliche grüße | hochachtungsvoll |
        kindestthanks | kindwishes | lg | liebe grüße | manyregards | med vänliga hälsningar | merci |
        met vriendelijke groet | mfg | mit besten gruessen | mit freundlichen grüßen | mit herzlichen grüßen |
        mit lieben grüßen | muchas gracias | respectfully | rgds | saludo | salutations | schöne grüße |
        sincerely | sincères salutations | thank you | thanks a lot | thanks again | thanks so much | thx |
        un abrazo | vg | viele grüße | vielen dank | vlg | warmestthanks | warmwishes | yours faithfully |
        yours sincerely | yours truly
    """,
    ),
    "_DISCLAIMER": (
        replies,
        "match",
        """
        [external] | caution: this | ce courrielconfidentiel | ce messageconfidentiel |
        confidentiality notice | diese emailvertraulich | diese nachrichtvertraulich | disclaimer |
        este correoconfidencial | este mensajeconfidencial | external email |
        this communication confidential | this email:intended | this message privileged
    """,
    ),
    "_DATES": (
        absences,
        "search",
        """
        1/2 | 1er de dec | 1rd jan | 1th dec | 2-1-2021 | 2. of mai | 2.2. | 2022-1-1 | 2nd apr | 2st sep |
        aug 1th | demain | lundi | mar 2rd | mañana | morgen | naechste woche | next week | nächste woche |
        okt 1st | okt 2nd | proxima semana | próxima semana | semaine prochaine | tomorrow
    """,
    ),
    "_BACK": (
        absences,
        "search",
        """
        a partir de | a partir du | ab | as of | available from | available on | back | de vuelta |
        in the office from | in the office on | reachable from | regresare | regresaré | regreso |
        reprendrai | resume | retour | returning | returns | starting | volvere | volveré | vuelvo | wieder |
        zurueck | zurück | à partir du
    """,
    ),
    "_UNTIL": (
        absences,
        "search",
        """
        al | au | bis | einschließlich | hasta | jusqu | through | thru | til | till | to | until | —
    """,
    ),
    "_LEFT": (
        absences,
        "search",
        """
        a quitté l'entreprise | a quitté la société | a quitté ses fonctions | am not employed |
        ausgeschieden | dejó la empresa | does not work for | doesn't work at | doesn't work here |
        firma verlassen | ha dejado de trabajar | ha dejado la empresa | has left business |
        has left organisation | has left our company | has left our firm | has retired | have left the team |
        have retired | im ruhestand | is not with | left company | n'est plus dans | n'est plus en poste |
        ne fais plus partie | ne fait plus partie | ne travaille plus | nicht mehr bei |
        nicht mehr beschaeftigt | nicht mehr beschäftigt | nicht mehr fuer | nicht mehr für |
        nicht mehr im unternehmen | nicht mehr in unserem | nicht mehr taetig | nicht mehr tätig |
        nicht mehr zu unserem | no longer at | no longer employed | no longer part of | no longer with |
        no longer work | retired as of | retired from | retraité | unternehmen verlassen | ya no forma parte |
        ya no pertenece | ya no trabaja | ya no trabajo
    """,
    ),
}


@pytest.mark.parametrize("table", EXAMPLES)
def test_every_alternative_is_found(table: str) -> None:
    module, how, text = EXAMPLES[table]
    found = getattr(getattr(module, table), how)
    assert [one for one in re.split(r" ?\|\s*", text.strip()) if not found(one)] == []
