from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rag.index.token_store import TokenBlock, TokenStore, text_key


def block(n: int, seed: int = 0) -> TokenBlock:
    rng = np.random.default_rng(seed)
    return TokenBlock(
        vector=rng.standard_normal(384, np.float32),
        bits=rng.integers(0, 256, (n, 48), np.uint8),
        token_ids=rng.integers(0, 30522, n).astype(np.uint16),
        offsets=rng.integers(0, 10**6, (n, 2), np.int32),
    )


def same(a: TokenBlock | None, b: TokenBlock) -> bool:
    return a is not None and all(
        np.array_equal(getattr(a, name), getattr(b, name))
        and getattr(a, name).dtype == getattr(b, name).dtype
        for name in ("vector", "bits", "token_ids", "offsets")
    )


def filled(folder: Path, n: int = 20) -> TokenStore:
    store = TokenStore(folder)
    for key in range(n):
        store.append(key, block(key, key))
    store.commit()
    return store


def test_blocks_come_back_bit_for_bit_and_an_empty_one_too(tmp_path: Path) -> None:
    filled(tmp_path)
    store = TokenStore(tmp_path)
    assert all(same(store.get(key), block(key, key)) for key in range(20))
    assert store.n_blocks == 20
    assert store.get(20) is None
    assert not store.damaged


def test_vectors_come_in_the_order_asked_for_and_what_is_missing_is_said(tmp_path: Path) -> None:
    store = filled(tmp_path)
    vectors, found = store.vectors(np.array([7, 99, 0, 7], np.uint64))
    assert found.tolist() == [True, False, True, True]
    assert np.array_equal(vectors[[0, 2, 3]], [block(key, key).vector for key in (7, 0, 7)])
    assert not vectors[1].any()
    assert TokenStore(tmp_path / "new").vectors(np.array([1], np.uint64))[1].tolist() == [False]


def test_a_store_that_saw_others_grow_agrees_with_one_opened_now(tmp_path: Path) -> None:
    """Keys come in merged, in any order, the same key twice, and across a compaction."""
    writer, reader = TokenStore(tmp_path), TokenStore(tmp_path)
    rng = np.random.default_rng(3)
    for round in range(6):
        keys = [int(key) for key in rng.integers(0, 2**63, 9)] + [round % 2, 5]
        for n, key in enumerate(keys):
            writer.append(key, block(n + 1, round * 100 + n))
        writer.commit()
        if round == 3:
            writer.compact([0, 1, 5, *keys])
        reader.reload()
        fresh = TokenStore(tmp_path)
        asked = np.array([*keys, 0, 1, 5, 77], np.uint64)
        for store in (writer, reader):
            assert store.n_blocks == fresh.n_blocks
            assert np.array_equal(store.df, fresh.df)
            assert np.array_equal(store.vectors(asked)[0], fresh.vectors(asked)[0])
        assert same(reader.get(5), block(len(keys), round * 100 + len(keys) - 1))


def test_keys_that_changed_beneath_a_reader_are_noticed(tmp_path: Path) -> None:
    writer, reader = filled(tmp_path), TokenStore(tmp_path)
    writer.append(1000, block(3))
    writer.commit()
    path = next(tmp_path.glob("keys-*"))
    content = bytearray(path.read_bytes())
    content[-1] ^= 255
    path.write_bytes(content)
    reader.reload()
    assert reader.damaged


@pytest.mark.parametrize(("dimensions", "ids"), [(64, np.uint16), (1024, np.uint32)])
def test_blocks_of_other_encoders_come_back_too(
    tmp_path: Path, dimensions: int, ids: type[np.unsignedinteger]
) -> None:
    made = TokenBlock(
        np.ones(dimensions, np.float32),
        np.full((3, dimensions // 8), 7, np.uint8),
        np.array([1, 9, 60_000], ids),
        np.zeros((3, 2), np.int32),
    )
    store = TokenStore(tmp_path)
    store.append(5, made)
    store.commit()
    again = TokenStore(tmp_path)
    assert same(again.get(5), made)
    assert np.flatnonzero(again.df).tolist() == [1, 9, 60_000]
    assert again.vectors(np.array([5], np.uint64))[0].shape == (1, dimensions)
    again.compact([5])
    assert same(again.get(5), made)
    with pytest.raises(ValueError, match="of others"):
        again.append(6, block(2))


def test_keys_of_the_whole_range_are_found(tmp_path: Path) -> None:
    store = TokenStore(tmp_path)
    keys = [0, 1, 2**63 - 1, 2**63, 2**64 - 1, text_key("a"), text_key("")]
    for seed, key in enumerate(keys):
        store.append(key, block(3, seed))
    store.commit()
    assert all(same(store.get(key), block(3, seed)) for seed, key in enumerate(keys))


def test_df_counts_each_piece_once_a_block(tmp_path: Path) -> None:
    store = TokenStore(tmp_path)
    for key, ids in enumerate([[5, 5, 7], [7], []]):
        n = len(ids)
        store.append(
            key, TokenBlock(block(0).vector, block(n).bits, np.array(ids, np.uint16), block(n).offsets)
        )
        store.commit()
    assert {int(i): int(store.df[i]) for i in np.flatnonzero(store.df)} == {5: 1, 7: 2}
    assert np.array_equal(TokenStore(tmp_path).df, store.df)


def test_what_was_not_committed_is_not_there(tmp_path: Path) -> None:
    store = filled(tmp_path)
    store.append(99, block(5))
    assert 99 in store
    assert 99 not in TokenStore(tmp_path)


@pytest.mark.parametrize("torn", ["blocks", "keys"])
def test_what_a_killed_writer_left_behind_the_head_counts_for_nothing(tmp_path: Path, torn: str) -> None:
    store = filled(tmp_path)
    (path,) = tmp_path.glob(f"{torn}-*")
    with path.open("ab") as file:
        file.write(b"half a block, say")
    store = TokenStore(tmp_path)
    store.append(99, block(9, 99))
    store.commit()
    store = TokenStore(tmp_path)
    assert store.n_blocks == 21
    assert same(store.get(99), block(9, 99))
    assert same(store.get(19), block(19, 19))


def test_a_block_that_does_not_read_back_is_none_and_the_others_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(tmp_path)
    (path,) = tmp_path.glob("blocks-*")
    with path.open("r+b") as file:
        file.seek(path.stat().st_size - 100)
        file.write(b"x")
    for n_checked, at_once in ((10**9, True), (0, False)):  # at once only where it is quick
        monkeypatch.setattr("rag.index.token_store._CHECKED_BYTES", n_checked)
        store = TokenStore(tmp_path)
        assert same(store.get(18), block(18, 18))
        noticed = [store.damaged, store.get(19), store.damaged]
        assert noticed == [at_once, None, True]


def test_a_block_written_again_counts_from_then_on(tmp_path: Path) -> None:
    store = filled(tmp_path)
    store.append(3, block(8, 80))
    store.commit()
    assert same(TokenStore(tmp_path).get(3), block(8, 80))


@pytest.mark.parametrize("harm", ["cut head", "other head", "no keys", "cut keys", "other keys", "no blocks"])
def test_files_that_do_not_fit_together_read_as_empty_and_can_be_written_again(
    tmp_path: Path, harm: str
) -> None:
    filled(tmp_path)
    how, what = harm.split()
    (path,) = tmp_path.glob(f"{what}*")
    if how == "no":
        path.unlink()
    else:
        content = path.read_bytes()
        path.write_bytes(content[:-1] if how == "cut" else content[:400] + b"?" + content[401:])
    store = TokenStore(tmp_path)
    assert store.damaged
    assert store.n_blocks == 0
    store.append(1, block(4, 4))
    store.commit()
    store = TokenStore(tmp_path)
    assert not store.damaged
    assert same(store.get(1), block(4, 4))
    assert len(list(tmp_path.iterdir())) == 3


def test_compacting_keeps_what_is_asked_for_and_frees_the_rest(tmp_path: Path) -> None:
    store = filled(tmp_path)
    store.append(3, block(8, 80))
    store.commit()
    before = sum(path.stat().st_size for path in tmp_path.iterdir())
    store.compact([2, 3, 4, 50])
    for each in (store, TokenStore(tmp_path)):
        assert each.n_blocks == 3
        assert same(each.get(2), block(2, 2))
        assert same(each.get(3), block(8, 80))
        assert each.get(5) is None
        assert each.df.sum() == sum(
            len(np.unique(block(n, s).token_ids)) for n, s in ((2, 2), (8, 80), (4, 4))
        )
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < before
    assert len(list(tmp_path.iterdir())) == 3


def test_a_reader_goes_on_while_the_store_grows_and_is_compacted(tmp_path: Path) -> None:
    writer, reader = filled(tmp_path), TokenStore(tmp_path)
    writer.append(77, block(7, 77))
    writer.commit()
    assert reader.get(77) is None
    writer.compact([1, 77])
    assert same(reader.get(5), block(5, 5))
    reader.reload()
    assert same(reader.get(77), block(7, 77))
    assert reader.get(5) is None


def test_compacting_nothing_leaves_an_empty_store(tmp_path: Path) -> None:
    store = filled(tmp_path)
    store.compact([])
    assert (store.n_blocks, TokenStore(tmp_path).n_blocks, store.damaged) == (0, 0, False)
    assert TokenStore(tmp_path / "new").n_blocks == 0
