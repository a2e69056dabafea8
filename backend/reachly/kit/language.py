"""In which language a text is written, told by its commonest small words.

Good enough to see that an English sentence does not belong into a German mail; where too few such words stand or two
languages come close, nothing is said.
"""

from __future__ import annotations

import re
from collections import Counter

# Small words that hardly stand in another of these languages; those that several share are left out.
_WORDS = {
    "en": """the and you your are with this that for have would from our about not was will been there what which
        could should were they them how just it's i'm we're""",
    "de": """und der das ist nicht mit ich sie wir ihre ihnen ihr eine einen einem für auf bei oder auch wenn haben
        werden würden können hätten zum zur sich wie noch""",
    "fr": """les des vous votre est pour avec dans une nous notre sur pas que qui êtes avez ce cette aux vos plus été
        je suis""",
    "es": """los las usted para con una por como está su sus pero más este esta nosotros tiene hay muy cuando del
        estamos gracias""",
    "it": """gli della delle per con una sono che non questo questa anche come più lei nostro nostra vostro abbiamo
        potrebbe grazie dei""",
    "nl": """het een van voor niet met zijn ook maar wij jullie uw deze dit bij naar wordt kunnen zou hebben
        graag""",
    "pt": """você não uma para com seu sua mais está nós nosso nossa também como são muito obrigado dos das pelo
        gostaria""",
    "pl": """nie jest się oraz dla czy pan pani jak ale przez może byłoby naszej państwa jestem mam ten tego
        dziękuję""",
    "sv": """och att det som för är inte med jag vi ni din ditt har kan skulle också eller om""",
    "da": """og det som til ikke med jeg vi du din dit har kan ville også eller hvis på af""",
}  # fmt: skip
_LANGUAGES_OF: dict[str, list[str]] = {}
for _language, _text in _WORDS.items():
    for _word in _text.split():
        _LANGUAGES_OF.setdefault(_word, []).append(_language)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
LONGEST = 20_000  # characters that are looked at
FEWEST = 3
AHEAD = 1.5

NAMES = {
    "en": "English", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian", "nl": "Dutch",
    "pt": "Portuguese", "pl": "Polish", "sv": "Swedish", "da": "Danish",
}  # fmt: skip


def guess_language(text: str, *, fewest: int = FEWEST) -> str | None:
    """`en`, `de` …; None where the text does not say. `fewest`: words of a language's own that must stand in it."""
    counts: Counter[str] = Counter()
    for word in _WORD.findall(text[:LONGEST].lower().replace("’", "'")):
        languages = _LANGUAGES_OF.get(word, ())
        for language in languages:
            counts[language] += 2 if len(languages) == 1 else 1
    best = counts.most_common(2)
    if not best or best[0][1] < 2 * fewest:
        return None
    return best[0][0] if len(best) == 1 or best[0][1] >= AHEAD * best[1][1] else None
