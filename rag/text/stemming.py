"""One stem for the forms of an English word: Snowball's, as tantivy's index has it."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

from rag.text.folding import fold
from rag.text.stopwords import STOP_WORDS

_WORD = re.compile(r"[^\W_]+")


@lru_cache(maxsize=16384)
def stem(word: str) -> str:
    """The stem of a lower-case word; for comparing, not for reading."""
    found = _analyzer().analyze(word)
    return str(found[0]) if found else word


@lru_cache(maxsize=4096)
def content_stems(text: str) -> frozenset[str]:
    """The stems of a text's words and numbers, function words left out."""
    return frozenset(stem(word) for word in _WORD.findall(fold(text)) if word not in STOP_WORDS)


@cache
def _analyzer() -> TextAnalyzer:
    return TextAnalyzerBuilder(Tokenizer.raw()).filter(Filter.stemmer("English")).build()
