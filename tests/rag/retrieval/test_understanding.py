"""rag/retrieval/understanding.py and what it rests on: what is carried, what is taken apart, and what is read
as a filter."""

from __future__ import annotations

import pytest

from rag.encoder.minilm import Encoder
from rag.records import Filters, History
from rag.retrieval.question import MAX_CHARS, Question
from rag.retrieval.sides import parts_of, sides_of
from rag.retrieval.stated_filters import read_filters
from rag.retrieval.understanding import understand
from rag.text.words import content_words, names
from tests.helpers.fakes import FakeEncoder

ABOUT_COLBERT: History = (
    ("user", "How does ColBERT keep late interaction cheap?"),
    ("assistant", "ColBERT indexes a vector for every token ahead of time [1]."),
)


def read(question: str, history: History = (), filters: Filters | None = None) -> Question:
    return understand(question, FakeEncoder(), history, filters)


def test_without_history_a_bare_pronoun_is_left_as_it_is() -> None:
    assert read("How fast is it?").queries == ("How fast is it?",)


@pytest.mark.parametrize(
    ("question", "sides"),
    [
        ("What is the difference between SPLADE and ColBERT?", ("SPLADE", "ColBERT")),
        ("Compare BM25 with dense retrieval.", ("BM25", "dense retrieval")),
        ("How does RankT5 differ from monoT5?", ("RankT5", "monoT5")),
        ("How do BigBird and Longformer differ in what they attend to?", ("BigBird", "Longformer")),
        (
            "Two papers shrink an index: one prunes tokens, another hashes vectors. How much is saved?",
            (
                "Two papers shrink an index one prunes tokens",
                "Two papers shrink an index another hashes vectors",
            ),
        ),
        (
            "What did SPLADE change in training, and what is different about the Mistral one?",
            ("What did SPLADE change in training", "SPLADE what is different about the Mistral one"),
        ),
        ("What is an attention sink?", ()),
        ("Which works turn texts into strings of zeros and ones?", ()),
    ],
)
def test_sides_are_searchable_alone(question: str, sides: tuple[str, ...]) -> None:
    assert (sides_of(question) or parts_of(question)) == sides
    if sides:
        assert read(question).queries[: 1 + len(sides_of(question))] == (question, *sides_of(question))


def test_a_comparison_with_the_last_topic_keeps_that_topic_on_its_side_only(encoder: Encoder) -> None:
    whole, mine, other = understand("How does it differ from SPLADE?", encoder, ABOUT_COLBERT).queries
    assert "ColBERT" in whole
    assert "ColBERT" in mine
    assert other == "SPLADE"


@pytest.mark.parametrize(
    ("question", "left", "filters"),
    [
        ("Which papers since 2022 study pruning?", "Which papers study pruning?", Filters(year_from=2022)),
        (
            "What was found after 2020 about pruning?",
            "What was found about pruning?",
            Filters(year_from=2021),
        ),
        ("Work on parsing before 2019", "Work on parsing", Filters(year_to=2018)),
        ("Parsing between 2018 and 2020", "Parsing", Filters(year_from=2018, year_to=2020)),
        ("Which papers published in 2021 study parsing?", "Which papers study parsing?", Filters(2021, 2021)),
        ("What did papers by Khattab find?", "What did papers find?", Filters(authors=("Khattab",))),
        (
            "Work by Omar Khattab and Matei Zaharia since 2020",
            "Work",
            Filters(year_from=2020, authors=("Omar Khattab", "Matei Zaharia")),
        ),
        (
            "What has Ada Green published on moss?",
            "What has published on moss?",
            Filters(authors=("Ada Green",)),
        ),
        ("What did Khattab work on?", "What did work on?", Filters(authors=("Khattab",))),
        ("What has RetNet published?", "What has RetNet published?", Filters()),
        ("What does Vaswani et al. propose?", "What does propose?", Filters(authors=("Vaswani",))),
        ("What did Smith et al. 2019 find?", "What did find?", Filters(2019, 2019, ("Smith",))),
        ("What do Smith et al. (2019) say of moss?", "What do say of moss?", Filters(2019, 2019, ("Smith",))),
        ("Which papers came out in 2021?", "Which papers?", Filters(2021, 2021)),
        ("Since 2022, which papers study moss?", "which papers study moss?", Filters(year_from=2022)),
        ("What is new in 2021 on moss?", "What is new on moss?", Filters(2021, 2021)),
        ("How many fell ill in 2021?", None, Filters()),
        ("What F0.5 does GECToR reach on BEA-2019?", None, Filters()),
        ("How is SemEval-2025 Task 5 solved by TartuNLP?", None, Filters()),
        ("Has anyone followed a term from 1990s physics?", None, Filters()),
        ("Is attention improved by Baleen?", None, Filters()),
    ],
)
def test_only_a_stated_limit_is_a_filter(question: str, left: str | None, filters: Filters) -> None:
    assert read_filters(question) == (left or question, filters)


def test_given_filters_win_over_stated_ones() -> None:
    assert read("Parsing since 2015", filters=Filters(year_from=2020)).filters == Filters(year_from=2020)
    assert read("Parsing since 2015", filters=Filters(venue="ACL")).filters == Filters(
        year_from=2015, venue="ACL"
    )


@pytest.mark.parametrize("question", ["Which papers came out in 2021?", "What did Smith et al. 2019 find?"])
def test_a_question_of_nothing_but_a_filter_is_searched_as_it_stands(question: str) -> None:
    assert read(question).search_text == question
    assert read(question).filters


def test_exclusions_conditions_and_the_language_are_read() -> None:
    asked = read("I have 10k documents and no GPU, which retriever other than BM25 should I use?")
    assert asked.constraints == ("10k documents", "no GPU")
    assert asked.excluded == ("BM25",)
    assert read("sparse retrieval but not SPLADE").excluded == ("SPLADE",)
    assert read("Was ist Moos und wie ist es gewachsen?").language == "de"
    assert asked.language == "en"
    assert read("Was ist Moos und wie ist es gewachsen?").intent == "other"


def test_the_question_shown_keeps_the_words_that_became_filters() -> None:
    planned = read("Which papers since 2022 study pruning?")
    assert planned.standalone == "Which papers since 2022 study pruning?"
    assert planned.queries[0] == "Which papers study pruning?"


def test_names_are_quoted_phrases_and_words_with_a_shape_of_their_own() -> None:
    text = "Yes. 'Grammar-Aligned Decoding' and DFIN-SQL beat Baleen on SemEval-2025, says an LLM."
    assert names(text) == (
        "Grammar-Aligned Decoding",
        "Grammar-Aligned",
        "Decoding",
        "DFIN-SQL",
        "Baleen",
        "SemEval-2025",
    )


def test_amounts_and_everyday_acronyms_are_no_names() -> None:
    assert names("With 1B weights, 1,024K tokens and 2TB of disk, an LM on a GPU beats GPT-4 by 3.5%.") == (
        "GPT-4",
    )


def test_content_words_leave_out_the_frame_of_a_question() -> None:
    assert content_words("What is the cost of pruning it?") == ["cost", "pruning"]


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "piece", ["a", " ", "<", "papers by Aaa and ", "one thing, ", "x vs y ", "from 2020 "]
)
def test_the_longest_question_is_planned_at_once(piece: str) -> None:
    assert read((piece * MAX_CHARS)[:MAX_CHARS], ABOUT_COLBERT).queries


@pytest.mark.parametrize("question", ["", "?", "   ", "it", "[1]", "'", "one, one, and another"])
def test_any_text_can_be_planned(question: str) -> None:
    assert read(question, ABOUT_COLBERT).queries


@pytest.mark.parametrize(
    ("question", "searched"),
    [
        ("sparse retrieval but not SPLADE", "sparse retrieval"),
        ("Which mosses, other than peat moss, grow here?", "Which mosses, grow here?"),
        ("Which lamps don't use oil?", "Which lamps?"),
        ("Why is wax burned instead of oil?", "Why is wax burned instead of oil?"),
        ("Apart from oil, what do lamps burn?", "Apart from oil, what do lamps burn?"),
        ("How do people measure soil moisture?", "How to measure soil moisture?"),
        ("How do people with gout sleep?", "How do people with gout sleep?"),
        ("not SPLADE", "not SPLADE"),
    ],
)
def test_what_is_excluded_is_not_searched(question: str, searched: str) -> None:
    assert read(question).search_text == searched
    assert read(question).text == question
