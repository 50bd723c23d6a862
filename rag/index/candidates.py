"""Passages as they are ranked: each with its paper, read back whole, and with what the encoder saw in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rag.index.indexes import Indexes
from rag.index.passage_rows import PassageRow, row_key, to_paper, whole
from rag.index.token_store import TokenBlock
from rag.papers.passages import text_start
from rag.records import Paper, Passage


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage with its paper and what the encoder saw in it: `passage_text`, the title first.

    text_start: where in that text the passage itself begins; `block.offsets` count from its beginning.
    """

    passage: Passage
    paper: Paper
    block: TokenBlock
    text_start: int


def candidates(indexes: Indexes, passage_ids: Sequence[str]) -> list[Candidate]:
    """These passages, in order; without those gone meanwhile, of half-written papers, or not encoded."""
    wanted = set(passage_ids)
    found: dict[str, Candidate | None] = {}
    for rows in whole_papers(indexes, passage_ids).values():
        paper = to_paper(rows)
        found |= {row.passage_id: _candidate(indexes, paper, row) for row in rows if row.passage_id in wanted}
    return [candidate for passage_id in passage_ids if (candidate := found.get(passage_id))]


def passages_of(indexes: Indexes, passage_ids: Sequence[str]) -> list[list[Candidate]]:
    """All encoded passages, in order, of the paper of each of these; without papers gone or half-written."""
    papers = whole_papers(indexes, passage_ids)
    ids = [passage_id.rpartition("#")[0] for passage_id in passage_ids]
    read = [(to_paper(papers[paper_id]), papers[paper_id]) for paper_id in ids if paper_id in papers]
    return [
        [candidate for row in rows if (candidate := _candidate(indexes, paper, row))] for paper, rows in read
    ]


def whole_papers(
    indexes: Indexes, passage_ids: Iterable[str], known: Iterable[PassageRow] = ()
) -> dict[str, list[PassageRow]]:
    """Rows, in order, of those papers of these passages that are all there. `known` need no reading."""
    rows = {row.passage_id: row for row in known}
    rows |= _read(indexes, (passage_id for passage_id in passage_ids if passage_id not in rows))
    siblings = (f"{row.paper_id}#{i}" for row in list(rows.values()) for i in range(row.n_passages))
    rows |= _read(indexes, (passage_id for passage_id in siblings if passage_id not in rows))
    return whole(rows.values())


def whole_page(indexes: Indexes, page: Sequence[PassageRow]) -> list[list[PassageRow]]:
    """Rows, in order, of each paper whose first passage is on a page of `Dense.scan`, in the page's order."""
    firsts = [row for row in page if row.ordinal == 0]
    papers = whole_papers(indexes, [row.passage_id for row in firsts], known=page)
    return [papers[row.paper_id] for row in firsts if row.paper_id in papers]


def _read(indexes: Indexes, passage_ids: Iterable[str]) -> dict[str, PassageRow]:
    return {row.passage_id: row for row in indexes.dense.get(list(dict.fromkeys(passage_ids)))}


def _candidate(indexes: Indexes, paper: Paper, row: PassageRow) -> Candidate | None:
    block = indexes.tokens.get(row_key(row))
    if block is None:
        return None
    return Candidate(row.passage, paper, block, text_start(paper.title))
