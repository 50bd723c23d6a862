"""A short run of `make fuzz`, and hypothesis on each reader: whatever comes, papers and skips come out."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.readers import FORMATS, read_papers
from rag.records import Paper
from tests.helpers.damage import TOKENS
from tests.stress.fuzz import check, fuzz

QUICK = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
PIECES = st.lists(st.sampled_from(TOKENS) | st.binary(max_size=12), max_size=30).map(b"".join)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KEYS = [
    "id",
    "_id",
    "title",
    "abstract",
    "text",
    "authors",
    "year",
    "venue",
    "doi",
    "url",
    "keywords",
    "paperId",
]
KEYS += [
    "externalIds",
    "authorships",
    "abstract_inverted_index",
    "primary_location",
    "authors_parsed",
    "versions",
]
KEYS += ["DOI", "author", "issued", "container-title", "journal", "paper_id"]


def test_some_hundred_damaged_files_break_no_rule() -> None:
    tally = fuzz(400, seed=7)
    assert sum(tally.inputs.values()) == 400
    assert tally.found["Paper"] > 400
    assert tally.found["Skip"] > 400


@pytest.mark.parametrize("format", [*FORMATS, None])
@given(data=PIECES)
@QUICK
def test_any_bytes_give_papers_skips_or_one_clear_error(
    tmp_path: Path, format: str | None, data: bytes
) -> None:
    path = tmp_path / "x"
    path.write_bytes(data)
    check(path, format, Counter())


@given(records=st.lists(st.dictionaries(st.sampled_from(KEYS), JSON, max_size=8), min_size=1, max_size=4))
@QUICK
@pytest.mark.parametrize("as_lines", [True, False])
def test_json_of_any_shape_is_one_entry_a_record(
    tmp_path: Path, records: list[dict[str, object]], as_lines: bool
) -> None:
    path = tmp_path / "x"
    path.write_text("\n".join(map(json.dumps, records)) if as_lines else json.dumps(records))
    check(path, "jsonl" if as_lines else "json", Counter())
    assert len(list(read_papers(path, format="jsonl" if as_lines else "json"))) == len(records)


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=8)


@given(title=st.lists(WORDS, min_size=1, max_size=6), abstract=st.lists(WORDS, min_size=1, max_size=20))
@QUICK
def test_json_lines_give_back_the_very_text(tmp_path: Path, title: list[str], abstract: list[str]) -> None:
    path = tmp_path / "x"
    path.write_text(json.dumps({"title": " ".join(title), "abstract": " ".join(abstract)}))
    [paper] = read_papers(path)
    assert isinstance(paper, Paper)
    assert (paper.title, paper.abstract) == (" ".join(title), " ".join(abstract))
