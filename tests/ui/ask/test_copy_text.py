from __future__ import annotations

from dataclasses import replace

from rag.records import AnswerSentence, Section
from tests.helpers.ui_samples import PAPER, an_answer, citation
from ui.ask.copy_text import copy_text


def test_an_answer_is_copied_with_each_paper_once_and_all_its_numbers() -> None:
    sentences = [
        AnswerSentence(q, (n,), 1.0, "supported") for n, q in ((1, "Recall rises by 9%."), (2, "Last"))
    ]
    answer = an_answer(*sentences, text="Recall rises by 9%. [1] Last sentence. [2]")
    cited = (citation(1, PAPER, "Recall rises by 9%."), citation(2, PAPER, "Last sentence."))
    assert copy_text(replace(answer, citations=cited)).splitlines() == [
        "Recall rises by 9%. [1] Last sentence. [2]",
        "",
        "References",
        "[1], [2] Ada Lovelace, Karen Spärck Jones (2021). Sparse Vectors. SIGIR. https://example.org/p1",
    ]


def test_sections_are_copied_with_their_headings() -> None:
    answer = replace(an_answer(), sections=(Section("For", (0,)),))
    assert copy_text(answer).startswith("For\n- Recall rises by 9%. [1]\n")
