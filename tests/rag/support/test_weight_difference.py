"""What is shipped comes back as it was written, and a damaged file is never used."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.fit.support_model.export import difference_file
from rag.errors import SupportModelError
from rag.support.weight_difference import Floats, pack_codes, read_difference, unpack, unpack_codes

RNG = np.random.default_rng(3)
BASE: dict[str, Floats] = {"wide": RNG.normal(size=(70, 80)).astype(np.float32)}
LEARNED: dict[str, Floats] = {
    "wide": BASE["wide"] + RNG.normal(scale=0.02, size=(70, 80)).astype(np.float32),
    "head.bias": RNG.normal(size=3).astype(np.float32),
}


@given(bits=st.integers(2, 8), n=st.integers(1, 300), seed=st.integers(0, 9))
def test_codes_come_back_as_they_were(bits: int, n: int, seed: int) -> None:
    top = (1 << (bits - 1)) - 1
    codes = np.random.default_rng(seed).integers(-top, top, n, endpoint=True).astype(np.int8)
    packed = pack_codes(codes, bits)
    assert len(packed) == -(-n * bits // 8)
    assert np.array_equal(unpack_codes(packed, bits, n), codes)


def test_weights_come_back_but_for_rounding() -> None:
    learned = unpack(difference_file(LEARNED, BASE, {"note": 7}), Path("made"))
    change = LEARNED["wide"] - BASE["wide"]
    # Four bits: a step is a seventh of a group's largest weight, which itself may be cut by a quarter.
    assert np.abs(learned.tensors["wide"] - change).max() < np.abs(change).max() / 4
    assert np.sqrt(((learned.tensors["wide"] - change) ** 2).mean()) < 0.15 * change.std()
    assert learned.tensors["head.bias"] == pytest.approx(LEARNED["head.bias"], abs=1e-3)
    assert learned.about["note"] == 7


def test_the_same_weights_make_the_same_bytes() -> None:
    assert difference_file(LEARNED, BASE, {}) == difference_file(LEARNED, BASE, {})


def test_a_missing_file_and_a_damaged_one_are_called_by_their_names(tmp_path: Path) -> None:
    path = tmp_path / "difference.npz"
    content = difference_file(LEARNED, BASE, {})
    sha256 = hashlib.sha256(content).hexdigest()
    with pytest.raises(SupportModelError, match="missing"):
        read_difference(path, sha256)
    path.write_bytes(content)
    assert set(read_difference(path, sha256).tensors) == set(LEARNED)
    path.write_bytes(content[:-1] + b"?")
    with pytest.raises(SupportModelError, match="damaged"):
        read_difference(path, sha256)


@pytest.mark.parametrize("content", [b"", b"no archive", difference_file(LEARNED, BASE, {})[:900]])
def test_bytes_that_are_no_difference_are_refused(content: bytes) -> None:
    with pytest.raises(SupportModelError, match="cannot be read"):
        unpack(content, Path("broken"))
