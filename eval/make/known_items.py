"""Known-item questions from any library: a late, informative sentence is the query, its paper the gold.

The sentence is left out of the text that is searched, or finding it would be matching a string: so a set
comes with a library of its own, a copy in which those papers lack their sentence. Owns the choice of papers
and sentences, without a model; questions that a model writes are `eval.make.model_questions`'s. Known-item
searching after Azzopardi, de Rijke & Balog, Building Simulated Queries for Known-Item Topics (SIGIR 2007).
"""

from __future__ import annotations

import hashlib
import math
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rag.errors import InputError
from rag.records import Paper, Sentence
from rag.text.folding import fold
from rag.text.sentences import split_sentences

MIN_SENTENCES = 3
"""Enough of the abstract is left for a search to find it."""
WORDS = range(8, 46)
"""Words of a sentence that can be a query: a shorter one names nothing, a longer one names everything."""
_LATE = 0.5
"""The first half of an abstract says what everyone says; findings come after it."""
_NEEDS_CONTEXT = re.compile(
    r"(?:in )?(?:it|its|they|their|these|this|those|that|both|such|here|there)\b", re.IGNORECASE
)
"""A sentence that begins so needs the one before."""
_EMPTY = re.compile(r"https?:|www\.|github|code (?:is|and)|available (?:at|on)|open[- ]source", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class KnownItem:
    """A paper, the sentence held out, and the paper without it."""

    paper: Paper
    sentence: Sentence

    @property
    def without(self) -> Paper:
        """The paper as it is searched."""
        before = self.paper.abstract[: self.sentence.start].rstrip()
        after = self.paper.abstract[self.sentence.end :].lstrip()
        return replace(self.paper, abstract=f"{before} {after}".strip())


def known_items(papers: Sequence[Paper], n: int) -> list[KnownItem]:
    """Up to `n` items, from papers drawn by a hash of their ids: the same library gives the same set.

    Raises InputError where no abstract is long enough to lose a sentence.
    """
    sentences = {paper.paper_id: split_sentences(paper.abstract) for paper in papers}
    frequency = Counter(term for paper in papers for term in _terms(paper.abstract))
    idf = {term: math.log(len(papers) / count) for term, count in frequency.items()}
    items: list[KnownItem] = []
    for paper in sorted(papers, key=lambda p: hashlib.sha256(p.paper_id.encode()).digest()):
        candidates = list(_candidates(sentences[paper.paper_id]))
        if len(items) < n and candidates:
            best = max(candidates, key=lambda sentence: _informative(sentence.text, idf))
            items.append(KnownItem(paper, best))
    if not items:
        raise InputError(
            f"no abstract of this library has {MIN_SENTENCES} sentences, one of them late and whole; "
            "known items need longer abstracts"
        )
    return items


def item_lines(items: Iterable[KnownItem]) -> list[dict[str, Any]]:
    """The items as lines of a question file. Gold is the paper's id: titles may be shared."""
    return [
        {
            "id": f"known-{number:04}",
            "type": "known_item",
            "question": " ".join(item.sentence.text.split()),
            "gold": [item.paper.paper_id],
            "held_out": item.sentence.text,
        }
        for number, item in enumerate(items, 1)
    ]


def copy_without(library: Path, items: Sequence[KnownItem], target: Path) -> None:
    """A copy of the library at `target` in which each item's paper lacks its sentence; the rest is as it was,
    and only those papers are encoded again. Raises InputError where something is at `target` already."""
    if target.exists():
        raise InputError(f"{target}: is there already; remove it, or name another --output")
    from rag.assistant import Assistant

    shutil.copytree(library, target)
    with Assistant.open(target) as assistant:
        assistant.library.add([item.without for item in items], assistant.encoder)


def _candidates(sentences: Sequence[Sentence]) -> Iterator[Sentence]:
    """Late sentences of a fair length that stand alone and say something about the work."""
    if len(sentences) < MIN_SENTENCES:
        return
    for sentence in sentences[math.ceil(len(sentences) * _LATE) :]:
        text = sentence.text
        if len(text.split()) in WORDS and not _NEEDS_CONTEXT.match(text) and not _EMPTY.search(text):
            yield sentence


def _informative(text: str, idf: dict[str, float]) -> float:
    """Mean rarity of its words, a little more for a longer one: names and findings over phrases."""
    terms = _terms(text)
    return sum(idf.get(term, 0.0) for term in terms) / math.sqrt(len(terms)) if terms else 0.0


def _terms(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]{3,}", fold(text)))
