"""An encoder of the user's choice (RAG_ENCODER) in MiniLM's place, behind the same methods.

What it needs of the model is in rag/encoder/model_folder.py. Its token vectors serve late interaction as
MiniLM's do, their signs taken about zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from tokenizers import Encoding

from rag.config import Config, Device
from rag.encoder.minilm import Encoded, Encoder
from rag.encoder.model_folder import ModelFolder, find_model
from rag.encoder.onnx_session import memory_faults
from rag.encoder.weights import EncoderWeights
from rag.errors import WeightsError

_INPUTS = {"input_ids", "attention_mask", "token_type_ids"}


class OnnxEncoder(Encoder):
    """Texts in, `Encoded` out, of as many dimensions as the graph gives. Safe to share between threads."""

    def __init__(self, model: ModelFolder, n_threads: int | None = None, device: Device = "cpu") -> None:
        super().__init__(
            EncoderWeights(model.tokenizer, model.graph, model.graph, model.fingerprint), n_threads, device
        )
        self._model = model
        self.max_tokens = model.max_tokens
        self.vocabulary = self._tokenizer.get_vocab_size()
        self.dimensions = _dimensions(self._float_session, model)

    def __reduce__(self) -> tuple[Callable[..., Encoder], tuple[Any, ...]]:
        rebuild, _ = super().__reduce__()
        return rebuild, (type(self), self._model, self._device)

    @classmethod
    def load(cls, config: Config) -> Encoder:
        """The encoder that RAG_ENCODER names. Raises WeightsError where it cannot be used."""
        return cls(find_model(str(config.encoder), config, "RAG_ENCODER"), device=config.device)

    @property
    def token_mean(self) -> NDArray[np.float32]:
        return np.zeros(self.dimensions, np.float32)

    def encode_query(self, text: str) -> Encoded:
        return self._without_prompt(super().encode_query(self._model.query_prompt + text), "query")

    def encode_queries(self, texts: Sequence[str]) -> list[Encoded]:
        prompted = super().encode_queries([self._model.query_prompt + text for text in texts])
        return [self._without_prompt(encoded, "query") for encoded in prompted]

    def encode_passages(self, texts: Sequence[str]) -> Iterator[Encoded]:
        for encoded in super().encode_passages([self._model.passage_prompt + text for text in texts]):
            yield self._without_prompt(encoded, "passage")

    def token_id(self, piece: str) -> int | None:
        ids = self._tokenizer.encode(piece, add_special_tokens=False).ids
        return ids[0] if len(ids) == 1 else None

    def n_tokens(self, text: str) -> int:
        return super().n_tokens(self._model.passage_prompt + text)

    @cached_property
    def _int8_session(self) -> ort.InferenceSession:
        if self._device == "cuda":
            return super()._int8_session
        return self._float_session  # one graph serves both

    def _run(self, session: ort.InferenceSession, encodings: list[Encoding]) -> list[Encoded]:
        width = max(len(encoding.ids) for encoding in encodings)
        ids = np.zeros((len(encodings), width), np.int64)
        mask = np.zeros_like(ids)
        for row, encoding in enumerate(encodings):
            ids[row, : len(encoding.ids)] = encoding.ids
            mask[row, : len(encoding.ids)] = 1
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        taken = {each.name: given[each.name] for each in session.get_inputs()}
        with memory_faults():
            (hidden,) = session.run([_output(session, self._model).name], taken)
        return [self._encoded(hidden[row, : len(e.ids)], e) for row, e in enumerate(encodings)]

    def _encoded(self, hidden: NDArray[np.float32], encoding: Encoding) -> Encoded:
        pooled = {"mean": hidden.mean(axis=0), "cls": hidden[0], "last": hidden[-1]}[self._model.pooling]
        pieces = np.flatnonzero(np.array(encoding.special_tokens_mask) == 0)
        tokens = hidden[pieces]
        return Encoded(
            vector=pooled / np.linalg.norm(pooled),
            tokens=tokens / np.linalg.norm(tokens, axis=1, keepdims=True),
            token_ids=np.array(encoding.ids, np.int32)[pieces],
            offsets=np.array(encoding.offsets, np.int32).reshape(-1, 2)[pieces],
        )

    def _without_prompt(self, encoded: Encoded, side: str) -> Encoded:
        """The pieces of the text itself, their offsets counted in it."""
        length = len(self._model.query_prompt if side == "query" else self._model.passage_prompt)
        own = encoded.offsets[:, 0] >= length
        return replace(
            encoded,
            tokens=encoded.tokens[own],
            token_ids=encoded.token_ids[own],
            offsets=encoded.offsets[own] - length,
        )


def _output(session: ort.InferenceSession, model: ModelFolder) -> ort.NodeArg:
    """The output that holds a vector a token. Raises WeightsError where there is none."""
    unknown = {each.name for each in session.get_inputs()} - _INPUTS
    found = next((each for each in session.get_outputs() if len(each.shape or ()) == 3), None)
    if unknown or found is None:
        lack = f"asks for {', '.join(sorted(unknown))}" if unknown else "gives no vector a token"
        raise WeightsError(f"RAG_ENCODER: {model.graph} {lack}; use an export for feature extraction")
    return found


def _dimensions(session: ort.InferenceSession, model: ModelFolder) -> int:
    said = _output(session, model).shape[2]
    if not isinstance(said, int):
        raise WeightsError(f"RAG_ENCODER: {model.graph} does not give its dimensions; export it again")
    if said % 8:
        raise WeightsError(f"RAG_ENCODER: {model.graph} gives {said} dimensions, no multiple of 8")
    return said
