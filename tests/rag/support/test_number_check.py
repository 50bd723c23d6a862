"""Which numbers and numbered names of a claim its evidence holds."""

from __future__ import annotations

import pytest

from rag.support.number_check import is_named, read_numbers, unsupported_numbers

HELD = [
    ("It is 2.27 times faster.", "a 2.27\\times speedup"),
    ("It is 2.27x faster.", "a 2.27times speedup"),
    ("It gains 9%.", "a gain of 9\\%"),
    ("It gains 9 percent.", "a gain of 9%"),
    ("It reads 1,024 tokens.", "contexts of 1024 tokens"),
    ("It reads 1,024K tokens.", "contexts of 1024K"),
    ("10,000 schemas", "10K schemas"),
    ("1.5 billion sentences", "1.5B sentences"),
    ("It has 10 experts.", "ten experts"),
    ("It is 2x as fast.", "twice as fast"),
    ("22 datasets", "twenty-two datasets"),
    ("57.0%", "57%"),
    ("about 57%", "57.4%"),
    ("from 2 to 3%", "2%-3%"),
    ("6.21 times and 11.23 times", "by 6.21-11.23times"),
    ("an 80M-parameter model", "80 million parameters"),
    ("4-bit weights", "weights of 4 bits"),
    ("accuracy of 77.9", "77.9% accuracy"),
    ("It was compared with Llama 2.", "compared with Llama-2"),
    ("65.3 and 66.5", "an F_{0.5} of 65.3/66.5"),
    ("It uses both tricks and two models.", "It uses the trick."),
    ("It was shown before [3], in (1) speed and (2) size.", "shown in speed and size"),
    ("ten times the risk", "10x the risk"),
    ("two million pages", "2M pages"),
    ("NIH 3T3 cells", "3T3 cells"),
    ("several hundred hours", "500 hours"),
    ("11.9 million cases", "11·9 million cases"),
    ("more than half of them", "over 50% of them"),
    ("8.7 times", "up to 8.7x"),
    ("no less than 50%", "at least 50%"),
    ("at most about 0.5", "at most approx 0.5"),
    ("at 50% sparsity or more", "even at ≥ 50% sparsity"),
    ("less than 5%", "1% at first, under 5% later, over 5% in the end"),
    ("F0.5 of 72.4", "F_{0.5} of 72.4"),
    ("more than half of them", "51% of them"),
    ("over 500 sentences", "512 sentences"),
    ("a fifth of the cases", "nearly 20% of the cases"),
    ("two thirds of the cases", "66% of the cases"),
    ("two orders of magnitude", "2 orders of magnitude"),
    ("an order of magnitude faster", "10x faster"),
    ("between 1.58 and 5.52 percentage points", "by 1.58--5.52pp"),
    ("never more than 2.28x", "up to 2.28x"),
    ("10-50 times lower", "10-50-fold lower"),
    ("half an hour", "thirty minutes"),
]
AMISS = [
    ("a gain of 21.45%", "a 21.54% improvement", "21.45%", "21.54%"),
    ("It has 6 experts.", "It has 8 experts.", "6", "8"),
    ("It has six experts.", "It has eight large experts.", "six", "eight"),
    ("6x as fast", "2x as fast on six tasks", "6x", "2x"),
    ("a gain of 5%", "5x as fast", "5%", ""),
    ("57%", "57.4%", "57%", "57.4%"),
    ("GPT-3 was used.", "GPT-2 was used.", "GPT-3", "GPT-2"),
    ("nDCG@5 is high.", "nDCG@10 is high.", "nDCG@5", "nDCG@10"),
    ("published in 2019", "published in 2018", "2019", "2018"),
    ("It needs 3 GPUs.", "It needs GPUs.", "3", ""),
    ("2.27x", "22.7x", "2.27x", ""),
    ("40 million pairs", "30 million pairs", "40 million", "30 million"),
    ("by less than 85%", "by over 85%", "less than 85%", "over 85%"),
    ("by up to 8.7x", "by at least 8.7x", "up to 8.7x", "at least 8.7x"),
    ("at 50% sparsity or less", "even at \\geq 50% sparsity", "50% or less", "geq 50%"),
    ("not below 5%", "under 5%", "not below 5%", "under 5%"),
    ("more than half", "no more than 50%", "more than half", "no more than 50%"),
    ("a gain of 9 percent", "a gain of 8 percent", "9 percent", "8 percent"),
    ("more than five times faster", "2x as fast", "five", ""),
    ("more than 5x faster", "2x faster", "5x", "2x"),
    ("at most twice as fast", "an order of magnitude faster", "twice", ""),
    ("over 10% of them", "98% of them", "10%", ""),
    ("by 5 percentage points", "by 5%", "5 points", ""),
    ("in under 3 days", "in 7 days", "3", "7"),
]


@pytest.mark.parametrize(("claim", "evidence"), HELD)
def test_one_number_may_be_written_in_many_ways(claim: str, evidence: str) -> None:
    assert unsupported_numbers(read_numbers(claim), [read_numbers(evidence)]) == []


@pytest.mark.parametrize(("claim", "evidence", "said", "found"), AMISS)
def test_another_number_is_amiss_with_the_one_it_stands_for(
    claim: str, evidence: str, said: str, found: str
) -> None:
    assert [
        (a.claimed, a.found) for a in unsupported_numbers(read_numbers(claim), [read_numbers(evidence)])
    ] == [(said, found)]


def test_a_title_supplies_names_but_no_numbers() -> None:
    claim, title = read_numbers("SPLADE v2 has 1568 terms."), read_numbers("SPLADE v2: Cramming 1568 terms")
    assert [a.claimed for a in unsupported_numbers(claim, [], [title])] == ["1568"]
    other = unsupported_numbers(read_numbers("SPLADE v3"), [], [title])
    assert [(a.claimed, a.found) for a in other] == [("v3", "v2")]


@pytest.mark.parametrize(
    ("name", "evidence"),
    [
        ("GPT-2", "the GPT2 model"),
        ("ColBERTv2", "ColBERT v2"),
        ("Nyströmformer", 'Nystr\\"{o}mformer'),
        ("LLM", "many LLMs"),
        ("T5", "Flan-T5-XL"),
    ],
)
def test_a_name_is_found_however_it_is_spelled(name: str, evidence: str) -> None:
    assert is_named(name, [read_numbers(evidence)])


@pytest.mark.parametrize(
    "text", ["9" * 3000, "about " + "9" * 60, "1" + "0" * 50 + "%", "፩ ² ½ ①", "1.2.3.4/5-6x7", "-"]
)
def test_any_text_can_be_read_and_held_against_any(text: str) -> None:
    for claim, evidence in [(text, "about 3"), ("about 3%", text), (text, text)]:
        unsupported_numbers(read_numbers(claim), [read_numbers(evidence)])


def test_letters_across_words_make_no_name() -> None:
    assert not is_named("F1", [read_numbers("of 1 million")])
