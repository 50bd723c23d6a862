"""rag/answering/manuscript.py: what can be checked in a text, and what it cites."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answering.manuscript import read_statements

DRAFT = """\
# Long streams

Streaming was hard for years. InfLLM keeps distant
context in memory units [@xiao2024]. Is that enough?

- **SPLADE** learns sparse term weights. [2]
- More on that later.

```python
print("Code claims nothing at all.")
```

| a table | of cells |

As \\cite{izacard22,gao2023} show, retrieval helps; so does arXiv:2112.09118.

## References
[1] Xiao et al. InfLLM: Reading Long Streams. 2024.
[2] Formal et al. SPLADE: Sparse Expansion. 2021.
"""


def test_sentences_are_read_with_their_lines_and_without_markup() -> None:
    found = [(statement.line, statement.text) for statement in read_statements(DRAFT)]
    assert found == [
        (3, "Streaming was hard for years."),
        (3, "InfLLM keeps distant context in memory units."),
        (6, "SPLADE learns sparse term weights."),
        (15, "As show, retrieval helps; so does arXiv:2112.09118."),
    ]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Pruning helps a lot\n===\n\nQuantization halves memory use.", [4]),
        (
            "- Pruning helps a lot.\n\n  ```\n  Code claims nothing at all.\n  ```\n- It halves memory use.",
            [1, 6],
        ),
        ("> Others say pruning helps.\nand lazily go on.\n\nQuantization halves memory use.", [4]),
        ("    Pruning helps a lot.\n    Quantization halves memory use.", [1, 2]),
        ("a | b\n--|--\nPruning helps | a lot\n\nQuantization halves memory use.", [5]),
        ("\\section{Pruning helps a lot}\n\\citet{a2020} shows pruning helps.\n% not pruning at all", [2]),
        ("\u2022 Pruning helps a lot.\n\u2022 Quantization halves memory use.", [1, 2]),
        ("[site]: https://a.org/pruning-helps\n\nPruning helps a lot.", [3]),
        ("<div>\nPruning helps a lot.\n</div>\n\nQuantization halves memory use.", [5]),
    ],
)
def test_only_running_text_is_read(text: str, lines: list[int]) -> None:
    assert [statement.line for statement in read_statements(text)] == lines


def test_what_a_sentence_cites_is_read() -> None:
    _, memory, sparse, cited = read_statements(DRAFT)
    assert memory.keys == ("xiao2024",)
    assert sparse.titles == ("Formal et al. SPLADE: Sparse Expansion. 2021.",)
    assert cited.keys == ("izacard22", "gao2023", "arXiv:2112.09118")


@pytest.mark.parametrize(
    ("text", "keys", "titles"),
    [
        ("Pruning helps a lot [@a2020; @b-21].", ("a2020", "b-21"), ()),
        ("As @smith:2020 shows, pruning helps.", ("smith:2020",), ()),
        ("Write to me@example.org about pruning.", (), ()),
        ("Pruning helps (10.1000/XYZ.12).", ("10.1000/XYZ.12",), ()),
        ("“Sparse Expansion for All” shows pruning helps.", (), ("Sparse Expansion for All",)),
        ("*Sparse Expansion for All* shows pruning helps.", (), ("Sparse Expansion for All",)),
        ("[Sparse Expansion](https://a.org/x) shows pruning helps.", (), ("Sparse Expansion",)),
        ("Pruning helps a lot [7].", (), ()),
        ("Pruning gained 2.5 points in 2021.", (), ()),
    ],
)
def test_mentions(text: str, keys: tuple[str, ...], titles: tuple[str, ...]) -> None:
    (statement,) = read_statements(text)
    assert (statement.keys, statement.titles) == (keys, titles)


@given(st.text(alphabet='Ab. :[]()@{}\\12,-\n*#`_|?"cite', max_size=80))
def test_any_text_is_read(text: str) -> None:
    for statement in read_statements(text):
        assert statement.text == statement.text.strip() != ""
        assert 1 <= statement.line <= text.count("\n") + 1
