from __future__ import annotations

from dataclasses import replace

from rag.assistant import Assistant
from rag.records import RankedPaper
from tests.helpers.ui_samples import OTHER, PAPER
from ui.ask.conversations import Conversation, Turn
from ui.ask.jobs import Snapshot
from ui.ask.session import MOST_PAPERS, Session, cited_papers


def test_real_answers_come_with_their_papers(demo_assistant: Assistant) -> None:
    question = "How does JointRank rerank a large set of candidates in a single pass?"
    answer = demo_assistant.ask(question)
    papers = cited_papers(Session(), answer, demo_assistant)
    for citation in answer.citations:
        assert papers[citation.paper_id].abstract[citation.start : citation.end] == citation.quote
    met = {name: replace(paper, venue="seen before") for name, paper in papers.items()}
    assert cited_papers(Session(papers=met), answer, demo_assistant) == met


def test_what_a_page_has_seen_of_papers_is_bounded() -> None:
    met = {str(i): PAPER for i in range(MOST_PAPERS)}
    shown = Session(papers=met).at(Snapshot(Conversation(), (RankedPaper(OTHER, 1.0),)))
    assert dict(shown.papers) == {OTHER.paper_id: OTHER}


def test_a_saved_conversation_leads_the_list_once() -> None:
    earlier = Session(conversation=Conversation(turns=(Turn("Before?"),))).listed().past
    session = Session(conversation=Conversation(turns=(Turn("What rises?"),)), past=earlier)
    assert [entry.title for entry in session.listed().listed().past] == ["What rises?", "Before?"]


def test_a_control_that_is_older_than_its_page_finds_no_turn() -> None:
    session = Session(conversation=Conversation(turns=(Turn("What rises?"),)))
    assert session.turn(0) is session.conversation.turns[0]
    assert session.turn(1) is None
    assert session.turn(-1) is None
