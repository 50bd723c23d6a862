"""Answers without a model: what holds of every plan, and which plan an intent gets."""

from __future__ import annotations

import pytest

from rag.answering import extractive
from rag.records import Intent
from tests.helpers.answer_samples import asked, ranked, rarity, ten_words

ONE = ranked("a", 5.0, {ten_words("First"): 0.1, ten_words("Second"): 2.0, ten_words("Third"): 1.0})
TWO = ranked(
    "b",
    4.5,
    {"Fourth ten eleven twelve one two three more of these.": 1.5, "Fifth and last of those two.": 0.2},
)
INTENTS: tuple[Intent, ...] = (
    "fact",
    "definition",
    "list",
    "compare",
    "overview",
    "stance",
    "best",
    "recommend",
    "other",
)


@pytest.mark.parametrize("intent", INTENTS)
def test_every_quote_is_verbatim_at_its_offsets_cited_and_in_one_section(intent: Intent) -> None:
    written = extractive.answer(asked("Is one better than two?", intent), [ONE, TWO], rarity)
    abstracts = {ranked.paper.paper_id: ranked.paper.abstract for ranked in (ONE, TWO)}
    assert written.sentences
    for citation, sentence in zip(written.citations, written.sentences, strict=True):
        assert abstracts[citation.paper_id][citation.start : citation.end] == citation.quote
        assert f"{sentence.text} [{citation.n}]" in written.text
        assert sentence.citations == (citation.n,)
    assert [c.n for c in written.citations] == list(range(1, len(written.citations) + 1))
    held = [i for section in written.sections for i in section.sentences]
    assert held == list(range(len(written.sentences)))


@pytest.mark.parametrize("intent", ["list", "overview", "stance", "recommend", "compare"])
def test_several_papers_speak_where_several_are_wanted(intent: Intent) -> None:
    written = extractive.answer(asked("one two three", intent), [ONE, TWO], rarity)
    assert {citation.paper_id for citation in written.citations} == {"a", "b"}


@pytest.mark.parametrize("intent", INTENTS)
def test_words_bound_every_plan(intent: Intent) -> None:
    papers = [ranked(f"p{i}", 5 - i / 10, {ten_words(f"S{i}"): 1.0}, f"P{i}") for i in range(9)]
    written = extractive.answer(asked("one two three", intent), papers, rarity, words=24)
    assert len(written.sentences) <= 2


def test_what_a_question_excludes_is_left_out() -> None:
    lux = ranked("l", 9.0, {"LUX is a lamp of great power.": 1.0}, "LUX: A Lamp")
    other = ranked("o", 8.0, {"A candle is a small lamp.": 1.0}, "Candles")
    third = ranked("t", 7.0, {"A torch is a lamp to carry.": 1.0}, "Torches")
    question = asked("lamps but not LUX", "overview", excluded=("LUX",))
    written = extractive.answer(question, [lux, other, third], rarity)
    assert {citation.paper_id for citation in written.citations} == {"o", "t"}


def test_where_everything_found_is_excluded_that_is_said() -> None:
    lux = ranked("l", 9.0, {"LUX is a lamp of great power.": 1.0}, "LUX: A Lamp")
    written = extractive.answer(asked("LUX but not LUX", "fact", excluded=("LUX",)), [lux], rarity)
    assert written.remark == extractive.NOTHING_ELSE
    assert written.text.startswith(extractive.NOTHING_ELSE)
