"""The language a question is asked in, told from its script and its commonest words.

Enough to say plainly that the library is read in English; a library that knows seventy languages would be
megabytes more for one sentence. A text that cannot be placed counts as English, which loses nothing.
"""

from __future__ import annotations

import re
import unicodedata

_SCRIPTS = {
    "HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko", "CJK": "zh", "CYRILLIC": "ru", "ARABIC": "ar",
    "HEBREW": "he", "DEVANAGARI": "hi", "THAI": "th", "GREEK": "el", "BENGALI": "bn", "TAMIL": "ta",
}  # fmt: skip
_COMMON_WORDS = {
    "de": "was ist und wozu dient sie wie der die das ein eine welche gibt nicht mit für von auf wird werden"
    " warum wer sind zwischen unterschied bei über zur zum den dem",
    "fr": "que est-ce est quel quelle quels quelles les des une pour dans avec sur comment pourquoi qui sont"
    " entre différence du aux et le la un",
    "es": "qué es cuál cuáles cómo los las una para con por qué entre sobre son del diferencia y el la un",
    "it": "che cosa è quali quale come gli una per con perché sono tra sulla della differenza il la un di",
    "pt": "o que é qual quais como os as uma para com por que são entre sobre diferença do da um não",
    "nl": "wat is hoe welke de het een van voor met waarom zijn tussen verschil en niet wordt werkt",
}
"""Question words and function words; those of several languages count for each."""
_ENGLISH = frozenset(
    re.findall(
        r"\w+",
        "what is are how why which who does do did the of and for in on with a an to papers not vs can"
        " between it that as by from or be has have there any about use used",
    )
)
_WORDS = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_FOREIGN_SHARE = 0.3
"""Of the letters, those of another script that make it the question's language: a name or a sign does not."""


def language_of(text: str) -> str:
    """The ISO 639-1 code of the text's language, "en" where nothing tells otherwise."""
    letters = [char for char in text if char.isalpha()]
    foreign = [code for char in letters if not char.isascii() and (code := _script(char))]
    if letters and len(foreign) >= _FOREIGN_SHARE * len(letters):
        return "ja" if "ja" in foreign else max(set(foreign), key=foreign.count)
    words = [word.lower() for word in _WORDS.findall(text)]
    counts = {code: sum(word in common.split() for word in words) for code, common in _COMMON_WORDS.items()}
    likeliest = max(counts, key=lambda code: counts[code])
    return (
        likeliest
        if counts[likeliest] >= 2 and counts[likeliest] > sum(w in _ENGLISH for w in words)
        else "en"
    )


def _script(char: str) -> str | None:
    return _SCRIPTS.get(unicodedata.name(char, "").partition(" ")[0])
