"""What a terminal shows: whole text at a glance, doubts visible, nothing that could drive the terminal."""

from __future__ import annotations

from dataclasses import replace

from rag.commands.terminal import Terminal, render_answer, render_ranking
from rag.records import (
    Answer,
    AnswerSentence,
    Citation,
    Evidence,
    Paper,
    RankedPaper,
    RetrievedPaper,
    Sentence,
)

PLAIN = Terminal(width=80)
QUOTE = "Reranking in one pass cuts latency from 21 to 8 seconds."


def cite(n: int, quote: str = QUOTE, paper_id: str = "jr", title: str = "JointRank") -> Citation:
    return Citation(n, paper_id, title, ("Ann Lee", "Bo Li"), 2025, "ICTIR", "https://x.example", quote, 0, 9)


def answered(text: str, *citations: Citation, sentences: tuple[AnswerSentence, ...] = ()) -> Answer:
    return Answer("Q?", "extractive", text, False, None, sentences, citations, ())


def test_an_answer_in_its_sources_own_words_is_not_said_twice() -> None:
    assert render_answer(answered(f"{QUOTE} [1]", cite(1)), PLAIN) == (
        f"{QUOTE} [1]\n\n[1] JointRank\n    Ann Lee · Bo Li · 2025 · ICTIR\n    https://x.example"
    ).replace("Lee · Bo", "Lee, Bo")


def test_a_written_answer_shows_the_sentence_it_rests_on() -> None:
    shown = render_answer(answered("It is faster [1].", cite(1)), PLAIN)
    assert f"    “{QUOTE}”" in shown


def test_several_sentences_of_one_paper_stand_under_one_title() -> None:
    shown = render_answer(
        answered("A [1]. B [2]. C [3].", cite(1), cite(2, "Other.", "o", "O"), cite(3, "Third.")), PLAIN
    )
    assert shown.count("JointRank") == 1
    assert "[1][3] JointRank" in shown
    assert "    [3] “Third.”" in shown
    assert shown.index("[1][3]") < shown.index("[2] O")


def test_doubted_sentences_are_shown_with_the_reason() -> None:
    sentences = (
        AnswerSentence("Fine.", (1,), 0.9, "supported"),
        AnswerSentence("It gains 12 points.", (1,), 0.1, "unsupported", ("12 is not in the source",)),
        AnswerSentence("Perhaps.", (1,), 0.5, "weak"),
    )
    shown = render_answer(answered("Fine. It gains 12 points. [1]", cite(1), sentences=sentences), PLAIN)
    assert "! unsupported: “It gains 12 points.” (12 is not in the source)" in shown
    assert "! weak: “Perhaps.”" in shown
    assert "Fine.”" not in shown


def test_an_abstention_says_why_and_names_the_three_nearest_papers() -> None:
    near = tuple(RetrievedPaper(str(i), f"Paper {i}", 1.0) for i in range(5))
    answer = replace(
        answered("The library does not say."), abstained=True, reason="Nothing near.", retrieved=near
    )
    assert render_answer(answer, PLAIN) == (
        "The library does not say.\n\nNothing near.\n\nThe nearest papers:\n- Paper 0\n- Paper 1\n- Paper 2"
    )


def test_lines_of_a_list_hang_and_nothing_passes_the_width() -> None:
    text = "\n".join(f"- Paper {i}: {'word ' * 40}[1]" for i in range(2))
    shown = render_answer(answered(text, cite(1, "Long quote. " * 30, title="Title " * 30)), PLAIN)
    assert max(map(len, shown.split("\n"))) <= 80
    assert "\n  word" in shown


def test_control_characters_of_papers_do_not_reach_the_terminal() -> None:
    evil = "\x1b]0;owned\x07\x9b31m\x00\r"
    answer = answered(f"{evil} text [1]", cite(1, f"{evil}quote", f"{evil}id", f"{evil}title"))
    ranked = RankedPaper(Paper(evil, evil, "", (evil,), 2020, evil, url=evil), 1.0)
    for shown in (render_answer(answer, PLAIN), render_ranking([ranked], PLAIN)):
        assert all(char.isprintable() or char == "\n" for char in shown)


def test_colour_changes_no_text() -> None:
    import re

    answer = answered("It is faster [1].", cite(1))
    coloured = render_answer(answer, Terminal(80, colour=True))
    assert coloured != render_answer(answer, PLAIN)
    assert re.sub(r"\x1b\[\d+m", "", coloured) == render_answer(answer, PLAIN)


def test_a_ranking_is_numbered_with_its_best_sentence() -> None:
    paper = Paper("p1", "A title", "First. Second.", ("A", "B", "C", "D"), 2020)
    ranked = RankedPaper(paper, 2.5, (Evidence("p1", Sentence("Second.", 7, 14), 0.9),))
    assert render_ranking([ranked], PLAIN) == (
        "1. A title\n   A, B, C et al. · 2020\n   Second.\n   p1 · score 2.50"
    )
    assert render_ranking([], PLAIN) == "No paper matches."
