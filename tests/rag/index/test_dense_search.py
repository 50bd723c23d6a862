"""The dense leg under a filter gives what comparing every vector gives, whichever way it takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from rag.config import Config
from rag.index import dense_search
from rag.index.dense_search import compare_all, nearest
from rag.index.indexes import Indexes, open_indexes
from rag.library.ingest import FolderTarget, ingest
from rag.library.library import Library
from rag.records import Filters, Paper
from tests.helpers.fakes import FakeEncoder

PAPERS = [Paper(f"p{i}", f"Title {i}", f"It speaks of number{i} alone.", year=1900 + i) for i in range(120)]


@pytest.fixture(scope="module")
def indexes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Indexes]:
    folder = tmp_path_factory.mktemp("library")
    opened = open_indexes(folder, replace(Config.from_env({}), library=folder), read_only=False)
    ingest(FolderTarget(opened, FakeEncoder()), PAPERS)
    yield opened
    opened.dense.close()


@pytest.mark.parametrize("few", [0, 2000], ids=["asked for more", "compared one by one"])
@pytest.mark.parametrize("last_year", [1899, 1900, 1910, 1960, 2018, 2100])
def test_the_nearest_of_those_that_pass(
    indexes: Indexes, few: int, last_year: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense_search, "_FEW", few)
    monkeypatch.setattr(dense_search, "_HIT_COST", few / 1000)
    vector = FakeEncoder().encode_query("number5 and number77").vector
    everything = dict(indexes.dense.query(vector, len(PAPERS)))
    passing = {f"{p.paper_id}#0" for p in PAPERS if p.year is not None and p.year <= last_year}
    due = [passage_id for passage_id in everything if passage_id in passing][:10]
    found = nearest(indexes, vector, 10, indexes.lexical.select(Filters(year_to=last_year)))
    assert [passage_id for passage_id, _ in found] == due
    assert [cosine for _, cosine in found] == pytest.approx([everything[id] for id in due], abs=1e-5)


def test_in_a_large_library_without_a_filter_the_vector_index_answers(
    indexes: Indexes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense_search, "EXACT_UP_TO", len(PAPERS) - 1)
    vector = np.ones(384, np.float32)
    assert nearest(indexes, vector, 7) == indexes.dense.query(vector, 7)


def test_in_a_small_one_every_vector_is_compared(indexes: Indexes) -> None:
    vector = FakeEncoder().encode_query("number5 and number77").vector
    every = compare_all(indexes, vector, 7, indexes.lexical.select(Filters()))
    found = nearest(indexes, vector, 7)
    assert [passage_id for passage_id, _ in found] == [passage_id for passage_id, _ in every]
    assert [cosine for _, cosine in found] == pytest.approx([cosine for _, cosine in every], abs=1e-6)


def test_a_change_between_comparing_vectors_and_reading_ids_is_seen_whole_or_not_at_all(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address in the word index is another passage's, or nobody's, once the index was loaded again."""
    with Library.open(config.library, config, create=True) as library:
        for start in range(0, 12, 4):
            library.add(PAPERS[start : start + 4], FakeEncoder())
        vector = FakeEncoder().encode_query("Title 9\nIt speaks of number9 alone.").vector
        due, best = library.nearest(vector, 3), dense_search._best

        def after_a_change(*args: Any) -> Any:
            library.remove(["p0", "p5"])
            library.remove(["p7", "p8"])
            return best(*args)

        monkeypatch.setattr(dense_search, "_best", after_a_change)
        assert library.nearest(vector, 3) == due
