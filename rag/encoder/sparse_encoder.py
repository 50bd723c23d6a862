"""A learned sparse encoder of the user's choice (RAG_SPARSE): documents expanded by a model, questions not.

After SPLADE v2's document encoder and inference-free sparse retrieval: a masked language model says of every
word piece of its vocabulary how much a document is about it, also of pieces that do not stand in it. A
question is its own pieces, each with a weight from a table that comes with the model, so no model runs when
something is asked. Where the weights are kept is rag/index/sparse_index.py's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from rag.config import Config
from rag.encoder.model_folder import ModelFolder, find_model, read_object
from rag.encoder.onnx_session import memory_faults, n_cores, open_session, padded_batches
from rag.errors import WeightsError

MOST_TERMS = 192
"""Terms kept of a document, the heaviest; published document encoders give 100 to 350. Chosen by hand."""
BESIDE = (
    "idf.json",
    "query_token_weights.txt",
    "1_SpladePooling/config.json",
    "document_1_SpladePooling/config.json",
)
"""Files beside the graph: weights of a question's pieces, and what is done to the graph's output."""
_BATCH_TOKENS = 2048
_INPUTS = {"input_ids", "attention_mask", "token_type_ids"}


@dataclass(frozen=True, slots=True, eq=False)
class SparseVector:
    """Weights above zero by term. terms: int32[n], ascending; weights: float32[n]."""

    terms: NDArray[np.int32]
    weights: NDArray[np.float32]


class SparseEncoder:
    """Texts in, `SparseVector`s out. Safe to share between threads. The graph opens with the first text."""

    def __init__(self, model: ModelFolder) -> None:
        self.fingerprint = model.fingerprint
        self._model = model
        self._tokenizer = Tokenizer.from_file(str(model.tokenizer))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(model.max_tokens)
        folder = model.tokenizer.parent
        self._twice = _activation(folder) == "log1p_relu"
        self._query_weights = _query_weights(folder)

    @classmethod
    def load(cls, config: Config) -> SparseEncoder:
        """The model that RAG_SPARSE names. Raises WeightsError where it cannot be used."""
        return cls(find_model(str(config.sparse), config, "RAG_SPARSE", BESIDE))

    def encode_query(self, text: str) -> SparseVector:
        """The pieces of a question with their weights; pieces without a weight in the table count 1 where
        there is no table, and nothing where there is one."""
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        pieces = dict(zip(encoding.ids, encoding.tokens, strict=True))
        table = self._query_weights
        weighed = {term: table.get(piece, 0.0) if table else 1.0 for term, piece in pieces.items()}
        terms = np.array(sorted(term for term, weight in weighed.items() if weight > 0), np.int32)
        return SparseVector(terms, np.array([weighed[int(term)] for term in terms], np.float32))

    def encode_documents(self, texts: Sequence[str]) -> Iterator[SparseVector]:
        """The MOST_TERMS heaviest terms of each text, in order. What does not fit the model is not seen."""
        encodings = self._tokenizer.encode_batch(list(texts))
        found: dict[int, SparseVector] = {}
        for batch in padded_batches([len(each.ids) for each in encodings], _BATCH_TOKENS):
            found |= zip(batch, self._run([encodings[i] for i in batch]), strict=True)
        return (found[i] for i in range(len(encodings)))

    def _run(self, encodings: list[Encoding]) -> list[SparseVector]:
        shape = len(encodings), max(len(each.ids) for each in encodings)
        ids, mask = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        for row, encoding in enumerate(encodings):
            ids[row, : len(encoding.ids)] = encoding.ids
            mask[row, : len(encoding.ids)] = 1
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        session = self._session
        taken = {each.name: given[each.name] for each in session.get_inputs()}
        with memory_faults():
            (logits,) = session.run([_output(session, self._model).name], taken)
        if logits.ndim == 3:
            logits = np.where(mask[:, :, None] > 0, logits, -np.inf).max(axis=1)
        weights = np.log1p(np.maximum(logits, 0))
        weights = np.log1p(weights) if self._twice else weights
        for row, encoding in enumerate(encodings):
            special = np.array(encoding.special_tokens_mask, bool)
            weights[row, np.array(encoding.ids)[special]] = 0
        return [_heaviest(row) for row in weights]

    @cached_property
    def _session(self) -> ort.InferenceSession:
        session = open_session(self._model.graph, n_cores(), WeightsError, spins=False)
        _output(session, self._model)
        return session


def _heaviest(weights: NDArray[np.float32]) -> SparseVector:
    terms = np.argsort(-weights, kind="stable")[:MOST_TERMS]
    terms = np.sort(terms[weights[terms] > 0])
    return SparseVector(terms.astype(np.int32), weights[terms].astype(np.float32))


def _output(session: ort.InferenceSession, model: ModelFolder) -> ort.NodeArg:
    """The output with a value for every word piece. Raises WeightsError where there is none."""
    unknown = {each.name for each in session.get_inputs()} - _INPUTS
    found = next((each for each in session.get_outputs() if len(each.shape or ()) in (2, 3)), None)
    if unknown or found is None:
        lack = f"asks for {', '.join(sorted(unknown))}" if unknown else "gives no value a word piece"
        raise WeightsError(f"RAG_SPARSE: {model.graph} {lack}; use an export for masked language modelling")
    return found


def _activation(folder: Path) -> str:
    """What is done to the graph's output: log(1 + relu), or that twice ("log1p_relu")."""
    for name in BESIDE[2:]:
        if (path := folder / name).is_file():
            return str(read_object(path, "RAG_SPARSE").get("activation_function") or "relu")
    return "relu"


def _query_weights(folder: Path) -> Mapping[str, float]:
    """The weights of a question's pieces; none where every piece counts the same."""
    listed, table = folder / BESIDE[0], folder / BESIDE[1]
    if listed.is_file():
        return _numbers(listed, read_object(listed, "RAG_SPARSE").items())
    if not table.is_file():
        return {}
    pairs = (line.rpartition("\t") for line in table.read_text(encoding="utf-8").splitlines())
    return _numbers(table, ((piece, weight) for piece, _, weight in pairs if piece))


def _numbers(path: Path, pairs: Iterable[tuple[str, object]]) -> dict[str, float]:
    try:
        return {piece: float(str(weight)) for piece, weight in pairs}
    except ValueError as error:
        raise WeightsError(f"RAG_SPARSE: {path} is no table of weights ({error})") from error
