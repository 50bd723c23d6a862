"""A text held against the library: what supports or contradicts each sentence, and
whether the papers it cites do.

Searches with the sentence itself, then lets the gate judge. Reading the text is
rag/answering/manuscript.py's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from rag.answering.attribution import check_support, find_support
from rag.answering.context import ContextPaper
from rag.answering.manuscript import Statement, read_statements
from rag.answering.plans.composer import cite, short_name
from rag.library.library import Library
from rag.papers.identifiers import paper_id, title_key
from rag.records import Citation, Evidence, Paper, RankedPaper, SearchMode, SupportLabel, SupportStatus
from rag.retrieval.question import MAX_CHARS
from rag.support.gate import Gate
from rag.text.sentences import split_sentences

SEARCHED = 5
"""Papers a sentence is held against, besides those it cites."""
SHORTEST_TITLE = 12
"""Letters a title needs to be recognised within a reference."""
_GOES_ON = re.compile(r"(?:it|its|they|their|this|these|the (?:method|model|paper|authors?))\b", re.I)
"""Opens a sentence that speaks of what the last one spoke of."""


class Searcher(Protocol):
    """What a text is checked with: a library, a search over it, and a gate. `rag.Assistant` is one."""

    library: Library

    @property
    def gate(self) -> Gate: ...

    def search(
        self, query: str, *, top: int | None = None, mode: SearchMode = "hybrid", llm: bool = True
    ) -> list[RankedPaper]: ...


@dataclass(frozen=True, slots=True)
class CitedPaper:
    """A paper the text cites: as written there, as the library has it, and whether it supports the
    sentence."""

    mention: str
    paper_id: str | None
    """None where the library has no such paper; it is then "unsupported"."""
    title: str
    support: float
    status: SupportStatus
    label: SupportLabel = "not enough information"


@dataclass(frozen=True, slots=True)
class CheckedStatement:
    """A sentence of the text, what the library says of it, and what the papers it cites do."""

    text: str
    line: int
    support: float
    status: SupportStatus
    reasons: tuple[str, ...]
    evidence: tuple[Citation, ...]
    """The sentences that support it; else the one that contradicts it, or what comes nearest."""
    cited: tuple[CitedPaper, ...]
    label: SupportLabel = "not enough information"

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def check_text(text: str, searcher: Searcher) -> Iterator[CheckedStatement]:
    """The sentences of `text` that claim something, each checked, in order.

    Raises LibraryEmpty where there is nothing to hold them against.
    """
    spoken_of: list[Paper] = []
    for statement in read_statements(text):
        checked, supporting = _check(statement, searcher, spoken_of)
        spoken_of = supporting or spoken_of
        yield checked


def _check(
    statement: Statement, searcher: Searcher, spoken_of: Sequence[Paper]
) -> tuple[CheckedStatement, list[Paper]]:
    """The statement checked, and the papers that support it. It may go on about those `spoken_of` before."""
    mentioned = [(key, _by_key(key, searcher)) for key in statement.keys]
    mentioned += [(title, paper) for title in statement.titles if (paper := _by_title(title, searcher))]
    nearest = searcher.search(statement.text[:MAX_CHARS], top=SEARCHED, llm=False)
    found = [ranked.paper for ranked in nearest]
    papers = {p.paper_id: p for p in [*(p for _, p in mentioned if p), *spoken_of, *found]}
    finding = find_support(statement.text, _entries(papers.values()), searcher.gate)
    if finding.status == "unsupported" and spoken_of and _GOES_ON.match(statement.text):
        finding = find_support(statement.text, _entries(spoken_of), searcher.gate)
    checked = CheckedStatement(
        text=statement.text,
        line=statement.line,
        support=finding.support,
        status=finding.status,
        reasons=finding.reasons,
        evidence=tuple(
            cite(n, quote.paper, Evidence(quote.paper.paper_id, quote.sentence, 0.0))
            for n, quote in enumerate(finding.quotes or finding.nearest, start=1)
        ),
        cited=tuple(_cited(mention, paper, statement.text, searcher) for mention, paper in mentioned),
        label=finding.label,
    )
    supporting = [quote.paper for quote in finding.quotes] if finding.status == "supported" else []
    return checked, supporting


def _cited(mention: str, paper: Paper | None, claim: str, searcher: Searcher) -> CitedPaper:
    if paper is None:
        return CitedPaper(mention, None, "", 0.0, "unsupported")
    finding = check_support(claim, _entries([paper]), searcher.gate)
    return CitedPaper(mention, paper.paper_id, paper.title, finding.support, finding.status, finding.label)


def _entries(papers: Iterable[Paper]) -> list[ContextPaper]:
    return [
        ContextPaper(n, paper, tuple(split_sentences(paper.abstract)))
        for n, paper in enumerate(papers, start=1)
    ]


def _by_key(key: str, searcher: Searcher) -> Paper | None:
    """The paper of that id, DOI or arXiv id."""
    library = searcher.library
    return library.paper(key) or library.paper(paper_id("", doi=key, arxiv_id=key, own_id=key))


def _by_title(title: str, searcher: Searcher) -> Paper | None:
    """The paper whose title this is, or a reference to which holds it."""
    wanted = title_key(title)
    for ranked in searcher.search(title[:MAX_CHARS], top=SEARCHED, mode="lexical"):
        whole, short = title_key(ranked.paper.title), title_key(short_name(ranked.paper.title))
        if wanted in (whole, short) or (len(whole) >= SHORTEST_TITLE and whole in wanted):
            return ranked.paper
    return None
