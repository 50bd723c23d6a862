"""Short runs of a text's words, as the small learned heads see them.

A question's kind shows in its frame ("^ which of", "better than"), so runs hold function words, too.
"""

from __future__ import annotations

import re
from itertools import pairwise

_WORD = re.compile(r"[^\W\d_]+|\d+|[?,]")


def word_grams(text: str) -> frozenset[str]:
    """Words, pairs and triples of neighbours in lower case; a number is "0", "^" and "$" are the ends."""
    words = ["0" if word.isdigit() else word for word in _WORD.findall(text.lower())]
    framed = ["^", *words, "$"]
    pairs = pairwise(framed)
    triples = zip(framed, framed[1:], framed[2:], strict=False)
    return frozenset([*words, *map(" ".join, pairs), *map(" ".join, triples)])


def n_words(text: str) -> int:
    """Words and numbers of a text."""
    return sum(word not in "?," for word in _WORD.findall(text))
