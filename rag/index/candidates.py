"""Passages as they are ranked: each with its paper, read back whole, and with what the encoder saw in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rag.index.indexes import Indexes
from rag.index.papers_read import PaperRead
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
    papers = passages_of(indexes, passage_ids)
    found = {each.passage.passage_id: each for paper in papers for each in paper}
    return [found[passage_id] for passage_id in passage_ids if passage_id in found]


def passages_of(indexes: Indexes, passage_ids: Sequence[str]) -> list[list[Candidate]]:
    """All encoded passages, in order, of the paper of each of these; without papers gone or half-written."""
    known = indexes.papers_read  # taken once: after a reload there is another
    ids = [passage_id.rpartition("#")[0] for passage_id in passage_ids]
    held = {paper_id: paper for paper_id in ids if (paper := known.get(paper_id))}
    unread = [f"{paper_id}#0" for paper_id in ids if paper_id not in held]
    read = {paper_id: _paper_read(rows) for paper_id, rows in whole_papers(indexes, unread).items()}
    known.keep(read)
    held |= read
    return [list(_candidates(indexes, held[paper_id])) for paper_id in ids if paper_id in held]


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


def _paper_read(rows: Sequence[PassageRow]) -> PaperRead:
    return PaperRead(to_paper(rows), tuple((row.passage, row_key(row)) for row in rows))


def _candidates(indexes: Indexes, read: PaperRead) -> Iterator[Candidate]:
    start = text_start(read.paper.title)
    for passage, key in read.passages:
        if block := indexes.tokens.get(key):
            yield Candidate(passage, read.paper, block, start)
