"""A sharded library answers as one library with the same papers, and says what it lacks."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from rag import Assistant, Paper
from rag.config import Config
from rag.errors import (
    EncoderMismatch,
    InputError,
    LibraryDamaged,
    LibraryLocked,
    LibraryReadOnly,
    LibraryTooNew,
    ShardMissing,
)
from rag.index import dense_search, indexes
from rag.index.locks import writing
from rag.library.backup import backup, restore
from rag.library.library import Library
from rag.library.pool import PoolHit, PoolRequest
from rag.library.shards.resharding import reshard
from rag.library.shards.shard_manifest import SHARDS, read, shard_of
from rag.library.shards.sharded_library import ShardedLibrary
from rag.records import Filters
from rag.retrieval.ranking import LISTING, FusionWeights, Ranking, rank
from tests.conftest import Outcome
from tests.helpers.fakes import FakeEncoder
from tests.rag.library.test_library import PAPERS

MORE = [
    *(replace(paper, abstract=f"{paper.abstract} It was revised.") for paper in PAPERS[:20:3]),
    # One text under several ids: a tie in every score, and in several shards.
    *(Paper(f"same{i}", "A title of many", "The very same abstract of several.") for i in range(30)),
]
REQUESTS = [
    PoolRequest(text, FakeEncoder().encode_query(text).vector, n, filters)
    for text in ("number5 and number7", "abstract that speaks", "title of many", "nothing of it")
    for n in (1, 10, 25)
    for filters in (None, Filters(year_from=2010), Filters(where=(("abstract", "revised"),)))
]


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """An ordinary library, some of whose papers were replaced and removed."""
    config = Config.from_env({})
    with Library.open(tmp_path_factory.mktemp("one") / "library", config, create=True) as library:
        fill(library)
        yield library


def fill(library: Library) -> None:
    library.add(PAPERS, FakeEncoder())
    library.add(MORE, FakeEncoder())
    assert library.remove(["p9", "p30", "not there"]) == 2


@pytest.fixture(scope="module", params=[1, 2, 3, 8])
def cut(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Library]:
    """The same papers, read into shards."""
    config = replace(Config.from_env({}), shards=request.param)
    with Library.open(tmp_path_factory.mktemp("cut") / "library", config, create=True) as library:
        fill(library)
        yield library


@pytest.fixture
def sharded(config: Config) -> Iterator[Library]:
    """Three shards of PAPERS."""
    with Library.open(config.library, replace(config, shards=3), create=True) as library:
        library.add(PAPERS, FakeEncoder())
    with Library.open(config.library, config) as library:
        yield library


def lose(library: Path, shard: int) -> Path:
    """Move a shard's folder out of the way; returns where it is."""
    path = read(library).paths(library)[shard]
    return path.rename(path.with_suffix(".away"))


# The same


def test_all_papers_come_back_in_the_order_they_were_added(one: Library, cut: Library) -> None:
    assert isinstance(cut, ShardedLibrary)
    assert list(cut.papers()) == list(one.papers())
    assert (cut.ids(), cut.fingerprint(), cut.n_passages) == (one.ids(), one.fingerprint(), one.n_passages)
    assert cut.paper("p7") == one.paper("p7") is not None
    assert cut.paper("p9") is None
    assert cut.verify().ok
    assert cut.verify().n_papers == one.n_papers


def test_counts_add_up_to_those_of_one_library(one: Library, cut: Library) -> None:
    assert cut.df.tolist() == one.df.tolist()
    assert cut.idf.tolist() == one.idf.tolist()


@pytest.mark.parametrize("wanted", REQUESTS, ids=lambda r: f"{r.text[:9]}-{r.n}-{bool(r.filters)}")
def test_the_pool_is_that_of_one_library(one: Library, cut: Library, wanted: PoolRequest) -> None:
    due = {hit.passage_id: hit for hit in one.pool(wanted)}
    found = {hit.passage_id: hit for hit in cut.pool(wanted)}
    assert found.keys() == due.keys()
    for passage_id, hit in found.items():
        assert (hit.words, hit.text_key) == (due[passage_id].words, due[passage_id].text_key)
        assert hit.cosine == pytest.approx(due[passage_id].cosine, abs=1e-6)


def test_each_leg_alone_is_that_of_one_library(one: Library, cut: Library) -> None:
    vector = FakeEncoder().encode_query("title of many").vector
    for filters in (None, Filters(year_to=2012), Filters(venue="SIGIR")):
        assert cut.matching("title of many", 12, filters) == one.matching("title of many", 12, filters)
        assert list(cut.nearest(vector, 12, filters)) == list(one.nearest(vector, 12, filters))
        assert cut.n_passing(filters or Filters()) == one.n_passing(filters or Filters())


def test_a_library_cut_anew_has_the_same_papers_and_encodes_nothing(one: Library, tmp_path: Path) -> None:
    config = Config.from_env({})
    shutil.copytree(one.path, tmp_path / "library")
    for n_shards in (3, 5, 2, 1):
        assert reshard(tmp_path / "library", n_shards, config) == one.n_papers
        with Library.open(tmp_path / "library", config) as library:
            assert list(library.papers()) == list(one.papers())
            assert library.df.tolist() == one.df.tolist()
            assert not library.needs_repair
            assert library.verify().ok
            assert [hit.words for hit in sorted_pool(library)] == [hit.words for hit in sorted_pool(one)]
    names = {path.name for path in (tmp_path / "library").iterdir()}
    assert {name for name in names if "shards" in name} == {SHARDS, read(tmp_path / "library").folder}
    assert not names & {"chroma", "lexical", "tokens", "library.json"}


def sorted_pool(library: Library) -> list[PoolHit]:
    return sorted(library.pool(REQUESTS[4]), key=lambda hit: hit.passage_id)


# Real papers: ranking and answers


def close(one: Ranking, other: Ranking) -> bool:
    return [each.passage_id for each in one.ranked] == [each.passage_id for each in other.ranked] and all(
        mine.score == pytest.approx(theirs.score, abs=1e-4)
        for mine, theirs in zip(one.ranked, other.ranked, strict=True)
    )


QUESTIONS = (
    "What is late interaction?",
    "Which papers are about sparse retrieval?",
    "How does SPLADE compare with BM25?",
    "transformers",
    "What did papers since 2023 find about long contexts?",
    "Does retrieval help with hallucination?",
)
HISTORY = (("user", "What is ColBERT?"), ("assistant", "A late interaction model."))


def ask_all(assistant: Assistant, questions: Sequence[str]) -> list[object]:
    """What questions, filters, lists, comparisons and a follow-up give."""
    library, encoder = assistant.library, assistant.encoder
    rankings: list[object] = [rank(library, encoder, question) for question in questions]
    rankings += [rank(library, encoder, question, weights=LISTING) for question in questions[:3]]
    rankings += [
        rank(library, encoder, question, filters=Filters(year_from=2022)) for question in questions[:3]
    ]
    rankings += [rank(library, encoder, questions[0], weights=FusionWeights(lexical=1, dense=0, late=0))]
    answers = [assistant.ask(question, llm=False) for question in questions[:4]]
    answers.append(assistant.ask("How fast is it?", history=HISTORY, llm=False))
    rankings += [json.dumps(shown(answer.to_dict()), sort_keys=True) for answer in answers]
    return rankings


def shown(answer: dict[str, object]) -> dict[str, object]:
    """An answer without its times, and with scores as far as they are promised."""
    answer.pop("timings_ms")
    retrieved = [{**each, "score": round(each["score"], 3)} for each in answer.pop("retrieved")]  # type: ignore[attr-defined]
    return {**answer, "retrieved": [each["paper_id"] for each in retrieved], "confidence": None}


def assert_same(library: Path, questions: Sequence[str], tmp_path: Path) -> None:
    with Assistant.open(library) as assistant:
        due = ask_all(assistant, questions)
    shutil.copytree(library, tmp_path / "library")
    for n_shards in (1, 2, 3, 8):
        reshard(tmp_path / "library", n_shards, Config.from_env())
        with Assistant.open(tmp_path / "library") as assistant:
            for was, is_now in zip(due, ask_all(assistant, questions), strict=True):
                if isinstance(was, Ranking):
                    assert isinstance(is_now, Ranking)
                    assert close(was, is_now), (n_shards, was.text)
                else:
                    assert is_now == was


def test_the_demo_papers_in_shards_are_ranked_and_answered_as_in_one(
    demo_library: Path, tmp_path: Path
) -> None:
    assert_same(demo_library, QUESTIONS, tmp_path)


def test_the_five_pages_in_shards_are_ranked_and_answered_as_in_one(
    pages_library: Path, shared_dir: Path, tmp_path: Path
) -> None:
    lines = (shared_dir / "eval" / "questions_dev.jsonl").read_text().splitlines()
    assert_same(pages_library, [json.loads(line)["question"] for line in lines[::12]], tmp_path)


def test_scifact_in_shards_is_ranked_as_in_one(shared_dir: Path, tmp_path: Path, config: Config) -> None:
    """A part of it, with a stand-in for the encoder: what differs is who sums and who sorts."""
    with (shared_dir / "eval" / "scifact" / "corpus.jsonl").open() as file:
        records = [json.loads(line) for _, line in zip(range(240), file, strict=False)]
    papers = [Paper(str(each["_id"]), each["title"], each["text"]) for each in records]
    queries = (shared_dir / "eval" / "scifact" / "queries.jsonl").read_text().splitlines()[::10]
    texts = [json.loads(line)["text"] for line in queries]
    pools = []
    for n_shards in (None, 1, 2, 3, 8):
        path = tmp_path / str(n_shards)
        with Library.open(path, replace(config, shards=n_shards), create=True) as library:
            library.add(papers, FakeEncoder())
            wanted = [PoolRequest(text, FakeEncoder().encode_query(text).vector, 32) for text in texts]
            pools.append(
                [{h.passage_id: (h.words, round(h.cosine, 5)) for h in library.pool(w)} for w in wanted]
            )
    assert all(pool == pools[0] for pool in pools[1:])


# What is stored in which shard, and what an ingest does


def test_papers_go_where_their_ids_say(sharded: Library, config: Config) -> None:
    for shard, path in enumerate(read(config.library).paths(config.library)):
        with Library.open(path, config) as part:
            assert [p.paper_id for p in part.papers()] == [
                paper.paper_id for paper in PAPERS if shard_of(paper.paper_id, 3) == shard
            ]
    assert sum(read(config.library).papers) == len(PAPERS)


def test_an_ingest_again_changes_and_encodes_nothing(sharded: Library) -> None:
    encoder = FakeEncoder()
    state = sharded.state
    assert sharded.add(PAPERS, encoder).unchanged == len(PAPERS)
    assert (encoder.n_encoded, sharded.state) == (0, state)


def test_duplicates_are_found_in_whatever_shard_they_are(config: Config) -> None:
    preprint = Paper("2101.00001", "One paper with a long title", "It says a thing.", ("A B",),
                     arxiv_id="2101.00001", sources=("a",))  # fmt: skip
    published = Paper("10.1/x", "One paper with a long title", "It says a thing.", ("A B",), doi="10.1/x",
                      venue="ACL", sources=("b",))  # fmt: skip
    assert shard_of("2101.00001", 8) != shard_of("10.1/x", 8)
    stored = []
    for n_shards in (None, 8):
        path = config.library / str(n_shards)
        with Library.open(path, replace(config, shards=n_shards), create=True) as library:
            library.add([preprint], FakeEncoder())
            assert library.rehearse([published]).updated == 1
            library.add([published], FakeEncoder())
            stored.append(list(library.papers()))
    assert stored[0] == stored[1]
    assert [paper.paper_id for paper in stored[0]] == ["2101.00001"]


def test_another_process_sees_what_was_added(
    sharded: Library, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexes, "_RELOAD_S", 0.0)
    with Library.open(config.library, config) as other:
        other.add([Paper("new", "A new one", "Zebras graze.")], FakeEncoder())
    sharded.refresh()
    assert sharded.n_papers == len(PAPERS) + 1
    assert [hit.passage_id for hit in sharded.matching("zebra", 3)] == ["new#0"]


def test_only_one_writes_and_only_with_the_librarys_encoder(sharded: Library, config: Config) -> None:
    with writing(config.library), pytest.raises(LibraryLocked):
        sharded.add(PAPERS[:1], FakeEncoder())
    with writing(read(config.library).paths(config.library)[1]), pytest.raises(LibraryLocked):
        sharded.add(PAPERS[:1], FakeEncoder())
    with pytest.raises(EncoderMismatch):
        sharded.add(PAPERS[:1], FakeEncoder("another"))
    with (
        Library.open(config.library, config, read_only=True) as read_only,
        pytest.raises(LibraryReadOnly),
    ):
        read_only.remove(["p1"])
    assert sharded.add(PAPERS, FakeEncoder()).unchanged == len(PAPERS)


def test_what_a_shard_lacks_is_repaired(sharded: Library, config: Config) -> None:
    sharded.close()
    shutil.rmtree(read(config.library).paths(config.library)[1] / "tokens")
    with Library.open(config.library, config) as library:
        assert library.status()["needs_repair"]
        assert library.repair(FakeEncoder()) > 0
        assert not library.status()["needs_repair"]
        assert library.verify().ok


# A shard that is gone


def test_without_a_shard_the_others_answer_and_say_what_is_lacking(sharded: Library, config: Config) -> None:
    counts = read(config.library).papers
    away = lose(config.library, 1)
    sharded.refresh()
    told = f"Part of the library is missing (shard 2 of 3): {counts[1]} of 40 papers were not searched."
    assert sharded.status()["lacking"] == told
    assert sharded.n_papers == 40 - counts[1]
    assert len(list(sharded.papers())) == 40 - counts[1]
    there = [paper.paper_id for paper in PAPERS if shard_of(paper.paper_id, 3) != 1]
    assert sharded.paper(there[0]) is not None
    assert sharded.candidates([f"{paper.paper_id}#0" for paper in PAPERS])[0].paper.paper_id in there
    for change in (lambda: sharded.add(PAPERS[:1], FakeEncoder()), lambda: sharded.remove(["p1"])):
        with pytest.raises(ShardMissing, match="shard 2 of 3 is missing"):
            change()
    assert read(config.library).papers == counts
    away.rename(away.with_suffix(""))
    sharded.refresh()
    assert sharded.status()["lacking"] is None
    assert sharded.n_papers == 40


def test_a_library_none_of_whose_shards_is_there_is_not_opened(sharded: Library, config: Config) -> None:
    sharded.close()
    for shard in range(3):
        lose(config.library, shard)
    with pytest.raises(ShardMissing, match="no shard of 3 can be opened"):
        Library.open(config.library, config)


def test_an_answer_says_which_part_it_lacks(demo_library: Path, tmp_path: Path) -> None:
    shutil.copytree(demo_library, tmp_path / "library")
    reshard(tmp_path / "library", 3, Config.from_env())
    lose(tmp_path / "library", 0)
    with Assistant.open(tmp_path / "library") as assistant:
        for question in (QUESTIONS[0], "How many papers do you have?"):
            answer = assistant.ask(question, llm=False)
            assert answer.notice is not None
            assert "(shard 1 of 3)" in answer.notice


# The manifest, cutting anew, and the commands


@pytest.mark.parametrize(
    ("content", "error"),
    [("{", LibraryDamaged), ('{"format": 99}', LibraryTooNew), ('{"format": 1}', LibraryDamaged),
     ('{"format": 1, "created": "", "folder": "../x", "papers": [1]}', LibraryDamaged)],
)  # fmt: skip
def test_a_manifest_that_cannot_be_used_is_told(
    sharded: Library, config: Config, content: str, error: type[Exception]
) -> None:
    (config.library / SHARDS).write_text(content)
    with pytest.raises(error):
        Library.open(config.library, config)


def test_shards_cut_anew_while_broken_off_leave_the_library_as_it_was(
    sharded: Library, config: Config
) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    before = (config.library / SHARDS).read_bytes()
    with pytest.raises(KeyboardInterrupt):
        reshard(config.library, 5, config, stop)
    assert (config.library / SHARDS).read_bytes() == before
    assert reshard(config.library, 2, config) == 40
    with Library.open(config.library, config) as library:
        assert list(library.papers()) == PAPERS
    assert len(list(config.library.glob("shards-*"))) == 1
    with pytest.raises(InputError, match="has 2 shards already"):
        reshard(config.library, 2, config)
    lose(config.library, 0)
    with pytest.raises(ShardMissing):
        reshard(config.library, 3, config)


def test_a_backup_holds_all_shards(sharded: Library, config: Config, tmp_path: Path) -> None:
    backup(config.library, tmp_path / "b.tar", config)
    restore(tmp_path / "b.tar", tmp_path / "again")
    with Library.open(tmp_path / "again", config) as again:
        assert list(again.papers()) == PAPERS
        assert again.verify().ok


def test_the_commands_work_on_shards_as_on_any_library(
    demo_library: Path, tmp_path: Path, rag: Callable[..., Outcome]
) -> None:
    library = tmp_path / "library"
    shutil.copytree(demo_library, library)
    plain = {name: rag(name, "--library", library).out for name in ("list", "export")}
    done = rag("shard", library, "--into", "3")
    assert (done.code, done.err) == (0, "")
    assert "papers in 3 shards" in done.out
    assert {name: rag(name, "--library", library).out for name in plain} == plain
    status = json.loads(rag("status", "--json", "--library", library).out)
    assert sum(shard["n_papers"] for shard in status["shards"]) == status["papers"]
    assert "shards" in rag("status", "--library", library).out
    first = plain["list"].split("\t")[0]
    assert rag("show", first, "--library", library).code == 0
    assert rag("remove", first, "--library", library).out == "removed 1 paper\n"
    refused = rag("shard", library, "--into", "3")
    assert (refused.code, "has 3 shards already" in refused.err) == (2, True)
    assert rag("shard", tmp_path / "none", "--into", "3").code == 2


def test_ingest_makes_shards_once(rag: Callable[..., Outcome], tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"id": "a", "title": "A title", "abstract": "An abstract."}\n')
    library = tmp_path / "library"
    assert rag("ingest", tmp_path / "a.jsonl", "--library", library, "--shards", "2").code == 0
    assert rag("ingest", tmp_path / "a.jsonl", "--library", library).out.startswith("0 added")
    refused = rag("ingest", tmp_path / "a.jsonl", "--library", library, "--shards", "4")
    assert refused.code == 2
    assert "rag shard" in refused.err


def test_a_large_shard_asks_its_vector_index(
    one: Library, sharded: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense_search, "EXACT_UP_TO", 0)
    vector = FakeEncoder().encode_query("number5").vector
    assert len(sharded.nearest(vector, 5)) == 5
