from __future__ import annotations

from dataclasses import replace

from rag.assistant import Assistant
from rag.records import Filters
from tests.helpers.ui_samples import an_abstention, an_answer, parse
from ui.ask.conversation_html import render_turn
from ui.ask.conversations import Turn
from ui.ask.settings import Settings
from ui.ask.whole_list import whole_list


def test_a_list_goes_on_behind_what_the_answer_shows(demo_assistant: Assistant) -> None:
    answer = replace(demo_assistant.ask("papers about sparse retrieval", llm=False), intent="list")
    listed = whole_list(demo_assistant, answer, Settings())
    shown = list(dict.fromkeys(citation.paper_id for citation in answer.citations))
    assert list(listed[: len(shown)]) == shown
    assert len(set(listed)) == len(listed) >= len(shown)
    only = Settings(Filters(paper_ids=listed[:2]))
    assert set(whole_list(demo_assistant, answer, only)) - set(shown) <= set(listed[:2])


def test_what_is_no_list_has_no_more(demo_assistant: Assistant) -> None:
    assert whole_list(demo_assistant, replace(an_answer(), intent="fact"), Settings()) == ()
    assert whole_list(demo_assistant, replace(an_abstention(), intent="list"), Settings()) == ()


def test_how_many_there_are_and_how_many_are_shown_is_told() -> None:
    turn = Turn("Which?", "done", answer=an_answer(), listed=tuple(f"p{i}" for i in range(38)))
    assert "38 papers, 1 shown" in parse(render_turn(turn, 0)).text
    assert "shown" not in parse(render_turn(replace(turn, listed=("p1",)), 0)).text
