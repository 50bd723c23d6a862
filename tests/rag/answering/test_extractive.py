"""Composing answers from evidence: lengths, order, names, sides and lists."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from rag.answering import extractive
from rag.records import Evidence, Paper, RankedPaper, Sentence
from rag.retrieval.question import Kind


def ranked(paper_id: str, score: float, sentences: dict[str, float], title: str = "") -> RankedPaper:
    """A paper whose abstract is these sentences, in order, each with its score."""
    abstract = " ".join(sentences)
    evidence = []
    for text, value in sentences.items():
        start = abstract.index(text)
        evidence.append(Evidence(paper_id, Sentence(text, start, start + len(text)), value))
    paper = Paper(paper_id, title or f"{paper_id.upper()}: A Study", abstract)
    return RankedPaper(paper, score, tuple(sorted(evidence, key=lambda e: -e.score)))


def ten_words(name: str) -> str:
    return f"{name} one two three four five six seven eight nine."


ONE = ranked("a", 5.0, {ten_words("First"): 0.1, ten_words("Second"): 2.0, ten_words("Third"): 1.0})
TWO = ranked("b", 4.5, {ten_words("Fourth"): 1.5, ten_words("Fifth"): 0.2})
FAR = ranked("c", 0.1, {ten_words("Sixth"): 3.0})


def text_of(kind: Kind, papers: list[RankedPaper], words: int, question: str = "How?") -> str:
    return extractive.answer(question, kind, papers, words).text


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (30, ["First", "Second", "Third"]),
        (29, ["Second", "Third"]),
        (10, ["Second"]),
        (3, ["Second"]),
    ],
)
def test_sentences_fill_the_length_and_stand_in_the_abstracts_order(words: int, expected: list[str]) -> None:
    assert re.findall(r"\b(\w+) one two", text_of("single", [ONE, TWO], words)) == expected


def test_a_sentence_far_below_the_best_is_left_out() -> None:
    weak = ranked("a", 5.0, {ten_words("Good"): 2.0, ten_words("Bad"): -0.6})
    assert "Bad" not in text_of("single", [weak], 80)


@pytest.mark.parametrize("kind", ["single", "compare", "list"])
def test_every_quote_is_verbatim_at_its_offsets_and_marked_in_the_text(kind: Kind) -> None:
    written = extractive.answer("Which papers?", kind, [ONE, TWO], 80)
    abstracts = {ranked.paper.paper_id: ranked.paper.abstract for ranked in (ONE, TWO)}
    for citation, sentence in zip(written.citations, written.sentences, strict=True):
        assert abstracts[citation.paper_id][citation.start : citation.end] == citation.quote
        assert f"{sentence.text} [{citation.n}]" in written.text
        assert sentence.citations == (citation.n,)
        assert sentence.status == "supported"
    assert [c.n for c in written.citations] == list(range(1, len(written.citations) + 1))


def test_a_comparison_gives_each_side_its_best_sentence_and_its_name() -> None:
    lines = text_of("compare", [ONE, TWO], 24).splitlines()
    assert [line.split(":")[0] for line in lines] == ["A", "B"]
    assert "Second" in lines[0]
    assert "Fourth" in lines[1]


def test_a_side_out_of_the_firsts_league_is_no_side() -> None:
    assert "Sixth" not in text_of("compare", [ONE, FAR], 80)


@pytest.mark.parametrize(
    ("question", "sides"),
    [
        ("How do Big Lamp and LUX differ?", ["LUX", "Biglamp"]),
        ("Compare LUX and LUX v2.", ["LUX", "LUX v2"]),
        ("How does LUX v2 differ from biglamp?", ["LUX v2", "Biglamp"]),
        ("How does LUX v2 differ from others?", ["A", "LUX"]),
        ("How do lamps differ?", ["A", "LUX"]),
    ],
)
def test_a_comparison_is_of_the_papers_it_names(question: str, sides: list[str]) -> None:
    titles = ["A: A Study", "LUX: Light", "LUX v2: More Light", "Biglamp: A Lamp"]
    papers = [
        ranked(f"p{n}", 9 - 2 * n, {ten_words(f"Sentence{n}"): 1.0}, title) for n, title in enumerate(titles)
    ]
    lines = text_of("compare", papers, 80, question).splitlines()
    assert sorted(line.split(":")[0] for line in lines) == sorted(sides)


def test_a_comparison_keeps_its_length_where_it_can() -> None:
    long = ranked("b", 4.5, {"Long " + "word " * 60 + "end.": 3.0, ten_words("Short"): 1.0})
    assert "Short" in text_of("compare", [ONE, long], 40)


def test_a_list_is_a_line_a_paper_within_the_length() -> None:
    papers = [ranked(f"p{i}", 5 - i / 10, {ten_words("S"): 1.0}, f"Paper {i}") for i in range(9)]
    lines = text_of("list", papers, 12).splitlines()
    assert lines == ["- Paper 0 [1]", "- Paper 1 [2]", "- Paper 2 [3]", "- Paper 3 [4]"]
    assert len(text_of("list", papers, 500).splitlines()) == extractive.LISTED


def test_a_list_ends_where_papers_stop_being_near_the_best() -> None:
    papers = [ranked(f"p{i}", 5 - i, {ten_words("S"): 1.0}) for i in range(12)]
    assert text_of("list", papers, 80).count("\n") == 3


def test_of_few_papers_each_is_listed_by_its_own_merit() -> None:
    papers = [replace(ONE, confidence=0.9), replace(TWO, confidence=0.1), replace(FAR, confidence=0.3)]
    assert text_of("list", papers, 80) == "- A: A Study [1]\n- C: A Study [2]"


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("Which paper reports it?", True),
        ("Has anyone tried it?", True),
        ("Who proposed it?", True),
        ("How does it work?", False),
    ],
)
def test_the_paper_is_named_where_the_question_asks_for_it(question: str, named: bool) -> None:
    assert text_of("single", [ONE], 80, question).startswith("A: ") == named


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("ColBERT: Efficient and Effective Passage Search", "ColBERT"),
        ("What, When and How: A Long Look at Something Quite Unusual", "What, When and How"),
        ("A Title With No Colon.", "A Title With No Colon"),
        (
            "One Two Three Four Five Six: And the Rest",
            "One Two Three Four Five Six: And the Rest",
        ),
    ],
)
def test_short_names(title: str, name: str) -> None:
    assert extractive.short_name(title) == name
