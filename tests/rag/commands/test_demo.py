from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from rag.demo import demo_papers_path, demo_questions_path

Record = dict[str, Any]

TYPES = {
    "fact", "numeric", "method", "compare", "list", "definition",
    "followup", "unanswerable_near", "unanswerable_far",
}  # fmt: skip
KEYS = {"id", "type", "question", "gold", "gold_required", "evidence", "nuggets", "nugget_patterns", "answer"}
COPIED_RUN = 9
"""So many words in a row shared with a page are a copied sentence, not a name or a term."""


def records(path: Path) -> list[Record]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


PAPERS = records(demo_papers_path())
QUESTIONS = records(demo_questions_path())
DIGESTS: dict[str, str] = {paper["title"]: paper["abstract"] for paper in PAPERS}
ANSWERABLE = [question for question in QUESTIONS if question["gold"]]
UNANSWERABLE = [question for question in QUESTIONS if not question["gold"]]


def by_id(record: Record) -> str:
    return str(record["id"])


def words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.lower())


def runs(text: str, length: int = COPIED_RUN) -> set[tuple[str, ...]]:
    found = words(text)
    return {tuple(found[i : i + length]) for i in range(len(found) - length + 1)}


def figures(text: str) -> set[str]:
    """Numbers with their % or x; `2.27times`, `2.27 times` and `2.27x` are one figure, `9\\%` is `9%`."""
    plain = re.sub(r"(\d)\s*times\b", r"\1x", text.replace("\\", ""))
    return set(re.findall(r"\d+(?:[.,]\d+)*(?:%|x\b)?", plain))


def matches(pattern: str, text: str) -> bool:
    return re.search(pattern, text, re.IGNORECASE) is not None


@pytest.fixture(scope="module")
def page_abstracts(shared_dir: Path) -> dict[str, str]:
    """Every line of the saved pages with the one below it: for a title, its abstract."""
    found: dict[str, str] = {}
    for page in sorted((shared_dir / "corpus").glob("*.txt")):
        lines = [line.strip().removeprefix("Subscribe") for line in page.read_text("utf-8").splitlines()]
        found |= dict(pairwise(filter(None, lines)))
    return found


def test_there_is_enough_to_ask_about() -> None:
    assert len(PAPERS) >= 100
    assert len(QUESTIONS) >= 40
    assert {question["type"] for question in QUESTIONS} == TYPES


def test_ids_and_titles_name_one_record_each() -> None:
    for values in (map(by_id, PAPERS), (paper["title"] for paper in PAPERS), map(by_id, QUESTIONS)):
        listed = list(values)
        assert len(set(listed)) == len(listed)


@pytest.mark.parametrize("paper", PAPERS, ids=by_id)
def test_a_digest_is_two_to_four_sentences(paper: Record) -> None:
    sentences = re.split(r"(?<=[.?!])\s+(?=[A-Z])", paper["abstract"])
    assert 2 <= len(sentences) <= 4
    assert all(sentence.endswith((".", "?")) for sentence in sentences)


@pytest.mark.parametrize("paper", PAPERS, ids=by_id)
def test_a_paper_has_the_fields_ingestion_reads(paper: Record) -> None:
    assert {"id", "title", "abstract"} <= paper.keys()
    assert paper.keys() <= {"id", "title", "abstract", "authors", "year", "venue", "url"}
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", paper["id"])
    assert all(re.fullmatch(r"\S+( \S+)+", author) for author in paper.get("authors", ()))
    assert 2000 <= paper.get("year", 2000) <= 2025
    assert re.fullmatch(
        r"https://arxiv\.org/abs/\d{4}\.\d{4,5}", paper.get("url", "https://arxiv.org/abs/0000.0000")
    )


@pytest.mark.parametrize("paper", PAPERS, ids=by_id)
def test_a_digest_has_the_figures_of_its_page_and_its_own_words(
    paper: Record, page_abstracts: dict[str, str]
) -> None:
    assert paper["title"] in page_abstracts
    page = page_abstracts[paper["title"]]
    assert figures(paper["abstract"]) <= figures(page) | figures(paper["title"])
    assert not runs(paper["abstract"]) & runs(page)


@pytest.mark.parametrize("question", QUESTIONS, ids=by_id)
def test_a_question_has_the_form_the_evaluation_reads(question: Record) -> None:
    is_followup = question["type"] == "followup"
    assert question.keys() == (KEYS | {"history"} if is_followup else KEYS)
    assert [role for role, _ in question.get("history", ())] == ["user", "assistant"] * is_followup
    assert bool(question["gold"]) != question["type"].startswith("unanswerable")
    assert question["nuggets"]
    assert question["nugget_patterns"]


@pytest.mark.parametrize("question", ANSWERABLE, ids=by_id)
def test_gold_and_evidence_are_in_the_digests(question: Record) -> None:
    assert set(question["gold"]) == {evidence["title"] for evidence in question["evidence"]}
    assert 1 <= question["gold_required"] <= len(question["gold"])
    for evidence in question["evidence"]:
        assert evidence["quote"] in DIGESTS[evidence["title"]]


@pytest.mark.parametrize("question", ANSWERABLE, ids=by_id)
def test_each_pattern_finds_its_fact_in_evidence_and_answer_but_not_everywhere(question: Record) -> None:
    evidence = " ".join(f"{found['title']}: {found['quote']}" for found in question["evidence"])
    others = [digest for title, digest in DIGESTS.items() if title not in question["gold"]]
    assert len(question["nuggets"]) == len(question["nugget_patterns"])
    for pattern in question["nugget_patterns"]:
        assert matches(pattern, evidence)
        assert matches(pattern, question["answer"])
        assert not matches(pattern, question["question"])
        assert sum(matches(pattern, digest) for digest in others) <= 5


@pytest.mark.parametrize("question", UNANSWERABLE, ids=by_id)
def test_an_unanswerable_question_expects_a_refusal(question: Record) -> None:
    assert question["gold_required"] == 0
    assert question["evidence"] == []
    for pattern in question["nugget_patterns"]:
        assert matches(pattern, question["answer"])


def test_no_question_is_borrowed_from_the_evaluation(shared_dir: Path) -> None:
    theirs = [record["question"] for record in records(shared_dir / "eval" / "questions_dev.jsonl")]
    taken = set().union(*map(runs, theirs))
    assert not any(runs(question["question"]) & taken for question in QUESTIONS)
