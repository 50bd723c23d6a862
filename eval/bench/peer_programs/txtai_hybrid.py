"""txtai's hybrid index: BM25 and vectors, put together with its default weights."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eval.bench.peer_programs.program import main


class TxtaiHybrid:
    """Settings are the defaults of `hybrid=True`."""

    def __init__(self, folder: Path, model: Path, is_new: bool) -> None:
        from txtai import Embeddings

        self._folder = str(folder)
        self._index = Embeddings(path=str(model), hybrid=True, gpu=False)
        if not is_new:
            self._index.load(self._folder)

    def add(self, papers: Sequence[dict[str, Any]]) -> None:
        self._index.index((each["id"], f"{each['title']}\n{each['abstract']}", None) for each in papers)
        self._index.save(self._folder)

    def search(self, question: str, n: int) -> list[str]:
        return [paper_id for paper_id, _ in self._index.search(question, n)]


if __name__ == "__main__":
    sys.exit(main(TxtaiHybrid))
