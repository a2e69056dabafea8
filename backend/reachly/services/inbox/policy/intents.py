"""How people say what they want, in English, German, French and Spanish. Every gap is bounded."""

from __future__ import annotations

import re

_I = re.IGNORECASE

# The whole message (or subject) is an opt-out.
STOP_WORD = re.compile(
    r"(?:please |pls |bitte |por favor |merci de |s'il vous plaît |hi |hello |hallo )?"
    r"(?:stop|stopp|unsubscribe(?: me| us)?(?: please)?|unsub|remove(?: me| us)?(?: please)?|opt[ -]?out|optout"
    r"|cancel|end|quit|delete me|no more"
    r"|take me off(?: your list)?|abmelden|abmeldung|abbestellen|austragen|löschen|entfernen|l(?:ö"
    r"|oe)schen sie mich|se désinscrire|désinscrire"
    r"|désinscription|désabonner|désabonnement|désabonnez-moi|désinscrivez-moi|arrêt|arrêter|arrêtez|baja"
    r"|darme de baja|dar de baja|dame de baja"
    r"|cancelar(?: suscripción)?|eliminar|parar|alto|annulla iscrizione|cancellami|uitschrijven|afmelden|stop (?:it"
    r"|now|please)|stop bitte)"
    r"(?: thanks| thank you| danke| merci| gracias)?",
    _I,
)

STOP_PHRASE = re.compile(
    r"\bunsubscribe (?:me|us|my|this|from)\b|\b(?:please|kindly|want(?: you)? to|like to|how (?:do|can) (?:i|we)"
    r"|wish to|need to) unsubscribe\b"
    r"|\bremove (?:me|us|my (?:e-?mail|address|name|contact|details|data)|our (?:e-?mail|address|company)"
    r"|this (?:e-?mail|address))\b"
    r"|\btake (?:me|us|my (?:e-?mail|name|address)) (?:off|out)\b"
    r"|\bstop (?:e-?mailing|contacting|sending|mailing|writing|messaging|spamming|bothering|harassing|reaching out"
    r"|these|this|the (?:e-?mails|spam))\b"
    r"|\b(?:do not|don't|dont|never|not to) (?:ever )?(?:contact|e-?mail|write(?: to)?|message|mail|call) (?:me|us"
    r"|this|again)\b"
    r"|\b(?:do not|don't|dont|never) (?:send|write) (?:me |us )?(?:any ?more|any more|further|another|more|anything"
    r"|again)\b"
    r"|\bno (?:more|further) (?:e-?mails?|messages?|contact|communication|correspondence)\b|\bopt (?:me |us )?out\b"
    r"|\bopting out\b"
    r"|\bdelete (?:me|my (?:data|details|information|e-?mail|address|contact)|all my)\b|\bleave (?:me|us) alone\b"
    r"|\bcease and desist\b"
    r"|\breport(?:ed|ing)? (?:you|this|it) (?:as|for) spam\b|\bthis is spam\b"
    r"|\boff (?:of )?your (?:mailing )?list\b|\bwithdraw my consent\b"
    r"|\bf(?:uc|\*+)k off\b"
    # German
    r"|\b(?:mich|uns) (?:bitte )?(?:\w+ ){0,4}(?:abmelden|austragen|abbestellen|löschen|loeschen|entfernen"
    r"|streichen)\b|\bmelden sie (?:mich|uns) ab\b"
    r"|\bkeine (?:weiteren|weitere|e-?mails|mails|nachrichten|werbung|werbemails"
    r"|newsletter)(?: \w+){0,3}(?: mehr)?\b(?= |[.!,]|$)"
    r"|\baus (?:dem|ihrem|eurem|deinem|der|ihrer|eurer) (?:e-?mail-?)?(?:verteiler|liste|mailingliste|datenbank"
    r"|adressliste)\b"
    r"|\bnicht (?:mehr|weiter|wieder) (?:zu )?(?:kontaktieren|anschreiben|schreiben|anmailen|belästigen|belaestigen"
    r"|kontaktiert)\b"
    r"|\b(?:hören|hoeren) sie (?:bitte )?auf\b|\b(?:lassen sie|lass) (?:mich|uns) in ruhe\b|\bunterlassen sie\b"
    r"|\b(?:löschen|loeschen|entfernen) sie (?:bitte )?(?:mich|uns|meine|unsere|alle)\b"
    r"|\bwiderspreche (?:ich )?(?:der|hiermit)\b"
    # French
    r"|\bdésinscri(?:re|vez|ption)|\bdésabonne[rz]?\b|\b(?:retirez|supprimez|enlevez|effacez)(?:[- ](?:moi|nous)"
    r"| (?:mon|mes|notre|nos) )"
    r"|\b(?:retirer|supprimer|enlever) (?:mon|mes|notre) (?:adresse|nom|mail|e-?mail|données|contact)"
    r"|\bne (?:plus )?(?:me|nous|m') ?(?:contacte[rz]|écri(?:re|vez)|recontacte[rz]|sollicite[rz]"
    r"|envoye[rz])(?: (?:plus|pas))?\b"
    r"|\b(?:arrêtez|cessez) (?:de |d'|vos |ces |ce )|\bplus (?:de|d'|aucun) ?(?:mails?|e-?mails?|messages?"
    r"|courriels?)\b|\blaissez[- ](?:moi|nous) tranquilles?\b"
    # Spanish
    r"|\b(?:dar(?:me|nos|se)?|de[nm]e|denos|dame|date) de baja\b|\bborr(?:e|en|ar|a)(?:me)? (?:de (?:su|la|tu)"
    r"|mis datos|mi (?:correo|email))"
    r"|\bno (?:me|nos) (?:vuelva[ns]? a )?(?:escrib\w{1,4}|contact\w{1,4}|env[ií]\w{1,4}|mand\w{1,4}"
    r"|moleste\w{0,2})\b(?: más)?"
    r"|\b(?:elimin|quit|saqu|remuev)(?:e|en|ar|a)(?:me|nos)?\b (?:de|mi|mis|nuestr)\w*|\b(?:eliminad|quitad"
    r"|sac)(?:me|adme|ame)\b|\bquíteme|\belimíneme|\bsáqueme"
    r"|\bdeje(?:n)? de (?:escrib|envi|contact|mand|molest)\w{2,8}\b|\bno (?:quiero|deseo|queremos) (?:recibir"
    r"|que me)",
    _I,
)

OUT_OF_OFFICE = re.compile(
    r"\bout of (?:the )?office\b|\b(?:i am|i'm|i will be|i'll be|currently|is) (?:currently )?(?:away|on (?:annual "
    r"|parental |maternity |paternity |sick |medical )?leave"
    r"|on (?:vacation|holidays?|pto)|travell?ing|ooo)\b|\bon (?:annual|parental|maternity|paternity|sick"
    r"|medical) leave\b"
    r"|\blimited access to (?:my )?e-?mails?\b|\bwill be back (?:in the office|on|at work)\b"
    r"|\b(?:bin|ich bin) (?:\S{1,20} ){0,6}(?:nicht im (?:büro|buero|haus)|im urlaub|abwesend|außer haus"
    r"|ausser haus|verreist|in elternzeit)\b"
    r"|\bnicht im (?:büro|buero|hause?)\b|\bim urlaub\b|\bin elternzeit\b"
    r"|\bje suis (?:actuellement )?(?:absente?|en (?:congés?|vacances|déplacement)|en arrêt)\b"
    r"|\babsente? (?:du bureau|jusqu)"
    r"|\b(?:estoy|estaré|me encuentro) (?:\S{1,20} ){0,3}(?:fuera de (?:la )?oficina|de vacaciones|ausente|de baja"
    r"|de viaje)\b|\bfuera de (?:la )?oficina\b",
    _I,
)

NOT_INTERESTED = re.compile(
    r"\bnot (?:really |currently |at all |particularly )?interested\b|\b(?:no|zero) interest\b|\bno,? (?:thanks"
    r"|thank you|thx)\b|\buninterested\b"
    r"|\bnot (?:a |the right |a good |really a )(?:fit|match|priority|person|time)\b|\bnot (?:for us|for me"
    r"|relevant|needed|required|now|at th(?:is|e) (?:time|moment)"
    r"|right now|at present|a need|something we)\b|\b(?:i'll|we'll|i will|we will|going to|have to) pass\b"
    r"|\bpass on this\b|\bnot (?:currently )?looking\b"
    r"|\b(?:don't|do not|dont|no) (?:have (?:a |any )?)?need\b|\b(?:we're|we are|i'm|i am) (?:all set|all good"
    r"|good for now|happy with|covered|fine)\b"
    r"|\balready (?:have|using|use|work(?:ing)? with|got) (?:a |an |someone|our|one|another|this)|\bwrong (?:person"
    r"|contact|address)\b"
    r"|\bkein(?:e|en|erlei)? (?:interesse|bedarf)\b|\bnicht (?:interessiert|interessant|relevant|benötigt"
    r"|passend)\b|\bnein,? danke\b|\bnein danke\b"
    r"|\bpasst (?:leider )?nicht\b|\b(?:sind|bin) (?:bereits|schon) (?:versorgt|gut aufgestellt)\b"
    r"|\bbrauchen (?:wir )?(?:das )?nicht\b|\bderzeit nicht\b|\bkommt nicht in ?frage\b"
    r"|\bpas (?:du tout )?intéressée?s?\b|\bne (?:m'|nous )?intéress\w{1,5} pas\b|\bnon,? merci\b|\bpas (?:besoin"
    r"|d'intérêt|pour (?:nous|moi)|concernée?s?)\b|\bsans intérêt\b"
    r"|\bn'avons pas besoin\b|\bn'ai pas besoin\b|\bpas (?:pour le moment|actuellement|à l'ordre du jour)\b"
    r"|\bno (?:me|nos|le) interesa\b|\bno (?:estoy|estamos|está) interesad[oa]s?\b|\bno,? gracias\b|\bsin interés\b"
    r"|\bno (?:lo )?necesit(?:o|amos)\b"
    r"|\bno es (?:para nosotros|lo que buscamos|el momento)\b|\bpor (?:el momento|ahora) no\b",
    _I,
)

INTERESTED = re.compile(
    r"\b(?:i'm|i am|we're|we are|very|quite|definitely|would be|might be|yes,?|am) interested\b|^interested\b"
    r"|\binterested in (?:a|learning|hearing|seeing|your|more|the|this)\b"
    r"|\bsounds? (?:good|great|interesting|perfect|fun|like a plan|promising)\b|\blet(?:'s|s| us) (?:talk|chat"
    r"|schedule|meet|set|do|connect|discuss|find|speak|jump|hop)\b"
    r"|\b(?:happy|glad|open|keen|willing|love|like) to (?:talk|chat|connect|meet|hear|learn|discuss|see|know|jump"
    r"|hop|have a|get a|schedule|explore)\b"
    r"|\b(?:book|schedule|set ?up|arrange) (?:a|an|some) (?:call|meeting|time|demo|chat|appointment|slot)\b"
    r"|\btell me more\b|\bsend (?:me |us |over |it |along |through )"
    r"(?:\S{1,15} ){0,3}(?:more|details|info\w*|invite|link|calendar|proposal|pricing|deck|brochure|over|times?)\b"
    r"|\byes,? (?:please|sure|let|i|we|that)\b"
    r"|\b(?:please )?(?:call|ring|phone) me\b|\bworks for me\b|\b(?:free|available) (?:on|next|this|tomorrow|at"
    r"|for a)\b|\bi'm in\b|\bcount me in\b|\blooks? (?:good|great|interesting)\b"
    r"|\b(?:more|further) (?:details|information|info)\b|\bcould you send\b|\bshare (?:your|some|more) (?:calendar"
    r"|details|times|info\w*|pricing)\b"
    r"|\bklingt (?:gut|interessant|spannend|super)\b|\b(?:bin|sind|sehr|wäre"
    r"|hätte[n]?) (?:\S{1,15} )?interess\w{1,5}\b|\b(?:haben|habe|besteht) (?:\S{1,15} )?interesse\b|\bgern(?:e)?\b"
    r"|\b(?:rufen sie|ruf) (?:mich|uns)? ?(?:bitte )?(?:gern )?(?:an|zurück)?\b|\btermin (?:vereinbaren|ausmachen"
    r"|machen|vorschlagen)\b|\b(?:schicken|senden) sie (?:mir|uns)\b|\bja,? bitte\b"
    r"|\bmehr (?:informationen|infos|dazu|erfahren|details)\b|\bfreue mich\b"
    r"|\b(?:je suis|nous sommes|serai[st]|suis) (?:très |bien )?intéressée?s?\b|\b(?:ça|cela) (?:m'"
    r"|nous )intéresse\b|\bavec plaisir\b|\bparlons\b|\benvoyez[- ](?:moi|nous)\b"
    r"|\b(?:prendre|fixer|planifier|caler) (?:un )?(?:rendez-vous|rdv|appel|créneau)\b|\b(?:appelez"
    r"|rappelez)[- ]moi\b|\ben savoir plus\b|\boui,? (?:volontiers|bien sûr|pourquoi pas)\b|\bd'accord\b"
    r"|\bvolontiers\b"
    r"|\b(?:me|nos) interesa(?:ría)?\b|\b(?:estoy|estamos) interesad[oa]s?\b|\b(?:suena|parece) (?:bien|interesante"
    r"|genial)\b|\bhablemos\b|\bll[aá]m(?:a|e|eme|ame)\b|\benv[ií](?:e|a|eme|ame|en)\w{0,4}\b (?:más|info|la|los|una)"
    r"|\bagend(?:ar|emos|amos)\b|\bde acuerdo\b|\bcon gusto\b|\bsí,? (?:por favor|claro|me|nos)\b"
    r"|\bmás (?:información|detalles)\b|\breunión\b",
    _I,
)

QUESTION = re.compile(
    r"(?:who|what|when|where|why|how|which|can you|could you|do you|does|is it|are you|wer|was|wann|wo|warum|wie"
    r"|welche|können sie|haben sie|gibt es|qui|que|quoi|quand|où"
    r"|pourquoi|comment|combien|quel|pouvez|avez|est-ce|quién|qué|cuándo|dónde|por qué|cómo|cuánto|cuál|puede"
    r"|tiene)\b",
    _I,
)
