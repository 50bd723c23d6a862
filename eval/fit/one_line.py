"""Where the weights of rag/answering/plans/one_line.py come from:

`python -m eval.fit.one_line ../shared --library DIR --science DIR`

DIR: libraries of ../shared/corpus and of ../shared/eval/scifact/corpus.jsonl (or a part of it). What a paper
adds: data/contributions.jsonl, the sentences that one reader would put behind the name of a paper in an
overview, asked for as "What is known about ...?" with a phrase of its title. What puts it on a list: the gold
evidence of the lists of questions_dev and questions_train. Prints how often the sentence chosen is one of
these, in cross-validation by paper, tenfold.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from eval.data.questions import load_questions
from eval.fit.reading import fit_arguments
from eval.fit.sentence_scoring import Abstract, cross_validated, fit, holds_evidence, measures
from rag.answering.plans.headings import title_phrases
from rag.answering.plans.one_line import NAMES, line_features
from rag.assistant import Assistant
from rag.papers.identifiers import title_key
from rag.records import RankedPaper

LABELS = Path(__file__).parent / "data" / "contributions.jsonl"


def main() -> None:
    args = fit_arguments(__doc__).parse_args()
    with Assistant.open(args.library) as assistant:
        lists = list(_of_lists(assistant, args.shared / "eval"))
        adds = list(_of_labels(assistant, "pages"))
    with Assistant.open(args.science) as assistant:
        adds += _of_labels(assistant, "science")
    for name, abstracts in (("ADDS", adds), ("LISTS", lists)):
        print(f"{name}: {len(abstracts)} abstracts; {measures(abstracts, cross_validated(abstracts))}")
        weights = zip(NAMES, fit(abstracts), strict=True)
        print({key: round(float(value), 2) for key, value in weights})


def _of_labels(assistant: Assistant, library: str) -> Iterator[Abstract]:
    for line in LABELS.read_text("utf-8").splitlines():
        row = json.loads(line)
        if row["library"] != library:
            continue
        paper = assistant.library.paper(row["paper_id"])
        if paper is None:
            raise ValueError(f"the library has no paper {row['paper_id']}")
        phrases = [phrase for _, phrase in title_phrases(paper.title)] or [paper.title]
        rarest = max(phrases, key=lambda each: min(map(assistant.rarity, each.split())))
        papers = assistant.search(f"What is known about {rarest.lower()}?", top=12)
        ranked = next((each for each in papers if each.paper.paper_id == paper.paper_id), None)
        if ranked is not None and ranked.evidence:
            wanted = [e.traits is not None and e.traits.ordinal in row["sentences"] for e in ranked.evidence]
            yield _abstract(ranked, wanted)


def _of_lists(assistant: Assistant, folder: Path) -> Iterator[Abstract]:
    for name in ("questions_dev.jsonl", "questions_train.jsonl"):
        for question in load_questions(folder / name).questions:
            if question.type != "list":
                continue
            gold = {title_key(title) for title in question.gold}
            for ranked in assistant.search(question.question, top=12):
                if title_key(ranked.paper.title) in gold:
                    abstract = ranked.paper.abstract
                    wanted = [holds_evidence(e.sentence, abstract, question) for e in ranked.evidence]
                    if any(wanted):
                        yield _abstract(ranked, wanted)


def _abstract(ranked: RankedPaper, wanted: list[bool]) -> Abstract:
    lengths = np.array([len(each.sentence.text.split()) for each in ranked.evidence])
    return Abstract(ranked.paper.paper_id, line_features(ranked), np.array(wanted, float), lengths)


if __name__ == "__main__":
    main()
