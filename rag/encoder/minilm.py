"""MiniLM on ONNX Runtime: one forward pass gives a text's vector and its token vectors.

Queries run on the float graph, passages on the int8 one (an int8 passage side loses nothing
against float, at nearly twice the speed); on a GPU, which has no use for int8, passages run on the float
graph, too. Finding and building the graphs is rag/encoder/weights.py's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rag.config import Config, Device
from rag.encoder.onnx_session import memory_faults, n_cores, open_session, padded_batches
from rag.encoder.weights import EncoderWeights, ensure
from rag.errors import WeightsError

if TYPE_CHECKING:
    import onnxruntime as ort
    from tokenizers import Encoding, Tokenizer

MAX_TOKENS = 512
DIMENSIONS = 384
VOCABULARY = 30522
BATCH_TOKENS = 4096
"""Tokens a batch holds, padding included: large enough to fill two cores, small enough for the cache."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """A text as the model sees it. `n` counts word pieces, the two special ones left out.

    vector: float32[384], unit length, the mean over all pieces (as the model was trained).
    tokens: float32[n, 384], each of unit length. token_ids: int32[n].
    offsets: int32[n, 2], where each piece stands in the text, half open.
    """

    vector: NDArray[np.float32]
    tokens: NDArray[np.float32]
    token_ids: NDArray[np.int32]
    offsets: NDArray[np.int32]


@cache
def token_mean() -> NDArray[np.float32]:
    """float32[384]: MiniLM's mean token vector."""
    raw = files("rag.encoder").joinpath("token_mean.npy").read_bytes()
    return np.frombuffer(raw[-4 * DIMENSIONS :], np.float32)


class Encoder:
    """Texts in, `Encoded` out. Safe to share between threads."""

    dimensions = DIMENSIONS
    max_tokens = MAX_TOKENS
    """Tokens of a text that are seen, the special ones included."""
    vocabulary = VOCABULARY
    """Word pieces it knows."""

    def __init__(self, weights: EncoderWeights, n_threads: int | None = None, device: Device = "cpu") -> None:
        self._weights = weights
        self._device = device
        self._n_threads = n_threads or n_cores()

    @classmethod
    def load(cls, config: Config) -> Encoder:
        """Find the weights and return an encoder; sessions open on first use. Raises
        WeightsError, and so does the first use where a graph that was made earlier is damaged; ConfigError
        where the first passages are to be encoded on a device that cannot be used."""
        return cls(ensure(config), device=config.device)

    def __reduce__(self) -> tuple[Callable[..., Encoder], tuple[Any, ...]]:
        """Pickled as the files it reads; where it arrives it runs on one core, one for all that arrive."""
        return _arrived, (type(self), self._weights, self._device)

    def warm_up(self) -> None:
        """Open what a question needs, which else the first one waits for. Raises WeightsError."""
        self._tokenizer, self._float_session  # noqa: B018

    @property
    def fingerprint(self) -> str:
        return self._weights.fingerprint

    @property
    def token_mean(self) -> NDArray[np.float32]:
        """float32[384]: the point that the signs of token vectors are taken about."""
        return token_mean()

    def n_tokens(self, text: str) -> int:
        """Word pieces of `text` with the two special ones, however many there are."""
        return len(self._tokenizer.encode(text).ids)

    def token_id(self, piece: str) -> int | None:
        """Id of a word piece, or None where the vocabulary lacks it."""
        token_id: int | None = self._tokenizer.token_to_id(piece)
        return token_id

    def encode_query(self, text: str) -> Encoded:
        """Encode one text in float32. Pieces after the 512th are cut off."""
        return self._run(self._float_session, [self._tokenize([text])[0]])[0]

    def encode_queries(self, texts: Sequence[str]) -> list[Encoded]:
        """Encode several short texts in float32, in order, as one batch by length."""
        return list(self._encode(self._float_session, texts))

    def encode_passages(self, texts: Sequence[str]) -> Iterator[Encoded]:
        """Encode texts in int8, in input order. Pieces after the 512th are cut off: split first."""
        yield from self._encode(self._int8_session, texts)

    def _encode(self, session: ort.InferenceSession, texts: Sequence[str]) -> Iterator[Encoded]:
        encodings = self._tokenize(texts)
        done: dict[int, Encoded] = {}
        due = 0
        for batch in padded_batches([len(encoding.ids) for encoding in encodings], BATCH_TOKENS):
            done.update(zip(batch, self._run(session, [encodings[i] for i in batch]), strict=True))
            while due in done:
                yield done.pop(due)
                due += 1

    def _tokenize(self, texts: Sequence[str]) -> list[Encoding]:
        encodings: list[Encoding] = self._tokenizer.encode_batch(list(texts))
        for encoding in encodings:
            encoding.truncate(self.max_tokens)
        return encodings

    def _run(self, session: ort.InferenceSession, encodings: list[Encoding]) -> list[Encoded]:
        width = max(len(encoding.ids) for encoding in encodings)
        ids = np.zeros((len(encodings), width), np.int32)
        mask = np.zeros_like(ids)
        for row, encoding in enumerate(encodings):
            ids[row, : len(encoding.ids)] = encoding.ids
            mask[row, : len(encoding.ids)] = 1
        with memory_faults():
            (hidden,) = session.run(["tokens"], {"ids": ids, "mask": mask})
        return [_encoded(hidden[row, : len(e.ids)], e) for row, e in enumerate(encodings)]

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._weights.tokenizer))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    @cached_property
    def _float_session(self) -> ort.InferenceSession:
        # A query is a few milliseconds of work, asked for now and then: threads that spin in wait for
        # the next one would take the processor from whatever else runs.
        return open_session(self._weights.float_graph, self._n_threads, WeightsError, spins=False)

    @cached_property
    def _int8_session(self) -> ort.InferenceSession:
        if self._device == "cuda":
            return open_session(self._weights.float_graph, self._n_threads, WeightsError, device="cuda")
        return open_session(self._weights.int8_graph, self._n_threads, WeightsError)


@lru_cache(maxsize=2)
def _arrived(kind: Callable[..., Encoder], files: object, device: Device) -> Encoder:
    return kind(files, 1, device)


def _encoded(hidden: NDArray[np.float32], encoding: Encoding) -> Encoded:
    mean = hidden.mean(axis=0)
    tokens = hidden[1:-1]
    return Encoded(
        vector=mean / np.linalg.norm(mean),
        tokens=tokens / np.linalg.norm(tokens, axis=1, keepdims=True),
        token_ids=np.array(encoding.ids[1:-1], np.int32),
        offsets=np.array(encoding.offsets[1:-1], np.int32).reshape(-1, 2),
    )
