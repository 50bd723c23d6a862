"""An ingest into shards: what is stored is looked for in all of them, and every paper goes to its own."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from rag.index.passage_rows import PassageRow
from rag.library.ingest import PassageEncoder, rows_of, surplus
from rag.library.shards.coordinator import Coordinator
from rag.library.shards.shard import Shard, keys_of
from rag.library.shards.shard_manifest import shard_of
from rag.library.shards.workers import Encoding
from rag.papers.passages import passage_text
from rag.records import Paper


class ShardTarget:
    """See rag.library.ingest.IngestTarget. Without an encoder nothing can be written."""

    def __init__(
        self, coordinator: Coordinator, encoder: PassageEncoder | None, encoding: Encoding | None
    ) -> None:
        self._coordinator, self._encoder, self._encoding = coordinator, encoder, encoding
        self._last_added = 0

    def alike(self, papers: Sequence[Paper]) -> Iterable[Paper]:
        return chain.from_iterable(self._coordinator.tell_all(Shard.alike, papers))

    def first_rows(self, paper_ids: Sequence[str]) -> dict[str, PassageRow]:
        asked = {shard: (ids,) for shard, ids in self._by_shard(paper_ids).items()}
        found = self._coordinator.tell_each(Shard.first_rows, asked)
        return {paper_id: row for rows in found.values() for paper_id, row in rows.items()}

    def write(
        self, papers: Sequence[Paper], stored: Mapping[str, PassageRow], written: Callable[[], None]
    ) -> None:
        if papers and self._encoder and self._encoding:
            self._put(papers, stored, self._encoder, self._encoding)
        written()

    def finish(self) -> None:
        """Nothing is left: `write` ends when all is written."""

    def _put(
        self,
        papers: Sequence[Paper],
        stored: Mapping[str, PassageRow],
        encoder: PassageEncoder,
        encoding: Encoding,
    ) -> None:
        written = {rows[0].paper_id: self._numbered(rows, stored) for rows in rows_of(papers, encoder)}
        places = {shard: [written[id] for id in ids] for shard, ids in self._by_shard(written).items()}
        rows = {shard: keys_of(theirs) for shard, theirs in places.items()}
        keys = {shard: (list(theirs),) for shard, theirs in rows.items()}
        lacking = self._coordinator.tell_each(Shard.lacking_blocks, keys)
        texts = {
            key: passage_text(rows[shard][key].title, rows[shard][key].passage)
            for shard, keys in lacking.items()
            for key in keys
        }
        blocks = encoding.blocks(texts) if texts else {}
        self._coordinator.tell_each(
            Shard.put,
            {
                shard: (theirs, {key: blocks[key] for key in lacking[shard]}, surplus(theirs, stored))
                for shard, theirs in places.items()
            },
        )

    def _by_shard(self, paper_ids: Iterable[str]) -> dict[int, list[str]]:
        by_shard: defaultdict[int, list[str]] = defaultdict(list)
        for paper_id in paper_ids:
            by_shard[shard_of(paper_id, self._coordinator.n_shards)].append(paper_id)
        return dict(by_shard)

    def _numbered(self, rows: list[PassageRow], stored: Mapping[str, PassageRow]) -> list[PassageRow]:
        """With when its paper was first added, in microseconds, so that all shards' papers have one order."""
        if rows[0].paper_id in stored:
            added = int(stored[rows[0].paper_id].metadata.get("added", 0))
        else:
            added = self._last_added = max(self._last_added + 1, time.time_ns() // 1000)
        return numbered(rows, added)


def numbered(rows: Iterable[PassageRow], added: int | None) -> list[PassageRow]:
    """A paper's rows with their place in the order of all shards' papers; None takes it away."""
    return [
        replace(row, metadata={name: value for name, value in row.metadata.items() if name != "added"}
                | ({} if added is None else {"added": added}))
        for row in rows
    ]  # fmt: skip
