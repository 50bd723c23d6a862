"""The expanded documents of a library, beside its word index: which terms each has, and how heavy they are.

One file, `sparse/postings.npz`, written whole and derived: what it lacks is expanded by the next ingest, and
one that is damaged, or of another model, counts as empty. Scores are dot products of a question's terms with
a document's. Chroma has a sparse index of its own, but not where it runs on one machine: 1.5.9 says "Sparse
vector indexing is not enabled in local" to a schema that asks for one.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.encoder.sparse_encoder import SparseVector
from rag.files import write_bytes

FILE = Path("sparse") / "postings.npz"


@dataclass(frozen=True, slots=True)
class SparseDocument:
    """A passage to be kept: its id, the key of its text, and the text that is expanded."""

    passage_id: str
    text_key: int
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class _Postings:
    """Documents in rows. keys: uint64[n]; starts: int64[n + 1], where each one's terms begin in terms:
    int32[m] and weights: float16[m]. rows: int64[m], whose each is. by_term: int64[m], places by term."""

    passage_ids: tuple[str, ...]
    keys: NDArray[np.uint64]
    starts: NDArray[np.int64]
    terms: NDArray[np.int32]
    weights: NDArray[np.float16]
    rows: NDArray[np.int64]
    by_term: NDArray[np.int64]
    sorted_terms: NDArray[np.int32]


class SparseIndex:
    """Read by many, written by the ingest that holds the library's lock. Safe to share between threads."""

    def __init__(self, library: Path, model: str) -> None:
        self._path = library / FILE
        self._model = model
        self._known: tuple[tuple[int, int], _Postings] | None = None

    def __len__(self) -> int:
        return len(self._postings.passage_ids)

    def search(self, query: SparseVector, n: int) -> dict[str, float]:
        """The `n` best passages that have a term of the query, with their scores, best first."""
        postings = self._postings
        scores = _scores(postings, query)
        best = np.argsort(-scores, kind="stable")[:n].tolist()
        return {postings.passage_ids[row]: float(scores[row]) for row in best if scores[row] > 0}

    def scores(self, query: SparseVector, passage_ids: Sequence[str]) -> NDArray[np.float32]:
        """The scores of these passages; 0 of one that is not kept. float32[n]"""
        postings = self._postings
        every = _scores(postings, query)
        rows = {passage_id: row for row, passage_id in enumerate(postings.passage_ids)}
        found = (rows.get(passage_id) for passage_id in passage_ids)
        return np.array([0.0 if row is None else every[row] for row in found], np.float32)

    def update(
        self,
        documents: Sequence[SparseDocument],
        expand: Callable[[Sequence[str]], Iterator[SparseVector]],
    ) -> int:
        """Keep these documents and no others; what is kept already is not expanded again. Returns how many
        were expanded."""
        held = self._postings
        rows = {int(key): row for row, key in enumerate(held.keys)}
        missing = [each for each in documents if each.text_key not in rows]
        same = len(documents) == len(held.keys) and not missing
        if same and tuple(each.passage_id for each in documents) == held.passage_ids:
            return 0
        new = dict(zip((each.text_key for each in missing), expand([e.text for e in missing]), strict=True))
        vectors = [new.get(each.text_key) or _row(held, rows[each.text_key]) for each in documents]
        self._write(documents, vectors)
        return len(missing)

    def _write(self, documents: Sequence[SparseDocument], vectors: Sequence[SparseVector]) -> None:
        file = io.BytesIO()
        np.savez(
            file,
            model=np.frombuffer(self._model.encode(), np.uint8),
            ids=np.frombuffer("\n".join(each.passage_id for each in documents).encode(), np.uint8),
            keys=np.array([each.text_key for each in documents], np.uint64),
            starts=np.cumsum([0, *(len(each.terms) for each in vectors)], dtype=np.int64),
            terms=np.concatenate([np.empty(0, np.int32), *(each.terms for each in vectors)]),
            weights=np.concatenate([np.empty(0, np.float32), *(each.weights for each in vectors)]).astype(
                np.float16
            ),
        )
        self._path.parent.mkdir(exist_ok=True)
        write_bytes(self._path, file.getvalue())

    @property
    def _postings(self) -> _Postings:
        if not self._path.is_file():
            return _EMPTY
        state = self._path.stat()
        stamp = state.st_size, state.st_mtime_ns
        if self._known is None or self._known[0] != stamp:
            self._known = stamp, _read(self._path, self._model)
        return self._known[1]


def _read(path: Path, model: str) -> _Postings:
    """What a file holds; nothing where it is damaged or another model's."""
    try:
        with np.load(io.BytesIO(path.read_bytes())) as file:
            if file["model"].tobytes().decode() != model:
                return _EMPTY
            ids = file["ids"].tobytes().decode()
            starts, terms = file["starts"], file["terms"]
            by_term = np.argsort(terms, kind="stable")
            return _Postings(
                tuple(ids.split("\n")) if ids else (),
                file["keys"],
                starts,
                terms,
                file["weights"],
                np.repeat(np.arange(len(starts) - 1), np.diff(starts)),
                by_term,
                terms[by_term],
            )
    except (ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile):
        return _EMPTY


def _row(postings: _Postings, row: int) -> SparseVector:
    span = slice(postings.starts[row], postings.starts[row + 1])
    return SparseVector(postings.terms[span], postings.weights[span].astype(np.float32))


def _scores(postings: _Postings, query: SparseVector) -> NDArray[np.float32]:
    """float32[n_documents]"""
    scores = np.zeros(len(postings.passage_ids), np.float32)
    begins = np.searchsorted(postings.sorted_terms, query.terms, "left")
    ends = np.searchsorted(postings.sorted_terms, query.terms, "right")
    for weight, begin, end in zip(query.weights, begins, ends, strict=True):
        places = postings.by_term[begin:end]
        scores[postings.rows[places]] += weight * postings.weights[places].astype(np.float32)
    return scores


_EMPTY = _Postings(
    (),
    np.empty(0, np.uint64),
    np.zeros(1, np.int64),
    np.empty(0, np.int32),
    np.empty(0, np.float16),
    np.empty(0, np.int64),
    np.empty(0, np.int64),
    np.empty(0, np.int32),
)
