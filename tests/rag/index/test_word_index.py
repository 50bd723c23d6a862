from __future__ import annotations

import operator
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from functools import reduce
from pathlib import Path

import pytest
from tantivy import Occur, Query

from rag.errors import IndexDamaged
from rag.index.passage_rows import content_hash
from rag.index.word_index import Lexical, WordHit
from rag.index.word_index_schema import IndexedPassage
from rag.papers.filters import matches
from rag.papers.passages import split_passages
from rag.records import Filters, Paper
from tests.helpers.fakes import FakeEncoder

LONG = "https://example.org/" + "(é论)" * 400
PAPERS = (
    Paper("2004.12832", "ColBERT: late interaction", "Efficient search by late interaction over BERT.",
          ("Omar Khattab", "Matei Zaharia"), 2020, "SIGIR", sources=("list.html",)),
    Paper("b", "Nystr\\\"{o}mformer", "Attention that is 2.27times faster, (so) [it] \"is\": a AND b OR -c.",
          ("Ágnes Szűcs", "Jane Smith"), 2021, "AAAI", keywords=("attention",), sources=("a b/çÇ.bib",)),
    Paper("c#1", "Rankings of rankers", "We rank. " * 200, ("Jane Doe", "Bob Smith"), doi="10.1/x"),
    Paper("d", "The of and", "", url=LONG),
)  # fmt: skip


def entries(papers: Iterable[Paper]) -> list[IndexedPassage]:
    return [
        IndexedPassage(passage, paper, content_hash(paper), len(paper.title))
        for paper in papers
        for passage in split_passages(paper, FakeEncoder().n_tokens)
    ]


@pytest.fixture
def index(tmp_path: Path) -> Lexical:
    index = Lexical.create(tmp_path / "lexical")
    index.write(entries(PAPERS), (), 1)
    return index


def best(index: Lexical, text: str) -> str | None:
    return next((hit.passage_id for hit in index.search(text, 3)), None)


def scores(hits: Iterable[WordHit]) -> dict[str, float]:
    return {hit.passage_id: hit.score for hit in hits}


def selected(index: Lexical, filters: Filters) -> list[str]:
    """Ids, sorted, as each way to ask for them gives them."""
    selection = index.select(filters)
    ids = sorted(index.selected(selection)[0].ids())
    everything = [entry.passage.passage_id for entry in entries(PAPERS)]
    assert index.passing(selection, [*everything, "not there"]) == set(ids)
    assert selection.n_passages == len(ids)
    return ids


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("late interactions", "2004.12832#0"),
        ("Nystromformer", "b#0"),
        ("Nyströmformer", "b#0"),
        ("2.27x", "b#0"),
        ("2.27 times", "b#0"),
        ("the of and", None),
        ("", None),
        ("?!", None),
        ("zebra", None),
    ],
)
def test_words_are_found_however_they_are_written(index: Lexical, text: str, found: str | None) -> None:
    assert best(index, text) == found


@pytest.mark.parametrize(
    "text",
    [
        "faster AND -c",
        "text:faster",
        '"faster',
        "(faster",
        "faster [x TO y]^9",
        "*faster*",
        "faster~2",
        "/fast.*/ faster",
    ],
)
def test_nothing_a_user_types_is_a_query_language(index: Lexical, text: str) -> None:
    assert best(index, text) == "b#0"


def test_a_word_said_twice_counts_twice(index: Lexical) -> None:
    once = scores(index.search("attention rank", 9))
    twice = scores(index.search("attention attention rank", 9))
    only = scores(index.search("attention", 9))
    assert twice["b#0"] == pytest.approx(once["b#0"] + only["b#0"])


def test_scores_are_those_of_the_search_and_zero_elsewhere(index: Lexical) -> None:
    for text in ("late attention of rankers that rank", "rank", "the"):
        found = scores(index.search(text, 99))
        ids = [entry.passage.passage_id for entry in entries(PAPERS)]
        looked_up = scores(index.look_up(text, [*ids, "not there"]))
        assert looked_up == {id: found.get(id, 0.0) for id in ids}
    assert index.look_up("rank", []) == []


def test_search_within_some_passages_gives_their_best_with_the_same_scores(index: Lexical) -> None:
    found = scores(index.search("rank attention late", 99))
    among = ["b#0", "2004.12832#0", "d#0"]
    within = index.search("rank attention late", 99, index.select_ids(among))
    assert scores(within) == {id: score for id, score in found.items() if id in among}
    assert [hit.score for hit in within] == sorted((hit.score for hit in within), reverse=True)
    assert index.search("rank", 99, index.select_ids([])) == []


def test_a_hit_says_where_the_token_store_holds_its_text_and_where_the_passage_begins(index: Lexical) -> None:
    due = {e.passage.passage_id: (e.text_key, len(e.paper.title) + 1) for e in entries(PAPERS)}
    found = {hit.passage_id: (hit.text_key, hit.text_start) for hit in index.look_up("", list(due))}
    assert found == due


FILTERS = (
    Filters(),
    Filters(year_from=2020),
    Filters(year_from=2021),
    Filters(year_to=2020),
    Filters(year_from=2020, year_to=2020),
    Filters(authors=("khattab",)),
    Filters(authors=("agnes szucs",)),
    Filters(authors=("SZŰ",)),
    Filters(authors=("jane", "smith")),
    Filters(authors=("jane smith",)),
    Filters(authors=("jane d",), venue=""),
    Filters(venue="sig"),
    Filters(venue="a"),
    Filters(source="list"),
    Filters(source="B/CC.bib"),
    Filters(where=(("doi", "10.1/"),)),
    Filters(where=(("title", 'nystr\\"{o}m'),)),
    Filters(where=(("title", "r.nkings"),)),
    Filters(where=(("keywords", "tent"), ("title", "former"))),
    Filters(where=(("paper_id", "c#"),)),
    Filters(where=(("year", "202"),)),
    Filters(year_from=2020, authors=("smith",), venue="AAAI", source="bib"),
    Filters(venue="[.*"),
    Filters(where=(("url", LONG[9:-9]),)),
    Filters(where=(("url", LONG + "x"),)),
)


@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_filters_pass_the_papers_they_plainly_mean(index: Lexical, filters: Filters) -> None:
    passing = {paper.paper_id for paper in PAPERS if matches(paper, filters)}
    due = sorted(e.passage.passage_id for e in entries(PAPERS) if e.paper.paper_id in passing)
    assert selected(index, filters) == due


def test_a_paper_written_again_takes_the_place_of_the_old_one(index: Lexical) -> None:
    index.write(entries([replace(PAPERS[2], abstract="Zebras.", venue="TOIS")]), (), 2)
    assert (index.stamp, index.n_papers, index.n_passages) == (2, 4, 4)
    assert best(index, "zebra") == "c#1#0"
    assert selected(index, Filters(venue="tois")) == ["c#1#0"]
    assert index.versions() == {
        f"{e.passage.passage_id} {e.content_hash}" for e in entries([*PAPERS[:2], PAPERS[3]])
    } | {f"c#1#0 {content_hash(replace(PAPERS[2], abstract='Zebras.', venue='TOIS'))}"}


def test_a_paper_taken_out_leaves_nothing(index: Lexical) -> None:
    index.write((), ["b"], 2)
    assert index.paper_ids() == ["2004.12832", "c#1", "d"]
    assert best(index, "attention") is None
    assert selected(index, Filters(venue="AAAI")) == []
    assert index.look_up("attention", ["b#0"]) == []


def test_an_open_index_sees_what_another_wrote_when_it_reloads(index: Lexical, tmp_path: Path) -> None:
    other = Lexical.open(tmp_path / "lexical")
    index.write(entries([Paper("new", "Zebra", "Stripes.")]), (), 2)
    assert best(other, "zebra") is None
    other.reload()
    assert best(other, "zebra") == "new#0"


@pytest.mark.parametrize("name", ["meta.json", "stamp.json", "*.idx", "*.term", "*.store", "*.fast"])
@pytest.mark.parametrize("harm", ["cut", "gone", "other"])
def test_damage_is_noticed_when_the_index_is_opened(
    index: Lexical, tmp_path: Path, name: str, harm: str
) -> None:
    path = next((tmp_path / "lexical").glob(name))
    content = path.read_bytes()
    if harm == "gone":
        path.unlink()
    else:
        half = len(content) // 2
        path.write_bytes(content[:half] if harm == "cut" else content[:half] + b"\x00?" + content[half + 2 :])
    with pytest.raises(IndexDamaged):
        Lexical.open(tmp_path / "lexical")


def test_what_a_killed_writer_left_is_thrown_away(index: Lexical, tmp_path: Path) -> None:
    index.tidy()
    index.write((), ["b"], 2)
    assert Lexical.open(tmp_path / "lexical").n_papers == 3


# BM25: the same score for a passage, whatever else the index has seen, and into how many it is cut


WORDS = [f"word{i}" for i in range(40)]


def made(n: int, seed: int = 5) -> list[Paper]:
    """Papers of random words, the first the most frequent, and of all lengths."""
    chance = random.Random(seed)
    texts = [
        " ".join(chance.choices(WORDS, [1 / (i + 1) for i in range(40)], k=8 * 2 ** (i % 6)))
        for i in range(n)
    ]
    return [Paper(f"p{i}", f"Title {i}", text) for i, text in enumerate(texts)]


def index_of(folder: Path, papers: Iterable[Paper]) -> Lexical:
    index = Lexical.create(folder)
    index.write(entries(papers), (), 1)
    return index


QUERIES = ("word0", "word3 word9 word30", "title word1 word2 word1", "word39 nowhere", " ".join(WORDS))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Lexical:
    return index_of(tmp_path_factory.mktemp("whole") / "lexical", made(200))


@pytest.mark.parametrize("text", QUERIES)
def test_scores_are_tantivys_own_where_nothing_was_removed(whole: Lexical, text: str) -> None:
    terms = Counter(whole._analyzer.analyze(text))
    clauses = [
        (Occur.Should, Query.boost_query(Query.term_query(whole._schema, "text", term, "freq"), n))
        for term, n in terms.items()
    ]
    due = whole.loading.searcher.search(Query.boolean_query(clauses), limit=999, count=False).hits
    ids = whole.loading.ids_at(address for _, address in due)
    # tantivy computes in 32 bits, and idf of a word that all passages have is near 0.
    assert scores(whole.search(text, 999)) == pytest.approx(
        dict(zip(ids, (score for score, _ in due), strict=True)), rel=1e-4
    )


def test_what_was_removed_and_replaced_leaves_no_trace_in_a_score(whole: Lexical, tmp_path: Path) -> None:
    papers = made(200)
    used = index_of(tmp_path / "used", made(150, seed=6))
    used.write(entries(papers), [f"p{i}" for i in range(150)], 2)
    used.write(entries(made(60, seed=7)), (), 3)
    used.write(entries(papers[:60]), (), 4)
    for text in QUERIES:
        for n in (1, 10, 70):
            assert used.search(text, n) == whole.search(text, n)


@pytest.mark.parametrize("n_parts", [2, 6])
def test_the_best_of_parts_are_the_best_of_the_whole(whole: Lexical, tmp_path: Path, n_parts: int) -> None:
    # Lengths go round in sixes: long texts in one part, short ones in another.
    parts = [index_of(tmp_path / f"{i}", made(200)[i::n_parts]) for i in range(n_parts)]
    ids = [f"p{i}#0" for i in range(0, 200, 7)]
    for text in QUERIES:
        statistics = reduce(operator.add, (part.statistics(text) for part in parts))
        assert statistics == whole.statistics(text)
        for n in (1, 10, 70):
            hits = [hit for part in parts for hit in part.search(text, n, statistics=statistics)]
            best = sorted(hits, key=lambda hit: (-hit.score, hit.passage_id))[:n]
            assert best == whole.search(text, n)
        looked_up = [hit for part in parts for hit in part.look_up(text, ids, statistics)]
        assert scores(looked_up) == scores(whole.look_up(text, ids))
