"""`python -m eval.parts PART ../shared --library DIR [--science DIR]`: what an optional part gives and costs.

Every part of docs/parts.md has one module here, which prints its rows. `--library` holds the pages of
../shared/corpus, `--science` abstracts of ../shared/eval/scifact: of its queries, those whose judged papers
are there are asked.
"""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path
from typing import Protocol, cast

from eval.parts.sets import QuestionSet, open_sets

PARTS = ("second_hop", "expansion", "feedback", "reranking", "context", "diversity", "cascade")


class PartModule(Protocol):
    def measure(self, sets: list[QuestionSet]) -> str: ...


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=(*PARTS, "all"))
    parser.add_argument("shared", type=Path, help="the folder with eval/")
    parser.add_argument("--library", type=Path, required=True, help="the pages of corpus/, ingested")
    parser.add_argument("--science", type=Path, help="SciFact's abstracts, ingested")
    parser.add_argument("--most", type=int, help="only so many questions of each set")
    args = parser.parse_args()
    with open_sets(args.shared, args.library, args.science, args.most) as sets:
        for name in PARTS if args.part == "all" else [args.part]:
            part = cast(PartModule, importlib.import_module(f"eval.parts.{name}"))
            print(f"# {name}\n\n{part.measure(sets)}\n", flush=True)


if __name__ == "__main__":
    main()
