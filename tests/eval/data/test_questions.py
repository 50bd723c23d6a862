from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from eval.data.beir import load_beir
from eval.data.questions import load_questions, resolve_gold
from eval.measures.support_gate import load_pairs
from rag.demo import demo_papers_path, demo_questions_path
from rag.errors import InputError
from rag.papers.identifiers import title_key
from rag.records import Paper

GOOD: dict[str, Any] = {"id": "q1", "type": "fact", "question": "What?", "gold": ["Alpha"]}
PAPERS = [Paper("a", "Alpha", "One."), Paper("b", "{B}eta", "Two."), Paper("a2", "ALPHA", "Twice.")]


def written(folder: Path, *lines: object) -> Path:
    path = folder / "questions.jsonl"
    text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_question_has_its_defaults(tmp_path: Path) -> None:
    dataset = load_questions(written(tmp_path, {"id": "q", "question": "What?", "gold": ["A", "B"]}))
    question = dataset.questions[0]
    assert (question.type, question.gold_required, question.history) == ("question", 2, ())
    assert question.answerable
    assert dataset.name == "questions"


def test_every_key_of_the_form_is_read(tmp_path: Path) -> None:
    line = {
        **GOOD,
        "history": [["user", "hi"], ["assistant", "yes"]],
        "gold_required": 1,
        "evidence": [{"title": "Alpha", "quote": "One."}],
        "nuggets": ["one"],
        "nugget_patterns": [r"\bone\b"],
        "answer": "One.",
        "held_out": "A sentence.",
        "note": "not used",
    }
    question = load_questions(written(tmp_path, line)).questions[0]
    assert question.history == (("user", "hi"), ("assistant", "yes"))
    assert question.evidence[0].quote == "One."
    assert question.patterns[0].search("It is ONE.")
    assert (question.answer, question.held_out, question.nuggets) == ("One.", "A sentence.", ("one",))


def test_style_and_intent_are_read_and_further_keys_pass_through(tmp_path: Path) -> None:
    line = {**GOOD, "type": "why", "style": "lay", "intent": "fact", "category": "x", "note": {"by": "us"}}
    question = load_questions(written(tmp_path, line)).questions[0]
    assert (question.type, question.style, question.intent) == ("why", "lay", "fact")
    assert question.extra == {"category": "x", "note": {"by": "us"}}


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([], "is empty"),
        (["  ", ""], "is empty"),
        ([GOOD, "{broken"], "line 2: not JSON"),
        ([[1]], "line 1: a JSON object is needed, not list"),
        ([{"id": "q", "question": "What?", "golds": ["A"]}], "did you mean 'gold' by 'golds'?"),
        ([{**GOOD, "style": ["lay"]}], "style is text"),
        ([{**GOOD, "intent": 3}], "intent is text"),
        ([GOOD, {**GOOD, "question": "Again?"}], "id 'q1' is given twice"),
        ([{**GOOD, "nugget_patterns": ["(open"]}], r"'(open' is not a regular expression"),
        ([{**GOOD, "nuggets": "one"}], "nuggets is a list of texts"),
        ([{**GOOD, "question": " "}], "needs an id and a question"),
        ([{**GOOD, "id": 7}], "needs an id and a question"),
        ([{**GOOD, "type": 7}], "type is text"),
        ([{**GOOD, "gold": []}], "has 0 gold papers"),
        ([{**GOOD, "type": "unanswerable_far"}], "has 1 gold papers"),
        ([{**GOOD, "gold_required": 2}], "gold_required is a number from 1 to 1"),
        ([{**GOOD, "history": [["system", "x"]]}], "history: a turn is"),
        ([{**GOOD, "evidence": [{"title": "Alpha"}]}], "evidence is a list of"),
        (["[" * 100_000], "nested too deeply"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, lines: list[object], told: str) -> None:
    with pytest.raises(InputError) as caught:
        load_questions(written(tmp_path, *lines))
    assert told in str(caught.value)
    assert "questions.jsonl" in str(caught.value)


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_an_unreadable_file_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "q.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"cannot be read|not UTF-8"):
        load_questions(path)


def test_gold_is_found_by_title_however_it_is_written_and_by_id(tmp_path: Path) -> None:
    lines = [{**GOOD, "gold": ["alpha", "Beta", "a2"]}]
    gold = resolve_gold(load_questions(written(tmp_path, *lines)), PAPERS)
    assert gold.ids == {"alpha": "a", "Beta": "b", "a2": "a2"}
    assert gold.qrels == {"q1": {"a": 1, "b": 1, "a2": 1}}
    assert gold.missing == ()


def test_a_gold_paper_that_is_not_there_is_named_and_still_counts(tmp_path: Path) -> None:
    gold = resolve_gold(load_questions(written(tmp_path, {**GOOD, "gold": ["Alpha", "Omega"]})), PAPERS)
    assert gold.missing == ("Omega",)
    assert gold.qrels == {"q1": {"a": 1, "Omega": 1}}


def test_a_library_of_other_papers_is_refused(tmp_path: Path) -> None:
    dataset = load_questions(written(tmp_path, {**GOOD, "gold": ["Omega"]}))
    with pytest.raises(InputError, match="none of the 1 gold papers"):
        resolve_gold(dataset, PAPERS)


def test_a_part_of_a_set_is_another_set(tmp_path: Path) -> None:
    dataset = load_questions(written(tmp_path, GOOD, {**GOOD, "id": "q2"}))
    assert dataset.head(None) is dataset
    assert dataset.head(5) is dataset
    assert [question.id for question in dataset.head(1).questions] == ["q1"]
    assert dataset.head(1).sha256 != dataset.sha256


BEIR_QUERIES = '{"_id": "1", "text": "one"}\n{"_id": "2", "text": "two"}\n{"_id": "3", "text": "three"}\n'


@pytest.mark.parametrize(
    ("place", "qrels"),
    [
        ("qrels.tsv", "query-id\tcorpus-id\tscore\n1\ta\t2\n1\tb\t0\n2\tb\t0\n"),
        ("qrels/test.tsv", "1\ta\t2\n1\tb\t0\n2\tb\t0\n"),
        ("qrels.tsv", "1 0 a 2\n1 0 b 0\n2 0 b 0\n"),
    ],
)
def test_a_beir_folder_keeps_the_queries_that_have_a_relevant_paper(
    tmp_path: Path, place: str, qrels: str
) -> None:
    (tmp_path / "queries.jsonl").write_text(BEIR_QUERIES)
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).write_text(qrels)
    dataset = load_beir(tmp_path)
    assert [question.id for question in dataset.questions] == ["1"]
    assert dataset.qrels == {"1": {"a": 2, "b": 0}}
    gold = resolve_gold(dataset, PAPERS)
    assert gold.missing == ()
    assert gold.qrels == {"1": {"a": 2, "b": 0}}


@pytest.mark.parametrize(
    ("queries", "qrels", "told"),
    [
        (BEIR_QUERIES, None, "a BEIR folder has qrels.tsv"),
        (BEIR_QUERIES, "1\ta\t1\n1\tb\n", "qrels.tsv:2: a judgement is"),
        (BEIR_QUERIES, "1\ta\tmuch\n1\tb\tmore\n", "a judgement is"),
        (BEIR_QUERIES, "9\ta\t1\n", "judges no query"),
        ('{"id": "1", "text": "one"}\n', "1\ta\t1\n", "a query needs"),
        ("", "1\ta\t1\n", "is empty"),
    ],
)
def test_a_bad_beir_folder_is_told(tmp_path: Path, queries: str, qrels: str | None, told: str) -> None:
    (tmp_path / "queries.jsonl").write_text(queries)
    if qrels is not None:
        (tmp_path / "qrels.tsv").write_text(qrels)
    with pytest.raises(InputError) as caught:
        load_beir(tmp_path)
    assert told in str(caught.value)


PAIR: dict[str, Any] = {"id": "p", "claim": "C", "evidence": "E", "label": "NEI"}


def test_pairs_take_one_sentence_or_several(tmp_path: Path) -> None:
    pairs = load_pairs(written(tmp_path, PAIR, {**PAIR, "id": "r", "evidence": ["E", "F"]}))
    assert [pair.evidence for pair in pairs] == [("E",), ("E", "F")]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"label": "MAYBE"}, "label is SUPPORT"),
        ({"evidence": []}, "a pair needs"),
        ({"claim": None}, "a pair needs"),
    ],
)
def test_a_bad_pair_is_named(tmp_path: Path, change: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        load_pairs(written(tmp_path, {**PAIR, **change}))


def test_the_demo_set_is_of_the_demo_papers() -> None:
    lines = map(json.loads, demo_papers_path().read_text(encoding="utf-8").splitlines())
    papers = [Paper(line["id"], line["title"], line["abstract"]) for line in lines]
    dataset = load_questions(demo_questions_path())
    gold = resolve_gold(dataset, papers)
    assert gold.missing == ()
    for question in dataset.questions:
        assert len(question.nuggets) == len(question.patterns)
        for evidence in question.evidence:
            assert evidence.quote in gold.papers[gold.ids[evidence.title]].abstract


def test_the_shared_questions_are_in_the_form(shared_dir: Path) -> None:
    dataset = load_questions(shared_dir / "eval" / "questions_dev.jsonl")
    assert len(dataset.questions) == 116
    assert sum(question.answerable for question in dataset.questions) == 105
    training = load_questions(shared_dir / "eval" / "questions_train.jsonl").questions
    assert len(training) == 246
    assert {"why", "yesno"} <= {question.type for question in training}
    assert all(question.style for question in training)
    assert len(load_beir(shared_dir / "eval" / "scifact").questions) == 300
    assert len(load_pairs(shared_dir / "eval" / "scifact" / "pairs_train.jsonl")) == 1312
    assert all(title_key(name) for question in dataset.questions for name in question.gold)
