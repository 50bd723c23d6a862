"""One stem for the forms of an English word: Snowball's, as tantivy's index has it."""

from __future__ import annotations

from functools import cache, lru_cache

from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer


@lru_cache(maxsize=16384)
def stem(word: str) -> str:
    """The stem of a lower-case word; for comparing, not for reading."""
    found = _analyzer().analyze(word)
    return str(found[0]) if found else word


@cache
def _analyzer() -> TextAnalyzer:
    return TextAnalyzerBuilder(Tokenizer.raw()).filter(Filter.stemmer("English")).build()
