"""The word index: BM25 over passages with their titles (tantivy), which passages pass a filter, and where the
token store holds them.

Derived: all of it can be made again from Chroma (rag/index/passage_store.py), whose stamp it carries. Text
is folded before it is indexed and before it is searched (rag/text/folding.py). A user's words never meet a
query language: queries are built from terms.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tantivy import DocAddress, Index, Occur, Query

from rag.errors import IndexDamaged
from rag.files import disk_fault, read_json, write_json
from rag.index.bm25 import WordQuery, WordStatistics, idf, scores, weigh
from rag.index.filter_query import Selection, filter_query
from rag.index.seals import broken, read_seal, seal
from rag.index.word_index_loading import Loading, PassagesAt
from rag.index.word_index_schema import EVERY, FORM, IndexedPassage, document, english, schema
from rag.papers.duplicates import keys
from rag.records import Filters, Paper
from rag.text.folding import fold

_STAMP = "stamp.json"
_HEAP_BYTES = 30_000_000
_SPARE, _MOST = 16, 2000
"""Passages asked of tantivy beyond those wanted, and how many at most to find where equal scores end: a
fetched passage takes some 10 microseconds."""
_ROUNDING = 1 + 1e-4
"""tantivy sums in float32."""
_SYSTEM_ERROR = re.compile(r"\b(?:code:|os error) (\d+)")


@dataclass(frozen=True, slots=True)
class WordHit:
    """A passage with its BM25, 0 where no word occurs; its key in the token store, and where in the text kept
    there (rag.papers.passages.passage_text) the passage begins, its title standing before it."""

    passage_id: str
    score: float
    text_key: int
    text_start: int


class Lexical:
    """One folder of tantivy's. Searching may go on in other processes while one of them writes."""

    def __init__(self, folder: Path, index: Index) -> None:
        self._folder = folder
        self._index = index
        self._schema = index.schema
        self._analyzer = english()
        index.register_tokenizer("english", self._analyzer)
        index.config_reader("manual")
        self.reload()

    @classmethod
    def create(cls, folder: Path) -> Lexical:
        """An empty index in place of whatever is there."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return cls(folder, Index(schema(), path=str(folder)))

    @classmethod
    def open(cls, folder: Path) -> Lexical:
        """The index in `folder`. Raises IndexDamaged: missing, of another form, or not as sealed."""
        stamped = read_json(folder / _STAMP) or {}
        if stamped.get("form") != FORM:
            raise IndexDamaged(f"no word index of this version in {folder}")
        if files := [name for name in broken(folder, read_seal(stamped["seal"])) if (folder / name).exists()]:
            raise IndexDamaged(f"the word index in {folder} is damaged: {', '.join(files)}")
        with _faults(folder):
            return cls(folder, Index.open(str(folder)))

    def reload(self) -> None:
        """See what was committed since, here or by another process."""
        with _faults(self._folder):
            self._index.reload()
            self._loading = Loading(self._index.searcher())

    @property
    def loading(self) -> Loading:
        """Another one after each `reload`, or change."""
        return self._loading

    @property
    def stamp(self) -> int | None:
        """The stamp of Chroma's that this index has caught up with, or None."""
        stamped = read_json(self._folder / _STAMP)
        return stamped["stamp"] if stamped else None

    @property
    def n_passages(self) -> int:
        return self._loading.n_passages

    @property
    def n_papers(self) -> int:
        loading = self._loading
        if loading.n_papers is None:
            first = loading.searcher.search(Query.term_query(self._schema, "ordinal", 0), limit=1)
            loading.n_papers = int(first.count)  # type: ignore[attr-defined]  # missing in the stubs alone
        return loading.n_papers

    def paper_ids(self) -> list[str]:
        """Ids of all papers, sorted."""
        return sorted(self._terms("paper"))

    def text_keys(self) -> NDArray[np.uint64]:
        """Under what keys the token store holds the passages, in no order. uint64[n_passages]"""
        loading = self._loading
        found = loading.searcher.search(Query.all_query(), limit=max(1, loading.n_passages), count=False).hits
        return loading.column("text_key", [address for _, address in found])

    def sum_of_text_keys(self) -> float:
        """Of `text_keys`, in some milliseconds a million."""
        summed = self._loading.searcher.aggregate(Query.all_query(), {"keys": {"sum": {"field": "text_key"}}})
        return float(summed["keys"]["value"])

    def versions(self) -> set[str]:
        """What is indexed: `version` of every passage."""
        return set(self._terms("version"))

    def statistics(self, text: str) -> WordStatistics:
        """How many passages there are, and how many have each word of `text`; none removed counts."""
        return self._statistics(self._loading, self._analyzer.analyze(fold(text)))

    def search(
        self,
        text: str,
        n: int,
        selection: Selection | None = None,
        statistics: WordStatistics | None = None,
    ) -> list[WordHit]:
        """The `n` best passages for the words of `text`, best first, equals by id; only selected ones.

        statistics: those of all shards, where this index is one; by default its own.
        """
        terms = Counter(self._analyzer.analyze(fold(text)))
        if not terms or n < 1:
            return []
        loading = self._loading
        query = weigh(terms, statistics or self._statistics(loading, terms))
        words = wanted = self._words(loading, terms, query)
        if selection:
            wanted = Query.boolean_query([(Occur.Must, words), (Occur.Must, selection.query)])
        asked = n + _SPARE
        while True:
            found = loading.searcher.search(wanted, limit=asked, count=False).hits
            hits = _hits(loading, [address for _, address in found], query)
            hits.sort(key=lambda hit: (-hit.score, hit.passage_id))
            if len(found) < asked or asked >= _MOST:
                return hits[:n]
            # tantivy goes by the average length of this index, and counts what was removed.
            stretch = max(1.0, query.average_length / _average_length(loading, words, found[0][1]))
            if found[-1][0] * stretch * _ROUNDING < hits[n - 1].score:
                return hits[:n]
            asked *= 2

    def look_up(
        self, text: str, passage_ids: Sequence[str], statistics: WordStatistics | None = None
    ) -> list[WordHit]:
        """These passages in no order, without those not indexed, scored as `search` scores them."""
        if not passage_ids:
            return []
        terms = Counter(self._analyzer.analyze(fold(text)))
        loading = self._loading
        found = loading.searcher.search(self._among(passage_ids), limit=len(passage_ids), count=False).hits
        query = weigh(terms, statistics or self._statistics(loading, terms))
        return _hits(loading, [address for _, address in found], query)

    def select(self, filters: Filters) -> Selection:
        """The passages of papers that pass (as `rag.papers.filters.matches` means it).

        A condition on the abstract is not looked at here.
        """
        return self._selection(filter_query(self._schema, filters, self._terms))

    def select_ids(self, passage_ids: Sequence[str]) -> Selection:
        """These passages."""
        return self._selection(self._among(passage_ids) if passage_ids else Query.empty_query())

    def passing(self, selection: Selection, passage_ids: Sequence[str]) -> set[str]:
        """Those of these passages that are selected."""
        query = Query.boolean_query([(Occur.Must, self._among(passage_ids)), (Occur.Must, selection.query)])
        loading = self._loading
        found = loading.searcher.search(query, limit=max(1, len(passage_ids)), count=False).hits
        return set(loading.ids_at(address for _, address in found))

    def selected(self, selection: Selection) -> tuple[PassagesAt, NDArray[np.uint64]]:
        """All selected passages, in no order, and their keys in the token store. uint64[n]"""
        loading = self._loading
        n = max(1, selection.n_passages)
        found = loading.searcher.search(selection.query, limit=n, count=False).hits
        addresses = [address for _, address in found]
        return PassagesAt(loading, addresses), loading.column("text_key", addresses)

    def alike(self, papers: Sequence[Paper], n: int) -> list[str]:
        """The first passages of `n` papers that may be one of these (rag.papers.duplicates.keys), in no
        order."""
        shared = list({key for paper in papers for key in keys(paper)})
        if not shared or n < 1:
            return []
        query = Query.term_set_query(self._schema, "likeness", shared)
        loading = self._loading
        found = loading.searcher.search(query, limit=n, count=False).hits
        return loading.ids_at(address for _, address in found)

    def write(self, entries: Iterable[IndexedPassage], without: Iterable[str], stamp: int | None) -> None:
        """Index passages in place of their papers' old ones, remove the papers `without`, set the stamp."""
        entries = list(entries)
        with _faults(self._folder):
            writer = self._index.writer(heap_size=_HEAP_BYTES, num_threads=1)
            for paper_id in {*without, *(entry.passage.paper_id for entry in entries)}:
                writer.delete_documents_by_term("paper", paper_id)
            for entry in entries:
                writer.add_document(document(entry, self._analyzer))
            writer.commit()
            writer.wait_merging_threads()
        if stamp is not None:
            self.set_stamp(stamp)
        self.reload()

    def tidy(self) -> None:
        """Throw away files that a killed writer left: tantivy fails on names that are in use."""
        with _faults(self._folder):
            writer = self._index.writer(heap_size=_HEAP_BYTES, num_threads=1)
            writer.garbage_collect_files()
            writer.wait_merging_threads()

    def set_stamp(self, stamp: int) -> None:
        """Say that the index has caught up with Chroma at `stamp`, and seal its files."""
        known = read_seal((read_json(self._folder / _STAMP) or {}).get("seal"))
        sealed = seal(self._folder, "*.*", known=known)
        sealed = {name: was for name, was in sealed.items() if not name.endswith((".json", ".lock"))}
        write_json(self._folder / _STAMP, {"form": FORM, "stamp": stamp, "seal": sealed})

    def _terms(self, field: str) -> list[str]:
        """The field's terms, in no order; without a filter those only of removed passages would be there."""
        found = self._loading.searcher.terms_with_prefix(field, "", filter_query=Query.all_query())
        return [term for term, _ in found]

    def _statistics(self, loading: Loading, terms: Iterable[str]) -> WordStatistics:
        if loading.n_words is None:
            summed = loading.searcher.aggregate(Query.all_query(), {"n": {"sum": {"field": "n_words"}}})
            loading.n_words = int(summed["n"]["value"])
        df = {term: self._df(loading, term) for term in {*terms}}
        return WordStatistics(loading.n_passages, loading.n_words, df)

    def _df(self, loading: Loading, term: str) -> int:
        """Passages that have the term. tantivy's own count is quicker, but still has those removed."""
        if term not in loading.df:
            if loading.searcher.doc_freq("every", EVERY) == loading.n_passages:
                return int(loading.searcher.doc_freq("text", term))
            found = loading.searcher.search(Query.term_query(self._schema, "text", term, "freq"), limit=1)
            loading.df[term] = int(found.count)  # type: ignore[attr-defined]  # missing in the stubs alone
        return loading.df[term]

    def _words(self, loading: Loading, terms: Iterable[str], query: WordQuery) -> Query:
        """An OR over the terms, boosted so that tantivy weighs each as `query` does."""
        n_all = int(loading.searcher.doc_freq("every", EVERY))
        clauses = []
        for term in terms:
            own = idf(n_all, int(loading.searcher.doc_freq("text", term)))
            word = Query.term_query(self._schema, "text", term, "freq")
            clauses.append((Occur.Should, Query.boost_query(word, query.weights[term] / own)))
        return Query.boolean_query(clauses)

    def _selection(self, query: Query) -> Selection:
        found = self._loading.searcher.search(query, limit=1)
        return Selection(query, int(found.count))  # type: ignore[attr-defined]  # missing in the stubs alone

    def _among(self, passage_ids: Sequence[str]) -> Query:
        return Query.const_score_query(Query.term_set_query(self._schema, "passage_id", passage_ids), 0)


def _hits(loading: Loading, addresses: list[DocAddress], query: WordQuery) -> list[WordHit]:
    documents = [loading.searcher.doc(address) for address in addresses]
    packed = [bytes(document.get_first("counts") or b"") for document in documents]
    keys = loading.column("text_key", addresses).tolist()
    starts = loading.column("text_start", addresses).tolist()
    columns = zip(documents, scores(query, packed).tolist(), keys, starts, strict=True)
    return [WordHit(str(d.get_first("passage_id")), score, key, start) for d, score, key, start in columns]


def _average_length(loading: Loading, words: Query, address: DocAddress) -> float:
    """The average length of a passage that tantivy goes by; it says so where it explains a score."""
    if loading.average_length is None:
        explained = json.loads(words.explain(loading.searcher, address).to_json())
        loading.average_length = _explained(explained, "avgdl")
    return loading.average_length or 1.0


def _explained(explanation: dict[str, Any], name: str) -> float | None:
    """The value that an explanation of a score gives to `name`, wherever it stands in it."""
    if explanation["description"].startswith(f"{name},"):
        return float(explanation["value"])
    found = (_explained(part, name) for part in explanation.get("details", ()))
    return next((value for value in found if value is not None), None)


@contextmanager
def _faults(folder: Path) -> Iterator[None]:
    """Turn tantivy's errors into ours: all are ValueErrors, with the system's error number in their text."""
    try:
        yield
    except (ValueError, OSError) as error:
        if number := _SYSTEM_ERROR.search(str(error)):
            code = int(number[1])
            raise disk_fault(folder.parent, OSError(code, os.strerror(code))) from error
        raise IndexDamaged(f"the word index in {folder} is damaged: {error}") from error
