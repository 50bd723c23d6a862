from __future__ import annotations

from dataclasses import replace

from rag.records import AnswerSentence, Section
from tests.helpers.ui_samples import an_answer, parse
from ui.ask.answer_layout import TextBlock, read_layout
from ui.ask.conversation_html import render_turn
from ui.ask.conversations import Turn

A, B = (AnswerSentence(text, (1,), 1.0, "supported") for text in ("Recall rises by 9%.", "Cost falls."))


def test_names_before_sentences_and_remarks_around_them_are_read() -> None:
    text = (
        "Two papers say so.\n- SPLADE: Recall rises by 9%. [1]\n- ColBERT: Cost falls. [1]\nNo more is said."
    )
    assert list(read_layout(an_answer(A, B, text=text))) == [
        TextBlock("p", "Two papers say so."),
        TextBlock("li", "SPLADE:", (0,)),
        TextBlock("li", "ColBERT:", (1,)),
        TextBlock("p", "No more is said."),
    ]


def test_sentences_of_one_line_stay_together_and_every_sentence_is_somewhere() -> None:
    together = an_answer(A, B, text="Recall rises by 9%. [1] Cost falls. [1]")
    assert list(read_layout(together)) == [TextBlock("p", "", (0, 1))]
    elsewhere = an_answer(A, B, text="Something else was written.")
    assert sorted(n for block in read_layout(elsewhere) for n in block.numbers) == [0, 1]


def test_sections_stand_under_their_headings_and_a_stance_in_columns_with_counts() -> None:
    answer = an_answer(A, B, text="For:\nRecall rises by 9%. [1]\nAgainst:\nCost falls. [1]")
    answer = replace(answer, intent="stance", sections=(Section("For", (0,)), Section("Against", (1,))))
    html = render_turn(Turn("Does it?", "done", answer=answer), 0)
    found = parse(html)
    assert found.with_class("stance") == 1
    assert found.text.count("For1") == found.text.count("Against1") == 1
    assert html.index("Recall rises") < html.index("Against") < html.index("Cost falls")
    assert not found.open
