"""Answers without a model: the few sentences that answer a question, verbatim and cited.

One paper answers a plain question; a comparison gets its best sentence a side; a list, a line a paper.
Takes ranked papers with their evidence (rag/retrieval/sentence_scoring.py) and chooses; searches nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from rag.answering.abstention import THRESHOLD
from rag.papers.identifiers import title_key
from rag.records import AnswerSentence, Citation, Evidence, Paper, RankedPaper
from rag.retrieval.question import Kind

COMPARED = 2
"""Papers set side by side. Three lower both the facts found and the citation precision on questions_dev."""
MOST_NAMED = 3
"""Papers set side by side where the question names them."""
SAME_LEAGUE = 4.0
"""A paper this much below the best (in the ranking's summed z-scores) is no side of a comparison."""
LISTED = 8
LISTED_SHARE = 0.4
"""A list ends where the ranking's sum falls under this share of the best."""
FEW = 12
"""With fewer papers a standard deviation says little, and each one's own confidence decides."""
FAR_BELOW = 2.5
"""A sentence this much below its paper's best (in standard deviations) adds length, not an answer."""
OVER_COST = 1.0
"""What a word beyond the length aimed at costs a comparison, in the same unit."""
NAME_WORDS = 5
"""Words that the part of a title before its colon has at most to be the paper's name."""
CHOICE = 6
"""Sentences of a side that are tried against those of the other."""

_WANTS_SOURCE = re.compile(
    r"\b(which|what|whose) (\w+ )?(papers?|works?|stud(y|ies)|authors?|articles?)\b|\bwho\b"
    r"|\b(has|have|did|does|is there) (anyone|anybody|someone|any|some|a|an)\b|^someone\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class AnswerText:
    """An answer's text with the sentences and citations it is made of."""

    text: str
    sentences: tuple[AnswerSentence, ...]
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """What is said of one paper: its name where the reader needs it, and sentences in their order."""

    paper: Paper
    name: str
    evidence: tuple[Evidence, ...]


def answer(question: str, kind: Kind, papers: Sequence[RankedPaper], words: int) -> AnswerText:
    """Compose an answer of about `words` words from papers ranked best first, the first with evidence.

    A sentence is never cut: one that alone is longer than `words` still stands.
    """
    if kind == "list":
        return _listed(papers, words)
    if kind == "compare" and len(compared := _compared(question, papers)) > 1:
        return _written(_sides(compared, words))
    return _written([_told(question, papers[0], words)])


def _compared(question: str, papers: Sequence[RankedPaper]) -> list[RankedPaper]:
    """Those of the papers that the question names; where it names fewer than two, the best that are close."""
    if len(named := _named(question, papers)) > 1:
        return named[:MOST_NAMED]
    return [paper for paper in papers[:COMPARED] if papers[0].score - paper.score < SAME_LEAGUE]


def _named(question: str, papers: Sequence[RankedPaper]) -> list[RankedPaper]:
    """The papers whose name stands in the question, in its order; "SPLADE v2" does not name SPLADE."""
    by_name = {title_key(short_name(ranked.paper.title)): ranked for ranked in reversed(papers)}
    words, named, at = question.split(), [], 0
    while at < len(words):
        runs = ((n, title_key(" ".join(words[at : at + n]))) for n in range(NAME_WORDS, 0, -1))
        n, found = next(((n, by_name[key]) for n, key in runs if key in by_name), (1, None))
        named += [found] if found and found not in named else []
        at += n
    return named


def _told(question: str, ranked: RankedPaper, words: int) -> AnswerLine:
    name = short_name(ranked.paper.title) if _WANTS_SOURCE.search(question) else ""
    return AnswerLine(ranked.paper, name, _fill((), ranked.evidence, words - n_words(name)))


def _sides(papers: Sequence[RankedPaper], words: int) -> list[AnswerLine]:
    """A line a paper: the best sentence each that fit together, then whatever else fits."""
    names = [short_name(ranked.paper.title) for ranked in papers]
    room = words - sum(map(n_words, names))
    sides = [ranked.evidence[:CHOICE] for ranked in papers if ranked.evidence]

    def worth(chosen: tuple[Evidence, ...]) -> float:
        over = sum(n_words(evidence.sentence.text) for evidence in chosen) - room
        return sum(evidence.score for evidence in chosen) - OVER_COST * max(0, over)

    chosen = max(product(*sides), key=worth)
    rest = sorted((e for side in sides for e in side if e not in chosen), key=lambda e: -e.score)
    filled = _fill(chosen, rest, room)
    return [
        AnswerLine(ranked.paper, name, tuple(e for e in filled if e.paper_id == ranked.paper.paper_id))
        for ranked, name in zip(papers, names, strict=True)
    ]


def _fill(chosen: tuple[Evidence, ...], rest: Iterable[Evidence], room: int) -> tuple[Evidence, ...]:
    """Add sentences, best first, while they fit and are not far below the best; in the abstract's order."""
    kept = list(chosen)
    used = sum(n_words(evidence.sentence.text) for evidence in kept)
    for evidence in rest:
        fits = used + n_words(evidence.sentence.text) <= room
        if not kept or (fits and evidence.score > kept[0].score - FAR_BELOW):
            kept.append(evidence)
            used += n_words(evidence.sentence.text)
    return tuple(sorted(kept, key=lambda e: (e.paper_id, e.sentence.start)))


def _listed(papers: Sequence[RankedPaper], words: int) -> AnswerText:
    """Titles, each resting on its paper's best sentence."""
    lines: list[str] = []
    sentences: list[AnswerSentence] = []
    citations: list[Citation] = []
    used = 0
    belonging = [ranked for ranked in papers[:LISTED] if ranked is papers[0] or _belongs(ranked, papers)]
    for n, ranked in enumerate(belonging, start=1):
        used += n_words(f"- {ranked.paper.title}")
        if n > 1 and used > words:
            break
        citations.append(cite(n, ranked.paper, ranked.evidence[0]))
        sentences.append(AnswerSentence(ranked.paper.title, (n,), 1.0, "supported"))
        lines.append(f"- {ranked.paper.title} [{n}]")
    return AnswerText("\n".join(lines), tuple(sentences), tuple(citations))


def _belongs(ranked: RankedPaper, papers: Sequence[RankedPaper]) -> bool:
    """Whether a paper is near enough to the best of a list to stand in it."""
    if len(papers) < FEW:
        return ranked.confidence >= THRESHOLD
    return ranked.score >= LISTED_SHARE * papers[0].score


def _written(lines: Sequence[AnswerLine]) -> AnswerText:
    citations = tuple(
        cite(n, line.paper, evidence)
        for n, (line, evidence) in enumerate(((ln, e) for ln in lines for e in ln.evidence), start=1)
    )
    sentences = tuple(AnswerSentence(c.quote, (c.n,), 1.0, "supported") for c in citations)
    return AnswerText("\n".join(_texts(lines, citations)), sentences, citations)


def _texts(lines: Sequence[AnswerLine], citations: Sequence[Citation]) -> Iterator[str]:
    for line in lines:
        said = " ".join(f"{c.quote} [{c.n}]" for c in citations if c.paper_id == line.paper.paper_id)
        yield f"{line.name}: {said}" if line.name else said


def cite(n: int, paper: Paper, evidence: Evidence) -> Citation:
    """Citation `n`: the evidence's sentence of the paper."""
    return Citation(
        n=n,
        paper_id=paper.paper_id,
        title=paper.title,
        authors=paper.authors,
        year=paper.year,
        venue=paper.venue,
        url=paper.url,
        quote=evidence.sentence.text,
        start=evidence.sentence.start,
        end=evidence.sentence.end,
    )


def short_name(title: str) -> str:
    """What a reader would call the paper: the part of its title before a colon if that is a name."""
    head, colon, _ = title.partition(":")
    return head if colon and n_words(head) <= NAME_WORDS else title.rstrip(".")


def n_words(text: str) -> int:
    """Words as a reader counts them: runs without white space."""
    return len(text.split())
