"""The learned sparse leg: documents say more words than they hold, and questions need no model."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rag import Assistant
from rag.config import Config
from rag.encoder.sparse_encoder import BESIDE, MOST_TERMS, SparseEncoder
from rag.errors import WeightsError
from rag.index.sparse_index import FILE, SparseDocument, SparseIndex
from rag.records import Filters, Paper
from tests.conftest import Outcome
from tests.helpers.tiny_models import SPECIAL, write_sparse_encoder

WORDS = ["heart", "cardiac", "attack", "arrest", "lung", "the"]
PAPERS = [
    Paper("heart", "Of the heart", "An attack.", year=2020),
    Paper("lung", "Of the lung", "An infection.", year=2024),
    *(Paper(f"other{n}", f"Title {n}", "Nothing else.") for n in range(3)),
]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    write_sparse_encoder(tmp_path / "model", WORDS, {"heart": ("cardiac",), "attack": ("arrest",)})
    return tmp_path / "model"


@pytest.fixture
def encoder(model: Path, config: Config) -> SparseEncoder:
    return SparseEncoder.load(replace(config, sparse=str(model)))


def terms(word: str) -> int:
    return len(SPECIAL) + WORDS.index(word)


def test_a_document_has_weights_for_words_that_do_not_stand_in_it(encoder: SparseEncoder) -> None:
    (vector, empty) = encoder.encode_documents(["The heart heart", "words unknown to it"])
    weights = dict(zip(vector.terms.tolist(), vector.weights.tolist(), strict=True))
    assert weights == pytest.approx({terms("heart"): 1.0, terms("cardiac"): 0.5, terms("the"): 1.0})
    assert len(empty.terms) == 0
    assert len(vector.terms) <= MOST_TERMS


def test_a_questions_pieces_count_the_same_without_a_table_and_as_it_says_with_one(
    encoder: SparseEncoder, model: Path, config: Config
) -> None:
    assert encoder.encode_query("the cardiac cardiac").weights.tolist() == [1.0, 1.0]
    (model / "idf.json").write_text(json.dumps({"cardiac": 4.0, "lung": 2.0}))
    weighed = SparseEncoder.load(replace(config, sparse=str(model))).encode_query("the cardiac")
    assert (weighed.terms.tolist(), weighed.weights.tolist()) == ([terms("cardiac")], [4.0])
    (model / "idf.json").unlink()
    (model / "query_token_weights.txt").write_text("cardiac\t3.5\n")
    weighed = SparseEncoder.load(replace(config, sparse=str(model))).encode_query("the cardiac")
    assert weighed.weights.tolist() == [3.5]


def test_a_model_may_ask_for_its_output_to_be_dampened_twice(model: Path, config: Config) -> None:
    folder = model / Path(BESIDE[2]).parent
    folder.mkdir()
    (folder / "config.json").write_text('{"activation_function": "log1p_relu"}')
    (vector,) = SparseEncoder.load(replace(config, sparse=str(model))).encode_documents(["lung"])
    assert vector.weights == pytest.approx([np.log1p(1.0)])


@pytest.mark.parametrize("content", ["[", "[]"])
def test_a_damaged_table_is_told(content: str, model: Path, config: Config) -> None:
    (model / "idf.json").write_text(content)
    with pytest.raises(WeightsError, match=r"idf\.json"):
        SparseEncoder.load(replace(config, sparse=str(model)))


def documents(*texts: str) -> list[SparseDocument]:
    return [SparseDocument(f"{text}#0", hash(text) % 2**60, text) for text in texts]


def test_what_is_kept_is_not_expanded_again_and_what_is_gone_is_forgotten(
    encoder: SparseEncoder, tmp_path: Path
) -> None:
    index = SparseIndex(tmp_path, encoder.fingerprint)
    query = encoder.encode_query("cardiac lung")
    assert index.search(query, 5) == {}
    assert index.update(documents("heart", "the", "lung"), encoder.encode_documents) == 3
    assert list(index.search(query, 5)) == ["lung#0", "heart#0"]
    assert index.scores(query, ["heart#0", "gone#0", "the#0"]) == pytest.approx([0.5, 0, 0], abs=1e-3)
    assert index.update(documents("heart", "the", "lung"), encoder.encode_documents) == 0
    assert index.update(documents("the", "arrest", "heart"), encoder.encode_documents) == 1
    assert list(SparseIndex(tmp_path, encoder.fingerprint).search(query, 5)) == ["heart#0"]


def test_a_file_that_is_damaged_or_another_models_counts_as_empty(
    encoder: SparseEncoder, tmp_path: Path
) -> None:
    index = SparseIndex(tmp_path, encoder.fingerprint)
    index.update(documents("heart"), encoder.encode_documents)
    assert len(SparseIndex(tmp_path, "another:1")) == 0
    whole = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(whole[: len(whole) // 2])
    assert len(index) == 0
    assert index.update(documents("heart"), encoder.encode_documents) == 1


@pytest.fixture
def assistant(config: Config, model: Path) -> Assistant:
    assistant = Assistant.open(config=replace(config, sparse=str(model)), create=True)
    assistant.add(PAPERS)
    return assistant


def test_an_ingest_expands_and_a_search_finds_by_the_words_added(assistant: Assistant) -> None:
    assert assistant.sparse is not None
    assert assistant.sparse.find("cardiac", 9) == ("heart#0",)
    plain = Assistant(assistant.library, assistant.encoder, replace(assistant.config, sparse=None))
    scores = [
        {each.paper.paper_id: each.score for each in by.search("cardiac arrest")} for by in (plain, assistant)
    ]
    assert scores[1]["heart"] > scores[0]["heart"]
    assert assistant.sparse.update(assistant.library) == 0
    by_words = [each.paper.paper_id for each in assistant.search("lung", mode="lexical")]
    assert by_words == [each.paper.paper_id for each in plain.search("lung", mode="lexical")]


def test_filters_hold_for_what_the_sparse_leg_finds(assistant: Assistant) -> None:
    found = assistant.search("cardiac", filters=Filters(year_from=2022))
    assert [each.paper.paper_id for each in found] == ["lung"]


def test_the_command_line_expands_what_it_ingests(
    rag: Callable[..., Outcome], model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAG_SPARSE", str(model))
    papers = tmp_path / "papers.jsonl"
    papers.write_text('{"id": "a", "title": "Heart", "abstract": "An attack."}\n')
    library = tmp_path / "library"
    assert rag("ingest", papers, "--library", library).code == 0
    assert (library / FILE).is_file()
    monkeypatch.setenv("RAG_SPARSE", str(tmp_path / "nowhere"))
    outcome = rag("search", "heart", "--library", library)
    assert outcome.code == 2
    assert "RAG_SPARSE" in outcome.err
