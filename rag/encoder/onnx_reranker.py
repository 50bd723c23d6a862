"""A cross-encoder of the user's choice (RAG_RERANKER): it reads a question and a text together.

What it needs of the model is in rag/encoder/model_folder.py.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from rag.config import Config
from rag.encoder.model_folder import ModelFolder, find_model
from rag.encoder.onnx_session import memory_faults, n_cores, open_session, padded_batches
from rag.errors import WeightsError

_BATCH_TOKENS = 4096
_INPUTS = {"input_ids", "attention_mask", "token_type_ids"}


class OnnxReranker:
    """Scores texts for a question. Safe to share between threads."""

    def __init__(self, model: ModelFolder, n_threads: int | None = None) -> None:
        self.fingerprint = model.fingerprint
        self._tokenizer = Tokenizer.from_file(str(model.tokenizer))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(model.max_tokens, strategy="only_second")
        self._session = open_session(model.graph, n_threads or n_cores(), WeightsError, spins=False)
        self._inputs = {each.name for each in self._session.get_inputs()}
        found = [each for each in self._session.get_outputs() if len(each.shape or ()) == 2]
        if self._inputs - _INPUTS or not found or found[0].shape[1] not in (1, 2):
            raise WeightsError(
                f"RAG_RERANKER: {model.graph} is no cross-encoder of one score, or of no and yes; "
                "use an export for text classification"
            )
        self._output = found[0].name

    @classmethod
    def load(cls, config: Config) -> OnnxReranker:
        """The cross-encoder that RAG_RERANKER names. Raises WeightsError where it cannot be used."""
        return cls(find_model(str(config.reranker), config, "RAG_RERANKER"))

    def scores(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """How well each text answers the question, higher is better, in the model's own unit.

        float32[len(texts)]. What of a text does not fit beside the question is not seen.
        """
        encodings = self._tokenizer.encode_batch([(question, text) for text in texts])
        scores = np.zeros(len(texts), np.float32)
        for batch in padded_batches([len(encoding.ids) for encoding in encodings], _BATCH_TOKENS):
            scores[batch] = self._run([encodings[i] for i in batch])
        return scores

    def _run(self, encodings: list[Encoding]) -> NDArray[np.float32]:
        shape = len(encodings), max(len(encoding.ids) for encoding in encodings)
        given = {name: np.zeros(shape, np.int64) for name in self._inputs}
        for row, encoding in enumerate(encodings):
            columns = {
                "input_ids": encoding.ids,
                "attention_mask": [1] * len(encoding.ids),
                "token_type_ids": encoding.type_ids,
            }
            for name, array in given.items():
                array[row, : len(encoding.ids)] = columns[name]
        with memory_faults():
            (logits,) = self._session.run([self._output], given)
        return np.asarray(logits[:, -1] - (logits[:, 0] if logits.shape[1] == 2 else 0), np.float32)
