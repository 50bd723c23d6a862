"""This project, in its own environment: `Assistant.search`, or with --ask `Assistant.ask`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from eval.bench.peer_programs.program import main


class Ours:
    """The library in a folder. The model's folder is not looked at: the weights are the same."""

    def __init__(self, folder: Path, is_new: bool, *, asks: bool) -> None:
        from rag.assistant import Assistant
        from rag.config import Config

        config = replace(Config.from_env(), library=folder)
        self._assistant = Assistant.open(config=config, create=is_new)
        self._asks = asks

    def add(self, papers: Sequence[dict[str, Any]]) -> None:
        from rag.records import Paper

        made = (Paper(each["id"], each["title"], each["abstract"]) for each in papers)
        self._assistant.library.add(made, self._assistant.encoder)
        self._assistant.close()

    def search(self, question: str, n: int) -> list[str]:
        if self._asks:
            answer = self._assistant.ask(question, llm=False, top=n)
            return [each.paper_id for each in answer.retrieved]
        return [each.paper.paper_id for each in self._assistant.search(question, top=n)]


if __name__ == "__main__":
    asks = "--ask" in sys.argv
    sys.argv = [arg for arg in sys.argv if arg != "--ask"]
    sys.exit(main(lambda folder, _, is_new: Ours(folder, is_new, asks=asks)))
