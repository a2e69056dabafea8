"""What a column of an uploaded file probably holds, from its header and, where that says nothing, from its cells."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from reachly.services.leads import opting

CUSTOM_KEY = 60  # characters of a custom field's name
_LOOKS_LIKE_ADDRESS = re.compile(r"[^\s@<>\"]{1,64}@[^\s@<>\"]{1,253}\.[^\s@<>\".]{2,63}\Z")

# Folded headers (see `fold_header`), beside the name of the field itself.
_SYNONYMS = {
    "email": """emailaddress emailaddr mail mailaddress eaddress emailadresse mailadresse emailanschrift emails
        workemail businessemail professionalemail companyemail primaryemail contactemail personemail emailid email1
        courriel adressemail adresseemail adressecourriel adresseelectronique correo correoelectronico correoe
        direcciondecorreo direcciondecorreoelectronico indirizzoemail posta postaelettronica enderecodeemail
        emailadres epost epostadresse electronicmail""",
    "first_name": """first givenname givennames forename forenames fname vorname vornamen rufname prenom
        nombre nombredepila primernombre nome primeironome voornaam fornavn fornamn etunimi imie contactfirstname
        personfirstname""",
    "last_name": """last surname familyname lname secondname nachname familienname zuname nom nomdefamille
        apellido apellidos cognome sobrenome apelido achternaam familienaam etternavn efternavn efternamn sukunimi
        nazwisko contactlastname personlastname""",
    "company": """companyname companynameforemails organization organisation organizationname organisationname
        employer account accountname business businessname firm firma firmenname firmaname unternehmen
        unternehmensname arbeitgeber organisationsname entreprise societe nomdelentreprise nomdelasociete
        raisonsociale empresa nombredelaempresa compania organizacion azienda societa nomeazienda bedrijf
        bedrijfsnaam firmanavn yritys organizacao currentcompany""",
    "position": """title jobtitle job role jobrole jobposition positiontitle designation occupation
        headline beruf berufsbezeichnung stelle stellenbezeichnung funktion jobbezeichnung rolle poste fonction
        intitule intituledeposte titre cargo puesto puestodetrabajo funcion posizione ruolo mansione funcao functie
        functietitel titel stilling currentposition currenttitle""",
    "country": """countryname countrycode countryregion nation land laendercode landescode staat pays
        codepays pais codigodepais paese nazione landcode contactcountry personcountry companycountry""",
    "timezone": """tz timezonename iana ianatimezone zeitzone fuseauhoraire fuseau zonahoraria husohorario
        fusoorario fusohorario tijdzone""",
}
_FIELD_OF = {
    word: field for field, words in _SYNONYMS.items() for word in (field.replace("_", ""), *words.split())
}


def fold_header(header: str) -> str:
    """Letters and digits alone, without case, accents and signs: "E-Mail Address" and "e_mail address" are one."""
    text = unicodedata.normalize("NFKD", header[:200]).casefold()
    for umlaut, letters in (("a\u0308", "ae"), ("o\u0308", "oe"), ("u\u0308", "ue")):
        text = text.replace(umlaut, letters)
    return "".join(sign for sign in text if sign.isalnum())


def custom_key(header: str) -> str:
    """The name of an unknown column as a custom field, usable as a merge tag: "Plan (old)" -> plan_old."""
    text = unicodedata.normalize("NFKD", header[:200]).casefold()
    text = "".join(sign for sign in text if not unicodedata.combining(sign))
    key = re.sub(r"[^a-z0-9]+", "_", text).strip("_")[:CUSTOM_KEY].strip("_")
    return f"f_{key}"[:CUSTOM_KEY] if key[:1].isdigit() else key


def guess_mapping(headers: Sequence[str], sample: Sequence[Sequence[str]] = ()) -> dict[str, str]:
    """Header -> field, one of `opting.SUPPRESSING`, `custom:<key>`, or "" for a column without a name, and for one that
    speaks of opting out or bouncing and is not understood (`opting.is_doubtful`): never a custom field.

    A field is given once: to the plainest header ("email" before "work email"), then from the left; the others of its
    kind are kept as custom fields. Where no header names the address, the column of `sample` (rows below the header)
    that holds addresses does.
    """
    folded = [fold_header(header) for header in headers]
    given: dict[str, int] = {}
    for place, word in enumerate(folded):
        field = _FIELD_OF.get(word)
        if field is None:
            continue
        rival = given.get(field)
        if rival is None or (word == field.replace("_", "") and folded[rival] != word):
            given[field] = place
    found = None if "email" in given else _address_column(len(headers), sample)
    if found is not None:
        given = {field: at for field, at in given.items() if at != found} | {"email": found}
    mapping: dict[str, str] = {}
    taken: set[str] = set()
    by_place = {place: field for field, place in given.items()}
    for place, header in enumerate(headers):
        if place in by_place:
            mapping[header] = by_place[place]
        elif header not in mapping:
            cells = [row[place] for row in sample if place < len(row)]
            target = opting.target_of(folded[place], cells)
            mapping[header] = _custom(header, taken) if target is None else target
    return mapping


def _custom(header: str, taken: set[str]) -> str:
    key = custom_key(header)
    if not key:
        return ""
    number = 2
    name = key if key not in _RESERVED else f"{key}_2"
    while name in taken:
        suffix = f"_{number}"
        name, number = key[: CUSTOM_KEY - len(suffix)] + suffix, number + 1
    taken.add(name)
    return f"custom:{name}"


# Names that a template already knows (the lead's columns and the sender's): a clash would hide one of the two. A
# header that speaks of unsubscribing never comes here.
_RESERVED = frozenset({*_SYNONYMS, "opening_line", "sender_name", "signature"})


def _address_column(width: int, sample: Sequence[Sequence[str]]) -> int | None:
    """The column in which most filled cells look like addresses, if that is most of them."""
    best, most = None, 0.5
    for place in range(width):
        filled = [row[place].strip() for row in sample if place < len(row) and row[place].strip()]
        if filled:
            share = sum(bool(_LOOKS_LIKE_ADDRESS.match(cell)) for cell in filled) / len(filled)
            if share > most:
                best, most = place, share
    return best
