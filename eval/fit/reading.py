"""Questions as the product reads them, for the fits: what was understood, what was ranked, what was read."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from rag.assistant import Assistant
from rag.encoder.late_interaction import Query
from rag.records import History, Paper
from rag.retrieval.question import Question
from rag.retrieval.ranking import Ranked, Ranking, rank, weight_query
from rag.retrieval.sentence_scoring import ReadPaper, read_papers
from rag.retrieval.understanding import understand


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its ranking, and `query`, the text and the pieces its sentences are read with."""

    question: Question
    ranking: Ranking
    text: str
    query: Query


def fit_arguments(description: str | None) -> argparse.ArgumentParser:
    """What a fit on both libraries is given: `shared`, `--library` and `--science`."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("shared", type=Path, help="the folder with corpus/ and eval/")
    parser.add_argument("--library", type=Path, required=True, help="the pages of corpus/, ingested")
    parser.add_argument("--science", type=Path, required=True, help="SciFact's abstracts, ingested")
    return parser


def ask_library(assistant: Assistant, text: str, history: History = ()) -> Asked:
    """Understand and rank one question, as `Assistant.ask` does for all but comparisons."""
    question = understand(text, assistant.encoder, history)
    library, encoder = assistant.library, assistant.encoder
    ranking = rank(library, encoder, question.search_text, encoded=question.encoded)
    wanted = question.unexcluded or question.text
    if wanted == ranking.text:
        return Asked(question, ranking, ranking.text, ranking.query)
    query = weight_query(library, encoder, encoder.encode_query(wanted))
    return Asked(question, ranking, wanted, query)


def papers_of(assistant: Assistant, asked: Asked) -> dict[str, Paper]:
    """The ranked papers, by id."""
    passage_ids = [ranked.passage_id for ranked in asked.ranking.ranked]
    return {each.paper.paper_id: each.paper for each in assistant.library.candidates(passage_ids)}


def read(assistant: Assistant, asked: Asked, ranked: Ranked) -> ReadPaper:
    """The sentences of one of the ranked papers."""
    (passages,) = assistant.library.passages_of([ranked.passage_id])
    (found,) = read_papers(asked.question, asked.text, asked.query, [passages])
    return found
