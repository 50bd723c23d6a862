"""Sentences and passages: exact offsets, nothing lost, and ends where a reader would put them."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.papers.passages import passage_text, split_passages
from rag.records import Paper
from rag.text.sentences import split_sentences

CASES = [
    "This follows Smith et al. (2020) closely. | We extend it.",
    "As in Vaswani et al. we use attention. | It works.",
    "We follow Devlin et al. | Our model is larger.",
    "Many tasks, e.g. parsing, are hard. | Others, i.e. tagging, are easy.",
    "Tasks such as parsing (e.g., for English) are hard. | We solve them.",
    "Accuracy rises from 91.2 to 93.4 percent. | This is new.",
    "We compare A vs. B and C vs. D. | A wins.",
    "See Fig. 2 for details. | Also see Figs. 3 and 4.",
    "By Eq. (3) the loss is convex. | Hence it has one minimum.",
    "It costs approx. 30 GPU hours. | That is cheap.",
    "We use Node.js and fast.ai with GPT-3.5 here. | v2.0 is out.",
    "Our code builds on fast.ai. | It is open.",
    "We evaluate GPT-3.5. | ViT-B/16 is better.",
    "Histone H2A.X and DALL.E 2 differ. | Node.js is neither.",
    "Is attention all you need? | We show that it is not.",
    "What is learned? | How? | We answer both!",
    "We wonder... | It does not hold.",
    "Existing methods ... fail here. | We do not.",
    "Experts are many (cars, birds...). | However, few are used.",
    "The loss is bounded. | $k$-NN search is slow.",
    "The baseline is slow. | k-means is faster.",
    "It is hard. | mBERT fails on it.",
    "The set is small. | 3D models are scarce.",
    "We release data. | 10,000 images are included.",
    "We use a learning rate of 1e-4. | \\sysname converges.",
    "We reduce cost by 2.27times. | \\textit{LoRA} is slower.",
    'He called it "a mess." | We agree.',
    'They ask "why?" and move on. | We do not.',
    'This is known as the "cold start problem". | We solve it.',
    'Coding is hard. | "Easy" tasks are not.',
    "Users' interests drift. | Teachers' logits don't. | It's so.",
    "The method is named DPO. | (It is simple.) | We test it.",
    "Our model is SoTA (!). | We are happy.",
    "The model is small (it fits in RAM.) | We test it.",
    "We have two findings. | (1) Depth helps. | (2) Width does not.",
    "It goes in two ways: 1. Fast ones, and 2. Slow ones. | Both work.",
    "Tools, pipelines, etc. are included. | We share parsers, taggers, etc. | Everything is free.",
    "Our approach, w.r.t. accuracy, is best. | It has no. 1 rank.",
    "The answer is no. | We explain why.",
    "It took 30 min. | Patients were then seen.",
    "Prices fell by ca. 5% on avg. in the No. 3 market. | We explain why.",
    "The U.S. population is large. | We sample it.",
    "Data come from the U.S. | We sample them.",
    "The label set is A. | We write L for its size.",
    "Dr. Smith et al. report this. | Prof. Jones vs. Dr. Lee is not.",
    "Of 40 mosquitoes 30 were An. gambiae and 10 Ae. aegypti. | p53 was in none.",
    "E. coli grows fast. | S. cerevisiae does not.",
    "We used 5 mg/kg i.v. and 10 mg p.o. daily. | Rats survived.",
    "BACKGROUND: Obesity is common. | METHODS: We enrolled 20 adults. | RESULTS: Weight fell (p = .03).",
    "OBJECTIVE To study mice. | METHODS We used C57BL/6J mice. | RESULTS They lived.",
    "Results improved.[1] | We then stopped.",
    "It was reported.12 | Others differ (Box 2).3,4 | We ask why.",
    "Code is at https://github.com/a/b.git. | Data are at http://x.org/y.",
    "We find 3 genes: ABC1, DEF2, and GHI3. | p53 is not among them.",
    "Yahoo! Answers is a data set. | We use it.",
    "We mark ends with <SEG> and <EOS>. | <SEG> is kept.",
    "这是一个句子。 | 那是另一个。",
    "We propose X, which is a fast method and has no final stop",
]


@pytest.mark.parametrize("case", CASES)
def test_sentences_end_where_a_reader_would_end_them(case: str) -> None:
    want = case.split(" | ")
    assert [sentence.text for sentence in split_sentences(" ".join(want))] == want


def test_a_missing_space_between_sentences_is_seen() -> None:
    got = split_sentences("That is the problem.In this paper we solve it.")
    assert [sentence.text for sentence in got] == ["That is the problem.", "In this paper we solve it."]


TEXTS = st.text(
    st.sampled_from("aB1 .?!,;:()[]{}\"'“”*\n\t\\$é中 。\u00a0\U0001f600"), max_size=120
) | st.text(max_size=200)


@pytest.mark.parametrize("space", ["\u00a0", "\u0085", "\u1680", "\u2009", "\u2028", "\u202f", "\u3000"])
def test_a_wide_space_before_a_stop_is_a_space(space: str) -> None:
    text = f"Blood of group O{space}. is rare. Ì x. O{space}. \x17"
    assert split_sentences(text)[0].text.startswith("Blood of group O")
    assert "".join("".join(s.text.split()) for s in split_sentences(text)) == "".join(text.split())


@given(TEXTS)
def test_sentences_are_in_order_and_hold_all_that_is_not_space(text: str) -> None:
    end = 0
    for sentence in split_sentences(text):
        assert text[sentence.start : sentence.end] == sentence.text == sentence.text.strip() != ""
        assert not text[end : sentence.start].strip()
        end = sentence.end
    assert not text[end:].strip()


def test_real_abstracts_have_sentences_of_sensible_length(shared_dir: Path) -> None:
    for abstract in _abstracts(shared_dir):
        for sentence in split_sentences(abstract):
            assert 8 < len(sentence.text) < 1100
            assert sentence.text[0] not in ".,;)"
            assert not re.search(r"\b(?:et al|e\.g|i\.e|Fig)\.$", sentence.text)


def n_tokens(text: str) -> int:
    """A tokenizer's manners: words and signs, two specials, no more than 512."""
    return min(512, 2 + len(re.findall(r"\w{1,6}|[^\w\s]", text)))


def paper(abstract: str, title: str = "A title of six words or so") -> Paper:
    return Paper("p", title, abstract)


@given(TEXTS.map(lambda text: text * 7), st.integers(24, 80))
@settings(deadline=None)
def test_passages_join_to_the_abstract_and_fit(text: str, max_tokens: int) -> None:
    title = "Four short words here"
    passages = split_passages(paper(text, title), n_tokens, max_tokens)
    assert "".join(passage.text for passage in passages) == text
    for i, passage in enumerate(passages):
        assert (passage.passage_id, passage.ordinal, passage.n_passages) == (f"p#{i}", i, len(passages))
        assert text[passage.start : passage.end] == passage.text
        assert n_tokens(passage_text(title, passage)) < max_tokens


def test_an_abstract_that_fits_is_one_passage_with_its_title_before_it() -> None:
    [passage] = split_passages(paper("One. Two."), n_tokens)
    assert passage_text("T", passage) == "T\nOne. Two."


def test_a_long_abstract_is_cut_at_ends_of_sentences_into_even_passages() -> None:
    text = " ".join(f"Sentence {i} has seven words in it." for i in range(100))
    passages = split_passages(paper(text), n_tokens)
    assert len(passages) == 2
    starts = {sentence.start for sentence in split_sentences(text)}
    assert all(passage.start in starts for passage in passages)
    sizes = [n_tokens(passage.text) for passage in passages]
    assert max(sizes) < 1.2 * min(sizes)


def test_a_sentence_too_long_is_cut_between_words_and_a_word_too_long_anywhere() -> None:
    words = " ".join(["word"] * 1500)
    for before, after in pairwise(split_passages(paper(words), n_tokens)):
        assert before.text.endswith(" ")
        assert after.text.startswith("word")
    assert len(split_passages(paper("x" * 20_000), n_tokens)) > 6


def test_a_text_of_megabytes_is_split_whole() -> None:
    text = "The model learns 3.5 times faster (cf. Fig. 2). " * 40_000
    passages = split_passages(paper(text), n_tokens)
    assert sum(len(passage.text) for passage in passages) == len(text)
    assert len(split_sentences(text)) == 40_000


def test_a_monstrous_title_leaves_room_for_the_text() -> None:
    one, *rest = split_passages(paper("word " * 600, "t " * 5000), n_tokens)
    assert n_tokens(passage_text("t " * 5000, one)) < 512
    assert rest


def _abstracts(shared_dir: Path) -> set[str]:
    pages = (shared_dir / "corpus").glob("*.txt")
    return {line for page in pages for line in page.read_text("utf-8").splitlines() if len(line) > 380}
