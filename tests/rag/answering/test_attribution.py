"""rag/answering/attribution.py: who is heard first, what is put together, and what is never pieced
together."""

from __future__ import annotations

from threading import Event, Timer

from rag.answering.attribution import attribute, attribute_all, check_support, find_support, warming_up
from rag.answering.claims import Claim
from rag.answering.context import Context, ContextPaper
from rag.records import Paper
from rag.text.sentences import split_sentences
from tests.helpers.plain_gate import PlainGate, PlainVerdict


def context(*abstracts: str) -> Context:
    entries = tuple(
        ContextPaper(n, Paper(f"p{n}", f"Paper {n}", abstract), tuple(split_sentences(abstract)))
        for n, abstract in enumerate(abstracts, start=1)
    )
    return Context(entries, "", 0)


APART = context(
    "Pruning removes idle weights.", "Hashing shortens dense vectors.", "Caching avoids repeated work."
)
BOTH = "Pruning removes idle weights, hashing shortens dense vectors."


def test_cited_papers_are_weighed_together() -> None:
    finding = attribute(Claim(BOTH, (1, 2)), APART, PlainGate())
    assert finding.status == "supported"
    assert {quote.paper.paper_id for quote in finding.quotes} == {"p1", "p2"}


def test_papers_that_are_not_cited_are_not_pieced_together() -> None:
    finding = attribute(Claim(BOTH), APART, PlainGate())
    assert (finding.status, finding.quotes) == ("unsupported", ())


def test_the_fewest_sentences_that_support_a_claim_are_cited() -> None:
    known = context("Pruning removes idle weights. Idle weights cost memory. It was tried on phones.")
    finding = check_support("Pruning removes idle weights.", known.entries, PlainGate())
    assert [quote.sentence.start for quote in finding.quotes] == [0]


def test_a_paper_cited_too_is_kept_only_where_it_supports_the_claim_by_itself() -> None:
    known = context("Pruning removes idle weights.", "Pruning often removes idle weights.", "Cats sleep.")
    finding = attribute(Claim("Pruning removes idle weights.", (1, 2, 3)), known, PlainGate())
    assert [quote.paper.paper_id for quote in finding.quotes] == ["p1", "p2"]


def test_a_claim_no_paper_supports_is_shown_nearest_but_rests_on_nothing() -> None:
    nearest = find_support("Pruning removes cats from small wooden houses.", APART.entries, PlainGate())
    assert (nearest.status, nearest.nearest[0].paper.paper_id) == ("unsupported", "p1")
    assert (
        attribute(Claim("Pruning removes cats from small wooden houses.", (1,)), APART, PlainGate()).quotes
        == ()
    )


def test_nothing_to_rest_on_is_unsupported() -> None:
    assert find_support("Cats sleep.", (), PlainGate()).status == "unsupported"
    assert attribute(Claim("Cats sleep.", (1,)), context(), PlainGate()).status == "unsupported"


def test_the_gate_is_warm_when_the_block_ends() -> None:
    class Slow(PlainGate):
        def __init__(self) -> None:
            self.is_warm = False
            self.go_on = Event()

        def warm_up(self) -> None:
            self.is_warm = self.go_on.wait(10)

    gate = Slow()
    with warming_up(gate):
        assert not gate.is_warm
        Timer(0.1, gate.go_on.set).start()
    assert gate.is_warm


def test_a_list_rests_on_a_sentence_of_each_paper_it_cites() -> None:
    claim = "Pruning removes weights, hashing shortens vectors and caching avoids work."
    finding = attribute(Claim(claim, (1, 2, 3)), APART, PlainGate())
    assert finding.status == "supported"
    assert {quote.paper.paper_id for quote in finding.quotes} == {"p1", "p2", "p3"}


def test_what_is_said_of_both_papers_is_not_laid_at_the_door_of_a_third() -> None:
    known = context("Cats sleep.", "Dogs bark.", "Pruning removes idle weights.")
    finding = attribute(Claim("Both: pruning removes idle weights.", (1, 2)), known, PlainGate())
    assert (finding.status, finding.quotes) == ("unsupported", ())
    assert attribute(Claim("Pruning removes idle weights.", (1, 2)), known, PlainGate()).status == "supported"


def test_a_wrong_number_of_a_paper_is_repaired_and_said() -> None:
    finding = attribute(Claim("Pruning removes idle weights.", (2,)), APART, PlainGate())
    assert (finding.status, finding.quotes[0].paper.paper_id) == ("supported", "p1")
    assert finding.reasons == (
        "it cited “Paper 2”, which does not support it; a sentence of “Paper 1” supports it",
    )


def test_a_true_sentence_that_cites_a_forged_number_is_re_attributed() -> None:
    finding = attribute(Claim("Pruning removes idle weights.", (9,)), APART, PlainGate())
    assert (finding.status, finding.quotes[0].paper.paper_id) == ("supported", "p1")
    assert "[9] names no paper it was given" in finding.reasons
    false = attribute(Claim("Pruning cures everything.", (9,)), APART, PlainGate())
    assert (false.status, false.quotes) == ("unsupported", ())


def test_all_claims_are_judged_in_two_batches_at_most() -> None:
    class Counting(PlainGate):
        n = 0

        def check_all(self, requests):  # type: ignore[no-untyped-def]
            self.n += 1
            return super().check_all(requests)

    gate = Counting()
    claims = [Claim("Pruning removes idle weights.", (1,)), Claim("Cats sleep.", (2,)), Claim("Dogs bark.")]
    assert [f.status for f in attribute_all(claims, APART, gate)] == [
        "supported",
        "unsupported",
        "unsupported",
    ]
    assert gate.n <= 2


def test_a_near_copy_turned_round_is_laid_to_its_source_and_not_to_a_looser_sentence() -> None:
    class Turned(PlainGate):
        def check(self, claim, evidence):  # type: ignore[no-untyped-def]
            if "removes" in evidence[0]:
                return PlainVerdict(0.1, "unsupported", ("one denies it",), "contradicted")
            return PlainVerdict(0.8, "supported", (), "supported")

    known = context("Pruning removes idle weights.", "Idle weights stay with hashing.")
    found = find_support("Pruning never removes idle weights.", known.entries, Turned())
    assert (found.status, found.label, found.quotes) == ("unsupported", "contradicted", ())
    assert found.nearest[0].paper.paper_id == "p1"
