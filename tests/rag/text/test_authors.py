from __future__ import annotations

import pytest

from rag.text.authors import authors_line


@pytest.mark.parametrize(
    ("authors", "most", "shown", "line"),
    [
        ((), 3, None, ""),
        (("Ada Moss",), 1, None, "Ada Moss"),
        (("Ada Moss", "Bo Reed"), 1, None, "Ada Moss et al."),
        (("Ada Moss", "Bo Reed"), 3, None, "Ada Moss, Bo Reed"),
        (("A", "B", "C", "D"), 3, None, "A, B, C et al."),
        (("A", "B", "C", "D"), 3, 1, "A et al."),
        (("A", "B", "C"), 3, 1, "A, B, C"),
    ],
)
def test_long_lists_end_in_et_al(authors: tuple[str, ...], most: int, shown: int | None, line: str) -> None:
    assert authors_line(authors, most, shown) == line
