"""The checksum pass: does Chroma still hold what was written, and does every derived index agree with it?

Reads everything, changes nothing. What is derived and disagrees, `Library.repair` makes again; a paper whose
own text no longer has its hash is damaged, and can only be ingested again or restored.
"""

from __future__ import annotations

from dataclasses import dataclass

from rag.index.candidates import whole_papers
from rag.index.indexes import Indexes
from rag.index.passage_rows import PassageRow, reads_back, row_key
from rag.index.word_index_schema import version


@dataclass(frozen=True, slots=True)
class Verification:
    """`damaged`: ids of papers that do not read back as written. `stale`: passages, by what is wrong."""

    n_papers: int
    damaged: tuple[str, ...]
    stale: dict[str, tuple[str, ...]]

    @property
    def ok(self) -> bool:
        return not self.damaged and not any(self.stale.values())


def verify_indexes(indexes: Indexes) -> Verification:
    """Read every passage, with its paper, its vector, its token block and its place in the word index."""
    words = indexes.lexical.versions()
    whole: set[str] = set()
    damaged: set[str] = set()
    stale: dict[str, list[str]] = {"words": [], "tokens": [], "vectors": []}
    for rows in indexes.dense.scan():
        papers = whole_papers(indexes, (), known=rows)
        whole |= papers.keys()
        sound = {row.passage_id for paper in papers.values() if reads_back(paper) for row in paper}
        damaged |= {row.paper_id for row in rows if row.passage_id not in sound}
        stale["words"] += (row.passage_id for row in rows if not _take(words, row))
        stale["tokens"] += (row.passage_id for row in rows if indexes.tokens.get(row_key(row)) is None)
        stale["vectors"] += indexes.unreachable(rows)
    stale["words in excess"] = [each.rpartition(" ")[0] for each in words]
    return Verification(len(whole), tuple(sorted(damaged)), {name: tuple(ids) for name, ids in stale.items()})


def _take(words: set[str], row: PassageRow) -> bool:
    """Whether the word index has the row in this version; what is left in the end it has in excess."""
    found = version(row.passage_id, row.content_hash)
    if found not in words:
        return False
    words.remove(found)
    return True
