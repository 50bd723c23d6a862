"""The encoder against a forward pass written out in numpy, which shares nothing with the graph."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load_file
from scipy.special import erf
from tokenizers import Tokenizer

from rag.config import Config
from rag.encoder import weights
from rag.encoder.minilm import MAX_TOKENS, Encoder

TEXTS = [
    "Does late interaction beat a single vector?",
    "Sparse retrieval with 4096 terms; learned, not counted.",
    "One",
]
Array = NDArray[np.float32]


@pytest.fixture(scope="module")
def tensors() -> dict[str, Array]:
    folder = next(f for f in weights.local_folders(Config.from_env()) if weights.why_not(f) is None)
    return load_file(folder / "model.safetensors")


def reference(text: str, w: dict[str, Array], tokenizer: Tokenizer) -> Array:
    """BERT's forward pass, layer by layer. float32[n, 384]"""

    def dense(x: Array, name: str) -> Array:
        return np.asarray(x @ w[f"{name}.weight"].T + w[f"{name}.bias"], np.float32)

    def norm(x: Array, name: str) -> Array:
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt(x.var(-1, keepdims=True) + 1e-12)
        return np.asarray(scaled * w[f"{name}.weight"] + w[f"{name}.bias"], np.float32)

    ids = tokenizer.encode(text).ids
    n = len(ids)
    embedded = w["embeddings.word_embeddings.weight"][ids] + w["embeddings.position_embeddings.weight"][:n]
    x = norm(embedded + w["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    for i in range(6):
        at = f"encoder.layer.{i}"
        q, k, v = (
            dense(x, f"{at}.attention.self.{name}").reshape(n, 12, 32).transpose(1, 0, 2)
            for name in ("query", "key", "value")
        )
        weight = np.exp(q @ k.transpose(0, 2, 1) / np.sqrt(32))
        attended = (weight / weight.sum(-1, keepdims=True) @ v).transpose(1, 0, 2).reshape(n, 384)
        x = norm(dense(attended, f"{at}.attention.output.dense") + x, f"{at}.attention.output.LayerNorm")
        wide = dense(x, f"{at}.intermediate.dense")
        wide = wide * (1 + erf(wide / np.sqrt(2))) / 2
        x = norm(dense(wide, f"{at}.output.dense") + x, f"{at}.output.LayerNorm")
    return np.asarray(x, np.float32)


@pytest.mark.parametrize("text", TEXTS)
def test_the_float_graph_is_bert(
    text: str, encoder: Encoder, tensors: dict[str, Array], config: Config
) -> None:
    tokenizer = Tokenizer.from_file(str(weights.ensure(config).tokenizer))
    tokenizer.no_padding()
    hidden = reference(text, tensors, tokenizer)
    encoded = encoder.encode_query(text)
    mean = hidden.mean(0)
    assert encoded.vector == pytest.approx(mean / np.linalg.norm(mean), abs=1e-4)
    rows = hidden[1:-1] / np.linalg.norm(hidden[1:-1], axis=1, keepdims=True)
    assert encoded.tokens == pytest.approx(rows, abs=1e-4)


def test_a_text_is_encoded_the_same_alone_and_in_a_batch(encoder: Encoder) -> None:
    long = "A much longer text that pads the others. " * 20
    together = encoder.encode_queries([*TEXTS, long])
    for text, encoded in zip(TEXTS, together, strict=False):
        assert encoded.vector == pytest.approx(encoder.encode_query(text).vector, abs=1e-4)


def test_int8_passages_stay_close_to_float(encoder: Encoder) -> None:
    for text, passage in zip(TEXTS, encoder.encode_passages(TEXTS), strict=True):
        assert float(passage.vector @ encoder.encode_query(text).vector) > 0.97


def test_passages_come_in_the_order_given(encoder: Encoder) -> None:
    texts = [f"Passage {i} " + "and more words " * (i * 7 % 5) for i in range(40)]
    for text, passage in zip(texts, encoder.encode_passages(texts), strict=True):
        start, end = passage.offsets[1]
        assert text[start:end] == text.split()[1]


def test_offsets_point_at_the_pieces(encoder: Encoder) -> None:
    text = "Nystr\u00f6mformer scales"
    encoded = encoder.encode_query(text)
    assert encoded.offsets[0, 0] == 0
    assert encoded.offsets[-1].tolist() == [14, 20]
    assert all(a[1] <= b[0] for a, b in pairwise(encoded.offsets.tolist()))


def test_what_passes_512_pieces_is_not_seen_but_is_counted(encoder: Encoder) -> None:
    text = "word " * 600
    assert encoder.n_tokens(text) == 602
    assert len(encoder.encode_query(text).tokens) == MAX_TOKENS - 2


def test_an_empty_text_has_a_vector_and_no_pieces(encoder: Encoder) -> None:
    encoded = encoder.encode_query("")
    assert encoded.tokens.shape == (0, 384)
    assert np.linalg.norm(encoded.vector) == pytest.approx(1)


SHORT_OF_MEMORY = """
import resource, sys
from rag.config import Config
from rag.encoder.minilm import Encoder

encoder = Encoder.load(Config.from_env())
list(encoder.encode_passages(["Warm."]))
taken = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (taken + 2**25, resource.RLIM_INFINITY))
try:
    list(encoder.encode_passages(["tide " * 500] * 32))
except MemoryError as error:
    sys.exit(str(error))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads the process's size from /proc")
def test_a_shortage_of_memory_is_called_by_its_name() -> None:
    child = subprocess.run(
        [sys.executable, "-c", SHORT_OF_MEMORY], capture_output=True, text=True, check=False
    )
    assert (child.returncode, child.stderr.strip()) == (1, "for a batch of texts")
