"""The plans: what each intent's answer is made of."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rag.answering.plans import best, compare, fact, headings, listing, meta, overview, recommend, stance
from rag.answering.plans.belonging import MET, belonging
from rag.answering.plans.choosing import with_items
from rag.answering.plans.composer import short_name
from rag.answering.plans.relevance import meets_in, shown_before
from rag.records import Paper, RankedPaper, Role
from tests.helpers.answer_samples import asked, ranked, rarity, ten_words


def heading_texts(written: object) -> list[str | None]:
    return [section.heading for section in written.sections]  # type: ignore[attr-defined]


# Fact, definition, two parts


def test_sentences_stand_in_the_abstracts_order() -> None:
    paper = ranked("a", 5, {ten_words("First"): 1.0, ten_words("Second"): 2.0})
    text = fact.answer_fact(asked("How?"), [paper], 80).text
    assert text.index("First") < text.index("Second")


def test_the_paper_is_named_before_a_sentence_that_does_not_say_whose_it_is() -> None:
    paper = ranked("a", 5, {"Our method wins.": 2.0}, "LUX: A Lamp", needs={0: "unnamed"})
    written = fact.answer_fact(asked("Is it good?"), [paper], 80)
    assert written.text == "LUX: Our method wins. [1]"
    assert written.sentences[0].lead == "LUX"
    assert written.sentences[0].text == "Our method wins."


def test_a_sentence_that_leans_on_the_one_before_brings_it_along() -> None:
    sentences = {"The old lamp smokes.": 0.4, "This is cured by a chimney.": 2.0, ten_words("Else"): 0.5}
    paper = ranked("a", 5, sentences, needs={1: "mention"})
    text = fact.answer_fact(asked("What cures it?"), [paper], 12).text
    assert "The old lamp smokes. [1] This is cured by a chimney. [2]" in text


def test_a_definition_takes_the_sentence_that_defines() -> None:
    praise, defining = "Glowlamp does very well.", "We present Glowlamp, a lamp that glows by itself."
    paper = ranked("a", 5, {defining: 0.5, praise: 1.5}, "Glowlamp")
    text = fact.answer_fact(asked("What is Glowlamp?", "definition"), [paper], 8).text
    assert defining in text


def test_each_part_of_a_question_gets_its_sentence() -> None:
    parts = {"It burns oil.": (0.9, 0.1), "It lasts a night.": (0.1, 0.9), "It is old.": (0.2, 0.2)}
    paper = ranked("a", 5, {"It burns oil.": 2.0, "It is old.": 1.0, "It lasts a night.": -3.0}, parts=parts)
    text = fact.answer_fact(asked("What does it burn, and how long?"), [paper], 7).text
    assert "burns oil" in text
    assert "lasts a night" in text


# Lists


def test_a_list_gives_each_paper_the_sentence_that_puts_it_there_and_counts_the_rest() -> None:
    papers = [ranked(f"p{i}", 5 - i / 10, {f"Lamp {i} burns.": 1.0}, f"Paper {i}") for i in range(12)]
    written = listing.answer_list(asked("Which papers?", "list"), papers, 500, rarity)
    assert written.text.splitlines()[0] == "- Paper 0: Lamp 0 burns. [1]"
    assert len(written.sentences) == listing.MOST
    assert written.text.endswith("3 more papers of the library may belong here.")


def test_a_list_ends_where_papers_stop_being_near_the_best() -> None:
    papers = [ranked(f"p{i}", 5 - i, {ten_words(f"S{i}"): 1.0}) for i in range(12)]
    n_listed = len(listing.answer_list(asked("Which papers?", "list"), papers, 500, rarity).sentences)
    assert 2 < n_listed < 8


def test_a_paper_held_twice_is_listed_once() -> None:
    papers = [ranked(name, 5.0, {"The same lamp.": 1.0}) for name in "ab"]
    assert len(listing.answer_list(asked("Which papers?", "list"), papers, 500, rarity).sentences) == 1


# Comparisons


@pytest.mark.parametrize(
    ("question", "sides"),
    [
        ("How do Big Lamp and LUX differ?", ["Biglamp", "LUX"]),
        ("Compare LUX and LUX v2.", ["LUX", "LUX v2"]),
        ("How do lamps differ?", ["A", "LUX"]),
    ],
)
def test_a_comparison_is_of_the_papers_it_names(question: str, sides: list[str]) -> None:
    titles = ["A: A Study", "LUX: Light", "LUX v2: More Light", "Biglamp: A Lamp"]
    papers = [
        ranked(f"p{n}", 9 - 2 * n, {ten_words(f"Sentence{n}"): 1.0}, title) for n, title in enumerate(titles)
    ]
    written = compare.answer_comparison(asked(question, "compare"), papers, 80)
    assert written
    assert sorted(sentence.lead for sentence in written.sentences) == sides


def test_a_side_that_no_paper_speaks_of_is_named() -> None:
    lux = ranked("l", 9.0, {"LUX burns oil.": 1.0}, "LUX: A Lamp")
    question = asked("How does LUX differ from the Candelux?", "compare", sides=("LUX", "the Candelux"))
    written = compare.answer_comparison(question, [lux], 80)
    assert written
    assert "No abstract found here speaks of Candelux." in written.text


# Overviews


def lamps() -> list[RankedPaper]:
    kinds = ["Oil Burning", "Oil Burning", "Tallow Dipping", "Tallow Dipping", "Other Things"]
    return [
        ranked(f"p{i}", 5 - i / 10, {f"Our lamp {i} is {kind.lower()}.": 1.0}, f"L{i}: {kind}")
        for i, kind in enumerate(kinds)
    ]


def test_an_overview_groups_papers_under_phrases_of_their_own() -> None:
    written = overview.answer_overview(asked("lamps", "overview"), lamps(), 200, rarity)
    assert heading_texts(written) == ["Oil Burning", "Tallow Dipping", "Also"]
    assert [sentence.lead for sentence in written.sentences] == ["L0", "L1", "L2", "L3", "L4"]


def test_a_survey_comes_first() -> None:
    survey = ranked(
        "s", 4.9, {"We divide lamps into three kinds.": 0.1, "They burn.": 1.0}, "A Survey of Lamps"
    )
    written = overview.answer_overview(asked("lamps", "overview"), [*lamps(), survey], 200, rarity)
    assert heading_texts(written)[0] == overview.SURVEYS
    assert written.sentences[0].text == "We divide lamps into three kinds."


def test_headings_are_not_what_the_question_already_says() -> None:
    papers = [Paper(str(i), f"Oil Lamps for {place}", "") for i, place in enumerate(["Home", "Sea", "War"])]
    groups = headings.group_papers(papers, "oil lamps", rarity)
    assert [group.heading for group in groups] == [None]


# Stance


def test_findings_stand_under_their_direction() -> None:
    papers = [
        ranked("f", 5.0, {"Oil lamps improve reading at night.": 1.0}, "F"),
        ranked("a", 4.9, {"Oil lamps do not help reading at night.": 1.0}, "A"),
        ranked("d", 4.8, {"Whether oil lamps help reading at night depends on the oil.": 1.0}, "D"),
    ]
    written = stance.answer_stance(
        asked("Do oil lamps help reading at night?", "stance"), papers, 160, rarity
    )
    assert heading_texts(written) == ["For", "Against", "Depends"]


def test_papers_on_something_else_take_no_side() -> None:
    papers = [ranked("a", 5.0, {"Candles are cheap.": 1.0}, "A"), ranked("b", 4.9, {"Wax melts.": 1.0}, "B")]
    written = stance.answer_stance(
        asked("Do oil lamps help reading at night?", "stance"), papers, 160, rarity
    )
    assert heading_texts(written) == [None]
    assert written.text.startswith(stance.NOT_SAID_OUTRIGHT)


# Best


def test_the_best_is_a_row_a_paper_with_its_figure_and_a_warning() -> None:
    papers = [
        ranked("a", 5.0, {"LUX achieves 61.5 on LAMPBENCH.": 1.0}, "LUX: A Lamp"),
        ranked(
            "b", 4.9, {"With 2.5 billion parts it achieves a gain of 7% on LAMPBENCH.": 1.0}, "GLOW: A Lamp"
        ),
        ranked("c", 4.8, {"It achieves much on another.": 1.0}, "DIM: A Lamp"),
    ]
    written = best.answer_best(asked("Which lamp is best on LAMPBENCH?", "best"), papers, 200, rarity)
    assert [sentence.lead for sentence in written.sentences] == ["LUX (61.5)", "GLOW (7%)"]
    assert written.text.endswith(best.NOT_COMPARABLE)


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("It gains 5.57% over LCQuAD 1.0 and 3x in speed.", ["5.57%", "3x"]),
        ("A model of 1.5B parameters reaches 59.36.", ["59.36"]),
        ("In 2019 it won.", []),
    ],
)
def test_sizes_and_numbers_of_names_are_no_results(text: str, figures: list[str]) -> None:
    assert best.figures_in(text) == figures


# Recommendations


def test_a_recommendation_says_the_conditions_it_read_and_those_nobody_speaks_of() -> None:
    papers = [
        ranked("a", 5.0, {"It burns bright.": 1.0}, "A"),
        ranked("b", 4.9, {"It burns without any oil.": 0.5}, "B"),
    ]
    question = asked("Which lamp, with no oil, for 9 rooms?", "recommend", constraints=("no oil", "9 rooms"))
    lines = recommend.answer_recommendation(question, papers, 190, rarity).text.splitlines()
    assert lines[0] == "Conditions read: no oil; 9 rooms."
    assert lines[1].startswith("- B:")
    assert lines[-1] == "No sentence quoted here speaks of: 9 rooms."


# The library itself


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("how many papers do you have?", "This library holds 2 papers."),
        ("thanks", "You are welcome."),
        ("What is the newest paper?", "No years are recorded"),
        ("What can you do?", "It answers questions"),
        ("who wrote these?", "No authors are recorded"),
        ("what topics are in here", "oil lamps"),
    ],
)
def test_questions_about_the_library_are_counted_not_searched(question: str, said: str) -> None:
    papers = [Paper("a", "Oil Lamps of Home", "A."), Paper("b", "Oil Lamps of Ships", "B.")]
    written = meta.answer_meta(question, meta.count_library(papers, 2))
    assert said in written.text
    assert all(sentence.citations == () for sentence in written.sentences)


def test_the_papers_of_a_year_are_named_or_said_to_be_none() -> None:
    papers = [Paper("a", "Oil Lamps", "A.", year=1893), Paper("b", "Wax", "B.", year=1900)]
    facts = meta.count_library(papers, 2)
    assert "“Wax”" in meta.answer_meta("What is new in 1900?", facts).text
    assert "No paper of this library is recorded as of 1950." in meta.answer_meta("any of 1950?", facts).text


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("ColBERT: Efficient and Effective Passage Search", "ColBERT"),
        ("What, When and How: A Long Look at Something Quite Unusual", "What, When and How"),
        ("A Title With No Colon.", "A Title With No Colon"),
        ("One Two Three Four Five Six: And the Rest", "One Two Three Four Five Six: And the Rest"),
    ],
)
def test_short_names(title: str, name: str) -> None:
    assert short_name(title) == name


def test_a_finding_without_a_word_of_praise_or_denial_takes_no_side() -> None:
    assert stance.by_words("Do lamps help reading?", ["Reading lamps were counted in ten towns."]) == [None]


def test_a_comparison_takes_only_findings_on_both_sides() -> None:
    question = "Are oil lamps better than candles?"
    findings = ["Oil lamps improve reading.", "Oil lamps are better than candles at night."]
    assert stance.by_words(question, findings) == [None, "For"]


def test_asking_for_both_sides_is_no_denial() -> None:
    findings = ["Oil lamps improve reading."]
    assert stance.by_words("What evidence is there for and against oil lamps?", findings) == ["For"]


# Sentences that lean on others


def test_an_opening_that_leans_is_left_out_and_the_quote_is_still_verbatim() -> None:
    sentence = "To address this, we present LUX, a lamp for fog."
    paper = ranked("a", 5, {sentence: 2.0}, "LUX: A Lamp", needs={0: "connective"})
    written = fact.answer_fact(asked("What is shown?"), [paper], 80)
    (citation,) = written.citations
    assert written.sentences[0].text == "… we present LUX, a lamp for fog."
    assert citation.quote == paper.paper.abstract[citation.start : citation.end] == sentence[17:]


def test_an_opening_stays_where_the_sentence_before_is_shown() -> None:
    sentences = {"Fog dims lamps.": 1.0, "However, LUX shines on.": 2.0}
    paper = ranked("a", 5, sentences, "LUX: A Lamp", needs={1: "connective"})
    assert "However, LUX shines on. [2]" in fact.answer_fact(asked("What shines?"), [paper], 80).text


def test_a_summary_says_aim_method_and_result() -> None:
    sentences = {"We want light.": 0.1, "We burn oil.": 0.2, "It lasts a night.": 0.3, "Lamps are old.": 2.0}
    roles: tuple[Role, ...] = ("objective", "method", "result", "background")
    paper = ranked("a", 5, sentences, roles=roles)
    text = fact.answer_fact(asked("Summarise the paper on lamps"), [paper], 12).text
    assert text.endswith("We want light. [1] We burn oil. [2] It lasts a night. [3]")


def test_what_no_abstract_defines_is_said_so() -> None:
    paper = ranked("a", 5, {"Ships fear glarefall at night.": 2.0}, "Ships")
    written = fact.answer_fact(asked("What is glarefall?", "definition"), [paper], 80)
    assert written.remark == "No abstract found here says outright what “glarefall” is; the nearest:"


def test_findings_that_take_no_side_come_first_and_background_takes_none() -> None:
    text = "Oil lamps improve reading at night."
    papers = [
        ranked("b", 5.0, {text: 1.0}, "B", roles=("background",)),
        ranked("f", 4.9, {text.replace("improve", "greatly improve"): 1.0}, "F"),
    ]
    written = stance.answer_stance(
        asked("Do oil lamps help reading at night?", "stance"), papers, 160, rarity
    )
    assert heading_texts(written) == [None, "For"]


def test_others_leave_out_what_was_shown_before() -> None:
    papers = [
        ranked("l", 5.0, {"LUX burns oil.": 1.0}, "LUXOR: A Lamp"),
        ranked("g", 4.9, {"GLOW burns wax.": 1.0}),
    ]
    assert [shown_before(paper, ("LUXOR: LUX burns oil.",)) for paper in papers] == [True, False]


def test_papers_on_something_else_leave_an_overview() -> None:
    near = ranked("a", 5.0, {"Oil lamps burn oil.": 1.0}, "Oil Lamps")
    also = ranked("b", 4.8, {"Lamps that burn oil smoke.": 1.0}, "Smoke of Lamps")
    off = replace(
        ranked("c", 4.7, {"Candles are dipped.": 1.0}, "Candles"), met=dict.fromkeys(MET, 0.2), confidence=0.3
    )
    assert belonging("What is known about oil lamps?", [near, also, off], rarity) == [near, also]
    assert belonging("What is known about oil lamps?", [off, near], rarity)[0] is off


def test_what_is_counted_off_is_shown_to_its_end() -> None:
    first, second = "Lamps have two issues: (1) Smoke fills the room.", "(2) Oil is costly for lamps."
    paper = ranked("a", 5, {first: 2.0, second: 0.1, "They end.": 0.0}, needs={1: "enumerator"})
    shown = with_items(paper.evidence[0], paper.evidence)
    assert [each.sentence.text for each in shown] == [first, second]


def test_an_overview_opens_with_what_its_subject_is_where_a_sentence_says_so() -> None:
    definition = "Oil lamps are a kind of light that burns oil."
    telling = ranked("t", 4.0, {definition: 1.0, "We measure how they burn.": 2.0}, "Light of Old")
    written = overview.answer_overview(
        asked("What do we know about oil lamps?", "overview"), [*lamps(), telling], 200, rarity
    )
    assert written.sentences[0].text == definition
    assert written.sections[0].heading is None


@pytest.mark.parametrize(
    ("text", "condition", "met"),
    [
        ("It needs no oil at all.", "without oil", True),
        ("It is an oil-free lamp.", "without oil", True),
        ("It burns oil.", "without oil", False),
        ("It does not need fuel.", "without oil", True),
        ("It needs fuel.", "without oil", False),
        ("It fits a small room.", "9 rooms", False),
    ],
)
def test_a_condition_is_met_in_other_words_only_where_they_deny_as_it_does(
    text: str, condition: str, met: bool
) -> None:
    near = 0.9 if "fuel" in text else 0.1
    sentence = replace(ranked("a", 5, {text: 1.0}).evidence[0], condition_late=(near,))
    assert meets_in(sentence, (condition,), 0) == met


def test_a_size_is_no_figure_beside_a_name() -> None:
    text = "LUX beats lamps that are 3x, 14x and 26x larger, by 7% of light."
    assert best.figures_in(text) == ["7%"]
