"""Passages of an abstract, by exact offsets: what is embedded. Sentence ends are rag/text/sentences.py's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise

from rag.records import Paper, Passage
from rag.text.sentences import split_sentences

_TITLE_CHARS = 400
"""Characters of a title that stand before each passage. Chosen by hand: the longest real titles have under
300."""


_PASSAGE_CHARS = 8000
"""No passage is longer, however few tokens it has. Chosen by hand: 512 tokens are about 2,500 characters."""


def split_passages(paper: Paper, n_tokens: Callable[[str], int], max_tokens: int = 512) -> list[Passage]:
    """The passages of a paper in order; their texts join to its abstract exactly.

    `n_tokens` counts a text's tokens, specials included, and may stop counting at `max_tokens`: each
    `passage_text` has fewer. An abstract that does not fit is cut at ends of sentences into passages of
    about one length, a sentence that does not fit at words, a word that does not fit anywhere.
    """
    abstract = paper.abstract
    if len(abstract) <= _PASSAGE_CHARS and n_tokens(_head(paper.title) + abstract) < max_tokens:
        cuts = [0, len(abstract)]
    else:
        room = max_tokens - n_tokens(_head(paper.title))
        starts = [0, *(sentence.start for sentence in split_sentences(abstract)[1:]), len(abstract)]
        fitting = partial(_fitting, abstract, n_tokens, room)
        cuts = _packed([piece for start, end in pairwise(starts) for piece in fitting(start, end)], room)
    return [
        Passage(f"{paper.paper_id}#{i}", paper.paper_id, i, len(cuts) - 1, abstract[start:end], start, end)
        for i, (start, end) in enumerate(pairwise(cuts))
    ]


def passage_text(title: str, passage: Passage) -> str:
    """What is encoded for a passage: the title (of an overlong one its beginning), a new line, the text."""
    return _head(title) + passage.text


def text_start(title: str) -> int:
    """Where in `passage_text` the passage itself begins."""
    return len(_head(title))


def _head(title: str) -> str:
    return title[:_TITLE_CHARS] + "\n"


def _fitting(
    text: str, n_tokens: Callable[[str], int], room: int, start: int, end: int
) -> Iterator[tuple[int, int, int]]:
    """(start, end, tokens) of pieces that join to text[start:end] and have fewer than `room` tokens each."""
    n = n_tokens(text[start:end]) - 2 if end - start <= _PASSAGE_CHARS else room
    if n < room or end - start < 2:
        yield start, end, n
        return
    middle = (start + end) // 2
    space = max(text.rfind(" ", start + 1, middle), text.rfind("\n", start + 1, middle))
    cut = space + 1 if space > 0 else middle
    yield from _fitting(text, n_tokens, room, start, cut)
    yield from _fitting(text, n_tokens, room, cut, end)


def _packed(pieces: list[tuple[int, int, int]], room: int) -> list[int]:
    """Where to cut, so that runs of pieces have fewer than `room` tokens and are about equally long."""
    total = sum(n for _, _, n in pieces)
    target = total / (total // room + 1)
    cuts, filled = [0], 0
    for start, end, n in pieces:
        if filled and (filled + n >= room or filled >= target or end - cuts[-1] > _PASSAGE_CHARS):
            cuts.append(start)
            filled = 0
        filled += n
    return [*cuts, pieces[-1][1]]
