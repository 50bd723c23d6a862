"""The words of a question that say something: content words, and names.

Owns telling them from the frame ("what is the ... of ..."). Matching them against a library is
rag/index/word_index.py's and rag/text/folding.py's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from rag.text.stopwords import FRAME_WORDS

_WORD = re.compile(r"[^\W_](?:[\w'\u2019.-]*[^\W_])?")
_QUOTED = re.compile(r"(?<!\w)['\"\u2018\u201c]([^'\"\u2018\u2019\u201c\u201d]{3,})['\"\u2019\u201d](?!\w)")
_SENTENCE_END = re.compile(r"(?<=[.?!:])\s+")
_EVERYDAY_ACRONYMS = "LLM LLMs LM LMs AI NLP ML QA IR API APIs CPU CPUs GPU GPUs RAM I OK Yes No"
_COMMON_CAPITALS = frozenset(_EVERYDAY_ACRONYMS.split())
_AMOUNT = re.compile(r"\d[\d.,]*[A-Za-z%]{0,2}")
"""A number with its unit ("1B", "10K", "2TB") is no name."""


def content_words(text: str) -> list[str]:
    """The words that say something of their own, as written, in order."""
    return [word for word in _WORD.findall(text) if word.lower() not in FRAME_WORDS]


@lru_cache(maxsize=256)  # a question's are asked for once a paper
def names(text: str) -> tuple[str, ...]:
    """Named things, once each, quoted phrases first: then words with inner capitals, acronyms, and
    capitalised words that do not open a sentence. Amounts and everyday acronyms are none."""
    return tuple(dict.fromkeys(_names(text)))


def _names(text: str) -> Iterator[str]:
    yield from _QUOTED.findall(text)
    for sentence in split_asked(text):
        for position, word in enumerate(_WORD.findall(sentence)):
            shaped = any(letter.isupper() for letter in word[1:])
            if word in _COMMON_CAPITALS or _AMOUNT.fullmatch(word):
                continue
            if shaped or (position and word[0].isupper()):
                yield word.removesuffix("'s").removesuffix("\u2019s")


def split_asked(question: str) -> list[str]:
    """A question's sentences; a colon ends one too. For abstracts, see rag/text/sentences.py."""
    return [sentence.strip() for sentence in _SENTENCE_END.split(question) if sentence.strip()]
