"""A paper as rows of Chroma, and back: each passage with all of its paper's metadata.

A paper can be rebuilt exactly from its rows, its hash tells whether they are all there and of one
version, and whether they still say what was written. Nothing here touches a database.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from hashlib import blake2b
from typing import Any

from rag.index.token_store import text_key
from rag.papers.passages import passage_text
from rag.records import Paper, Passage

Metadata = dict[str, Any]
"""Texts and whole numbers; what is empty is left out, since Chroma spends a database row on each."""

_TEXTS = ("paper_id", "title", "venue", "doi", "arxiv_id", "url")
_LISTS = ("authors", "keywords", "sources")
_PAPER_FIELDS = tuple(field.name for field in fields(Paper))
NAMES = (*_TEXTS, *_LISTS, "year", "hash", "ordinal", "n_passages", "start", "end", "added")
"""All that a row's metadata may have. "added" is a shard's: its paper's place in the order of all shards'."""


@dataclass(frozen=True, slots=True)
class PassageRow:
    """One passage as Chroma keeps it: `passage_id`, `text` (its document) and metadata."""

    passage_id: str
    text: str
    metadata: Metadata

    @property
    def paper_id(self) -> str:
        return self.passage_id.rpartition("#")[0]

    @property
    def ordinal(self) -> int:
        return int(self.passage_id.rpartition("#")[2])

    @property
    def title(self) -> str:
        return str(self.metadata.get("title", ""))

    @property
    def content_hash(self) -> str:
        return str(self.metadata.get("hash", ""))

    @property
    def n_passages(self) -> int:
        return int(self.metadata.get("n_passages", 1))

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(json.loads(self.metadata.get("sources", "[]")))

    @property
    def passage(self) -> Passage:
        start, end = int(self.metadata["start"]), int(self.metadata["end"])
        return Passage(self.passage_id, self.paper_id, self.ordinal, self.n_passages, self.text, start, end)


def content_hash(paper: Paper) -> str:
    """128 bits over all a paper says, its sources left out: where it was read does not change it.

    Raises UnicodeEncodeError where its text is not Unicode (a lone surrogate).
    """
    # Not `to_dict`, which copies deeply: three times a paper, that was a sixth of an ingest without encoding.
    said = {name: getattr(paper, name) for name in _PAPER_FIELDS} | {"sources": ()}
    content = json.dumps(said, ensure_ascii=False, sort_keys=True)
    return blake2b(content.encode(), digest_size=16).hexdigest()


def to_rows(paper: Paper, passages: Iterable[Passage]) -> list[PassageRow]:
    """A paper's rows, in the order of its passages."""
    metadata: Metadata = {"hash": content_hash(paper), "year": paper.year}
    metadata |= {name: getattr(paper, name) for name in _TEXTS}
    metadata |= {name: json.dumps(getattr(paper, name), ensure_ascii=False) for name in _LISTS}
    metadata = {name: value for name, value in metadata.items() if value not in (None, "", "[]")}
    return [
        PassageRow(
            each.passage_id,
            each.text,
            metadata
            | {
                "ordinal": each.ordinal,
                "n_passages": each.n_passages,
                "start": each.start,
                "end": each.end,
            },
        )
        for each in passages
    ]


def whole(rows: Iterable[PassageRow]) -> dict[str, list[PassageRow]]:
    """Rows by paper, in order, of the papers that are all there.

    The first passage says how many there are and of which version. Rows of an older version are left out;
    a paper that lacks a row of this one is left out.
    """
    by_paper: dict[str, dict[int, PassageRow]] = defaultdict(dict)
    for row in rows:
        by_paper[row.paper_id][row.ordinal] = row
    papers = {}
    for paper_id, found in by_paper.items():
        if 0 in found:
            due = [found.get(ordinal) for ordinal in range(found[0].n_passages)]
            if all(row and row.content_hash == found[0].content_hash for row in due):
                papers[paper_id] = [row for row in due if row]
    return papers


def to_paper(rows: Sequence[PassageRow]) -> Paper:
    """The paper of whole, ordered rows. Raises ValueError where a row's metadata is not ours."""
    metadata = rows[0].metadata
    fields: dict[str, Any] = {name: metadata.get(name, "") for name in _TEXTS}
    fields |= {name: tuple(json.loads(metadata.get(name, "[]"))) for name in _LISTS}
    return Paper(abstract="".join(row.text for row in rows), year=metadata.get("year"), **fields)


def reads_back(rows: Sequence[PassageRow]) -> bool:
    """Whether the whole, ordered rows of a paper, none where they are not all there, say what was written."""
    try:
        return bool(rows) and content_hash(to_paper(rows)) == rows[0].content_hash
    except (ValueError, TypeError):
        return False


def row_key(row: PassageRow) -> int:
    """Where the token store holds a row's text."""
    return text_key(passage_text(row.title, row.passage))
